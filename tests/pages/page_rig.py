"""The pages over a frozen shop, served for real: what a browser does needs a server."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from frozen_shop import BUSINESS, USER, FrozenInbox, by_member

from limits_off import limits_off
from wacloud.modules.bot.ui import forms_pages
from wacloud.modules.notification.ui import notice_pages
from wacloud.modules.whatsapp.application.costs import Costs, TalkCosts
from wacloud.modules.whatsapp.application.people_stored import Person as KnownPerson
from wacloud.modules.whatsapp.application.people_stored import PersonRow
from wacloud.modules.whatsapp.ui import (
    cost_pages,
    inbox_pages,
    later_pages,
    ledger_pages,
    live_updates,
    people_pages,
    presence,
)
from wacloud.shared.application.live import Change
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.ui import preferences, static_files
from wacloud.shared.ui.errors import install_errors
from wacloud.shared.ui.guard import Carrier, Member, Person, install_guard
from wacloud.shared.ui.i18n import translate
from wacloud.shared.ui.pages import render_error
from wacloud.shared.ui.security_headers import SecurityHeaders
from wacloud.shared.ui.serving import PromptServer

TOKEN = "frozen"


class NothingSpent:
    """No conversation has cost anything."""

    async def of_talk(self, *_: Any) -> TalkCosts:
        return TalkCosts(Costs((), ()), Costs((), ()))


class NothingCollected:
    """No customer has given anything to a form."""

    @asynccontextmanager
    async def tenant(self, *_: Any, **__: Any) -> AsyncIterator[None]:
        yield

    async def of_conversation(self, *_: Any) -> tuple[()]:
        return ()


class Announced:
    """Changes a test announces from whichever thread it runs in."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Change | None] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None

    def say(self, *conversation_ids: UUID, business_id: Any = BUSINESS) -> None:
        for id_ in conversation_ids:
            self._put(Change(business_id, id_))

    def lose(self) -> None:
        """As if the connection had been away."""
        self._put(None)

    def _put(self, change: Change | None) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._queue.put_nowait, change)

    async def listen(self) -> AsyncIterator[Change | None]:
        self._loop = asyncio.get_running_loop()
        yield None
        while True:
            yield await self._queue.get()


@dataclass(slots=True)
class Door:
    """Lets the one person in, with a role the test chooses, until the test signs them out."""

    role: str = "owner"
    language: str = "es"
    is_open: bool = True
    member_id: Any = USER

    async def person(self, token: str, carrier: Carrier) -> Person:
        return Person(USER, "Carmen Ruiz", "carmen@example.com", self.language)

    async def member(self, token: str, carrier: Carrier) -> Member:
        if not self.is_open or token != TOKEN:
            raise NotSignedIn
        return Member(USER, BUSINESS, self.role, "Carmen Ruiz", "carmen@example.com", "Velas del Sur", self.language)


@dataclass(slots=True)
class Wrote:
    """What a person asked for through the forms."""

    replies: list[tuple[UUID, str, str]] = field(default_factory=list)
    asked: list[tuple[str, UUID]] = field(default_factory=list)
    refuse_with: Exception | None = None


@dataclass(slots=True)
class Rig:
    """A running set of pages."""

    inbox: FrozenInbox
    changes: Announced
    door: Door
    wrote: Wrote
    hub: live_updates.LiveHub
    app: FastAPI
    server: PromptServer | None = None
    thread: threading.Thread | None = None
    base_url: str = ""

    def start(self) -> None:
        config = uvicorn.Config(self.app, host="127.0.0.1", port=0, log_level="error", ws="none")
        self.server = PromptServer(config, before_shutdown=[self.hub.close])
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        for _ in range(500):
            if self.server.started:
                break
            threading.Event().wait(0.02)
        self.base_url = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"
        self.app.state.base_url = self.base_url

    def stop(self) -> None:
        assert self.server is not None
        assert self.thread is not None
        self.server.should_exit = True
        self.thread.join(10)
        assert not self.thread.is_alive()


class Silent:
    """Tells nobody where anybody is."""

    async def say_here(self, here: Any) -> None:
        pass


