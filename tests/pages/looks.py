"""How a page is looked at: in four looks every two of language, colours and screen meet."""

from collections.abc import Mapping

import pytest


def looks(desktop: Mapping[str, int], phone: Mapping[str, int]) -> pytest.MarkDecorator:
    """For a test of `language`, `theme` and `viewport`."""
    four = (("es", "light", desktop), ("es", "dark", phone), ("en", "light", phone), ("en", "dark", desktop))
    return pytest.mark.parametrize(
        ("language", "theme", "viewport"), four, ids=[f"{a}-{b}-{c['width']}" for a, b, c in four]
    )
