"""A message as the thread shows it: everything that is worked out before a template puts it into boxes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from markupsafe import Markup

from wacloud.modules.whatsapp.application.inbox import MessageRow, TurnRow
from wacloud.modules.whatsapp.domain.delivery import may_be_sent_again
from wacloud.modules.whatsapp.ui.cost_words import pricing_in_words
from wacloud.modules.whatsapp.ui.media_view import NOT_DOWNLOADABLE, Media, needs_asking
from wacloud.modules.whatsapp.ui.message_parts import (
    KINDS,
    Place,
    parts_of,
)
from wacloud.modules.whatsapp.ui.reasons import HELD_BACK, failure_in_words, no_model_in_words, reason_in_words
from wacloud.modules.whatsapp.ui.view_parts import Fields, a_list, a_text, an_object
from wacloud.modules.whatsapp.ui.whatsapp_text import formatted, plain
from wacloud.shared.domain.phone import display_phone
from wacloud.shared.ui.i18n import N_, Translate, translator
from wacloud.shared.ui.numbers import dollars, seconds, share
from wacloud.shared.ui.times import sortable, zone_named

SYSTEM_LINES: Final[dict[str, str]] = {
    "system": N_("Notice of WhatsApp"),
    "request_welcome": N_("Opened the chat for the first time"),
    "edit": N_("Corrected a message that is not here"),
    "revoke": N_("Deleted a message that is not here"),
    "call": N_("Call"),
    "reaction": N_("Reacted to a message that is not here"),
}

# Changes Meta tells of, which it puts into words in English only.
CHANGES: Final[dict[str, str]] = {
    "user_changed_number": N_("Changed their phone number"),
    "customer_changed_number": N_("Changed their phone number"),
    "user_changed_user_id": N_("WhatsApp knows this person by another id now"),
    "customer_identity_changed": N_("Changed their phone: check that it is still them"),
}

STATES: Final[dict[str, tuple[str, str]]] = {
    "queued": ("clock", N_("Waiting to be sent")),
    "dispatching": ("clock", N_("Being sent")),
    "sent": ("check", N_("Sent")),
    "delivered": ("checks", N_("Delivered")),
    "read": ("checks", N_("Read")),
    "failed": ("alert-circle", N_("Not sent")),
    "unconfirmed": ("help", N_("Unconfirmed")),
}
SOURCES: Final[dict[str, str]] = {
    "model": N_("Language model"),
    "knowledge": N_("Your frequent questions"),
    "fallback": N_("Fallback text"),
    "none": N_("No answer"),
}


@dataclass(frozen=True, slots=True)
class Why:
    """How the bot came to an answer."""

    source: str
    title: str
    why: str | None
    facts: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...] = ()  # what it was taken from: title, where it is shown


@dataclass(frozen=True, slots=True)
class MessageView:
    """One bubble, or one line between bubbles."""

    row: MessageRow
    order: str
    side: str  # in | out | line | note
    is_line: bool
    text: Markup | None
    line: str | None
    media: Media | None = None
    place: Place | None = None
    cards: tuple[Fields, ...] = ()
    reply: tuple[str, str | None] | None = None  # what was tapped: label, description
    buttons: tuple[str, ...] = ()
    offer: tuple[str, datetime | None] | None = None  # its line, when it ends
    origin: tuple[str, Markup | None] | None = None  # the ad or product that brought them
    unsupported: str | None = None
    ad: str | None = None  # its words
    note: str | None = None
    heading: str | None = None
    footer: str | None = None
    link: Markup | None = None
    is_told: bool = False  # a card says already what the text says
    can_answer: bool = False  # Meta knows it, so it can be quoted or reacted to
    own_reaction: str | None = None
    quote: tuple[str, str, UUID | None] | None = None
    earlier: tuple[str, ...] = ()
    reactions: tuple[tuple[str, str], ...] = ()
    forwarded: str | None = None
    is_in_group: bool = False
    state: tuple[str, str] | None = None
    cost: str | None = None
    problem: str | None = None
    can_send_again: bool = False
    can_ask_again: bool = False
    settled: str | None = None
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """The messages of one day, under one heading."""

    id: str
    at: datetime
    order: str
    messages: list[MessageView] = field(default_factory=list)


def days_of(messages: Iterable[MessageRow], *, language: str, zone: str, now: datetime, is_open: bool) -> list[Day]:
    """Messages as views, grouped by the day on which they were sent where the business is."""
    here = zone_named(zone)
    days: list[Day] = []
    for row in messages:
        there = row.sent_at.astimezone(here)
        name = there.strftime("d-%Y-%m-%d")
        if not days or days[-1].id != name:
            midnight = there.replace(hour=0, minute=0, second=0, microsecond=0)
            days.append(Day(name, row.sent_at, sortable(midnight)))
        days[-1].messages.append(view(row, language, now, is_open=is_open))
    return [replace(day, messages=_each_ending_once(day.messages)) for day in days]


def _each_ending_once(views: list[MessageView]) -> list[MessageView]:
    """Of messages in a row that ended the same way only the last one says how."""
    return [
        replace(one, settled=None) if following and one.settled == following.settled else one
        for one, following in zip_longest(views, views[1:])
    ]


def view(row: MessageRow, language: str, now: datetime, *, is_open: bool) -> MessageView:
    """Work out one message. Nothing of its content is trusted: it may be of any shape."""
    say = translator(language)
    if row.kind == "note":
        order = sortable(row.sent_at, row.arrival)
        return MessageView(row=row, order=order, side="note", is_line=False, line=None, text=formatted(row.body or ""))
    content = row.content
    is_line = row.kind in SYSTEM_LINES
    gone = row.revoked_at is not None
    shown: dict[str, Any] = {} if gone or is_line else parts_of(row, language, say, now)
    words = shown.pop("words", row.body)
    return MessageView(
        row=row,
        order=sortable(row.sent_at, row.arrival),
        side="line" if is_line else row.direction,
        is_line=is_line,
        line=_line(row, say) if is_line else None,
        text=None if gone or is_line else _text(row, words, shown),
        quote=_quote(row, say),
        earlier=() if gone else tuple(text for text in (_text_of_edit(one) for one in row.edits) if text),
        reactions=tuple((emoji, _reactor(who, say)) for who, emoji in sorted(row.reactions.items()) if emoji),
        is_in_group=bool(content.get("group_id")),
        forwarded=_forwarded(content, say),
        can_answer=row.can_answer and not gone and not is_line,
        own_reaction=row.reactions.get("business"),
        state=_state(row, say),
        cost=pricing_in_words(row.pricing, say),
        problem=_problem(row, say),
        can_send_again=(is_open or row.kind == "template") and row.direction == "out" and _may_be_sent_again(row),
        can_ask_again=is_open and needs_asking(row),
        settled=_settled(row, say),
        why=why_of(row.turn, language),
        **shown,
    )


def why_of(turn: TurnRow | None, language: str) -> Why | None:
    """Which source the answer came from, how sure it was, and what it cost."""
    if turn is None:
        return None
    say = translator(language)
    facts: list[tuple[str, str]] = []
    detail = turn.detail
    score = _best_score(detail.get("hits"))
    if score is not None:
        facts.append((say("Similarity"), share(score, language)))
    threshold = detail.get("threshold")
    if isinstance(threshold, (int, float)):
        facts.append((say("Enough from"), share(threshold, language)))
    facts.append((say("Model"), turn.model or no_model_in_words(turn.why, detail, say)))
    if turn.input_tokens is not None or turn.output_tokens is not None:
        facts.append((say("Tokens"), f"{turn.input_tokens or 0} + {turn.output_tokens or 0}"))
    if turn.cost_usd is not None:
        facts.append((say("Cost"), dollars(turn.cost_usd, language)))
    if (held := HELD_BACK.get(str(detail.get("model_error")))) is not None:
        facts.append((say("Held back"), say(held)))
    if isinstance(detail.get("topics"), int):
        facts.append((say("Topics offered"), str(detail["topics"])))
    if isinstance(detail.get("model_ms"), (int, float)):
        facts.append((say("Time to think"), seconds(detail["model_ms"], language)))
    return Why(
        turn.source,
        say(SOURCES[turn.source]),
        reason_in_words(turn.why, say),
        tuple(facts),
        tuple(_sources(detail.get("sources"))),
    )


def _sources(told: object) -> Iterator[tuple[str, str]]:
    """Titles as they were then, each with the page that shows what it is now."""
    for one in a_list(told):
        if not isinstance(one, dict) or not isinstance(one.get("title"), str):
            continue
        if one.get("source"):
            yield one["title"], f"/bot/knowledge/sources/{one['source']}?first={one.get('piece', 0)}"
        elif one.get("item"):
            yield one["title"], f"/bot/knowledge?{urlencode({'find': one['title'][:100]})}#items"


def _best_score(hits: object) -> float | None:
    """The highest score of all searches, wherever in the record it stands."""
    scores = [
        float(hit["score"])
        for found in a_list(hits)
        for hit in (found if isinstance(found, list) else [found])
        if isinstance(hit, dict) and isinstance(hit.get("score"), (int, float))
    ]
    return max(scores, default=None)


def _text(row: MessageRow, words: str | None, shown: dict[str, Any]) -> Markup | None:
    # What a box of its own says already is not said twice.
    told = ", ".join(card.title for card in shown.get("cards", ()))
    if not words or shown.get("place") or shown.get("is_told") or (row.kind == "contacts" and row.body == told):
        return None
    return formatted(words)


def _quote(row: MessageRow, say: Translate) -> tuple[str, str, UUID | None] | None:
    """Who wrote the message this one answers, what it says, and where it is."""
    quoted = row.quoted
    if quoted is None:
        return ("", say("A message that is not here"), None) if row.content.get("quoted") else None
    kind = KINDS.get(quoted.kind)
    told = plain(quoted.body or "") or (say(kind[1]) if kind else quoted.kind)
    return author_in_words(quoted.author, None, say), told, quoted.id


def _forwarded(content: dict[str, Any], say: Translate) -> str | None:
    if content.get("frequently_forwarded"):
        return say("Forwarded many times")
    return say("Forwarded") if content.get("forwarded") else None


def author_in_words(author: str | None, name: str | None, say: Translate) -> str:
    """Who wrote it."""
    if name:
        return name
    return {
        "contact": say("Customer"),
        "bot": say("Assistant"),
        "member": say("Team"),
        "phone_app": say("Phone app"),
        "history": say("Earlier chat"),
    }.get(author or "", "")


def _line(row: MessageRow, say: Translate) -> str:
    if row.kind == "reaction" and row.direction == "out":
        return f"{say('Your reaction was not sent')}: {row.body or '–'}"
    if row.kind == "system":
        change = a_text(an_object(row.content.get("system")).get("change")) or ""
        if change in CHANGES:
            return " ".join(part for part in (say(CHANGES[change]), _new_phone(row)) if part)
        return row.body or say(SYSTEM_LINES[row.kind])
    return say(SYSTEM_LINES[row.kind])


def _new_phone(row: MessageRow) -> str | None:
    phone = a_text(an_object(row.content.get("system")).get("wa_id"))
    return display_phone(phone) if phone and phone.isdigit() else None


def _state(row: MessageRow, say: Translate) -> tuple[str, str] | None:
    if row.direction != "out" or row.author == "history":
        return None
    known = STATES.get(row.state)
    return (known[0], say(known[1])) if known else None


def _problem(row: MessageRow, say: Translate) -> str | None:
    if row.direction == "in":
        errors = a_list(row.content.get("errors"))
        first = an_object(errors[0]) if errors else {}
        is_told = first and (row.kind != "unsupported" or first.get("code") == NOT_DOWNLOADABLE)
        return failure_in_words(first, say) if is_told else None
    if row.state == "failed":
        if row.error and row.error.get("code") is not None:
            return failure_in_words(row.error, say)
        reason = reason_in_words(row.reason, say)
        not_sent = say("Not sent")
        return f"{not_sent}: {reason}" if reason else failure_in_words(row.error, say)
    if row.state == "unconfirmed":
        return say(
            "WhatsApp did not answer in time, so we do not know yet whether it arrived. We wait for its receipt."
        )
    if row.state in ("queued", "dispatching") and row.reason:
        waits = say("Waiting to be sent")
        return f"{waits}: {reason_in_words(row.reason, say, waits=True)}"
    return None


def _settled(row: MessageRow, say: Translate) -> str | None:
    """How an inbound message ended, where that is not plain from the answer below it."""
    if row.direction != "in" or row.state not in ("handed_over", "ignored"):
        return None
    title = say("For a person") if row.state == "handed_over" else say("Not answered")
    reason = reason_in_words(row.reason, say)
    return f"{title}: {reason}" if reason else title


def _may_be_sent_again(row: MessageRow) -> bool:
    code = (row.error or {}).get("code")
    return may_be_sent_again(row.state, code if isinstance(code, int) else None, row.reason)


def _reactor(who: str, say: Translate) -> str:
    return say("Customer") if who == "contact" else say("You")


def _text_of_edit(edit: object) -> str | None:
    found = an_object(edit)
    return a_text(found.get("body")) or a_text(found.get("text"))
