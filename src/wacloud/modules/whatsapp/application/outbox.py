"""Write outbound messages in the transaction of whoever decided them; a job sends them after its commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import Heard, NewMessage
from wacloud.shared.application.db import Tx
from wacloud.shared.application.jobs import Lane, NewJob
from wacloud.shared.domain.ids import BusinessId, new_id

DISPATCH = "whatsapp.dispatch_message"
DISPATCH_BULK = "whatsapp.dispatch_bulk_message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """
    A message to send. `cause` names the one decision behind it: a second draft with the same cause writes nothing.

    `author` is bot or member. `category` is a template's: what is marketing goes to nobody who wants none. `bulk`:
    it is one of many and leaves after whatever somebody waits for.
    """

    business_id: BusinessId
    conversation_id: UUID
    cause: str
    author: str
    body: str
    kind: str = "text"
    content: Mapping[str, Any] = field(default_factory=dict)
    author_id: UUID | None = None
    turn_id: UUID | None = None
    refers_to: str | None = None
    category: str | None = None
    bulk: bool = False
    id: UUID = field(default_factory=new_id)


async def put_in_outbox(deps: WhatsappDeps, tx: Tx, drafts: Sequence[Draft]) -> set[UUID]:
    """
    Queue messages; returns the ids written, which leaves out drafts whose cause has a message already.

    :raises MarketingStopped: one is marketing, and its contact wants none; the transaction is over.
    """
    now = deps.clock()
    messages = [
        NewMessage(
            business_id=draft.business_id,
            id=draft.id,
            created_at=now,
            conversation_id=draft.conversation_id,
            direction="out",
            author=draft.author,
            author_id=draft.author_id,
            kind=draft.kind,
            body=draft.body,
            content=draft.content,
            refers_to=draft.refers_to,
            sent_at=now,
            state="queued",
            cause=draft.cause,
            turn_id=draft.turn_id,
            category=draft.category,
            bulk=draft.bulk,
        )
        for draft in drafts
    ]
    written = await deps.messages.add(tx, messages)
    new = [message for message in messages if message.id in written]
    # A reaction is no new message: the conversation keeps its place.
    heard = [message for message in new if message.kind != "reaction"]
    if heard:
        await deps.conversations.hear(
            tx,
            [
                Heard(m.business_id, m.conversation_id, None, m.sent_at, m.id, m.created_at, 0, m.sent_at)
                for m in {m.conversation_id: m for m in heard}.values()
            ],
        )
    if new:
        tx.queue(*(dispatch_job(m.business_id, m.conversation_id, m.id, bulk=m.bulk) for m in new))
        for message in new:
            tx.show(message.business_id, message.conversation_id)
    return written


def dispatch_job(business_id: BusinessId, conversation_id: UUID, message_id: UUID, *, bulk: bool = False) -> NewJob:
    """
    The job that sends one message; those of a conversation go one after the other.

    What is sent in bulk has a lane and an order of its own: nobody's answer waits behind it.
    """
    return NewJob(
        kind=DISPATCH_BULK if bulk else DISPATCH,
        lane=Lane.CAMPAIGNS if bulk else Lane.SENDING,
        business_id=business_id,
        payload={"message_id": str(message_id)},
        order_key=f"{'bulk' if bulk else 'send'}:{conversation_id}",
        max_attempts=8,
    )
