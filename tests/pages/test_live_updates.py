"""Live updates: every open page hears of a change, and it is read and drawn once for all of them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from aiohttp import ClientResponse, ClientSession
from frozen_shop import BUSINESS, USER, FrozenInbox, a_conversation, a_message, a_shop, id_of
from page_rig import TOKEN, Announced, Rig

from wacloud.modules.whatsapp.ui import live_updates
from wacloud.modules.whatsapp.ui.live_updates import LOOK_AGAIN, Eyes, LiveHub, Viewer
from wacloud.modules.whatsapp.ui.presence import TYPES_FOR_S, Rooms
from wacloud.shared.application.live import Change, Here
from wacloud.shared.domain.ids import BusinessId, UserId
from wacloud.shared.ui.pages import Look

LUCIA = id_of("Lucía Fernández")
MARCOS = id_of("Marcos Ortega")
SPANISH = Eyes(Look("es"), may_send=True, may_write=True)
ENGLISH = Eyes(Look("en"), may_send=True, may_write=True)


def now_ms() -> int:
    return int(time.time() * 1000)


def told(event: bytes) -> dict[str, object]:
    lines = event.decode().split("\n")
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return dict(json.loads(data[0]))


async def soon(viewer: Viewer) -> bytes:
    return await asyncio.wait_for(viewer.queue.get(), 2)


@asynccontextmanager
async def live_page(rig: Rig, **asked: str) -> AsyncIterator[ClientResponse]:
    """An open stream that has said hello."""
    async with (
        ClientSession(rig.base_url, cookies={"wacloud_session": TOKEN}) as client,
        client.get("/live", params={"since": str(now_ms()), **asked}) as stream,
    ):
        hello = await stream.content.readuntil(b"\n\n")
        assert hello.startswith(b"retry: ")
        yield stream


@pytest_asyncio.fixture(loop_scope="session")
async def inbox() -> FrozenInbox:
    return a_shop()


@pytest_asyncio.fixture(loop_scope="session")
async def hub(inbox: FrozenInbox) -> AsyncIterator[LiveHub]:
    changes = Announced()
    made = LiveHub(inbox, changes)
    listening = asyncio.create_task(made.run())
    await asyncio.sleep(0.01)
    yield made
    made.close()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


def open_page(hub: LiveHub, eyes: Eyes = SPANISH, conversation: UUID | None = None, **changes: object) -> Viewer:
    business = changes.get("business", BUSINESS)
    viewer = Viewer(USER, BusinessId(business), eyes, conversation)  # type: ignore[arg-type]
    hub.open(viewer, now_ms())
    return viewer


async def test_a_change_is_read_once_and_drawn_once_for_all_who_look(hub: LiveHub, inbox: FrozenInbox) -> None:
    spanish = [open_page(hub, conversation=MARCOS) for _ in range(20)]
    english = [open_page(hub, ENGLISH, LUCIA) for _ in range(20)]
    inbox.reads.clear()
    for _ in range(5):
        hub.changed(Change(BUSINESS, MARCOS))
    first = [await soon(viewer) for viewer in spanish]
    others = [await soon(viewer) for viewer in english]
    assert inbox.reads == {"rows": 1, "newest": 1}
    assert len({id(event) for event in first}) == 1
    assert len({id(event) for event in others}) == 1
    assert "En espera: pidió hablar" in str(told(first[0])["rows"])
    assert "Waiting: asked for a person" in str(told(others[0])["rows"])
    assert "messages" in told(first[0])
    assert "messages" not in told(others[0]), "they look at somebody else's conversation"


async def test_a_page_of_another_business_hears_nothing(hub: LiveHub) -> None:
    stranger = open_page(hub, business=uuid4())
    own = open_page(hub)
    hub.changed(Change(BUSINESS, MARCOS))
    await soon(own)
    assert stranger.queue.empty()


async def test_whoever_may_not_write_gets_no_form(hub: LiveHub) -> None:
    reader = open_page(hub, Eyes(Look("es"), may_send=False, may_write=False), LUCIA)
    hub.changed(Change(BUSINESS, LUCIA))
    event = told(await soon(reader))
    assert "<form" not in str(event["parts"])
    assert "<form" not in str(event["messages"])


async def test_a_change_between_drawing_and_listening_is_not_missed(hub: LiveHub) -> None:
    drawn_at = now_ms()
    hub.changed(Change(BUSINESS, MARCOS))
    await asyncio.sleep(0.05)
    viewer = Viewer(USER, BUSINESS, SPANISH, MARCOS)
    hub.open(viewer, drawn_at)
    assert "Marcos Ortega" in str(told(await soon(viewer))["rows"])


async def test_a_page_older_than_what_is_remembered_is_told_to_look_again(hub: LiveHub) -> None:
    viewer = Viewer(USER, BUSINESS, SPANISH, None)
    hub.open(viewer, now_ms() - 3_600_000)
    assert await soon(viewer) == LOOK_AGAIN


async def test_when_changes_were_lost_every_page_looks_again(rig: Rig) -> None:
    async with live_page(rig) as stream:
        rig.changes.lose()
        assert (await stream.content.readuntil(b"\n\n")) == LOOK_AGAIN


async def test_a_page_too_slow_to_take_them_all_looks_again(hub: LiveHub) -> None:
    slow = open_page(hub)
    for number in range(200):
        slow.push(b"event %d" % number)
    events = []
    while not slow.queue.empty():
        events.append(slow.queue.get_nowait())
    assert LOOK_AGAIN in events
    assert events[-1] == b"event 199"
    assert len(events) <= 64


async def test_a_swarm_of_changes_is_one_call_to_look_again(hub: LiveHub, inbox: FrozenInbox) -> None:
    viewer = open_page(hub)
    inbox.reads.clear()
    for _ in range(500):
        hub.changed(Change(BUSINESS, uuid4()))
    assert await soon(viewer) == LOOK_AGAIN
    assert inbox.reads == {}


async def test_when_reading_fails_pages_look_again_and_the_next_change_comes(
    hub: LiveHub, inbox: FrozenInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = open_page(hub)

    async def broken(*_: object) -> list[object]:
        raise ConnectionError("the database is away")

    with monkeypatch.context() as broken_for_now:
        broken_for_now.setattr(FrozenInbox, "rows", broken)
        hub.changed(Change(BUSINESS, MARCOS))
        assert await soon(viewer) == LOOK_AGAIN
    hub.changed(Change(BUSINESS, MARCOS))
    assert b"Marcos" in await soon(viewer)


async def test_a_closed_hub_ends_every_page_also_those_that_come_late(hub: LiveHub) -> None:
    early = open_page(hub)
    hub.close()
    late = open_page(hub)
    assert await soon(early) == b""
    assert await soon(late) == b""


async def test_the_stream_brings_a_new_message_and_survives_line_breaks(rig: Rig) -> None:
    async with live_page(rig, conversation=str(MARCOS)) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["x-accel-buffering"] == "no"
        row = rig.inbox.conversations[MARCOS]
        rig.inbox.put(replace(row, unread=4), a_message(row, "una\n\nevent: mentira", sent_at=datetime.now(UTC)))
        started = time.perf_counter()
        rig.changes.say(MARCOS)
        event = await stream.content.readuntil(b"\n\n")
        assert time.perf_counter() - started < 0.5
        assert "una\n\nevent: mentira" in str(told(event)["messages"])
        assert told(event)["counts"] == {"waiting": 2, "unread": 3}


async def test_a_page_that_is_closed_is_forgotten(rig: Rig) -> None:
    async with live_page(rig):
        assert rig.hub.viewers == 1
    for _ in range(100):
        if rig.hub.viewers == 0:
            break
        await asyncio.sleep(0.02)
    assert rig.hub.viewers == 0


async def test_the_stream_ends_when_the_session_does(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_updates, "PING_S", 0.2)
    async with live_page(rig) as stream:
        assert await stream.content.readuntil(b"\n\n") == b": ping\n\n"
        rig.door.is_open = False
        rest = await asyncio.wait_for(stream.content.read(), 3)
        assert rest.endswith(b"event: signed-out\ndata: {}\n\n")


async def test_the_server_stops_promptly_with_pages_open(rig: Rig) -> None:
    async with live_page(rig) as stream:
        started = time.perf_counter()
        await asyncio.to_thread(rig.stop)
        assert time.perf_counter() - started < 2
        assert await stream.content.read() == b""


async def test_a_conversation_that_is_gone_does_not_disturb(hub: LiveHub, inbox: FrozenInbox) -> None:
    viewer = open_page(hub, conversation=MARCOS)
    inbox.put(a_conversation("Nueva"))
    hub.changed(Change(BUSINESS, id_of("Nueva")))
    hub.changed(Change(BUSINESS, uuid4()))
    assert "Nueva" in str(told(await soon(viewer))["rows"])


async def test_who_is_at_a_conversation_is_told_to_those_who_look_at_it_once_until_it_changes(hub: LiveHub) -> None:
    at_marcos, at_lucia = open_page(hub, conversation=MARCOS), open_page(hub, conversation=LUCIA)
    ana = Here(BUSINESS, MARCOS, UserId(uuid4()), "Ana", "looking")
    for doing in ("looking", "looking", "typing", "typing", "gone", "gone"):
        hub.here(replace(ana, doing=doing))
    people = [told(await soon(at_marcos))["people"] for _ in range(3)]
    assert people == [
        [{"id": str(ana.user_id), "name": "Ana", "doing": "looking"}],
        [{"id": str(ana.user_id), "name": "Ana", "doing": "typing"}],
        [],
    ]
    assert at_marcos.queue.empty()
    assert at_lucia.queue.empty()


async def test_who_comes_later_is_told_who_is_there(hub: LiveHub) -> None:
    hub.here(Here(BUSINESS, MARCOS, UserId(uuid4()), "Ana", "typing"))
    assert "Ana" in str(told(await soon(open_page(hub, conversation=MARCOS))))
    elsewhere = open_page(hub, conversation=MARCOS, business=BusinessId(uuid4()))
    assert elsewhere.queue.empty(), "another business"


def test_what_is_not_said_again_is_over() -> None:
    rooms, room = Rooms(), (BUSINESS, MARCOS)
    ana = Here(BUSINESS, MARCOS, UserId(uuid4()), "Ana", "typing")
    assert rooms.note(ana, 100.0)
    assert rooms.forget_old(100.0 + TYPES_FOR_S - 0.1) == []
    assert rooms.forget_old(100.0 + TYPES_FOR_S) == [room]
    assert rooms.at(*room) == []
    assert rooms.note(ana, 200.0)
