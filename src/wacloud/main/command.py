"""What every command does alike: read the settings, run, and end with one clear line where it cannot."""

import logging
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import typer
import uvloop

from wacloud.main.child import CannotStart
from wacloud.main.settings import BadSettings, Settings, load_settings
from wacloud.shared.application.db import StoreAway
from wacloud.shared.domain.errors import AppError
from wacloud.shared.infra.database_check import DatabaseNotFit
from wacloud.shared.infra.logging import set_up_logging

T = TypeVar("T")


def settings_of(*, serving: bool = False) -> Settings:
    try:
        settings = load_settings()
    except BadSettings as error:
        stop(f"settings: {error}")
    set_up_logging(settings.log_level)
    if not serving:
        # A command says once, at its end, that the database is away; a server's log tells of every attempt.
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    return settings


def stop(message: str) -> NoReturn:
    """One clear line, and out."""
    print(f"wacloud: {message}", file=sys.stderr)
    raise typer.Exit(1)


def run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return uvloop.run(work)
    except CannotStart as error:
        stop(str(error))
    except DatabaseNotFit as error:
        stop("\n  - ".join(["the database is not fit to serve from:", *error.problems]))
    except StoreAway as error:
        stop(f"the database cannot be reached: {(str(error).strip() or repr(error)).splitlines()[0]}")
    except AppError as error:
        stop(f"{error.message} {error.detail or ''}".strip())
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
