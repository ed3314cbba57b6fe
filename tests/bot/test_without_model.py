"""Rules, topics and refusals, with no model to ask."""

from dataclasses import replace
from typing import get_args

import pytest
from bot_builders import FALLBACK, HOURS, SHIPPING, FixedKnowledge, an_item, deps, question

from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.domain.answer import Why
from wacloud.modules.bot.domain.keywords import named_in
from wacloud.modules.bot.domain.question import Before, HistoryLine
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.bot.domain.topics import as_list, topics_of
from wacloud.modules.whatsapp.ui.reasons import REASONS
from wacloud.shared.ui.i18n import translator

SETTINGS = BotSettings(fallback_text=FALLBACK)


def test_every_reason_is_there_in_words_in_both_languages() -> None:
    assert set(get_args(Why)) <= set(REASONS)
    spanish = translator("es")
    assert [words for words in REASONS.values() if spanish(words) == words] == []


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("Quiero un PRESUPUESTO", ("presupuesto",), "presupuesto"),
        ("¿hacéis presupuestos?", ("presupuesto",), "presupuesto"),
        ("me das la garantía", ("garantia",), "garantia"),
        ("quiero la devolución del dinero", ("devolución del dinero",), "devolución del dinero"),
        ("llama al 112", ("112",), "112"),
        ("llama al 113", ("112",), None),
        ("la bodega", ("boda",), None),
        ("bodas y bautizos", ("boda",), "boda"),
        ("a.*b", (".*",), None),
        ("", ("x",), None),
    ],
)
def test_a_word_is_found_whole_with_and_without_accents(text, words, found) -> None:
    assert named_in([text], words) == found


async def test_topics_are_offered_nearest_first_and_only_with_an_answer() -> None:
    parking = an_item("¿Hay aparcamiento?", "[[dónde se aparca]]", 2)
    knowledge = FixedKnowledge((HOURS, "nada", 0.9), (parking, "nada", 0.9), (SHIPPING, "bici", 0.3))
    answer = await compose_answer(deps(knowledge=knowledge), question("¿Vendéis bicis?"))
    assert [topic.item_id for topic in answer.topics] == [str(SHIPPING.id), str(HOURS.id)]
    assert (answer.nearest, answer.text, answer.hand_over) == (SHIPPING, FALLBACK, True)


async def test_topics_are_not_offered_where_the_business_does_not_want_it() -> None:
    settings = replace(SETTINGS, offer_topics=False)
    answer = await compose_answer(deps(), question("¿Vendéis bicicletas?", settings=settings))
    assert answer.topics == ()


async def test_the_second_of_three_unknown_questions_stays_with_the_bot_and_the_third_does_not() -> None:
    settings = replace(SETTINGS, hand_over_after=3)
    asked = question("¿Vendéis bicicletas?", settings=settings)
    second = await compose_answer(deps(), replace(asked, before=Before(unknown=1)))
    third = await compose_answer(deps(), replace(asked, before=Before(unknown=2)))
    assert (second.hand_over, second.why, third.hand_over) == (False, "no_match", True)


async def test_a_pressed_topic_that_is_gone_is_asked_like_anything_else() -> None:
    asked = replace(question("¿Cuál es vuestro horario?"), topic="b8f0a2f2-0000-4000-8000-000000000000")
    answer = await compose_answer(deps(), asked)
    assert (answer.why, answer.text) == ("faq_match", HOURS.answer)


async def test_a_menu_is_offered_again_unless_the_same_one_stands_right_above() -> None:
    asked = question("¿Vendéis bicicletas?")
    shown = frozenset({str(HOURS.id), str(SHIPPING.id)})
    same = await compose_answer(deps(), replace(asked, before=Before(unknown=1, topics_shown=shown)))
    other = await compose_answer(deps(), replace(asked, before=Before(topics_shown=frozenset({str(HOURS.id)}))))
    assert (len(same.topics), len(other.topics)) == (0, 2)


@pytest.mark.parametrize(
    ("asked", "title", "description"),
    [
        ("¿Qué horario tenéis?", "¿Qué horario tenéis?", None),
        ("¿qué horario tenéis?", "¿Qué horario tenéis?", None),
        ("¿Hay algo para celíacos?", "¿Hay algo para celíacos?", None),
        ("¿Tenéis algo sin lactosa?", "¿Tenéis algo sin…", "¿Tenéis algo sin lactosa?"),
        ("Do you deliver?", "Do you deliver?", None),
        ("¡Ofertas de la semana!", "¡Ofertas de la semana!", None),
        ("¿Abrís el domingo, y si no?", "¿Abrís el domingo, y si…", "¿Abrís el domingo, y si no?"),
        ("Supercalifragilisticoespialidoso", "Supercalifragilisticoes…", "Supercalifragilisticoespialidoso"),
    ],
)
def test_a_title_keeps_its_marks_where_they_fit(asked: str, title: str, description: str | None) -> None:
    [topic] = topics_of([an_item(asked, "Sí.")])
    assert (topic.title, topic.description) == (title, description)
    assert len(topic.title) <= 24


