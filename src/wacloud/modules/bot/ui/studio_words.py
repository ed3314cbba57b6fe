"""The studio in plain words: its fields, their values, and how the bot came to an answer."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from babel.numbers import format_decimal

from wacloud.modules.bot.domain.answer import UNKNOWN
from wacloud.modules.bot.domain.form import OWN_NUMBER, FormField, Value
from wacloud.modules.bot.domain.settings import NAME, TAGS
from wacloud.modules.bot.ui.form_words import value_in_words
from wacloud.modules.bot.ui.studio_form import LISTS, MONEY, TICKS
from wacloud.shared.ui.i18n import N_, Translate, translate, translator
from wacloud.shared.ui.numbers import dollars, share
from wacloud.shared.ui.pages import sentence

FIELDS: Final[Mapping[str, str]] = {
    "name": N_("Its name"),
    "tone": N_("Tone"),
    "language_policy": N_("Language"),
    "instructions": N_("Instructions"),
    "answer_length": N_("Length of answers"),
    "model": N_("Language model"),
    "effort": N_("How long it thinks"),
    "temperature": N_("Variety"),
    "hours_policy": N_("When it answers"),
    "quiet_ms": N_("Pause before it answers"),
    "max_wait_ms": N_("Longest wait"),
    "too_old_hours": N_("Leaves older messages to people"),
    "replies_per_day": N_("Answers in one conversation a day"),
    "knowledge_threshold": N_("How sure it must be"),
    "refused_topics": N_("Topics it does not talk about"),
    "hand_over_words": N_("Words that call a person"),
    "hand_over_after": N_("Unanswered questions until a person takes over"),
    "hand_over_when_upset": N_("Call a person when the customer is upset"),
    "offer_topics": N_("Offer a list of topics when it does not know"),
    "back_to_bot": N_("When it takes over again"),
    "back_after_hours": N_("Hours without a word of a person"),
    "budget_day_usd": N_("Budget for a day"),
    "budget_month_usd": N_("Budget for a month"),
    "fallback_text": N_("When it does not know"),
    "closed_text": N_("When you are closed"),
    "refusal_text": N_("When a topic is off limits"),
    "mask_personal_data": N_("Hide personal data from the model"),
    "moderate": N_("Check messages for abuse"),
    "contact_fields": N_("What it may know of the customer"),
}

# What every business knows of its customers; the rest are its own fields.
KNOWN_OF_ALL: Final[Mapping[str, str]] = {NAME: N_("Name"), TAGS: N_("Tags")}

# Each value of a choice: its name, and what it means.
CHOICES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "tone": {
        "friendly": (N_("Friendly"), N_("“Hi! Yes, we open on Saturdays from 10 to 2. Shall I keep a table for you?”")),
        "formal": (N_("Formal"), N_("“Good morning. We are open on Saturdays from 10:00 to 14:00.”")),
        "cheerful": (N_("Cheerful"), N_("“Of course! 🎉 Saturdays from 10 to 2, see you then!”")),
        "brief": (N_("To the point"), N_("“Saturdays, 10 to 2.”")),
    },
    "language_policy": {
        "as_customer": (N_("The customer's"), N_("It answers in the language it is written to in.")),
        "es": (N_("Always Spanish"), ""),
        "en": (N_("Always English"), ""),
        "pt": (N_("Always Portuguese"), ""),
    },
    "answer_length": {
        "short": (N_("Short"), N_("up to 300 characters")),
        "medium": (N_("Medium"), N_("up to 600 characters")),
        "long": (N_("Long"), N_("up to 1,200 characters")),
    },
    "effort": {
        "none": (N_("Not at all: fastest and cheapest"), ""),
        "low": (N_("A little"), ""),
        "medium": (N_("Longer"), ""),
        "high": (N_("Very long: slow and dear"), ""),
    },
    "hours_policy": {
        "always": (N_("Day and night"), N_("Also while you are closed.")),
        "only_open": (N_("Only while you are open"), N_("Otherwise it says when you are there again.")),
        "only_closed": (N_("Only while you are closed"), N_("By day your team answers.")),
    },
    "back_to_bot": {
        "after_close": (N_("When the conversation is closed"), ""),
        "after_a_while": (N_("When no person has written for a while"), ""),
        "never": (N_("Only when a person gives it back"), ""),
    },
}

# The wait, in steps somebody can choose without knowing what a millisecond is.
WAITS: Final[tuple[tuple[int, int, str, str], ...]] = (
    (0, 2000, N_("At once"), N_("answers each message by itself")),
    (800, 4000, N_("Quick"), N_("for customers who write in one go")),
    (2500, 8000, N_("Calm"), N_("waits for the second message")),
    (5000, 15000, N_("Patient"), N_("for customers who write in many small pieces")),
)

_NONE: Final[Mapping[str, str]] = {
    "model": N_("that of the installation"),
    "temperature": N_("that of the model"),
    "budget_day_usd": N_("no limit"),
    "budget_month_usd": N_("no limit"),
}
_HOURS = frozenset({"too_old_hours", "back_after_hours"})
_SECONDS = frozenset({"quiet_ms", "max_wait_ms"})

SOURCES: Final[Mapping[str, str]] = {
    "model": N_("Language model"),
    "knowledge": N_("Your knowledge"),
    "fallback": N_("A fixed text"),
    "none": N_("Nobody"),
}
# How the bot came to an answer, by its `why`; another release's codes are shown as they are.
WHYS: Final[Mapping[str, str]] = {
    "model_answered": N_("Written by the language model from your facts and your knowledge."),
    "faq_match": N_("Found in your knowledge."),
    "faq_match_partial": N_("Found for a part of the question; a person is called for the rest."),
    "no_match": N_("Nothing in your knowledge answers this, so a person is called."),
    "model_did_not_know_faq_match": N_("The language model did not know; a very sure match of your knowledge did."),
    "model_did_not_know": N_("Neither the language model nor your knowledge has the answer, so a person is called."),
    "model_failed_faq_match": N_("The language model gave nothing usable; your knowledge answered."),
    "model_failed_no_match": N_("The language model gave nothing usable, so a person is called."),
    "model_unavailable_faq_match": N_("The language model could not be reached; your knowledge answered."),
    "model_unavailable_no_match": N_("The language model could not be reached, so a person is called."),
    "greeting": N_("A greeting, answered without looking anything up."),
    "thanks": N_("A thank-you, answered without looking anything up."),
    "goodbye": N_("A goodbye, answered without looking anything up."),
    "asked_for_person": N_("The customer wants to talk to a person."),
    "cannot_read_media": N_("A photo, a voice note or a file that only a person can look at."),
    "shared_location": N_("A location that a person should look at."),
    "shared_contact": N_("A contact card that a person should look at."),
    "nothing_to_answer": N_("An “ok” or a thumb: an answer would be noise."),
    "person_has_it": N_("A person has this conversation."),
    "person_wrote": N_("A person wrote first."),
    "opted_out": N_("This customer wants no messages."),
    "window_closed": N_("More than 24 hours after the customer last wrote."),
    "bot_is_off": N_("The bot is switched off."),
    "told_hours": N_("the opening hours, as the business has told them"),
    "chosen_topic": N_("chosen from the menu of topics"),
    "hand_over_word": N_("said one of your words for a person"),
    "customer_upset": N_("the customer sounds upset"),
    "refused_topic": N_("a topic you do not want the assistant to speak about"),
    "sent_order": N_("an order that a person should look at"),
    "sent_form": N_("a filled-in form that a person should look at"),
    "form_complete": N_("all that a form of yours asks for is there"),
    "closed_now": N_("you are closed, and then only people answer"),
    "people_are_there": N_("you are open, and the assistant answers only while you are closed"),
    "too_old": N_("it waited for too long, for example during an outage"),
    "looks_like_a_bot": N_("another bot or an auto-reply seems to be writing"),
    "too_many_replies": N_("the assistant has answered as often as it may in a day"),
    "contact_floods": N_("this person has had too many answers today"),
    "budget_out_faq_match": N_("the budget for the language model is used up; found in your frequent questions"),
    "budget_out_no_match": N_("the budget for the language model is used up, and nothing suitable was found"),
    "model_answered_before": N_("the answer given to the same question before"),
    "model_handed_over": N_("the language model asked for a person"),
    "moderation_refused": N_("words that no answer is given to"),
    "self_harm": N_("somebody who may be in danger"),
}

# What a model wrote and nobody told: its words were held back.
HELD_BACK: Final[Mapping[str, str]] = {
    "placeholder": N_("left a gap for a name or a number"),
    "invented_amount": N_("a price or a share that you told nobody"),
    "invented_promise": N_("a discount, a gift or a guarantee that you promised nobody"),
    "invented_hour": N_("a time that you told nobody"),
    "invented_name": N_("a name, a brand or a place that you told nobody"),
    "foreign_contact": N_("a phone, an account or an address that is not yours"),
    "false_confirmation": N_("a booking, an order or a free place that nobody noted"),
    "allergy_claim": N_("that something is free of an allergen, which you told nobody"),
    "claims_to_be_human": N_("that it is a person"),
    "off_the_point": N_("an answer to something else"),
}

_NO_KEY: Final = N_("none: no key is in use")
_NO_BUDGET: Final = N_("none: the budget is used up")
_NOT_REACHED: Final = N_("none: it was not reached")
_NO_NEED: Final = N_("none: there was no need")


def no_model_in_words(why: str, detail: Mapping[str, Any], say: Translate) -> str:
    """Why no model had a part in an answer, as far as its record tells."""
    if "budget" in detail or why.startswith("budget_out"):
        return say(_NO_BUDGET)
    if "model_error" in detail or why.startswith("model_unavailable"):
        return say(_NOT_REACHED)
    return say(_NO_KEY if why in ("faq_match", "faq_match_partial", "no_match") else _NO_NEED)


def why_in_words(why: str, say: Translate) -> str:
    """How it came to this answer."""
    known = WHYS.get(why)
    return sentence(say(known)) if known else why.replace("_", " ")


def trouble_in_words(code: str, say: Translate) -> str:
    """What was wrong with a model's words; another trouble as it is."""
    return say(HELD_BACK[code]) if code in HELD_BACK else code


