"""What the templates of the inbox are given, whether a page asks for it or a live update pushes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from wacloud.modules.whatsapp.application.inbox import ConversationRow, MessageRow
from wacloud.modules.whatsapp.domain.conversation import ServiceWindow
from wacloud.modules.whatsapp.ui.message_parts import KINDS
from wacloud.modules.whatsapp.ui.message_view import STATES, days_of, why_of
from wacloud.modules.whatsapp.ui.reasons import reason_in_words
from wacloud.modules.whatsapp.ui.whatsapp_text import plain
from wacloud.shared.ui.i18n import N_, Translate, translator
from wacloud.shared.ui.pages import Look

PRIORITIES = (N_("No priority"), N_("Low priority"), N_("High priority"), N_("Urgent"))


@dataclass(frozen=True, slots=True)
class Words:
    """Codes of rows in the words of one language."""

    say: Translate

    def reason(self, code: str | None) -> str | None:
        """Why it was handed over, ignored or failed."""
        return reason_in_words(code, self.say)

    def state(self, state: str | None) -> tuple[str, str] | None:
        """Icon and name of an outbound state."""
        known = STATES.get(state or "")
        return (known[0], self.say(known[1])) if known else None

    def priority(self, priority: int) -> str:
        """How urgent."""
        return self.say(PRIORITIES[priority])

    def plain(self, text: str | None) -> str:
        """One line of a text, without WhatsApp's marks."""
        return plain(text or "")

    def kind(self, kind: str | None) -> tuple[str, str] | None:
        """Icon and name of a kind that is more than text."""
        known = KINDS.get(kind or "")
        return (known[0], self.say(known[1])) if known else None


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
        "words": words(look.language),
        "now": now,
    }


def parts_context(
    row: ConversationRow,
    messages: Sequence[MessageRow],
    look: Look,
    now: datetime,
    *,
    may_send: bool,
    may_write: bool,
) -> dict[str, Any]:
    """For what stands around the messages: head, composer and the panel about the contact."""
    turns = [message.turn for message in messages if message.turn is not None]
    return {
        "row": row,
        "is_open": ServiceWindow(row.last_inbound_at).is_open(now),
        "last_why": why_of(turns[-1], translator(look.language)) if turns else None,
        "may_send": may_send,
        "may_write": may_write,
        "words": words(look.language),
        "now": now,
    }
