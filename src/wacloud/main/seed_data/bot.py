"""What the demo's bot knows beside its questions and answers, and the questions it is checked by."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from wacloud.modules.bot.domain.product import Product

TEXT_TITLE = "Cómo cuidar lo que te llevas"
TEXT = Path(__file__).with_name("care.md").read_text("utf-8")

PRODUCTS_TITLE = "Mostrador"
PRODUCTS = (
    Product("Barra de masa madre", Decimal("1.60"), description="250 g, corteza fina", availability="Todos los días"),
    Product("Hogaza de centeno", Decimal("4.80"), description="900 g", availability="Martes, jueves y sábado"),
    Product("Cruasán de mantequilla", Decimal("1.90"), availability="Todos los días"),
    Product("Napolitana de chocolate", Decimal("2.20"), availability="Todos los días"),
    Product("Tarta de queso al horno", Decimal("32.00"), description="10 raciones", availability="Por encargo"),
)

# What is asked, what has to stand in the answer, and where that is known: the number of the question.
GOLDEN: tuple[tuple[str, tuple[str, ...], int | None], ...] = (
    ("¿A qué hora abrís el domingo?", ("9:00", "14:30"), 1),
    ("¿Cuánto cuesta una tarta para 12 personas?", ("39 €",), 6),
    ("¿Cuánto tengo que dejar de señal?", ("30 %",), 5),
    ("¿Lleváis pedidos a casa? ¿Cuánto cobráis?", ("3,50 €", "40 €"), 11),
    ("¿Se puede pagar con Bizum?", ("Bizum",), 12),
    # Nobody but a person can say this.
    ("¿Me hacéis un descuento si me llevo cien barras?", (), None),
)

# What it asks for where somebody wants a cake, and what one of the customers gave.
FORM: dict[str, Any] = {
    "title": "Encargo de tarta",
    "used_when": "Cuando alguien quiere encargar una tarta.",
    "fields": [
        {"key": "cake", "label": "Tarta", "hint": "sabor o dibujo"},
        {"key": "people", "label": "Personas", "kind": "number"},
        {"key": "date", "label": "Día", "kind": "date"},
        {"key": "time", "label": "Hora de recogida", "kind": "time"},
        {"key": "name", "label": "Nombre"},
        {"key": "phone", "label": "Teléfono", "kind": "phone"},
        {"key": "allergies", "label": "Alergias", "required": False},
    ],
}
FILLED_BY = "ainhoa"
FILLED: dict[str, str | int | float] = {
    "cake": "Con un dinosaurio en papel de azúcar",
    "people": 12,
    "time": "12:00",
    "name": "Ainhoa",
    "phone": "+34600000103",
    "allergies": "Sin frutos secos, por gusto",
}