def why_no_draft(why: str, say: Translate) -> str:
    """Why there is nothing to propose to somebody who writes by hand: nobody is called, they are there."""
    if why == "nothing_to_answer":
        return say(N_("There is nothing to answer."))
    return say(N_("Nothing it knows fits what was asked.")) if why in UNKNOWN else why_in_words(why, say)


def would_be_noted(field: FormField, value: Value, language: str) -> str:
    """A value of a form in a try, where nobody writes from any number."""
    if field.kind == "phone" and value == OWN_NUMBER:
        return translate(language, N_("the number they write from"))
    return value_in_words(field, value, language)


def shown(field: str, value: Any, language: str) -> str:
    """A value of a field, for people."""
    say = translator(language)
    if value is None:
        return say(_NONE.get(field, N_("nothing")))
    if field in TICKS:
        return say(N_("yes")) if value else say(N_("no"))
    if field in CHOICES:
        known = CHOICES[field].get(value)
        return say(known[0]) if known else str(value)
    if field in LISTS:
        return ", ".join(say(KNOWN_OF_ALL.get(one, one)) for one in value) or say(N_("nothing"))
    if field in MONEY:
        return dollars(Decimal(value), language)
    if field in _SECONDS:
        return f"{format_decimal(value / 1000, '#,##0.###', language)}\u00a0s"
    if field in _HOURS:
        return f"{value} h"
    if field == "knowledge_threshold":
        return share(value, language)
    return str(value) or say(N_("our own words"))
