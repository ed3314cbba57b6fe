"""A question about opening hours and nothing else is answered from the hours, to the day."""

from datetime import UTC, date, datetime

import pytest

from wacloud.modules.bot.domain.hours_question import days_asked
from wacloud.modules.business.api import days_text

FRIDAY = date(2026, 11, 27)
PROFILE = {
    "hours": {
        "tue": [["08:00", "14:00"], ["17:00", "20:30"]],
        "fri": [["08:00", "14:00"], ["17:00", "20:30"]],
        "sat": [["08:30", "14:30"]],
    },
    "special_days": {"2026-12-25": {"name": "Navidad", "hours": []}},
}


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("¿a qué hora cerráis hoy?", [27]),
        ("Hola!! abris mañana??", [28]),
        ("buenas, q horario teneis", []),
        ("¿Abrís los domingos por la mañana?", [29]),
        ("estais abiertos", [27]),
        ("¿Estáis abiertos el sábado?", [28]),
        ("¿abrís pasado mañana?", [29]),
        ("abris mañana por la mañana?", [28]),
        ("horario del finde porfa", [28, 29]),
        ("¿y el viernes hasta qué hora estáis abiertos?", [27]),
        ("What time do you open tomorrow?", [28]),
        ("Are you open now?", [27]),
        ("a q ora cerrais el savado", [28]),
        ("a q ora cerrais oy", [27]),
        ("a que hora cierra", []),
        ("cerrais a medio dia?", []),
        ("¿Abrís de lunes a viernes?", []),
        ("¿qué horario tenéis de lunes a jueves?", []),
        ("Que horas vocês abrem amanhã?", [28]),
    ],
)
def test_the_days_of_a_question_about_hours_are_read(text: str, days: list[int]):
    assert days_asked([text], FRIDAY) == tuple(date(2026, 11, day) for day in days)


@pytest.mark.parametrize("text", ["¿Abrís el 25 de diciembre?", "abris el 25/12?", "Are you open on 25 December?"])
def test_a_date_is_the_next_such_day(text: str):
    assert days_asked([text], FRIDAY) == (date(2026, 12, 25),)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("¿Abrís el próximo viernes?", date(2026, 12, 4)),
        ("¿Abrís el viernes que viene?", date(2026, 12, 4)),
        ("¿Abrís el lunes que viene?", date(2026, 11, 30)),
        ("¿A qué hora abrís el próximo sábado?", date(2026, 11, 28)),
        ("Are you open next Friday?", date(2026, 12, 4)),
        ("¿Abrís el viernes 4 de diciembre?", date(2026, 12, 4)),
        ("¿Abrís el martes 8/12?", date(2026, 12, 8)),
        ("abris el lunes 7 de diciembre? es puente", date(2026, 12, 7)),
        ("¿abrís en nochebuena?", date(2026, 12, 24)),
        ("¿Abrís el día de Reyes?", date(2027, 1, 6)),
        ("¿A qué hora cerráis el jueves día 24 de diciembre?", date(2026, 12, 24)),
    ],
)
def test_the_next_friday_is_not_today_and_a_date_with_its_weekday_is_one_day(text: str, day: date):
    assert days_asked([text], FRIDAY) == (day,)


def test_a_date_gone_by_is_next_year_s():
    assert days_asked(["¿abrís el 6 de enero?"], FRIDAY) == (date(2027, 1, 6),)


def test_a_burst_is_one_question():
    assert days_asked(["hola", "buenas tardes", "una pregunta", "¿a qué hora cerráis hoy?"], FRIDAY) == (FRIDAY,)


@pytest.mark.parametrize(
    "text",
    [
        "¿a qué hora abre la terraza?",
        "¿qué horario tiene el reparto a domicilio?",
        "¿a qué hora sale el pan?",
        "¿abrís las cajas antes de enviar?",
        "¿me podéis atender mañana?",
        "he abierto el paquete y está roto",
        "¿abrís el 31 de febrero?",
        "hola, mañana paso",
        "",
        "abris " * 60,
    ],
)
def test_what_asks_for_something_else_is_left_to_the_search(text: str):
    assert days_asked([text], FRIDAY) is None


@pytest.mark.parametrize(
    ("language", "days", "told"),
    [
        (
            "es",
            [27],
            (
                "Hoy, viernes 27 de noviembre, abrimos de 8:00 a 14:00 y de 17:00 a 20:30. "
                "Ahora está abierto: cerramos hoy a las 14:00."
            ),
        ),
        ("es", [28], "Mañana, sábado 28 de noviembre, abrimos de 8:30 a 14:30."),
        (
            "es",
            [29],
            "El domingo 29 de noviembre no abrimos. Abrimos el martes 1 de diciembre de 2026 a las 8:00.",
        ),
        (
            "es",
            [],
            (
                "Horario: lunes, cerrado; martes, de 8:00 a 14:00 y de 17:00 a 20:30; de miércoles a jueves, cerrado; "
                "viernes, de 8:00 a 14:00 y de 17:00 a 20:30; sábado, de 8:30 a 14:30; domingo, cerrado. "
                "Días especiales: viernes 25 de diciembre de 2026 (Navidad), cerrado."
            ),
        ),
        ("en", [28], "Tomorrow, Saturday 28 November, we open from 8:30 to 14:30."),
        ("pt", [28], "Amanhã, sábado, 28 de novembro, abrimos das 8:30 às 14:30."),
    ],
)
def test_the_hours_are_told_as_a_person_would(language: str, days: list[int], told: str):
    now = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
    assert days_text(PROFILE, "Europe/Madrid", now, [date(2026, 11, day) for day in days], language) == told


def test_a_holiday_is_named_and_who_has_told_no_hours_gets_none():
    now = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
    told = days_text(PROFILE, "Europe/Madrid", now, [date(2026, 12, 25)])
    assert told is not None
    assert told.startswith("El viernes 25 de diciembre no abrimos (Navidad). Abrimos el sábado 26 de diciembre")
    assert days_text({}, "Europe/Madrid", now, []) is None
