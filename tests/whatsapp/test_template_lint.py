"""The linter of message templates: texts Meta takes, and texts it refuses, each by the rule that says so."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from wacloud.modules.whatsapp.domain.message_template import Draft
from wacloud.modules.whatsapp.domain.template_lint import lint
from wacloud.modules.whatsapp.domain.template_words import promotion_in

Part = dict[str, Any]


def body(text: str, *values: str, **named: str) -> Part:
    made: Part = {"type": "BODY", "text": text}
    if values:
        made["example"] = {"body_text": [list(values)]}
    if named:
        listed = [{"param_name": name, "example": value} for name, value in named.items()]
        made["example"] = {"body_text_named_params": listed}
    return made


def header(text: str, *values: str) -> Part:
    return {"type": "HEADER", "format": "TEXT", "text": text} | (
        {"example": {"header_text": list(values)}} if values else {}
    )


def footer(text: str) -> Part:
    return {"type": "FOOTER", "text": text}


def buttons(*listed: Mapping[str, Any]) -> Part:
    return {"type": "BUTTONS", "buttons": list(listed)}


def reply(text: str) -> Part:
    return {"type": "QUICK_REPLY", "text": text}


def link(text: str = "Ver", url: str = "https://example.com/p", *example: str) -> Part:
    return {"type": "URL", "text": text, "url": url} | ({"example": list(example)} if example else {})


def call(phone: str = "+34910000001") -> Part:
    return {"type": "PHONE_NUMBER", "text": "Llamar", "phone_number": phone}


READY = body("Hola {{1}}, tu pedido {{2}} ya está listo.", "Ana", "A-7")


def draft(*parts: Part, **more: Any) -> Draft:
    said = {"name": "pedido_listo", "language": "es", "category": "UTILITY", **more}
    return Draft(components=parts, **said)


def of(*parts: Part, **more: Any) -> Draft:
    """The usual body with further parts."""
    return draft(READY, *parts, **more)


NAMED = {"parameter_format": "NAMED"}
MARKETING = {"category": "MARKETING"}
STOP = buttons(reply("No quiero más"))
CODE = {"category": "AUTHENTICATION"}
OTP: Part = {"type": "OTP", "otp_type": "COPY_CODE"}
ASKS: Part = {"type": "BODY", "add_security_recommendation": True}
COPIES = buttons(OTP)

ACCEPTED: Sequence[tuple[str, Draft]] = [
    ("an order", of()),
    ("words only", draft(body("Tu cita es mañana. Te esperamos."))),
    ("named", draft(body("Hola {{nombre}}, tu pedido ya está listo.", nombre="Ana"), **NAMED)),
    ("english", draft(body("Hi {{1}}, your order is ready for pickup.", "Ana"), language="en_US")),
    ("a header with a variable", of(header("Pedido {{1}}", "A-7"))),
    ("a picture with its example", of({"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::x"]}})),
    ("a place", of({"type": "HEADER", "format": "LOCATION"})),
    ("a footer", of(footer("Panadería Sol"))),
    ("ten replies", of(buttons(*(reply(f"Opción {n}") for n in range(10))))),
    ("replies, then a link and a call", of(buttons(reply("Sí"), reply("No"), link(), call()))),
    ("a link, then replies", of(buttons(link(), reply("Sí"), reply("No")))),
    ("a link that ends with a variable", of(buttons(link("Seguir", "https://example.com/{{1}}", "A-7")))),
    ("emoji and bold in the body", draft(body("Hola {{1}} 👋, tu pedido está *listo* en tienda.", "Ana"))),
    ("an empty line", draft(body("Hola {{1}},\n\ntu mesa está reservada.", "Ana"))),
    ("promotion with a way out", draft(body("Hoy 20% de descuento en tartas."), STOP, **MARKETING)),
    (
        "a coupon",
        draft(
            body("Tu cupón de hoy."), buttons({"type": "COPY_CODE", "example": "TARTA10"}, reply("Baja")), **MARKETING
        ),
    ),
    ("a variable twice", draft(body("Hola {{1}}, sí {{1}}, tu pedido ya está listo.", "Ana"))),
    ("the longest body", draft(body("x" * 1024))),
    ("the longest name", of(name="x" * 512)),
    ("a code for signing in", draft(ASKS, COPIES, **CODE)),
    ("a code that ends", draft(ASKS, {"type": "FOOTER", "code_expiration_minutes": 10}, COPIES, **CODE)),
    ("a form", of(buttons({"type": "FLOW", "text": "Reservar", "flow_id": "55"}))),
    ("tax is no discount", draft(body("Factura {{1}}: 100 euros más IVA 21 % incluido ya.", "F-1"))),
    ("feel free", draft(body("Hi {{1}}, feel free to reply with any question.", "Ana"), language="en")),
]

# What it is, the draft, the rule, where, how bad.
REJECTED: Sequence[tuple[str, Draft, str, str, str]] = [
    ("capitals in the name", of(name="PedidoListo"), "not_a_name", "name", "error"),
    ("a space in the name", of(name="pedido listo"), "not_a_name", "name", "error"),
    ("no name", of(name=""), "text_missing", "name", "error"),
    ("a name too long", of(name="x" * 513), "text_too_long", "name", "error"),
    ("a language that is none", of(language="español"), "not_a_language", "language", "error"),
    ("a category that is none", of(category="TRANSACTIONAL"), "not_a_category", "category", "error"),
    ("a code with words of its own", of(COPIES, **CODE), "code_text", "body.text", "error"),
    ("a code without its button", draft(ASKS, **CODE), "code_button", "buttons", "error"),
    ("a code with two", draft(ASKS, buttons(OTP, reply("Sí")), **CODE), "code_button", "buttons", "error"),
    ("a code below a header", draft(header("Hola"), ASKS, COPIES, **CODE), "not_in_code", "header", "error"),
    (
        "a code that is good too long",
        draft(ASKS, {"type": "FOOTER", "code_expiration_minutes": 91}, COPIES, **CODE),
        "out_of_range",
        "footer.code_expiration_minutes",
        "error",
    ),
    (
        "a label too long",
        draft(ASKS, buttons({**OTP, "text": "x" * 26}), **CODE),
        "text_too_long",
        "buttons.0.text",
        "error",
    ),
    ("no body", draft(footer("Sol")), "text_missing", "body.text", "error"),
    ("an empty body", draft(body("  \n ")), "text_missing", "body.text", "error"),
    ("a body too long", draft(body("x" * 1025)), "text_too_long", "body.text", "error"),
    ("two bodies", of(body("Otro")), "not_unique", "body", "error"),
    ("a part that is none", of({"type": "SIDEBAR"}), "part_unknown", "components", "error"),
    (
        "a variable first",
        draft(body("{{1}}, tu pedido ya está listo", "Ana")),
        "variable_at_edge",
        "body.text",
        "error",
    ),
    ("a variable last", draft(body("Tu pedido ya está listo, {{1}}", "Ana")), "variable_at_edge", "body.text", "error"),
    (
        "a point behind it",
        draft(body("Tu pedido ya está listo, {{1}}.", "Ana")),
        "variable_near_edge",
        "body.text",
        "warning",
    ),
    (
        "side by side",
        draft(body("Hola {{1}} {{2}}, ya está listo tu pedido.", "A", "B")),
        "variables_adjacent",
        "body.text",
        "error",
    ),
    (
        "a gap",
        draft(body("Hola {{1}}, tu pedido {{3}} ya está listo.", "A", "B")),
        "variables_have_gaps",
        "body.text",
        "error",
    ),
    (
        "from two on",
        draft(body("Hola {{2}}, tu pedido ya está listo.", "A")),
        "variables_have_gaps",
        "body.text",
        "error",
    ),
    (
        "names and numbers",
        draft(body("Hola {{1}}, tu pedido {{id}} ya está listo.", "A", "B")),
        "mixed_names",
        "body.text",
        "error",
    ),
    (
        "names without saying so",
        draft(body("Hola {{nombre}}, ya está listo.", "A")),
        "variable_name",
        "body.text",
        "error",
    ),
    (
        "a name with capitals",
        draft(body("Hola {{Nombre}}, ya está listo.", Nombre="A"), **NAMED),
        "variable_name",
        "body.text",
        "error",
    ),
    ("one brace", draft(body("Hola {1}, tu pedido ya está listo.")), "variable_broken", "body.text", "error"),
    ("a brace left open", draft(body("Hola {{1}, tu pedido ya está listo.")), "variable_broken", "body.text", "error"),
    (
        "too many for its words",
        draft(body("Hola {{1}} y {{2}} hoy", "A", "B")),
        "too_many_variables",
        "body.text",
        "warning",
    ),
    ("no example", draft(body("Hola {{1}}, tu pedido ya está listo.")), "example_missing", "body.example", "error"),
    (
        "one example of two",
        draft(body("Hola {{1}}, tu pedido {{2}} ya está.", "A")),
        "example_for_each",
        "body.example",
        "error",
    ),
    (
        "an empty example",
        draft(body("Hola {{1}}, tu pedido {{2}} ya está.", "A", " ")),
        "example_for_each",
        "body.example",
        "error",
    ),
    ("three new lines", draft(body("Hola\n\n\nadiós")), "too_many_line_breaks", "body.text", "error"),
    ("five spaces", draft(body("Hola     adiós")), "bad_white_space", "body.text", "error"),
    ("a header too long", of(header("x" * 61)), "text_too_long", "header.text", "error"),
    ("an emoji in the header", of(header("Listo 🎉")), "emoji_not_allowed", "header.text", "error"),
    ("bold in the header", of(header("*Listo*")), "formatting_not_allowed", "header.text", "error"),
    ("two lines in the header", of(header("Tu\npedido")), "too_many_line_breaks", "header.text", "error"),
    (
        "two variables in the header",
        of(header("{{1}} y {{2}}", "A", "B")),
        "too_many_variables_here",
        "header.text",
        "error",
    ),
    ("a header without example", of(header("Pedido {{1}}")), "example_missing", "header.example", "error"),
    (
        "a picture without example",
        of({"type": "HEADER", "format": "IMAGE"}),
        "file_example_missing",
        "header.example",
        "error",
    ),
    ("a header that is none", of({"type": "HEADER", "format": "AUDIO"}), "not_allowed", "header.format", "error"),
    ("a variable in the footer", of(footer("De {{1}} aquí")), "variable_not_allowed", "footer.text", "error"),
    ("a footer too long", of(footer("x" * 61)), "text_too_long", "footer.text", "error"),
    ("an emoji in the footer", of(footer("Sol ☀️")), "emoji_not_allowed", "footer.text", "error"),
    ("eleven buttons", of(buttons(*(reply(f"{n}") for n in range(11)))), "too_many", "buttons", "error"),
    ("no buttons in it", of(buttons()), "not_enough", "buttons", "error"),
    ("three links", of(buttons(link("a"), link("b"), link("c"))), "too_many_url", "buttons", "error"),
    ("two calls", of(buttons(call(), call() | {"text": "Otro"})), "too_many_phone_number", "buttons", "error"),
    ("replies apart", of(buttons(reply("a"), link(), reply("b"))), "replies_apart", "buttons", "error"),
    ("two buttons alike", of(buttons(reply("a"), reply("a"))), "not_unique", "buttons.1.text", "error"),
    ("a button too long", of(buttons(reply("x" * 26))), "text_too_long", "buttons.0.text", "error"),
    ("an emoji on a button", of(buttons(reply("Sí 👍"))), "emoji_not_allowed", "buttons.0.text", "error"),
    ("a variable on a button", of(buttons(reply("Sí {{1}}"))), "variable_not_allowed", "buttons.0.text", "error"),
    ("a link without https", of(buttons(link(url="example.com"))), "not_a_link", "buttons.0.url", "error"),
    (
        "a variable inside a link",
        of(buttons(link("a", "https://e.com/{{1}}/x", "A"))),
        "variable_in_link",
        "buttons.0.url",
        "error",
    ),
    (
        "a link without example",
        of(buttons(link("a", "https://e.com/{{1}}"))),
        "example_missing",
        "buttons.0.example",
        "error",
    ),
    ("a phone that is none", of(buttons(call("llámenos"))), "not_a_phone", "buttons.0.phone_number", "error"),
    (
        "a long coupon",
        of(buttons({"type": "COPY_CODE", "example": "X" * 16})),
        "text_too_long",
        "buttons.0.example",
        "error",
    ),
    ("a button that is none", of(buttons({"type": "MAGIC", "text": "a"})), "not_allowed", "buttons.0.type", "error"),
    ("a form without its id", of(buttons({"type": "FLOW", "text": "a"})), "text_missing", "buttons.0.flow_id", "error"),
    ("a discount as news", draft(body("Hoy 20% de descuento en tartas.")), "likely_marketing", "category", "warning"),
    ("an offer in its button", of(buttons(reply("Ver ofertas"))), "likely_marketing", "category", "warning"),
    (
        "english promotion",
        draft(body("Last chance: buy now in our shop."), language="en"),
        "likely_marketing",
        "category",
        "warning",
    ),
    ("no way out", draft(body("Novedades de otoño en tienda."), **MARKETING), "way_out_missing", "buttons", "hint"),
    (
        "asks for a card",
        draft(body("Responde con tu número de tarjeta hoy.")),
        "asks_for_secrets",
        "body.text",
        "warning",
    ),
    ("a short link", draft(body("Mira tu pedido en bit.ly/abc ahora.")), "short_link", "body.text", "warning"),
    ("a link to WhatsApp", of(buttons(link("a", "https://wa.me/34600"))), "short_link", "buttons", "warning"),
    ("shouting", draft(body("TU PEDIDO ESTÁ LISTO PARA RECOGER EN TIENDA")), "shouting", "body.text", "hint"),
]


@pytest.mark.parametrize(("what", "one"), ACCEPTED, ids=[case[0] for case in ACCEPTED])
def test_what_meta_takes_has_nothing_to_be_said(what: str, one: Draft):
    assert lint(one) == []


@pytest.mark.parametrize(("what", "one", "rule", "field", "severity"), REJECTED, ids=[case[0] for case in REJECTED])
def test_what_breaks_a_rule_is_told_by_its_name_and_place(what: str, one: Draft, rule: str, field: str, severity: str):
    found = lint(one)
    assert (rule, severity, field) in [(each.rule, each.severity, each.field) for each in found]


@pytest.mark.parametrize(("what", "one", "rule", "field", "severity"), REJECTED, ids=[case[0] for case in REJECTED])
def test_errors_come_before_all_else(what: str, one: Draft, rule: str, field: str, severity: str):
    order = ["error", "warning", "hint"]
    places = [order.index(each.severity) for each in lint(one)]
    assert places == sorted(places)


def test_a_word_of_every_day_is_no_promotion():
    assert promotion_in("Su tren sale a las 10. La mesa es libre.") is None
    assert promotion_in("¡OFERTA de otoño!") == "oferta"


def test_whatever_comes_is_looked_at_without_falling():
    strange: list[Part] = [
        {"type": None},
        {"type": "BODY", "text": 7, "example": "x"},
        {"type": "HEADER", "format": "TEXT", "text": None, "example": []},
        {"type": "BUTTONS", "buttons": [None, 3, {"type": 5}, {"type": "URL", "url": 4, "example": 9}]},
        {"type": "FOOTER", "text": ["a"]},
    ]
    assert any(one.severity == "error" for one in lint(draft(*strange)))
