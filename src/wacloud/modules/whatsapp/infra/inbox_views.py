"""The views of the inbox: which conversations, in which order. Each goes by an index that is in its order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from wacloud.modules.whatsapp.application.inbox import ConversationRow, Filter
from wacloud.modules.whatsapp.infra.cursor import write_cursor

_NEWEST = "order by c.last_message_at desc, c.id desc"
_OLDER = "and (c.last_message_at, c.id) < (%(at)s, %(id)s)"


@dataclass(frozen=True, slots=True)
class View:
    """Parts of a statement: what is in it, where the next page begins, and the order."""

    where: str
    after: str = _OLDER
    order: str = _NEWEST
    by: str = "last_message_at"

    def cursor_of(self, last: ConversationRow) -> str:
        """For the page after this row."""
        return write_cursor(getattr(last, self.by), f"{last.priority}.{last.id}")


def _shown(where: str) -> View:
    return View(f"and {where} and c.last_message_at is not null")


VIEWS: Final[Mapping[Filter, View]] = {
    "all": _shown("c.status = 'open'"),
    "due": View(
        "and c.is_due and c.last_inbound_at > now() - interval '24 hours'",
        "and (c.last_inbound_at, c.id) > (%(at)s, %(id)s)",
        "order by c.last_inbound_at, c.id",
        "last_inbound_at",
    ),
    "late": View(
        "and c.is_due and c.last_inbound_at <= now() - interval '24 hours'",
        "and (c.last_inbound_at, c.id) < (%(at)s, %(id)s)",
        "order by c.last_inbound_at desc, c.id desc",
        "last_inbound_at",
    ),
    "mine": _shown("c.status = 'open' and c.assigned_to = %(me)s"),
    "nobody": _shown("c.status = 'open' and c.assigned_to is null and c.handler <> 'bot'"),
    "urgent": View(
        "and c.status = 'open' and c.priority > 0 and c.last_message_at is not null",
        "and (c.priority, c.last_message_at, c.id) < (%(rank)s, %(at)s, %(id)s)",
        "order by c.priority desc, c.last_message_at desc, c.id desc",
    ),
    "waiting": _shown("c.status = 'open' and c.handler = 'waiting'"),
    "unread": _shown("c.unread > 0"),
    "bot": _shown("c.status = 'open' and c.handler = 'bot'"),
    "person": _shown("c.status = 'open' and c.handler = 'person'"),
    "snoozed": _shown("c.status = 'snoozed'"),
    "closed": _shown("c.status = 'closed'"),
}

ANYWHERE: Final = View("and c.last_message_at is not null")


def as_place(written: str) -> tuple[int, UUID]:
    """:raises ValueError: it is no priority and id."""
    rank, _, id_ = written.rpartition(".")
    if rank not in ("0", "1", "2", "3"):
        raise ValueError(written)
    return int(rank), UUID(id_)
