"""
Live updates: one hub per process reads what changed once, renders it once per look, and hands it to every open page.

A page that misses something is told to look again; it is never left believing what is no longer so.
"""

import asyncio
import random
import time
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Protocol
from uuid import UUID

import msgspec
import structlog
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import StreamingResponse

from wacloud.modules.whatsapp.application.inbox import ConversationRow, InboxReader, MessageRow
from wacloud.modules.whatsapp.domain.scheduled import Scheduled
from wacloud.modules.whatsapp.ui.presence import Rooms
from wacloud.modules.whatsapp.ui.thread_view import messages_context, parts_context, words
from wacloud.shared.application.live import Change, Here
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import BusinessId, SessionId, UserId
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.pages import Look, fragment, look_of
from wacloud.shared.ui.permissions import ROLES, Permission

log = structlog.get_logger(__name__)

GATHER_S: Final = 0.03  # changes come in swarms; a page needs to be drawn once per swarm
PING_S: Final = 20.0
WATCH_S: Final = 2.5  # so that whoever is signed out elsewhere, or removed, sees nothing more within five seconds
# A page in a browser is watched together with all others; now and then its own request is looked at again, too.
PAGE_CHECK_S: Final = 300.0
REMEMBERED_S: Final = 60.0  # how far back a page may ask for what it missed
_MOST_ROWS: Final = 60
_MOST_REMEMBERED: Final = 2_000
_QUEUE_SIZE: Final = 64
_SLACK_MS: Final = 1_500  # clocks of several servers differ a little

LOOK_AGAIN: Final = b"event: refresh\ndata: {}\n\n"
_CLOSED: Final = b""
_SIGNED_OUT: Final = b"event: signed-out\ndata: {}\n\n"

# A person, the business they look at, and the session they came with.
Place = tuple[UserId, BusinessId, SessionId | None]
# The role of those who may stay: asked for all pages at once.
MayStay = Callable[[Collection[Place]], Awaitable[Mapping[Place, str]]]


class Changes(Protocol):
    """Where changes come from, and who is where; None says that some may have been missed."""

    def listen(self) -> AsyncIterator[Change | Here | None]:
        """For ever."""
        ...


@dataclass(frozen=True, slots=True)
class Eyes:
    """What makes two pages of a business look the same: they share one rendering."""

    look: Look
    may_send: bool
    may_write: bool
    may_export: bool = False


