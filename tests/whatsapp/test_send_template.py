"""When the 24 hours are over, an approved template is proposed in the conversation, filled in and sent."""

import re
from typing import Any
from uuid import UUID

import pytest
from aiohttp import FormData
from test_message_templates import page
from test_template_sync import at_meta, sync

from builders import files
from rig import Rig, Shop, eventually
from wacloud.modules.whatsapp.domain.message_template import KeptTemplate
from wacloud.modules.whatsapp.domain.template_blanks import blanks_of, fill_in

PERSON = "34600111222"
READY = {
    "type": "BODY",
    "text": "Hola {{first_name}}, tu {{order}} está listo en la tienda.",
    "example": {
        "body_text_named_params": [
            {"param_name": "first_name", "example": "Ana"},
            {"param_name": "order", "example": "tarta"},
        ]
    },
}
PICTURE = [
    {"type": "HEADER", "format": "IMAGE"},
    {"type": "BODY", "text": "Mira esto."},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "QUICK_REPLY", "text": "Lo quiero"},
            {"type": "URL", "text": "Ver", "url": "https://shop.example/{{1}}", "example": ["https://shop.example/a"]},
            {"type": "COPY_CODE", "example": "PAN10"},
        ],
    },
]
CARDS = [{"type": "BODY", "text": "Mira."}, {"type": "CAROUSEL", "cards": []}]


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    shop = await rig.shop(enabled=False)
    at_meta(rig, shop, "pedido_listo", components=[READY], parameter_format="NAMED")
    at_meta(rig, shop, "foto", components=PICTURE)
    at_meta(rig, shop, "tres_tartas", components=CARDS)
    await sync(rig, shop)
    return shop


async def closed(rig: Rig, shop: Shop) -> UUID:
    conversation = await rig.heard(shop, PERSON)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.conversations set last_inbound_at = now() - interval '25 hours' where business_id = %s",
            (shop.business_id,),
        )
    return conversation


async def test_a_closed_conversation_proposes_what_can_be_filled_in_here(rig: Rig, shop: Shop):
    conversation = await closed(rig, shop)
    assert f'href="/inbox/{conversation}/template"' in (await page(rig, shop, f"/inbox/{conversation}"))[1]
    status, told = await page(rig, shop, f"/inbox/{conversation}/template")
    assert (status, "pedido listo" in told, "foto" in told, "tres tartas" in told) == (200, True, True, False)
    assert "Hay 1 más" in told


async def test_a_template_is_filled_in_and_reaches_the_phone_and_reads_so_in_the_thread(rig: Rig, shop: Shop):
    conversation = await closed(rig, shop)
    chosen = await form_of(rig, shop, conversation, "pedido listo")
    form = {"key": "template-key-1", "blank.body.first_name": "Rosa", "blank.body.order": ""}
    status, told = await page(rig, shop, chosen, form)
    assert (status, 'value="Rosa"' in told, 'aria-invalid="true"' in told) == (422, True, True)
    for _ in range(2):  # a double click sends it once
        status, _ = await page(rig, shop, chosen, {**form, "blank.body.order": "roscón"}, **{"hx-request": "true"})
        assert status == 204

    async def at_the_phone() -> bool:
        return [(m.kind, m.state in ("sent", "delivered", "read")) for m in await rig.messages(shop, "out")] == [
            ("template", True)
        ]

    await eventually(at_the_phone)
    thread = await rig.house.whatsapp.inbox.thread(shop.user_id, shop.business_id, conversation)
    assert thread is not None
    assert thread.messages[-1].body == "Hola Rosa, tu roscón está listo en la tienda."
    shown = (await page(rig, shop, f"/inbox/{conversation}"))[1]
    assert "Hola Rosa, tu roscón está listo en la tienda.</div>" in shown
    assert "Plantilla: pedido listo" in shown


