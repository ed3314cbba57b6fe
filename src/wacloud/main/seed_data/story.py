"""
The written conversations as rows of the tables, with all that follows from them: who handles a conversation
now, how each message ended, which turn of the bot decided it.
"""

import base64
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wacloud.main.seed_data.script import (
    BotLeftAlone,
    BotSaid,
    Chat,
    GivenBack,
    Line,
    MemberSaid,
    Outcome,
    Reacted,
    Said,
)
from wacloud.main.seed_data.shop import FAQ, TIME_ZONE

DEMO = uuid.UUID("6f0c3f5e-7d0b-5c1e-9a57-0d3b0e7c4a42")
THRESHOLD = 0.42
_UNDELIVERABLE = {
    "code": 131026,
    "title": "Message undeliverable",
    "details": "Message Undeliverable.",
}


def demo_id(*names: object) -> uuid.UUID:
    """The same id for the same thing of the demo, wherever and whenever it is made."""
    return uuid.uuid5(DEMO, "/".join(str(name) for name in names))


def wamid(message_id: uuid.UUID) -> str:
    """A message id of the look Meta's have."""
    return "wamid." + base64.b64encode(b"\x1d\x18\x0c34600000042\x15\x02" + message_id.bytes).decode()


@dataclass(slots=True, kw_only=True)
class Message:
    """A row of the messages; what it is called there."""

    id: uuid.UUID
    conversation_id: uuid.UUID
    direction: str
    author: str
    kind: str
    body: str | None
    sent_at: datetime
    state: str
    author_id: uuid.UUID | None = None
    content: dict[str, Any] = field(default_factory=dict)
    refers_to: str | None = None
    reason: str | None = None
    answered_by: uuid.UUID | None = None
    cause: str | None = None
    turn_id: uuid.UUID | None = None
    accepted_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    failed_at: datetime | None = None
    error: dict[str, Any] | None = None
    reactions: dict[str, Any] | None = None
    edits: list[dict[str, Any]] | None = None
    edited_at: datetime | None = None

    @property
    def wamid(self) -> str:
        """All of these were accepted by Meta, so all have one."""
        return wamid(self.id)


@dataclass(slots=True, kw_only=True)
class Turn:
    """A row of the bot's turns."""

    id: uuid.UUID
    outcome: str
    source: str
    why: str
    detail: dict[str, Any]
    message_id: uuid.UUID | None
    message_count: int
    opened_at: datetime
    decided_at: datetime


@dataclass(slots=True)
class Story:
    """One conversation as it stands after its last line."""

    id: uuid.UUID
    guest: str
    unread: int
    handler: str = "bot"
    handler_since: datetime | None = None
    handed_over_because: str | None = None
    assigned_to: uuid.UUID | None = None
    messages: list[Message] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    @property
    def last_inbound_at(self) -> datetime | None:
        """Reactions and corrections do not open the window."""
        times = [m.sent_at for m in self.messages if m.direction == "in" and m.kind not in ("reaction", "edit")]
        return max(times, default=None)

    @property
    def last_message(self) -> Message:
        """What the list shows."""
        return [m for m in self.messages if m.kind not in ("reaction", "edit")][-1]


def tell(chat: Chat, members: dict[str, uuid.UUID], now: datetime) -> Story:
    """Play a conversation through, line by line."""
    return _Telling(chat, members, now).tell()