@dataclass(eq=False, slots=True)
class Viewer:
    """One open page."""

    user_id: UserId
    business_id: BusinessId
    eyes: Eyes
    conversation_id: UUID | None
    session_id: SessionId | None = None
    queue: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(_QUEUE_SIZE))

    @property
    def place(self) -> Place:
        """Who looks at what."""
        return (self.user_id, self.business_id, self.session_id)

    def push(self, event: bytes) -> None:
        """Hand over an event; a page too slow to take them all gets one that says: look again."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            event = event if event in (_CLOSED, _SIGNED_OUT) else LOOK_AGAIN
        self.queue.put_nowait(event)


class LiveHub:
    """Knows the open pages of this process and tells them what changed."""

    def __init__(self, inbox: InboxReader, changes: Changes) -> None:
        self._inbox = inbox
        self._changes = changes
        self._viewers: dict[BusinessId, set[Viewer]] = defaultdict(set)
        self._pending: dict[BusinessId, set[UUID]] = defaultdict(set)
        self._drawing: dict[BusinessId, asyncio.Task[None]] = {}
        self._remembered: dict[BusinessId, OrderedDict[UUID, int]] = {}
        self._rooms = Rooms()
        self._listening_since: int | None = None
        self._is_closed = False

    @property
    def viewers(self) -> int:
        """How many pages are open."""
        return sum(len(viewers) for viewers in self._viewers.values())

    async def run(self) -> None:
        """Listen until cancelled. Whatever goes wrong with one business's pages, listening goes on."""
        async with aclosing(self._changes.listen()) as changes:  # type: ignore[type-var]
            async for change in changes:
                if change is None:
                    self._listening_since = _now_ms()
                    self._remembered.clear()
                    self._tell(self._viewers.values(), LOOK_AGAIN)
                elif isinstance(change, Here):
                    self.here(change)
                else:
                    self.changed(change)

    async def watch(self, may_stay: MayStay) -> None:
        """End the streams of those who may not look any more, until cancelled."""
        while True:
            await asyncio.sleep(WATCH_S)
            for business_id, conversation_id in self._rooms.forget_old(time.monotonic()):
                self._tell_here(business_id, conversation_id)
            places = {viewer.place: viewer for viewers in self._viewers.values() for viewer in viewers}
            if not places:
                continue
            try:
                staying = await may_stay(places.keys())
            except Exception as error:
                # They see nothing new while the database is away, either.
                log.warning("live_watch_missed", error=type(error).__name__)
                continue
            for viewers in list(self._viewers.values()):
                for viewer in list(viewers):
                    if viewer.place in places and not _may_look(staying.get(viewer.place)):
                        viewer.push(_SIGNED_OUT)

    def changed(self, change: Change) -> None:
        """Note a change; pages get it some milliseconds later, together with what else changed."""
        seen = self._remembered.setdefault(change.business_id, OrderedDict())
        seen[change.conversation_id] = _now_ms()
        seen.move_to_end(change.conversation_id)
        if len(seen) > _MOST_REMEMBERED:
            seen.popitem(last=False)
        if self._viewers.get(change.business_id):
            self._pending[change.business_id].add(change.conversation_id)
            self._draw_soon(change.business_id)

    def here(self, here: Here) -> None:
        """Note who is at a conversation; those who look at it hear of it where it is new."""
        if self._rooms.note(here, time.monotonic()):
            self._tell_here(here.business_id, here.conversation_id)

    def open(self, viewer: Viewer, since_ms: int | None) -> None:
        """Add a page; it gets what changed since it was rendered, or is told to look again where that is unknown."""
        self._viewers[viewer.business_id].add(viewer)
        if self._is_closed:
            viewer.push(_CLOSED)
            return
        if viewer.conversation_id is not None and self._rooms.at(viewer.business_id, viewer.conversation_id):
            self._tell_here(viewer.business_id, viewer.conversation_id)
        if self._listening_since is None or since_ms is None:
            viewer.push(LOOK_AGAIN)
            return
        if since_ms < max(self._listening_since, _now_ms() - int(REMEMBERED_S * 1000)):
            viewer.push(LOOK_AGAIN)
            return
        seen = self._remembered.get(viewer.business_id, OrderedDict())
        missed = {id_ for id_, at in seen.items() if at >= since_ms - _SLACK_MS}
        if missed:
            self._pending[viewer.business_id] |= missed
            self._draw_soon(viewer.business_id)

    def leave(self, viewer: Viewer) -> None:
        """Forget a page."""
        viewers = self._viewers.get(viewer.business_id)
        if viewers is not None:
            viewers.discard(viewer)
            if not viewers:
                del self._viewers[viewer.business_id]
        self._forget_old()

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._is_closed = True
        self._tell(self._viewers.values(), _CLOSED)
        for task in self._drawing.values():
            task.cancel()

    def _draw_soon(self, business_id: BusinessId) -> None:
        task = self._drawing.get(business_id)
        if not self._is_closed and (task is None or task.done()):
            self._drawing[business_id] = asyncio.get_running_loop().create_task(self._draw(business_id))

    async def _draw(self, business_id: BusinessId) -> None:
        try:
            while self._pending.get(business_id):
                await asyncio.sleep(GATHER_S)
                await self._draw_once(business_id, self._pending.pop(business_id, set()))
        finally:
            self._drawing.pop(business_id, None)

    async def _draw_once(self, business_id: BusinessId, ids: set[UUID]) -> None:
        viewers = tuple(self._viewers.get(business_id, ()))
        if not viewers or not ids:
            return
        if len(ids) > _MOST_ROWS:
            self._tell([viewers], LOOK_AGAIN)
            return
        try:
            events = await self._events(viewers, ids)
        except Exception:
            log.exception("live_update_failed", business_id=str(business_id), conversations=len(ids))
            self._tell([viewers], LOOK_AGAIN)
            return
        for viewer in viewers:
            viewer.push(events[viewer.eyes, viewer.conversation_id if viewer.conversation_id in ids else None])

    async def _events(self, viewers: tuple[Viewer, ...], ids: set[UUID]) -> dict[tuple[Eyes, UUID | None], bytes]:
        business_id = viewers[0].business_id
        shown = {viewer.conversation_id for viewer in viewers if viewer.conversation_id in ids}
        rows = {row.id: row for row in await self._inbox.rows(business_id, sorted(ids))}
        counts = await self._inbox.counts(viewers[0].user_id, business_id)
        newest = {id_: await self._inbox.newest(business_id, id_) for id_ in shown if id_ is not None}
        waiting = {id_: await self._inbox.scheduled(business_id, id_) for id_ in newest}
        events: dict[tuple[Eyes, UUID | None], bytes] = {}
        now = datetime.now(UTC)
        for viewer in viewers:
            at = viewer.conversation_id if viewer.conversation_id in ids else None
            if (viewer.eyes, at) not in events:
                told = _list_part(viewer.eyes, rows.values(), now) | {"counts": counts}
                if at is not None and at in rows:
                    told |= _thread_part(viewer.eyes, rows[at], newest[at], waiting[at], now)
                events[viewer.eyes, at] = _event("change", told)
        return events

    def looking(self, business_id: BusinessId, conversation_id: UUID) -> frozenset[UserId]:
        """Who has this conversation open, as far as this process has heard."""
        return frozenset(UserId(UUID(one["id"])) for one in self._rooms.at(business_id, conversation_id))

    def _tell_here(self, business_id: BusinessId, conversation_id: UUID) -> None:
        people = self._rooms.at(business_id, conversation_id)
        event = _event("here", {"conversation": str(conversation_id), "people": people})
        lookers = [one for one in self._viewers.get(business_id, ()) if one.conversation_id == conversation_id]
        self._tell([lookers], event)

    def _tell(self, groups: Iterable[Iterable[Viewer]], event: bytes) -> None:
        for viewers in list(groups):
            for viewer in list(viewers):
                viewer.push(event)

    def _forget_old(self) -> None:
        horizon = _now_ms() - int(REMEMBERED_S * 1000)
        for business_id, seen in list(self._remembered.items()):
            while seen and next(iter(seen.values())) < horizon:
                seen.popitem(last=False)
            if not seen:
                del self._remembered[business_id]


