"""Templates with rules of their own: offers that end, products, calls, codes an app fills in, asking for a phone."""

import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from test_message_templates import ask, page
from test_send_template import closed
from test_send_template import form_of as send_form_of
from test_sending_every_kind import post
from test_template_sync import account, at_meta, sync

from rig import Rig, Shop, eventually
from wacloud.modules.whatsapp.domain.message_template import Draft
from wacloud.modules.whatsapp.domain.template_lint import lint
from wacloud.modules.whatsapp.domain.template_products import products_in, sections_in
from wacloud.modules.whatsapp.ui.template_form import Filled, FilledCard
from wacloud.modules.whatsapp.ui.template_form_of import form_of
from wacloud.modules.whatsapp.ui.template_preview import preview_of
from wacloud.twins.graph.errors import GraphRefusal
from wacloud.twins.graph.template_rules import check_components
from wacloud.twins.graph.templates_endpoint import decide

Part = dict[str, Any]
BODY: Part = {"type": "BODY", "text": "Tenemos algo para ti. Si no quieres más, escribe BAJA."}
OFFER: Part = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Solo hoy", "has_expiration": True}}
COUPON: Part = {"type": "COPY_CODE", "example": "TARTA25"}
LINK: Part = {"type": "URL", "text": "Ver", "url": "https://example.com/tartas"}
CATALOG: Part = {"type": "CATALOG", "text": "View catalog"}
MPM: Part = {"type": "MPM", "text": "View items"}
SPM: Part = {"type": "SPM", "text": "View"}
CALL: Part = {"type": "VOICE_CALL", "text": "Llamar"}
CONTACT: Part = {"type": "REQUEST_CONTACT_INFO"}
TITLE: Part = {"type": "HEADER", "format": "TEXT", "text": "Nuestras tartas"}
PRODUCT: Part = {"type": "HEADER", "format": "PRODUCT"}
PLACE: Part = {"type": "HEADER", "format": "LOCATION"}
APP: Part = {"package_name": "com.panaderia.sol", "signature_hash": "K8a/AINcGX7"}
ONE_TAP: Part = {"type": "OTP", "otp_type": "ONE_TAP", "supported_apps": [APP]}
ZERO_TAP: Part = {**ONE_TAP, "otp_type": "ZERO_TAP", "zero_tap_terms_accepted": True}
CODE_BODY: Part = {"type": "BODY", "add_security_recommendation": True}


def buttons(*listed: Part) -> Part:
    return {"type": "BUTTONS", "buttons": list(listed)}


def cards(*listed: Sequence[Part]) -> Part:
    return {"type": "CAROUSEL", "cards": [{"components": list(parts)} for parts in listed]}


def marketing(*parts: Part, category: str = "MARKETING") -> Draft:
    return Draft("algo", "es", category, deepcopy(list(parts)))


def code(button: Part) -> Draft:
    return marketing(CODE_BODY, buttons(button), category="AUTHENTICATION")


