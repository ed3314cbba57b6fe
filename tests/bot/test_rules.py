"""The small rules: prices, spelling, the text of an answer, what is asked in a burst."""

from datetime import date
from decimal import Decimal

import pytest

from wacloud.modules.bot.domain.answer_text import as_message, cut, what_is_wrong
from wacloud.modules.bot.domain.knowledge import AnswerLength, KnowledgeText, QuestionLength
from wacloud.modules.bot.domain.prices import Price, Usage, cost_usd
from wacloud.modules.bot.domain.ranking import asked_in
from wacloud.modules.bot.domain.small_talk import small_talk_in
from wacloud.modules.bot.domain.spelling import Vocabulary, words_of


def test_a_price_is_the_one_listed_on_that_day() -> None:
    prices = (
        Price("m", date(2026, 1, 1), Decimal(1), Decimal("0.1"), Decimal(4)),
        Price("m", date(2026, 7, 1), Decimal(2), Decimal("0.2"), Decimal(8)),
    )
    million = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
    assert cost_usd("m", million, date(2026, 6, 30), prices) == Decimal(5)
    assert cost_usd("m", million, date(2026, 7, 1), prices) == Decimal(10)
    assert cost_usd("m", million, date(2020, 1, 1), prices) == Decimal(5)
    assert cost_usd("m-2026-03-01", million, date(2026, 6, 30), prices) == Decimal(5)
    assert cost_usd("m-mini", million, date(2026, 6, 30), prices) is None


def test_cached_and_written_tokens_have_prices_of_their_own() -> None:
    usage = Usage(input_tokens=3000, output_tokens=0, cached_tokens=1000, cache_write_tokens=1000)
    assert cost_usd("gpt-6-luna", usage, date(2026, 11, 23)) == Decimal("0.00023500")


@pytest.mark.parametrize(
    ("wrote", "shown"),
    [
        ("## Horario\n\n* lunes\n* martes", "*Horario*\n\n- lunes\n- martes"),
        ("**Sí**, __de verdad__", "*Sí*, __de verdad__"),
        ("<p>Hola<br>tú</p>", "Hola\ntú"),
        ("menos de 20 € y 3 < 5 <3", "menos de 20 € y 3 < 5 <3"),
        ("<think>NO_LO_SE quizá</think>Sí.", "Sí."),
        ("```\nSí\n```", "Sí"),
        ("[web](https://a.es) y [a.es](https://a.es)", "web: https://a.es y https://a.es"),
        ("a\x00b\u202ec", "abc"),
        ("👨‍👩‍👧 ok", "👨‍👩‍👧 ok"),
    ],
)
def test_what_a_model_writes_becomes_plain(wrote: str, shown: str) -> None:
    assert as_message(wrote) == shown


def test_a_text_is_cut_where_it_hurts_least() -> None:
    assert cut("corto") == "corto"
    assert cut("Uno dos. Tres cuatro cinco.", 20) == "Uno dos. Tres …"
    assert cut("x" * 50, 20) == "x" * 18 + " …"
    assert len(cut("Frase entera. " * 1000)) <= 4096


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Mira www.tienda.es/ofertas o https://tienda.es.", None),
        ("Mira otra-tienda.com", "foreign_link"),
        ("Escribe a info@otra.es", "foreign_link"),
        ("Compra en panes.zip/ofertas", "foreign_link"),
        ("Entra en obrador.click", "foreign_link"),
        ("¡gracias.Me dices tu talla?", None),
        ("Tarda 2 h.Es rápido.", None),
        ("Abrimos de 9.30 a 20.30. Cuesta 4.90.", None),
    ],
)
def test_only_sites_it_was_told_about_pass(text: str, wrong: str | None) -> None:
    assert what_is_wrong(text, "", "web: https://tienda.es") == wrong


def test_slips_are_corrected_to_words_of_the_business_only() -> None:
    known = Vocabulary(["¿Hacéis envíos?", "Devolver un producto", "la dirección", "tarjetas de garantía", "precio"])
    assert known.meant("haceis emvios xfa") == "haceis envios por favor"
    assert known.meant("kiero debolver, la direcion y una targeta") == "quiero devolver la direccion y una targeta"
    assert known.meant("targetas") == "tarjetas"
    # Other words, however near, stay what they are.
    assert known.meant("presión devolvió enviados") == "presion devolvio enviados"


def test_words_are_compared_without_accents_and_numbers() -> None:
    assert words_of("¿Q día, 25 ó 31?") == ["que", "dia", "00", "o", "00"]


@pytest.mark.parametrize(
    ("texts", "whole", "parts"),
    [
        (("Hola, buenas tardes. ¿A qué hora abrís?",), "A qué hora abrís?", ()),
        (("tenéis", "la camiseta", "en rojo?"), "la camiseta en rojo?", ("la camiseta", "en rojo?")),
        (("¿horario? ¿y envíos?",), "horario? y envíos?", ("horario?", "y envíos?")),
        (("hola",), "hola", ()),
        (
            ("Hola, dónde estáis, a qué hora cerráis hoy y puedo pagar con bizum?",),
            "dónde estáis? a qué hora cerráis hoy? puedo pagar con bizum?",
            ("dónde estáis?", "a qué hora cerráis hoy?", "puedo pagar con bizum?"),
        ),
        (("Soy de Ávila, ¿hacéis envíos?",), "Soy de Ávila, ¿hacéis envíos?", ()),
        (("¿Tenéis bizcocho y cuánto cuesta?",), "Tenéis bizcocho y cuánto cuesta?", ()),
        (("Dime el precio, que no lo veo",), "Dime el precio, que no lo veo", ()),
    ],
)
def test_what_is_looked_up_for_a_burst(texts: tuple[str, ...], whole: str, parts: tuple[str, ...]) -> None:
    asked = asked_in(texts)
    assert (asked.whole, asked.parts) == (whole, parts)


@pytest.mark.parametrize("text", ["hola, tenéis pan?", "buenas, el 25", "gracias pero no me llegó", "???", "sí", ""])
def test_small_talk_is_nothing_but_small_talk(text: str) -> None:
    assert small_talk_in([text]) is None


def test_knowledge_is_tidied_and_measured() -> None:
    assert KnowledgeText.typed("  ¿Abrís\n hoy? ", " Sí.\0 ") == KnowledgeText("¿Abrís hoy?", "Sí.")
    for question in ("x", "x" * 501, " \0 "):
        with pytest.raises(QuestionLength):
            KnowledgeText.typed(question, "Sí")
    for answer in ("", " \n", "x" * 4001):
        with pytest.raises(AnswerLength):
            KnowledgeText.typed("¿Sí?", answer)
