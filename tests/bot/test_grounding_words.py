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
        ("Serían 25 por persona", [25], []),
        ("It's 18 per person", [18], []),
        ("El total sería 54", [54], []),
        ("Cuesta aproximadamente 18", [18], []),
        ("14'50 €", ["14.5"], []),
        ("2 400 €", [2400], []),
        ("cuatrocientos y tres mil novecientos euros", [3900], []),
        # What counts something else
        ("El taxi son unos 50 € y 35 minutos", [50], []),
        ("Cuesta 85 € y 65 la individual", [85], []),
        ("Son 3 plantas", [], []),
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
        ("hasta 22h", [[22]]),
        ("We close at ten", [[10, 22]]),
        ("Horario: 12-17 h", [[0, 12], [17]]),
        ("Servimos cenas de 19 a 22", [[19], [22]]),
        ("Cerramos a medianoche", [[0]]),
        ("para las 9 y media", [[9.5, 21.5]]),
        # No hours of a day
        ("Para las dos, 32 €", []),
        ("una de las tres", []),
        ("a las 24 h ya puedes comer", []),
        ("menús de 10 a 15 €", []),
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
        ("Abrimos 24/7.", "invented_promise"),
        ("No te preocupes te hago descuento.", "invented_promise"),
        ("Te invitamos al postre.", "invented_promise"),
        ("Te prometo que llega.", "invented_promise"),
        ("No pagas el envío.", "invented_promise"),
        ("Abrimos a las 6.", "invented_hour"),
        ("Abrimos de 12 a 17.", "invented_hour"),
        ("We close at eleven.", "invented_hour"),
        ("We open at 6am.", "invented_hour"),
        ("Abrimos a las 8:30 de la mañana.", "invented_hour"),
        ("Cerramos a las diez y media.", "invented_hour"),
        ("Anotado.", "false_confirmation"),
        ("Hecho, os esperamos el sábado.", "false_confirmation"),
        ("Mesa para 4 confirmada.", "false_confirmation"),
        ("Te confirmo la reserva.", "false_confirmation"),
        ("Tomo nota.", "false_confirmation"),
        ("Perfecto, os esperamos el sábado.", "false_confirmation"),
        ("Sí, hay mesa libre el sábado.", "false_confirmation"),
        ("Nos quedan 2 pares.", "false_confirmation"),
        ("Tu pedido llega mañana.", "false_confirmation"),
        ("Tu reserva ha sido cancelada.", "false_confirmation"),
        ("No te preocupes tu mesa queda reservada.", "false_confirmation"),
        ("Your table is booked.", "false_confirmation"),
        ("Te apunto para el sábado.", "false_confirmation"),
        ("Mesa reservada.", "false_confirmation"),
        ("Tu pedido está en camino.", "false_confirmation"),
        ("Your order is on its way.", "false_confirmation"),
        ("Soy Laura, encargada.", "claims_to_be_human"),
        ("Soy la dueña.", "claims_to_be_human"),
        ("Te habla una persona real.", "claims_to_be_human"),
        ("La hogaza no tiene nada de gluten.", "allergy_claim"),
        ("Sin nada de lactosa.", "allergy_claim"),
        ("Ninguno de nuestros panes lleva gluten.", "allergy_claim"),
        ("Es apta celíacos.", "allergy_claim"),
        ("Gluten: no.", "allergy_claim"),
        ("It is coeliac friendly.", "allergy_claim"),
        ("No hay riesgo de contaminación cruzada.", "allergy_claim"),
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
        ("La reserva queda confirmada cuando pagas la señal.", ""),
        ("Si tu reserva está confirmada, te llega un mensaje.", ""),
        ("Sí, a las 11:30 estamos abiertos.", "¿Abrís a las 11:30?"),
        ("¿Te va bien a las 7?", "a las 7"),
        ("Para las dos, 56 €.", ""),
        ("¿Te apunto para el sábado?", ""),
        ("Si quieres, una persona te apunta.", ""),
        ("Llega en 24 horas.", ""),
        ("Para 4 personas te va bien la de 8.", ""),
    ],
)
def test_what_was_told_or_follows_may_be_said_in_other_words(text: str, asked: str) -> None:
    assert fault(text, asked=asked) is None


