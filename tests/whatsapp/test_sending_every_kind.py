"""Every kind of message WhatsApp has is sent as Meta wants it, and what Meta would refuse is refused before."""

import copy
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from builders.files import jpeg, upload
from rig import Rig, Shop, eventually
from wacloud.modules.whatsapp.ui.send_examples import BODIES, FILE, INTO, MESSAGE
from wacloud.shared.ui.problems import RULES
from wacloud.twins.graph.world import Template

PERSON = "34600111222"
PICKUP = Template(
    name="pickup_ready",
    language="es",
    parameter_format="NAMED",
    components=[
        {"type": "BODY", "text": "Hola {{first_name}}, su pedido está listo."},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Gracias"}]},
    ],
)


async def post(rig: Rig, shop: Shop, body: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any]]:
    """`POST /api/whatsapp/send` as the shop's owner."""
    async with rig.http.post(
        f"{rig.url}/api/whatsapp/send", json=body, headers={**rig.bearer(shop), **headers}
    ) as answer:
        return answer.status, await answer.json(content_type=None)


def at_meta(rig: Rig, shop: Shop) -> list[Any]:
    """What the twin took from the shop's number, and lies on somebody's phone."""
    return [
        bubble
        for thread in rig.twin.twin.threads.all()
        if thread.number.phone_number_id == shop.phone_number_id
        for bubble in thread.bubbles
        if not bubble.is_inbound
    ]


def templates(rig: Rig, shop: Shop, *some: Template) -> None:
    """Approved for the shop."""
    waba = next(waba for waba in rig.twin.twin.world.wabas if waba.waba_id == shop.waba_id)
    waba.templates[:] = list(some)


async def writes(rig: Rig, shop: Shop, text: str = "hola") -> tuple[UUID, str]:
    """Somebody writes with their phone, so that Meta knows their message too; its conversation and id."""
    control = f"{rig.house.settings.meta_graph_url}/_twin"
    await rig.http.post(f"{control}/customers", json={"name": "Rosa", "wa_id": PERSON})
    message = {"type": "text", "text": {"body": text}}
    told = {"phone_number_id": shop.phone_number_id, "customer": PERSON, "message": message}
    async with rig.http.post(f"{control}/inbound", json=told) as answer:
        assert answer.status == 200, await answer.text()
    row = (await eventually(lambda: rig.messages(shop)))[-1]
    return row.conversation_id, str(row.id)


def put_in(value: Any, ids: dict[str, str]) -> Any:
    """An example with the ids of this test."""
    if isinstance(value, dict):
        return {key: put_in(one, ids) for key, one in value.items()}
    if isinstance(value, list):
        return [put_in(one, ids) for one in value]
    return ids.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", BODIES)
async def test_every_example_of_the_description_is_accepted_and_reaches_the_phone(rig: Rig, name: str):
    shop = await rig.shop(enabled=False)
    conversation_id, message_id = await writes(rig, shop)
    templates(rig, shop, PICKUP)
    ids = {INTO["conversation_id"]: str(conversation_id), MESSAGE: message_id, "700800900100200": shop.phone_number_id}
    if FILE in str(BODIES[name]):
        _, file = await upload(rig, shop, jpeg(), "tarta.jpg", "image/jpeg")
        ids[FILE] = file["id"]
    status, answer = await post(rig, shop, put_in(BODIES[name], ids))
    assert status == 202, answer
    sent = await rig.becomes(shop, answer["message_id"], "sent", "delivered", "failed")
    assert (sent.state in ("sent", "delivered"), sent.error) == (True, None)
    if sent.kind == "reaction":
        assert await eventually(lambda: is_reacted(rig, shop, message_id, sent.body or None))
        return
    [bubble] = at_meta(rig, shop)
    assert bubble.type == BODIES[name]["type"]
    if name == "reply":
        assert bubble.reply_to == (await rig.one(shop, message_id)).wamid
    if name in ("buttons", "list", "carousel", "form", "products", "contacts", "location", "template"):
        assert bubble.content == put_in(BODIES[name][bubble.type], ids)


async def is_reacted(rig: Rig, shop: Shop, message_id: str, emoji: str | None) -> bool:
    row = await rig.one(shop, message_id)
    return row.reactions is not None and row.reactions["business"]["emoji"] == (emoji or "")


