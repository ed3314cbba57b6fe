"""The phone's routes against a real twin: what a person does there arrives as Meta would send it."""

import asyncio
import base64
import io
import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from simulator_rig import BUTTONS, NUMBER, OTHER_NUMBER, TOKEN, Shop, opened_shop
from wacloud.modules.whatsapp.application.simulate import PhonesUnreachable
from wacloud.modules.whatsapp.infra.simulated_phones import TwinPhones
from wacloud.modules.whatsapp.ui.simulator_pages import QUESTIONS, username_from
from wacloud.twins.graph.samples import photo, voice_note

JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + b"x" * 100).decode()


class Phone:
    """A browser with the page open, as far as the routes can tell."""

    def __init__(self, shop: Shop, http: aiohttp.ClientSession) -> None:
        self.shop = shop
        self.http = http
        self.who = ""

    async def new_person(self, **more: Any) -> str:
        made = await self.shop.twin("POST", "customers", {"name": "Rosa Núñez", **more})
        return str(made["customer_id"])

    async def get(self, path: str) -> tuple[int, str]:
        async with self.http.get(f"{self.shop.base_url}/simulator{path}") as response:
            return response.status, await response.text()

    async def post(self, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        data = io.BytesIO(json.dumps(body).encode())
        headers = {"content-type": "application/json"}
        url = f"{self.shop.base_url}/simulator{path}"
        async with self.http.post(url, data=data, headers=headers) as response:
            # A body that is too large is refused before anything of ours sees it.
            return response.status, await response.json() if response.status != 413 else {"title": "too large"}

    async def write(self, person: str, **message: Any) -> dict[str, Any]:
        status, answer = await self.post(f"/{person}/messages", message)
        assert status == 200, answer
        return answer

    async def thread(self, person: str) -> list[dict[str, Any]]:
        status, text = await self.get(f"/{person}/thread")
        assert status == 200
        return list(json.loads(text)["messages"])

    async def answered(self, person: str, count: int = 1) -> list[dict[str, Any]]:
        for _ in range(100):
            found = [m for m in await self.thread(person) if m["from"] == "business"]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError("no answer")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened() -> AsyncIterator[Shop]:
    with tempfile.TemporaryDirectory() as folder:
        async with opened_shop(Path(folder)) as shop:
            yield shop


@pytest.fixture
def shop(opened: Shop) -> Iterator[Shop]:
    """The same shop for all tests, as it was in the morning."""
    opened.types_for_s, opened.status, opened.number, opened.member.role = 0.05, 200, NUMBER, "owner"
    opened.others = ()
    opened.calls.clear()
    phones = opened.phones.graph_url
    yield opened
    opened.phones.graph_url = phones


@pytest.fixture
async def phone(shop: Shop) -> AsyncIterator[Phone]:
    """In the hands of somebody who has never written before."""
    headers = {"sec-fetch-site": "same-origin", "accept": "application/json"}
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(headers=headers, cookies={"wacloud_session": TOKEN}, cookie_jar=jar) as http:
        phone = Phone(shop, http)
        phone.who = await phone.new_person()
        yield phone


async def test_the_page_shows_the_people_and_says_who_hides_the_phone(phone: Phone) -> None:
    status, html = await phone.get("?lang=en")
    assert status == 200
    assert "Rosa Núñez" in html
    assert "+34 600 11 12 01" in html
    assert "@carmen.ferrer" in html
    assert QUESTIONS[0] in html


async def test_a_text_goes_out_as_a_signed_webhook_and_the_answer_comes_back_to_the_phone(phone: Phone) -> None:
    answer = await phone.write(phone.who, type="text", text="¿A qué hora abrís?")
    assert answer["wamid"].startswith("wamid.")
    assert answer["webhook"]["status"] == 200
    assert answer["webhook"]["ms"] > 0
    assert phone.shop.calls[0]["text"] == {"body": "¿A qué hora abrís?"}
    assert phone.shop.calls[0]["from"].startswith("34600")
    assert "Abrimos" in (await phone.answered(phone.who))[0]["text"]
    assert [m["status"] for m in await phone.thread(phone.who) if m["from"] == "customer"] == ["read"]


async def test_who_hides_the_phone_is_known_by_the_user_id_only(phone: Phone) -> None:
    hidden = await phone.new_person(hides_phone=True, username="rosa.n")
    await phone.write(hidden, type="text", text="Hola")
    assert "from" not in phone.shop.calls[0]
    assert phone.shop.calls[0]["from_user_id"].startswith("ES.")


async def test_every_kind_of_message_arrives_in_metas_shape(phone: Phone) -> None:
    place = {"latitude": 40.4169, "longitude": -3.7038, "name": "Sol", "address": "Puerta del Sol"}
    png = base64.b64encode(photo()).decode()
    ogg = base64.b64encode(voice_note()).decode()
    first = (await phone.write(phone.who, type="image", media={"base64": png, "mime_type": "image/png"}))["wamid"]
    await phone.write(phone.who, type="voice", media={"base64": ogg, "mime_type": "audio/ogg; codecs=opus"})
    await phone.write(phone.who, type="location", location=place)
    await phone.write(phone.who, type="contact", contact={"name": "Marta Ruiz", "phone": "+34 600 000 191"})
    await phone.write(phone.who, type="reaction", message_id=first, emoji="👍")
    await phone.write(phone.who, type="text", text="esta", reply_to=first)
    pdf = {"base64": base64.b64encode(b"%PDF-1.4").decode(), "mime_type": "application/pdf", "filename": "menú.pdf"}
    await phone.write(phone.who, type="document", media=pdf)
    image, audio, location, contacts, reaction, reply, document = phone.shop.calls
    assert (document["document"]["mime_type"], document["document"]["filename"]) == ("application/pdf", "menú.pdf")
    assert image["image"]["mime_type"] == "image/png"
    assert audio["type"] == "audio"
    assert audio["audio"]["voice"] is True
    assert location["location"] == place
    assert contacts["contacts"][0]["phones"][0]["phone"] == "+34 600 000 191"
    assert reaction["reaction"] == {"message_id": first, "emoji": "👍"}
    assert reply["context"]["id"] == first


async def test_pressing_a_button_answers_with_that_button(phone: Phone) -> None:
    await phone.write(phone.who, type="text", text="¿Cuándo puedo recoger?")
    asked = (await phone.answered(phone.who))[0]
    button = BUTTONS["action"]["buttons"][1]["reply"]  # type: ignore[index]
    await phone.write(phone.who, type="tap", message_id=asked["wamid"], id=button["id"], reply_to=asked["wamid"])
    tapped = phone.shop.calls[-1]
    assert tapped["interactive"] == {"type": "button_reply", "button_reply": button}
    assert tapped["context"]["id"] == asked["wamid"]
    status, problem = await phone.post(
        f"/{phone.who}/messages", {"type": "tap", "message_id": asked["wamid"], "id": "no such button"}
    )
    assert (status, problem["code"]) == (422, "not_writable")


async def test_only_own_texts_can_be_edited_and_only_own_messages_deleted(phone: Phone) -> None:
    own = (await phone.write(phone.who, type="text", text="a las 10"))["wamid"]
    await phone.write(phone.who, type="edit", message_id=own, text="a las 11")
    assert (await phone.thread(phone.who))[0]["text"] == "a las 11"
    await phone.write(phone.who, type="revoke", message_id=own)
    assert (await phone.thread(phone.who))[0]["revoked"] is True
    theirs = (await phone.answered(phone.who))[0]["wamid"]
    for body in ({"type": "edit", "message_id": theirs, "text": "x"}, {"type": "revoke", "message_id": theirs}):
        status, problem = await phone.post(f"/{phone.who}/messages", body)
        assert (status, problem["code"]) == (422, "not_writable")


async def test_a_text_older_than_a_quarter_of_an_hour_stays_as_it_is(phone: Phone) -> None:
    old = await phone.shop.twin(
        "POST",
        "inbound",
        {
            "phone_number_id": NUMBER.phone_number_id,
            "customer": phone.who,
            "message": {"type": "text", "text": {"body": "ayer"}},
            "seconds_ago": 1000,
        },
    )
    status, problem = await phone.post(
        f"/{phone.who}/messages", {"type": "edit", "message_id": old["wamid"], "text": "hoy"}
    )
    assert (status, problem["detail"]) == (422, "A message can be edited for 15 minutes.")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"type": "text", "text": "  "}, 422),
        ({"type": "text", "text": "x" * 4097}, 422),
        ({"type": "text", "text": "x", "surprise": 1}, 422),
        ({"type": "sticker"}, 422),
        ({"type": "image", "media": {"base64": "not base64!", "mime_type": "image/jpeg"}}, 422),
        ({"type": "image", "media": {"base64": JPEG, "mime_type": "text/html"}}, 422),
        ({"type": "location", "location": {"latitude": 91, "longitude": 0, "name": "x", "address": "y"}}, 422),
        ([], 422),
        ({"type": "image", "media": {"base64": "A" * 9_000_000, "mime_type": "image/jpeg"}}, 413),
    ],
)
async def test_what_no_phone_could_send_is_refused(phone: Phone, body: Any, status: int) -> None:
    found, problem = await phone.post(f"/{phone.who}/messages", body)
    assert found == status
    assert problem["title"]
    assert phone.shop.calls == []


