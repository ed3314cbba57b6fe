"""The words of files: PDF, Word, plain text, tables. Runs in a process of its own: see `extract_child.py`."""

import csv
import io
import re
import zipfile
from pathlib import Path
from typing import Final

import mammoth
from pypdf import PasswordType, PdfReader
from pypdf.errors import PyPdfError

from wacloud.modules.bot.domain.chunking import Block
from wacloud.modules.bot.domain.source import Problem
from wacloud.modules.bot.infra.extract_html import blocks_of_html, decoded, rows_of

MOST_PAGES: Final = 300
MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 60
_LONGEST_CELL: Final = 10_000
MOST_UNPACKED: Final = 64 * 1024 * 1024
_MOST_PARTS: Final = 2000
_BULLET: Final = re.compile(r"^\s*(?:[-–•·*▪◦]|\d{1,3}[.)])\s+")
_MARKDOWN: Final = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")


class CannotExtract(Exception):
    """There are no words to be had from it; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem: Problem = problem


def blocks_of_pdf(file: Path) -> tuple[list[Block], int]:
    """The text of a PDF under the numbers of its pages, and how many there are."""
    try:
        reader = PdfReader(file, strict=False)
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise CannotExtract("encrypted")
        pages = len(reader.pages)
        if pages > MOST_PAGES:
            raise CannotExtract("too_many_pages")
        found: list[Block] = []
        for number, page in enumerate(reader.pages, 1):
            paragraphs = blocks_of_text(page.extract_text())
            if paragraphs:
                found.append(Block("heading", f"p. {number}", 1))
                found.extend(Block(b.kind, b.text, b.level + 1 if b.level else 0) for b in paragraphs)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError) as broken:
        # Readers of broken files fail in every way there is.
        raise CannotExtract("damaged") from broken
    return found, pages


def blocks_of_docx(file: Path) -> tuple[list[Block], int]:
    """The text of a Word document with its headings and tables."""
    check_container(file)
    try:
        with file.open("rb") as opened:
            # Pictures would come along as text; nothing outside the file is opened for them.
            made = mammoth.convert_to_html(
                opened, convert_image=mammoth.images.img_element(lambda _: {}), include_embedded_style_map=False
            )
    except Exception as broken:
        raise CannotExtract("damaged") from broken
    return blocks_of_html(made.value, whole=True)[1], 0


def check_container(file: Path) -> None:
    """:raises CannotExtract: it is no document, or one that is far larger than it looks."""
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise CannotExtract("too_large")
            if any(part.flag_bits & 1 for part in parts):
                raise CannotExtract("encrypted")
            names = {part.filename for part in parts}
            if "[Content_Types].xml" not in names or not any(name.startswith("word/") for name in names):
                raise CannotExtract("type_refused")
            room = MOST_UNPACKED
            for part in parts:
                # What a part says of its size may be a lie: count what really comes.
                room -= _unpacked(packed, part, room, looks=part.filename.endswith((".xml", ".rels")))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError) as broken:
        raise CannotExtract("damaged") from broken


def _unpacked(packed: zipfile.ZipFile, part: zipfile.ZipInfo, room: int, *, looks: bool) -> int:
    size, tail = 0, b""
    with packed.open(part) as opened:
        while piece := opened.read(64 * 1024):
            size += len(piece)
            if size > room:
                raise CannotExtract("too_large")
            # Word writes no entities; whoever does means to unfold them.
            if looks and b"<!ENTITY" in tail + piece:
                raise CannotExtract("damaged")
            tail = piece[-16:]
    return size


def blocks_of_csv(raw: bytes) -> list[Block]:
    """Each row of a table under the names of its columns."""
    rows = rows_of_csv(raw)
    return rows_of(rows, has_header=len(rows) > 1)


def rows_of_csv(raw: bytes) -> list[list[str]]:
    """
    The rows of a table, tidied.

    :raises CannotExtract: it is none, or too long.
    """
    text = decoded(raw)
    if "\0" in text:
        raise CannotExtract("not_a_table")
    head = text[:20_000].split("\n", 1)[0]
    sign = max(";,\t|", key=head.count)
    csv.field_size_limit(_LONGEST_CELL)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text), delimiter=sign):
            if len(rows) >= MOST_ROWS or len(row) > MOST_COLUMNS:
                raise CannotExtract("too_large")
            cells = [" ".join(cell.split()) for cell in row]
            if any(cells):
                rows.append(cells)
    except csv.Error as broken:
        raise CannotExtract("not_a_table") from broken
    return rows


def blocks_of_text(text: str) -> list[Block]:
    """Paragraphs and headings of a plain text: blank lines part them, lines that were wrapped are joined again."""
    found: list[Block] = []
    held: list[str] = []

    def flush() -> None:
        if held:
            joined = "\n".join(held)
            found.append(Block("paragraph", re.sub(r"(\w)-\n(?=[a-záéíóúüñ])", r"\1", joined)))
            held.clear()

    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for place, raw in enumerate(lines):
        line = " ".join(raw.split())
        heading = _MARKDOWN.match(line)
        if not line:
            flush()
        elif heading:
            flush()
            found.append(Block("heading", heading[2], len(heading[1])))
        elif _is_title(line, lines, place):
            flush()
            found.append(Block("heading", line, 2))
        elif held and not _BULLET.match(raw) and _goes_on(held[-1], line):
            held[-1] = held[-1][:-1] + line if _is_hyphenated(held[-1], line) else f"{held[-1]} {line}"
        else:
            held.append(line)
    flush()
    return found


def _goes_on(before: str, line: str) -> bool:
    """Whether a line is the rest of the one before it, which was only too long."""
    return len(before) >= 50 and (before[-1] not in ".:?!;" or line[0].islower())


def _is_hyphenated(before: str, line: str) -> bool:
    return before.endswith("-") and len(before) > 1 and before[-2].isalpha() and line[0].islower()


def _is_title(line: str, lines: list[str], place: int) -> bool:
    """A short line in capitals that stands alone above something."""
    letters = [sign for sign in line if sign.isalpha()]
    alone = place == 0 or not lines[place - 1].strip()
    return alone and len(letters) >= 3 and len(line) <= 80 and line.upper() == line and place + 1 < len(lines)
