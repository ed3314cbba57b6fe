"""
Messages of every direction: what a customer wrote, what the business's people sent, what was said before.
"""

from dataclasses import replace

from wacloud.modules.whatsapp.domain.identity import Sender
from wacloud.modules.whatsapp.domain.inbound import (
    EchoMessage,
    HistoryChunk,
    HistoryMessage,
    IdentityChange,
    InboundMessage,
    NumberError,
)
from wacloud.modules.whatsapp.ui.meta_change import Change
from wacloud.modules.whatsapp.ui.meta_message import MessageBody, read_message
from wacloud.modules.whatsapp.ui.meta_parts import read_error
from wacloud.modules.whatsapp.ui.meta_values import Json, ident, obj, whole
from wacloud.shared.domain.phone import canonical_phone

# The most a phase or a chunk is counted to, and the most percent there are.
_MOST_CHUNKS = 2**31 - 1
_MOST_PERCENT = 100

# System messages that say a person is now found under other ids. The first two are one event under two names.
_IDENTITY_SYSTEM_TYPES = frozenset(
    {
        "user_changed_number",
        "customer_changed_number",
        "user_changed_user_id",
        "customer_identity_changed",
    }
)


def _body_of(change: Change, element: Json, where: str) -> MessageBody:
    body = read_message(element)
    if body.problem is not None:
        change.found.problem(f"{change.path}.{where}", body.problem)
    return body


def read_inbound(change: Change, element: Json, where: str) -> None:
    """Something a customer wrote; a system message about their ids is also an identity change."""
    body = _body_of(change, element, where)
    sender = author(change, element)
    identity_hash = change.people.identity_hash(sender)
    if identity_hash is not None:
        body.content["identity_hash"] = identity_hash
    message = InboundMessage(
        waba_id=change.waba_id,
        phone_number_id=change.phone_number_id,
        wamid=change.id_for(element, where),
        sender=sender,
        sent_at=change.time_of(element, where),
        kind=body.kind,
        text=body.text,
        content=body.content,
        refers_to=body.refers_to,
        quoted=body.quoted,
        group_id=ident(element.get("group_id")),
        raw=body.raw,
    )
    change.found.items.append(message)
    if body.kind == "system":
        _identity_change_of_system(change, obj(element.get("system")), message)


def author(change: Change, element: Json) -> Sender:
    """Who sent this element."""
    return change.people.named(element.get("from"), element.get("from_user_id"), element.get("from_parent_user_id"))


def _identity_change_of_system(change: Change, system: Json, message: InboundMessage) -> None:
    reason = ident(system.get("type"))
    if reason not in _IDENTITY_SYSTEM_TYPES:
        return
    told = Sender.identified(
        address=ident(system.get("wa_id")) or ident(system.get("new_wa_id")),
        user_id=ident(system.get("user_id")),
        parent_user_id=ident(system.get("parent_user_id")),
    )
    previous = message.sender
    older = ident(system.get("customer"))
    if older is not None:
        previous = previous.or_else(Sender.identified(address=older))
    if told.bsuid is not None and previous.bsuid == told.bsuid:
        # The message already comes under the new id, which tells nothing of who they were.
        previous = replace(previous, bsuid=None)
    # A new phone makes a new BSUID, so only a change of BSUID alone leaves the rest of the person as it was.
    keeps_phone = reason in ("user_changed_user_id", "customer_identity_changed")
    current = told.or_else(previous) if keeps_phone else told.or_else(Sender(name=previous.name))
    change.found.items.append(
        IdentityChange(
            waba_id=change.waba_id,
            phone_number_id=change.phone_number_id,
            previous=previous,
            current=current,
            reason=reason,
            at=message.sent_at,
            text=message.text,
        )
    )


def read_echo(change: Change, element: Json, where: str) -> None:
    """Something the business's people sent from elsewhere."""
    body = _body_of(change, element, where)
    change.found.items.append(
        EchoMessage(
            waba_id=change.waba_id,
            phone_number_id=change.phone_number_id,
            wamid=change.id_for(element, where),
            to=_recipient_of_echo(change, element),
            sent_at=change.time_of(element, where),
            kind=body.kind,
            source=change.field,
            text=body.text,
            content=body.content,
            refers_to=body.refers_to,
            quoted=body.quoted,
            group_id=ident(element.get("group_id")),
            raw=body.raw,
        )
    )


