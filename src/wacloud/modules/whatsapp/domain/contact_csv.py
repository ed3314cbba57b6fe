"""Contacts as other programs write them down: letters, separators and names of columns have to be found out."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from wacloud.modules.whatsapp.domain.consent import plain
from wacloud.modules.whatsapp.domain.person import (
    YES,
    ContactField,
    FieldValueWrong,
    NameTooLong,
    TagNotPossible,
    checked_name,
    checked_tag,
)
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.phone import e164

LARGEST_FILE: Final = 5 * 1024 * 1024
MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 60
LONGEST_CELL: Final = 2000
MOST_TAGS_A_ROW: Final = 20
DELIMITERS: Final = (";", ",", "\t", "|")

# What a column can hold besides fields of the business's own (`field:<key>`), and how others call it.
TARGETS: Final[Mapping[str, tuple[str, ...]]] = {
    "phone": (
        "telefono", "movil", "celular", "whatsapp", "numero", "numero de telefono", "telefono movil", "tel", "phone",
        "mobile", "cell", "cellphone", "phone number", "mobile phone", "whatsapp number", "wa id", "telefone",
        "phone 1 value", "telefono 1",
    ),
    "name": (
        "nombre", "nombre completo", "nombre y apellidos", "cliente", "contacto", "name", "full name", "first name",
        "display name", "contact", "customer", "nome", "razon social",
    ),
    "tags": ("etiqueta", "etiquetas", "tag", "tags", "label", "labels", "grupo", "grupos", "group"),
    "opted_in": (
        "consentimiento", "consiente", "acepta", "acepta promociones", "acepta mensajes", "acepta publicidad", "optin",
        "opt in", "consent", "marketing", "suscrito", "subscribed", "accepts marketing", "autoriza",
    ),
    "opted_out": ("baja", "de baja", "optout", "opt out", "unsubscribed", "no molestar", "do not contact", "bloqueado"),
}  # fmt: skip
_NAMES: Final = {name: target for target, names in TARGETS.items() for name in names}


class FileNotReadable(AppError):
    """This is no CSV file we can read. Save the sheet as CSV and send that."""


class FileTooLarge(AppError):
    """A file has at most 5 MB, 20000 rows and 60 columns."""

    kind = "too_large"


class MappingNotPossible(AppError):
    """Say which column holds the phone number, and give no two columns the same meaning."""


class ProofMissing(AppError):
    """Write where and how these people said yes: without it nobody is noted as wanting promotions."""


@dataclass(frozen=True, slots=True)
class Table:
    """
    A file as it was understood: the header and the rows under it, each as long as the header.

    Rows are numbered as spreadsheets do: the header is 1, and empty ones count.
    """

    encoding: str
    header: Sequence[str]
    rows: Sequence[tuple[int, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as a contact; `problem` says why it is none, with `about` naming the column."""

    phone: str = ""  # digits
    name: str | None = None
    tags: Sequence[str] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    opted_in: bool = False
    opted_out: bool = False
    problem: str | None = None
    about: str = ""


def read_table(raw: bytes) -> Table:
    """
    Find out the encoding and the separator.

    :raises FileNotReadable: it is no text, or no table with a header.
    :raises FileTooLarge: there is too much of it.
    """
    if len(raw) > LARGEST_FILE:
        raise FileTooLarge
    text, encoding = _decode(raw)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        header = [_cell(cell) for cell in next(reader, [])]
        while header and not header[-1]:
            header.pop()
        if len(header) > MOST_COLUMNS:
            raise FileTooLarge
        rows = []
        for number, row in enumerate(reader, 2):
            cells = [_cell(cell) for cell in row[: len(header)]]
            if any(cells):
                rows.append((number, [*cells, *([""] * (len(header) - len(cells)))]))
            if len(rows) > MOST_ROWS:
                raise FileTooLarge
    except csv.Error as error:
        raise FileNotReadable from error
    if not header or not rows:
        raise FileNotReadable
    return Table(encoding, header, rows)


def guess_mapping(header: Sequence[str], fields: Sequence[ContactField]) -> list[str | None]:
    """What each column seems to hold, by its name; no two the same."""
    own = {plain(name): f"field:{one.key}" for one in fields for name in (one.key, one.label)}
    taken: set[str] = set()
    guesses: list[str | None] = []
    for name in header:
        word = plain(name)
        found = own.get(word) or _NAMES.get(word)
        guesses.append(found if found not in taken else None)
        if found:
            taken.add(found)
    return guesses


