"""What a model wrote is held against what it was told: amounts, hours, contacts, promises, confirmations."""

from typing import Any, get_args

import pytest

from wacloud.modules.bot.domain.answer_text import as_message, what_is_wrong
from wacloud.modules.bot.domain.grounding import Told, Ungrounded, ungrounded
from wacloud.modules.bot.ui import studio_words
from wacloud.modules.whatsapp.ui import reasons
from wacloud.shared.ui.i18n import translator

NEAR = (
    "La tarta de 8 raciones cuesta 28 € y la de 12, 39. Envío: 4,90 EUR. Boda: 1.250,50 €. Señal: el 30 %. "
    "Abrimos de 9:30 a 20:30."
)
KNOWN = f"<business>\nphone: 910 00 00 42\nemail: hola@obrador.es\nhours.mon: 09:30 20:30\n</business>\n{NEAR} [1] [5]"


def told_of(known: str, *near: str, **more: Any) -> Told:
    return Told(known, near, **more)


TOLD = told_of(KNOWN, NEAR, facts=KNOWN.partition("</business>")[0])


@pytest.mark.parametrize(
    "text",
    [
        "La de 8 cuesta 28 €.",
        "La de 12 sale por 39 euros.",
        "El envío son 4.90€",
        "Para una boda, 1250,50 €.",
        "Dos de 8 raciones: 56 €.",
        "La de 8 con envío: 32,90 €.",
        "La de 8 cuesta veintiocho euros.",
        "Hay que dejar un 30%.",
        "Abrimos a las 9:30 y somos 14 en el equipo; cerramos a las 8:30 de la tarde.",
        "Está listo en 3 días.",
        "Cuesta 28,00 €.",
        "No hacemos descuentos, lo siento.",
        "El envío no es gratis.",
        "Llámanos al +34 910 00 00 42 o escribe a hola@obrador.es.",
        "Si quieres una persona, te la busco.",
        "Tu número [TELEFONO_1] no lo veo. Lee [2].",
        "¿Para qué día la quieres y para cuántas personas?",
    ],
)
def test_what_was_told_or_follows_from_it_may_be_said(text: str) -> None:
    assert ungrounded(text, TOLD) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("La de 20 cuesta 62 €.", "invented_amount"),
        ("Son 5 euros de envío.", "invented_amount"),
        ("La tarta te sale a cinco euros.", "invented_amount"),
        ("Por ser tú, diecinueve euros.", "invented_amount"),
        ("Treinta y dos euros la de queso.", "invented_amount"),
        ("La tarta cuesta 84 €.", "invented_amount"),
        ("Te hacemos un 15 % de descuento.", "invented_amount"),
        ("Te hacemos un quince por ciento.", "invented_amount"),
        ("Cuesta 28,50 €", "invented_amount"),
        ("Es 0 €.", "invented_amount"),
        ("Las tartas son gratis para ti.", "invented_promise"),
        ("Hoy, a mitad de precio.", "invented_promise"),
        ("Tenemos dos por uno en tartas.", "invented_promise"),
        ("Te devolvemos el doble del dinero, por contrato.", "invented_promise"),
        ("Te hago un descuento.", "invented_promise"),
        ("El sábado abrimos a las 6:15.", "invented_hour"),
        ("Puedes pagar por Bizum al 699 88 77 66.", "foreign_contact"),
        ("Ingrésalo en ES91 2100 0418 4502 0005 1332.", "foreign_contact"),
        ("Escribe a pagos@evil-obrador.example.", "foreign_contact"),
        ("Queda apuntado para el 5 de diciembre.", "false_confirmation"),
        ("Reserva confirmada: mesa para 4.", "false_confirmation"),
        ("Your table is confirmed.", "false_confirmation"),
        ("Sí, soy una persona de verdad.", "claims_to_be_human"),
        ("I am not a bot!", "claims_to_be_human"),
        ("Me llamo [customer].", "placeholder"),
        ("Hola {nombre}, ¿qué tal?", "placeholder"),
        ("Llama al [número de teléfono]", "placeholder"),
    ],
)
def test_what_nobody_told_is_named(text: str, why: str) -> None:
    assert ungrounded(text, TOLD) == why


