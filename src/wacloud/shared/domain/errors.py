"""Outcomes we expect. The docstring of a subclass is what the person reads (a message of the catalogue)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

Kind = Literal["invalid", "unauthenticated", "forbidden", "not_found", "conflict", "too_large", "limit", "unavailable"]


class AppError(Exception):
    """The request could not be done."""

    kind: ClassVar[Kind] = "invalid"

    def __init__(self, detail: str | None = None, **fields: object) -> None:
        super().__init__(detail or type(self).__doc__ or "")
        self.detail = detail
        self.fields = fields

    @property
    def code(self) -> str:
        """Stable name for programs: `OutsideServiceWindow` becomes `outside_service_window`."""
        name = type(self).__name__
        return "".join(("_" if c.isupper() and i else "") + c.lower() for i, c in enumerate(name))

    @property
    def message(self) -> str:
        """The sentence for people, in English; the page layer translates it."""
        return " ".join((type(self).__doc__ or "").split())


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One field that breaks a rule: its path, the rule's stable name, and the limit where the rule has one.

    `name` is of what in the field breaks it; never anything else of the value, which may be a secret.
    """

    field: str
    code: str
    limit: float | None = None
    name: str | None = None


class FaultyFields(AppError):
    """Some of what was sent is missing or wrong."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__()
        self.faults = tuple(faults)


class NotFound(AppError):
    """There is nothing here."""

    kind = "not_found"


class NotSignedIn(AppError):
    """Sign in to continue."""

    kind = "unauthenticated"


class NotAllowed(AppError):
    """You may not do this."""

    kind = "forbidden"


class Unavailable(AppError):
    """The service cannot do this right now; try again in a moment."""

    kind = "unavailable"


class BusinessClosing(AppError):
    """This business is about to be deleted: it can be read, not changed."""

    kind = "conflict"
