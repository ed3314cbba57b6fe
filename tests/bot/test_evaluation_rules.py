"""When an answer to a golden question is right, wrong, invented or refused."""

from typing import Any
from uuid import uuid4

import pytest

from wacloud.modules.bot.domain.answer import Answer
from wacloud.modules.bot.domain.evaluation import (
    GoldenQuestion,
    Score,
    facts_in,
    judge,
    language_of,
    made_up_in,
)
from wacloud.shared.domain.errors import FaultyFields

KNOWN = """
Q: ¿Hacéis envíos? A: Sí, en 48-72 horas. Cuesta 4,90 € y es gratis a partir de 50 €.
Q: ¿Horario? A: De 9:30 a 14:00 y de 17:00 a 20:30. Tel. 983 123 456, hola@olmo.es, https://olmo.es/tienda
Q: ¿Devoluciones? A: Tienes treinta días. Un robot cuesta 1.200 €.
"""
SOURCE = uuid4()


def golden(*facts: str, **more: Any) -> GoldenQuestion:
    return GoldenQuestion(uuid4(), "¿Cuánto cuesta el envío?", facts=facts, **more)


def answered(text: str, source: Any = "model", **more: Any) -> Answer:
    return Answer(text=text, source=source, why="model_answered", **more)


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("4,90 €", "El envío cuesta 4.90€."),
        ("4,90 €", "Son 4,9 euros."),
        ("50 €", "Es gratis desde 50€"),
        ("9:30", "Abrimos a las 9.30 h"),
        ("17:00", "Por la tarde, desde las 17 h."),
        ("1.200 €", "Cuesta 1200 €"),
        ("24", "Avisa con 24 horas de antelación."),
        ("gratis", "¡Es GRÁTIS a partir de 50 €!"),
        ("Bizum | tarjeta", "Puedes pagar con tarjeta"),
    ],
)
def test_a_fact_is_found_however_it_is_written(fact: str, said: str) -> None:
    assert judge(golden(fact), answered(said), (), KNOWN + said).checks["facts"]


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("4,90 €", "El envío cuesta 14,90 €."),
        ("50 €", "Es gratis desde 500 €."),
        ("9:30", "Abrimos a las 19:30."),
        ("si", "Siempre."),
        ("4 €", "Son 4,90 €."),
    ],
)
def test_what_only_looks_like_a_fact_is_none(fact: str, said: str) -> None:
    assert not judge(golden(fact), answered(said), (), KNOWN + said).checks["facts"]


@pytest.mark.parametrize(
    "said",
    [
        "El envío cuesta 5,90 €.",
        "Escríbenos a ventas@olmo.es",
        "Mira https://otra.example/oferta",
        "Llama al 983 000 000",
        "Abrimos a las 8:00",
        "Tienes 15 días",
    ],
)
def test_a_number_or_an_address_nobody_told_is_invented(said: str) -> None:
    assert made_up_in(said, KNOWN)
    assert judge(golden("gratis"), answered(said), (), KNOWN).outcome == "invented"


@pytest.mark.parametrize(
    "said",
    [
        "Tienes 30 días para devolverlo.",
        "1. Envío 4,90 €\n2. Gratis desde 50 €",
        "Abrimos de 9:30 a 14 h, y por la tarde de 17 a 20:30.",
        "Escribe a hola@olmo.es o mira https://olmo.es/tienda.",
        "El robot cuesta 1200 euros",
    ],
)
def test_what_was_told_may_be_said_in_other_words(said: str) -> None:
    assert made_up_in(said, KNOWN) == ()


def test_an_answer_is_right_only_if_all_of_it_is() -> None:
    wanted = golden("4,90 €", "gratis", source=SOURCE, language="es")
    right = answered("El envío cuesta 4,90 € y es gratis desde 50 €.")
    assert judge(wanted, right, [str(SOURCE)], KNOWN).outcome == "right"
    assert judge(wanted, right, [str(uuid4())], KNOWN).outcome == "wrong"
    assert judge(wanted, answered("Cuesta 4,90 €."), [str(SOURCE)], KNOWN).outcome == "wrong"
    in_english = answered("The delivery is 4,90 € and it is gratis from 50 €.")
    assert judge(wanted, in_english, [str(SOURCE)], KNOWN).checks["language"] is False


def test_what_may_not_be_said_counts_as_invented() -> None:
    wanted = golden("4,90 €", forbidden=("siempre gratis",))
    assert judge(wanted, answered("Cuesta 4,90 €, siempre gratis"), (), KNOWN).outcome == "invented"


def test_not_answering_is_right_exactly_where_nothing_is_known() -> None:
    silent = Answer(text="Aviso a una persona.", source="fallback", why="model_did_not_know", hand_over=True)
    unknown = GoldenQuestion(uuid4(), "¿Vendéis coches?", expects="person")
    assert judge(unknown, silent, (), KNOWN).outcome == "right"
    assert judge(golden("4,90 €"), silent, (), KNOWN).outcome == "refused"
    assert judge(unknown, answered("Sí, vendemos coches."), (), KNOWN).outcome == "invented"


def test_a_model_that_was_not_reached_says_nothing_about_the_bot() -> None:
    away = Answer(text="Aviso.", source="fallback", why="model_unavailable_no_match", hand_over=True)
    assert judge(golden("4,90 €"), away, (), KNOWN).outcome == "unheard"


def test_the_score_counts_each_outcome() -> None:
    score = Score.of(["right", "right", "invented", "refused"])
    assert (score.asked, score.right, score.invented, score.refused, score.share) == (4, 2, 1, 1, 0.5)
    assert Score().share == 0.0


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("El envío es gratis a partir de 50 € y tarda dos días.", "es"),
        ("We are open from 9 to 5 and you can pay with a card.", "en"),
        ("Nós abrimos às 9 e você pode pagar com cartão, não aceitamos cheque.", "pt"),
        ("4,90 €", None),
    ],
)
def test_the_language_of_a_sentence_is_told_by_its_small_words(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_the_facts_of_a_taught_answer_are_its_figures_and_addresses() -> None:
    taught = "De 9:30 a 14:00. Cuesta 4,90 €; 12 % menos desde diez. Escribe a hola@olmo.es"
    assert facts_in(taught) == ("hola@olmo.es", "9:30", "14:00", "4,90 €", "12 %")


@pytest.mark.parametrize(
    ("question", "faulty"),
    [
        (GoldenQuestion(uuid4(), "?", facts=("x",)), {"question"}),
        (GoldenQuestion(uuid4(), "¿Cuánto?"), {"facts"}),
        (GoldenQuestion(uuid4(), "¿Cuánto?", facts=("x",) * 11), {"facts"}),
        (GoldenQuestion(uuid4(), "¿Cuánto?", facts=("x",), forbidden=("", "y" * 201)), {"forbidden.0", "forbidden.1"}),
    ],
)
def test_a_golden_question_that_cannot_be_judged_is_refused(question: GoldenQuestion, faulty: set[str]) -> None:
    with pytest.raises(FaultyFields) as refused:
        question.check()
    assert {fault.field for fault in refused.value.faults} == faulty