NO_NUTS = "¿Lleva nueces el bizcocho?\nNo, el bizcocho no lleva frutos secos. Puede contener trazas de huevo."
BROWNIE = "¿Tenéis algo sin gluten?\nSí: el brownie vegano es apto para celíacos."
UNFIT = "¿Es la hogaza apta para celíacos?\nNo, no es apta para celíacos: lleva trigo."


@pytest.mark.parametrize(
    "text",
    [
        "Sí, es apto para celíacos.",
        "Es apta para celíacos, no te preocupes.",
        "No te preocupes: es apta para personas celíacas.",
        "La tarta no lleva frutos secos.",
        "No, no lleva nueces ni almendras.",
        "Tranquila, la tarta es sin lactosa.",
        "Está libre de gluten.",
        "No contiene leche, huevo ni cacahuetes.",
        "Lo pueden comer los celíacos.",
        "Los alérgicos al huevo pueden comerlo.",
        "Es segura para alérgicos.",
        "Te confirmo que es sin gluten.",
        "It is gluten-free.",
        "It's safe for people with nut allergies.",
        "It does not contain nuts.",
        "Não contém glúten.",
        "O bolo é sem lactose.",
    ],
)
def test_what_nobody_said_of_an_allergy_is_not_said(text: str) -> None:
    assert ungrounded(text, TOLD) == "allergy_claim"
    assert ungrounded(text, told_of(KNOWN, f"{NEAR}\n{UNFIT}")) == "allergy_claim"


@pytest.mark.parametrize(
    "text",
    [
        "El bizcocho no lleva frutos secos.",
        "No, no lleva nueces.",
        "El brownie vegano es apto para celíacos.",
        "Sí, el brownie es sin gluten.",
        "The brownie is gluten-free.",
        "La hogaza no es apta para celíacos, lleva trigo.",
        "Lleva trigo y puede contener trazas de huevo.",
        "No puedo asegurarte que sea sin lactosa.",
        "No sé si es apto para alérgicos a la soja; te lo mira una persona.",
        "Te lo confirma una persona: tiene que comprobar si es sin huevo.",
        "¿La quieres sin lactosa?",
        "No tenemos nada sin lactosa.",
        "¿Tienes alguna alergia?",
        "Good morning! We have oat milk and cow's milk.",
        "Puedes tomar un café con leche en la barra.",
        "Hoy no tenemos pescado.",
        "The cake is not suitable for people with egg allergies.",
    ],
)
def test_what_the_business_said_of_an_allergy_or_a_warning_may_be_said(text: str) -> None:
    near = "\n".join([NEAR, NO_NUTS, BROWNIE, UNFIT])
    assert ungrounded(text, told_of(KNOWN, near)) is None


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("No lleva huevo pero sí leche.", "No lleva leche."),
        ("Es sin gluten, con almendras.", "Es apta para alérgicos a las almendras."),
        ("Es apta para celíacos, lleva almendras.", "No lleva almendras."),
        ("No contiene frutos secos, aunque puede contener trazas de soja.", "Es sin soja."),
        ("Consulta con el equipo si es apta para celíacos.", "Es apta para celíacos."),
    ],
)
def test_what_the_business_said_of_another_allergen_is_no_word_for_this(told: str, text: str) -> None:
    assert ungrounded(told, told_of(KNOWN, f"{NEAR}\n{told}")) is None
    assert ungrounded(text, told_of(KNOWN, f"{NEAR}\n{told}")) == "allergy_claim"


def test_a_wish_of_the_customer_is_no_promise_where_it_is_written_down() -> None:
    text = "Lo anoto: la tarta sin frutos secos. ¿Para qué día?"
    asked = "La quiero sin frutos secos"
    assert ungrounded(text, told_of(KNOWN, NEAR, asked=asked)) == "allergy_claim"
    assert ungrounded(text, told_of(KNOWN, NEAR, asked=asked, collects=True)) is None


def test_a_question_the_business_answers_with_yes_is_said_by_it() -> None:
    near = f"{NEAR}\n¿Tenéis pan sin gluten?\nSí, los jueves."
    assert ungrounded("Sí, los jueves tenemos pan sin gluten.", told_of(KNOWN, near)) is None
    near = f"{NEAR}\n¿Tenéis pan sin gluten?\nNo, lo sentimos."
    assert ungrounded("Sí, tenemos pan sin gluten.", told_of(KNOWN, near)) == "allergy_claim"