def check_mapping(mapping: Sequence[str | None], columns: int, fields: Sequence[ContactField]) -> list[str | None]:
    """
    A mapping that can be used.

    :raises MappingNotPossible: the phone is missing, a meaning is unknown or given twice.
    """
    known = {*TARGETS, *(f"field:{one.key}" for one in fields)}
    told = [target or None for target in mapping]
    used = [target for target in told if target]
    if len(told) != columns or "phone" not in used or len(set(used)) < len(used) or not known.issuperset(used):
        raise MappingNotPossible
    return told


def read_entry(
    cells: Sequence[str], mapping: Sequence[str | None], fields: Sequence[ContactField], region: str | None
) -> Entry:
    """A row as a contact. Numbers without a country code are of `region`."""
    told = {target: cell for target, cell in zip(mapping, cells, strict=True) if target and cell}
    if not told.get("phone"):
        return Entry(problem="phone_missing")
    phone = _phone(told["phone"], region)
    if phone is None:
        return Entry(problem="phone_wrong", about=told["phone"][:40])
    values: dict[str, Any] = {}
    for one in fields:
        if cell := told.get(f"field:{one.key}"):
            try:
                values[one.key] = one.read(cell)
            except FieldValueWrong:
                return Entry(problem="field_wrong", about=one.label)
    try:
        name = checked_name(told.get("name"))
        tags = [
            checked_tag(tag)
            for tag in told.get("tags", "").replace("|", ",").replace(";", ",").split(",")
            if tag.strip()
        ]
    except NameTooLong:
        return Entry(problem="name_too_long")
    except TagNotPossible:
        return Entry(problem="tag_wrong")
    return Entry(
        phone,
        name,
        tuple(dict.fromkeys(tags))[:MOST_TAGS_A_ROW],
        values,
        plain(told.get("opted_in", "")) in YES and plain(told.get("opted_out", "")) not in YES,
        plain(told.get("opted_out", "")) in YES,
    )


def csv_lines(rows: Iterable[Sequence[object]], *, for_excel: bool = False) -> Iterator[bytes]:
    """Rows as CSV; Excel is told the encoding by a mark at the beginning. No cell is a formula to any program."""
    yield b"\xef\xbb\xbf" if for_excel else b""
    for row in rows:
        line = io.StringIO()
        csv.writer(line, lineterminator="\r\n").writerow([harmless(cell) for cell in row])
        yield line.getvalue().encode()


def harmless(cell: object) -> str:
    """
    A cell that no spreadsheet takes for a formula: those begin with = + - @, also after spaces and line breaks.

    A number, and a phone number as we write them, is none.
    """
    text = "" if cell is None else "yes" if cell is True else "no" if cell is False else str(cell)
    if isinstance(cell, int | float):
        return text
    start = text.lstrip()
    is_risky = start[:1] in ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20") or text[:1] in (
        "\t",
        "\r",
        "\n",
    )
    return f"'{text}" if is_risky and not start.removeprefix("+").isdigit() else text


def _decode(raw: bytes) -> tuple[str, str]:
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise FileNotReadable
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            try:
                return raw.decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise FileNotReadable from error
    if b"\x00" in raw:
        raise FileNotReadable
    try:
        return raw.decode(), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace"), "windows-1252"


def _delimiter(text: str) -> str:
    """That which cuts the first lines into as many parts each, and into the most."""
    start = io.StringIO(text[:20_000], newline="").readlines()[:20]

    def cut(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(start, delimiter=delimiter) if row]
        except csv.Error:
            return 0, 0
        same = sum(width == widths[0] for width in widths) if widths and widths[0] > 1 else 0
        return same, widths[0] if widths else 0

    return max(DELIMITERS, key=cut) if any(cut(one)[0] for one in DELIMITERS) else ","


def _cell(cell: str) -> str:
    clean = "".join(c if c.isprintable() else " " for c in cell)
    # What we ourselves put before a cell so that no program runs it, and spreadsheets before a number.
    clean = clean.strip().removeprefix("'")
    return clean.strip()[:LONGEST_CELL]


def _phone(typed: str, region: str | None) -> str | None:
    # Spreadsheets like to make 3.46E+10 of a number: what is lost is lost.
    number = e164(typed.removesuffix(".0"), region) if "e" not in typed.lower() else None
    if number is None and region is not None and typed.strip().isdigit() and len(typed.strip()) > 9:
        number = e164(typed.strip())
    return number.removeprefix("+") if number else None
