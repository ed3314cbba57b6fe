"""A webhook as the ledger shows it: in a line, and opened. Only what belongs to the business that looks."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from wacloud.modules.whatsapp.application.inbox import LedgerRow, OwnIds
from wacloud.modules.whatsapp.domain.identity import Sender
from wacloud.modules.whatsapp.domain.inbound import (
    AccountChange,
    ContactChange,
    EchoMessage,
    HistoryChunk,
    HistoryMessage,
    IdentityChange,
    InboundMessage,
    Item,
    NumberError,
    Preference,
    StatusUpdate,
)
from wacloud.modules.whatsapp.ui.message_parts import KINDS
from wacloud.modules.whatsapp.ui.meta_own import own_part
from wacloud.modules.whatsapp.ui.meta_payload import UnreadableWebhook, parse_webhook
from wacloud.shared.domain.phone import display_phone
from wacloud.shared.ui.i18n import N_, Translate

_STATUSES: Final[dict[str, str]] = {
    "sent": N_("Receipt: sent"),
    "delivered": N_("Receipt: delivered"),
    "read": N_("Receipt: read"),
    "played": N_("Receipt: read"),
    "failed": N_("Receipt: not sent"),
}
_MESSAGES: Final[dict[str, str]] = {
    "text": N_("Message"),
    "system": N_("Notice of WhatsApp"),
    "edit": N_("Edited"),
    "revoke": N_("This message was deleted"),
    "request_welcome": N_("Opened the chat for the first time"),
}
_MOST_PEOPLE: Final = 3


@dataclass(frozen=True, slots=True)
class WebhookView:
    """What came in one POST: kinds with their counts, who it is about, the ids of the messages."""

    kinds: tuple[tuple[str, int], ...]
    who: str
    wamids: tuple[str, ...]
    body: str | None  # the business's own part, indented; None where nobody can say whose it is

    @property
    def title(self) -> str:
        """The kinds in one line."""
        return ", ".join(f"{kind} × {count}" if count > 1 else kind for kind, count in self.kinds)


def webhook_view(row: LedgerRow, own: OwnIds, say: Translate, *, with_body: bool = False) -> WebhookView:
    """Open a webhook. Nothing of it is trusted: it may be of any shape, and parts of it may be another business's."""
    if row.payload is None:
        return WebhookView(((say("Too large to show"), 1),), "", (), None)
    try:
        decoded = json.loads(row.payload)
    except (ValueError, RecursionError):
        return WebhookView(((say("Not readable"), 1),), "", (), None)
    if isinstance(decoded, list):
        # A share of a body that several businesses shared: our own reading of it, already without the others'.
        return WebhookView(((say("Part of a shared delivery"), 1),), "", (), _indented(decoded) if with_body else None)
    try:
        items = [item for item in parse_webhook(row.payload, row.at).items if _is_own(item, own)]
    except UnreadableWebhook:
        items = []
    kinds = Counter(_kind(item, say) for item in items) or Counter({say("Nothing for this business"): 1})
    people = list(dict.fromkeys(name for item in items if (name := _name(_person(item)))))
    who = ", ".join(people[:_MOST_PEOPLE]) + (" …" if len(people) > _MOST_PEOPLE else "")
    wamids = dict.fromkeys(wamid for item in items if (wamid := getattr(item, "wamid", None)))
    body = _indented(own_part(decoded, own)) if with_body else None
    return WebhookView(tuple(kinds.most_common()), who, tuple(wamids), body)


def short(wamid: str) -> str:
    """The end of a wamid: what tells one from another."""
    return f"…{wamid.rstrip('=')[-8:]}"


def _is_own(item: Item, own: OwnIds) -> bool:
    return item.phone_number_id in own.numbers if item.phone_number_id else item.waba_id in own.accounts


def _kind(item: Item, say: Translate) -> str:
    match item:
        case InboundMessage():
            known = KINDS.get(item.kind)
            return say(known[1]) if known else say(_MESSAGES.get(item.kind, "Message"))
        case StatusUpdate():
            known_status = _STATUSES.get(item.status)
            return say(known_status) if known_status else item.status
        case EchoMessage():
            return say("Sent from the phone app")
        case HistoryMessage():
            return say("Earlier chat")
        case HistoryChunk():
            return say("How far the earlier chats are")
        case NumberError():
            return say("Error of the number")
        case IdentityChange() | ContactChange() | Preference():
            return say("News about a contact")
        case AccountChange():
            return item.field.replace("_", " ")


def _person(item: Item) -> Sender | None:
    match item:
        case InboundMessage():
            return item.sender
        case StatusUpdate():
            return item.recipient
        case EchoMessage():
            return item.to
        case HistoryMessage() | ContactChange() | Preference():
            return item.contact
        case IdentityChange():
            return item.current
        case _:
            return None


def _name(person: Sender | None) -> str | None:
    if person is None:
        return None
    if person.name or person.username:
        return person.name or f"@{person.username}"
    return display_phone(person.wa_id) if person.wa_id else person.bsuid


def _indented(value: Any) -> str | None:
    try:
        # Half a surrogate pair is valid JSON, but no text that can be sent.
        return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "replace").decode()
    except RecursionError:
        return None