async def test_a_picture_of_ours_stands_above_buttons_and_in_a_template(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id, _ = await writes(rig, shop)
    head = {"type": "HEADER", "format": "IMAGE"}
    templates(rig, shop, Template(name="nuevo", language="es", components=[head, {"type": "BODY", "text": "Hola"}]))
    _, file = await upload(rig, shop, jpeg(), "tarta.jpg", "image/jpeg")
    into = {"conversation_id": str(conversation_id)}
    buttons = copy.deepcopy(BODIES["buttons"]) | into
    buttons["interactive"]["header"] = {"type": "image", "image": {"media_id": file["id"]}}
    shown = {"type": "image", "image": {"media_id": file["id"]}}
    template = {
        **into,
        "type": "template",
        "template": {
            "name": "nuevo",
            "language": {"code": "es"},
            "components": [{"type": "header", "parameters": [shown]}],
        },
    }
    for body in (buttons, template):
        status, answer = await post(rig, shop, body)
        assert status == 202, answer
        sent = await rig.becomes(shop, answer["message_id"], "sent", "delivered", "failed")
        assert sent.error is None
    first, second = at_meta(rig, shop)
    assert rig.twin.twin.media.find(first.content["header"]["image"]["id"], rig.twin.twin.clock())
    assert second.content["components"][0]["parameters"][0]["image"]["id"] == first.content["header"]["image"]["id"]


CARD = {
    "components": [
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "BODY", "text": "Tarta {{1}}"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "La quiero"}]},
    ]
}
OFFER = Template(
    name="rebajas",
    language="es",
    category="MARKETING",
    components=[
        {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Acaba pronto", "has_expiration": True}},
        {"type": "BODY", "text": "Solo para {{1}}"},
        {"type": "CAROUSEL", "cards": [CARD, CARD]},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "COPY_CODE"},
                {"type": "URL", "text": "Ver", "url": "https://example.com/{{1}}"},
                {"type": "FLOW", "text": "Abrir"},
            ],
        },
    ],
)


def button(sub_type: str, index: int, **parameter: Any) -> dict[str, Any]:
    """The values of a button."""
    return {"type": "button", "sub_type": sub_type, "index": str(index), "parameters": [parameter]}


