"""The work of this module that no person waits for: webhooks to process, messages to send, things to mend."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from wacloud.modules.whatsapp.application.apply_account_news import APPLY_ACCOUNT_NEWS, apply_account_news
from wacloud.modules.whatsapp.application.dispatch_messages import DispatchMessages
from wacloud.modules.whatsapp.application.fetch_media import FETCH, FetchMedia
from wacloud.modules.whatsapp.application.follow_closing import FOLLOW_CLOSING, follow_closing
from wacloud.modules.whatsapp.application.give_back_silent import give_back_silent
from wacloud.modules.whatsapp.application.holds import WAKE_HELD, wake_held
from wacloud.modules.whatsapp.application.index_words import WordIndex, index_words
from wacloud.modules.whatsapp.application.keep_media import TRANSCRIBE
from wacloud.modules.whatsapp.application.mend import (
    settle_unmatched_statuses,
    wake_overdue_messages,
    wake_queued_messages,
    wake_stale_mailboxes,
)
from wacloud.modules.whatsapp.application.note_first_messages import note_first_messages
from wacloud.modules.whatsapp.application.outbox import DISPATCH, DISPATCH_BULK
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.receive_batch import Received, arrival_of, receive_batch
from wacloud.modules.whatsapp.application.release_scheduled import RELEASE, release_due
from wacloud.modules.whatsapp.application.snooze_conversation import WAKE, wake_conversation
from wacloud.modules.whatsapp.application.stored import Owners
from wacloud.modules.whatsapp.application.tidy_media import remove_old_media, wake_waiting_media
from wacloud.modules.whatsapp.application.transcribe_media import transcribe_media
from wacloud.modules.whatsapp.ui.meta_account import read_account_news
from wacloud.modules.whatsapp.ui.meta_payload import ParsedWebhook, UnreadableWebhook, parse_webhook
from wacloud.shared.application.db import StoreAway
from wacloud.shared.application.jobs import Job, JobKind, Lane, Outcome, one_by_one
from wacloud.shared.application.webhooks import Processed, Share, StoredWebhook
from wacloud.shared.domain.ids import BusinessId

SETTLE_UNMATCHED = "whatsapp.settle_unmatched_statuses"
WAKE_STALE = "whatsapp.wake_stale_mailboxes"
NOTE_FIRST = "whatsapp.note_first_messages"
WAKE_MEDIA = "whatsapp.wake_waiting_media"
REMOVE_MEDIA = "whatsapp.remove_old_media"
INDEX_WORDS = "whatsapp.index_words"
GIVE_BACK = "whatsapp.give_back_silent"
BIG_BODY = 50_000
A_TURN_EACH = 20
# Nobody looks at each message of a campaign: the answers to those that left together are recorded together.
GATHER_BULK_S = 0.08


def whatsapp_jobs(deps: WhatsappDeps, words_said: WordIndex) -> list[JobKind]:
    """The kinds of jobs this module runs."""

    async def settle_unmatched(_: Job) -> None:
        await settle_unmatched_statuses(deps)

    async def wake_stale(_: Job) -> None:
        await wake_stale_mailboxes(deps)
        await wake_queued_messages(deps)
        await wake_overdue_messages(deps)

    async def take_back(_: Job) -> None:
        await give_back_silent(deps)

    async def note_first(_: Job) -> None:
        await note_first_messages(deps)

    async def words(job: Job) -> None:
        await transcribe_media(deps, job)

    async def wake_media(_: Job) -> None:
        await wake_waiting_media(deps)

    async def remove_media(_: Job) -> None:
        await remove_old_media(deps)

    async def index(_: Job) -> None:
        await index_words(deps, words_said)

    async def release(job: Job) -> None:
        await release_due(deps, job)

    async def open_held(job: Job) -> Outcome:
        return await wake_held(deps, job)

    async def wake(job: Job) -> None:
        await wake_conversation(deps, job)

    async def follow(job: Job) -> None:
        if job.business_id is not None:
            await follow_closing(deps, job.business_id)

    async def apply_news(job: Job) -> None:
        if job.business_id is not None:
            await apply_account_news(deps, job.business_id, read_account_news)

    return [
        JobKind(DISPATCH, Lane.SENDING, DispatchMessages(deps)),
        JobKind(DISPATCH_BULK, Lane.CAMPAIGNS, DispatchMessages(deps, gather_s=GATHER_BULK_S)),
        JobKind(WAKE_HELD, Lane.HOUSEKEEPING, one_by_one(open_held)),
        JobKind(RELEASE, Lane.SENDING, one_by_one(release)),
        JobKind(SETTLE_UNMATCHED, Lane.HOUSEKEEPING, one_by_one(settle_unmatched)),
        JobKind(WAKE_STALE, Lane.HOUSEKEEPING, one_by_one(wake_stale)),
        JobKind(WAKE, Lane.HOUSEKEEPING, one_by_one(wake)),
        JobKind(NOTE_FIRST, Lane.HOUSEKEEPING, one_by_one(note_first)),
        JobKind(FETCH, Lane.MEDIA, FetchMedia(deps)),
        JobKind(TRANSCRIBE, Lane.MEDIA, one_by_one(words)),
        JobKind(WAKE_MEDIA, Lane.HOUSEKEEPING, one_by_one(wake_media)),
        JobKind(REMOVE_MEDIA, Lane.HOUSEKEEPING, one_by_one(remove_media)),
        JobKind(INDEX_WORDS, Lane.HOUSEKEEPING, one_by_one(index)),
        JobKind(GIVE_BACK, Lane.HOUSEKEEPING, one_by_one(take_back)),
        JobKind(FOLLOW_CLOSING, Lane.HOUSEKEEPING, one_by_one(follow)),
        JobKind(APPLY_ACCOUNT_NEWS, Lane.HOUSEKEEPING, one_by_one(apply_news)),
    ]


WHATSAPP_SCHEDULES = {
    SETTLE_UNMATCHED: timedelta(seconds=10),
    WAKE_STALE: timedelta(seconds=30),
    NOTE_FIRST: timedelta(seconds=30),
    WAKE_MEDIA: timedelta(minutes=1),
    REMOVE_MEDIA: timedelta(hours=1),
    INDEX_WORDS: timedelta(minutes=1),
    GIVE_BACK: timedelta(minutes=1),
}


async def process_webhooks(
    deps: WhatsappDeps, webhooks: Sequence[StoredWebhook], wait: bool = False
) -> list[Processed]:
    """
    Understand and store a batch of webhooks, all in one transaction.

    When that fails, each is tried alone, so that a bad one harms no other; a bad one is tried again and then kept as
    failed, for an operator to see and replay.
    """
    parsed: list[tuple[StoredWebhook, ParsedWebhook]] = []
    results: list[Processed] = []
    for place, webhook in enumerate(webhooks, start=1):
        if len(webhook.body) > BIG_BODY or place % A_TURN_EACH == 0:
            # Parsing takes a while: whoever else runs here gets a turn before each big one, and after some small ones.
            await asyncio.sleep(0)
        try:
            parsed.append((webhook, parse_webhook(webhook.body, webhook.received_at)))
        except UnreadableWebhook as error:
            results.append(Processed(webhook, error=str(error), final=True))
    owners = await _owners(deps, parsed)
    placed = [(webhook, body, _place(webhook, body, owners)) for webhook, body in parsed]
    try:
        busy = await _receive(deps, [received for _, _, mine in placed for received in mine], wait)
        failed: dict[int, str] = {}
    except StoreAway:
        raise
    except Exception:
        busy, failed = await _one_by_one(deps, placed, wait)
    for webhook, body, mine in placed:
        if any(received.business_id in busy and received.needs_lock for received in mine):
            results.append(Processed(webhook, busy=True))
        else:
            results.append(_result(webhook, body, mine, failed.get(webhook.id)))
    return results


async def _receive(deps: WhatsappDeps, batch: Sequence[Received], wait: bool) -> set[BusinessId]:
    return await receive_batch(deps, batch, wait=wait) if batch else set()


async def _one_by_one(
    deps: WhatsappDeps, placed: Sequence[tuple[StoredWebhook, ParsedWebhook, list[Received]]], wait: bool
) -> tuple[set[BusinessId], dict[int, str]]:
    busy: set[BusinessId] = set()
    failed: dict[int, str] = {}
    for webhook, _, mine in placed:
        try:
            busy |= await _receive(deps, mine, wait)
        except StoreAway:
            raise
        except Exception as error:
            failed[webhook.id] = f"{type(error).__name__}: {error}"[:2000]
    return busy, failed


async def _owners(deps: WhatsappDeps, parsed: Sequence[tuple[StoredWebhook, ParsedWebhook]]) -> Owners:
    items = [item for _, body in parsed for item in body.items]
    return await deps.numbers.of_webhook(
        {item.phone_number_id for item in items if item.phone_number_id}, {item.waba_id for item in items}
    )


def _place(webhook: StoredWebhook, body: ParsedWebhook, owners: Owners) -> list[Received]:
    """Whose each item is: by its number where it has one, else by its WABA. Items of nobody we know are left out."""
    placed: list[Received] = []
    for place, item in enumerate(body.items):
        number = owners.numbers.get(item.phone_number_id or "")
        arrival = arrival_of(webhook.id, place)
        if number is not None:
            placed.append(Received(number.business_id, number, item, arrival))
        elif not item.phone_number_id and item.waba_id in owners.accounts:
            placed.append(Received(owners.accounts[item.waba_id], None, item, arrival))
    return placed


def _result(webhook: StoredWebhook, body: ParsedWebhook, mine: Sequence[Received], error: str | None) -> Processed:
    strangers = sorted(
        {item.phone_number_id or item.waba_id for item in body.items}
        - {received.item.phone_number_id or received.item.waba_id for received in mine}
    )
    notes = (*body.problems, *(f"no business here has {stranger}" for stranger in strangers))[:50]
    businesses = list(dict.fromkeys(received.business_id for received in mine))
    if error is None and not mine and (strangers or body.problems):
        return Processed(webhook, None, notes, error="; ".join(notes)[:2000] or "nothing to place", final=True)
    if len(businesses) > 1 or (businesses and strangers):
        shares = tuple(
            Share(business_id, _part_of(body, [r for r in mine if r.business_id == business_id]))
            for business_id in businesses
        )
        return Processed(webhook, None, notes, () if error else shares, error, shared=True)
    return Processed(webhook, businesses[0] if businesses else None, notes, error=error)


def _part_of(body: ParsedWebhook, mine: Sequence[Received]) -> bytes:
    """What of a shared body one business may see: our reading of its own items."""
    return msgspec.json.encode([received.item for received in mine], enc_hook=str)
