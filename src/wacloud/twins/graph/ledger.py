"""What really happened, counted by the other side: the judge of whether anything was lost or sent twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(slots=True)
class Ledger:
    """Every POST to /messages is seen, then accepted, refused, answered by a rule, or cut before."""

    seen: int = 0
    accepted: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    answered_by_rule: Counter[int] = field(default_factory=Counter)
    cut_before: int = 0
    cut_after: int = 0
    without_plus: int = 0
    reads: int = 0
    typing: int = 0
    by_callback_data: Counter[str] = field(default_factory=Counter)
    texts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    by_number: Counter[str] = field(default_factory=Counter)
    webhooks: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    inbound: int = 0

    def accept(self, customer_id: str, callback_data: str | None, text: dict[str, Any]) -> None:
        self.accepted += 1
        if callback_data is not None:
            self.by_callback_data[callback_data] += 1
        self.by_number[text["phone_number_id"]] += 1
        self.texts.setdefault(customer_id, []).append(text)

    def clear(self) -> None:
        fresh = Ledger()
        for part in fields(self):
            setattr(self, part.name, getattr(fresh, part.name))

    def as_json(self, *, undelivered: int, brief: bool) -> dict[str, Any]:
        content: dict[str, Any] = {
            "messages": {
                "seen": self.seen,
                "accepted": self.accepted,
                "refused": {str(code): n for code, n in sorted(self.refused.items())},
                "answered_by_rule": {str(status): n for status, n in sorted(self.answered_by_rule.items())},
                "cut_before": self.cut_before,
                "cut_after_accepting": self.cut_after,
                "without_plus": self.without_plus,
            },
            "accepted_by_number": dict(self.by_number),
            "doubled": sorted(data for data, n in self.by_callback_data.items() if n > 1),
            "reads": self.reads,
            "typing": self.typing,
            "inbound": self.inbound,
            "statuses": dict(self.statuses),
            "webhooks": {
                "queued": self.webhooks["queued"],
                "acknowledged": self.webhooks["acknowledged"],
                "retried": self.webhooks["retried"],
                "failed_attempts": self.webhooks["failed_attempts"],
                "not_subscribed": self.webhooks["not_subscribed"],
                "given_up": self.webhooks["given_up"],
                "undelivered": undelivered,
            },
        }
        if not brief:
            content["by_callback_data"] = dict(self.by_callback_data)
        return content
