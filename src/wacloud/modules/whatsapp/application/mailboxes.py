"""Conversations that wait for an answer, as whoever answers them sees them: read, locked, closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from wacloud.modules.whatsapp.application.outbox import Draft, put_in_outbox
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import Ending, Mailbox
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

Place = tuple[BusinessId, UUID]
HISTORY = 20


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


async def lock_mailboxes(
    deps: WhatsappDeps, tx: Tx, places: Sequence[Place]
) -> Mapping[UUID, tuple[str, Mapping[UUID, str | None]]]:
    """Lock conversations until the transaction ends; who handles each now, which messages wait and what they say."""
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
        tx.show(closing.business_id, closing.conversation_id)
