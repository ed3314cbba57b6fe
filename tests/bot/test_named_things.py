"""A name nobody taught is not answered from what was taught of others."""

import pytest
from bot_builders import FALLBACK, FixedKnowledge, an_item, deps, question

from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.domain.named_things import tells_of

INSURERS = "¿Trabajáis con seguros? Sí, con Adeslas y Sanitas."
SHIPPING = "¿Hacéis envíos? A la península y a Baleares, en dos días."


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("¿Trabajáis con Mapfre?", INSURERS),
        ("¿Tenéis tienda en Barcelona?", "¿Dónde estáis? En la calle Encina 8, en Salamanca."),
        ("¿Hacéis envíos a Canarias?", SHIPPING),
        ("Do you work with Mapfre?", INSURERS),
        ("Vocês entregam em Lisboa?", SHIPPING),
        ("¿Trabajáis con la Mutua?", INSURERS),
        ("¿Pasa consulta hoy con la Dra. Pérez?", INSURERS),
        ("¿Vendéis Nike?", "¿Qué vendéis? Zapatillas Joma y Munich."),
        ("Do you stock the Adidas?", "¿Qué vendéis? Zapatillas Joma y Munich."),
    ],
)
def test_another_name_is_no_answer(asked: str, told: str) -> None:
    assert not tells_of(asked, told)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("¿Trabajáis con Adeslas?", INSURERS),
        ("¿trabajais con Sanitas o con Mapfre?", INSURERS),
        ("¿Enviáis a Valeares?", SHIPPING),
        ("¿trabajáis con mapfre?", INSURERS),  # nobody can tell that it is a name
        ("Hola Marta, ¿trabajáis con seguros?", INSURERS),
        ("Soy de Ávila, ¿hacéis envíos?", SHIPPING),
        ("¿TRABAJÁIS CON SEGUROS?", INSURERS),
        ("¿Hacéis envíos hasta Navidad?", SHIPPING),
        ("¿Hacéis envíos?", SHIPPING),
        ("¿Vendéis Munich?", "¿Qué vendéis? Zapatillas Joma y Munich."),
        ("¿Puedo pagar con Visa?", "¿Cómo se paga? Con tarjeta o en efectivo."),
        ("¿Tenéis WiFi?", "¿Hay internet? Sí, wi-fi para todos."),
        ("¿Pasáis la ITV?", "Pasamos la I.T.V. por ti."),
        ("¿Reparáis BMW?", "Reparamos todas las marcas."),
        ("¿Abrís en Nochebuena?", "¿Qué días cerráis? En Navidad."),
        ("", ""),
    ],
)
def test_what_is_named_here_or_names_nothing_may_be_answered(asked: str, told: str) -> None:
    assert tells_of(asked, told)


async def test_without_a_model_another_name_is_left_to_a_person() -> None:
    knowledge = FixedKnowledge((an_item("¿Trabajáis con seguros?", "Sí, con Adeslas y Sanitas."), "trabaj", 0.95))
    answer = await compose_answer(deps(knowledge=knowledge), question("¿Trabajáis con Mapfre?"))
    assert (answer.text, answer.why) == (FALLBACK, "no_match")
    answer = await compose_answer(deps(knowledge=knowledge), question("¿Trabajáis con Sanitas?"))
    assert answer.why == "faq_match"
