"""Without a model a table answers with the row that was asked for, and with no price beside it."""

import uuid

import pytest
from bot_builders import FALLBACK, HOURS, FixedKnowledge, deps, question

from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.domain.knowledge import KnowledgeItem, KnowledgeItemId, Passage
from wacloud.modules.bot.domain.table_rows import row_asked_for
from wacloud.shared.domain.ids import BusinessId

TARIFF = "\n".join(
    [
        "Producto: Barra; Precio: 1.60",
        "Producto: Hogaza de centeno; Precio: 4,8; Peso: 900 g",
        "Producto: Tarta de queso; Tamaño: 8 raciones; Precio: 28",
        "Producto: Tarta de queso; Tamaño: 12 raciones; Precio: 1039",
    ]
)


class WithSources(FixedKnowledge):
    """One whose sources are found beside its questions."""

    async def items(self, business_id: BusinessId) -> tuple[KnowledgeItem, ...]:
        return tuple(item for item, _, _ in self.scored if item.passage is None)


def piece(body: str, title: str = "tarifa.csv") -> KnowledgeItem:
    return KnowledgeItem(
        KnowledgeItemId(uuid.uuid4()), title, body, passage=Passage(uuid.uuid4(), "file", title, place=0)
    )


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("¿Cuánto cuesta la barra?", "Barra\nPrecio: 1,60 €"),
        ("cuanto vale la ogaza de senteno", "Hogaza de centeno\nPrecio: 4,8 €\nPeso: 900 g"),
        ("¿y las barras?", "Barra\nPrecio: 1,60 €"),
        ("precio de la tarta de queso de 12 raciones", "Tarta de queso\nTamaño: 12 raciones\nPrecio: 1.039 €"),
        (
            "precio de la tarta de queso",
            "Tarta de queso\nTamaño: 8 raciones\nPrecio: 28 €\n\nTarta de queso\nTamaño: 12 raciones\nPrecio: 1.039 €",
        ),
    ],
)
def test_only_the_row_that_was_asked_for_is_told(asked: str, told: str) -> None:
    item = row_asked_for(asked, piece(TARIFF))
    assert item is not None
    assert item.answer == told


def test_a_price_list_without_that_thing_says_nothing() -> None:
    assert row_asked_for("¿Cuánto cuesta el roscón?", piece(TARIFF)) is None


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("Artículo: Olla; PVP: 59,90 €; Enlace: https://x.es/a", "Olla\nPVP: 59,90 €\nEnlace: https://x.es/a"),
        ("Nombre: Olla; Precio: 12.5; Moneda: USD", "Olla\nPrecio: 12,5 US$"),
        ("Nombre: Olla; Precio (£): 7", "Olla\nPrecio (£): 7 £"),
        ("Nombre: Olla; Precio: a consultar", "Olla\nPrecio: a consultar"),
        ("Precio: 7; Nombre: Olla", "Olla\nPrecio: 7 €"),
    ],
)
def test_its_fields_stand_under_each_other_with_the_price_as_people_write_it(row: str, told: str) -> None:
    item = row_asked_for("¿cuánto vale la olla?", piece(row))
    assert item is not None
    assert item.answer == told


@pytest.mark.parametrize("body", ["Abrimos a diario: de 9 a 14; los lunes no.", "Una línea.\nOtra: línea.", "a: b"])
def test_what_is_no_table_stays_as_it_is(body: str) -> None:
    item = piece(body)
    assert row_asked_for("¿cuándo abrís?", item) is item


async def test_two_questions_get_a_row_each_from_one_piece() -> None:
    knowledge = FixedKnowledge((piece(TARIFF), "cuesta", 0.9))
    asked = question("¿Cuánto cuesta la barra? ¿Y cuánto cuesta la hogaza?")
    answer = await compose_answer(deps(knowledge=knowledge), asked)
    assert answer.text == "Barra\nPrecio: 1,60 €\n\nHogaza de centeno\nPrecio: 4,8 €\nPeso: 900 g"
    assert [one["piece"] for one in answer.detail["sources"]] == ["0", "0"]


async def test_a_price_that_no_row_has_goes_to_a_person() -> None:
    knowledge = FixedKnowledge((piece(TARIFF), "cuesta", 0.9))
    answer = await compose_answer(deps(knowledge=knowledge), question("¿Cuánto cuesta el roscón?"))
    assert (answer.hand_over, answer.why, answer.text) == (True, "no_match", FALLBACK)


async def test_a_piece_of_a_source_is_no_topic_to_press() -> None:
    answer = await compose_answer(
        deps(knowledge=WithSources((HOURS, "nada", 0.9), (piece("Somos."), "bici", 0.3))), question("¿Vendéis bicis?")
    )
    assert [topic.item_id for topic in answer.topics] == [str(HOURS.id)]
