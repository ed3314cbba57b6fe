"""
The views of the inbox: which conversations, in which order. Each goes by an index that is in its order.

Where the team looks for whom to answer next, those who may be in danger come first: they have an index of their own,
and a page reads what it holds before the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from wacloud.modules.whatsapp.application.inbox import ConversationRow, Filter
from wacloud.modules.whatsapp.domain.desk import IN_DANGER, Priority
from wacloud.modules.whatsapp.infra.cursor import write_cursor

THESE: Final = "select c.* from app.conversations c where c.business_id = %(business)s"
_NEWEST = "order by c.last_message_at desc, c.id desc"
_OLDER = "and (c.last_message_at, c.id) < (%(at)s, %(id)s)"
# As the index says it.
_DANGER: Final = f"c.priority = {int(Priority.URGENT)} and c.handed_over_because = '{IN_DANGER}'"
_NO_DANGER: Final = f"(c.priority < {int(Priority.URGENT)} or c.handed_over_because is distinct from '{IN_DANGER}')"
# In a cursor beside the priorities: the page ended among those in danger.
_AFTER_DANGER: Final = 4


@dataclass(frozen=True, slots=True)
class View:
    """Parts of a statement: what is in it, where the next page begins, and the order."""

    where: str
    after: str = _OLDER
    order: str = _NEWEST
    by: str = "last_message_at"
    danger_first: bool = False

    def cursor_of(self, last: ConversationRow) -> str:
        """For the page after this row."""
        rank = _AFTER_DANGER if self.danger_first and last.in_danger else last.priority
        return write_cursor(getattr(last, self.by), f"{rank}.{last.id}")

    @property
    def whole_order(self) -> str:
        """The order of a page; `order` is that of what one index gives."""
        if not self.danger_first:
            return self.order
        return self.order.replace("order by", f"order by ({_DANGER}) is true desc,")

    def these(self, more: Sequence[str], after: int | None) -> str:
        """Which conversations a page shows; `more` is asked of them besides, `after` is the rank in the cursor."""
        ends = " ".join((*more, self.order, "limit %(limit)s"))
        parts = [f"{THESE} {part} {ends}" for part in self._parts(after)]
        if len(parts) == 1:
            return parts[0]
        both = " union all ".join(f"({part})" for part in parts)
        return f"select c.* from ({both}) c {self.whole_order} limit %(limit)s"

    def _parts(self, after: int | None) -> Sequence[str]:
        begins = self.after if after is not None else ""
        if not self.danger_first:
            return [f"{self.where} {begins}"]
        rest = f"{self.where} and {_NO_DANGER}"
        if after in (None, _AFTER_DANGER):
            return [f"{self.where} and {_DANGER} {begins}", rest]
        return [f"{rest} {begins}"]


def _shown(where: str) -> View:
    return View(f"and {where} and c.last_message_at is not null")


VIEWS: Final[Mapping[Filter, View]] = {
    "all": _shown("c.status = 'open'"),
    "due": View(
        "and c.is_due and c.last_inbound_at > now() - interval '24 hours'",
        "and (c.last_inbound_at, c.id) > (%(at)s, %(id)s)",
        "order by c.last_inbound_at, c.id",
        "last_inbound_at",
        danger_first=True,
    ),
    "late": View(
        "and c.is_due and c.last_inbound_at <= now() - interval '24 hours'",
        "and (c.last_inbound_at, c.id) < (%(at)s, %(id)s)",
        "order by c.last_inbound_at desc, c.id desc",
        "last_inbound_at",
        danger_first=True,
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
    """:raises ValueError: it is no rank and id."""
    rank, _, id_ = written.rpartition(".")
    if rank not in ("0", "1", "2", "3", "4"):
        raise ValueError(written)
    return int(rank), UUID(id_)
