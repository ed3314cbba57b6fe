"""Products and their prices, to the last decimal."""

from decimal import Decimal

import pytest

from wacloud.modules.bot.domain.product import (
    NoProductColumns,
    PriceUnreadable,
    Product,
    price_in_words,
    product_of,
    products_in,
    read_price,
)


@pytest.mark.parametrize(
    ("told", "amount", "words"),
    [
        ("12,50 €", "12.50", "12,50 €"),
        ("12.5", "12.5", "12,5 €"),
        ("1.234,50", "1234.50", "1.234,50 €"),
        ("1,234.50 €", "1234.50", "1.234,50 €"),
        ("1.200", "1200", "1.200 €"),
        ("0.125", "0.125", "0,125 €"),
        ("19", "19", "19 €"),
        ("$ 7.99", "7.99", "7,99 US$"),
        ("1 250,00 EUR", "1250.00", "1.250,00 €"),
        ("desde 3,10 euros", "3.10", "3,10 €"),
    ],
)
def test_a_price_is_told_with_the_decimals_it_was_written_with(told: str, amount: str, words: str) -> None:
    price, currency = read_price(told)
    assert price is not None
    assert str(price) == amount
    assert price_in_words(price, currency or "EUR") == words


@pytest.mark.parametrize("told", ["gratis", "12,50 o 13,00", "-5", "1e5", "9" * 21, "12..5,,0"])
def test_what_is_no_price_is_refused(told: str) -> None:
    with pytest.raises(PriceUnreadable):
        read_price(told)


def test_a_table_is_read_by_the_names_of_its_columns() -> None:
    rows = [
        ["Nombre del producto", "PVP", "Stock", "Enlace", "Otra cosa"],
        ["Olla exprés", "59,90 €", "Quedan 3", "https://casaolmo.es/olla", "x"],
        ["", "", "", "", ""],
        ["Sartén", "", "", "javascript:alert(1)", ""],
    ]
    found, wrong = products_in(rows, 100)
    assert wrong == []
    assert found == [
        Product("Olla exprés", Decimal("59.90"), "EUR", "", "https://casaolmo.es/olla", "Quedan 3"),
        Product("Sartén"),
    ]
    assert found[0].told() == "Olla exprés\nPrecio: 59,90 €\nDisponibilidad: Quedan 3\nhttps://casaolmo.es/olla"


def test_rows_that_cannot_be_read_are_named() -> None:
    _, wrong = products_in([["name", "price"], ["Uno", "x"], ["Dos", "2"], ["", "3"]], 100)
    assert wrong == [(2, "price_unreadable"), (4, "product_name_length")]
    assert products_in([["name"], ["a"], ["b"]], 1)[1] == [(3, "too_many")]


def test_a_table_without_names_is_none() -> None:
    with pytest.raises(NoProductColumns):
        products_in([["a", "b"], ["1", "2"]], 10)


def test_a_name_is_needed() -> None:
    with pytest.raises(Exception, match="name"):
        product_of("  ")
