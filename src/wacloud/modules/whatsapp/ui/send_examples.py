"""
One body of each kind of message, for the description of the API.

A test posts every one of them to the running product, and Meta's rules accept them.
"""

from typing import Any, Final

INTO: Final = {"conversation_id": "019ab000-0000-7000-8000-000000000001"}
MESSAGE: Final = "019ab000-0000-7000-8000-000000000002"
FILE: Final = "019ab000-0000-7000-8000-000000000003"
PICTURE: Final = {"link": "https://cdn.example.com/tarta.jpg"}


def _interactive(kind: str, action: dict[str, Any], text: str | None, **parts: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"type": kind, **parts, "action": action}
    if text is not None:
        told["body"] = {"text": text}
    return {**INTO, "type": "interactive", "interactive": told}


def _card(index: int) -> dict[str, Any]:
    return {
        "card_index": index,
        "type": "cta_url",
        "header": {"type": "image", "image": PICTURE},
        "body": {"text": f"Tarta {index + 1}"},
        "action": {
            "name": "cta_url",
            "parameters": {"display_text": "Ver", "url": f"https://example.com/{index + 1}"},
        },
    }


BODIES: Final[dict[str, dict[str, Any]]] = {
    "text": {**INTO, "type": "text", "text": {"body": "Hola, su pedido está listo.", "preview_url": False}},
    "reply": {**INTO, "type": "text", "reply_to": MESSAGE, "text": {"body": "Sí, a esa hora."}},
    "image": {**INTO, "type": "image", "image": {**PICTURE, "caption": "La de hoy"}},
    "image of ours": {**INTO, "type": "image", "image": {"media_id": FILE, "caption": "La de hoy"}},
    "video": {**INTO, "type": "video", "video": {"link": "https://cdn.example.com/horno.mp4"}},
    "audio": {**INTO, "type": "audio", "audio": {"link": "https://cdn.example.com/nota.ogg", "voice": True}},
    "document": {
        **INTO,
        "type": "document",
        "document": {"link": "https://cdn.example.com/menu.pdf", "filename": "menu.pdf", "caption": "El menú"},
    },
    "sticker": {**INTO, "type": "sticker", "sticker": {"link": "https://cdn.example.com/gato.webp"}},
    "location": {
        **INTO,
        "type": "location",
        "location": {"latitude": 40.4168, "longitude": -3.7038, "name": "La tienda", "address": "Calle Mayor 1"},
    },
    "contacts": {
        **INTO,
        "type": "contacts",
        "contacts": [
            {
                "name": {"formatted_name": "Recepción", "first_name": "Recepción"},
                "phones": [{"phone": "+34 911 234 567", "type": "WORK"}],
            }
        ],
    },
    "reaction": {**INTO, "type": "reaction", "reaction": {"message_id": MESSAGE, "emoji": "👍"}},
    "reaction taken back": {**INTO, "type": "reaction", "reaction": {"message_id": MESSAGE, "emoji": ""}},
    "buttons": _interactive(
        "button",
        {
            "buttons": [
                {"type": "reply", "reply": {"id": "t10", "title": "10:00"}},
                {"type": "reply", "reply": {"id": "t11", "title": "11:00"}},
            ]
        },
        "¿A qué hora?",
        header={"type": "text", "text": "Su cita"},
        footer={"text": "Peluquería Sol"},
    ),
    "list": _interactive(
        "list",
        {
            "button": "Servicios",
            "sections": [{"title": "Pelo", "rows": [{"id": "cut", "title": "Corte", "description": "30 min"}]}],
        },
        "Elija un servicio",
    ),
    "link button": _interactive(
        "cta_url",
        {"name": "cta_url", "parameters": {"display_text": "Reservar", "url": "https://example.com/cita"}},
        "Reserve en línea",
    ),
    "form": _interactive(
        "flow",
        {
            "name": "flow",
            "parameters": {
                "flow_message_version": "3",
                "flow_id": "55",
                "flow_cta": "Abrir",
                "flow_token": "ft-1",
                "flow_action": "navigate",
                "flow_action_payload": {"screen": "START"},
            },
        },
        "Reserve su cita",
    ),
    "ask for the location": _interactive("location_request_message", {"name": "send_location"}, "¿Dónde está?"),
    "ask for the phone": _interactive("request_contact_info", {"name": "request_contact_info"}, "¿Su teléfono?"),
    "product": _interactive("product", {"catalog_id": "77", "product_retailer_id": "tarta-1"}, None),
    "products": _interactive(
        "product_list",
        {
            "catalog_id": "77",
            "sections": [{"title": "Tartas", "product_items": [{"product_retailer_id": "tarta-1"}]}],
        },
        "Nuestras tartas",
        header={"type": "text", "text": "Tartas"},
    ),
    "catalogue": _interactive("catalog_message", {"name": "catalog_message"}, "Todo lo que tenemos"),
    "carousel": _interactive("carousel", {"cards": [_card(0), _card(1)]}, "Novedades"),
    "call button": _interactive(
        "voice_call",
        {"name": "voice_call", "parameters": {"display_text": "Llamar", "ttl_minutes": 60}},
        "Llámenos",
    ),
    "ask to call": _interactive("call_permission_request", {"name": "call_permission_request"}, "¿Podemos llamarle?"),
    "ask for the address": _interactive(
        "address_message", {"name": "address_message", "parameters": {"country": "IN"}}, "¿A dónde enviamos?"
    ),
    "template": {
        "to": "+34600111222",
        "phone_number_id": "700800900100200",
        "type": "template",
        "category": "utility",
        "template": {
            "name": "pickup_ready",
            "language": {"code": "es"},
            "components": [
                {"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Rosa"}]},
                {
                    "type": "button",
                    "sub_type": "quick_reply",
                    "index": "0",
                    "parameters": [{"type": "payload", "payload": "GRACIAS"}],
                },
            ],
        },
    },
}


def openapi_examples() -> dict[str, Any]:
    """As FastAPI wants them."""
    return {name: {"value": body} for name, body in BODIES.items()}