FINE = [
    ("an offer that ends", marketing(OFFER, BODY, buttons(COUPON, LINK))),
    (
        "an offer without a countdown",
        marketing({**OFFER, "limited_time_offer": {"text": "Solo hoy"}}, BODY, buttons(LINK)),
    ),
    ("the catalogue", marketing(BODY, buttons(CATALOG))),
    ("several products", marketing(TITLE, BODY, buttons(MPM))),
    ("one product", marketing(PRODUCT, BODY, buttons(SPM))),
    ("a card for each product", marketing(BODY, cards([PRODUCT, buttons(SPM)], [PRODUCT, buttons(SPM)]))),
    ("product cards with a link", marketing(BODY, cards([PRODUCT, buttons(LINK)], [PRODUCT, buttons(LINK)]))),
    ("a call on WhatsApp", marketing(BODY, buttons({**CALL, "ttl_minutes": 2880}), category="UTILITY")),
    ("a question for the phone", marketing(BODY, buttons(CONTACT), category="UTILITY")),
    ("the same with Meta's label", marketing(BODY, buttons({**CONTACT, "text": "Share Contact Info"}))),
    ("a code with one tap", code(ONE_TAP)),
    ("a code without a tap", code(ZERO_TAP)),
]
# What is wrong, the rule and the field; Meta's twin refuses each as well.
WRONG: list[tuple[str, Draft, str, str]] = [
    (
        "an offer of a utility",
        marketing(OFFER, BODY, buttons(COUPON, LINK), category="UTILITY"),
        "only_marketing",
        "category",
    ),
    (
        "an offer in too many words",
        marketing({**OFFER, "limited_time_offer": {"text": "Solo por unas horas"}}, BODY, buttons(LINK)),
        "text_too_long",
        "limited_time_offer.text",
    ),
    (
        "a footer below an offer",
        marketing(OFFER, BODY, {"type": "FOOTER", "text": "Sol"}, buttons(COUPON, LINK)),
        "not_beside_offer",
        "footer",
    ),
    (
        "a long text",
        marketing(OFFER, {"type": "BODY", "text": "a" * 601}, buttons(COUPON, LINK)),
        "text_too_long",
        "body.text",
    ),
    (
        "a line above an offer",
        marketing(TITLE, OFFER, BODY, buttons(COUPON, LINK)),
        "picture_or_video",
        "header.format",
    ),
    ("a countdown without a code", marketing(OFFER, BODY, buttons(LINK)), "offer_needs_code", "buttons"),
    ("the code behind the link", marketing(OFFER, BODY, buttons(LINK, COUPON)), "code_first", "buttons"),
    ("an offer without a link", marketing(OFFER, BODY, buttons(COUPON)), "offer_needs_link", "buttons"),
    ("a catalogue as utility", marketing(BODY, buttons(CATALOG), category="UTILITY"), "only_marketing", "category"),
    ("a header above the catalogue", marketing(TITLE, BODY, buttons(CATALOG)), "header_of_catalog", "header"),
    ("products without a header", marketing(BODY, buttons(MPM)), "header_of_products", "header.text"),
    ("products below a place", marketing(PLACE, BODY, buttons(MPM)), "header_of_products", "header.text"),
    ("the button of no product", marketing(BODY, buttons(SPM)), "header_of_product", "header.format"),
    ("a product without its button", marketing(PRODUCT, BODY, buttons(LINK)), "product_needs_button", "buttons"),
    ("two ways to products", marketing(TITLE, BODY, buttons(MPM, CATALOG)), "one_way_to_products", "buttons"),
    ("two catalogues", marketing(BODY, buttons(CATALOG, {**CATALOG, "text": "Otro"})), "button_twice", "buttons"),
    (
        "a text on a product's card",
        marketing(BODY, cards(*[[PRODUCT, {"type": "BODY", "text": "De queso"}, buttons(SPM)]] * 2)),
        "not_on_product_card",
        "carousel.cards.0.body",
    ),
    (
        "a product's card with a reply",
        marketing(BODY, cards(*[[PRODUCT, buttons({"type": "QUICK_REPLY", "text": "Sí"})]] * 2)),
        "product_card_button",
        "carousel.cards.0.buttons",
    ),
    ("a single card", marketing(BODY, cards([PRODUCT, buttons(SPM)])), "not_enough", "carousel.cards"),
    (
        "a call for an hour",
        marketing(BODY, buttons({**CALL, "ttl_minutes": 60})),
        "not_enough",
        "buttons.0.ttl_minutes",
    ),
    (
        "a label of our own",
        marketing(BODY, buttons({**CONTACT, "text": "Tu teléfono"})),
        "label_is_metas",
        "buttons.0.text",
    ),
    ("no app", code({**ONE_TAP, "supported_apps": []}), "app_missing", "buttons.0.supported_apps"),
    ("six apps", code({**ONE_TAP, "supported_apps": [APP] * 6}), "too_many", "buttons.0.supported_apps"),
    (
        "a package of one word",
        code({**ONE_TAP, "supported_apps": [{**APP, "package_name": "sol"}]}),
        "not_a_package",
        "buttons.0.supported_apps.0.package_name",
    ),
    (
        "a short signature",
        code({**ONE_TAP, "supported_apps": [{**APP, "signature_hash": "K8a"}]}),
        "not_a_signature",
        "buttons.0.supported_apps.0.signature_hash",
    ),
    (
        "terms nobody accepted",
        code({**ZERO_TAP, "zero_tap_terms_accepted": False}),
        "terms_not_accepted",
        "buttons.0.zero_tap_terms_accepted",
    ),
]


