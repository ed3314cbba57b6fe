"""Obrador Miga y Canela: a bakery with a small café in Madrid. Neither it nor anybody in it exists."""

from datetime import date
from pathlib import Path
from typing import Any

NAME = "Obrador Miga y Canela"
SECTOR = "restaurant"
TIME_ZONE = "Europe/Madrid"
PHONE = "+34600000042"
DISPLAY_PHONE = "+34 600 00 00 42"
WABA_ID = "208100000000042"
PHONE_NUMBER_ID = "108100000000042"
ACCESS_TOKEN = "EAAdemoMigaYCanela042"

OWNER = ("marta", "Marta Olmedo", "marta@migaycanela.example")
AGENT = ("ivan", "Iván Rueda", "ivan@migaycanela.example")

_WEEKDAY = [["08:00", "14:00"], ["17:00", "20:30"]]
_SUNDAY = [["09:00", "14:30"]]

# Month, day, what it is called, when it is open.
_SPECIAL: tuple[tuple[int, int, str, list[list[str]]], ...] = (
    (1, 1, "Año Nuevo", []),
    (1, 5, "víspera de Reyes", [["08:00", "21:00"]]),
    (1, 6, "Reyes", _SUNDAY),
    (5, 1, "Día del Trabajo", []),
    (5, 15, "San Isidro", _SUNDAY),
    (8, 15, "la Asunción", []),
    (10, 12, "Fiesta Nacional", _SUNDAY),
    (11, 1, "Todos los Santos", _SUNDAY),
    (12, 6, "Día de la Constitución", _SUNDAY),
    (12, 8, "la Inmaculada", _SUNDAY),
    (12, 24, "Nochebuena", [["08:00", "18:00"]]),
    (12, 25, "Navidad", []),
    (12, 31, "Nochevieja", [["08:00", "18:00"]]),
)


def profile(today: date) -> dict[str, Any]:
    """What the business says of itself, with the special days of this year and the next."""
    return {
        "about": (
            "Obrador de barrio con cafetería de seis mesas. Pan de masa madre, bollería de mantequilla "
            "y tartas por encargo, todo hecho en la trastienda desde 1987."
        ),
        "address": "Calle del Almendro Viejo, 12",
        "city": "28005 Madrid",
        "web": "https://www.migaycanela.example",
        "email": "hola@migaycanela.example",
        "phone": DISPLAY_PHONE,
        "hours": {
            "mon": [],
            **dict.fromkeys(("tue", "wed", "thu", "fri"), _WEEKDAY),
            "sat": [["08:30", "14:30"], ["17:00", "20:30"]],
            "sun": _SUNDAY,
        },
        "special_days": {
            date(year, month, day).isoformat(): {"name": name, "hours": hours}
            for year in (today.year, today.year + 1)
            for month, day, name, hours in _SPECIAL
        },
    }


BOT_NAME = "Canela"
FIRST_INSTRUCTIONS = "Habla de tú, con frases cortas. Como mucho un emoji."
BOT_INSTRUCTIONS = (
    "Habla de tú, con cariño y sin florituras, como quien despacha detrás del mostrador y conoce a su "
    "clientela. Frases cortas. Como mucho un emoji. Si preguntan por alergias, no tranquilices: da el dato y "
    "deja que decidan."
)
FALLBACK_TEXT = (
    "Eso prefiero que te lo diga alguien del obrador. Ya les he avisado y te contestan por aquí en cuanto "
    "suelten la masa."
)


def _faq() -> tuple[tuple[str, str], ...]:
    """Questions with their answers, from the page beside this file: a heading each, then the answer."""
    page = Path(__file__).with_name("faq.md").read_text("utf-8")
    entries = [entry.partition("\n") for entry in page.split("## ") if entry.strip()]
    return tuple((question.strip(), " ".join(answer.split())) for question, _, answer in entries)


FAQ = _faq()