def card(index: int) -> dict[str, Any]:
    """The values of a card."""
    return {
        "card_index": index,
        "components": [
            {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://cdn.example.com/a.jpg"}}]},
            {"type": "body", "parameters": [{"type": "text", "text": f"de {index}"}]},
            button("quick_reply", 0, type="payload", payload="QUIERO"),
        ],
    }


async def test_a_template_with_cards_an_offer_and_buttons_is_filled_in_whole(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    templates(rig, shop, OFFER)
    ends = {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": 1_900_000_000_000}}
    components = [
        {"type": "limited_time_offer", "parameters": [ends]},
        {"type": "body", "parameters": [{"type": "text", "text": "Rosa"}]},
        {"type": "carousel", "cards": [card(0), card(1)]},
        button("copy_code", 0, type="coupon_code", coupon_code="SOL10"),
        button("url", 1, type="text", text="rosa"),
        button("flow", 2, type="action", action={"flow_token": "t", "flow_action_data": {"a": 1}}),
    ]
    told = {"name": "rebajas", "language": {"code": "es"}, "components": components}
    body = {"conversation_id": str(conversation_id), "type": "template", "category": "marketing", "template": told}
    status, answer = await post(rig, shop, body)
    assert status == 202, answer
    sent = await rig.becomes(shop, answer["message_id"], "sent", "delivered", "failed")
    assert sent.error is None
    assert at_meta(rig, shop)[-1].content == told
    told["components"] = components[:2] + components[3:]
    _, answer = await post(rig, shop, body)
    assert (await rig.becomes(shop, answer["message_id"], "failed", "sent", "delivered")).reason == "meta:132000"


LONG = "x" * 1025
WRONG: list[tuple[str, dict[str, Any], dict[str, tuple[str, Any]]]] = [
    ("no text", {"type": "text", "text": {"body": " "}}, {"text.body": ("text_missing", None)}),
    (
        "an unfilled text",
        {"type": "text", "text": {"body": "Hola {{ contact.name }}, ya está"}},
        {"text.body": ("variable_not_filled", None)},
    ),
    ("a long text", {"type": "text", "text": {"body": "x" * 4097}}, {"text.body": ("text_too_long", 4096)}),
    (
        "a caption",
        {"type": "image", "image": {"link": "https://a.example/b.jpg", "caption": LONG}},
        {"image.caption": ("text_too_long", 1024)},
    ),
    ("no file", {"type": "image", "image": {}}, {"image": ("exactly_one", None)}),
    ("http", {"type": "video", "video": {"link": "http://a.example/b"}}, {"video.link": ("not_a_link", None)}),
    (
        "nowhere",
        {"type": "location", "location": {"latitude": 91, "longitude": -181}},
        {"location.latitude": ("out_of_range", 90), "location.longitude": ("out_of_range", 180)},
    ),
    (
        "a card without a name",
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "Ana"}}]},
        {"contacts.0.name.first_name": ("name_part_missing", None)},
    ),
    (
        "two emoji in words",
        {"type": "reaction", "reaction": {"message_id": MESSAGE, "emoji": "ok"}},
        {"reaction.emoji": ("not_an_emoji", None)},
    ),
    (
        "four buttons, all wrong",
        {
            "type": "interactive",
            "interactive": {
                "type": "button",
                "header": {"type": "text", "text": "h" * 61},
                "body": {"text": LONG},
                "footer": {"text": "f" * 61},
                "action": {
                    "buttons": [{"reply": {"id": "a", "title": "t" * 21}}] + [{"reply": {"id": "a", "title": "b"}}] * 3
                },
            },
        },
        {
            "interactive.header.text": ("text_too_long", 60),
            "interactive.body.text": ("text_too_long", 1024),
            "interactive.footer.text": ("text_too_long", 60),
            "interactive.action.buttons": ("too_many", 3),
            "interactive.action.buttons.0.reply.title": ("text_too_long", 20),
            "interactive.action.buttons.1.reply.id": ("not_unique", None),
            "interactive.action.buttons.3.reply.title": ("not_unique", None),
        },
    ),
    (
        "a list of eleven",
        {
            "type": "interactive",
            "interactive": {
                "type": "list",
                "header": {"type": "image", "image": {"link": "https://a.example/b.jpg"}},
                "body": {"text": "?"},
                "action": {
                    "button": "b" * 21,
                    "sections": [
                        {"rows": [{"id": str(n), "title": "t" * 25} for n in range(11)]},
                        {"title": "s" * 25, "rows": []},
                    ],
                },
            },
        },
        {
            "interactive.header.type": ("not_allowed", None),
            "interactive.action.button": ("text_too_long", 20),
            "interactive.action.sections.0.title": ("text_missing", None),
            "interactive.action.sections.0.rows.10.title": ("text_too_long", 24),
            "interactive.action.sections.1.title": ("text_too_long", 24),
            "interactive.action.sections.1.rows": ("not_enough", 1),
            "interactive.action.sections": ("too_many_rows", 10),
        },
    ),
    (
        "a link nowhere",
        {
            "type": "interactive",
            "interactive": {
                "type": "cta_url",
                "body": {"text": "?"},
                "action": {"parameters": {"display_text": "", "url": "javascript:alert(1)"}},
            },
        },
        {
            "interactive.action.parameters.display_text": ("text_missing", None),
            "interactive.action.parameters.url": ("not_a_link", None),
        },
    ),
    (
        "a form of two names",
        {
            "type": "interactive",
            "interactive": {
                "type": "flow",
                "body": {"text": "?"},
                "action": {
                    "parameters": {"flow_id": "1", "flow_name": "a", "flow_cta": "Abrir 🎉", "flow_action": "navigate"}
                },
            },
        },
        {
            "interactive.action.parameters.flow_id": ("exactly_one", None),
            "interactive.action.parameters.flow_cta": ("emoji_not_allowed", None),
            "interactive.action.parameters.flow_action_payload.screen": ("text_missing", None),
        },
    ),
    (
        "products without a header",
        {
            "type": "interactive",
            "interactive": {
                "type": "product_list",
                "body": {"text": "?"},
                "action": {
                    "catalog_id": "7",
                    "sections": [{"product_items": [{"product_retailer_id": str(n)} for n in range(31)]}],
                },
            },
        },
        {
            "interactive.header": ("text_missing", None),
            "interactive.action.sections": ("too_many_rows", 30),
        },
    ),
    (
        "one card",
        {
            "type": "interactive",
            "interactive": {
                "type": "carousel",
                "body": {"text": "?"},
                "action": {
                    "cards": [
                        {
                            "card_index": 1,
                            "type": "cta_url",
                            "header": {"type": "image", "image": {"media_id": FILE}},
                            "body": {"text": "a\nb\nc\nd"},
                            "action": {},
                        }
                    ]
                },
            },
        },
        {
            "interactive.action.cards": ("not_enough", 2),
            "interactive.action.cards.0.card_index": ("out_of_order", 0),
            "interactive.action.cards.0.header.image.media_id": ("not_allowed", None),
            "interactive.action.cards.0.body.text": ("too_many_line_breaks", 2),
            "interactive.action.cards.0.action.parameters": ("text_missing", None),
        },
    ),
    (
        "a call of two months",
        {
            "type": "interactive",
            "interactive": {
                "type": "voice_call",
                "body": {"text": "?"},
                "action": {"parameters": {"display_text": "d" * 21, "ttl_minutes": 43_201}},
            },
        },
        {
            "interactive.action.parameters.display_text": ("text_too_long", 20),
            "interactive.action.parameters.ttl_minutes": ("out_of_range", 43_200),
        },
    ),
    (
        "an address nowhere",
        {
            "type": "interactive",
            "interactive": {
                "type": "address_message",
                "body": {"text": "?"},
                "action": {"parameters": {"country": "india"}},
            },
        },
        {"interactive.action.parameters.country": ("not_a_country", None)},
    ),
    (
        "a template",
        {
            "type": "template",
            "template": {
                "name": "Not A Name",
                "language": {"code": "español"},
                "components": [
                    {
                        "type": "body",
                        "parameters": [
                            {"type": "text", "parameter_name": "a", "text": "one\ntwo"},
                            {"type": "text", "text": "x"},
                            {"type": "image", "image": {"link": "https://a.example/b.jpg"}},
                        ],
                    },
                    {"type": "body"},
                    {"type": "button", "index": "0"},
                    {
                        "type": "button",
                        "sub_type": "copy_code",
                        "index": "1",
                        "parameters": [{"type": "coupon_code", "coupon_code": "c" * 21}],
                    },
                    {"type": "carousel", "cards": []},
                    {"type": "limited_time_offer"},
                ],
            },
        },
        {
            "template.name": ("not_a_name", None),
            "template.language.code": ("not_a_language", None),
            "template.components.0.parameters": ("mixed_names", None),
            "template.components.0.parameters.0.text": ("bad_white_space", None),
            "template.components.0.parameters.2.type": ("not_allowed", None),
            "template.components.1": ("not_unique", None),
            "template.components.2.sub_type": ("text_missing", None),
            "template.components.3.parameters.0.coupon_code": ("text_too_long", 20),
            "template.components.4.cards": ("not_enough", 2),
            "template.components.5.parameters": ("not_enough", 1),
        },
    ),
]


