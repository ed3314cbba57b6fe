"""The simulated phones, kept by the Graph twin and reached by its control paths beside the Graph API."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from wacloud.modules.whatsapp.application.simulate import (
    NoSuchPhone,
    NotWritable,
    PhonesUnreachable,
    SimulatedFile,
    SimulatedNumber,
    SimulatedPerson,
    WebhookAnswer,
    Written,
)

CONNECT_S = 2.0
# A message waits for our own webhook to answer, which the twin gives ten seconds.
CALL = aiohttp.ClientTimeout(total=15, connect=CONNECT_S, sock_read=12)
# A quiet stream says that it is alive every 15 seconds.
STREAM = aiohttp.ClientTimeout(total=None, connect=CONNECT_S, sock_read=40)
MOST_PEOPLE = 40
LARGEST_EVENT = 8 * 1024 * 1024
REAL_GRAPH = "facebook.com"


class TwinPhones:
    """The phones of the twin behind `graph_url`. `close` ends the open streams, so that a server can stop."""

    def __init__(self, session: aiohttp.ClientSession, graph_url: str) -> None:
        self._session = session
        self.graph_url = graph_url
        self._open: set[aiohttp.ClientResponse] = set()

    def close(self) -> None:
        for response in list(self._open):
            response.close()

    async def people(self) -> Sequence[SimulatedPerson]:
        found = await self._call("GET", "customers")
        customers = found.get("customers")
        if not isinstance(customers, list):
            raise PhonesUnreachable
        return [_person(one) for one in customers if one.get("on_whatsapp", True)][-MOST_PEOPLE:]

    async def add(self, *, name: str, phone: str | None, username: str | None, hides_phone: bool) -> SimulatedPerson:
        spec = {"name": name, "wa_id": phone, "username": username, "hides_phone": hides_phone}
        return _person(await self._call("POST", "customers", spec))

    async def write(self, number: SimulatedNumber, person_id: str, message: Mapping[str, Any]) -> Written:
        body = {"phone_number_id": number.phone_number_id, "customer": person_id, "message": message}
        found = await self._call("POST", "inbound", body)
        callback = found.get("callback")
        webhook = None
        if callback is not None:
            webhook = WebhookAnswer(callback["status"], callback["ms"], callback.get("error"))
        return Written(found["wamid"], webhook)

    async def thread(self, number: SimulatedNumber, person_id: str) -> dict[str, Any]:
        return _thread_with(number, await self._call("GET", f"phones/{_segment(person_id)}"))

    async def watch(self, number: SimulatedNumber, person_id: str, *, reading: bool) -> AsyncIterator[bytes]:
        path = f"phones/{_segment(person_id)}/events"
        query = {"reading": "1", "phone_number_id": number.phone_number_id} if reading else {}
        self._refuse_real_graph()
        try:
            response = await self._session.get(self._at(path).with_query(query), timeout=STREAM)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise PhonesUnreachable from error
        if response.status == 200 and response.content_type == "text/event-stream":
            return self._events(response, number)
        response.close()
        # Why not is said by the call without a stream: the person is gone, or this is no twin.
        await self.thread(number, person_id)
        raise PhonesUnreachable

    async def file(self, number: SimulatedNumber, media_id: str) -> SimulatedFile | None:
        self._refuse_real_graph()
        url = self._at(f"media/{_segment(media_id)}").with_query(phone_number_id=number.phone_number_id)
        try:
            async with self._session.get(url, timeout=CALL) as response:
                if response.status != 200:
                    return None
                return SimulatedFile(await response.read(), response.headers.get("content-type", ""))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise PhonesUnreachable from error

    async def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        self._refuse_real_graph()
        # A photo is large, and the client wants large bodies as a file.
        data = None if body is None else io.BytesIO(msgspec.json.encode(body))
        headers = {"content-type": "application/json"} if data else None
        try:
            async with self._session.request(
                method, self._at(path), data=data, headers=headers, timeout=CALL
            ) as response:
                raw, status = await response.read(), response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise PhonesUnreachable from error
        try:
            found = msgspec.json.decode(raw)
        except msgspec.DecodeError as error:
            raise PhonesUnreachable from error
        if not isinstance(found, dict):
            raise PhonesUnreachable
        if status < 300:
            return found
        reason = found.get("error")
        # Only the twin says what is wrong in plain words; any other answer is some other server's.
        if not isinstance(reason, str):
            raise PhonesUnreachable
        if reason.startswith("nobody is known as"):
            raise NoSuchPhone
        if status == 400:
            raise NotWritable(reason)
        raise PhonesUnreachable

    async def _events(self, response: aiohttp.ClientResponse, number: SimulatedNumber) -> AsyncIterator[bytes]:
        self._open.add(response)
        try:
            waiting = b""
            async for chunk in response.content.iter_any():
                *events, waiting = (waiting + chunk).split(b"\n\n")
                shown = b"".join(_shown(event, number) for event in events)
                if shown:
                    yield shown
                if len(waiting) > LARGEST_EVENT:
                    return
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError):
            # The page opens the line again by itself.
            return
        finally:
            self._open.discard(response)
            response.close()

    def _at(self, path: str) -> URL:
        return (URL(self.graph_url).origin() / "_twin").joinpath(path, encoded=True)

    def _refuse_real_graph(self) -> None:
        """Meta's own server has no phones to play with, so it is not even asked."""
        host = URL(self.graph_url).host or ""
        if host == REAL_GRAPH or host.endswith(f".{REAL_GRAPH}"):
            raise PhonesUnreachable


def _segment(value: str) -> str:
    return quote(value, safe="")


def _person(found: dict[str, Any]) -> SimulatedPerson:
    return SimulatedPerson(
        id=found["customer_id"],
        name=found["name"],
        phone=found["wa_id"],
        username=found.get("username"),
        hides_phone=bool(found.get("hides_phone")),
    )


def _thread_with(number: SimulatedNumber, screen: dict[str, Any]) -> dict[str, Any]:
    for thread in screen.get("threads", ()):
        if thread["phone_number_id"] == number.phone_number_id:
            return dict(thread)
    return {"phone_number_id": number.phone_number_id, "typing": False, "messages": []}


def _shown(event: bytes, number: SimulatedNumber) -> bytes:
    """The event as this number's page may see it: the chats of other businesses stay out of it."""
    head, _, data = event.partition(b"\ndata: ")
    if not data:
        return event + b"\n\n"
    content = msgspec.json.decode(data)
    if head == b"event: phone":
        content = {"thread": _thread_with(number, content)}
        return head + b"\ndata: " + msgspec.json.encode(content) + b"\n\n"
    if content.get("phone_number_id") != number.phone_number_id:
        return b""
    return event + b"\n\n"
