"""Whether a machine writes to us."""

from datetime import UTC, datetime, timedelta

import pytest

from wacloud.modules.bot.domain.loops import ENOUGH, Line, signs_of_a_machine

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
MENU = "Bienvenido a Talleres Pepe\n1. Horario\n2. Cita\n3. Hablar con un agente"


def talk(*lines: tuple[str, float, str]) -> list[Line]:
    """Author, seconds after the line before, text."""
    at, found = START, []
    for author, after, text in lines:
        at += timedelta(seconds=after)
        found.append(Line(author, at, text))
    return found


def is_machine(*lines: tuple[str, float, str]) -> bool:
    return signs_of_a_machine(talk(*lines)) >= ENOUGH


MACHINES = [
    # An auto-reply that comes back to every message.
    [
        ("contact", 0, "Gracias por contactar con Talleres Pepe. En breve le atenderemos."),
        ("bot", 2, "¡Hola! ¿En qué te puedo ayudar?"),
        ("contact", 1, "Gracias por contactar con Talleres Pepe. En breve le atenderemos."),
    ],
    # A menu that is shown again.
    [("contact", 0, MENU), ("bot", 3, "No tengo esa información."), ("contact", 2, MENU)],
    # A bot that changes a word each time, and never sleeps.
    [
        ("contact", 0, "Su ticket 8812 ha sido registrado en el sistema"),
        ("bot", 1, "No tengo esa información."),
        ("contact", 1, "Su ticket 8813 ha sido registrado en el sistema"),
        ("bot", 1, "No tengo esa información."),
        ("contact", 1, "Su ticket 8814 ha sido registrado en el sistema"),
    ],
    # An echo.
    [
        ("contact", 0, "hola"),
        ("bot", 1, "¡Hola! ¿En qué te puedo ayudar?"),
        ("contact", 1, "¡Hola! ¿En qué te puedo ayudar?"),
        ("bot", 1, "¡Hola! ¿En qué te puedo ayudar?"),
        ("contact", 1, "¡Hola! ¿En qué te puedo ayudar?"),
    ],
    [
        ("contact", 0, "I am out of the office until Monday."),
        ("bot", 2, "We are open from nine."),
        ("contact", 2, "I am out of the office until Monday."),
    ],
    [
        ("contact", 0, "Obrigado pelo seu contato! Responderemos em breve."),
        ("bot", 2, "Olá!"),
        ("contact", 2, "Obrigado pelo seu contato! Responderemos em breve."),
    ],
]
PEOPLE = [
    # Asks twice, then in other words.
    [
        ("contact", 0, "¿Tenéis sitio el sábado?"),
        ("bot", 2, "No tengo esa información."),
        ("contact", 40, "¿Tenéis sitio el sábado?"),
        ("bot", 2, "No tengo esa información."),
        ("contact", 60, "mesa para el sábado, digo"),
    ],
    # Sends a burst, and presses send twice.
    [("contact", 0, "¿hay alguien ahí?"), ("contact", 1, "¿hay alguien ahí?"), ("contact", 1, "¿hay alguien ahí?")],
    # Goes through the sizes.
    [line for n in range(38, 44) for line in (("contact", 25, f"¿Tenéis la talla {n} en azul?"), ("bot", 2, "No."))],
    # A shopping list.
    [("contact", 0, "Quería:\n1. pan\n2. leche\n3. huevos"), ("bot", 2, "Anotado."), ("contact", 3, "gracias!")],
    # Says yes at once, many times.
    [line for _ in range(6) for line in (("bot", 5, "¿Algo más?"), ("contact", 2, "sí"))],
    # Was typing already.
    [
        ("contact", 0, "hola"),
        ("bot", 2, "¡Hola! ¿En qué te puedo ayudar?"),
        ("contact", 1, "quería preguntar por las tartas de queso"),
    ],
    # Thanks for the message, politely.
    [("contact", 0, "Gracias por tu mensaje, ¿abrís el domingo?"), ("bot", 2, "No."), ("contact", 30, "Vale, gracias")],
    # Answers a person of the team at once.
    [line for _ in range(2) for line in (("member", 5, "¿A qué nombre?"), ("contact", 2, "De Rosa Fernández Gil"))],
]


@pytest.mark.parametrize("lines", MACHINES)
def test_a_machine_is_found_within_three_messages(lines):
    assert is_machine(*lines)


@pytest.mark.parametrize("lines", PEOPLE)
def test_a_person_is_none(lines):
    assert not is_machine(*lines)


def test_texts_of_any_length_are_compared_in_a_moment():
    long = "una palabra y otra " * 200
    lines = [line for n in range(12) for line in (("bot", 9, "De acuerdo."), ("contact", 2, f"{n} {long}"))]
    assert is_machine(*lines)
