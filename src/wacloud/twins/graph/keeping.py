"""
What lies on the phones, kept in a file: people, their threads, photos and sounds; and accounts that were made here.

One JSON object a line, written as it happens, so that a twin that is killed has lost nothing a person saw. The last
line about a message or person counts. Read at the start, it is written anew without what is over, as one file in
place of the other; the same happens whenever it has grown to several times that size.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Protocol

import msgspec

from wacloud.twins.graph.access import Access
from wacloud.twins.graph.customers import Customer, People
from wacloud.twins.graph.media import MediaFile, MediaShelf
from wacloud.twins.graph.threads import Bubble, Thread, Threads
from wacloud.twins.graph.world import Waba, World

Json = dict[str, Any]

MOST_PEOPLE = 5_000
MOST_MESSAGES = 20_000
MOST_IN_THREAD = 300
MOST_FILES = 300
LARGEST_GROWTH = 4 * 1024 * 1024

_OF_BUBBLE = tuple(f.name for f in fields(Bubble) if f.name not in ("wamid", "thread"))
_OF_CUSTOMER = tuple(f.name for f in fields(Customer))
_OF_THREAD = ("last_inbound_at", "came_by_ad_at", "free_entry_until")


class Kept(Protocol):
    """What is kept, and what it hangs on."""

    world: World
    access: Access
    people: People
    threads: Threads
    media: MediaShelf
    clock: Callable[[], float]


class Keeper:
    """The file of one twin. It is no database: what cannot be written is told once, and the twin plays on."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._media = file.with_name(f"{file.name}.media")
        self._lines: Any = None
        self._size = 0
        self._grown = 0
        self._has_complained = False

    def load(self, phones: Kept) -> None:
        """
        Put everything back where it was, and begin to write.

        :raises OSError: the file cannot be read or written.
        """
        self._media.mkdir(parents=True, exist_ok=True)
        for line in self._read():
            with contextlib.suppress(KeyError, TypeError, ValueError):
                self._put_back(phones, line)
        self._write_anew(phones)

    def close(self) -> None:
        if self._lines is not None:
            self._lines.close()
            self._lines = None

    def customer(self, customer: Customer) -> None:
        self._add(_line_of_customer(customer))

    def waba(self, waba: Waba) -> None:
        self._add(_line_of_waba(waba))

    def bubble(self, phones: Kept, bubble: Bubble) -> None:
        self._add(_line_of_bubble(bubble))
        if self._grown > max(LARGEST_GROWTH, 3 * self._size):
            with self._forgiving():
                self._write_anew(phones)

    def file(self, file: MediaFile) -> None:
        with self._forgiving():
            _replace(self._media / file.media_id, file.content)
        self._add(_line_of_file(file))

    def _add(self, line: Json) -> None:
        if self._lines is None:
            return
        with self._forgiving():
            raw = _encode(line)
            # One call of the system for a line: killed, we have written all of it or none.
            self._lines.write(raw)
            self._grown += len(raw)

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            if not self._has_complained:
                self._has_complained = True
                sys.stderr.write(f"Graph twin: {self._file} is not kept any more: {problem}\n")

    def _read(self) -> Iterator[Json]:
        if not self._file.exists():
            return
        with self._file.open("rb") as lines:
            for raw in lines:
                with contextlib.suppress(ValueError):
                    line = json.loads(raw)
                    if isinstance(line, dict):
                        yield line

    def _put_back(self, phones: Kept, line: Json) -> None:
        if "waba" in line:
            waba = msgspec.convert(line["waba"], type=Waba)
            others = [one for one in phones.world.wabas if one.waba_id != waba.waba_id]
            phones.world.wabas[:] = [*others, waba]
            phones.access.learn()
        elif "customer" in line:
            phones.people.put_back(Customer(**line["customer"]))
        elif "file" in line:
            told = line["file"]
            content = self._media / str(told["media_id"])
            if told["expires_at"] > phones.clock() and content.is_file():
                phones.media.put_back(content.read_bytes(), **told)
        elif "next_file" in line:
            phones.media.go_on_from(line["next_file"])
        else:
            self._put_back_bubble(phones, line["bubble"])

    def _put_back_bubble(self, phones: Kept, told: Json) -> None:
        number = phones.access.numbers.get(told["number"])
        customer = phones.people.customers.get(told["customer"])
        if number is None or customer is None:
            return
        thread = phones.threads.between(*number, customer)
        for name, value in told["thread"].items():
            setattr(thread, name, value)
        kept = {name: told[name] for name in _OF_BUBBLE if name in told}
        known = phones.threads.find(told["wamid"])
        if known is None:
            phones.threads.add(Bubble(told["wamid"], thread, **kept))
            return
        for name, value in kept.items():
            setattr(known, name, value)

    def _write_anew(self, phones: Kept) -> None:
        lines = [_encode(line) for line in self._snapshot(phones)]
        _replace(self._file, b"".join(lines))
        self.close()
        self._lines = self._file.open("ab", buffering=0)
        self._size, self._grown = sum(map(len, lines)), 0
        for left in self._media.iterdir():
            if phones.media.find(left.name, phones.clock()) is None:
                left.unlink(missing_ok=True)

    def _snapshot(self, phones: Kept) -> Iterator[Json]:
        yield {"next_file": phones.media.next_number}
        yield from (_line_of_waba(waba) for waba in phones.world.wabas if waba.made_here)
        for customer in list(phones.people.customers.values())[-MOST_PEOPLE:]:
            yield _line_of_customer(customer)
        for file in phones.media.newest(MOST_FILES, phones.clock()):
            yield _line_of_file(file)
        newest = [bubble for thread in phones.threads.all() for bubble in list(thread.bubbles)[-MOST_IN_THREAD:]]
        newest.sort(key=lambda bubble: bubble.at)
        kept = set(map(id, newest[-MOST_MESSAGES:]))
        # Thread by thread, in the order in which they lie on the phone.
        for thread in phones.threads.all():
            yield from (_line_of_bubble(bubble) for bubble in thread.bubbles if id(bubble) in kept)


def _line_of_waba(waba: Waba) -> Json:
    return {"waba": msgspec.to_builtins(waba)}


def _line_of_customer(customer: Customer) -> Json:
    return {"customer": {name: getattr(customer, name) for name in _OF_CUSTOMER}}


def _line_of_file(file: MediaFile) -> Json:
    names = ("media_id", "phone_number_id", "mime_type", "expires_at")
    return {"file": {name: getattr(file, name) for name in names}}


def _line_of_bubble(bubble: Bubble) -> Json:
    thread: Thread = bubble.thread
    return {
        "bubble": {
            "number": thread.number.phone_number_id,
            "customer": thread.customer.customer_id,
            "thread": {name: getattr(thread, name) for name in _OF_THREAD},
            "wamid": bubble.wamid,
            **{name: getattr(bubble, name) for name in _OF_BUBBLE},
        }
    }


def _encode(line: Json) -> bytes:
    # Escapes only: a person may have sent half a surrogate pair.
    return json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n"


def _replace(file: Path, content: bytes) -> None:
    """Whole or not at all, and for the owner's eyes only."""
    new = file.with_name(f"{file.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
        target.write(content)
    os.replace(new, file)