ROOMS = (
    "¿Cuánto cuesta?\nAdultos 22 € y niños 9,90 €. Bono de 10 horas, 220 €. Antes 119,90 €, ahora 89,90 €. IVA 21 %.",
    "¿Cuánto tarda?\nLa paella tarda 35 minutos y es para 3 personas.",
)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Son 63,80 € en total: 44 € los adultos y 19,80 € los niños.", "2 adultos y 2 niños"),
        ("Son 63,80 € en total.", "5\n7 u 8\n9\n11\n12\nmañana somos 2 adultos y 2 niños"),
        ("22 € + 9,90 € + 220 €: 251,90 €", ""),
        ("Antes 119,90 € y ahora 89,90 €: te ahorras 30 €.", ""),
        ("Con el 21 % de IVA son 26,62 €.", ""),
        ("El bono sale a 22 € la hora.", "10 horas"),
        ("Con 30 € te llega para un adulto.", "Tengo 30 €"),
        ("No, cuesta 89,90 €, no 100 €.", "valen 100 €, ¿no?"),
    ],
)
def test_what_can_be_reckoned_from_it_may_be_said(text: str, asked: str) -> None:
    assert fault(text, *ROOMS, asked=asked) is None


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("La paella cuesta 35 €.", ""),
        ("Cuesta 3 €.", ""),
        ("Son 21 € la hora.", ""),
        ("Sí, cuesta 100 €.", "valen 100 €, ¿no?"),
        ("Cuesta 100 €.", "valen 100 €, ¿no?"),
        ("El plato cuesta 31 €.", ""),
    ],
)
def test_a_number_of_something_else_or_a_sum_of_nothing_is_no_price(text: str, asked: str) -> None:
    assert fault(text, *ROOMS, asked=asked) == "invented_amount"


def test_long_lists_of_prices_cost_milliseconds_and_make_no_sums() -> None:
    menu = "\n".join(f"plato {n}: {n},30 €, con un {n % 9} % menos" for n in range(1, 400))
    assert fault("Te sale por 777 €.", menu) == "invented_amount"
    assert fault("Son 5 € por persona.", "12345678901234567890123456789 €", asked="somos 4") == "invented_amount"


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
        ("Se puede pagar con Visa.", "", "invented_name"),
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


@pytest.mark.parametrize(
    ("asked", "text", "claims"),
    [
        ("soy celíaca, ¿puedo comer la hogaza?", "Sí, claro 😊", True),
        ("soy celíaca\n¿puedo comer la hogaza?", "Sí, puedes comerla sin problema.", True),
        ("¿La hogaza es apta para celíacos?", "Sí, es apta.", True),
        ("¿La hogaza lleva gluten?", "No lleva.", True),
        ("¿La hogaza lleva gluten?", "No.", True),
        ("¿La hogaza lleva gluten?", "Sí, lleva.", False),
        ("¿La hogaza lleva gluten?", "No lo sé; te lo mira una persona.", False),
        ("soy celíaca, ¿puedo comer la hogaza?", "No, lo siento.", False),
        ("soy celíaca, ¿puedo comer la hogaza?", "No te lo puedo confirmar.", False),
        ("¿Abrís hoy?", "Sí, claro.", False),
    ],
)
def test_a_mere_yes_to_a_question_about_an_allergen_is_a_claim(asked: str, text: str, claims: bool) -> None:
    assert fault(text, BROWNIE, asked=asked) == ("allergy_claim" if claims else None)


def test_a_kind_of_dish_is_no_other_thing_than_what_is_told() -> None:
    for text in ("Tenemos 3 platos sin gluten.", "Sí, hay comida sin gluten.", "Tenemos carta sin gluten."):
        assert fault(text, "¿Opciones sin gluten?\nSí, hay 3 opciones sin gluten: croquetas, pan y tarta.") is None


def test_what_a_form_has_is_said_again_though_it_was_put_in_words() -> None:
    told = Told(HOURS, (CAKE,), asked="a las nueve y media\n21:30", collects=True)
    assert ungrounded("A las 21:30, ¿correcto?", told) is None


@pytest.mark.parametrize("text", ["!" * 4096, "!\n\n" * 1365, ".\n" * 2048, "apto para celiacos " * 215])
def test_texts_without_end_are_read_in_a_moment(text: str) -> None:
    """Each of these took a third of a second and more; none of them says anything."""
    fault(text, BROWNIE)
