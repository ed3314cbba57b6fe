"""Templates with files and carousels: their examples go to Meta by its upload, and are kept for the next time."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from test_message_templates import ask, page
from test_template_sync import account, sync

from rig import Rig, Shop, open_rig
from wacloud.twins.graph.misbehave import Do, Match, Rule
from wacloud.twins.graph.samples import document, photo
from wacloud.twins.graph.templates_endpoint import decide

BODY = {"type": "BODY", "text": "Hola {{1}}, aquí está tu pedido de hoy.", "example": {"body_text": [["Rosa"]]}}
FORM = {
    "name": "con_foto",
    "language": "es",
    "category": "UTILITY",
    "header_kind": "image",
    "body": "Hola {{1}}, aquí está tu pedido de hoy.",
    "body_examples": "Rosa",
}
CARDS = {
    "name": "novedades",
    "language": "es",
    "category": "MARKETING",
    "cards": "2",
    "body": "Nuestras tartas de esta semana",
    "card_0_body": "De manzana",
    "card_0_reply": "La quiero",
    "card_1_body": "De queso",
    "card_1_reply": "La quiero",
}


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, settings={"meta_app_id": "1"}) as made:
        yield made


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def kept_file(rig: Rig, shop: Shop, content: bytes, name: str = "foto.png", kind: str = "image/png") -> str:
    form = aiohttp.FormData()
    form.add_field("file", content, filename=name, content_type=kind)
    async with rig.http.post(f"{rig.url}/api/whatsapp/media", data=form, headers=rig.bearer(shop)) as answer:
        return str((await answer.json())["id"])


async def sent(
    rig: Rig, shop: Shop, path: str, fields: dict[str, str], files: dict[str, bytes], **headers: str
) -> tuple[int, str]:
    form = aiohttp.FormData()
    for key, value in fields.items():
        form.add_field(key, value)
    for key, content in files.items():
        form.add_field(key, content, filename="foto.png", content_type="image/png")
    told = rig.bearer(shop) | {"accept": "text/html"} | headers
    async with rig.http.post(f"{rig.url}{path}", data=form, headers=told) as answer:
        return answer.status, await answer.text()


def with_header(media_id: str, form: str = "IMAGE", **more: Any) -> dict[str, Any]:
    header = {"type": "HEADER", "format": form, "example": {"media_id": media_id}}
    return {"name": "con_foto", "language": "es", "category": "UTILITY", "components": [header, BODY], **more}


def card(media_id: str, text: str = "De manzana", label: str = "La quiero") -> dict[str, Any]:
    return {
        "components": [
            {"type": "HEADER", "format": "IMAGE", "example": {"media_id": media_id}},
            {"type": "BODY", "text": text},
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": label}]},
        ]
    }


def carousel(*cards: dict[str, Any], **more: Any) -> dict[str, Any]:
    parts = [{"type": "BODY", "text": "Nuestras tartas"}, {"type": "CAROUSEL", "cards": list(cards)}]
    return {"name": "novedades", "language": "es", "category": "MARKETING", "components": parts, **more}


async def test_a_picture_is_handed_over_and_kept_for_the_next_change(rig: Rig, shop: Shop):
    file = await kept_file(rig, shop, photo())
    status, made = await ask(rig, shop, "POST", "", with_header(file))
    assert (status, made["components"][0]["example"]) == (201, {"media_id": file})
    [template] = account(rig, shop).templates
    [handle] = template.components[0]["example"]["header_handle"]
    assert rig.twin.twin.uploads.handles[handle].content == photo()
    decide(rig.twin.twin, account(rig, shop), template, "REJECTED")
    await sync(rig, shop)
    changed = {**BODY, "text": "Hola {{1}}, aquí tienes tu pedido de hoy."}
    header = made["components"][0]
    status, again = await ask(rig, shop, "PUT", f"/{made['id']}", {"components": [header, changed]})
    assert (status, again["components"][0]["example"]) == (200, {"media_id": file})
    assert account(rig, shop).templates[0].components[0]["example"]["header_handle"] != [handle]


async def test_the_address_meta_lists_for_the_file_is_no_change_of_the_text(rig: Rig, shop: Shop):
    _, made = await ask(rig, shop, "POST", "", with_header(await kept_file(rig, shop, photo())))
    await sync(rig, shop)
    await sync(rig, shop)
    _, one = await ask(rig, shop, "GET", f"/{made['id']}")
    assert [step["what"] for step in one["history"] if step["what"] == "components"] == []
    assert one["components"][0]["example"] == made["components"][0]["example"]
    assert one["findings"] == []


async def test_an_upload_that_breaks_off_goes_on(rig: Rig, shop: Shop):
    file = await kept_file(rig, shop, photo())
    rule = Rule(do=Do(cut_body_at=100), match=Match(kind="uploads"), times=2)
    rig.twin.twin.misbehaviour.add(rule)
    assert (await ask(rig, shop, "POST", "", with_header(file)))[0] == 201
    [handle] = account(rig, shop).templates[0].components[0]["example"]["header_handle"]
    assert rig.twin.twin.uploads.handles[handle].content == photo()


async def test_a_place_needs_no_file(rig: Rig, shop: Shop):
    parts = [{"type": "HEADER", "format": "LOCATION"}, BODY]
    body = {"name": "donde", "language": "es", "category": "UTILITY", "components": parts}
    assert (await ask(rig, shop, "POST", "", body))[0] == 201


@pytest.mark.parametrize(
    ("form", "content", "kind", "code"),
    [
        ("VIDEO", photo(), "image/png", "example_video"),
        ("IMAGE", document(), "application/pdf", "example_image"),
        ("DOCUMENT", photo(), "image/png", "example_document"),
    ],
)
async def test_a_file_of_another_kind_is_refused_by_its_field(
    rig: Rig, shop: Shop, form: str, content: bytes, kind: str, code: str
):
    file = await kept_file(rig, shop, content, "datei", kind)
    status, refusal = await ask(rig, shop, "POST", "", with_header(file, form))
    assert (status, [(one["field"], one["code"]) for one in refusal["errors"]]) == (422, [("header.example", code)])
    assert account(rig, shop).templates == []


async def test_a_file_of_another_business_is_not_there(rig: Rig, shop: Shop):
    other = await rig.shop(enabled=False)
    file = await kept_file(rig, other, photo())
    for media_id in (file, str(uuid4())):
        status, refusal = await ask(rig, shop, "POST", "", with_header(media_id))
        assert (status, [one["code"] for one in refusal["errors"]]) == (422, ["file_gone"])


async def test_a_carousel_is_made_with_a_file_for_each_card(rig: Rig, shop: Shop):
    one, two = await kept_file(rig, shop, photo()), await kept_file(rig, shop, photo(200, 200))
    status, made = await ask(rig, shop, "POST", "", carousel(card(one), card(two, "De queso")))
    assert (status, made["findings"]) == (201, [{**made["findings"][0], "rule": "way_out_missing"}])
    [template] = account(rig, shop).templates
    handles = [c["components"][0]["example"]["header_handle"][0] for c in template.components[1]["cards"]]
    assert [rig.twin.twin.uploads.handles[h].content for h in handles] == [photo(), photo(200, 200)]
    kept = [c["components"][0]["example"]["media_id"] for c in made["components"][1]["cards"]]
    assert kept == [one, two]


async def test_what_breaks_the_rules_of_cards_names_field_and_limit(rig: Rig, shop: Shop):
    file = await kept_file(rig, shop, photo())
    odd = card(file)
    odd["components"][2]["buttons"] = [{"type": "URL", "text": "Ver", "url": "https://example.com"}]
    empty = card(file)
    empty["components"][0].pop("example")
    broken = carousel(card(file), odd, empty, card(file, "a\nb\nc\nd"))
    broken["components"].append({"type": "FOOTER", "text": "Sol"})
    status, refusal = await ask(rig, shop, "POST", "", broken)
    assert status == 422
    assert {(one["field"], one["code"], one.get("limit")) for one in refusal["errors"]} == {
        ("carousel.cards.1.components", "cards_differ", None),
        ("carousel.cards.2.header.example", "file_example_missing", None),
        ("carousel.cards.3.body.text", "too_many_line_breaks", 2),
        ("footer", "not_beside_cards", None),
    }
    status, refusal = await ask(rig, shop, "POST", "", carousel(card(file)))
    assert ("carousel.cards", "not_enough", 2) in {
        (one["field"], one["code"], one.get("limit")) for one in refusal["errors"]
    }


async def test_the_form_takes_a_file_and_shows_it(rig: Rig, shop: Shop):
    status, drawn = await sent(
        rig, shop, "/templates/check?redraw=1", FORM, {"header_file_new": photo()}, **{"hx-request": "true"}
    )
    assert status == 200
    assert 'id="draft"' in drawn
    assert 'hx-swap-oob="true"' in drawn
    media_id = drawn.split('name="header_file" value="')[1].split('"')[0]
    assert f'<img src="/media/{media_id}" alt=' in drawn
    status, _ = await sent(rig, shop, "/templates", FORM | {"header_file": media_id}, {})
    assert status == 200
    _, listed = await ask(rig, shop, "GET")
    assert listed["templates"][0]["components"][0]["example"] == {"media_id": media_id}


async def test_without_script_the_form_and_its_file_go_in_one_step(rig: Rig, shop: Shop):
    await sent(rig, shop, "/templates", FORM, {"header_file_new": photo()})
    assert account(rig, shop).templates[0].components[0]["format"] == "IMAGE"


async def test_a_file_that_is_none_for_it_is_told_at_its_field(rig: Rig, shop: Shop):
    status, drawn = await sent(rig, shop, "/templates?lang=en", FORM, {"header_file_new": b"kein Bild"})
    assert status == 422
    assert "JPEG or PNG, 5 MB at most." in drawn
    assert 'aria-invalid="true"' in drawn
    assert account(rig, shop).templates == []


async def test_a_carousel_is_filled_in_card_by_card_and_changed_later(rig: Rig, shop: Shop):
    files = {"card_0_file_new": photo(), "card_1_file_new": photo(200, 200)}
    await sent(rig, shop, "/templates", CARDS, files)
    [template] = account(rig, shop).templates
    assert [part["type"] for part in template.components] == ["BODY", "CAROUSEL"]
    decide(rig.twin.twin, account(rig, shop), template, "REJECTED")
    await sync(rig, shop)
    _, listed = await ask(rig, shop, "GET")
    where = f"/templates/{listed['templates'][0]['id']}"
    _, shown = await page(rig, shop, where)
    kept = [shown.split(f'name="card_{n}_file" value="')[1].split('"')[0] for n in (0, 1)]
    changed = CARDS | {"card_0_file": kept[0], "card_1_file": kept[1], "card_1_body": "De limón"}
    await sent(rig, shop, where, changed, {})
    assert account(rig, shop).templates[0].components[1]["cards"][1]["components"][1]["text"] == "De limón"


async def test_the_photo_of_a_number_is_changed(rig: Rig, shop: Shop):
    form = aiohttp.FormData()
    form.add_field("file", photo(640, 640), filename="logo.png", content_type="image/png")
    url = f"{rig.url}/api/whatsapp/numbers/{shop.number_id}/profile/photo"
    async with rig.http.put(url, data=form, headers=rig.bearer(shop)) as answer:
        assert answer.status == 204
    async with rig.http.get(url.removesuffix("/photo"), headers=rig.bearer(shop)) as answer:
        assert (await answer.json())["has_photo"] is True


@pytest.mark.parametrize(
    ("content", "code"),
    [(photo(100, 100), "photo_too_small"), (b"GIF89a" + bytes(50), "file_type_refused"), (b"", "file_empty")],
)
async def test_what_is_no_photo_for_a_number_is_refused(rig: Rig, shop: Shop, content: bytes, code: str):
    form = aiohttp.FormData()
    form.add_field("file", content, filename="logo.png", content_type="image/png")
    url = f"{rig.url}/api/whatsapp/numbers/{shop.number_id}/profile/photo"
    async with rig.http.put(url, data=form, headers=rig.bearer(shop)) as answer:
        assert (answer.status, (await answer.json())["code"]) == (422, code)


async def test_looking_at_a_draft_says_that_its_file_is_another_business_s_or_nobody_s(rig: Rig, shop: Shop):
    stranger = await rig.shop(enabled=False)
    foreign = await kept_file(rig, stranger, photo())
    own = await kept_file(rig, shop, photo())
    said = []
    for media_id in (foreign, str(uuid4()), own):
        status, answer = await ask(rig, shop, "POST", "/check", with_header(media_id))
        assert status == 200
        said.append([(one["rule"], one["field"]) for one in answer["findings"] if one["severity"] == "error"])
    assert said == [[("file_gone", "header.example")]] * 2 + [[]]