def test_each_reason_is_there_in_words_in_both_languages() -> None:
    codes = set(get_args(Ungrounded))
    assert codes == set(reasons.HELD_BACK) == set(studio_words.HELD_BACK)
    spanish = translator("es")
    assert [words for words in studio_words.HELD_BACK.values() if spanish(words) == words] == []


def test_what_was_noted_for_the_customer_may_be_said_again() -> None:
    text = "Queda apuntado: a las 21:15, con un presupuesto de 500 €, y te llamamos al 600 11 22 33."
    asked = "A las 21:15, tengo 500 €, mi móvil es el 600112233"
    assert ungrounded(text, told_of(KNOWN, NEAR, asked=asked)) is not None
    assert ungrounded(text, told_of(KNOWN, NEAR, asked=asked, is_noted=True, collects=True)) is None


def test_a_price_that_stands_somewhere_else_is_not_the_price_of_this() -> None:
    known = f"{KNOWN}\nEl roscón cuesta 24 €."
    assert ungrounded("La tarta cuesta 24 €.", told_of(known, NEAR)) == "invented_amount"


def test_an_entry_of_something_else_lends_its_price_to_nothing() -> None:
    cleaning = "¿Cuánto cuesta una limpieza?\n55 €."
    assert ungrounded("El blanqueamiento cuesta 55 €.", Told(KNOWN, (cleaning,))) is None
    assert ungrounded("El blanqueamiento cuesta 55 €.", Told(KNOWN, (cleaning,), elsewhere={cleaning})) == (
        "invented_amount"
    )


def test_what_the_business_itself_writes_in_brackets_is_no_gap() -> None:
    assert ungrounded("Escribe [cita] para reservar", told_of(f"{KNOWN} Responde con [cita].", NEAR)) is None


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Claro, te hago un descuento.", "No hacemos descuentos."),
        ("El envío es gratis.", "El envío no es gratis."),
        ("Tenemos 2x1.", "No hacemos 2x1 nunca."),
        ("No te preocupes, es gratis.", "El envío cuesta 4 €."),
    ],
)
def test_what_the_business_denies_is_no_promise_of_it(text: str, known: str) -> None:
    assert ungrounded(text, told_of(known, known)) == "invented_promise"


@pytest.mark.parametrize("text", ["Cuesta $1,500.", "Son *62* €.", "Vale £62.", "Son 62 GBP.", "It is 1,200 pounds."])
def test_an_amount_is_found_however_it_is_written(text: str) -> None:
    assert ungrounded(text, told_of("cuesta 15 €", "cuesta 15 €")) == "invented_amount"


def test_a_thousand_with_a_comma_is_the_same_thousand() -> None:
    assert ungrounded("Cuesta $1,500.", told_of("son $1,500", "son $1,500")) is None
    assert ungrounded("Cuesta 1.500 €.", told_of("son 1.500,00 €", "son 1.500,00 €")) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("I’m a real person.", "claims_to_be_human"),
        ("Não sou um robô.", "claims_to_be_human"),
        ("No soy una persona, soy el asistente virtual.", None),
        ("Não sou uma pessoa.", None),
        ("We don’t offer discounts.", None),
        ("He cancelado tu cita.", "false_confirmation"),
        ("I’ve booked you in.", "false_confirmation"),
        ("It contains no nuts.", "allergy_claim"),
        ("Nada de frutos secos.", "allergy_claim"),
        ("Sorry, we have no gluten-free bread.", None),
        ("None of our breads is gluten-free.", None),
    ],
)
def test_what_a_phone_s_apostrophe_or_a_no_changes(text: str, why: str | None) -> None:
    assert ungrounded(text, told_of("Somos una panadería.", "Somos una panadería.")) == why


def test_a_model_that_runs_in_circles_is_read_in_a_moment() -> None:
    """Each of these took half a second to a hundred seconds once."""
    for text in ("a" * 4096, "1.000" * 800, "sin " * 1024, "no lleva " * 500, "a.b@" * 1000):
        ungrounded(text, told_of("a", "a", asked=text))
    for text in ("[a](" * 3000, "![" * 6000):
        as_message(text)
    what_is_wrong("a." * 2048, "", "")