async def test_new_people_get_a_phone_or_a_username(phone: Phone) -> None:
    status, made = await phone.post("/people", {"name": "Núria Vidal", "hides_phone": True})
    assert (status, made["line"], made["initials"]) == (201, "@nuria.vidal", "NV")
    status, made = await phone.post("/people", {"name": "Paco", "phone": "600 000 321"})
    assert (status, made["phone"].replace(" ", "")) == (201, "+34600000321")
    status, problem = await phone.post("/people", {"name": "Paco", "phone": "mañana"})
    assert (status, problem["detail"]) == (422, "This is not a phone number.")
    assert (await phone.post("/people", {"name": ""}))[0] == 422
    assert (await phone.post("/people", {"name": "x", "username": "..."}))[0] == 422
    assert username_from("李") == "persona"


async def test_a_webhook_that_is_refused_is_told(phone: Phone) -> None:
    phone.shop.status = 503
    answer = await phone.write(phone.who, type="text", text="¿Hay alguien?")
    assert answer["webhook"]["status"] == 503


async def test_only_members_who_may_play_get_in(phone: Phone) -> None:
    phone.shop.member.role = "analyst"
    assert (await phone.get(""))[0] == 403
    assert (await phone.post(f"/{phone.who}/messages", {"type": "text", "text": "x"}))[0] == 403
    assert (await phone.get(f"/{phone.who}/events"))[0] == 403
    async with (
        aiohttp.ClientSession() as nobody,
        nobody.get(f"{phone.shop.base_url}/simulator/{phone.who}/thread") as answer,
    ):
        assert answer.status == 401


