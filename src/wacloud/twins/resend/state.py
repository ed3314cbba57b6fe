"""What the twin knows: mails, keys it has seen, how it shall misbehave."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

KEY_LIVES_S = 24 * 3600
REQUESTS_A_SECOND = 5


@dataclass(slots=True)
class Rule:
    """
    What happens to the next `times` POSTs of a mail (to `to`, where given).

    `delay_ms` first; then `cut_before`: the connection ends and nothing was taken; `status` with `name`: that error;
    `accept_then_cut`: the mail is taken and the connection ends without an answer.
    """

    times: int = 1
    to: str | None = None
    delay_ms: int = 0
    status: int | None = None
    name: str = "application_error"
    retry_after: str | None = None
    cut_before: bool = False
    accept_then_cut: bool = False
    no_id: bool = False


@dataclass(slots=True)
class KeptMail:
    """A mail the twin took."""

    content: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    last_event: str = "sent"

    def shown(self, *, whole: bool) -> dict[str, Any]:
        """As GET /emails shows it; the list leaves the texts out."""
        content = self.content
        short = {
            "id": self.id,
            "to": content["to"],
            "from": content["from"],
            "created_at": self.created_at.isoformat(sep=" "),
            "subject": content["subject"],
            "bcc": content.get("bcc") or [],
            "cc": content.get("cc") or [],
            "reply_to": content.get("reply_to") or [],
            "last_event": self.last_event,
            "scheduled_at": None,
        }
        if not whole:
            return short
        texts = {"html": content.get("html"), "text": content.get("text"), "tags": content.get("tags") or []}
        return {"object": "email", **short, **texts, "headers": content.get("headers") or {}}


@dataclass(slots=True)
class SeenKey:
    """An idempotency key, with the body it came with and the mail it made; no mail yet while it is being taken."""

    body: bytes
    at: float
    mail_id: str | None = None


class State:
    """One account at Resend."""

    def __init__(self, key: str, webhook_url: str, webhook_secret: str) -> None:
        self.key = key
        self.webhook_url = webhook_url
        self.webhook_secret = webhook_secret
        self.mails: dict[str, KeptMail] = {}
        self.keys: dict[str, SeenKey] = {}
        self.rules: list[Rule] = []
        self.posts: list[dict[str, Any]] = []
        self.domains = {"mail.example.com": "verified"}
        self.limit = REQUESTS_A_SECOND
        self._recent: list[float] = []

    def clear(self) -> None:
        """An empty mailbox that behaves."""
        for kept in (self.mails, self.keys, self.rules, self.posts, self._recent):
            kept.clear()
        self.limit = REQUESTS_A_SECOND

    def rule_for(self, recipients: list[str]) -> Rule | None:
        """The first rule that is meant, using up one of its times."""
        for rule in self.rules:
            if rule.times > 0 and (rule.to is None or rule.to in recipients):
                rule.times -= 1
                return rule
        return None

    def seen(self, key: str) -> SeenKey | None:
        """A key of the last 24 hours."""
        found = self.keys.get(key)
        if found is not None and time.monotonic() - found.at > KEY_LIVES_S:
            del self.keys[key]
            return None
        return found

    def is_over_the_limit(self) -> bool:
        """Count one more request of this second."""
        now = time.monotonic()
        self._recent = [at for at in self._recent if now - at < 1]
        self._recent.append(now)
        return len(self._recent) > self.limit
