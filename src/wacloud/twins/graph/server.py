"""The HTTP server around the twin: uvicorn on uvloop, with a way to cut a connection."""

from __future__ import annotations

import socket
import sys
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from wacloud.twins.graph.app import GraphTwin
from wacloud.twins.graph.keeping import Keeper
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.world import World


class CuttableProtocol(HttpToolsProtocol):
    """Hands the application the one thing ASGI lacks: ending the connection without an answer."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"twin.cut": {"abort": self.transport.abort}}


class TwinServer(uvicorn.Server):
    """Says in one line when it is ready, and lets open screens go when it stops."""

    def __init__(
        self, world: World, host: str, port: int, *, announce: bool = True, keeper: Keeper | None = None
    ) -> None:
        self.twin = Twin(world, keeper=keeper)
        self._announce = announce
        options: dict[str, Any] = {"loop": "uvloop"} if sys.platform != "win32" else {}
        super().__init__(
            uvicorn.Config(
                GraphTwin(self.twin),
                host=host,
                port=port,
                http=CuttableProtocol,
                ws="none",
                lifespan="on",
                log_level="warning",
                access_log=False,
                backlog=2048,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=3,
                server_header=False,
                proxy_headers=False,
                **options,
            )
        )

    @property
    def port(self) -> int:
        """The port it listens on, also when it was asked for any free one."""
        return int(self.servers[0].sockets[0].getsockname()[1])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._announce and self.started:
            sys.stdout.write(f"Graph twin ready on http://{self.config.host}:{self.port}\n")
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.twin.phones.close()
        await super().shutdown(sockets)
