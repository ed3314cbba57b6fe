"""Pictures a model may look at: which, how many, how large, and how they are handed over."""

import base64
import re
from dataclasses import dataclass
from typing import Final

MOST: Final = 2
LARGEST: Final = 5 * 1024 * 1024
TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
# What a model reads one as, at most, with OpenAI's models of today.
TOKENS: Final = 1_600

_SEES: Final = re.compile(r"gpt-4o|gpt-4\.1|gpt-4-turbo|gpt-[5-9]|o3(?!-mini)|o4")


@dataclass(frozen=True, slots=True)
class Picture:
    """One, as it was sent."""

    content_type: str
    data: bytes

    def as_url(self) -> str:
        """The picture itself, written as an address."""
        return f"data:{self.content_type};base64,{base64.b64encode(self.data).decode()}"


def sees(model: str) -> bool:
    """What the name of a model lets expect."""
    return bool(_SEES.match(model))
