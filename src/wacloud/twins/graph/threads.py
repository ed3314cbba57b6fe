"""The thread of one customer with one business number, as it lies on the customer's phone."""

from __future__ import annotations

import base64
import os
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from wacloud.twins.graph.customers import Customer
from wacloud.twins.graph.world import Number, Waba

SERVICE_WINDOW_S = 24 * 3600
FREE_ENTRY_WINDOW_S = 72 * 3600
TYPING_S = 25.0
KEPT_IN_THREAD = 1000
KEPT_IN_ALL = 200_000

_RANK = {"waiting": 0, "accepted": 0, "sent": 1, "delivered": 2, "read": 3, "played": 4, "failed": 5}


def new_wamid() -> str:
    return "wamid.HBgL" + base64.b64encode(os.urandom(30)).decode("ascii")


@dataclass(slots=True, eq=False)
class Bubble:
    """One message. `status` holds the ticks: those of the business's message, or of the customer's own."""

    wamid: str
    thread: Thread
    is_inbound: bool
    type: str
    content: Any
    at: float
    text: str
    status: str
    reply_to: str | None = None
    callback_data: str | None = None
    category: str = "service"
    addressed_by_phone: bool = True
    rendered: dict[str, Any] | None = None
    reactions: dict[str, str] = field(default_factory=dict)
    is_edited: bool = False
    is_revoked: bool = False
    errors: list[dict[str, Any]] | None = None
    # A customer's message whose webhook nobody has acknowledged: its element of value.messages.
    payload: dict[str, Any] | None = None

    def advance(self, status: str) -> bool:
        """Move the ticks forward; False where they are there already."""
        if _RANK[status] <= _RANK[self.status]:
            return False
        self.status = status
        return True

    def as_json(self) -> dict[str, Any]:
        return {
            "wamid": self.wamid,
            "from": "customer" if self.is_inbound else "business",
            "type": self.type,
            "content": self.content,
            "text": self.text,
            "rendered": self.rendered,
            "timestamp": int(self.at),
            "status": self.status,
            "reply_to": self.reply_to,
            "reactions": self.reactions,
            "edited": self.is_edited,
            "revoked": self.is_revoked,
            "errors": self.errors,
        }


@dataclass(slots=True, eq=False)
class Thread:
    waba: Waba
    number: Number
    customer: Customer
    bubbles: deque[Bubble] = field(default_factory=lambda: deque(maxlen=KEPT_IN_THREAD))
    last_inbound_at: float | None = None
    came_by_ad_at: float | None = None
    free_entry_until: float = 0.0
    typing_until: float = 0.0

    def window_is_open(self, now: float) -> bool:
        return self.last_inbound_at is not None and now - self.last_inbound_at < SERVICE_WINDOW_S

    def heard_from_customer(self, at: float, *, by_ad: bool) -> None:
        if self.last_inbound_at is None or at > self.last_inbound_at:
            self.last_inbound_at = at
        if by_ad:
            self.came_by_ad_at = at

    def answered(self, now: float) -> None:
        """An answer ends the typing sign; the first one within a day of an ad opens the free 72 hours."""
        self.typing_until = 0.0
        if self.came_by_ad_at is not None:
            if now - self.came_by_ad_at < SERVICE_WINDOW_S:
                self.free_entry_until = now + FREE_ENTRY_WINDOW_S
            self.came_by_ad_at = None

    def as_json(self, now: float) -> dict[str, Any]:
        until = None if self.last_inbound_at is None else int(self.last_inbound_at + SERVICE_WINDOW_S)
        return {
            "phone_number_id": self.number.phone_number_id,
            "display_phone_number": self.number.display_phone_number,
            "verified_name": self.number.verified_name,
            "waba_id": self.waba.waba_id,
            "window_open": self.window_is_open(now),
            "window_until": until,
            "typing": self.typing_until > now,
            "messages": [bubble.as_json() for bubble in self.bubbles],
        }


class Threads:
    """All threads, and every recent message by its wamid."""

    def __init__(self) -> None:
        self._threads: dict[tuple[str, str], Thread] = {}
        self._by_wamid: dict[str, Bubble] = {}

    def between(self, waba: Waba, number: Number, customer: Customer) -> Thread:
        key = (number.phone_number_id, customer.customer_id)
        thread = self._threads.get(key)
        if thread is None:
            thread = self._threads[key] = Thread(waba, number, customer)
        return thread

    def all(self) -> list[Thread]:
        return list(self._threads.values())

    def of(self, customer: Customer) -> list[Thread]:
        return [t for t in self._threads.values() if t.customer is customer]

    def add(self, bubble: Bubble) -> None:
        bubble.thread.bubbles.append(bubble)
        self._by_wamid[bubble.wamid] = bubble
        if len(self._by_wamid) > KEPT_IN_ALL:
            del self._by_wamid[next(iter(self._by_wamid))]

    def find(self, wamid: str) -> Bubble | None:
        return self._by_wamid.get(wamid)


def text_of(kind: str, content: Any) -> str:
    """What a reader would call the text of a message: body, caption, title or emoji."""
    if not isinstance(content, dict):
        return ""
    if kind == "text":
        return str(content.get("body", ""))
    if kind == "reaction":
        return str(content.get("emoji", ""))
    if kind == "button":
        return str(content.get("text", ""))
    if kind == "interactive":
        for reply in ("button_reply", "list_reply"):
            if isinstance(content.get(reply), dict):
                return str(content[reply].get("title", ""))
        body = content.get("body")
        return str(body.get("text", "")) if isinstance(body, dict) else ""
    return str(content.get("caption") or content.get("name") or content.get("body") or "")