def test_a_list_keeps_metas_limits_whatever_the_questions_are() -> None:
    items = [an_item("¿" + "Palabra" * 9 + " y más " * 20 + f"{n}?", "Sí.") for n in range(30)]
    menu = as_list("x" * 5000, topics_of(items), "es")
    rows = menu["action"]["sections"][0]["rows"]
    assert len(rows) == 10
    assert max(len(row["title"]) for row in rows) <= 24
    assert max(len(row["description"]) for row in rows) <= 72
    assert len(menu["body"]["text"]) <= 1024
    assert len(menu["action"]["button"]) <= 20


OPEN_ALL_WEEK = {"hours": {day: [["09:00", "21:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}}


async def test_the_hours_of_a_day_are_told_from_the_profile_and_not_from_what_sounds_alike() -> None:
    asked = question("¿A qué hora cerráis hoy?")
    asked = replace(asked, facts=replace(asked.facts, profile=OPEN_ALL_WEEK))
    answer = await compose_answer(deps(knowledge=FixedKnowledge((SHIPPING, "hora", 0.9))), asked)
    assert (answer.why, answer.source, answer.hand_over) == ("told_hours", "knowledge", False)
    assert answer.text is not None
    assert answer.text.startswith("Hoy, ")
    assert "de 9:00 a 21:00" in answer.text


async def test_the_usual_hours_are_told_in_the_business_s_own_words_where_it_wrote_some() -> None:
    asked = question("¿Qué horario tenéis?")
    asked = replace(asked, facts=replace(asked.facts, profile=OPEN_ALL_WEEK))
    written = await compose_answer(deps(), asked)
    unwritten = await compose_answer(deps(knowledge=FixedKnowledge((SHIPPING, "envío", 0.9))), asked)
    assert (written.why, written.text) == ("faq_match", HOURS.answer)
    assert (unwritten.why, unwritten.text) == ("told_hours", "Horario: de lunes a domingo, de 9:00 a 21:00.")


async def test_an_hour_of_something_else_is_not_told_as_the_business_s_hours() -> None:
    orders = an_item("¿Puedo encargar pan?", "Sí, escríbenos antes de las 11:00 del día anterior.")
    asked = question("a que hora cierra")
    asked = replace(asked, facts=replace(asked.facts, profile=OPEN_ALL_WEEK))
    answer = await compose_answer(deps(knowledge=FixedKnowledge((orders, "hora", 0.9))), asked)
    assert (answer.why, answer.text) == ("told_hours", "Horario: de lunes a domingo, de 9:00 a 21:00.")


async def test_hours_nobody_told_are_not_made_up() -> None:
    answer = await compose_answer(deps(knowledge=FixedKnowledge((SHIPPING, "envío", 0.9))), question("¿Abrís hoy?"))
    assert (answer.why, answer.text) == ("no_match", FALLBACK)


async def test_a_price_without_a_thing_is_of_what_was_asked_before() -> None:
    delivery = an_item("¿Lleváis a domicilio?", "Sí, por 3,50 € en el centro.")
    cakes = an_item("¿Cuánto cuesta una tarta?", "La de 8 raciones, 28 €.")
    asked = question("y cuánto cuesta?")
    asked = replace(asked, history=(HistoryLine("contact", "lleváis a domicilio?"), HistoryLine("bot", "Sí.")))
    knowledge = FixedKnowledge((delivery, "domicilio", 0.9), (cakes, "cuánto", 0.8))
    answer = await compose_answer(deps(knowledge=knowledge), asked)
    assert (answer.why, answer.text) == ("faq_match", delivery.answer)


async def test_a_business_s_own_words_stay_in_its_language() -> None:
    asked = question("Do you have vegan options for my friends?")
    asked = replace(
        asked, language="en", facts=replace(asked.facts, is_open=False, opens={"es": "abrimos mañana a las 9"})
    )
    answer = await compose_answer(deps(knowledge=FixedKnowledge((SHIPPING, "envío", 0.9))), asked)
    assert answer.text == f"{FALLBACK} Ahora estamos cerrados; abrimos mañana a las 9."


async def test_of_several_questions_in_one_sentence_each_is_answered_and_hours_from_the_profile() -> None:
    place = an_item("¿Dónde estáis?", "En la calle Mayor 3.")
    pays = an_item("¿Cómo se paga?", "Con tarjeta o Bizum.")
    asked = question("Hola, dónde estáis, a qué hora cerráis hoy y puedo pagar con bizum?")
    asked = replace(asked, facts=replace(asked.facts, profile=OPEN_ALL_WEEK))
    knowledge = FixedKnowledge((place, "dónde", 0.9), (pays, "bizum", 0.9))
    answer = await compose_answer(deps(knowledge=knowledge), asked)
    assert answer.why == "faq_match"
    assert [line[:5] for line in str(answer.text).split("\n\n")] == ["En la", "Hoy, ", "Con t"]
