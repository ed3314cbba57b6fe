"""Products, typed or from a table: what columns are called in the wild, and prices to the last decimal."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from wacloud.shared.domain.errors import AppError

_COLUMNS: Final[dict[str, frozenset[str]]] = {
    "name": frozenset(
        [
            "nombre",
            "producto",
            "articulo",
            "artículo",
            "titulo",
            "título",
            "name",
            "title",
            "product",
            "item",
            "servicio",
        ]
    ),
    "price": frozenset(["precio", "pvp", "importe", "tarifa", "price", "cost", "coste"]),
    "description": frozenset(["descripcion", "descripción", "detalle", "detalles", "description", "details"]),
    "url": frozenset(["url", "enlace", "link", "web", "pagina", "página"]),
    "availability": frozenset(["disponibilidad", "stock", "existencias", "availability", "estado", "disponible"]),
    "currency": frozenset(["moneda", "divisa", "currency"]),
}
_SIGNS: Final = {"€": "EUR", "$": "USD", "£": "GBP", "eur": "EUR", "euros": "EUR", "usd": "USD", "gbp": "GBP"}
_SHOWN: Final = {"EUR": "€", "USD": "US$", "GBP": "£"}
_LARGEST: Final = Decimal(10) ** 9


class ProductNameLength(AppError):
    """A product needs a name of 1 to 200 characters."""


class PriceUnreadable(AppError):
    """The price cannot be read: write it like 12,50 or 12.50."""


class NoProductColumns(AppError):
    """The first line has to name the columns: at least one called name (nombre)."""


@dataclass(frozen=True, slots=True)
class Product:
    """Something the business sells."""

    name: str
    price: Decimal | None = None
    currency: str = "EUR"
    description: str = ""
    url: str = ""
    availability: str = ""

    def told(self) -> str:
        """As the bot reads it, one line for each fact."""
        lines = [self.name]
        if self.price is not None:
            lines.append(f"Precio: {price_in_words(self.price, self.currency)}")
        if self.availability:
            lines.append(f"Disponibilidad: {self.availability}")
        if self.description:
            lines.append(self.description)
        if self.url:
            lines.append(self.url)
        return "\n".join(lines)


def price_in_words(price: Decimal, currency: str) -> str:
    """As it is written in Spain, with the decimals it was told with: 1.234,50 €."""
    whole, _, decimals = f"{price:,f}".partition(".")
    told = whole.replace(",", ".") + (f",{decimals}" if decimals else "")
    return f"{told} {_SHOWN.get(currency, currency)}"


def product_of(
    name: str, price: str = "", description: str = "", url: str = "", availability: str = "", currency: str = ""
) -> Product:
    """
    Tidy what was typed.

    :raises ProductNameLength: there is no name, or it is too long.
    :raises PriceUnreadable: the price is none.
    """
    tidy = _line(name, 10_000)
    if not 1 <= len(tidy) <= 200:
        raise ProductNameLength(field="name")
    amount, told_currency = read_price(price)
    wanted = currency.strip().upper() or told_currency or "EUR"
    wanted = _SIGNS.get(wanted.lower(), wanted)
    if not re.fullmatch(r"[A-Z]{3}", wanted):
        raise PriceUnreadable(field="currency")
    address = url.strip()
    return Product(
        name=tidy,
        price=amount,
        currency=wanted,
        description=" ".join(description.replace("\0", " ").split())[:2000],
        # Only what may be shown as a link; everything else is none.
        url=address[:2000] if re.match(r"https?://[^\s]+$", address) else "",
        availability=_line(availability, 200),
    )


def read_price(told: str) -> tuple[Decimal | None, str | None]:
    """
    A price as people write it, exactly: 1.234,50 €, $12.5, 12,90, 1 200. Nothing for an empty one.

    :raises PriceUnreadable: it is none.
    """
    text = told.replace("\u00a0", " ").replace("\u202f", " ").strip()
    if not text:
        return None, None
    currency = next((code for sign, code in _SIGNS.items() if sign in text.lower()), None)
    figures = re.fullmatch(r"[^\d,.+-]*(\d[\d., ']*)[^\d]*", text)
    if figures is None or len(figures[1]) > 20:
        raise PriceUnreadable(field="price")
    digits = figures[1].replace(" ", "").replace("'", "").rstrip(".,")
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        thousands = "." if comma > point else ","
        digits = digits.replace(thousands, "").replace(",", ".")
    elif comma >= 0 or point >= 0:
        sign = "," if comma >= 0 else "."
        after = digits.rpartition(sign)[2]
        # 1.234 is a thousand in Spain; 12.5 and 12,50 are decimals wherever they are written.
        is_thousands = digits.count(sign) > 1 or (sign == "." and len(after) == 3 and not digits.startswith("0"))
        digits = digits.replace(sign, "" if is_thousands else ".")
    try:
        amount = Decimal(digits)
    except InvalidOperation as unreadable:
        raise PriceUnreadable(field="price") from unreadable
    if amount >= _LARGEST:
        raise PriceUnreadable(field="price")
    return amount, currency


def products_in(rows: Iterable[Sequence[str]], most: int) -> tuple[list[Product], list[tuple[int, str]]]:
    """
    The products of a table whose first row names the columns, and what is wrong with which row (as numbered in it).

    :raises NoProductColumns: no column is a name.
    """
    lines = iter(rows)
    places = _places(next(lines, ()))
    found: list[Product] = []
    wrong: list[tuple[int, str]] = []
    for number, row in enumerate(lines, 2):
        if not any(cell.strip() for cell in row):
            continue
        cells = {name: row[place] for name, place in places.items() if place < len(row)}
        if len(found) + len(wrong) >= most:
            wrong.append((number, "too_many"))
            break
        try:
            found.append(product_of(**cells))
        except (ProductNameLength, PriceUnreadable) as problem:
            wrong.append((number, problem.code))
    return found, wrong


def column_of(label: str) -> str | None:
    """Which column of ours one is that is called so, if any."""
    words = re.findall(r"[^\W_]+", label.lower())
    return next((name for name, known in _COLUMNS.items() if words and words[0] in known), None)


def currency_of(told: str) -> str:
    """The currency that is named here, by its code or its sign; the euro where none is."""
    code = re.search(r"\b[A-Z]{3}\b", told)
    return next((code for sign, code in _SIGNS.items() if sign in told.lower()), code[0] if code else "EUR")


def _places(header: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, cell in enumerate(header):
        name = column_of(cell)
        if name is not None:
            places.setdefault(name, place)
    if "name" not in places:
        raise NoProductColumns(field="file")
    return places


def _line(text: str, longest: int) -> str:
    return " ".join(text.replace("\0", " ").split())[:longest]
