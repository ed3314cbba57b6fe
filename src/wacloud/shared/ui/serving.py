"""A server that stops promptly although pages keep a stream open."""

import socket
from collections.abc import Callable, Sequence

import uvicorn


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
