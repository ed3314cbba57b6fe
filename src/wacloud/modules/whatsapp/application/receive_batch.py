"""Store what came in for some businesses: one transaction, set-based, every part of it repeatable without effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from wacloud.modules.whatsapp.application.fetch_media import SPEECH_WITHIN, fetch_job, media_of, with_media_id
from wacloud.modules.whatsapp.application.follow_history import follow_history
from wacloud.modules.whatsapp.application.identify_contacts import Person, identify_contacts
from wacloud.modules.whatsapp.application.media_stored import NewMedia
from wacloud.modules.whatsapp.application.note_account_news import note_account_news
from wacloud.modules.whatsapp.application.note_address_book import note_address_book
from wacloud.modules.whatsapp.application.note_consent import note_consent, note_refusals, read_consent
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import Heard, NewMessage, Number, StoredConversation
from wacloud.modules.whatsapp.domain.consent import Change, Choice
from wacloud.modules.whatsapp.domain.identity import Sender
from wacloud.modules.whatsapp.domain.inbound import (
    AccountChange,
    ContactChange,
    EchoMessage,
    HistoryChunk,
    HistoryMessage,
    IdentityChange,
    InboundMessage,
    Item,
    NumberError,
    Preference,
    StatusUpdate,
)
from wacloud.modules.whatsapp.domain.message import STATE_OF_STATUS
from wacloud.modules.whatsapp.events import MessagesReceived, TalkChanged
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, new_id

Written = InboundMessage | EchoMessage | HistoryMessage
T = TypeVar("T")

PREFERENCES: Final[Mapping[str, Change]] = {"stop": "marketing_stopped", "resume": "marketing_resumed"}
PLACEHOLDER = "media_placeholder"
# How a message of the imported history stands today. Meta's word PENDING never reached anybody.
_HISTORY_STATES = {
    "SENT": "sent",
    "DELIVERED": "delivered",
    "READ": "read",
    "PLAYED": "read",
    "ERROR": "failed",
}


@dataclass(frozen=True, slots=True)
class Received:
    """
    One item of a webhook and whose it is; news about an account has no number of ours.

    `arrival` orders what Meta's time, which counts in seconds, leaves open.
    """

    business_id: BusinessId
    number: Number | None
    item: Item
    arrival: int = 0

    @property
    def needs_lock(self) -> bool:
        """Two batches must not make one person two contacts; statuses meet rows that are there."""
        return not isinstance(self.item, StatusUpdate)


def arrival_of(webhook_id: int, place: int) -> int:
    """The order in which things came, whoever stores them first; `place` is an item's in its webhook."""
    return (webhook_id << 20) + min(place, (1 << 20) - 1)


async def receive_batch(deps: WhatsappDeps, batch: Sequence[Received], *, wait: bool = False) -> set[BusinessId]:
    """
    Store messages, move statuses, change what is edited, revoked or reacted to, and announce what needs an answer.

    Everything may come twice, late and in any order: a wamid is stored once, a status only moves forward, an edit
    waits for its message. Returns the businesses somebody else is storing messages of at this moment: of theirs only
    statuses were written, the rest has to come again. With `wait` there are none: it waits for its turn, after those
    who asked before.
    """
    businesses = sorted({received.business_id for received in batch})
    async with deps.db.tenant(*businesses) as tx:
        to_lock = sorted({received.business_id for received in batch if received.needs_lock})
        locked = await deps.messages.lock(tx, to_lock, wait=wait) if to_lock else set()
        batch = [received for received in batch if received.business_id in locked or not received.needs_lock]
        changed = await _merge_identities(deps, tx, batch)
        await _store_messages(deps, tx, batch)
        for person in changed:
            # The message that tells of a new number is itself from the old one, to which nothing is to be sent.
            await identify_contacts(deps, tx, [person])
        await _apply_statuses(deps, tx, batch)
        await _note_preferences(deps, tx, batch)
        await note_address_book(deps, tx, [(b, change) for b, _, change in _of(batch, ContactChange)])
        await follow_history(deps, tx, [*_of(batch, HistoryChunk), *_of(batch, NumberError)])
        await note_account_news(
            deps,
            tx,
            [
                (received.business_id, received.item)
                for received in batch
                if isinstance(received.item, AccountChange | NumberError | IdentityChange | StatusUpdate)
            ],
        )
    return set(to_lock) - locked


