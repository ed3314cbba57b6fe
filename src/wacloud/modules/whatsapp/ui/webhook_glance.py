"""
What the webhook's door needs to know of a body before it is kept: whose it is and how urgent. No parsing.
"""

import re
from dataclasses import dataclass

from wacloud.shared.application.webhooks import LIVE_LANE, QUIET_LANE

# The account stands at the very beginning; a body that begins otherwise is routed when it is parsed.
_HEAD = 4096
# In JSON a quote inside a text is escaped, so a person's words can never look like one of these keys.
_FIRST_ENTRY = re.compile(
    rb'"entry"\s*:\s*\[\s*\{\s*(?:"time"\s*:\s*"?[0-9]{1,20}"?\s*,\s*)?"id"\s*:\s*'
    rb'(?:"([^"\\\x00-\x20\x7f-\xff]{1,64})"|([0-9]{1,32}))'
)
_NON_EMPTY_LIST = re.compile(rb"\s*:\s*\[\s*[^\s\]]")
_SOMEBODY_WROTE = (b'"messages"', b'"message_echoes"')
_HISTORY = b'"history"'
# A body with this many empty lists is no longer worth looking at.
_LOOKS = 256


@dataclass(frozen=True, slots=True)
class Glance:
    """
    The account of the only entry, if there is one only, and lane 0 for a body in which somebody wrote something just
    now, else 1.
    """

    waba_id: str | None
    lane: int


def glance(body: bytes) -> Glance:
    """
    Look at a body without parsing it; wrong guesses cost time, never an event.

    A chunk of old chats is full of messages nobody waits for: it goes to the quiet lane.
    """
    # Every entry has changes. Where there may be another entry, it may be another business's.
    found = _FIRST_ENTRY.search(body, 0, _HEAD) if body.count(b'"changes"') == 1 else None
    waba_id = None if found is None else (found[1] or found[2]).decode("ascii")
    is_live = any(_holds_elements(body, key) for key in _SOMEBODY_WROTE) and not _holds_elements(body, _HISTORY)
    return Glance(waba_id, LIVE_LANE if is_live else QUIET_LANE)


def _holds_elements(body: bytes, key: bytes) -> bool:
    position = body.find(key)
    for _ in range(_LOOKS):
        if position < 0:
            return False
        position += len(key)
        if _NON_EMPTY_LIST.match(body, position):
            return True
        position = body.find(key, position)
    return False
