"""The screens: what a customer's phone shows, and who is watching it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from wacloud.twins.graph.customers import Customer
from wacloud.twins.graph.threads import Threads
from wacloud.twins.graph.wire import encode

KEEP_ALIVE_S = 15.0
WATCHER_BACKLOG = 1000


@dataclass(slots=True, eq=False)
class Watcher:
    """One open screen. `reads`: the number whose thread is in view, "*" for all, None when face down."""

    customer: Customer
    reads: str | None
    events: asyncio.Queue[bytes]


class Phones:
    def __init__(self, threads: Threads, clock: Callable[[], float]) -> None:
        self._threads = threads
        self._clock = clock
        self._watchers: dict[str, set[Watcher]] = {}
        self._closing = asyncio.Event()

    def screen(self, customer: Customer) -> dict[str, Any]:
        now = self._clock()
        threads = sorted(self._threads.of(customer), key=lambda t: t.bubbles[-1].at if t.bubbles else 0.0, reverse=True)
        return {"customer": customer.as_json(), "threads": [thread.as_json(now) for thread in threads]}

    def is_reading(self, customer: Customer, phone_number_id: str) -> bool:
        watchers = self._watchers.get(customer.customer_id, ())
        return any(watcher.reads in ("*", phone_number_id) for watcher in watchers)

    def show(self, customer: Customer, event: str, content: dict[str, Any]) -> None:
        """Tell every open screen of the person; costs nothing while none is open."""
        watchers = self._watchers.get(customer.customer_id)
        if not watchers:
            return
        line = b"event: " + event.encode() + b"\ndata: " + encode(content) + b"\n\n"
        for watcher in watchers:
            if watcher.events.full():
                # A screen that is not being read: let it go rather than keep everything for it.
                watcher.events.get_nowait()
            watcher.events.put_nowait(line)

    def watch(self, customer: Customer, reads: str | None) -> tuple[AsyncIterator[bytes], Callable[[], None]]:
        watcher = Watcher(customer, reads, asyncio.Queue(WATCHER_BACKLOG))
        watcher.events.put_nowait(b"event: phone\ndata: " + encode(self.screen(customer)) + b"\n\n")
        self._watchers.setdefault(customer.customer_id, set()).add(watcher)

        def leave() -> None:
            self._watchers[customer.customer_id].discard(watcher)

        return self._lines(watcher), leave

    def close(self) -> None:
        """Let every open screen end, so that the server can stop."""
        self._closing.set()

    async def _lines(self, watcher: Watcher) -> AsyncIterator[bytes]:
        closing = asyncio.create_task(self._closing.wait())
        following = asyncio.create_task(watcher.events.get())
        try:
            while True:
                done, _ = await asyncio.wait(
                    {closing, following}, timeout=KEEP_ALIVE_S, return_when=asyncio.FIRST_COMPLETED
                )
                if closing in done:
                    return
                if following in done:
                    yield following.result()
                    following = asyncio.create_task(watcher.events.get())
                else:
                    yield b": still here\n\n"
        finally:
            closing.cancel()
            following.cancel()