def meta_refuses(rig: Rig, draft: Draft) -> bool:
    try:
        check_components(list(draft.components), "POSITIONAL", draft.category, rig.twin.twin.uploads)
    except GraphRefusal:
        return True
    return False


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


@pytest.mark.parametrize(("what", "draft"), FINE, ids=[one[0] for one in FINE])
async def test_what_meta_takes_has_no_errors(rig: Rig, what: str, draft: Draft):
    assert [one for one in lint(draft) if one.severity == "error"] == []
    assert not meta_refuses(rig, draft)


@pytest.mark.parametrize(("what", "draft", "rule", "field"), WRONG, ids=[one[0] for one in WRONG])
async def test_what_meta_refuses_is_told_before_it_is_asked(rig: Rig, what: str, draft: Draft, rule: str, field: str):
    assert (rule, field) in {(one.rule, one.field) for one in lint(draft) if one.severity == "error"}
    assert meta_refuses(rig, draft)


FORMS = [
    Filled(
        category="MARKETING",
        body=BODY["text"],
        offer_text="Solo hoy",
        coupon="TARTA25",
        link_text="Ver",
        link_url="https://e.com/",
    ),
    Filled(
        category="MARKETING",
        body=BODY["text"],
        offer_text="Solo hoy",
        offer_ends="no",
        link_text="Ver",
        link_url="https://e.com/",
    ),
    Filled(category="MARKETING", body=BODY["text"], products="CATALOG", footer="Sol"),
    Filled(category="MARKETING", body=BODY["text"], products="MPM", header="Tartas"),
    Filled(category="MARKETING", body=BODY["text"], header_kind="product"),
    Filled(category="UTILITY", body=BODY["text"], wa_call="Llamar", wa_call_days="3", asks_contact="yes"),
    Filled(category="MARKETING", body=BODY["text"], card_file="product", cards=(FilledCard(), FilledCard())),
    Filled(
        category="MARKETING",
        body=BODY["text"],
        card_file="product",
        cards=(FilledCard(link_text="Ver", link_url="https://e.com/"),) * 2,
    ),
    Filled(
        category="AUTHENTICATION",
        code_way="ONE_TAP",
        code_autofill="Rellenar",
        code_apps="com.panaderia.sol K8a/AINcGX7",
    ),
    Filled(category="AUTHENTICATION", code_way="ZERO_TAP", code_apps="com.panaderia.sol K8a/AINcGX7", code_terms="yes"),
]


@pytest.mark.parametrize("filled", FORMS, ids=range(len(FORMS)))
async def test_the_form_makes_it_and_fills_itself_in_again(rig: Rig, filled: Filled):
    draft = replace(filled, name="algo").draft()
    assert [one for one in lint(draft) if one.severity == "error"] == []
    assert not meta_refuses(rig, draft)
    kept: Any = SimpleNamespace(
        name="algo", language="es", category=draft.category, waba_id="", components=draft.components
    )
    again = form_of(kept)
    assert again is not None
    assert again.draft().components == draft.components