async def test_another_businesss_chat_with_the_same_person_stays_out(phone: Phone) -> None:
    async with phone.http.get(f"{phone.shop.base_url}/simulator/{phone.who}/events?reading=1") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for number in (OTHER_NUMBER, NUMBER):
            body = {"type": "text", "text": {"body": number.verified_name}}
            inbound = {"phone_number_id": number.phone_number_id, "customer": phone.who, "message": body, "wait": False}
            await phone.shop.twin("POST", "inbound", inbound)
        seen = await _until(stream, "event: message")
    assert "event: phone" in seen
    assert NUMBER.verified_name in seen
    assert OTHER_NUMBER.verified_name not in seen
    assert [m["text"] for m in await phone.thread(phone.who) if m["from"] == "customer"] == [NUMBER.verified_name]


async def test_an_open_phone_ticks_what_it_receives_as_read(phone: Phone) -> None:
    async with phone.http.get(f"{phone.shop.base_url}/simulator/{phone.who}/events?reading=1") as stream:
        await _until(stream, "event: phone")
        await phone.write(phone.who, type="text", text="Hola")
        await _until(stream, '"status":"read","errors":null}')
        answer = (await phone.answered(phone.who))[0]
        for _ in range(60):
            if answer["status"] == "read":
                break
            await asyncio.sleep(0.05)
            answer = (await phone.answered(phone.who))[0]
    assert answer["status"] == "read"


