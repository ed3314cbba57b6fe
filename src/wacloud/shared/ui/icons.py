"""Icons as inline SVG, so that they take the colour of the text beside them."""

import re
from functools import cache, lru_cache

from markupsafe import Markup, escape

from wacloud.shared.ui.static_files import SHARED

_INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_EMPTY_PATH = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')
# Shown where the front-end files were not set up: a plain ring says "an icon belongs here" and breaks nothing.
_FALLBACK = '<circle cx="12" cy="12" r="7"/>'


@lru_cache(maxsize=2048)
def icon(name: str, label: str | None = None, css: str = "") -> Markup:
    """
    An icon of `static/icons.txt`. Without a label it is decoration; with one it says that aloud.

    A filled one is named `filled/star`.
    """
    spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    paint = 'fill="currentColor"' if name.startswith("filled/") else 'fill="none" stroke="currentColor"'
    return Markup(
        '<svg class="icon{}" width="20" height="20" viewBox="0 0 24 24" {} stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>'
    ).format(escape(f" {css}" if css else ""), Markup(paint), spoken, Markup(_shape(name)))


@cache
def _shape(name: str) -> str:
    file = SHARED / "vendor" / "icons" / f"{name}.svg"
    try:
        found = _INSIDE.search(file.read_text(encoding="utf-8"))
    except OSError:
        return _FALLBACK
    if found is None:
        return _FALLBACK
    return " ".join(_EMPTY_PATH.sub("", found[1]).split())
