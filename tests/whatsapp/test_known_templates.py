"""A template we know is looked at before it is queued; one that is paused meanwhile holds its messages, and says so."""

from types import SimpleNamespace
from typing import Any

import pytest
from test_message_templates import page
from test_sending_every_kind import post
from test_template_sync import account, at_meta, sync

from rig import Rig, Shop, eventually
from wacloud.modules.whatsapp.domain.template_blanks import fill_in, read_with
from wacloud.twins.graph.templates_endpoint import decide
from wacloud.twins.graph.world import Template

BODY = {"type": "BODY", "text": "Hola {{1}}, tu pedido {{2}} ya está listo."}
NAMED = {"type": "BODY", "text": "Hola {{nombre}}, tu pedido ya está listo."}
PICTURE = {"type": "HEADER", "format": "IMAGE"}
LINK = {"type": "URL", "text": "Ver", "url": "https://example.com/{{1}}"}
PLAIN_LINK = {"type": "URL", "text": "Ver", "url": "https://example.com/"}
CODE = {"type": "COPY_CODE", "example": "SOL10"}
REPLY = {"type": "QUICK_REPLY", "text": "Gracias"}
CALL = {"type": "PHONE_NUMBER", "text": "Llamar", "phone_number": "+34911222333"}
CARD = {"components": [PICTURE, {"type": "BODY", "text": "De {{1}}"}, {"type": "BUTTONS", "buttons": [REPLY]}]}
ROSA = {"type": "body", "parameters": [{"type": "text", "text": "Rosa"}, {"type": "text", "text": "7"}]}
MOVING = {"type": "header", "parameters": [{"type": "video", "video": {"link": "https://cdn.example.com/a.mp4"}}]}
SHOWN = {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://cdn.example.com/a.jpg"}}]}


def buttons(*some: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(some)}


def named(name: str) -> dict[str, Any]:
    return {"type": "body", "parameters": [{"type": "text", "parameter_name": name, "text": "Rosa"}]}


def button(index: int, kind: str, **parameter: Any) -> dict[str, Any]:
    return {"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]}


def cards(*some: list[dict[str, Any]]) -> dict[str, Any]:
    told = [{"card_index": n, "components": parts} for n, parts in enumerate(some)]
    return {"type": "carousel", "cards": told}


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def send(
    rig: Rig, shop: Shop, components: list[dict[str, Any]], name: str = "listo", **more: Any
) -> tuple[int, dict[str, Any]]:
    template = {"name": name, "language": {"code": "es"}, "components": components}
    body = {"to": "+34600111222", "phone_number_id": shop.phone_number_id, "type": "template", "template": template}
    return await post(rig, shop, body | more)


def faults(refusal: dict[str, Any]) -> list[tuple[str, str, Any]]:
    return [(one["field"], one["code"], one.get("limit")) for one in refusal.get("errors", ())]


AT = "template.components"
WRONG: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]], list[tuple[str, str, Any]]]] = [
    ("no values", [BODY], [], [(AT, "body_values", 2)]),
    (
        "too many",
        [BODY],
        [{**ROSA, "parameters": [*ROSA["parameters"], {"type": "text", "text": "x"}]}],
        [(f"{AT}.0.parameters", "body_values", 2)],
    ),
    (
        "names it has not",
        [NAMED],
        [named("name")],
        [(f"{AT}.0.parameters.0.parameter_name", "name_not_in_template", None)],
    ),
    ("a picture left out", [PICTURE, BODY], [ROSA], [(AT, "header_needs_image", None)]),
    (
        "a video for a picture",
        [PICTURE, BODY],
        [
            {"type": "header", "parameters": [{"type": "video", "video": {"link": "https://cdn.example.com/a.mp4"}}]},
            ROSA,
        ],
        [(f"{AT}.0.parameters", "header_needs_image", None)],
    ),
    ("a header it has not", [BODY], [SHOWN, ROSA], [(f"{AT}.0", "not_in_template", None)]),
    ("the end of a link left out", [BODY, buttons(LINK)], [ROSA], [(AT, "button_needs_value", 0)]),
    (
        "a link that takes none",
        [BODY, buttons(PLAIN_LINK)],
        [ROSA, button(0, "url", type="text", text="x")],
        [(f"{AT}.1.index", "button_takes_no_value", None)],
    ),
    (
        "a button of another kind",
        [BODY, buttons(CODE)],
        [ROSA, button(0, "quick_reply", type="payload", payload="x")],
        [(f"{AT}.1.sub_type", "button_of_other_kind", None)],
    ),
    (
        "a button it has not",
        [BODY, buttons(REPLY)],
        [ROSA, button(3, "quick_reply", type="payload", payload="x")],
        [(f"{AT}.1.index", "button_not_in_template", None)],
    ),
    ("a coupon left out", [BODY, buttons(CODE)], [ROSA], [(AT, "button_needs_value", 0)]),
    (
        "a call with a value",
        [BODY, buttons(CALL)],
        [ROSA, button(0, "voice_call", type="payload", payload="x")],
        [(f"{AT}.1.index", "button_takes_no_value", None)],
    ),
    (
        "other cards",
        [BODY, {"type": "CAROUSEL", "cards": [CARD, CARD, CARD]}],
        [ROSA, cards([SHOWN], [SHOWN])],
        [(f"{AT}.1.cards", "cards_of_template", 3)],
    ),
    (
        "a card without its value",
        [BODY, {"type": "CAROUSEL", "cards": [CARD, CARD]}],
        [ROSA, cards([SHOWN, {"type": "body", "parameters": [{"type": "text", "text": "pera"}]}], [SHOWN])],
        [(f"{AT}.1.cards.1.components", "body_values", 1)],
    ),
]
RIGHT: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]]]] = [
    ("values", [BODY], [ROSA]),
    ("a name", [NAMED], [named("nombre")]),
    (
        "a picture and a link",
        [PICTURE, BODY, buttons(LINK, CALL)],
        [SHOWN, ROSA, button(0, "url", type="text", text="7")],
    ),
    ("a reply without its payload", [BODY, buttons(REPLY)], [ROSA]),
]


