"""The steps from signing up to the first message."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from wacloud.shared.domain.errors import AppError

Step = Literal["account", "business", "whatsapp", "bot", "plan", "first_message"]
StepState = Literal["pending", "done", "skipped"]
STEPS: Final[tuple[Step, ...]] = ("account", "business", "whatsapp", "bot", "plan", "first_message")
# The others are facts, told by whatever module knows them.
BY_HAND: Final[frozenset[Step]] = frozenset({"bot", "plan"})
SKIPPABLE: Final[frozenset[Step]] = frozenset({"whatsapp", "bot", "plan", "first_message"})


class StepIsAFact(AppError):
    """This step is completed by doing it."""

    kind = "conflict"


class StepNotSkippable(AppError):
    """This step cannot be skipped."""

    kind = "conflict"


class StepIsDone(AppError):
    """This step is done already."""

    kind = "conflict"


@dataclass(frozen=True, slots=True)
class OnboardingStep:
    """One step, and since when it is where it is."""

    step: Step
    state: StepState = "pending"
    at: datetime | None = None

    def check_move(self, state: StepState) -> None:
        """
        Whether a person may put it there by hand.

        :raises StepIsDone: what is done stays done.
        :raises StepIsAFact: saying so does not make it so.
        :raises StepNotSkippable: without this one there is nothing.
        """
        if self.state == state:
            return
        if self.state == "done":
            raise StepIsDone
        if state == "done" and self.step not in BY_HAND:
            raise StepIsAFact
        if state == "skipped" and self.step not in SKIPPABLE:
            raise StepNotSkippable


def next_step(steps: tuple[OnboardingStep, ...]) -> Step | None:
    """The first that is still to be done."""
    return next((one.step for one in steps if one.state == "pending"), None)
