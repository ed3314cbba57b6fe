"""
One change of a webhook while it is being read: where it belongs, what was found, what could not be read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from wacloud.modules.whatsapp.domain.inbound import AccountChange, Item
from wacloud.modules.whatsapp.ui.meta_people import People, business_digits
from wacloud.modules.whatsapp.ui.meta_values import Json, clean_object, ident, moment, obj, whole

# A body of a million broken elements must not become a report of a million lines.
PROBLEM_LIMIT = 200


@dataclass(slots=True)
class Found:
    """What has been read so far of one body."""

    received_at: datetime
    items: list[Item] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def problem(self, where: str, what: str) -> None:
        """Note what could not be read. `where` is a path, so the report holds no person's words."""
        if len(self.problems) < PROBLEM_LIMIT:
            self.problems.append(f"{where}: {what}")


class Change:
    """A value with what its envelope says about it."""

    __slots__ = (
        "business_phone",
        "entry_time",
        "field",
        "found",
        "leftover",
        "path",
        "people",
        "phone_number_id",
        "stated_at",
        "value",
        "waba_id",
    )

    def __init__(
        self, found: Found, waba_id: str, *, entry_time: object, field_name: str, value: Json, path: str
    ) -> None:
        self.found = found
        self.waba_id = waba_id
        self.field = field_name
        self.value = value
        self.path = path
        metadata = obj(value.get("metadata"))
        self.phone_number_id = ident(metadata.get("phone_number_id")) or ""
        self.business_phone = business_digits(metadata.get("display_phone_number"))
        self.people = People(value.get("contacts"))
        self.entry_time = whole(entry_time)
        self.stated_at = moment(entry_time, found.received_at) if entry_time is not None else None
        self.leftover: Json = {}

    @property
    def at(self) -> datetime:
        """The time of the entry where it has one, else of arrival."""
        return self.stated_at or self.found.received_at

    def time_of(self, element: Json, where: str, key: str = "timestamp") -> datetime:
        """
        The element's own time; where that is none, the time of the entry or of arrival, and a problem
        noted.
        """
        stated = moment(element.get(key), self.found.received_at)
        if stated is None:
            self.found.problem(f"{self.path}.{where}", f"{key} is no time")
            return self.at
        return stated

    def each(self, key: str, elements: object, read: Callable[["Change", Json, str], None]) -> None:
        """
        Read every element of a list.

        What is no list, or no object in it, is kept together as one account change and reported once.
        """
        if elements is None:
            return
        if not isinstance(elements, list):
            self.found.problem(f"{self.path}.{key}", "not a list")
            self.leftover[key] = elements
            return
        broken = []
        for index, element in enumerate(elements):
            if isinstance(element, dict):
                read(self, element, f"{key}[{index}]")
            else:
                broken.append(element)
        if broken:
            self.found.problem(f"{self.path}.{key}", f"{len(broken)} elements are no objects")
            self.leftover[key] = broken

    def keep_as_account_change(self, value: object, event: str | None = None) -> None:
        """Keep something as it came."""
        content = clean_object(value)
        self.found.items.append(
            AccountChange(
                field=self.field,
                waba_id=self.waba_id,
                phone_number_id=self.phone_number_id or None,
                event=event,
                at=self.at,
                value=content,
                entry_time=self.entry_time,
            )
        )

    def id_for(self, element: Json, where: str) -> str:
        """
        The element's own id, or one made of its content where Meta left it out.

        A made id starts with "unidentified." and is the same at every delivery, so repeats are still told; it
        cannot be quoted or marked as read.
        """
        stated = ident(element.get("id"))
        if stated is not None:
            return stated
        self.found.problem(f"{self.path}.{where}", "no id")
        made = AccountChange(
            field=self.field,
            waba_id=self.waba_id,
            phone_number_id=self.phone_number_id,
            event=None,
            at=self.at,
            value=clean_object(element),
        )
        return f"unidentified.{made.fingerprint()}"
