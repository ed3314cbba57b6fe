"""Who reacts to what: each line makes one job of one event, in the transaction that published it."""

from collections.abc import Sequence

from wacloud.modules.bot.ui.jobs import ANSWER_TURN
from wacloud.modules.whatsapp.events import MessagesReceived
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


SUBSCRIPTIONS = {
    MessagesReceived: (_answer_turn,),
}


def to_jobs(event: Event) -> Sequence[NewJob]:
    """The jobs an event makes."""
    return [make(event) for make in SUBSCRIPTIONS.get(type(event), ())]  # type: ignore[arg-type]
