"""Rules that make the twin misbehave, as networks and vendors do."""

from __future__ import annotations

import random
from typing import Any

import msgspec


class Match(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which requests a rule is for; what is not given matches everything.

    `kind` is `messages` (sending), `read` (read receipt or typing), `media`, `uploads`, `templates`, `phone_numbers`,
    `download` (the bytes of a file), `number`, `profile`, `register`, `subscribed_apps`, `token`, or `inbound` (a
    customer's webhook).
    """

    kind: str | None = None
    phone_number_id: str | None = None
    to: str | None = None
    text_contains: str | None = None


class Do(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What happens to a matching request; several may be combined."""

    delay_ms: int = 0
    http_status: int | None = None
    body: str | None = None
    error_code: int | None = None
    error_subcode: int | None = None
    details: str | None = None
    cut_before: bool = False
    accept_then_cut: bool = False
    accept_without_status: bool = False
    fail_later: int | None = None
    duplicate_webhooks: int = 0
    reorder_statuses: bool = False
    hold_statuses: bool = False
    drop_callback_data: bool = False
    redirect_to: str | None = None
    cut_body_at: int | None = None


class Rule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One rule: the first that matches is applied. Without `times` it stays until it is removed."""

    do: Do
    match: Match = msgspec.field(default_factory=Match)
    times: int | None = None
    probability: float | None = None


class RuleEntry(msgspec.Struct, kw_only=True):
    rule_id: int
    rule: Rule
    applied: int = 0


class Misbehaviour:
    """The rules in force, in the order they were added."""

    def __init__(self) -> None:
        self.entries: list[RuleEntry] = []
        self._next_id = 1

    def add(self, rule: Rule) -> RuleEntry:
        entry = RuleEntry(rule_id=self._next_id, rule=rule)
        self._next_id += 1
        self.entries.append(entry)
        return entry

    def remove(self, rule_id: int | None) -> None:
        self.entries = [] if rule_id is None else [e for e in self.entries if e.rule_id != rule_id]

    def pick(self, kind: str, phone_number_id: str | None, body: dict[str, Any], raw_text: str) -> Do | None:
        """The effects of the first rule that matches, using up one of its times."""
        for entry in self.entries:
            rule = entry.rule
            if rule.times is not None and entry.applied >= rule.times:
                continue
            if not _matches(rule.match, kind, phone_number_id, body, raw_text):
                continue
            if rule.probability is not None and random.random() >= rule.probability:
                continue
            entry.applied += 1
            return rule.do
        return None


def _matches(match: Match, kind: str, phone_number_id: str | None, body: dict[str, Any], raw_text: str) -> bool:
    if match.kind is not None and match.kind != kind:
        return False
    # A customer's webhook is no call to Graph; only a rule that names it is about it.
    if match.kind is None and kind == "inbound":
        return False
    if match.phone_number_id is not None and match.phone_number_id != phone_number_id:
        return False
    if match.to is not None:
        addressed = {str(body.get("to", "")).lstrip("+"), str(body.get("recipient", ""))}
        if match.to.lstrip("+") not in addressed:
            return False
    return match.text_contains is None or match.text_contains in raw_text
