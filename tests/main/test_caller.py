"""Whose address counts: what a client writes of itself must not."""

from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from wacloud.shared.ui.caller import caller_of, trusted_networks


def request(peer: str | None, *forwarded: str, trusted: tuple[str, ...] = (), **headers: str) -> Request:
    raw = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    raw += [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    app = SimpleNamespace(state=SimpleNamespace(trusted_proxies=trusted_networks(trusted)))
    scope: dict[str, Any] = {"type": "http", "headers": raw, "client": (peer, 1) if peer else None, "app": app}
    return Request(scope)


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "expected"),
    [
        ("203.0.113.7", ("198.51.100.1",), (), "203.0.113.7"),
        ("10.0.0.2", ("198.51.100.1",), ("10.0.0.0/8",), "198.51.100.1"),
        ("10.0.0.2", ("1.2.3.4, 198.51.100.1",), ("10.0.0.0/8",), "198.51.100.1"),
        ("10.0.0.2", ("1.2.3.4", "198.51.100.1, 10.0.0.9"), ("10.0.0.0/8",), "198.51.100.1"),
        ("10.0.0.2", ("nonsense",), ("10.0.0.0/8",), "10.0.0.2"),
        ("10.0.0.2", (), ("10.0.0.0/8",), "10.0.0.2"),
        ("203.0.113.7", ("198.51.100.1",), ("10.0.0.0/8",), "203.0.113.7"),
        ("::ffff:10.0.0.2", ("2001:db8::1",), ("10.0.0.0/8",), "2001:db8::1"),
        (None, ("198.51.100.1",), ("10.0.0.0/8",), ""),
    ],
)
def test_the_address_is_the_first_that_no_proxy_of_ours_has(
    peer: str | None, forwarded: tuple[str, ...], trusted: tuple[str, ...], expected: str
):
    headers = {"x_real_ip": "6.6.6.6", "forwarded": "for=6.6.6.6"}
    assert caller_of(request(peer, *forwarded, trusted=trusted, **headers)).address == expected


def test_a_user_agent_is_kept_short_and_on_one_line():
    agent = caller_of(request("203.0.113.7", user_agent="Mozilla\r\n\x1b[31m" + "x" * 900)).user_agent
    assert agent.startswith("Mozilla[31m")
    assert len(agent) <= 300
