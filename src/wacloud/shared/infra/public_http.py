"""
The way out of the house to addresses that strangers name: to the public internet and nowhere else.

Whether an address is public is decided where the connection is made, with the very addresses it is made to: a name
that changes its mind between a check and a call (rebinding) gains nothing.
"""

import socket
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from wacloud.shared.domain.addresses import is_public
from wacloud.shared.infra.http import KEEP_ALIVE_S


class AddressNotPublic(OSError):
    """The name leads to an address of somebody's own network."""


class PublicResolver(AbstractResolver):
    """Finds addresses of a name, all of them public. `also` are names that lead where it says: servers of tests."""

    def __init__(self, also: Mapping[str, tuple[str, int]] | None = None) -> None:
        self._inner = aiohttp.ThreadedResolver()
        self._also = also or {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """:raises AddressNotPublic: one of its addresses is none of the public internet."""
        if host in self._also:
            address, there = self._also[host]
            return [
                ResolveResult(
                    hostname=host, host=address, port=there, family=socket.AF_INET, proto=0, flags=socket.AI_NUMERICHOST
                )
            ]
        found = await self._inner.resolve(host, port, family)
        if not all(is_public(one["host"]) for one in found):
            raise AddressNotPublic(f"{host} is no public address")
        return found

    async def close(self) -> None:
        """Let go."""
        await self._inner.close()


class _PublicConnector(aiohttp.TCPConnector):
    """Numbers are not looked up by a resolver, so they are looked at here."""

    def __init__(self, also: Mapping[str, tuple[str, int]] | None, **more: Any) -> None:
        super().__init__(resolver=PublicResolver(also), use_dns_cache=False, **more)
        self._also = also or {}

    async def _resolve_host(self, host: str, port: int, traces: Any = None) -> list[ResolveResult]:
        found = await super()._resolve_host(host, port, traces)
        if host not in self._also and not all(is_public(one["host"]) for one in found):
            raise AddressNotPublic(f"{host} is no public address")
        return found


def open_public_egress(
    *,
    total_s: float = 20,
    connect_s: float = 5,
    also: Mapping[str, tuple[str, int]] | None = None,
    user_agent: str = "wacloud/0.1",
) -> aiohttp.ClientSession:
    """
    A client session for addresses that strangers name; its owner closes it.

    It keeps no cookies, takes no proxy from the environment and unpacks nothing: whoever reads a body counts its bytes.
    Redirects are the caller's to follow, one by one.
    """
    return aiohttp.ClientSession(
        connector=_PublicConnector(also, limit=20, limit_per_host=2, keepalive_timeout=KEEP_ALIVE_S),
        timeout=aiohttp.ClientTimeout(total=total_s, connect=connect_s * 2, sock_connect=connect_s, sock_read=10),
        headers={"User-Agent": user_agent, "Accept-Encoding": "gzip, identity"},
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        max_line_size=8190,
        max_field_size=8190,
    )