@pytest.mark.parametrize(("body", "faults"), [wrong[1:] for wrong in WRONG], ids=[wrong[0] for wrong in WRONG])
async def test_all_that_breaks_a_rule_is_told_at_once_and_nothing_is_queued(
    rig: Rig, body: dict[str, Any], faults: dict[str, tuple[str, Any]]
):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    status, problem = await post(
        rig, shop, {"conversation_id": str(conversation_id), **body}, **{"accept-language": "es"}
    )
    assert (status, problem["code"]) == (422, "message_refused"), problem
    told = {error["field"]: (error["code"], error.get("limit")) for error in problem["errors"]}
    assert faults.items() <= told.items(), told
    assert all(error["message"] and "%(" not in error["message"] for error in problem["errors"])
    assert len(await rig.messages(shop)) == 1


@pytest.mark.parametrize("name", BODIES)
def test_the_table_of_kinds_shows_each_body(name: str):
    """`docs/sending.md` and the description of the API are one."""
    body = {key: value for key, value in BODIES[name].items() if key != "conversation_id"}
    told = (Path(__file__).resolve().parents[2] / "docs/sending.md").read_text()
    assert f"| {name} | `{json.dumps(body, ensure_ascii=False)}` |" in told


def test_every_rule_has_words():
    """Whatever the domain calls broken is a sentence for people."""
    broken = {code for _, _, faults in WRONG for code, _ in faults.values()}
    assert broken <= RULES.keys()