class NoNotices:
    """Nothing keeps this business from working."""

    async def newest(self, user_id: Any, business_id: Any) -> tuple[()]:
        return ()


class FrozenPeople:
    """What is known of whoever is asked for: nothing but the name."""

    async def person(self, user_id: Any, business_id: Any, contact_id: UUID) -> KnownPerson:
        row = PersonRow(
            id=contact_id,
            name="Rosa",
            profile_name=None,
            username=None,
            phone=None,
            country=None,
            fields={},
            opted_in_at=None,
            opted_out_at=None,
            marketing_stopped_at=None,
            blocked_at=None,
            block_state=None,
            block_reason=None,
            created_at=datetime.now(UTC),
            last_inbound_at=None,
        )
        return KnownPerson(row, (), (), (), ())

    async def fields(self, user_id: Any, business_id: Any) -> tuple[()]:
        return ()


def build_rig(inbox: FrozenInbox) -> Rig:
    changes, door, wrote = Announced(), Door(), Wrote()
    hub = live_updates.LiveHub(inbox, changes)
    deps: Any = SimpleNamespace(inbox=inbox)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        listening = asyncio.create_task(hub.run())
        yield
        listening.cancel()

    app = FastAPI(lifespan=lifespan)
    app.state.limits = limits_off()
    install_guard(app, authenticator=door, base_url="http://127.0.0.1")
    install_errors(app, translate=translate, render_error=render_error)
    app.add_middleware(SecurityHeaders)
    for router in (
        inbox_pages.routes(deps, lambda _business, _conversation: ()),
        ledger_pages.routes(deps),
        cost_pages.routes(cast(Any, SimpleNamespace(costs=NothingSpent(), clock=lambda: datetime.now(UTC)))),
        forms_pages.routes(cast(Any, SimpleNamespace(db=NothingCollected(), entries=NothingCollected()))),
        people_pages.routes(cast(Any, SimpleNamespace(reader=FrozenPeople()))),
        notice_pages.routes(cast(Any, SimpleNamespace(notices=NoNotices()))),
        live_updates.routes(hub),
        presence.routes(Silent()),
        preferences.routes(),
        static_files.routes(),
    ):
        app.include_router(router)
    app.state.demo_pages = True
    return Rig(inbox, changes, door, wrote, hub, app)


def stand_in_for_use_cases(rig: Rig, set_attribute: Any) -> None:
    """The use cases write to a database and have tests of their own; here they write to the frozen rows."""

    async def write_reply(
        _: Any, author: Any, business: Any, conversation_id: UUID, text: str, key: str, answers: Any = None, *_read: Any
    ) -> UUID:
        if rig.wrote.refuse_with is not None:
            raise rig.wrote.refuse_with
        rig.wrote.replies.append((conversation_id, text, key))
        row = rig.inbox.conversations[conversation_id]
        now = datetime.now(UTC)
        message = by_member(row, text, sent_at=now, state="queued")
        changed = replace(
            row, handler="person", assigned_to="Carmen Ruiz", last_message_at=now, last_preview=text,
            last_kind="text", last_author="member", last_state="queued", unread=0,
        )  # fmt: skip
        rig.inbox.put(changed, message)
        rig.changes.say(conversation_id)
        return message.id

    def noted(name: str, **changes: Any) -> Any:
        async def note(_: Any, user_id: Any, business_id: Any, id_: UUID) -> None:
            rig.wrote.asked.append((name, id_))
            if changes and id_ in rig.inbox.conversations:
                rig.inbox.conversations[id_] = replace(rig.inbox.conversations[id_], **changes)
                rig.changes.say(id_)

        return note

    set_attribute(inbox_pages, "hold_reply", write_reply)
    set_attribute(inbox_pages, "take_over", noted("take_over", handler="person", assigned_to="Carmen Ruiz"))
    set_attribute(inbox_pages, "give_back", noted("give_back", handler="bot", assigned_to=None))
    set_attribute(inbox_pages, "mark_seen", noted("mark_seen", unread=0))
    set_attribute(later_pages, "send_again", noted("send_again"))
