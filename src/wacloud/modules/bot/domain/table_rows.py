"""
A piece of a table as an answer: only the row that was asked for, a field on each line, its price as people write it.

A piece holds some rows (`chunking.py`), each as "Producto: Barra; Precio: 1.60". A model may read them all; whoever
answers without one would hand out the neighbours' prices too.
"""

import re
from dataclasses import replace
from typing import Final
from uuid import uuid5

from wacloud.modules.bot.domain.knowledge import KnowledgeItem, KnowledgeItemId
from wacloud.modules.bot.domain.price_question import are_alike, stems_of, things_in
from wacloud.modules.bot.domain.product import PriceUnreadable, column_of, currency_of, price_in_words, read_price

_FIELD: Final = re.compile(r"(?:^|; )([^:;\n]{1,60}): ")
# Sizes of one thing, sorts of one kind: nobody knows which was meant, and so many are still an answer.
_MOST_ALIKE: Final = 3
_COUNT: Final = re.compile(r"\d+")
Row = list[tuple[str, str]]


def row_asked_for(asked: str, item: KnowledgeItem) -> KnowledgeItem | None:
    """The item with the asked row alone; itself where it is no piece of a table; None where no row has that price."""
    rows = [_fields(line) for line in item.answer.split("\n")]
    if item.passage is None or not all(len(row) > 1 for row in rows):
        return item
    things, counts = things_in(asked), frozenset(_COUNT.findall(asked))
    scored = [(_score(things, counts, row), place) for place, row in enumerate(rows)]
    best = max(score for score, _ in scored)
    if best[:2] == (0, 0):
        has_prices = any(column_of(label) == "price" for label, _ in rows[0])
        return None if has_prices and things else item
    chosen = [place for score, place in scored if score == best][:_MOST_ALIKE]
    told = "\n\n".join(_told(rows[place]) for place in chosen)
    own = KnowledgeItemId(uuid5(item.id, ",".join(map(str, chosen))))
    return replace(item, id=own, answer=told)


def _fields(line: str) -> Row:
    if not _FIELD.match(line):
        return []
    _, *parts = _FIELD.split(line)
    return list(zip(parts[::2], (cell.strip() for cell in parts[1::2]), strict=True))


def _score(things: frozenset[str], counts: frozenset[str], row: Row) -> tuple[int, int, int]:
    """How many of the things asked for its name tells, and all of it; how many of the figures."""
    told = " ".join(cell for _, cell in row)
    name = " ".join(cell for label, cell in row if column_of(label) == "name") or row[0][1]
    return _matches(things, name), _matches(things, told), len(counts & set(_COUNT.findall(told)))


def _matches(things: frozenset[str], text: str) -> int:
    words = stems_of(text)
    return sum(any(are_alike(thing, word) for word in words) for thing in things)


def _told(row: Row) -> str:
    columns = [column_of(label) for label, _ in row]
    currency = next((cell for (_, cell), column in zip(row, columns, strict=True) if column == "currency"), "")
    lines = [cell for (_, cell), column in zip(row, columns, strict=True) if column == "name"][:1]
    for (label, cell), column in zip(row, columns, strict=True):
        if column == "name" and cell == lines[0]:
            continue
        if column == "price":
            lines.append(f"{label}: {_price(cell, currency or label)}")
        elif column != "currency":
            lines.append(f"{label}: {cell}")
    return "\n".join(lines)


def _price(cell: str, told: str) -> str:
    """As it is written in Spain; what is no plain price stays as it is."""
    try:
        amount, currency = read_price(cell)
    except PriceUnreadable:
        return cell
    return cell if amount is None else price_in_words(amount, currency or currency_of(told))
