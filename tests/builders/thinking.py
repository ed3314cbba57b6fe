"""A language model that thinks for as long as a test wants."""

import asyncio
import re

from rig import eventually


class Thinking:
    """A model that holds its answer back until it is let go, and then repeats what it was asked."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.questions: list[str] = []

    async def __call__(self, prompt) -> str:
        self.questions.append(new_messages(prompt))
        await self.let_go.wait()
        return f"Sobre {self.questions[-1]}"

    async def asked(self, times: int = 1) -> None:
        async def look():
            return len(self.questions) >= times

        await eventually(look)


def new_messages(prompt) -> str:
    """What the customer wrote, out of a prompt."""
    return ", ".join(re.findall(r"^customer: (.*)$", prompt.input.split("<new_messages>")[1], re.MULTILINE))
