"""Who asks whether they may eat something hears what tells of their allergen and that thing, or a person."""

import pytest
from bot_builders import FixedKnowledge, an_item, deps, question

from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.domain.diet_question import may_answer_diet

VEGAN = "¿Tenéis cosas veganas?\nSí: la barra de masa madre, la hogaza de centeno, la palmera y el brownie vegano."
BROWNIE = "¿Tenéis algo sin gluten?\nSí: el brownie vegano es apto para celíacos; lo demás lleva trigo."
ALL = "¿Trabajáis con alérgenos?\nTodos nuestros productos pueden contener trazas de frutos secos."
KEEPS = "¿Cómo se guarda la tarta de queso?\nEn la nevera, tres días."


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("soy celiaca, puedo comer la barra de masa madre?", VEGAN),
        ("mi hija es celiaca, puede comer la palmera?", VEGAN),
        ("mi hija es celiaca, puede comer la palmera?", BROWNIE),
        ("mi hijo es alérgico a la leche, ¿puede tomar la barra?", VEGAN),
        ("¿el brownie vegano lleva frutos secos?", VEGAN),
        ("soy intolerante a la lactosa, el brownie lleva?", VEGAN),
        ("soy alérgico al sésamo, puedo comer la hogaza de centeno?", VEGAN),
        ("¿tarta de queso sin lactosa?", KEEPS),
        ("estoy embarazada, ¿puedo comer la tarta de queso?", KEEPS),
        ("¿la tarta de queso lleva huevo?", KEEPS),
    ],
)
def test_another_diet_or_another_thing_is_no_answer(asked: str, told: str) -> None:
    assert not may_answer_diet(asked, told)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("¿tenéis algo sin gluten?", BROWNIE),
        ("soy celiaca, ¿puedo comer ahí?", BROWNIE),
        ("¿el brownie es apto para celíacos?", BROWNIE),
        ("¿tenéis algo vegano?", VEGAN),
        ("teneis algo begano", VEGAN),
        ("soy alérgica a los frutos secos", ALL),
        ("soy alérgica, ¿qué puedo comer?", ALL),
        ("¿cuánto cuesta el pan de nueces?", KEEPS),  # left to other rules
        ("¿repartís leche?", KEEPS),
        ("¿cómo guardo la tarta?", KEEPS),
    ],
)
def test_what_tells_of_it_or_asks_for_no_diet_may_be_answered(asked: str, told: str) -> None:
    assert may_answer_diet(asked, told)


async def test_without_a_model_a_coeliac_is_not_told_what_is_vegan_nor_is_it_proposed_to_the_team() -> None:
    item = an_item(*VEGAN.split("\n"))
    knowledge = FixedKnowledge((item, "barra", 0.95))
    answer = await compose_answer(deps(knowledge=knowledge), question("soy celiaca, puedo comer la barra?"))
    assert (answer.hand_over, answer.source, answer.nearest) == (True, "fallback", None)
    assert "Sí" not in (answer.text or "")
    answer = await compose_answer(deps(knowledge=knowledge), question("¿la barra es vegana?"))
    assert answer.why == "faq_match"