@pytest.mark.parametrize(
    ("recipient", "field"),
    [
        ({}, "conversation_id"),
        ({"to": "600111222", "phone_number_id": "1"}, "to"),
        ({"to": "+34600111222", "conversation_id": str(uuid4())}, "conversation_id"),
    ],
)
async def test_a_message_goes_to_a_conversation_or_to_a_person_from_a_number(rig: Rig, recipient, field):
    shop = await rig.shop(enabled=False)
    status, problem = await post(rig, shop, {**recipient, "type": "text", "text": {"body": "Hola"}})
    assert (status, problem["code"]) == (422, "message_refused")
    assert field in {error["field"] for error in problem["errors"]}


@pytest.mark.parametrize("to", ["+34 600 555 666", "ES.9f3k20xx17"])
async def test_a_template_is_the_first_message_to_somebody_who_never_wrote(rig: Rig, to: str):
    shop = await rig.shop(enabled=False)
    templates(rig, shop, PICKUP)
    body = {**BODIES["template"], "to": to, "phone_number_id": shop.phone_number_id}
    answers = [await post(rig, shop, body) for _ in range(2)]
    assert {status for status, _ in answers} == {202}, answers
    rows = [await rig.becomes(shop, answer["message_id"], "sent", "delivered", "failed") for _, answer in answers]
    # One person is one contact and one conversation, whoever writes first.
    assert len({row.conversation_id for row in rows}) == 1
    if to.startswith("+"):
        assert await rig.heard(shop, "34600555666") == rows[0].conversation_id
        assert {row.state for row in rows} <= {"sent", "delivered"}


async def test_who_never_wrote_gets_nothing_but_a_template_and_is_no_contact_by_it(rig: Rig):
    shop = await rig.shop(enabled=False)
    into = {"to": "+34600555666", "phone_number_id": shop.phone_number_id}
    status, problem = await post(rig, shop, {**into, "type": "text", "text": {"body": "Hola"}})
    assert (status, problem["code"]) == (409, "outside_service_window")
    contacts = await rig.rows(shop, "select from app.contacts where business_id = %s", (shop.business_id,))
    assert contacts == []


async def test_a_number_of_another_business_is_none(rig: Rig):
    shop, other = await rig.shop(enabled=False), await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    for number in (other.phone_number_id, "123"):
        status, problem = await post(rig, shop, {**BODIES["template"], "phone_number_id": number})
        assert (status, problem["code"]) == (404, "number_unknown")
        into = {"conversation_id": str(conversation_id), "phone_number_id": number}
        status, problem = await post(rig, shop, {**into, "type": "text", "text": {"body": "Hola"}})
        assert (status, problem["code"]) == (404, "number_unknown")


async def test_a_marketing_template_is_not_sent_to_who_stopped_promotions(rig: Rig):
    shop = await rig.shop(enabled=False)
    templates(rig, shop, PICKUP)
    conversation_id = await rig.heard(shop)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.contacts set marketing_stopped_at = now() where business_id = %s", (shop.business_id,)
        )
    template = {"conversation_id": str(conversation_id), "type": "template", "template": BODIES["template"]["template"]}
    status, problem = await post(rig, shop, {**template, "category": "marketing"})
    assert (status, problem["code"]) == (409, "marketing_stopped")
    status, answer = await post(rig, shop, {**template, "category": "utility"})
    assert status == 202
    await rig.becomes(shop, answer["message_id"], "sent", "delivered")


async def test_a_template_and_a_reaction_leave_the_assistant_in_charge_and_other_messages_do_not(rig: Rig):
    shop = await rig.shop(enabled=False)
    templates(rig, shop, PICKUP)
    conversation_id, message_id = await writes(rig, shop)
    into = {"conversation_id": str(conversation_id)}

    async def handler() -> str:
        [row] = await rig.rows(
            shop, "select handler from app.conversations where business_id = %s", (shop.business_id,)
        )
        return str(row.handler)

    await rig.settled(shop, webhooks=1)
    before = await handler()
    reaction = {**into, "type": "reaction", "reaction": {"message_id": message_id, "emoji": "👍"}}
    template = {**into, "type": "template", "template": BODIES["template"]["template"]}
    for body in (reaction, template):
        status, _ = await post(rig, shop, body)
        assert (status, await handler()) == (202, before)
    await post(rig, shop, {**BODIES["buttons"], **into})
    assert await handler() == "person"