def _of(batch: Sequence[Received], kind: type[T]) -> list[tuple[BusinessId, Number, T]]:
    return [(r.business_id, r.number, r.item) for r in batch if isinstance(r.item, kind) and r.number]


async def _merge_identities(deps: WhatsappDeps, tx: Tx, batch: Sequence[Received]) -> list[Person]:
    """Returns those who changed, as they are now."""
    changed: list[Person] = []
    for business_id, _, change in sorted(_of(batch, IdentityChange), key=lambda entry: entry[2].at):
        before, after = (business_id, change.previous), (business_id, change.current)
        known_as: dict[Person, UUID] = {}
        if change.previous.is_known:
            contact = (await identify_contacts(deps, tx, [before]))[before]
            if change.is_one_person:
                known_as[after] = contact
        if change.current.is_known:
            await identify_contacts(deps, tx, [after], known_as)
            changed.append(after)
    return changed


async def _store_messages(deps: WhatsappDeps, tx: Tx, batch: Sequence[Received]) -> None:
    written: dict[tuple[BusinessId, str], tuple[BusinessId, Number, Written]] = {}
    arrivals: dict[tuple[BusinessId, str], int] = {}
    for received in batch:
        item = received.item
        if received.number is not None and isinstance(item, InboundMessage | EchoMessage | HistoryMessage):
            key = (received.business_id, item.wamid)
            if key not in written or written[key][2].kind == PLACEHOLDER:
                written[key] = (received.business_id, received.number, item)
                arrivals[key] = received.arrival
    if not written:
        return
    known = await deps.messages.known(tx, written)
    await _fill_placeholders(deps, tx, [written[key] for key in known])
    entries = [entry for key, entry in written.items() if key not in known]
    if not entries:
        return
    entries.sort(key=lambda entry: (entry[2].sent_at, arrivals[entry[0], entry[2].wamid]))
    people: list[Person] = [(business_id, _person(item)) for business_id, _, item in entries]
    contacts = await identify_contacts(deps, tx, people)
    conversations = await deps.conversations.open_all(
        tx, [(b, contacts[person], number.id) for (b, number, _), person in zip(entries, people, strict=True)]
    )
    now = deps.clock()
    messages: list[NewMessage] = []
    said = await read_consent(deps, tx, [(business_id, item) for business_id, _, item in entries])
    for (business_id, number, item), person in zip(entries, people, strict=True):
        conversation = conversations[contacts[person], number.id]
        message = _new_message(deps, business_id, conversation, item, now, arrivals[business_id, item.wamid])
        if said.is_choice(business_id, item.wamid):
            message = replace(message, state="ignored", reason="consent")
        messages.append(message)
    stored = await deps.messages.add(tx, messages)
    await _fetch_media(
        deps,
        tx,
        [
            media_of(message, number.id, now)
            for (_, number, _), message in zip(entries, messages, strict=True)
            if message.id in stored
        ],
    )
    changed = await deps.messages.apply_references(tx, messages)
    answering = await _answers_by_reaction(deps, tx, [m for m in messages if m.id in stored])
    await deps.conversations.hear(tx, _heard(messages))
    await note_consent(
        deps, tx, said, [(m, contacts[p]) for m, p in zip(messages, people, strict=True) if m.id in stored]
    )
    await _let_people_take_over(deps, tx, messages)
    unknown = {(m.business_id, m.conversation_id): None for m in messages if m.reason == "sender_unknown"}
    if unknown:
        await deps.conversations.hand_to(tx, list(unknown), "waiting", because="sender_unknown")
    waiting: dict[tuple[BusinessId, UUID], int] = {}
    for message in messages:
        changed.add((message.business_id, message.conversation_id))
        if message.id in answering or message.state == "pending":
            place = (message.business_id, message.conversation_id)
            waiting[place] = waiting.get(place, 0) + 1
    tx.publish(
        *(
            MessagesReceived(business_id=business_id, conversation_id=conversation_id, count=count)
            for (business_id, conversation_id), count in waiting.items()
        )
    )
    retold = {(m.business_id, m.conversation_id) for m in messages if m.id in stored and m.kind in ("edit", "revoke")}
    tx.publish(*(TalkChanged(business_id=business_id, conversation_id=place) for business_id, place in sorted(retold)))
    for business_id, conversation_id in changed:
        tx.show(business_id, conversation_id)


