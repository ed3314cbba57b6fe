"""Who is at the other end of a connection: the peer, or the client a proxy of ours names."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

from wacloud.shared.application.caller import Caller

Network = IPv4Network | IPv6Network
LONGEST_USER_AGENT = 300
FURTHEST = 10  # proxies in a row


def trusted_networks(named: Sequence[str]) -> tuple[Network, ...]:
    """:raises ValueError: one of them is neither an address nor a network."""
    return tuple(ip_network(one) for one in named)


def caller_of(request: HTTPConnection) -> Caller:
    """
    The caller of this request.

    `X-Forwarded-For` is believed only as far as proxies named in TRUSTED_PROXIES wrote it: read from the right, the
    first address that is none of theirs. `X-Real-IP` and `Forwarded` are never read.
    """
    trusted: tuple[Network, ...] = getattr(request.app.state, "trusted_proxies", ())
    peer = request.client.host if request.client else ""
    key = getattr(request.state, "key", None)
    agent = request.headers.get("user-agent", "")[:LONGEST_USER_AGENT]
    return Caller(
        address=_client(peer, request.headers.getlist("x-forwarded-for"), trusted),
        user_agent="".join(c for c in agent if c.isprintable()),
        request_id=getattr(request.state, "request_id", ""),
        key_id=key.id if key else None,
        key_name=key.name if key else "",
    )


def _client(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    address = _plain(peer)
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    for hop in reversed(hops[-FURTHEST:]):
        if not address or not _is_trusted(address, trusted):
            break
        further = _plain(hop)
        if not further:
            break
        address = further
    return address


def _plain(text: str) -> str:
    """An IPv4 address in IPv6's clothes is the IPv4 address; what is none is nothing."""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    parsed = ip_address(address)
    return any(parsed.version == network.version and parsed in network for network in trusted)
