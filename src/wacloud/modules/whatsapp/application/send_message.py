"""A message of any kind is sent: into a conversation, or to somebody nobody has written to yet."""

import hashlib
from dataclasses import dataclass, replace
from uuid import UUID

from wacloud.modules.whatsapp.application.check_template import check_phone, checked_template
from wacloud.modules.whatsapp.application.identify_contacts import identify_contacts
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.send_media import media_content, usable_file
from wacloud.modules.whatsapp.application.stored import Number
from wacloud.modules.whatsapp.application.write_reply import queue_reply
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown, OutsideServiceWindow
from wacloud.modules.whatsapp.domain.identity import IdentityKey, Sender, is_bsuid
from wacloud.modules.whatsapp.domain.ids import MessageId
from wacloud.modules.whatsapp.domain.outgoing import Wanted, address_of
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import BusinessId, UserId


class NumberUnknown(NotFound):
    """This business has no such WhatsApp number."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """
    A conversation there is; or a person, by phone or user id.

    `phone_number_id` (Meta's id) is our number that writes to them; None: the one they know, else any that may send.
    """

    conversation_id: UUID | None = None
    to: str | None = None
    phone_number_id: str | None = None


async def send_message(
    deps: WhatsappDeps,
    author: UserId,
    business_id: BusinessId,
    recipient: Recipient,
    wanted: Wanted,
    key: str | None = None,
) -> MessageId:
    """
    Queue a message that keeps the rules of its kind.

    :raises NumberUnknown: the number to write from is not this business's.
    :raises OutsideServiceWindow: only a template may be sent to this person now.
    :raises MediaUnknown: there is no such file.
    :raises FileTypeRefused: it cannot be sent as this kind.
    For the rest see `queue_reply`.
    """
    if wanted.uses is not None:
        file = await usable_file(deps, author, business_id, wanted.uses, wanted.file_kind)
        wanted = replace(wanted, content={**wanted.content, "media": media_content(file)})
    conversation_id, number_id = recipient.conversation_id, None
    if recipient.phone_number_id is not None or conversation_id is None:
        address = address_of(recipient.to or "")
        number = await _number_for(deps, business_id, recipient.phone_number_id, address)
        number_id = number.id
        if conversation_id is None:
            async with deps.db.tenant(business_id, read_only=True) as tx:
                # A template that is not sent makes nobody a contact.
                checked = await checked_template(deps, tx, business_id, number.id, wanted)
                if address is not None and is_bsuid(address):
                    person = (business_id, IdentityKey("bsuid", address))
                    known = (await deps.contacts.find(tx, [person])).get(person)
                    await check_phone(deps, tx, business_id, checked, known)
            conversation_id = await _open(deps, number, address, wanted)
    if conversation_id is None:
        raise ConversationUnknown
    return await queue_reply(deps, author, business_id, conversation_id, wanted, key, number_id)


async def _number_for(deps: WhatsappDeps, business_id: BusinessId, asked: str | None, address: str | None) -> Number:
    """
    The number asked for, or the one this person knows.

    Who knows none gets one by their address: always the same, and all numbers get as many.
    """
    if asked is not None:
        number = (await deps.numbers.of_webhook([asked], [])).numbers.get(asked)
        if number is not None and number.business_id == business_id:
            return number
        raise NumberUnknown
    if address is None:
        raise ConversationUnknown
    async with deps.db.tenant(business_id, read_only=True) as tx:
        known, numbers = await deps.numbers.for_person(tx, business_id, address)
    if known is not None:
        return known
    if not numbers:
        raise NumberUnknown
    return max(numbers, key=lambda number: hashlib.sha256(f"{number.id} {address}".encode()).digest())


async def _open(deps: WhatsappDeps, number: Number, address: str | None, wanted: Wanted) -> UUID:
    """The conversation with this person, made where there is none and a template may open it."""
    business_id = number.business_id
    person = (business_id, Sender.identified(address=address))
    async with deps.db.tenant(business_id) as tx:
        # Whoever they are, nobody else makes them a contact at the same time.
        await deps.messages.lock(tx, [business_id], wait=True)
        contact_id = (await identify_contacts(deps, tx, [person]))[person]
        pair = (business_id, contact_id, number.id)
        conversation = (await deps.conversations.open_all(tx, [pair]))[contact_id, number.id]
        state = await deps.conversations.find(tx, business_id, conversation.id)
        if wanted.needs_window and (state is None or state.last_inbound_at is None):
            # They never wrote, so nothing of this is kept.
            raise OutsideServiceWindow
    return conversation.id
