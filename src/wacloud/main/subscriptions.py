"""Who reacts to what: each line makes one job of one event, in the transaction that published it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wacloud.modules.bot.application.summarise_conversation import FORGET_SUMMARY, order_of
from wacloud.modules.bot.application.unanswered import FORGET_QUESTIONS
from wacloud.modules.bot.ui.jobs import ANSWER_TURN, FORGET_CONTACT
from wacloud.modules.business.events import DeletionAsked, DeletionCancelled, InvitationMade
from wacloud.modules.notification.application.mail_deletion import MAIL_DELETION
from wacloud.modules.notification.application.mail_invitation import MAIL_INVITATION
from wacloud.modules.whatsapp.application.apply_account_news import APPLY_ACCOUNT_NEWS
from wacloud.modules.whatsapp.application.follow_closing import FOLLOW_CLOSING
from wacloud.modules.whatsapp.events import (
    AccountNewsCame,
    ContactErased,
    ConversationsErased,
    MessagesReceived,
    TalkChanged,
)
from wacloud.shared.application.jobs import Lane, NewJob
from wacloud.shared.domain.events import Event


def _answer_turn(event: MessagesReceived) -> NewJob:
    # One waiting turn a conversation, however many messages come: it reads them all when it runs.
    key = f"turn:{event.conversation_id}"
    return NewJob(
        kind=ANSWER_TURN,
        lane=Lane.TURNS,
        business_id=event.business_id,
        payload={"conversation_id": str(event.conversation_id)},
        order_key=key,
        unique_key=key,
    )


def _forget_contact(event: ConversationsErased) -> NewJob:
    return NewJob(
        kind=FORGET_CONTACT,
        lane=Lane.HOUSEKEEPING,
        business_id=event.business_id,
        payload={"conversation_ids": [str(id_) for id_ in event.conversation_ids]},
        max_attempts=20,
    )


def _forget_summary(event: TalkChanged) -> NewJob:
    # After what is being summed up at this moment.
    return NewJob(
        kind=FORGET_SUMMARY,
        lane=Lane.HOUSEKEEPING,
        business_id=event.business_id,
        payload={"conversation_id": str(event.conversation_id)},
        order_key=order_of(event.conversation_id),
        max_attempts=20,
    )


def _follow_closing(event: DeletionAsked | DeletionCancelled) -> NewJob:
    key = f"closing:{event.business_id}"
    return NewJob(kind=FOLLOW_CLOSING, lane=Lane.HOUSEKEEPING, business_id=event.business_id, order_key=key)


def _mail_invitation(event: InvitationMade) -> NewJob:
    return NewJob(
        kind=MAIL_INVITATION,
        lane=Lane.MAIL,
        business_id=event.business_id,
        payload={
            "invitation_id": str(event.invitation_id),
            "email": event.email,
            "language": event.language,
            "business_name": event.business_name,
            "inviter_name": event.inviter_name,
        },
        unique_key=f"invitation:{event.invitation_id}",
    )


def _mail_deletion(event: DeletionAsked) -> NewJob:
    return NewJob(kind=MAIL_DELETION, lane=Lane.MAIL, business_id=event.business_id)


def _apply_account_news(event: AccountNewsCame) -> NewJob:
    # One waits for each business, however much comes: it reads all there is when it runs.
    key = f"account-news:{event.business_id}"
    return NewJob(
        kind=APPLY_ACCOUNT_NEWS, lane=Lane.HOUSEKEEPING, business_id=event.business_id, order_key=key, unique_key=key
    )


def _forget_questions(event: ContactErased) -> NewJob:
    # After what is being gathered at this moment, so that it is found.
    return NewJob(
        kind=FORGET_QUESTIONS,
        lane=Lane.HOUSEKEEPING,
        business_id=event.business_id,
        payload={"contact_id": str(event.contact_id)},
        order_key=f"questions:{event.business_id}",
        max_attempts=20,
    )


SUBSCRIPTIONS: Mapping[type[Event], Sequence[Callable[[Any], NewJob]]] = {
    MessagesReceived: (_answer_turn,),
    TalkChanged: (_forget_summary,),
    ConversationsErased: (_forget_contact,),
    AccountNewsCame: (_apply_account_news,),
    ContactErased: (_forget_questions,),
    InvitationMade: (_mail_invitation,),
    DeletionAsked: (_follow_closing, _mail_deletion),
    DeletionCancelled: (_follow_closing,),
}


def to_jobs(event: Event) -> Sequence[NewJob]:
    """The jobs an event makes."""
    return [make(event) for make in SUBSCRIPTIONS.get(type(event), ())]
