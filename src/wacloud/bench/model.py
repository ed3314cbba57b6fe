"""A language model that answers at once, or after a fixed time, and names every message it was asked about."""

import asyncio

from wacloud.bench.bodies import mark, marks_in
from wacloud.modules.bot.application.model import ModelReply
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.bot.domain.prompt import Prompt

_NEW = "<new_messages>"


class InstantModel:
    """See `modules.bot.application.model.ModelPort`."""

    name = "bench"

    def __init__(self, takes_ms: int = 0) -> None:
        self._takes_ms = takes_ms

    async def ask(self, prompt: Prompt) -> ModelReply:
        if self._takes_ms:
            await asyncio.sleep(self._takes_ms / 1000)
        asked = marks_in(prompt.input[prompt.input.rfind(_NEW) :])
        named = ", ".join(mark(n) for n in asked)
        return ModelReply(
            # The number of the entry it rests on, as the rules want it.
            text=f"Tu pedido ({named}) sale hoy del almacén y llega en dos o tres días; se puede cambiar. [1]",
            end="complete",
            model=self.name,
            usage=Usage(input_tokens=1200, output_tokens=40),
            ms=self._takes_ms,
        )

    async def aclose(self) -> None:
        """Nothing is open."""