async def _answers_by_reaction(deps: WhatsappDeps, tx: Tx, stored: Sequence[NewMessage]) -> set[UUID]:
    """A thumb on the bot's newest question is an answer like any other; on all else it says nothing."""
    thumbs = [
        m
        for m in stored
        if m.kind == "reaction" and m.author == "contact" and m.refers_to and not m.content.get("group_id")
    ]
    return await deps.messages.open_reactions(tx, thumbs) if thumbs else set()


async def _fill_placeholders(deps: WhatsappDeps, tx: Tx, known: Sequence[tuple[BusinessId, Number, Written]]) -> None:
    """The files of an imported history come after what announced them."""
    came = {
        (business_id, item.wamid): (number, item, with_media_id(item.content, None))
        for business_id, number, item in known
        if isinstance(item, HistoryMessage) and item.kind != PLACEHOLDER
    }
    now = deps.clock()
    media: list[NewMedia | None] = []
    for filled in await deps.messages.fill_placeholders(
        tx, [(b, wamid, item.kind, item.text, content) for (b, wamid), (_, item, content) in came.items()]
    ):
        number, item, content = came[filled.business_id, filled.wamid]
        tx.show(filled.business_id, filled.conversation_id)
        message = NewMessage(
            business_id=filled.business_id,
            id=filled.message_id,
            created_at=filled.created_at,
            conversation_id=filled.conversation_id,
            direction="in",
            author="history",
            kind=item.kind,
            body=item.text,
            content=content,
            sent_at=item.sent_at,
            state="ignored",
        )
        media.append(media_of(message, number.id, now))
    await _fetch_media(deps, tx, media)


async def _fetch_media(deps: WhatsappDeps, tx: Tx, media: Sequence[NewMedia | None]) -> None:
    """A row and a job for each file; most batches have none."""
    new = [one for one in media if one is not None]
    if new:
        await deps.media.rows.add(tx, new)
        tx.queue(*(fetch_job(one.business_id, one.id) for one in new))


def _person(item: Written) -> Sender:
    if isinstance(item, InboundMessage):
        return item.sender
    return item.to if isinstance(item, EchoMessage) else item.contact


def _new_message(
    deps: WhatsappDeps,
    business_id: BusinessId,
    conversation: StoredConversation,
    item: Written,
    now: datetime,
    arrival: int,
) -> NewMessage:
    direction, author, state, reason = _standing(item, conversation)
    words_by = now + SPEECH_WITHIN if state == "pending" and deps.media.transcriber is not None else None
    content = with_media_id(item.content, words_by)
    if item.quoted:
        content["quoted"] = True
    if not isinstance(item, HistoryMessage) and item.group_id:
        content["group_id"] = item.group_id
    return NewMessage(
        business_id=business_id,
        id=new_id(),
        created_at=now,
        conversation_id=conversation.id,
        direction=direction,
        author=author,
        kind=item.kind,
        body=item.text,
        content=content,
        raw=item.raw,
        wamid=item.wamid,
        refers_to=item.refers_to,
        sent_at=item.sent_at,
        state=state,
        reason=reason,
        arrival=arrival or None,
    )


