"""How a team works through its conversations: priorities, labels, and who may have one."""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final, Literal

from wacloud.shared.domain.errors import AppError, NotFound

LONGEST_SNOOZE: Final = timedelta(days=366)
MOST_LABELS: Final = 100
MOST_ON_ONE: Final = 20
MOST_VIEWS: Final = 50  # of one person, with those of the team
LONGEST_VIEW_NAME: Final = 40
# Who answers customers; an analyst only reads figures.
ANSWERING_ROLES: Final = ("owner", "admin", "agent")

# Why a conversation was handed over whose contact may be in danger.
IN_DANGER: Final = "self_harm"

Status = Literal["open", "snoozed", "closed"]
Colour = Literal["grey", "red", "orange", "green", "blue", "purple"]
COLOURS: Final[tuple[Colour, ...]] = ("grey", "red", "orange", "green", "blue", "purple")


class Priority(IntEnum):
    """As stored: the larger, the sooner."""

    NONE = 0
    LOW = 1
    HIGH = 2
    URGENT = 3


class SnoozeTooShort(AppError):
    """Choose a time that has not passed, within a year."""

    kind = "invalid"


class AssigneeUnknown(NotFound):
    """Nobody of this team who answers customers can be given this conversation."""


class LabelUnknown(NotFound):
    """There is no such label."""


class ViewUnknown(NotFound):
    """There is no such view."""


class ViewNameMissing(AppError):
    """Give the view a name of at most 40 characters."""


class TooManyViews(AppError):
    """There are enough views: remove one first."""

    kind = "conflict"


class LabelExists(AppError):
    """There is a label of this name."""

    kind = "conflict"


class TooManyLabels(AppError):
    """There are enough labels: remove one first."""

    kind = "conflict"


def check_snooze(until: datetime, now: datetime) -> None:
    """:raises SnoozeTooShort: it has passed, or is too far away."""
    if not now < until <= now + LONGEST_SNOOZE:
        raise SnoozeTooShort
