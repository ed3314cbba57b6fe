"""OpenAI's twin for one test, with short words for what it shall do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from wacloud.twins.openai.server import open_twin
from wacloud.twins.openai.state import State, Step


def error(status: int, code: str | None = None, param: str | None = None, **headers: str) -> Step:
    """An error as OpenAI words it."""
    return Step(status=status, code=code, param=param, headers=headers)


def body(text: str) -> Step:
    """A 200 with just this."""
    return Step(body=text)


class ModelTwin:
    """
    What it answers next, and what it was asked.

    `script` takes one step per request, then `answer` is said. A step is a text, a `Step`, "cut" (the connection dies
    in the middle of the answer), "html" (a page instead of JSON), or the seconds to wait.
    """

    def __init__(self, url: str, state: State) -> None:
        self.url = url
        self.state = state
        self.api = "responses"
        self.answer = "Abrimos a las 9:30."

    @property
    def answer(self) -> str | None:
        return self.state.usual.say

    @answer.setter
    def answer(self, said: str | None) -> None:
        self.state.usual.say = said

    @property
    def end(self) -> str:
        return self.state.usual.end

    @end.setter
    def end(self, end: str) -> None:
        self.state.usual.end = end

    @property
    def script(self) -> list[Step]:
        return self.state.steps

    @script.setter
    def script(self, steps: list[Any]) -> None:
        self.state.steps = [self._step(step) for step in steps]

    @property
    def requests(self) -> list[dict[str, Any]]:
        return self.state.requests

    @property
    def keys(self) -> list[str]:
        return self.state.keys

    @property
    def refused_keys(self) -> dict[str, Step]:
        return self.state.refused_keys

    @refused_keys.setter
    def refused_keys(self, keys: dict[str, Step]) -> None:
        self.state.refused_keys = keys

    def _step(self, step: Any) -> Step:
        match step:
            case Step():
                return step
            case "cut":
                return Step(cut=True)
            case "html":
                return Step(body="<h1>Bad gateway</h1>", kind="text/html")
            case int() | float():
                return Step(say=self.answer, delay_ms=step * 1000)
        return Step(say=str(step))


@asynccontextmanager
async def model_twin(*, small: bool = False) -> AsyncIterator[ModelTwin]:
    """A provider for one test; its address is `url`. A small one is a compatible server, not OpenAI."""
    async with open_twin(small=small) as running:
        yield ModelTwin(running.url, running.state)


def told(sent: dict[str, Any]) -> tuple[str, str]:
    """What a request holds as instructions, and as input."""
    if "instructions" in sent:
        given = sent["input"]
        return sent["instructions"], given if isinstance(given, str) else str(given[0]["content"])
    return sent["messages"][0]["content"], sent["messages"][1]["content"]
