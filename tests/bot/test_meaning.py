"""What messages of every kind mean: for the search in the contact's words, for a model with ours in brackets."""

import pytest

from wacloud.modules.bot.domain.meaning import Came, Meant, is_yes_no_question, meaning_of, yes_or_no

OURS = Came("text", "¿Te reservo la mesa para dos?", author="bot")
ITEMS = [
    {"retailer_id": "TARTA-8", "quantity": "2", "price": "12.50", "currency": "EUR"},
    {"retailer_id": "PAN", "quantity": "1", "price": "1.20", "currency": "EUR"},
]

TABLE = [
    (Came("text", "¿Abrís hoy?"), Meant("text", "¿Abrís hoy?", "¿Abrís hoy?")),
    (
        Came("text", "esa", {"quoted": True}, about=OURS),
        Meant("text", "esa", '[replying to the business\'s message "¿Te reservo la mesa para dos?"] esa'),
    ),
    (
        Came("text", "esa", {"quoted": True}, about=Came("text", "tarta de queso")),
        Meant("text", "esa", '[replying to their own message "tarta de queso"] esa'),
    ),
    (Came("text", "esa", {"quoted": True}), Meant("text", "esa", "esa")),
    (
        Came("interactive", "Sí", {"reply": {"kind": "button", "id": "yes", "title": "Sí"}}, about=OURS),
        Meant("text", "Sí", '[pressed] Sí under the business\'s message "¿Te reservo la mesa para dos?"'),
    ),
    (
        Came(
            "button", "Quiero saber más", {"reply": {"kind": "template_button", "id": "x", "title": "Quiero saber más"}}
        ),
        Meant("text", "Quiero saber más", "[pressed] Quiero saber más"),
    ),
    (
        Came(
            "interactive",
            "Devoluciones…",
            {"reply": {"kind": "list", "id": "topic:7", "title": "Devoluciones…", "description": "¿Puedo devolverlo?"}},
        ),
        Meant("text", "¿Puedo devolverlo?", "[pressed] ¿Puedo devolverlo?", "7"),
    ),
    (
        Came("interactive", "Talla M", {"reply": {"kind": "list", "id": "m", "title": "Talla M", "description": "38"}}),
        Meant("text", "Talla M", "[pressed] Talla M (38)"),
    ),
    (
        Came(
            "interactive",
            "Sent",
            {
                "flow": {
                    "name": "flow",
                    "data": {"full_name": "Ana", "days": ["lun", "mar"], "flow_token": "t", "x": ""},
                }
            },
        ),
        Meant("form", None, "[filled in a form] full name: Ana; days: lun, mar"),
    ),
    (Came("interactive", "Sent", {"flow": {"raw": "a|b"}}), Meant("form", None, "[filled in a form] a|b")),
    (
        Came("order", "sin gluten", {"order": {"items": ITEMS, "text": "sin gluten"}}),
        Meant(
            "order",
            "sin gluten",
            "[sent an order] 2 × TARTA-8 at 12.50 EUR; 1 × PAN at 1.20 EUR; total 26.20 EUR. Their note: sin gluten",
        ),
    ),
    (
        Came("order", None, {"order": {"items": [{"retailer_id": "A", "price": "1"}, {"price": "x"}]}}),
        Meant("order", None, "[sent an order] 1 × A at 1; 1 × a product at x"),
    ),
    (
        Came(
            "location",
            "Sol",
            {"location": {"latitude": 40.4168, "longitude": -3.7038, "name": "Sol", "address": "Puerta del Sol"}},
        ),
        Meant("location", "Sol", "[shared a place] Sol; Puerta del Sol; 40.41680, -3.70380"),
    ),
    (
        Came(
            "contacts",
            "Ana López",
            {"contacts": [{"name": "Ana López", "company": "Olmo", "phones": ["6"]}]},
        ),
        Meant("contacts", "Ana López", "[shared a contact card] Ana López of Olmo"),
    ),
    (
        Came("document", "mi factura", {"media": {"filename": "factura.pdf"}}),
        Meant("document", "mi factura", '[sent a document, "factura.pdf", that you cannot read] mi factura'),
    ),
    (
        Came("document", None, {"media": {"filename": "factura.pdf"}}),
        Meant("document", None, '[sent a document, "factura.pdf", that you cannot read]'),
    ),
    (Came("image", "¿tenéis esta?"), Meant("image", "¿tenéis esta?", "[sent an image you cannot see] ¿tenéis esta?")),
    (Came("image", None), Meant("image")),
    (Came("sticker", None), Meant("sticker")),
    (
        Came("reaction", None, {"reaction": {"emoji": "👍🏽"}}, about=OURS),
        Meant(
            "text",
            "sí",
            '[reacted 👍🏽, which means yes, to the business\'s message "¿Te reservo la mesa para dos?"]',
        ),
    ),
    (Came("reaction", None, {"reaction": {"emoji": "😂"}}, about=OURS), Meant("reaction")),
    (
        Came("reaction", None, {"reaction": {"emoji": "👍"}}, about=Came("text", "¿Qué día?", author="bot")),
        Meant("reaction"),
    ),
    (Came("reaction", None, {"reaction": {"emoji": None}}, about=OURS), Meant("reaction")),
    (Came("reaction", None, {"reaction": {"emoji": "👍"}}), Meant("reaction")),
    (
        Came("text", "hola", {"referral": {"headline": "Tartas", "body": "20 % menos"}}),
        Meant("text", "hola", '[came from the ad "Tartas – 20 % menos"] hola'),
    ),
    (
        Came("text", "¿lo tenéis?", {"referred_product": {"retailer_id": "TARTA-8"}}),
        Meant("text", "¿lo tenéis?", '[asks about the product "TARTA-8"] ¿lo tenéis?'),
    ),
    (Came("unsupported", None), Meant("unsupported")),
]


