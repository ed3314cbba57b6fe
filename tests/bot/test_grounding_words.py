"""The same facts and the same inventions in the many words people and models have for them."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from bot_builders import an_item

from wacloud.modules.bot.domain.amounts import amounts_in
from wacloud.modules.bot.domain.clock_times import times_in
from wacloud.modules.bot.domain.grounding import Told, is_off_the_point, ungrounded
from wacloud.modules.bot.domain.ranking import Hit
from wacloud.modules.bot.domain.spelling import unaccented

CAKE = "¿Cuánto cuesta la tarta?\nLa de 8 raciones, 28 €; la de 12, 39. Por más de diez, un 10 % menos."
BREAD = "¿Cuánto cuesta el pan?\nLa barra 1,60 € y la hogaza 3,50 €."
HOURS = "hours.mon: 09:30 20:30\nhours.sat: 10:00 14:00"
NO_DISCOUNT = "¿Hacéis descuentos?\nNo, los precios son los de la carta."


def fault(text: str, *near: str, asked: str = "", facts: str = HOURS, collects: bool = False) -> str | None:
    entries: Sequence[str] = near or (CAKE, BREAD)
    known = "\n".join([facts, *entries])
    return ungrounded(text, Told(known, entries, facts=facts, asked=asked, collects=collects))


@pytest.mark.parametrize(
    ("text", "prices", "shares"),
    [
        ("Cuesta 62.", [62], []),
        ("Te la dejo en 25", [25], []),
        ("Sale a 12,50 cada una", ["12.5"], []),
        ("Precio: 45", [45], []),
        ("Cuesta sesenta y dos", [62], []),
        ("Son doscientos cincuenta euros", [250], []),
        ("Mil doscientos euros", [1200], []),
        ("Dos mil trescientos cuarenta y cinco euros", [2345], []),
        ("two hundred and fifty euros", [250], []),
        ("50 céntimos", ["0.5"], []),
        ("cincuenta céntimos", ["0.5"], []),
        ("2 euros con 50", ["2.5"], []),
        ("un veinticinco por ciento", [], [25]),
        ("It costs 30", [30], []),
        ("Sai por 18", [18], []),
        # What counts something else
        ("Cuesta 20 minutos llegar", [], []),
        ("La hora sale a las 9", [], []),
        ("Vale, 2 barras", [], []),
        ("Somos doscientos en el pueblo", [], []),
        ("El pan sale 2 veces al día", [], []),
        ("No cuesta ni un euro", [], []),
    ],
)
def test_money_is_found_in_the_words_people_have_for_it(text: str, prices: list[str], shares: list[str]) -> None:
    found = amounts_in(unaccented(text))
    assert found.prices == {Decimal(one).normalize() for one in prices}
    assert found.shares == {Decimal(one).normalize() for one in shares}


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("a las 6", [[6, 18]]),
        ("6 am", [[6]]),
        ("at 6 pm", [[18]]),
        ("hasta las ocho y media", [[8.5, 20.5]]),
        ("a las 8:30 de la mañana", [[8.5]]),
        ("a las 8:30 de la tarde", [[20.5]]),
        ("a las 9.30", [[9.5, 21.5]]),
        ("a las doce de la noche", [[0]]),
        ("às 18h", [[18]]),
        ("a la una menos cuarto", [[0.75, 12.75]]),
        ("at six o'clock", [[6, 18]]),
        ("abrimos de 9 a 14", [[9, 21], [14]]),
        ("09:30", [[9.5]]),
        # No hours of a day
        ("en 24 horas", []),
        ("de 2 a 4 personas", []),
        ("a las 2 semanas", []),
        ("las 3 tartas", []),
        ("cuesta 9,30 €", []),
        ("en 48 h", []),
    ],
)
def test_times_of_day_are_found_in_the_words_people_have_for_them(text: str, times: list[list[float]]) -> None:
    found = {frozenset(moments) for moments in times_in(unaccented(text))}
    assert found == {frozenset(int(hour * 60) for hour in moments) for moments in times}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Cuesta 62.", "invented_amount"),
        ("Te la dejo en 25.", "invented_amount"),
        ("Son doscientos euros.", "invented_amount"),
        ("Son cincuenta céntimos.", "invented_amount"),
        ("Te hacemos el envío incluido.", "invented_promise"),
        ("No te cobramos el reparto.", "invented_promise"),
        ("The coffee is on the house.", "invented_promise"),
        ("It is free of charge.", "invented_promise"),
        ("O café é sem custo.", "invented_promise"),
        ("Te hago un precio especial.", "invented_promise"),
        ("Hay promoción: buy one, get one.", "invented_promise"),
        ("Te garantizo que llega mañana.", "invented_promise"),
        ("Si no te gusta, te devolvemos el dinero.", "invented_promise"),
        ("You will get a full refund.", "invented_promise"),
        ("Estamos abiertos las 24 horas.", "invented_promise"),
        ("Abrimos a las 6.", "invented_hour"),
        ("We open at 6am.", "invented_hour"),
        ("Abrimos a las 8:30 de la mañana.", "invented_hour"),
        ("Cerramos a las diez y media.", "invented_hour"),
        ("Anotado.", "false_confirmation"),
        ("Te apunto para el sábado.", "false_confirmation"),
        ("Mesa reservada.", "false_confirmation"),
        ("Tu pedido está en camino.", "false_confirmation"),
        ("Your order is on its way.", "false_confirmation"),
        ("Soy Laura, encargada.", "claims_to_be_human"),
        ("Soy la dueña.", "claims_to_be_human"),
        ("Está hecha sin leche, made with no dairy.", "allergy_claim"),
        ("Coeliacs can eat it.", "allergy_claim"),
        ("Pode comer se for celíaco.", "allergy_claim"),
        ("No hay duda de que es sin gluten.", "allergy_claim"),
        ("No solo es rico: es apto para celíacos.", "allergy_claim"),
    ],
)
def test_what_nobody_told_stays_unsaid_in_other_words_too(text: str, why: str) -> None:
    assert fault(text) == why


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Cuesta 28.", ""),
        ("La de 8 te sale a 28 y la de 12 a 39.", ""),
        ("La barra cuesta un euro con sesenta.", ""),
        ("Son veintiocho euros.", ""),
        ("25 barras son 40 €.", "¿Cuánto serían 25 barras?"),
        ("Son 14,50 €: 5 barras y 2 hogazas serían 15 €.".replace("14,50 €: ", ""), "5 barras y 2 hogazas"),
        ("Con el 10 % menos se queda en 25,20 €.", ""),
        ("Sale a 3,50 € por persona.", "somos 8, ¿cuánto es cada uno?"),
        ("Feel free to ask!", ""),
        ("Tenemos tarjetas de regalo.", ""),
        ("Are you free on Monday?", ""),
        ("No te puedo garantizar que llegue.", ""),
        ("No hacemos descuentos.", ""),
        ("Abrimos a las nueve y media.", ""),
        ("Abrimos a las 9:30 de la mañana y cerramos a las 8 y media de la tarde.", ""),
        ("No, a las 7 estamos cerrados: abrimos a las 9:30.", "¿Abrís a las 7?"),
        ("Todavía no está confirmada.", ""),
        ("¿Te apunto para el sábado?", ""),
        ("Si quieres, una persona te apunta.", ""),
        ("Llega en 24 horas.", ""),
        ("Para 4 personas te va bien la de 8.", ""),
    ],
)
def test_what_was_told_or_follows_may_be_said_in_other_words(text: str, asked: str) -> None:
    assert fault(text, asked=asked) is None


def test_a_question_the_business_answers_with_no_promises_nothing() -> None:
    assert fault("Sí, te hacemos un descuento.", NO_DISCOUNT) == "invented_promise"
    assert fault("Sí, hacemos descuentos.", "¿Hacéis descuentos?\nSí, a partir de diez.") is None


def test_a_promise_is_of_what_the_question_is_near_to() -> None:
    told = Told(f"{CAKE}\nEl parking es gratis.", (CAKE,))
    assert ungrounded("La tarta es gratis.", told) == "invented_promise"


BROWNIE = "¿Qué postre es apto para celíacos?\nEl brownie vegano es apto para celíacos."
LOAF = "¿Lleva leche la hogaza?\nLa hogaza no lleva leche."


@pytest.mark.parametrize(
    ("text", "asked", "may_be_said"),
    [
        ("El brownie es apto para celíacos.", "", True),
        ("Sí, es apto para celíacos.", "¿El brownie lleva gluten?", True),
        ("Sí, es apto para celíacos.", "¿La hogaza es apta para celíacos?", False),
        ("La hogaza es apta para celíacos.", "", False),
        ("La hogaza no lleva leche.", "", True),
        ("El brownie no lleva leche.", "", False),
    ],
)
def test_that_one_thing_is_fit_tells_nothing_of_another(text: str, asked: str, may_be_said: bool) -> None:
    assert (fault(text, BROWNIE, LOAF, asked=asked) is None) == may_be_said


def test_what_is_said_of_everything_is_said_of_each() -> None:
    assert fault("La hogaza es sin leche.", "Todos nuestros panes son sin leche.") is None


def test_while_it_collects_a_form_the_bot_may_say_that_it_writes_down() -> None:
    text = "Anotado. ¿Para qué día?"
    assert fault(text) == "false_confirmation"
    assert fault(text, collects=True) is None
    assert fault("Tu mesa está reservada.", collects=True) == "false_confirmation"


@pytest.mark.parametrize(
    ("text", "asked", "why"),
    [
        ("La capital de Francia es París.", "¿Cuál es la capital de Francia?", "invented_name"),
        ("Sí, trabajamos con Adeslas.", "¿Trabajáis con Mapfre?", "invented_name"),
        ("Te atiende la doctora Carrasco.", "", "invented_name"),
        ("No trabajamos con Mapfre.", "¿Trabajáis con Mapfre?", None),
        ("Hola, Rosa, la tarta cuesta 28 €.", "Soy Rosa", None),
        ("El sábado, 5 de Diciembre, abrimos a las 10:00.", "", None),
        ("Claro. ¿En qué te ayudo? *Tarta*: 28 €.", "", None),
        ("El precio lleva IVA y enviamos a toda España.", "", None),
        ("We have Victoria Sponge for 28 €.", "How much is the cake?", None),
    ],
)
def test_a_name_nobody_told_stays_unsaid(text: str, asked: str, why: str | None) -> None:
    assert fault(text, asked=asked) == why


GLUTEN, CHILDREN = an_item("¿Hay platos sin gluten?", "Sí, casi todos."), an_item("¿Hay menú infantil?", "Sí, 9 €.")


@pytest.mark.parametrize(
    ("best", "other", "is_off"),
    [
        (0.8, 0.2, True),  # the search is sure of one, and this is far from it
        (0.8, 0.5, False),  # nearly as near
        (0.3, 0.1, False),  # nobody knows
    ],
)
def test_beside_a_sure_find_an_answer_rests_on_what_is_nearly_as_near(best: float, other: float, is_off: bool) -> None:
    hits = [Hit(GLUTEN, best, best, 0.5), Hit(CHILDREN, other, other, 0.1)]
    assert is_off_the_point([CHILDREN], [hits], 0.45) is is_off
    assert not is_off_the_point([GLUTEN, CHILDREN], [hits], 0.45)
