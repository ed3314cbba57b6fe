"""Messages that are nothing but a word of consent: they change what their writer allows, and are confirmed once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from wacloud.modules.business.api import business_profile
from wacloud.modules.whatsapp.application.outbox import Draft, put_in_outbox
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import NewMessage
from wacloud.modules.whatsapp.domain.consent import USUAL, Change, Choice, ConsentSettings, language_for, read_choice
from wacloud.modules.whatsapp.domain.conversation import ServiceWindow
from wacloud.modules.whatsapp.domain.inbound import InboundMessage, StatusUpdate
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

MARKETING_STOPPED = 131050


@dataclass(frozen=True, slots=True)
class Said:
    """What messages, by their wamid, change, and in which language; with the words of the businesses asked for."""

    choices: Mapping[tuple[BusinessId, str], tuple[Change, str]]
    settings: Mapping[BusinessId, ConsentSettings]

    def is_choice(self, business_id: BusinessId, wamid: str) -> bool:
        """Whether this message is one: nothing else is answered to it than the confirmation."""
        return (business_id, wamid) in self.choices


async def read_consent(deps: WhatsappDeps, tx: Tx, items: Sequence[tuple[BusinessId, object]]) -> Said:
    """Which of these items are choices of the person who wrote them."""
    written = [
        (business_id, item)
        for business_id, item in items
        if isinstance(item, InboundMessage) and item.text and item.is_answerable and item.sender.is_known
    ]
    if not written:
        return Said({}, {})
    settings = await deps.consents.settings(tx, {business_id for business_id, _ in written})
    choices = {
        (business_id, item.wamid): choice
        for business_id, item in written
        if (choice := read_choice(item.text, settings.get(business_id, USUAL))) is not None
    }
    return Said(choices, settings)


async def note_consent(deps: WhatsappDeps, tx: Tx, said: Said, messages: Sequence[tuple[NewMessage, UUID]]) -> None:
    """Note the choices of these messages, each with its contact, and confirm those that changed something."""
    now = deps.clock()
    drafts: list[Draft] = []
    for message, contact_id in messages:
        told = said.choices.get((message.business_id, message.wamid or ""))
        if told is None:
            continue
        change, language = told
        choice = Choice(
            contact_id, change, "message", message.sent_at, message.id, message.wamid, (message.body or "")[:500]
        )
        changed = await deps.consents.apply(tx, [(message.business_id, choice)])
        if (contact_id, change) not in changed or not ServiceWindow(message.sent_at).is_open(now):
            continue
        profile = await business_profile(deps.business, tx, message.business_id)
        settings = said.settings.get(message.business_id, USUAL)
        answer_in = language_for(language, changed[contact_id, change], profile.language)
        drafts.append(
            Draft(
                business_id=message.business_id,
                conversation_id=message.conversation_id,
                cause=f"consent:{message.id}",
                author="bot",
                body=settings.confirmation(change, answer_in),
            )
        )
    if drafts:
        await put_in_outbox(deps, tx, drafts)


async def note_refusals(deps: WhatsappDeps, tx: Tx, updates: Sequence[tuple[BusinessId, StatusUpdate]]) -> None:
    """Where Meta did not deliver because the person has stopped promotions, they have, even if nobody told us so."""
    refused = [
        (business_id, update)
        for business_id, update in updates
        if update.status == "failed" and any(error.code == MARKETING_STOPPED for error in update.errors)
    ]
    if not refused:
        return
    keys = [(business_id, key) for business_id, update in refused for key in (*update.recipient.keys(),)]
    found = await deps.contacts.find(tx, keys)
    for business_id, update in refused:
        contact_id = next(
            (found[business_id, k] for k in (*update.recipient.keys(),) if (business_id, k) in found), None
        )
        if contact_id is not None:
            choice = Choice(contact_id, "marketing_stopped", "meta_preference", update.at, wamid=update.wamid)
            await deps.consents.apply(tx, [(business_id, choice)])
