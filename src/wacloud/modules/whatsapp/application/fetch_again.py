"""A person does something about a file that did not come: fetch it once more, or ask for it once more."""

from uuid import UUID

from wacloud.modules.business.api import business_profile
from wacloud.modules.whatsapp.application.fetch_media import fetch_job
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.write_reply import write_reply
from wacloud.modules.whatsapp.domain.ids import MessageId
from wacloud.modules.whatsapp.domain.media import NotFetchedAgain
from wacloud.shared.domain.ids import BusinessId, UserId

ASK_AGAIN = {
    "es": "No hemos podido abrir el archivo que nos has enviado. ¿Nos lo puedes enviar otra vez, por favor? "
    "Puede tener hasta 100 MB.",
    "en": "We could not open the file you sent. Could you send it once more, please? It may have up to 100 MB.",
}


async def fetch_again(deps: WhatsappDeps, user_id: UserId, business_id: BusinessId, media_id: UUID) -> None:
    """
    Try a failed file again, as long as Meta has it.

    :raises NotFetchedAgain: it is here, on its way, or Meta has it no more.
    """
    async with deps.db.member(user_id, read_only=True) as tx:
        seen = await deps.media.rows.of_messages(tx, business_id, [media_id])
    if media_id not in seen:
        raise NotFetchedAgain
    async with deps.db.tenant(business_id) as tx:
        conversation_id = await deps.media.rows.fetch_again(tx, business_id, media_id, deps.clock())
        if conversation_id is None:
            raise NotFetchedAgain
        tx.queue(fetch_job(business_id, media_id))
        tx.show(business_id, conversation_id)


async def ask_again(
    deps: WhatsappDeps, user_id: UserId, business_id: BusinessId, conversation_id: UUID, message_id: UUID
) -> MessageId:
    """
    Ask the customer to send the file of this message once more; asked twice, they read it once.

    :raises OutsideServiceWindow: only a message template may be sent now.
    """
    async with deps.db.member(user_id, read_only=True) as tx:
        profile = await business_profile(deps.business, tx, business_id)
    words = ASK_AGAIN.get(profile.language, ASK_AGAIN["es"])
    return await write_reply(deps, user_id, business_id, conversation_id, words, f"ask-again-{message_id}")
