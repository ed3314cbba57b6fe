"""A form to begin with, for each sector: an owner changes it to their taste."""

from collections.abc import Mapping
from typing import Any, Final

from wacloud.modules.bot.domain.form import Form, FormField, machine_name
from wacloud.shared.domain.ids import new_id

_RESTAURANT_ES: Final[Mapping[str, Any]] = {
    "title": "Reserva de mesa",
    "used_when": "Cuando alguien quiere reservar una mesa o cambiar su reserva.",
    "fields": [
        {"key": "date", "label": "Día", "kind": "date"},
        {"key": "time", "label": "Hora", "kind": "time"},
        {"key": "people", "label": "Personas", "kind": "number"},
        {"key": "name", "label": "Nombre", "hint": "a nombre de quién va la reserva"},
        {"key": "phone", "label": "Teléfono", "kind": "phone"},
        {"key": "notes", "label": "Alergias o peticiones", "required": False, "hint": "trona, terraza, alergias"},
    ],
}
_RESTAURANT_EN: Final[Mapping[str, Any]] = {
    "title": "Table booking",
    "used_when": "When somebody wants to book a table or change their booking.",
    "fields": [
        {"key": "date", "label": "Day", "kind": "date"},
        {"key": "time", "label": "Time", "kind": "time"},
        {"key": "people", "label": "People", "kind": "number"},
        {"key": "name", "label": "Name", "hint": "in whose name the booking is"},
        {"key": "phone", "label": "Phone", "kind": "phone"},
        {"key": "notes", "label": "Allergies or wishes", "required": False, "hint": "high chair, terrace, allergies"},
    ],
}
_HEALTH_ES: Final[Mapping[str, Any]] = {
    "title": "Petición de cita",
    "used_when": "Cuando alguien pide una cita o quiere cambiar la suya.",
    "fields": [
        {"key": "name", "label": "Nombre y apellidos"},
        {
            "key": "reason",
            "label": "Motivo",
            "hint": "en pocas palabras, sin detalles de salud que no haga falta contar",
        },
        {"key": "date", "label": "Día preferido", "kind": "date"},
        {
            "key": "part_of_day",
            "label": "Mañana o tarde",
            "kind": "choice",
            "choices": ["Mañana", "Tarde", "Me da igual"],
        },
        {"key": "phone", "label": "Teléfono", "kind": "phone"},
    ],
}
_HEALTH_EN: Final[Mapping[str, Any]] = {
    "title": "Appointment request",
    "used_when": "When somebody asks for an appointment or wants to change theirs.",
    "fields": [
        {"key": "name", "label": "Full name"},
        {"key": "reason", "label": "Reason", "hint": "in a few words, without more about their health than is needed"},
        {"key": "date", "label": "Day they prefer", "kind": "date"},
        {
            "key": "part_of_day",
            "label": "Morning or afternoon",
            "kind": "choice",
            "choices": ["Morning", "Afternoon", "Either"],
        },
        {"key": "phone", "label": "Phone", "kind": "phone"},
    ],
}
_RETAIL_ES: Final[Mapping[str, Any]] = {
    "title": "Encargo",
    "used_when": "Cuando alguien quiere encargar o apartar un producto.",
    "fields": [
        {"key": "product", "label": "Producto"},
        {"key": "details", "label": "Talla, color o modelo", "required": False},
        {"key": "quantity", "label": "Cantidad", "kind": "number"},
        {
            "key": "delivery",
            "label": "Entrega",
            "kind": "choice",
            "choices": ["Recogida en tienda", "Envío a domicilio"],
        },
        {"key": "name", "label": "Nombre"},
        {"key": "phone", "label": "Teléfono", "kind": "phone"},
    ],
}
_RETAIL_EN: Final[Mapping[str, Any]] = {
    "title": "Order",
    "used_when": "When somebody wants to order a product or have it put aside.",
    "fields": [
        {"key": "product", "label": "Product"},
        {"key": "details", "label": "Size, colour or model", "required": False},
        {"key": "quantity", "label": "Quantity", "kind": "number"},
        {"key": "delivery", "label": "Delivery", "kind": "choice", "choices": ["Pick up in the shop", "Home delivery"]},
        {"key": "name", "label": "Name"},
        {"key": "phone", "label": "Phone", "kind": "phone"},
    ],
}
_OTHER_ES: Final[Mapping[str, Any]] = {
    "title": "Petición de presupuesto",
    "used_when": "Cuando alguien quiere contratar algo, pide un presupuesto o quiere que le llamen.",
    "fields": [
        {"key": "need", "label": "Qué necesita"},
        {"key": "name", "label": "Nombre"},
        {"key": "phone", "label": "Teléfono", "kind": "phone"},
        {"key": "email", "label": "Correo", "kind": "email", "required": False},
        {"key": "when", "label": "Cuándo se le puede llamar", "required": False},
    ],
}
_OTHER_EN: Final[Mapping[str, Any]] = {
    "title": "Quote request",
    "used_when": "When somebody wants to hire you, asks for a quote or wants to be called.",
    "fields": [
        {"key": "need", "label": "What they need"},
        {"key": "name", "label": "Name"},
        {"key": "phone", "label": "Phone", "kind": "phone"},
        {"key": "email", "label": "E-mail", "kind": "email", "required": False},
        {"key": "when", "label": "When to call them", "required": False},
    ],
}
_STARTERS: Final = {
    ("restaurant", "es"): _RESTAURANT_ES,
    ("restaurant", "en"): _RESTAURANT_EN,
    ("healthcare", "es"): _HEALTH_ES,
    ("healthcare", "en"): _HEALTH_EN,
    ("retail", "es"): _RETAIL_ES,
    ("retail", "en"): _RETAIL_EN,
    ("other", "es"): _OTHER_ES,
    ("other", "en"): _OTHER_EN,
}


def starter_of(sector: str, language: str) -> Form:
    """What a business of this sector usually asks for."""
    language = "en" if language == "en" else "es"
    told = _STARTERS.get((sector, language)) or _STARTERS["other", language]
    return Form(
        id=new_id(),
        name=machine_name(told["title"]),
        title=told["title"],
        used_when=told["used_when"],
        fields=tuple(FormField.read(field) for field in told["fields"]),
    )
