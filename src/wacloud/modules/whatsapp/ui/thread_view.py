"""What the templates of the inbox are given, whether a page asks for it or a live update pushes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from markupsafe import Markup

from wacloud.modules.whatsapp.application.inbox import BotReturns, ConversationRow, MessageRow
from wacloud.modules.whatsapp.domain.conversation import ServiceWindow
from wacloud.modules.whatsapp.domain.desk import Colour
from wacloud.modules.whatsapp.domain.scheduled import Scheduled
from wacloud.modules.whatsapp.ui.compose_forms import FORMS
from wacloud.modules.whatsapp.ui.message_parts import KINDS
from wacloud.modules.whatsapp.ui.message_view import STATES, SYSTEM_LINES, author_in_words, days_of, why_of
from wacloud.modules.whatsapp.ui.reasons import reason_in_words
from wacloud.modules.whatsapp.ui.whatsapp_text import marked, plain
from wacloud.shared.ui.i18n import N_, Translate, translator
from wacloud.shared.ui.pages import Look
from wacloud.shared.ui.times import time_left

# Those a shop writes; the keyboard of every system has the others.
_EMOJI = (
    "😀 😊 😉 😍 🤗 😂 😅 🙂 🤔 😮 😢 😔 🙏 👍 👎 👏 🙌 👋 💪 🤝 ❤️ 💚 ✨ 🎉 🎁 🎂 ⭐ 🔥 "
    "✅ ❌ ❗ ❓ ⚠️ ⏰ 📅 📍 📞 📦 🚚 🛍️ 💶 💳 🧾 📄 📷 🔗 ☀️ 🌧️ ☕ 🍞 🥐 🍕 🍰 💐 🐶 🏠"
)
EMOJI = _EMOJI.split()
PRIORITIES = (N_("No priority"), N_("Low priority"), N_("High priority"), N_("Urgent"))
TRIED: Mapping[str, str] = {
    "model": N_("Language model"),
    "knowledge": N_("Your frequent questions"),
    "topics": N_("Menu of topics"),
}
COLOURS: Mapping[Colour, str] = {
    "grey": N_("Grey"),
    "red": N_("Red"),
    "orange": N_("Orange"),
    "green": N_("Green"),
    "blue": N_("Blue"),
    "purple": N_("Purple"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """Codes of rows in the words of one language."""

    say: Translate

    def reason(self, code: str | None, state: str | None = None) -> str | None:
        """Why it was handed over, ignored, failed or waits."""
        return reason_in_words(code, self.say, waits=state in ("queued", "dispatching"))

    def state(self, state: str | None) -> tuple[str, str] | None:
        """Icon and name of an outbound state."""
        known = STATES.get(state or "")
        return (known[0], self.say(known[1])) if known else None

    def colour(self, colour: Colour) -> str:
        """Of a label."""
        return self.say(COLOURS[colour])

    def priority(self, priority: int) -> str:
        """How urgent."""
        return self.say(PRIORITIES[priority])

    def tried(self, code: str) -> str:
        """Where the bot looked for an answer."""
        return self.say(TRIED[code]) if code in TRIED else code

    def returns(self, back: BotReturns, now: datetime) -> str:
        """When the bot has the conversation again."""
        if back.rule == "never":
            return self.say("The assistant stays silent until you give it back.")
        if back.at is None:
            return self.say("The assistant takes over again once you close it.")
        if back.at <= now:
            return self.say("The assistant takes over again in a moment.")
        return self.say("The assistant takes over again in %(time)s, unless somebody of you writes.") % {
            "time": time_left(back.at, now)
        }

    def plain(self, text: str | None) -> str:
        """One line of a text, without WhatsApp's marks."""
        return plain(text or "")

    def found(self, text: str, search: str) -> Markup:
        """One line of a text a search found, its words marked."""
        return marked(plain(text), search)

    def line(self, kind: str | None) -> str | None:
        """What a notice between messages is; Meta words it in English only."""
        known = SYSTEM_LINES.get(kind or "")
        return self.say(known) if known else None

    def kind(self, kind: str | None) -> tuple[str, str] | None:
        """Icon and name of a kind that is more than text."""
        known = KINDS.get(kind or "")
        return (known[0], self.say(known[1])) if known else None


@dataclass(frozen=True, slots=True)
class Answer:
    """The message somebody is about to quote or to react to."""

    id: UUID
    author: str
    text: str
    own_reaction: str | None


@cache
def words(language: str) -> Words:
    """The words of one language."""
    return Words(translator(language))


def messages_context(
    row: ConversationRow, messages: Sequence[MessageRow], look: Look, now: datetime, *, may_send: bool
) -> dict[str, Any]:
    """For `_messages.html`."""
    is_open = ServiceWindow(row.last_inbound_at).is_open(now)
    return {
        "days": days_of(messages, language=look.language, zone=look.zone, now=now, is_open=is_open),
        "may_send": may_send,
        "is_open": is_open,
        "words": words(look.language),
        "now": now,
    }


def answer_context(messages: Sequence[MessageRow], message_id: UUID | None, language: str) -> dict[str, Any]:
    """For `_answer.html`: the message that is being answered, as far as it is among these."""
    if message_id is None:
        return {"answer": None}
    say = translator(language)
    found = next((message for message in messages if message.id == message_id), None)
    if found is None:
        return {"answer": Answer(message_id, "", say("Earlier message"), None)}
    kind = KINDS.get(found.kind)
    text = plain(found.body or "") or (say(kind[1]) if kind else found.kind)
    author = author_in_words(found.author, found.author_name, say)
    return {"answer": Answer(message_id, author, " ".join(text.split())[:120], found.reactions.get("business"))}


def parts_context(
    row: ConversationRow,
    messages: Sequence[MessageRow],
    scheduled: Sequence[Scheduled],
    look: Look,
    now: datetime,
    *,
    may_send: bool,
    may_write: bool,
    may_export: bool,
) -> dict[str, Any]:
    """For what stands around the messages: head, what waits, composer and the panel about the contact."""
    held = [one for one in scheduled if one.is_held and one.state == "waiting"]
    turns = [message.turn for message in messages if message.turn is not None]
    return {
        "row": row,
        "newest_id": held[-1].id if held else messages[-1].id if messages else None,
        "scheduled": scheduled,
        "is_open": ServiceWindow(row.last_inbound_at).is_open(now),
        "forms": FORMS,
        "emoji": EMOJI,
        "last_why": why_of(turns[-1], look.language) if turns else None,
        "may_send": may_send,
        "may_write": may_write,
        "may_export": may_export,
        "words": words(look.language),
        "now": now,
    }
