"""Who asks for a price is told the price of that thing or none, however it is typed."""

import pytest

from wacloud.modules.bot.domain.price_question import may_answer, of_something_else

RYE = "Mostrador\nHogaza de centeno\nPrecio: 4,80 €\nDisponibilidad: Martes, jueves y sábado\n900 g"
BAR = "Mostrador\nBarra de masa madre\nPrecio: 1,60 €\n250 g, corteza fina"
CAKE = "¿Cuánto cuesta una tarta?\nLa de 8 raciones cuesta 28 € y la de 12, 39 €."
HOURS = "¿Cuál es vuestro horario?\nDe 9:00 a 20:30."


@pytest.mark.parametrize(
    "asked",
    [
        "¿Cuánto cuesta la hogaza de centeno?",
        "cuanto cuesta la hogaza",
        "Cuánto vale la hogaza de centeno",
        "cuanto bale la hogaza",
        "kuanto kuesta la ogaza",
        "cuanto cuesta la ogaza de senteno?",
        "q precio tiene la hogaza de centeno",
        "qué precio tienen las hogazas",
        "ke vale la hogaza?",
        "a cuánto está la hogaza",
        "a cuanto teneis la hogaza",
        "a cómo está el centeno",
        "por cuánto sale la hogaza de centeno",
        "¿Me dices el precio de la hogaza?",
        "precio hogaza",
        "PRECIO DEL PAN DE CENTENO",
        "hola buenas cuanto costaria una hogaza",
        "¿cuánto me cobráis por una hogaza?",
        "cuánto cuestan dos hogazas de centeno",
        "cuanto es la hogaza",
        "¿Cuánto vale?",
        "valor de la hogaza",
        "How much is the hogaza?",
        "how much does the hogaza de centeno cost",
        "how much for a hogaza",
        "what's the price of the hogaza",
        "whats the cost of a hogaza",
        "what does the hogaza cost?",
        "Quanto custa a hogaza?",
        "quanto é a hogaza de centeno",
        "qual o preço da hogaza",
        "qual é o valor da hogaza?",
        "quanto fica a hogaza",
    ],
)
def test_the_thing_itself_tells_its_price_and_another_does_not(asked: str) -> None:
    assert may_answer(asked, RYE)
    if asked != "¿Cuánto vale?":
        assert not may_answer(asked, CAKE)
    assert not may_answer(asked, HOURS)


@pytest.mark.parametrize(
    "asked",
    [
        "cuanto vale la barra",
        "cuánto cuestan las barras",
        "precio de la barra de pan",
        "a cuánto la barra",
        "a como la barra",
        "cuanto la barra?",
        "¿la barra cuánto es?",
        "la barra a cuanto sale",
        "y la barra cuanto?",
        "quanto a barra",
        "how much are the barras",
        "barra precio",
        "que cuesta la barra",
        "qué me cuesta una barra",
        "cuantos euros la barra",
        "cuanto valen 3 barras",
    ],
)
def test_a_price_of_the_neighbour_is_never_told(asked: str) -> None:
    assert may_answer(asked, BAR)
    assert not may_answer(asked, RYE)
    assert not may_answer(asked, CAKE)


@pytest.mark.parametrize(
    "asked",
    [
        "¿A qué hora abrís?",
        "¿Cuánto tardáis en hacer una tarta?",
        "¿Cuánto dura el pan?",
        "¿Cuántas barras quedan?",
        "¿Cuánto pesa la hogaza?",
        "How long does it take?",
        "quanto tempo demora?",
        "¿Vale la pena?",
        "vale, gracias",
        "¿Cómo está la hogaza de rica?",
    ],
)
def test_who_asks_for_no_price_is_answered_by_anything(asked: str) -> None:
    assert may_answer(asked, HOURS)


@pytest.mark.parametrize("asked", ["¿Hacéis descuento?", "alguna oferta?", "any discounts?", "¿Lo tenéis más barato?"])
def test_who_asks_for_less_is_told_of_less_only(asked: str) -> None:
    assert not may_answer(asked, BAR)
    assert may_answer(asked, "¿Hay ofertas?\nLos lunes, 10 % de descuento.")


@pytest.mark.parametrize(
    ("texts", "before", "elsewhere"),
    [
        (["¿Cuánto cuesta la hogaza de centeno?"], None, {CAKE, HOURS}),
        (["cuanto cuesta la batidora roja"], None, {RYE, CAKE, HOURS}),
        # It goes on with what was asked before.
        (["¿y la grande cuánto vale?"], "¿Cuánto cuesta la tarta?", {RYE, HOURS}),
        # A question for something else is beside it.
        (["¿Cuánto cuesta la hogaza?", "¿A qué hora abrís?"], None, set()),
        (["¿A qué hora abrís?"], None, set()),
        # A thing has other names in another language.
        (["How much is the rye bread?"], None, set()),
        ([], None, set()),
    ],
)
def test_no_price_is_from_an_entry_of_something_else(texts: list[str], before: str | None, elsewhere: set[str]) -> None:
    assert of_something_else(texts, before, [RYE, CAKE, HOURS], "es") == elsewhere


NAPOLITANA = "Mostrador\nNapolitana de chocolate\nPrecio: 2,20 €"


@pytest.mark.parametrize(
    ("asked", "told", "may"),
    [
        ("precio tarta de chocolate", NAPOLITANA, False),
        ("¿cuánto cuesta la napolitana de chocolate?", NAPOLITANA, True),
        ("¿cuánto vale la napolitana con chocolate?", NAPOLITANA, True),
        ("¿cuánto cuesta algo de chocolate?", NAPOLITANA, True),
        ("¿cuánto cuesta la hogaza de centeno?", RYE, True),
        ("¿cuánto cuesta un corte de pelo?", "Corte: 15 €", True),
    ],
)
def test_what_a_thing_is_made_of_names_no_other_thing(asked: str, told: str, may: bool) -> None:
    assert may_answer(asked, told) is may
