"""States of a message, and the words for why one ended as it did."""

from typing import Final

from wacloud.modules.whatsapp.domain.conversation import TextMissing, TextTooLong

TEXT_LIMIT: Final = 4096

INBOUND_STATES: Final = ("pending", "answered", "handed_over", "ignored")
OUTBOUND_STATES: Final = ("queued", "dispatching", "sent", "delivered", "read", "failed", "unconfirmed")

# Why it waits: an earlier message of its conversation is held, and they leave in order.
BEHIND_EARLIER: Final = "behind_earlier"

# A status moves a message to the right, never back. `failed` yields to a later delivered or read, which prove it wrong.
PROGRESS: Final = ("queued", "dispatching", "unconfirmed", "sent", "failed", "delivered", "read")

# Meta's status -> ours. `played` is the first play of a voice note: it was read, at least. Others change nothing.
STATE_OF_STATUS: Final = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}


def checked_text(text: str) -> str:
    """
    Text as it may be sent.

    :raises TextMissing: there is nothing but white space.
    :raises TextTooLong: Meta refuses more than 4096 characters.
    """
    clean = "".join(c for c in text.replace("\r\n", "\n") if c >= " " or c in "\n\t")
    clean = clean.encode("utf-16", "surrogatepass").decode("utf-16", "ignore").strip()
    if not clean:
        raise TextMissing
    if len(clean) > TEXT_LIMIT:
        raise TextTooLong(length=len(clean), limit=TEXT_LIMIT)
    return clean
