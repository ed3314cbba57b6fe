"""A server that stops promptly although pages keep a stream open."""

import resource
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress

import uvicorn

# For the database, Valkey, calls out and files: a server that cannot open these is no use to anybody.
_OWN_FILES = 320
_MOST_FILES = 65_536


def most_connections(at_most: int = 8_192) -> int:
    """
    How many connections the server may hold before it answers 503, after raising the limit of open files if it may.

    A thousand open pages and Meta at its busiest need a fraction of it. Beyond it, refusing one connection keeps the
    others alive, where running out of files or memory would lose them all.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):  # some systems have a limit beyond the one they tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return at_most if soft == resource.RLIM_INFINITY else max(128, min(at_most, soft - _OWN_FILES))


class PromptServer(uvicorn.Server):
    """
    Before it waits for open requests to end, it tells those that never would by themselves.

    The application's own shutdown comes too late for that: it runs after the last request has ended.
    """

    def __init__(self, config: uvicorn.Config, before_shutdown: Sequence[Callable[[], None]] = ()) -> None:
        super().__init__(config)
        self._before_shutdown = before_shutdown

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for tell in self._before_shutdown:
            tell()
        await super().shutdown(sockets)
