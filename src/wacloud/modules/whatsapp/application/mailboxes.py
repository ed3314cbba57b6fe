"""Conversations that wait for an answer, as whoever answers them sees them: read, locked, closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from wacloud.modules.whatsapp.application.outbox import Draft, put_in_outbox
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import Ending, LockedMailbox, Mailbox, Talk
from wacloud.modules.whatsapp.domain.desk import IN_DANGER
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

Place = tuple[BusinessId, UUID]
# More than a model is given: how much of it goes along is for the one who answers to say.
HISTORY = 40


@dataclass(frozen=True, slots=True)
class Closing:
    """
    How the waiting messages of a conversation end: answered, handed over (`because` says why) or ignored.

    `draft` is what is sent: the answer, or the words that go with a hand-over.
    """

    business_id: BusinessId
    conversation_id: UUID
    message_ids: tuple[UUID, ...]
    state: Literal["answered", "handed_over", "ignored"]
    because: str | None
    draft: Draft | None
    waits_for_person: bool


async def read_mailboxes(deps: WhatsappDeps, tx: Tx, places: Sequence[Place]) -> list[Mailbox]:
    """All unanswered messages of these conversations, in Meta's order, with what was said before them."""
    return await deps.mailboxes.read(tx, places, HISTORY)


async def read_talk(
    deps: WhatsappDeps,
    tx: Tx,
    business_id: BusinessId,
    conversation_id: UUID,
    after: tuple[datetime, int] | None,
    most: int,
) -> Talk | None:
    """The newest lines of a conversation beyond a place; None where whoever it was with is erased."""
    contact_id = await deps.mailboxes.with_whom(tx, business_id, conversation_id)
    if contact_id is None:
        return None
    return Talk(contact_id, await deps.mailboxes.said_after(tx, business_id, conversation_id, after, most))


async def is_talk_kept(
    deps: WhatsappDeps, tx: Tx, business_id: BusinessId, conversation_id: UUID, *, hold: bool = True
) -> bool:
    """
    Whether whoever a conversation is with is there; with `hold` they stay until the transaction ends.

    Whoever has the conversation locked need not hold them: who is erased just then waits for its end.
    """
    return await deps.mailboxes.with_whom(tx, business_id, conversation_id, hold=hold) is not None


async def lock_mailboxes(deps: WhatsappDeps, tx: Tx, places: Sequence[Place]) -> Mapping[UUID, LockedMailbox]:
    """Lock conversations until the transaction ends; how each stands now, which messages wait and what they say."""
    return await deps.mailboxes.still_waiting(tx, places)


async def close_mailboxes(deps: WhatsappDeps, tx: Tx, closings: Sequence[Closing]) -> None:
    """End the waiting and queue the answers, in the caller's transaction: both happen, or neither."""
    drafts = [closing.draft for closing in closings if closing.draft is not None]
    if drafts:
        await put_in_outbox(deps, tx, drafts)
    ends = [
        Ending(
            c.business_id,
            c.conversation_id,
            c.message_ids,
            c.state,
            c.because,
            c.draft.id if c.draft else None,
        )
        for c in closings
        if c.message_ids
    ]
    if ends:
        await deps.mailboxes.settle(tx, ends)
    by_reason: dict[str | None, list[Place]] = {}
    for closing in closings:
        if closing.waits_for_person:
            by_reason.setdefault(closing.because, []).append((closing.business_id, closing.conversation_id))
    for because, places in by_reason.items():
        await deps.conversations.hand_to(tx, places, "waiting", because=because)
    for closing in closings:
        # Nobody who may be in danger waits among the rest, nor while they wait for a person already.
        if closing.state == "handed_over" and closing.because == IN_DANGER:
            await deps.desk.mark_danger(tx, closing.business_id, closing.conversation_id)
    for closing in closings:
        tx.show(closing.business_id, closing.conversation_id)
