"""Reads as a program sends them: members of several businesses ask for several things, in turns."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reads:
    """Read `n` is the same bytes whenever it is asked for. See `bodies.Mail` for the rate."""

    tokens: Sequence[str]
    paths: Sequence[str]
    rate: float

    def request(self, n: int) -> bytes:
        """Read `n` as HTTP."""
        path = self.paths[n % len(self.paths)]
        token = self.tokens[n // len(self.paths) % len(self.tokens)]
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        return f"{head}Authorization: Bearer {token}\r\n\r\n".encode()