def test_a_code_as_meta_lists_it_shows_its_way_and_its_app_in_the_form():
    link = (
        "https://www.whatsapp.com/otp/code/?otp_type=ONE_TAP&cta_display_name=Autofill&package_name=com.panaderia.sol"
        "&signature_hash=K8a/AINc+X7&code=otp{{1}}"
    )
    listed: Any = SimpleNamespace(
        name="codigo",
        language="es",
        category="AUTHENTICATION",
        waba_id="",
        components=[{"type": "BODY", "text": "{{1}}"}, buttons({"type": "URL", "text": "Copiar", "url": link})],
    )
    again = form_of(listed)
    assert again is not None
    assert (again.code_way, again.code_apps) == ("ONE_TAP", "com.panaderia.sol K8a/AINc+X7")


def test_the_phone_shows_what_whatsapp_adds():
    shown = preview_of(marketing(OFFER, BODY, buttons(COUPON, LINK)).components, "es")
    assert (shown.offer, shown.counts_down, shown.buttons[0][0]) == ("Solo hoy", True, "Copiar código")
    assert preview_of([BODY, buttons(CATALOG, CONTACT)], "es").buttons == [
        ("Ver catálogo", "building-store"),
        ("Compartir información de contacto", "id"),
    ]
    assert preview_of([TITLE, BODY, buttons(MPM)], "en_US").buttons == [("View items", "list-details")]
    assert preview_of([PRODUCT, BODY, buttons(SPM)], "fr").file == "product"
    assert preview_of(code(ONE_TAP).components, "es").buttons[0][0] == "Autocompletar"
    assert preview_of(code({**ONE_TAP, "autofill_text": "A la app"}).components, "es").buttons[0][0] == "A la app"


def test_parts_nobody_knows_yet_are_shown_as_far_as_they_can_be():
    shown = preview_of([{"type": "HOLOGRAM"}, BODY, buttons({"type": "TELEPORT"}, {"type": "WAVE", "text": "Hola"})])
    assert str(shown.body) == BODY["text"]
    assert [label for label, _ in shown.buttons] == ["TELEPORT", "Hola"]


async def approved(rig: Rig, shop: Shop, draft: Draft, name: str = "algo") -> None:
    """Made through the API, reviewed, and known here."""
    body = {"name": name, "language": "es", "category": draft.category, "components": list(draft.components)}
    status, answer = await ask(rig, shop, "POST", "", body)
    assert status == 201, answer
    [made] = [one for one in account(rig, shop).templates if one.name == name]
    decide(rig.twin.twin, account(rig, shop), made, "APPROVED")
    await sync(rig, shop)


async def send(rig: Rig, shop: Shop, *components: Part, **more: Any) -> tuple[int, dict[str, Any]]:
    template = {"name": "algo", "language": {"code": "es"}, "components": list(components)}
    body = {"to": "+34600111222", "phone_number_id": shop.phone_number_id, "type": "template", "template": template}
    return await post(rig, shop, body | more)