async def form_of(rig: Rig, shop: Shop, conversation: UUID, name: str) -> str:
    """Where the template of this name is filled in."""
    found = (await page(rig, shop, f"/inbox/{conversation}/template"))[1]
    chosen = re.search(rf'href="(/inbox/[^"]+/template/[^"]+)"(?:(?!</a>).)*<strong>{name}', found, re.DOTALL)
    assert chosen is not None
    return chosen[1]


async def test_a_picture_a_link_and_a_code_are_filled_in_and_the_file_stays_through_an_error(rig: Rig, shop: Shop):
    conversation = await closed(rig, shop)
    path = await form_of(rig, shop, conversation, "foto")
    form = FormData()
    form.add_field("key", "template-key-2")
    form.add_field("blank.copy_code.2", "PAN10")
    form.add_field("blank.url.1", "")
    form.add_field("blank.file.image.new", files.jpeg(), filename="tarta.jpg", content_type="image/jpeg")
    async with rig.http.post(f"{rig.url}{path}", headers=rig.bearer(shop), data=form) as answer:
        assert answer.status == 422
        told = await answer.text()
    kept_file = re.search(r'name="blank.file.image" value="([0-9a-f-]{36})"', told)
    assert kept_file is not None
    again = {"key": "template-key-2", "blank.file.image": kept_file[1], "blank.copy_code.2": "PAN10"}
    status, _ = await page(rig, shop, path, {**again, "blank.url.1": "roscon"}, **{"hx-request": "true"})
    assert status == 204

    async def sent() -> Any:
        mine = await rig.messages(shop, "out")
        return mine and mine[-1].state in ("sent", "delivered", "read") and mine[-1]

    [header, link, code] = (await eventually(sent)).content["template"]["components"]
    assert header["parameters"][0]["type"] == "image"
    assert (link["index"], link["parameters"]) == ("1", [{"type": "text", "text": "roscon"}])
    assert (code["sub_type"], code["parameters"][0]["coupon_code"]) == ("copy_code", "PAN10")


@pytest.mark.parametrize("file", ["not-an-id", "019ab000-0000-7000-8000-000000000003"])
async def test_a_file_that_is_not_there_is_refused(rig: Rig, shop: Shop, file: str):
    conversation = await closed(rig, shop)
    path = await form_of(rig, shop, conversation, "foto")
    form = {"key": "template-key-3", "blank.file.image": file, "blank.copy_code.2": "A", "blank.url.1": "b"}
    assert (await page(rig, shop, path, form))[0] in (404, 422)
    assert await rig.messages(shop, "out") == []


async def test_nobody_sends_the_template_of_another_business(rig: Rig, shop: Shop):
    conversation = await closed(rig, shop)
    chosen = re.search(r"/template/([0-9a-f-]{36})", (await page(rig, shop, f"/inbox/{conversation}/template"))[1])
    assert chosen is not None
    other = await rig.shop(enabled=False)
    theirs = await rig.heard(other, PERSON)
    assert (await page(rig, other, f"/inbox/{theirs}/template/{chosen[1]}"))[0] == 404
    assert (await page(rig, other, f"/inbox/{conversation}/template"))[0] == 404


def kept(components: list[dict[str, Any]], **more: Any) -> KeptTemplate:
    empty: dict[str, Any] = dict.fromkeys(KeptTemplate.__slots__)
    return KeptTemplate(**{**empty, "name": "x", "language": "es", "components": components, "history": (), **more})


@pytest.mark.parametrize(
    "button",
    [{"type": "FLOW"}, {"type": "TELEPORT"}],
    ids=["a form", "what nobody knows yet"],
)
def test_what_a_small_form_cannot_ask_for_is_not_offered(button: dict[str, Any]):
    body = {"type": "BODY", "text": "Hola {{1}}, mira."}
    assert blanks_of(kept([body, {"type": "BUTTONS", "buttons": [button]}])) is None
    plain = kept([body, {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Sí"}]}])
    assert [one.field for one in blanks_of(plain) or ()] == ["blank.body.1"]
    assert fill_in(plain, {"blank.body.1": "Ana"})["components"] == [
        {"type": "body", "parameters": [{"type": "text", "text": "Ana"}]}
    ]
