"""The answer of one turn: what is said, where it comes from, and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import takewhile
from typing import Any, Final, Literal

from wacloud.modules.bot.domain.form import BegunForm, FilledForm
from wacloud.modules.bot.domain.knowledge import KnowledgeItem
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.bot.domain.topics import Topic

Source = Literal["model", "knowledge", "fallback", "none"]

# Every `why` of a composed answer. They are stored, counted and translated by the pages: never change one,
# add another.
Why = Literal[
    # The model answered from the business's facts and knowledge.
    "model_answered",
    # It answered the same question before, with the same knowledge; or gave the conversation to a person.
    "model_answered_before",
    "model_handed_over",
    # A topic the business does not speak about; words that no answer is given to; somebody who may be in danger.
    "refused_topic",
    "moderation_refused",
    "self_harm",
    # What the model may cost is used up.
    "budget_out_faq_match",
    "budget_out_no_match",
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
    # All that a form asks for is there: a person goes on, or the model that gathered it gave no words of its own.
    "form_complete",
    # Small talk, answered without looking anything up.
    "greeting",
    "thanks",
    "goodbye",
    # Nothing but the opening hours was asked for, and no model was there: those of the business's profile.
    "told_hours",
    # A row of the menu of topics was pressed: exactly that answer.
    "chosen_topic",
    # The contact wants to talk to a person, said a word that calls one, or is upset.
    "asked_for_person",
    "hand_over_word",
    "customer_upset",
    # The business does not want its bot to speak about this.
    "refused_topic",
    # Only pictures, voice or the like, which nothing here can look at.
    "cannot_read_media",
    # Nothing but a place on the map, or somebody's contact card.
    "shared_location",
    "shared_contact",
    # A basket from the catalogue, a form that was filled in.
    "sent_order",
    "sent_form",
    # "ok", a thumb, a sticker: an answer would be noise.
    "nothing_to_answer",
    "person_has_it",
    "person_wrote",
    "opted_out",
    "window_closed",
    "bot_is_off",
    # The business's hours: nobody is there and only people answer, or people are there and only the bot's night counts.
    "closed_now",
    "people_are_there",
    # It waited for too long (an outage, an import): a person should look at it first.
    "too_old",
    # Another bot, an auto-reply; the most answers of a day in one conversation, or to one person in all of them.
    "looks_like_a_bot",
    "too_many_replies",
    "contact_floods",
]

# Where a question was left without an answer; the menu of topics may come with it.
UNKNOWN: Final = frozenset(
    {
        "no_match",
        "model_did_not_know",
        "model_failed_no_match",
        "model_unavailable_no_match",
        "budget_out_no_match",
        "faq_match_partial",
    }
)


# Small talk between two questions is no answer to either.
_BETWEEN: Final = frozenset({"greeting", "thanks", "goodbye", "nothing_to_answer"})


def unanswered_in_a_row(whys: Iterable[str]) -> int:
    """How many questions stayed without an answer since the last one; `whys` are the newest first."""
    return sum(1 for _ in takewhile(UNKNOWN.__contains__, (why for why in whys if why not in _BETWEEN)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What the bot decided.

    Without a text and without a hand-over there is nothing to say (`nothing_to_answer`). `detail` holds
    scores, ids and error codes: never a text of a person, never a key. `usage` counts also where the model's
    words were not used. `topics` are offered under the text. `nearest` is what came closest where nothing matched: a
    person may find it useful. `spent_on` is the business's own day the usage counts for. `filled` are forms that
    are complete, `begun` what is known from now on of those that were called for: whoever closes the turn keeps them.
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
    topics: tuple[Topic, ...] = ()
    nearest: KnowledgeItem | None = None
    spent_on: date | None = None
    filled: tuple[FilledForm, ...] = ()
    begun: tuple[BegunForm, ...] = ()
