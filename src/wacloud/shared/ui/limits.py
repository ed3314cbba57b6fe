"""
Limits at the door. A route says which one holds for it:

    @router.post("/api/auth/login", dependencies=[public(), limited("login")])
    async def send(member: Annotated[Member, requires(...)], _: Annotated[None, limited("send")]) -> ...

A limit by user, which counts each API key by itself, is checked after the guard: name it after the parameter that
brings the member.
"""

import math
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from fastapi import Depends, Request

from wacloud.shared.application.limits import CounterAway, Limit, Limits, Standing, TooManyRequests
from wacloud.shared.domain.errors import Unavailable
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member

HEADERS = "limit_headers"


@cache
def limited(name: str) -> Any:
    """
    Count each call against this limit, and tell the caller where they stand in `RateLimit` and `RateLimit-Policy`.

    :raises TooManyRequests: with `Retry-After`.
    """

    async def check(request: Request) -> None:
        await check_limit(request, name)

    return Depends(check)


async def check_limit(request: Request, name: str) -> None:
    """The same, for a route that decides by itself when a call counts."""
    limits: Limits = request.app.state.limits
    limit = limits.table[name]
    try:
        standing = await limits.check(name, _who(request, limit))
    except CounterAway as away:
        raise Unavailable from away
    if standing is None:
        return
    setattr(request.state, HEADERS, headers_of(limit, standing))
    if not standing.allowed:
        raise TooManyRequests(limit=limit.most, per_seconds=limit.per_s, retry_after=_seconds(standing))


def headers_of(limit: Limit, standing: Standing) -> dict[str, str]:
    """As draft-ietf-httpapi-ratelimit-headers writes them."""
    return {
        "ratelimit-policy": f'"{limit.name}";q={limit.most};w={limit.per_s}',
        "ratelimit": f'"{limit.name}";r={max(standing.left, 0)};t={_seconds(standing)}',
    }


def _seconds(standing: Standing) -> int:
    return max(1, math.ceil(standing.resets_in_s))


def _who(request: Request, limit: Limit) -> str:
    if limit.by == "everybody":
        return "everybody"
    if limit.by == "user":
        member: Member = request.state.member
        return str(member.key.id if member.key else member.user_id)
    return _neighbourhood(caller_of(request).address)


def _neighbourhood(address: str) -> str:
    """Whoever has one IPv6 address has the whole /64 around it."""
    if not address:
        return "unknown"
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed) >> 64 << 64, 64)).network_address)
    return address