@pytest.mark.parametrize(("components", "values", "told"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
async def test_values_a_template_has_no_blanks_for_are_refused(
    rig: Rig, shop: Shop, components: Any, values: Any, told: Any
):
    is_named = "NAMED" if NAMED in components else "POSITIONAL"
    at_meta(rig, shop, "listo", components=components, parameter_format=is_named)
    await sync(rig, shop)
    status, refusal = await send(rig, shop, values)
    assert (status, refusal["code"], faults(refusal)) == (422, "message_refused", told)
    assert all(one["message"] != "Esto no se acepta." for one in refusal["errors"])
    assert await rig.messages(shop, "out") == []
    assert await rig.rows(shop, "select 1 from app.contacts") == []


@pytest.mark.parametrize(("components", "values"), [one[1:] for one in RIGHT], ids=[one[0] for one in RIGHT])
async def test_values_that_fit_go_out(rig: Rig, shop: Shop, components: Any, values: Any):
    is_named = "NAMED" if NAMED in components else "POSITIONAL"
    at_meta(rig, shop, "listo", components=components, parameter_format=is_named)
    await sync(rig, shop)
    status, answer = await send(rig, shop, values)
    assert status == 202, answer
    assert (await rig.becomes(shop, answer["message_id"], "sent", "delivered", "failed")).error is None


async def test_what_a_program_sends_reads_in_the_thread_as_on_the_phone(rig: Rig, shop: Shop):
    above = {"type": "HEADER", "format": "TEXT", "text": "Pedido {{1}}"}
    text = {"type": "BODY", "text": "Ya está tu pedido {{2}}, {{1}}: son {{3}} en total."}
    at_meta(rig, shop, "listo", components=[above, text])
    await sync(rig, shop)
    amount = {"fallback_value": "9,50 €", "code": "EUR", "amount_1000": 9500}
    values = [
        {"type": "header", "parameters": [{"type": "text", "text": "A-7"}]},
        {**ROSA, "parameters": [*ROSA["parameters"], {"type": "currency", "currency": amount}]},
    ]
    status, answer = await send(rig, shop, values)
    assert status == 202, answer
    message = await rig.becomes(shop, answer["message_id"], "sent", "delivered", "failed")
    assert message.body == "Pedido A-7\nYa está tu pedido 7, Rosa: son 9,50 € en total."
    told = (await page(rig, shop, f"/inbox/{message.conversation_id}"))[1]
    assert "Ya está tu pedido 7, Rosa" in told
    assert "Plantilla: listo" in told


async def test_cards_are_shown_beside_the_text(rig: Rig, shop: Shop):
    at_meta(rig, shop, "listo", components=[BODY, {"type": "CAROUSEL", "cards": [CARD, CARD]}])
    await sync(rig, shop)
    pears, plums = (
        [SHOWN, {"type": "body", "parameters": [{"type": "text", "text": of}]}] for of in ("pera", "ciruela")
    )
    status, answer = await send(rig, shop, [ROSA, cards(pears, plums)])
    assert status == 202, answer
    message = await rig.becomes(shop, answer["message_id"], "sent", "delivered", "failed")
    told = (await page(rig, shop, f"/inbox/{message.conversation_id}"))[1]
    assert "Hola Rosa, tu pedido 7 ya está listo." in told
    assert "ciruela" in told


def test_values_are_sent_by_their_numbers_not_by_their_place_in_the_text():
    kept: Any = SimpleNamespace(
        name="listo", language="es", category="UTILITY", parameter_format="POSITIONAL",
        components=[{"type": "BODY", "text": "Tu pedido {{2}} ya está listo, {{1}}, cuando quieras."}],
    )  # fmt: skip
    sent = fill_in(kept, {"blank.body.1": "Rosa", "blank.body.2": "A-7"})["components"][0]["parameters"]
    assert [one["text"] for one in sent] == ["Rosa", "A-7"]
    assert read_with(kept, {"blank.body.1": "Rosa"}) == "Tu pedido {{2}} ya está listo, Rosa, cuando quieras."


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("PENDING", "template_in_review"),
        ("REJECTED", "template_rejected"),
        ("PAUSED", "template_paused"),
        ("DISABLED", "template_disabled"),
        ("ARCHIVED", "template_gone"),
    ],
)
async def test_a_template_meta_lets_nobody_send_is_refused(rig: Rig, shop: Shop, state: str, code: str):
    at_meta(rig, shop, "listo", status=state)
    await sync(rig, shop)
    _, refusal = await send(rig, shop, [])
    assert faults(refusal) == [("template.name", code, None)]


