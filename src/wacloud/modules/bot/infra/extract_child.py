"""
The process that opens strangers' files: `python -I -m wacloud.modules.bot.infra.extract_child TYPE FILE`.

It has no secrets, opens no connections, writes no files, and ends where it takes more memory or time than a file may.
It prints JSON: the blocks of the text, or the problem.
"""

import contextlib
import json
import logging
import resource
import sys
import warnings
from pathlib import Path

from wacloud.modules.bot.domain.chunking import Block
from wacloud.modules.bot.infra.extract_files import (
    CannotExtract,
    blocks_of_csv,
    blocks_of_docx,
    blocks_of_pdf,
    blocks_of_text,
    rows_of_csv,
)
from wacloud.modules.bot.infra.extract_html import blocks_of_html, decoded

MEMORY = 1024 * 1024 * 1024
CPU_S = 60
MOST_CHARACTERS = 2_000_000


def extract(content_type: str, file: Path) -> dict[str, object]:
    """The text of the file, as JSON may hold it."""
    title, pages = "", 0
    try:
        if content_type == "table":
            return {"rows": [[_plain(cell) for cell in row] for row in rows_of_csv(file.read_bytes())]}
        blocks: list[Block]
        if content_type == "application/pdf":
            blocks, pages = blocks_of_pdf(file)
        elif content_type == "text/html":
            title, blocks = blocks_of_html(decoded(file.read_bytes()))
        elif content_type == "text/csv":
            blocks = blocks_of_csv(file.read_bytes())
        elif content_type == "text/plain":
            blocks = blocks_of_text(decoded(file.read_bytes()))
        else:
            blocks, pages = blocks_of_docx(file)
    except CannotExtract as cannot:
        return {"problem": cannot.problem}
    except (MemoryError, RecursionError):
        return {"problem": "too_large"}
    kept = [(block.kind, _plain(block.text), block.level) for block in blocks]
    kept = [block for block in kept if block[1]]
    if sum(len(text) for _, text, _ in kept) > MOST_CHARACTERS:
        return {"problem": "too_much_text"}
    if not any(kind != "heading" for kind, _, _ in kept):
        return {"problem": "no_text"}
    return {"title": _plain(title)[:200], "pages": pages, "blocks": kept}


def _plain(text: str) -> str:
    """Without signs that are not seen: neither PostgreSQL nor people have a use for them."""
    return "".join(sign for sign in text if sign == "\n" or sign.isprintable()).strip()


def confine() -> None:
    """Whatever a file does to its reader, it does it to this process alone."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def main() -> None:
    confine()
    warnings.simplefilter("ignore")
    logging.disable()
    sys.stdout.buffer.write(json.dumps(extract(sys.argv[1], Path(sys.argv[2]))).encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
