"""What an evaluation found, in words."""

from collections.abc import Mapping
from typing import Final

from wacloud.shared.domain.errors import AppError, FaultyFields
from wacloud.shared.ui.i18n import N_

OUTCOMES: Final[Mapping[str, str]] = {
    "right": N_("Right"),
    "wrong": N_("Incomplete"),
    "invented": N_("Must not be said"),
    "refused": N_("Not answered"),
    "unheard": N_("Model not reached"),
}
# What is told of a check that did not hold.
CHECKS: Final[Mapping[str, str]] = {
    "facts": N_("A fact is missing in it."),
    "nothing_forbidden": N_("It says what it must not say."),
    "source": N_("It comes from another part of the knowledge."),
    "answered": N_("It did not answer, although it should have."),
    "left_to_person": N_("It answered, although a person should have."),
    "language": N_("It is in another language."),
    "nothing_invented": N_("It holds a number, a link or an address that nobody taught the bot."),
}
_FAULTS: Final[Mapping[str, str]] = {
    "question": N_("A question needs 2 to 500 characters."),
    "facts": N_("Say at least one fact that must stand in the answer, and at most ten of 200 characters."),
    "forbidden": N_("At most ten things it must not say, of 200 characters each."),
}


def in_words(refused: AppError) -> list[str]:
    """The sentences for what was refused, each once."""
    if not isinstance(refused, FaultyFields):
        return [refused.message]
    return list(dict.fromkeys(_FAULTS[fault.field.split(".")[0]] for fault in refused.faults))