def ends(rig: Rig, after: timedelta) -> Part:
    at = int((rig.house.whatsapp.clock() + after).timestamp() * 1000)
    value = {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": at}}
    return {"type": "limited_time_offer", "parameters": [value]}


def button(index: int, kind: str, *parameters: Part) -> Part:
    return {"type": "button", "sub_type": kind, "index": str(index), "parameters": list(parameters)}


def act(**action: Any) -> Part:
    return {"type": "action", "action": action}


SECTIONS = [
    {"title": "Tartas", "product_items": [{"product_retailer_id": "queso"}, {"product_retailer_id": "manzana"}]},
    {"title": "Pan", "product_items": [{"product_retailer_id": "hogaza"}]},
]
ON_CARD = {"type": "product", "product": {"catalog_id": "77", "product_retailer_id": "queso"}}
CARD_VALUES = {"type": "header", "parameters": [ON_CARD]}
CODE_VALUE = {"type": "coupon_code", "coupon_code": "TARTA25"}


def card_values(number: int) -> Part:
    return {"type": "carousel", "cards": [{"card_index": n, "components": [CARD_VALUES]} for n in range(number)]}


SENT: list[tuple[str, Draft, list[Part]]] = [
    ("the catalogue", marketing(BODY, buttons(CATALOG)), []),
    (
        "the catalogue with a thumbnail",
        marketing(BODY, buttons(CATALOG)),
        [button(0, "catalog", act(thumbnail_product_retailer_id="queso"))],
    ),
    (
        "several products",
        marketing(TITLE, BODY, buttons(MPM)),
        [button(0, "mpm", act(thumbnail_product_retailer_id="queso", sections=SECTIONS))],
    ),
    ("one product", marketing(PRODUCT, BODY, buttons(SPM)), [CARD_VALUES]),
    ("three cards of two", marketing(BODY, cards(*[[PRODUCT, buttons(SPM)]] * 2)), [card_values(3)]),
    ("a call", marketing(BODY, buttons(CALL)), [button(0, "voice_call", {"type": "ttl_minutes", "ttl_minutes": 60})]),
    ("a question for the phone", marketing(BODY, buttons(CONTACT)), []),
]


@pytest.mark.parametrize(("what", "draft", "values"), SENT, ids=[one[0] for one in SENT])
async def test_it_is_made_reviewed_and_sent(rig: Rig, shop: Shop, what: str, draft: Draft, values: list[Part]):
    await approved(rig, shop, draft)
    status, answer = await send(rig, shop, *values)
    assert status == 202, answer
    message = await rig.becomes(shop, answer["message_id"], "sent", "delivered", "read", "failed")
    assert message.error is None
    assert message.body.endswith(BODY["text"])


async def test_an_offer_says_when_it_ends(rig: Rig, shop: Shop):
    await approved(rig, shop, marketing(OFFER, BODY, buttons(COUPON, LINK)))
    copied = button(0, "copy_code", CODE_VALUE)
    status, refused = await send(rig, shop, copied)
    assert (status, [one["code"] for one in refused["errors"]]) == (422, ["offer_needs_end"])
    status, refused = await send(rig, shop, copied, ends(rig, timedelta(minutes=-1)))
    assert (status, [one["code"] for one in refused["errors"]]) == (422, ["moment_over"])
    in_seconds = {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": 1_900_000_000}}
    seconds = {"type": "limited_time_offer", "parameters": [in_seconds]}
    status, refused = await send(rig, shop, copied, seconds)
    assert (status, [one["code"] for one in refused["errors"]]) == (422, ["not_milliseconds"])
    status, answer = await send(rig, shop, copied, ends(rig, timedelta(hours=5)))
    assert status == 202, answer
    assert (await rig.becomes(shop, answer["message_id"], "sent", "delivered", "read", "failed")).error is None


NOT_SENT: list[tuple[str, list[Part], list[Part], str]] = [
    ("products nobody named", [TITLE, BODY, buttons(MPM)], [], "button_needs_value"),
    (
        "sections without names",
        [TITLE, BODY, buttons(MPM)],
        [
            button(
                0,
                "mpm",
                act(
                    thumbnail_product_retailer_id="a",
                    sections=[{"product_items": [{"product_retailer_id": "a"}]}] * 2,
                ),
            )
        ],
        "text_missing",
    ),
    (
        "31 products",
        [TITLE, BODY, buttons(MPM)],
        [
            button(
                0,
                "mpm",
                act(
                    thumbnail_product_retailer_id="a",
                    sections=[{"product_items": [{"product_retailer_id": str(n)} for n in range(31)]}],
                ),
            )
        ],
        "too_many",
    ),
    ("a product nobody named", [PRODUCT, BODY, buttons(SPM)], [], "header_needs_product"),
    ("one card", [BODY, cards(*[[PRODUCT, buttons(SPM)]] * 2)], [card_values(1)], "not_enough"),
    (
        "a value for what asks",
        [BODY, buttons(CONTACT)],
        [button(0, "quick_reply", {"type": "payload", "payload": "x"})],
        "button_takes_no_value",
    ),
    (
        "a call for 40 days",
        [BODY, buttons(CALL)],
        [button(0, "voice_call", {"type": "ttl_minutes", "ttl_minutes": 57_600})],
        "out_of_range",
    ),
    (
        "an offer where none is",
        [BODY],
        [
            {
                "type": "limited_time_offer",
                "parameters": [
                    {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": 4_000_000_000_000}}
                ],
            }
        ],
        "not_in_template",
    ),
]


@pytest.mark.parametrize(("what", "components", "values", "rule"), NOT_SENT, ids=[one[0] for one in NOT_SENT])
async def test_values_it_has_no_place_for_are_refused(
    rig: Rig, shop: Shop, what: str, components: list[Part], values: list[Part], rule: str
):
    at_meta(rig, shop, "algo", components=components, category="MARKETING")
    await sync(rig, shop)
    status, refused = await send(rig, shop, *values)
    assert (status, rule in {one["code"] for one in refused.get("errors", ())}) == (422, True), refused


@pytest.mark.parametrize(
    "way", [ONE_TAP, ZERO_TAP, {"type": "OTP", "otp_type": "COPY_CODE"}], ids=["one", "zero", "copy"]
)
async def test_a_code_goes_to_a_phone_and_never_to_a_user_id(rig: Rig, shop: Shop, way: Part):
    await approved(rig, shop, code(way))
    value = {"type": "text", "text": "493021"}
    values = [{"type": "body", "parameters": [value]}, button(0, "url", value)]
    status, refused = await send(rig, shop, *values, to="ES.9f3k20xx17")
    assert (status, [one["code"] for one in refused["errors"]]) == (422, ["code_needs_phone"])
    assert await rig.rows(shop, "select from app.contacts") == []
    status, answer = await send(rig, shop, *values)
    assert status == 202, answer
    assert (await rig.becomes(shop, answer["message_id"], "sent", "delivered", "read", "failed")).error is None


async def test_whoever_hides_their_phone_gets_no_code_in_their_conversation_either(rig: Rig, shop: Shop):
    await approved(rig, shop, code(ONE_TAP))
    conversation = await rig.heard(shop)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("update app.contacts set phone = null where business_id = %s", (shop.business_id,))
    value = {"type": "text", "text": "493021"}
    template = {
        "name": "algo",
        "language": {"code": "es"},
        "components": [{"type": "body", "parameters": [value]}, button(0, "url", value)],
    }
    body = {"conversation_id": str(conversation), "type": "template", "template": template}
    status, refused = await post(rig, shop, body)
    assert (status, [one["code"] for one in refused["errors"]]) == (422, ["code_needs_phone"])


async def test_a_part_nobody_knows_yet_keeps_no_template_from_being_sent(rig: Rig, shop: Shop):
    at_meta(rig, shop, "algo", components=[BODY, buttons({"type": "TELEPORT", "text": "Ven"})], category="MARKETING")
    await sync(rig, shop)
    status, answer = await send(rig, shop)
    assert status == 202, answer
    assert (await rig.becomes(shop, answer["message_id"], "sent", "delivered", "read", "failed")).error is None


def test_products_are_listed_as_people_write_them():
    sections = sections_in("queso\n\nPan:\nhogaza\n  chapata ")
    assert [one.get("title") for one in sections] == [None, "Pan"]
    assert products_in(sections) == ["queso", "hogaza", "chapata"]


async def filled_and_sent(rig: Rig, shop: Shop, draft: Draft, **values: str) -> list[Part]:
    """From the conversation, as a member does it; what went to Meta."""
    await approved(rig, shop, draft)
    conversation = await closed(rig, shop)
    path = await send_form_of(rig, shop, conversation, "algo")
    form = {"key": "template-key-9"} | {name.replace("_x_", "."): value for name, value in values.items()}
    status, told = await page(rig, shop, path, form, **{"hx-request": "true"})
    assert status == 204, re.findall(r'role="alert">.*', told)

    async def sent() -> Any:
        mine = await rig.messages(shop, "out")
        return mine and mine[-1].state in ("sent", "delivered", "read", "failed") and mine[-1]

    message = await eventually(sent)
    assert message.error is None
    return message.content["template"]["components"]


async def test_several_products_are_chosen_in_the_conversation(rig: Rig, shop: Shop):
    written = "Tartas:\nqueso\nmanzana\nPan:\nhogaza"
    [sent] = await filled_and_sent(rig, shop, marketing(TITLE, BODY, buttons(MPM)), blank_x_mpm_x_0=written)
    action = sent["parameters"][0]["action"]
    assert action == {"thumbnail_product_retailer_id": "queso", "sections": SECTIONS}


async def test_the_catalogue_needs_no_product_in_the_conversation(rig: Rig, shop: Shop):
    assert await filled_and_sent(rig, shop, marketing(BODY, buttons(CATALOG)), blank_x_catalog_x_0="") == []


async def test_products_on_cards_are_chosen_in_the_conversation(rig: Rig, shop: Shop):
    form = {"blank_x_cards_x_catalog_id": "77", "blank_x_cards_x_products": "queso\nmanzana\nhogaza"}
    [sent] = await filled_and_sent(rig, shop, marketing(BODY, cards(*[[PRODUCT, buttons(SPM)]] * 2)), **form)
    assert [card["card_index"] for card in sent["cards"]] == [0, 1, 2]
    assert sent["cards"][0]["components"] == [CARD_VALUES]


async def test_the_end_of_an_offer_is_told_in_the_time_of_whoever_sends_it(rig: Rig, shop: Shop):
    form = {"blank_x_offer_x_ends": "2099-12-01T20:30", "blank_x_copy_code_x_0": "TARTA25"}
    [sent, copied] = await filled_and_sent(rig, shop, marketing(OFFER, BODY, buttons(COUPON, LINK)), **form)
    # Half past eight in the evening in Madrid.
    assert sent["parameters"][0]["limited_time_offer"]["expiration_time_ms"] == 4_099_836_600_000
    assert copied["parameters"] == [CODE_VALUE]


async def test_an_offer_that_is_over_is_not_sent_from_the_conversation(rig: Rig, shop: Shop):
    await approved(rig, shop, marketing(OFFER, BODY, buttons(COUPON, LINK)))
    conversation = await closed(rig, shop)
    path = await send_form_of(rig, shop, conversation, "algo")
    form = {"key": "template-key-8", "blank.copy_code.0": "TARTA25", "blank.offer.ends": "2020-01-01T10:00"}
    status, told = await page(rig, shop, f"{path}?lang=es", form)
    assert status == 422
    assert "Esto ya ha pasado." in told
    assert await rig.messages(shop, "out") == []


async def test_which_products_were_sent_is_told_in_the_thread(rig: Rig, shop: Shop):
    await approved(rig, shop, marketing(TITLE, BODY, buttons(MPM)))
    conversation = await rig.heard(shop)
    values = [button(0, "mpm", act(thumbnail_product_retailer_id="queso", sections=SECTIONS))]
    template = {"name": "algo", "language": {"code": "es"}, "components": values}
    body = {"conversation_id": str(conversation), "type": "template", "template": template}
    status, answer = await post(rig, shop, body)
    assert status == 202, answer
    await rig.becomes(shop, answer["message_id"], "sent", "delivered", "read")
    shown = (await page(rig, shop, f"/inbox/{conversation}"))[1]
    assert all(code in shown for code in ("queso", "manzana", "hogaza"))
