"""
Every text of the product, for the translators.

    python -m wacloud.shared.ui.messages        write new texts into the catalogues, take out those nobody uses

Texts stand in templates and in code (`_`, `ngettext`, `say`, `N_`), and in the docstrings of expected errors, which
are what people read.
"""

import ast
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from wacloud.shared.ui.i18n import LANGUAGES, LOCALES, SOURCE_LANGUAGE, catalogue
from wacloud.shared.ui.problems import CODE_OF

_FIRST_DAY = datetime(2026, 11, 23, tzinfo=UTC)
PACKAGE = Path(__file__).resolve().parents[2]
_METHODS = [("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2"), ("**.py", "python")]
# A template that cannot be read is an error, not one without texts.
_OPTIONS = {pattern: {"silent": "false"} for pattern, method in _METHODS if method == "jinja2"}
_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "N_": None,
    "say": None,
    "gettext": None,
    "ngettext": (1, 2),
}


def collect() -> Catalog:
    """All texts there are, with the files they stand in."""
    found = Catalog(project="wacloud", charset="utf-8")
    extracted = extract_from_dir(
        str(PACKAGE),
        _METHODS,
        _OPTIONS,
        keywords=_KEYWORDS,
        strip_comment_tags=True,
        directory_filter=_is_for_pages,
    )
    for name, _, message, comments, context in extracted:
        # Files without line numbers: a catalogue that changes only when texts do.
        found.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    for _, message in CODE_OF.values():
        found.add(message, locations=[("shared/ui/problems.py", 0)])
    for file, message in _error_sentences(sorted(PACKAGE.rglob("*.py"))):
        found.add(message, locations=[(file.relative_to(PACKAGE).as_posix(), 0)])
    return found


def update(language: str) -> tuple[int, int]:
    """Bring the catalogue of a language up to date; returns how many texts it has and how many lack a translation."""
    current = catalogue(language) or Catalog(locale=language, project="wacloud", charset="utf-8")
    current.update(collect(), no_fuzzy_matching=True)
    current.obsolete.clear()
    # Nothing in the header may change by itself, or every run would be a change to commit.
    current.fuzzy = False
    current.header_comment = (
        f"# {language}: the texts of wacloud. `python -m wacloud.shared.ui.messages` adds new ones."
    )
    current.creation_date = current.revision_date = _FIRST_DAY
    current.last_translator = current.language_team = "wacloud"
    current.msgid_bugs_address = "https://example.com/issues"
    with (LOCALES / f"{language}.po").open("wb") as target:
        write_po(
            target, current, width=110, no_location=True, omit_header=False, sort_output=True, ignore_obsolete=True
        )
    return len(current), sum(1 for message in current if message.id and not _is_translated(message.string))


def _is_for_pages(folder: str | os.PathLike[str]) -> bool:
    """Commands, measurements and twins speak English to whoever runs them."""
    return Path(folder).name not in ("main", "bench", "twins")


def _is_translated(text: object) -> bool:
    return all(text) if isinstance(text, tuple | list) else bool(text)


def _error_sentences(files: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """The docstring of every class below AppError, found by the names of its bases."""
    classes: list[tuple[Path, ast.ClassDef]] = []
    for file in files:
        if "/twins/" not in file.as_posix():
            tree = ast.parse(file.read_text(encoding="utf-8"))
            classes += [(file, node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    known = {"AppError"}
    while True:
        more = {node.name for _, node in classes if _bases(node) & known} - known
        if not more:
            break
        known |= more
    for file, node in classes:
        sentence = ast.get_docstring(node)
        if node.name in known and sentence:
            yield file, " ".join(sentence.split())


def _bases(node: ast.ClassDef) -> set[str]:
    return {base.id if isinstance(base, ast.Name) else getattr(base, "attr", "") for base in node.bases}


if __name__ == "__main__":
    for name in LANGUAGES:
        if name != SOURCE_LANGUAGE:
            texts, missing = update(name)
            sys.stdout.write(f"{name}: {texts} texts, {missing} not translated\n")
