"""Webhooks out: signed over the bytes that are sent, concurrent, and retried until somebody answers 200."""

from __future__ import annotations

import asyncio
import hmac
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from wacloud.twins.graph.hook_client import HookAnswer, HookClient
from wacloud.twins.graph.ledger import Ledger
from wacloud.twins.graph.wire import as_meta_writes
from wacloud.twins.graph.world import Waba, World

GIVE_UP_AFTER_S = 7 * 24 * 3600
HEADERS = (
    b"Content-Type: application/json\r\nUser-Agent: facebookexternalua\r\nAccept: */*\r\nX-Hub-Signature-256: %s\r\n"
)
# Fields a WABA or a number may have delivered to another address; all others go to the app's.
OVERRIDABLE = {"messages", "message_echoes", "calls", "history", "smb_message_echoes", "smb_app_state_sync"}


@dataclass(slots=True)
class Attempt:
    """How the callback answered: status 0 and an error where it did not answer at all."""

    status: int
    ms: float
    error: str | None = None
    body: str = ""


@dataclass(slots=True, eq=False)
class Delivery:
    delivery_id: int
    url: str | None
    body: bytes
    queued_at: float
    on_acknowledged: Callable[[], None] | None = None
    attempts: int = 0
    last: Attempt | None = None
    timer: asyncio.TimerHandle | None = None
    first: asyncio.Future[Attempt] | None = field(default=None)

    def as_json(self) -> dict[str, Any]:
        return {
            "delivery_id": self.delivery_id,
            "attempts": self.attempts,
            "queued_at": self.queued_at,
            "last_status": self.last.status if self.last else None,
            "last_error": self.last.error if self.last else None,
            "body": self.body[:2000].decode("utf-8", "replace"),
        }


def signature(app_secret: str, body: bytes) -> str:
    return "sha256=" + hmac.digest(app_secret.encode(), body, "sha256").hex()


def envelope(waba_id: str, field_name: str, value: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": waba_id, "changes": [{"value": value, "field": field_name}]}
    if field_name != "messages":
        entry["time"] = int(time.time())
    return {"object": "whatsapp_business_account", "entry": [entry]}


class Webhooks:
    """The queue of webhooks: every one is tried at once, and again later until it is acknowledged."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self._world = world
        self._ledger = ledger
        self._ids = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._client = HookClient(world.defaults.webhook_timeout_s)
        self._room = asyncio.Semaphore(world.defaults.webhook_concurrency)
        self.undelivered: dict[int, Delivery] = {}

    async def close(self) -> None:
        for delivery in self.undelivered.values():
            if delivery.timer is not None:
                delivery.timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._client.close()

    def send(
        self,
        waba: Waba,
        field_name: str,
        value: dict[str, Any],
        *,
        override: str | None = None,
        copies: int = 0,
        on_acknowledged: Callable[[], None] | None = None,
    ) -> Delivery | None:
        """Queue one change of one WABA; None, and nothing is sent, while the app is not subscribed to it."""
        if not waba.subscribed:
            self._ledger.webhooks["not_subscribed"] += 1
            return None
        url = (override or waba.callback_url) if field_name in OVERRIDABLE else None
        body = as_meta_writes(envelope(waba.waba_id, field_name, value))
        delivery = self.send_raw(body, url=url, on_acknowledged=on_acknowledged)
        for _ in range(copies):
            self.send_raw(body, url=url)
        return delivery

    def send_raw(
        self, body: bytes, *, url: str | None = None, on_acknowledged: Callable[[], None] | None = None
    ) -> Delivery:
        self._ledger.webhooks["queued"] += 1
        delivery = Delivery(next(self._ids), url, body, time.time(), on_acknowledged)
        self.undelivered[delivery.delivery_id] = delivery
        self._start(delivery)
        return delivery

    async def first_attempt(self, delivery: Delivery) -> Attempt:
        """Wait for the answer to the first attempt."""
        if delivery.last is not None:
            return delivery.last
        if delivery.first is None:
            delivery.first = asyncio.get_running_loop().create_future()
        return await delivery.first

    def retry_now(self) -> int:
        """Try everything undelivered again without waiting for its time."""
        waiting = [d for d in self.undelivered.values() if d.timer is not None]
        for delivery in waiting:
            self._start(delivery)
        return len(waiting)

    def forget_undelivered(self) -> None:
        for delivery in self.undelivered.values():
            if delivery.timer is not None:
                delivery.timer.cancel()
        self.undelivered.clear()

    def _start(self, delivery: Delivery) -> None:
        if delivery.timer is not None:
            delivery.timer.cancel()
            delivery.timer = None
        if delivery.delivery_id not in self.undelivered:
            return
        task = asyncio.create_task(self._deliver(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, delivery: Delivery) -> None:
        async with self._room:
            attempt = await self._post(delivery)
        if delivery.attempts:
            self._ledger.webhooks["retried"] += 1
        delivery.attempts += 1
        delivery.last = attempt
        if delivery.first is not None and not delivery.first.done():
            delivery.first.set_result(attempt)
        if attempt.status == 200:
            self._ledger.webhooks["acknowledged"] += 1
            self.undelivered.pop(delivery.delivery_id, None)
            if delivery.on_acknowledged is not None:
                delivery.on_acknowledged()
            return
        self._ledger.webhooks["failed_attempts"] += 1
        if time.time() - delivery.queued_at > GIVE_UP_AFTER_S:
            self._ledger.webhooks["given_up"] += 1
            self.undelivered.pop(delivery.delivery_id, None)
            return
        waits = self._world.defaults.retry_delays_s
        wait = waits[min(delivery.attempts, len(waits)) - 1] if waits else GIVE_UP_AFTER_S
        delivery.timer = asyncio.get_running_loop().call_later(wait, self._start, delivery)

    async def _post(self, delivery: Delivery) -> Attempt:
        headers = HEADERS % signature(self._world.app_secret, delivery.body).encode("ascii")
        url = delivery.url or self._world.callback_url
        self._client.timeout_s = self._world.defaults.webhook_timeout_s
        return await _attempt(self._client.post(url, delivery.body, headers))

    async def shake_hands(self, url: str, verify_token: str) -> Attempt:
        """Ask a callback to prove itself, as Meta does when an address is set; status 200 means it did."""
        challenge = str(time.time_ns() % 10**10)
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
        attempt = await _attempt(self._client.get(f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"))
        if attempt.status == 200 and attempt.body != challenge:
            return Attempt(0, attempt.ms, "the answer is not the challenge", attempt.body)
        return attempt


async def _attempt(call: Awaitable[HookAnswer]) -> Attempt:
    started = time.perf_counter()
    try:
        answer = await call
        status, body, error = answer.status, answer.body, None
    except (OSError, TimeoutError, ValueError) as failure:
        status, body, error = 0, b"", f"{type(failure).__name__}: {failure}"
    ms = (time.perf_counter() - started) * 1000
    return Attempt(status, round(ms, 2), error, body.decode("utf-8", "replace"))
