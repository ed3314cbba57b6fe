"""The answer of one turn: what is said, where it comes from, and why."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from wacloud.modules.bot.domain.prices import Usage

Source = Literal["model", "knowledge", "fallback", "none"]

# Every `why` of a composed answer. They are stored, counted and translated by the pages: never change one,
# add another.
Why = Literal[
    # The model answered from the business's facts and knowledge.
    "model_answered",
    # No model is set up: the search found an answer, or one to some of the questions, or none.
    "faq_match",
    "faq_match_partial",
    "no_match",
    # The model could not tell. A very sure match of the search answers all the same.
    "model_did_not_know_faq_match",
    "model_did_not_know",
    # What the model wrote was a refusal, cut off, empty or unsafe.
    "model_failed_faq_match",
    "model_failed_no_match",
    # No model could be reached in time.
    "model_unavailable_faq_match",
    "model_unavailable_no_match",
    # Small talk, answered without looking anything up.
    "greeting",
    "thanks",
    "goodbye",
    # The contact wants to talk to a person.
    "asked_for_person",
    # Only pictures, voice or the like, which nothing here can look at.
    "cannot_read_media",
    # Nothing but a place on the map, or somebody's contact card.
    "shared_location",
    "shared_contact",
    # "ok", a thumb, a sticker: an answer would be noise.
    "nothing_to_answer",
    "person_has_it",
    "person_wrote",
    "opted_out",
    "window_closed",
    "bot_is_off",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What the bot decided.

    Without a text and without a hand-over there is nothing to say (`nothing_to_answer`). `detail` holds
    scores, ids and error codes: never a text of a person, never a key. `usage` counts also where the model's
    words were not used.
    """

    text: str | None
    source: Source
    why: str
    hand_over: bool = False
    hand_over_because: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    usage: Usage | None = None
    model: str | None = None
    cost_usd: Decimal | None = None
