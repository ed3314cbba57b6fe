"""The words of an HTML document, without what stands around them on every page."""

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from wacloud.modules.bot.domain.chunking import Block

# What is never part of a text: programs, forms, and what people do not see. Words hidden in a page are no content.
_NEVER: Final = (
    "script, style, noscript, template, svg, iframe, object, embed, canvas, video, audio, form, button, select, "
    "textarea, [hidden], [aria-hidden='true'], [style*='display:none'], [style*='display: none'], "
    "[style*='visibility:hidden'], [style*='visibility: hidden'], [style*='font-size:0'], [style*='font-size: 0']"
)
_AROUND: Final = (
    "nav, header, aside, [role='navigation'], [role='banner'], [role='search'], [role='dialog'], [role='alert'], "
    "[class*='cookie'], [id*='cookie'], [class*='breadcrumb']"
)
_MAIN: Final = "main, [role='main'], article"
_LEAST_MAIN: Final = 200
_HEADINGS: Final = {f"h{n}": n for n in range(1, 7)}
_INLINE: Final = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "data",
        "dfn",
        "em",
        "font",
        "i",
        "kbd",
        "label",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "var",
        "ins",
        "del",
        "wbr",
        "img",
        "br",
    ]
)
_DEEPEST: Final = 200


def blocks_of_html(html: str, *, whole: bool = False) -> tuple[str, list[Block]]:
    """The title of a page and its text; `whole` keeps everything, for documents that are no web pages."""
    tree = LexborHTMLParser(html)
    title = tree.css_first("title")
    told = _tidy(title.text()) if title is not None else ""
    body = tree.body
    if body is None:
        return told, []
    for node in body.css(_NEVER):
        node.decompose()
    root = body
    if not whole:
        for node in body.css(_AROUND):
            # A heading in the header of an article is the article's.
            if node.css_first("h1") is None:
                node.decompose()
        mains = [node for node in body.css(_MAIN) if len(node.text()) >= _LEAST_MAIN]
        if mains:
            root = max(mains, key=lambda node: len(node.text()))
    return told, _blocks(root, whole=whole)


def _blocks(root: LexborNode, *, whole: bool) -> list[Block]:
    found: list[Block] = []
    tables: set[int] = set()
    held: list[str] = []
    linked = 0
    current: tuple[int, str] = (0, "")

    def flush() -> None:
        nonlocal linked
        text = _tidy("".join(held))
        links, linked = linked, 0
        held.clear()
        if not text:
            return
        level = _HEADINGS.get(current[1])
        # Lists of links are ways to other pages.
        if level is None and not whole and links > 0.6 * len(text) and len(text) < 200:
            return
        found.append(Block("heading", text, level) if level else Block("paragraph", text))

    for node in root.traverse(include_text=True):
        if node.tag == "table" and node.mem_id not in tables:
            flush()
            tables.update(inner.mem_id for inner in node.css("table"))
            found.extend(_rows(node))
            continue
        if node.tag == "br":
            held.append("\n")
        if node.tag != "-text":
            continue
        block, is_link, in_table = _place(node, root)
        if in_table:
            continue
        if block != current:
            flush()
            current = block
        text = node.text_content or ""
        held.append(text)
        linked += len(text.strip()) if is_link else 0
    flush()
    return found


def _place(node: LexborNode, root: LexborNode) -> tuple[tuple[int, str], bool, bool]:
    """The block a text stands in, whether it is a link, whether a table has it."""
    block: tuple[int, str] | None = None
    is_link = False
    above = node.parent
    for _ in range(_DEEPEST):
        if above is None:
            break
        tag = above.tag or ""
        is_link = is_link or tag == "a"
        if tag == "table":
            return (0, ""), is_link, True
        if block is None and tag not in _INLINE:
            block = (above.mem_id, tag)
        if block is not None and tag in _HEADINGS:
            block = (above.mem_id, tag)
        if above.mem_id == root.mem_id:
            break
        above = above.parent
    return block or (0, ""), is_link, False


def _rows(table: LexborNode) -> list[Block]:
    lines = [[_tidy(cell.text(separator=" ")) for cell in row.css("th, td")] for row in table.css("tr")]
    first = table.css_first("tr")
    has_header = first is not None and first.css_first("th") is not None and first.css_first("td") is None
    return rows_of(lines, has_header=has_header)


def rows_of(lines: list[list[str]], *, has_header: bool) -> list[Block]:
    """Each row so that it is understood alone: every cell under the name of its column."""
    header = lines[0] if has_header and lines else []
    found: list[Block] = []
    for cells in lines[1:] if header else lines:
        told = [
            f"{header[place]}: {cell}" if place < len(header) and header[place] else cell
            for place, cell in enumerate(cells)
            if cell
        ]
        if told:
            found.append(Block("row", ("; " if header else " · ").join(told)))
    return found


def decoded(raw: bytes) -> str:
    """Bytes as text: by their mark, as UTF-8, by what the page says of itself, else as Windows."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return raw.decode(name, "replace")
    said = re.search(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{2,40})", raw[:4096], re.IGNORECASE)
    for name in ("utf-8", said[1].decode("ascii", "ignore") if said else "cp1252", "cp1252"):
        try:
            return raw.decode(name)
        except (LookupError, ValueError):
            continue
    return raw.decode("cp1252", "replace")


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.replace("\u00ad", "").split("\n"))
    return "\n".join(line for line in lines if line)