def _standing(item: Written, conversation: StoredConversation) -> tuple[str, str, str, str | None]:
    """Direction, author, state and reason of a message as it comes in."""
    if isinstance(item, EchoMessage):
        return "out", "phone_app", "sent", None
    if isinstance(item, HistoryMessage):
        if item.direction == "outbound":
            return "out", "history", _HISTORY_STATES.get((item.status or "").upper(), "sent"), None
        return "in", "history", "ignored", "history"
    if not item.is_answerable:
        return "in", "contact", "ignored", "group" if item.group_id else item.kind
    if not item.sender.is_known:
        return "in", "contact", "handed_over", "sender_unknown"
    if conversation.is_blocked:
        return "in", "contact", "ignored", "blocked"
    if conversation.handler == "person":
        return "in", "contact", "handed_over", "person_has_it"
    return "in", "contact", "pending", None


def _heard(messages: Sequence[NewMessage]) -> list[Heard]:
    by_conversation: dict[tuple[BusinessId, UUID], list[NewMessage]] = {}
    for message in messages:
        by_conversation.setdefault((message.business_id, message.conversation_id), []).append(message)
    heard: list[Heard] = []
    for (business_id, conversation_id), own in by_conversation.items():
        shown = [m for m in own if m.kind not in ("reaction", "edit", "revoke")] or own
        newest = max(shown, key=lambda m: m.sent_at)
        # Whether a reaction, an edit or a revoke opens the window is not established; assume it does not.
        opens = [m.sent_at for m in own if m.direction == "in" and m.author == "contact" and _opens_window(m)]
        heard.append(
            Heard(
                business_id,
                conversation_id,
                max(opens, default=None),
                newest.sent_at,
                newest.id,
                newest.created_at,
                sum(m.direction == "in" and m.author == "contact" and _is_news(m) for m in own),
                max((m.sent_at for m in shown if m.direction == "out"), default=None),
            )
        )
    return heard


def _opens_window(message: NewMessage) -> bool:
    return message.kind not in ("reaction", "edit", "revoke", "system", "media_placeholder")


def _is_news(message: NewMessage) -> bool:
    return message.kind not in ("reaction", "edit", "revoke", "system")


async def _let_people_take_over(deps: WhatsappDeps, tx: Tx, messages: Sequence[NewMessage]) -> None:
    """Somebody wrote from the phone app: the bot is silent there, and what waited is in a person's hands."""
    taken = list(
        {
            (m.business_id, m.conversation_id): None
            for m in messages
            if m.author == "phone_app" and m.kind not in ("reaction", "edit", "revoke")
        }
    )
    if taken:
        await deps.conversations.hand_to(tx, taken, "person", because="phone_app")
        await deps.messages.settle_pending(tx, taken, "handed_over", "person_wrote")


async def _apply_statuses(deps: WhatsappDeps, tx: Tx, batch: Sequence[Received]) -> None:
    updates = [
        (business_id, status)
        for business_id, _, status in _of(batch, StatusUpdate)
        if status.kind == "message" and status.status in STATE_OF_STATUS
    ]
    if updates:
        for applied in await deps.deliveries.apply_statuses(tx, updates):
            tx.show(applied.business_id, applied.conversation_id)
        await note_refusals(deps, tx, updates)


async def _note_preferences(deps: WhatsappDeps, tx: Tx, batch: Sequence[Received]) -> None:
    preferences = [
        (b, p) for b, _, p in _of(batch, Preference) if p.category == "marketing_messages" and p.contact.is_known
    ]
    if not preferences:
        return
    contacts = await identify_contacts(deps, tx, [(b, p.contact) for b, p in preferences])
    await deps.consents.apply(
        tx,
        [
            (b, Choice(contacts[b, p.contact], PREFERENCES[p.value.lower()], "meta_preference", p.at))
            for b, p in sorted(preferences, key=lambda entry: entry[1].at)
            if p.value.lower() in PREFERENCES
        ],
    )