def routes(hub: LiveHub) -> APIRouter:
    """`GET /live`: the stream of one open page."""
    router = APIRouter(include_in_schema=False)
    may_read = requires(Permission.INBOX_READ)

    @router.get("/live")
    async def live(
        request: Request,
        member: Annotated[Member, Depends(may_read)],
        conversation: UUID | None = None,
        since: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    ) -> StreamingResponse:
        last_event = request.headers.get("last-event-id", "")
        if last_event.isascii() and last_event.isdigit():
            since = max(since or 0, int(last_event))
        eyes = Eyes(
            look_of(request, member),
            member.may(Permission.MESSAGES_SEND),
            member.may(Permission.INBOX_WRITE),
            member.may(Permission.CONTACTS_EXPORT),
        )
        viewer = Viewer(member.user_id, member.business_id, eyes, conversation, member.session_id)

        async def still_signed_in() -> bool:
            with suppress(AppError):
                await may_read(request)
                return True
            return False

        # What came without a session, or with a token of some minutes, is not watched as closely by anybody else.
        is_page = member.session_id is not None and "authorization" not in request.headers
        return StreamingResponse(
            _stream(hub, viewer, since, still_signed_in, PAGE_CHECK_S if is_page else PING_S),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    return router


class _Check(Protocol):
    async def __call__(self) -> bool: ...


async def _stream(
    hub: LiveHub, viewer: Viewer, since: int | None, still_signed_in: _Check, check_every_s: float
) -> AsyncIterator[bytes]:
    # Pages that a restart opened all at once are not all looked at at once.
    check_at = time.monotonic() + check_every_s * random.uniform(0.5, 1)
    try:
        hub.open(viewer, since)
        yield b"retry: 1500\nevent: hello\ndata: {}\nid: %d\n\n" % _now_ms()
        while True:
            events = await _events_for(viewer)
            if _CLOSED in events:
                return
            if _SIGNED_OUT in events:
                yield _SIGNED_OUT
                return
            if time.monotonic() >= check_at:
                check_at = time.monotonic() + check_every_s
                if not await still_signed_in():
                    yield _SIGNED_OUT
                    return
            yield b"".join(events)
    finally:
        hub.leave(viewer)


async def _events_for(viewer: Viewer) -> list[bytes]:
    """All there are by now, in one write; a sign of life where there are none for a while."""
    try:
        # Not `wait_for`, which makes a task of each wait: a thousand pages wait again after every change.
        async with asyncio.timeout(PING_S):
            events = [await viewer.queue.get()]
    except TimeoutError:
        return [b": ping\n\n"]
    while not viewer.queue.empty():
        events.append(viewer.queue.get_nowait())
    return events


def _may_look(role: str | None) -> bool:
    return role is not None and Permission.INBOX_READ in ROLES.get(role, ())


def _list_part(eyes: Eyes, rows: Iterable[ConversationRow], now: datetime) -> dict[str, Any]:
    language = eyes.look.language
    return {
        "rows": fragment("whatsapp/_row_list.html", eyes.look, rows=rows, now=now, words=words(language)),
    }


def _thread_part(
    eyes: Eyes, row: ConversationRow, messages: list[MessageRow], scheduled: Sequence[Scheduled], now: datetime
) -> dict[str, Any]:
    around = parts_context(
        row,
        messages,
        scheduled,
        eyes.look,
        now,
        may_send=eyes.may_send,
        may_write=eyes.may_write,
        may_export=eyes.may_export,
    )
    bubbles = messages_context(row, messages, eyes.look, now, may_send=eyes.may_send)
    return {
        "conversation": str(row.id),
        "name": row.contact_name,
        "unread": row.unread,
        "messages": fragment("whatsapp/_messages.html", eyes.look, **bubbles),
        "parts": fragment("whatsapp/_parts.html", eyes.look, **around),
    }


def _event(name: str, told: dict[str, Any]) -> bytes:
    # JSON keeps line breaks inside the HTML from ending the event.
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (_now_ms(), name.encode(), msgspec.json.encode(told))


def _now_ms() -> int:
    return int(time.time() * 1000)