async def test_a_reply_answers_only_what_is_in_the_conversation_and_at_meta(rig: Rig):
    shop = await rig.shop(enabled=False)
    rosa, _ = await writes(rig, shop)
    paco = await rig.heard(shop, "34600333444")
    of_paco = next(row.id for row in await rig.messages(shop) if row.conversation_id == paco)
    for unknown in (of_paco, uuid4()):
        body = {"conversation_id": str(rosa), "type": "text", "reply_to": str(unknown), "text": {"body": "Sí"}}
        status, problem = await post(rig, shop, body)
        assert (status, problem["code"], problem["field"]) == (404, "message_unknown", "reply_to")
    rig.misbehave(shop, times=None, error_code=131016)
    _, waiting = await rig.send(shop, rosa, "uno")
    body = {"conversation_id": str(rosa), "type": "text", "reply_to": waiting["message_id"], "text": {"body": "Sí"}}
    _, problem = await post(rig, shop, body)
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [("reply_to", "not_sent_yet")]


async def test_a_key_used_again_for_other_buttons_is_refused(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    body = copy.deepcopy(BODIES["buttons"]) | {"conversation_id": str(conversation_id)}
    key = {"idempotency-key": "pedido-4711"}
    first, again = [await post(rig, shop, body, **key) for _ in range(2)]
    assert first == again
    body["interactive"]["action"]["buttons"][0]["reply"]["title"] = "12:00"
    status, problem = await post(rig, shop, body, **key)
    assert (status, problem["code"]) == (422, "idempotency_key_reused")


async def test_a_tap_on_the_phone_comes_back_as_the_answer_to_the_message(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id, _ = await writes(rig, shop)
    _, answer = await post(rig, shop, {**BODIES["list"], "conversation_id": str(conversation_id)})
    sent = await rig.becomes(shop, answer["message_id"], "delivered")
    tap = {"type": "tap", "message_id": sent.wamid, "id": "cut"}
    async with rig.http.post(
        f"{rig.house.settings.meta_graph_url}/_twin/inbound",
        json={"phone_number_id": shop.phone_number_id, "customer": PERSON, "message": tap},
    ) as told:
        assert told.status == 200

    async def look() -> Any:
        row = (await rig.messages(shop))[-1]
        return row if row.direction == "in" and row.kind == "interactive" else None

    came = await eventually(look)
    assert (came.body, came.refers_to, came.content["reply"]["id"]) == ("Corte", sent.wamid, "cut")


async def test_a_refused_reaction_is_not_shown_as_given(rig: Rig):
    shop = await rig.shop(enabled=False)
    # Meta never saw this message: it came without a phone.
    conversation_id = await rig.heard(shop)
    [row] = await rig.messages(shop)
    reaction = {"message_id": str(row.id), "emoji": "👍"}
    status, answer = await post(
        rig, shop, {"conversation_id": str(conversation_id), "type": "reaction", "reaction": reaction}
    )
    assert status == 202
    failed = await rig.becomes(shop, answer["message_id"], "failed")
    assert failed.reason == "meta:131009"
    assert not (await rig.one(shop, row.id)).reactions


async def test_a_template_that_failed_is_sent_again_after_the_window_closed(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    template = {"conversation_id": str(conversation_id), "type": "template", "template": BODIES["template"]["template"]}
    _, answer = await post(rig, shop, template)
    failed = await rig.becomes(shop, answer["message_id"], "failed")
    assert failed.reason == "meta:132001"
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.conversations set last_inbound_at = now() - interval '2 days' where business_id = %s",
            (shop.business_id,),
        )
    templates(rig, shop, PICKUP)
    async with rig.http.post(
        f"{rig.url}/inbox/messages/{failed.id}/send-again",
        headers={**rig.bearer(shop), "origin": rig.url, "hx-request": "true"},
    ) as answer_again:
        assert answer_again.status in (204, 303), await answer_again.text()
    await rig.becomes(shop, failed.id, "sent", "delivered")


async def test_an_unknown_field_is_refused_by_its_name(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    body = copy.deepcopy(BODIES["buttons"]) | {"conversation_id": str(conversation_id)}
    body["interactive"]["action"]["knopf"] = 1
    status, problem = await post(rig, shop, body)
    assert (status, problem["code"]) == (422, "invalid_request")
    assert any(error["field"].endswith("action.knopf") for error in problem["errors"]), problem