class _Telling:
    def __init__(self, chat: Chat, members: dict[str, uuid.UUID], now: datetime) -> None:
        self.chat = chat
        self.members = members
        self.at = _beginning(chat, now)
        self.story = Story(demo_id("conversation", chat.guest), chat.guest, chat.unread)
        self.open: list[Message] = []
        self.numbers: Iterator[int] = iter(range(1000))

    def tell(self) -> Story:
        for line in self.chat.lines:
            self.at += getattr(line, "after", timedelta(0))
            self._play(line)
        return self.story

    def _play(self, line: Line) -> None:
        match line:
            case Said():
                self._said(line)
            case Reacted():
                self._reacted(line.emoji)
            case BotSaid():
                self._bot_said(line)
            case BotLeftAlone():
                self._turn("ignored", "none", line.why, {}, None)
                self._settle("ignored", line.why)
            case MemberSaid():
                self._member_said(line)
            case GivenBack():
                self._hand_to("bot", None, None)

    def _said(self, line: Said) -> None:
        said = self._add("in", "contact", line.kind, line.text, "pending", content=line.content)
        if self.story.handler == "person":
            said.state, said.reason = "handed_over", "person_has_it"
        else:
            self.open.append(said)
        if line.edited_to:
            self.at += timedelta(minutes=1)
            said.edits = [{"body": said.body, "until": self.at.isoformat()}]
            said.body, said.edited_at = line.edited_to, self.at
            edit = self._add("in", "contact", "edit", line.edited_to, "ignored", reason="edit")
            edit.content, edit.refers_to = {"edit": {"kind": "text", "content": {}}}, said.wamid

    def _reacted(self, emoji: str) -> None:
        target = [m for m in self.story.messages if m.direction == "out"][-1]
        target.reactions = {"contact": {"emoji": emoji, "at": self.at.isoformat()}}
        reaction = self._add("in", "contact", "reaction", None, "ignored", reason="reaction")
        reaction.content, reaction.refers_to = {"reaction": {"emoji": emoji}}, target.wamid

    def _bot_said(self, line: BotSaid) -> None:
        text = line.text or FAQ[line.faq or 0][1]
        answer = self._send("bot", None, text, line.outcome)
        detail: dict[str, Any] = {}
        if line.score is not None:
            detail["threshold"] = THRESHOLD
            found = 0 if line.faq is None else line.faq
            detail["hits"] = [[{"item": str(demo_id("knowledge", found)), "score": line.score}]]
            detail["score"] = line.score
        if line.faq is not None:
            detail["question"] = FAQ[line.faq][0]
        outcome = "handed_over" if line.hand_over else "answered"
        source = "fallback" if line.hand_over else "knowledge"
        turn = self._turn(outcome, source, line.why, detail, answer.id)
        answer.turn_id, answer.cause = turn.id, f"turn:{turn.id}"
        if line.hand_over:
            self._settle("handed_over", line.why)
            self._hand_to("waiting", line.why, None)
        else:
            self._settle("answered", None, answer.id)

    def _member_said(self, line: MemberSaid) -> None:
        author = self.members[line.who]
        said = self._send("member", author, line.text, line.outcome)
        said.cause = f"reply:{author}:{said.id}"
        self._settle("handed_over", "person_wrote")
        if self.story.handler != "person":
            self._hand_to("person", self.story.handed_over_because, author)

    def _send(self, author: str, author_id: uuid.UUID | None, text: str, outcome: Outcome) -> Message:
        sent = self._add("out", author, "text", text, outcome, author_id=author_id)
        sent.accepted_at = self.at + timedelta(milliseconds=310)
        if outcome == "failed":
            sent.failed_at = self.at + timedelta(seconds=2)
            sent.error, sent.reason = dict(_UNDELIVERABLE), f"meta:{_UNDELIVERABLE['code']}"
        if outcome in ("delivered", "read"):
            sent.delivered_at = self.at + timedelta(seconds=1)
        if outcome == "read":
            sent.read_at = self.at + timedelta(seconds=9)
        return sent

    def _turn(self, outcome: str, source: str, why: str, detail: dict[str, Any], message_id: uuid.UUID | None) -> Turn:
        turn = Turn(
            id=demo_id("turn", self.chat.guest, len(self.story.turns)),
            outcome=outcome,
            source=source,
            why=why,
            detail=detail,
            message_id=message_id,
            message_count=len(self.open),
            opened_at=self.open[0].sent_at,
            decided_at=self.at,
        )
        self.story.turns.append(turn)
        return turn

    def _settle(self, state: str, reason: str | None, answered_by: uuid.UUID | None = None) -> None:
        for message in self.open:
            message.state, message.reason, message.answered_by = state, reason, answered_by
        self.open.clear()

    def _hand_to(self, handler: str, because: str | None, member: uuid.UUID | None) -> None:
        self.story.handler, self.story.handler_since = handler, self.at
        self.story.handed_over_because, self.story.assigned_to = because, member

    def _add(self, direction: str, author: str, kind: str, body: str | None, state: str, **more: Any) -> Message:
        message = Message(
            id=demo_id("message", self.chat.guest, next(self.numbers)),
            conversation_id=self.story.id,
            direction=direction,
            author=author,
            kind=kind,
            body=body,
            sent_at=self.at,
            state=state,
            **more,
        )
        self.story.messages.append(message)
        return message


def _beginning(chat: Chat, now: datetime) -> datetime:
    if chat.ago is not None:
        return now - chat.ago
    there = now.astimezone(ZoneInfo(TIME_ZONE))
    day = there.date() - timedelta(days=chat.days)
    return datetime.combine(day, time.fromisoformat(chat.at), ZoneInfo(TIME_ZONE)).astimezone(now.tzinfo)
