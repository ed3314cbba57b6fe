"""Logs: one JSON object a line, or coloured lines for a person at a terminal. Never a message text, phone or secret."""

import logging
import sys
from typing import Any

import structlog

_SECRET_NAMES = ("token", "secret", "password", "authorization", "cookie", "api_key", "signature")


def _hide_secrets(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for name in event:
        if any(secret in name.lower() for secret in _SECRET_NAMES):
            event[name] = "[hidden]"
    return event


def set_up_logging(level: str = "INFO", *, pretty: bool | None = None) -> None:
    """Call once at the start of a process; without `pretty`, a terminal gets coloured lines and a file JSON."""
    if pretty is None:
        pretty = sys.stderr.isatty()
    # The console's own tracebacks would print local variables: passwords, tokens, what customers wrote.
    renderer: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if pretty
        else structlog.processors.JSONRenderer(default=str)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _hide_secrets,
            *([] if pretty else [structlog.processors.format_exc_info]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