async def test_nobody_there_is_a_404_and_strange_ids_are_refused(phone: Phone) -> None:
    assert (await phone.get("/nobody/thread"))[0] == 404
    assert (await phone.get("/nobody/events"))[0] == 404
    assert (await phone.get("/a%20b/thread"))[0] == 422
    assert (await phone.get("/media/123"))[0] == 404


async def test_without_a_number_the_page_says_so(phone: Phone) -> None:
    phone.shop.number = None
    status, html = await phone.get("?lang=en")
    assert status == 200
    assert "This business has no WhatsApp number yet" in html
    status, problem = await phone.post(f"/{phone.who}/messages", {"type": "text", "text": "x"})
    assert (status, problem["code"]) == (409, "no_number_to_write_to")


async def test_the_page_says_which_number_it_writes_to(phone: Phone) -> None:
    html = (await phone.get("?lang=en"))[1]
    assert f"Writes to {NUMBER.display_phone_number}" in html
    assert 'name="to"' not in html


async def test_of_several_numbers_one_is_chosen_and_stays_chosen(phone: Phone) -> None:
    phone.shop.others = (OTHER_NUMBER,)
    await phone.write(phone.who, type="text", text="Hola")
    html = (await phone.get(f"?to={OTHER_NUMBER.phone_number_id}"))[1]
    assert f'value="{OTHER_NUMBER.phone_number_id}" selected' in html
    assert await phone.thread(phone.who) == []
    await phone.get(f"?to={NUMBER.phone_number_id}")
    assert [m["text"] for m in await phone.thread(phone.who) if m["from"] == "customer"] == ["Hola"]


async def test_the_number_of_somebody_else_cannot_be_chosen(phone: Phone) -> None:
    await phone.write(phone.who, type="text", text="Hola")
    await phone.get(f"?to={OTHER_NUMBER.phone_number_id}")
    assert [m["text"] for m in await phone.thread(phone.who) if m["from"] == "customer"] == ["Hola"]


async def test_a_graph_that_is_not_the_twin_is_told_in_one_line(phone: Phone) -> None:
    # The shop itself is some other server: it answers, but not as the twin does.
    phone.shop.phones.graph_url = phone.shop.base_url
    status, html = await phone.get("?lang=en")
    assert status == 200
    assert "The simulated phones do not answer" in html
    assert "phone.js" not in html
    status, problem = await phone.post(f"/{phone.who}/messages", {"type": "text", "text": "x"})
    assert (status, problem["code"]) == (503, "phones_unreachable")
    assert (await phone.get(f"/{phone.who}/events"))[0] == 503


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://graph.facebook.com/v26.0"])
async def test_phones_that_cannot_be_there_are_unreachable(shop: Shop, url: str) -> None:
    phones = TwinPhones(shop.http, url)
    with pytest.raises(PhonesUnreachable):
        await phones.people()
    with pytest.raises(PhonesUnreachable):
        await phones.watch(NUMBER, "c1", reading=False)


async def _until(stream: aiohttp.ClientResponse, wanted: str) -> str:
    seen = ""
    async with asyncio.timeout(5):
        async for chunk in stream.content.iter_any():
            seen += chunk.decode()
            if wanted in seen:
                return seen
    raise AssertionError(f"the stream ended without {wanted}: {seen}")
