"""
A text in pieces that can be found and understood alone.

A piece keeps the headings above it. Rows of a table are never cut, a question stays with its answer, and long
paragraphs are cut where a sentence ends. Equal texts make equal pieces.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

BlockKind = Literal["heading", "paragraph", "row"]

# Sentence encoders read some sentences well and pages badly: measured best between 300 and 700.
TARGET: Final = 500
LONGEST: Final = 900
_ROWS_TARGET: Final = 350
_LONGEST_ROW: Final = 2000
_LONGEST_HEADING: Final = 120
_LONGEST_PATH: Final = 300

# A full stop after these, or between figures, ends no sentence.
_SHORT_FORMS: Final = frozenset(
    [
        "sr",
        "sra",
        "srta",
        "dr",
        "dra",
        "d",
        "dña",
        "avda",
        "av",
        "c",
        "núm",
        "num",
        "nº",
        "n",
        "tel",
        "tfno",
        "pág",
        "pag",
        "págs",
        "art",
        "aprox",
        "etc",
        "ej",
        "p",
        "máx",
        "mín",
        "max",
        "min",
        "ud",
        "uds",
        "vs",
        "ref",
        "cod",
        "cp",
        "izq",
        "dcha",
        "prof",
        "ing",
        "lic",
        "depto",
        "dpto",
        "mr",
        "mrs",
        "ms",
        "st",
        "no",
        "fig",
        "vol",
        "ed",
        "e",
        "g",
        "i",
    ]
)
_END: Final = re.compile(r"([.!?…]+[»\")\]]*)\s+(?=[¿¡«\"(\[]?[A-ZÁÉÍÓÚÜÑ0-9])")


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph or table row, in the order of the text. `level` is that of a heading, 1 the highest."""

    kind: BlockKind
    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece: the headings above it, and its words."""

    heading: str
    body: str


def chunks_of(blocks: Iterable[Block]) -> list[Chunk]:
    """Cut a text in pieces."""
    return list(_packed(blocks))


def _packed(blocks: Iterable[Block]) -> Iterator[Chunk]:
    path: list[tuple[int, str]] = []
    held: list[str] = []
    held_kind: BlockKind = "paragraph"

    def flush() -> Iterator[Chunk]:
        if held:
            yield Chunk(_told(path), "\n".join(held))
            held.clear()

    for block in _joined_questions(blocks):
        if block.kind == "heading":
            yield from flush()
            while path and path[-1][0] >= block.level:
                path.pop()
            path.append((block.level, block.text[:_LONGEST_HEADING]))
            continue
        most = _ROWS_TARGET if block.kind == "row" else TARGET
        pieces = [block.text[:_LONGEST_ROW]] if block.kind == "row" else _sentences_packed(block.text)
        for piece in pieces:
            size = sum(len(line) + 1 for line in held)
            begins_alone = block.kind != held_kind or asks(piece)
            if held and (begins_alone or size + len(piece) > most):
                yield from flush()
            held.append(piece)
            held_kind = block.kind
    yield from flush()


def asks(text: str) -> bool:
    """Whether a paragraph is, or begins with, a question of an FAQ."""
    first = text.split("\n", 1)[0]
    return len(first) <= 200 and first.rstrip(" *").endswith("?")


def _joined_questions(blocks: Iterable[Block]) -> Iterator[Block]:
    """A question that stands as a paragraph of its own belongs to the paragraph after it."""
    question: str | None = None
    for block in blocks:
        text = block.text.strip()
        if not text:
            continue
        if question is not None:
            if block.kind == "paragraph" and not asks(text):
                yield Block("paragraph", f"{question}\n{text}")
                question = None
                continue
            yield Block("paragraph", question)
            question = None
        if block.kind == "paragraph" and asks(text) and "\n" not in text:
            question = text
            continue
        yield Block(block.kind, text, block.level)
    if question is not None:
        yield Block("paragraph", question)


def _sentences_packed(text: str) -> list[str]:
    if len(text) <= LONGEST:
        return [text]
    # A question leads all that its answer is cut into.
    first, _, rest = text.partition("\n")
    lead = f"{first}\n" if rest and asks(text) else ""
    packed: list[str] = []
    for sentence in sentences(rest if lead else text):
        if packed and len(packed[-1]) + len(sentence) + 1 <= TARGET:
            packed[-1] += f" {sentence}"
        else:
            packed.append(lead + sentence)
    return packed


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph; what has no end for too long is cut between words."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        before = text[start : end.start()].rsplit(None, 1)
        last = before[-1].lower().strip("(«\"'") if before else ""
        if end[1] == "." and (last in _SHORT_FORMS or (len(last) == 1 and last.isalpha())):
            continue
        found.extend(_cut(text[start : end.end(1)].strip()))
        start = end.end()
    found.extend(_cut(text[start:].strip()))
    return [sentence for sentence in found if sentence]


def _cut(sentence: str) -> list[str]:
    parts: list[str] = []
    while len(sentence) > LONGEST:
        at = max(sentence.rfind(sign, LONGEST // 2, LONGEST) for sign in ("\n", "; ", ", ", " "))
        at = at + 1 if at > 0 else LONGEST
        parts.append(sentence[:at].strip())
        sentence = sentence[at:].strip()
    return [*parts, sentence]


def _told(path: list[tuple[int, str]]) -> str:
    return " › ".join(heading for _, heading in path)[-_LONGEST_PATH:]
