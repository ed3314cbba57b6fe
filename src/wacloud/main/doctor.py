"""`wacloud doctor`: one line for everything the installation stands on. Nothing here prints a secret."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from pydantic import ValidationError

from wacloud.main.settings import ENV_FILE, BadSettings, Settings

State: TypeAlias = Literal["ok", "warning", "broken"]
# So long one question may take; they are all asked at once.
ONE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at: how it is, and what mends it."""

    check: str
    state: State
    text: str
    fix: str = ""


Look: TypeAlias = Callable[[Settings], Awaitable[Sequence[Line]]]


def read_settings() -> tuple[Settings | None, list[Line]]:
    """
    As far as they can be read, with a line for all that is missing or wrong.

    None: a value is not even of its kind; then there is nothing to go on with.
    """
    named: dict[str, Any] = {"_env_file": os.environ.get(ENV_FILE, ".env")}
    try:
        settings = Settings(**named)
    except ValidationError as error:
        told = [("_".join(map(str, one["loc"])).upper(), one["msg"]) for one in error.errors()]
        return None, [Line("settings", "broken", f"{name}: {why}", "correct it in .env") for name, why in told]
    except (ValueError, OSError):
        return None, [Line("settings", "broken", "the settings cannot be read", "look at .env line by line")]
    try:
        settings.check()
    except BadSettings as bad:
        fix = "set it in .env: .env.example explains each"
        return settings, [Line("settings", "broken", problem, fix) for problem in str(bad).split("; ")]
    return settings, [Line("settings", "ok", f"complete for {settings.app_env}")]


async def look_at_everything(settings: Settings, looks: Sequence[tuple[str, Look]]) -> list[Line]:
    """All at once, each with its own time; whatever goes wrong within one is a line of it."""
    found = await asyncio.gather(*(_one(settings, name, look) for name, look in looks))
    return [line for lines in found for line in lines]


async def _one(settings: Settings, name: str, look: Look) -> Sequence[Line]:
    try:
        async with asyncio.timeout(ONE_S):
            return await look(settings)
    except TimeoutError:
        return [Line(name, "broken", f"no answer within {ONE_S:.0f} s", "see whether it runs and can be reached")]
    except Exception as error:
        # Drivers quote what they were given, and there may be a password in it: the kind of error has to do.
        return [Line(name, "broken", f"could not be looked at: {type(error).__name__}", "see the logs")]


def exit_code(lines: Sequence[Line]) -> int:
    """Warnings stop nobody."""
    return int(any(line.state == "broken" for line in lines))