@pytest.mark.parametrize(("came", "meant"), TABLE)
def test_a_message_means(came, meant):
    assert meaning_of(came) == meant


@pytest.mark.parametrize(
    "content",
    [
        {"reply": "x"},
        {"order": {"items": "x"}},
        {"order": {"items": [1, {"price": "NaN", "currency": "EUR"}]}},
        {"location": {"latitude": "x"}},
        {"contacts": [None, {"name": 7}]},
        {"flow": {"data": [1]}},
        {"media": 1},
        {"reaction": {"emoji": 7}},
        {"referral": [], "referred_product": None, "quoted": True},
    ],
)
@pytest.mark.parametrize(
    "kind", ["text", "button", "interactive", "order", "location", "contacts", "document", "reaction"]
)
def test_content_that_is_not_as_it_should_be_breaks_nothing(kind, content):
    meaning_of(Came(kind, "hola", content, about=OURS))


def test_a_form_of_any_length_stays_short():
    meant = meaning_of(Came("interactive", None, {"flow": {"data": {f"field {n}": "x" * 500 for n in range(100)}}}))
    assert len(meant.tells or "") == 1500


@pytest.mark.parametrize(
    ("text", "can"),
    [
        ("¿Te reservo la mesa?", True),
        ("Perfecto. ¿Lo envío a casa? 🙂", True),
        ("Shall I book it?", True),
        ("¿Cuántos sois?", False),
        ("¡Hola! ¿En qué te puedo ayudar?", False),
        ("What size do you need?", False),
        ("Qual o seu nome?", False),
        ("Reservado.", False),
        (None, False),
    ],
)
def test_a_thumb_answers_only_what_can_be_answered_with_yes(text, can):
    assert is_yes_no_question(text) is can


@pytest.mark.parametrize(
    ("emoji", "answer"),
    [("👍", "yes"), ("❤️", "yes"), ("✅", "yes"), ("👎🏿", "no"), ("❌", "no"), ("🙅‍♀️", "no"), ("😮", None), ("", None)],
)
def test_a_sign_means_yes_no_or_nothing(emoji, answer):
    assert yes_or_no(emoji) == answer