async def test_a_state_meta_has_invented_since_is_metas_to_decide(rig: Rig, shop: Shop):
    at_meta(rig, shop, "listo", components=[BODY]).status = "GLOWING"
    await sync(rig, shop)
    assert (await send(rig, shop, [ROSA]))[0] == 202


async def test_an_unknown_template_is_refused_where_the_list_was_read_and_goes_out_where_it_was_not(
    rig: Rig, shop: Shop
):
    at_meta(rig, shop, "otra", components=[BODY])
    assert (await send(rig, shop, [ROSA], "otra"))[0] == 202
    await sync(rig, shop)
    _, refusal = await send(rig, shop, [ROSA], "no_hay")
    assert faults(refusal) == [("template.name", "template_unknown", None)]
    account(rig, shop).templates.clear()
    await sync(rig, shop)
    _, refusal = await send(rig, shop, [ROSA], "otra")
    assert faults(refusal) == [("template.name", "template_gone", None)]


async def test_metas_category_counts_whatever_the_request_says(rig: Rig, shop: Shop):
    at_meta(rig, shop, "listo", category="MARKETING", components=[BODY])
    await sync(rig, shop)
    status, answer = await send(rig, shop, [ROSA], category="utility")
    assert status == 202
    row = await rig.one(shop, answer["message_id"])
    assert (row.category, row.bulk) == ("marketing", True)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.contacts set marketing_stopped_at = now() where business_id = %s", (shop.business_id,)
        )
    assert (await send(rig, shop, [ROSA], category="utility"))[1]["code"] == "marketing_stopped"


async def waiting(rig: Rig, shop: Shop) -> tuple[Template, str]:
    """A message that waits because its template was paused after it was queued."""
    template = at_meta(rig, shop, "listo", components=[BODY])
    await sync(rig, shop)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.phone_numbers set state = 'held', held_because = 'account_review' where business_id = %s",
            (shop.business_id,),
        )
    _, answer = await send(rig, shop, [ROSA])

    async def is_held() -> bool:
        return str((await rig.one(shop, answer["message_id"])).reason).startswith("number_held")

    await eventually(is_held)
    return template, answer["message_id"]


async def open_number(rig: Rig, shop: Shop) -> None:
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.phone_numbers set state = 'connected', held_because = null where business_id = %s",
            (shop.business_id,),
        )


async def test_a_message_whose_template_is_paused_waits_says_why_and_goes_when_it_is_lifted(rig: Rig, shop: Shop):
    template, message_id = await waiting(rig, shop)
    decide(rig.twin.twin, account(rig, shop), template, "PAUSED", title="FIRST_PAUSE")

    async def stands(status: str) -> bool:
        rows = await rig.rows(shop, "select status from app.message_templates")
        return [row.status for row in rows] == [status]

    await eventually(lambda: stands("PAUSED"))
    await open_number(rig, shop)

    async def is_told() -> bool:
        await rig.hurry(shop)
        row = await rig.one(shop, message_id)
        return (row.state, row.reason) == ("queued", "template_paused")

    await eventually(is_told)
    decide(rig.twin.twin, account(rig, shop), template, "APPROVED", title="UNPAUSED")
    await eventually(lambda: stands("APPROVED"))

    async def is_sent() -> bool:
        await rig.hurry(shop)
        return (await rig.one(shop, message_id)).state in ("sent", "delivered")

    await eventually(is_sent)


async def test_a_message_whose_template_is_disabled_meanwhile_fails_and_says_why(rig: Rig, shop: Shop):
    template, message_id = await waiting(rig, shop)
    decide(rig.twin.twin, account(rig, shop), template, "DISABLED")
    await sync(rig, shop)
    await open_number(rig, shop)

    async def is_told() -> bool:
        await rig.hurry(shop)
        row = await rig.one(shop, message_id)
        return (row.state, row.reason) == ("failed", "template_disabled")

    await eventually(is_told)
