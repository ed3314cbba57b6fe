"""What goes over the wire: a request as read, an answer as written, and JSON as Meta serialises it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from wacloud.twins.graph.misbehave import Do

Json = dict[str, Any]

_decode = msgspec.json.Decoder().decode
# The fast writer leaves other letters as they are, so it serves only where there are none.
_escape = json.JSONEncoder(separators=(",", ":")).encode
_encode = msgspec.json.Encoder().encode

JSON_HEADERS = (b"content-type", b"application/json; charset=UTF-8")


class CutConnection(Exception):
    """The client gets no answer: the connection ends here."""


@dataclass(slots=True)
class Request:
    """One HTTP request, its path without the Graph version and split at the slashes."""

    method: str
    parts: list[str]
    raw_path: str
    raw_query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    # What a misbehaviour rule asks for once the request has been accepted.
    effects: Do | None = None

    def header(self, name: bytes) -> str:
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return ""

    @property
    def query(self) -> dict[str, str]:
        if not self.raw_query:
            return {}
        return dict(parse_qsl(self.raw_query.decode("latin-1"), keep_blank_values=True))

    @property
    def base_url(self) -> str:
        return f"http://{self.header(b'host') or '127.0.0.1'}"


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]] = field(default_factory=lambda: [JSON_HEADERS])


@dataclass(slots=True)
class Stream:
    """An answer without end: lines are written as they come, `closed` runs once when the reader has gone."""

    lines: AsyncIterator[bytes]
    closed: Callable[[], None]


def encode(content: object) -> bytes:
    try:
        return _encode(content)
    except UnicodeEncodeError:
        # Half a surrogate pair, which a person may well have sent: only escapes can carry it.
        return json.dumps(content).encode("ascii")


def decode(body: bytes) -> Any:
    """:raises ValueError: the bytes are not JSON."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def as_json(content: object, status: int = 200) -> Answer:
    return Answer(status, encode(content))


def as_meta_writes(payload: object) -> bytes:
    """JSON as Meta sends it: ASCII only, lowercase hex escapes, and a few ASCII characters escaped as well.

    The signature covers these very bytes, so a receiver that parses and writes again gets another signature.
    """
    try:
        text = _encode(payload).decode("ascii")
    except UnicodeError:
        text = _escape(payload)
    # Outside of strings JSON has none of these four characters, so plain replacing is safe.
    text = text.replace("/", "\\/")
    if "<" in text or "%" in text or "@" in text:
        text = text.replace("<", "\\u003C").replace("%", "\\u0025").replace("@", "\\u0040")
    return text.encode("ascii")