def _recipient_of_echo(change: Change, element: Json) -> Sender:
    return change.people.named(element.get("to"), element.get("to_user_id"), element.get("to_parent_user_id"))


def read_history(change: Change, chunk: Json, where: str) -> None:
    """One chunk of old chats, or the owner's refusal to share them."""
    before = len(change.found.items)

    def thread(_: Change, element: Json, thread_where: str) -> None:
        thread_id = element.get("id")

        def message(_: Change, one: Json, message_where: str) -> None:
            _past_message(change, one, message_where, _contact_of_thread(change, one, thread_id))

        change.each(f"{thread_where}.messages", element.get("messages"), message)

    change.each(f"{where}.threads", chunk.get("threads"), thread)
    # The owner may refuse to share the past: then there is an error where the threads would be.
    change.each(f"{where}.errors", chunk.get("errors"), number_error)
    _progress_of(change, obj(chunk.get("metadata")), where)
    if len(change.found.items) == before and not change.leftover:
        change.keep_as_account_change(chunk)


def _progress_of(change: Change, metadata: Json, where: str) -> None:
    told: dict[str, int] = {}
    for key, most in (("phase", _MOST_CHUNKS), ("chunk_order", _MOST_CHUNKS), ("progress", _MOST_PERCENT)):
        count = whole(metadata.get(key))
        if count is not None and 0 <= count <= most:
            told[key] = count
        elif metadata.get(key) is not None:
            change.found.problem(f"{change.path}.{where}.metadata", f"{key} is no number it can be")
    if told:
        change.found.items.append(
            HistoryChunk(waba_id=change.waba_id, phone_number_id=change.phone_number_id, at=change.at, **told)
        )


def _contact_of_thread(change: Change, message: Json, thread_id: object) -> tuple[Sender, bool]:
    """Who the thread is with, and whether they wrote this message."""
    contact = change.people.named(thread_id)
    sender, author_id = ident(message.get("from")), ident(message.get("from_user_id"))
    if sender is not None and change.business_phone is not None:
        is_theirs = canonical_phone(sender) != change.business_phone or author_id is not None
    elif author_id is not None or (sender is not None and sender == ident(thread_id)):
        is_theirs = True
    else:
        # Only a customer's phone may be withheld; a message that names its recipient is the business's.
        is_theirs = message.get("to") is None and message.get("to_user_id") is None
    seen = author(change, message) if is_theirs else _recipient_of_echo(change, message)
    return contact.or_else(seen), is_theirs


def _past_message(change: Change, element: Json, where: str, contact: tuple[Sender, bool]) -> None:
    body = _body_of(change, element, where)
    person, is_theirs = contact
    change.found.items.append(
        HistoryMessage(
            waba_id=change.waba_id,
            phone_number_id=change.phone_number_id,
            wamid=change.id_for(element, where),
            contact=person,
            direction="inbound" if is_theirs else "outbound",
            sent_at=change.time_of(element, where),
            kind=body.kind,
            status=ident(obj(element.get("history_context")).get("status")),
            text=body.text,
            content=body.content,
            refers_to=body.refers_to,
            quoted=body.quoted,
            raw=body.raw,
        )
    )


def read_past_of_customer(change: Change, element: Json, where: str) -> None:
    """The media of an old message of a customer, sent after its placeholder."""
    _past_message(change, element, where, (author(change, element), True))


def read_past_of_business(change: Change, element: Json, where: str) -> None:
    """The media of an old message of the business, sent after its placeholder."""
    _past_message(change, element, where, (_recipient_of_echo(change, element), False))


def number_error(change: Change, element: Json, _: str) -> None:
    """An error that names no message."""
    change.found.items.append(
        NumberError(
            waba_id=change.waba_id,
            phone_number_id=change.phone_number_id,
            error=read_error(element),
            at=change.at,
            source=change.field,
        )
    )
