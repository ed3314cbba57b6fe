"""Codes of the record in plain words: why something failed, was handed over or ignored, and how the bot came to it."""

from collections.abc import Mapping
from typing import Any, Final

from wacloud.shared.ui.i18n import N_, Translate

_RECONNECT = N_("WhatsApp no longer accepts our access. Reconnect the number in the settings.")
_KEEPS_TRYING = N_("Meta had a problem. Try again in a few minutes.")
_OUR_FAULT = N_("The message could not be built as WhatsApp wants it. Our team has been told.")
_SLOWER = N_("Too many messages in a short time. Wait a moment and send it again.")
_PAYMENT = N_("There is a problem with the payment method at Meta. Add or fix it there, then send again.")
_GROUPS = N_("Groups are not available on this number.")
_CALLS = N_("Calls are not available on this number or to this person.")
_SLOWER_TO_ONE = N_("Too many messages to this person in a short time. Wait a moment and send it again.")
_ENOUGH = N_("Meta chose not to deliver it: this person has had enough promotions. Try again in some days.")
_UPGRADE = N_("Meta is upgrading the account. Try again in some minutes.")
_FORM_LIMITED = N_("Meta has limited this form. Try again in an hour.")
_FORM = N_("There is a problem with the form. Look at it in WhatsApp Manager.")
_BLOCKING = N_("WhatsApp could not change whom you block. Try again.")
_USERNAME = N_("WhatsApp does not accept this username.")
_CHECK_PIN = N_("WhatsApp does not accept the PIN. Wait before you try again.")
_NOT_READY = N_("This template is not ready for promotions yet.")
_SUPPORT = N_("Meta has to change something in your account. Contact its support.")
_TEMPLATE_FIELDS = N_("A field of the template is missing or has the wrong format.")

_NO_KEY: Final = N_("none: no key is in use")
_NO_BUDGET: Final = N_("none: the budget is used up")
_NOT_REACHED: Final = N_("none: it was not reached")
_NO_NEED: Final = N_("none: there was no need")

# Meta's codes -> what the business can understand and do.
FAILURES: Final[Mapping[int, str]] = {
    0: _RECONNECT,
    1: _KEEPS_TRYING,
    2: _KEEPS_TRYING,
    3: _RECONNECT,
    4: _SLOWER,
    10: _RECONNECT,
    33: N_("This WhatsApp number no longer exists at Meta. Connect it again."),
    100: _OUR_FAULT,
    190: _RECONNECT,
    368: N_("Meta has restricted the account. Open Business Support at Meta to see why."),
    613: _SLOWER,
    80007: _SLOWER,
    130403: N_("You have blocked this person. Unblock them to write."),
    130429: _SLOWER,
    130472: N_("Meta is not delivering this kind of message to this person at the moment. It was not charged."),
    130497: N_("Your type of business may not write to this country."),
    131000: _KEEPS_TRYING,
    131005: _RECONNECT,
    131008: _OUR_FAULT,
    131009: N_("The number or the text is not valid for WhatsApp."),
    131016: _KEEPS_TRYING,
    131020: N_("This group is empty."),
    131021: N_("A number cannot write to itself."),
    131026: N_(
        "This person cannot receive it on WhatsApp: no account, an old version, or they do not accept messages."
    ),
    131030: N_("A test number can only write to the five phones on its list."),
    131031: N_("Meta has locked the account. Appeal there, or check the PIN."),
    131035: N_("Some messages of your customers were lost before they came here."),
    131036: N_("It did not reach one of the customer's devices."),
    131037: N_("The display name of this number is not approved yet."),
    131041: N_("This group was not found."),
    131042: _PAYMENT,
    131044: _PAYMENT,
    131045: N_("The registration of the number is not valid. Register it again."),
    131047: N_("More than 24 hours have passed since the customer last wrote. Only an approved template may be sent."),
    131048: N_("Too many people have blocked or reported this number. Meta has limited it for some hours."),
    131049: _ENOUGH,
    131050: N_("This person no longer wants promotions from you."),
    131051: N_("WhatsApp does not support this kind of message."),
    131052: N_("The file could not be downloaded. Ask the customer to send it again."),
    131053: N_("WhatsApp does not accept this type or size of file."),
    131055: N_("This is not a template for promotions."),
    131056: _SLOWER_TO_ONE,
    131057: _UPGRADE,
    131059: _KEEPS_TRYING,
    131060: N_("It cannot be shown here. Open the chat on the phone."),
    131061: _NOT_READY,
    131062: N_("This message needs a phone number, and this person does not show theirs."),
    131063: N_("Promotions are switched off for this number at Meta."),
    131064: N_("Too many templates were filed under the wrong category. Meta has limited them."),
    131208: _SLOWER,
    132000: _TEMPLATE_FIELDS,
    132001: N_("This template is not available in that language."),
    132005: N_("The text is too long once the template is filled in."),
    132007: N_("Meta does not allow the content of this template."),
    132008: _TEMPLATE_FIELDS,
    132012: _TEMPLATE_FIELDS,
    132015: N_("Meta has paused this template because of its quality."),
    132016: N_("Meta has disabled this template. Create a new one."),
    132018: _TEMPLATE_FIELDS,
    132068: N_("Meta has blocked this form."),
    132069: _FORM_LIMITED,
    133000: N_("This number was not removed completely at Meta. Connect it again."),
    133004: _KEEPS_TRYING,
    133005: _CHECK_PIN,
    133006: N_("This number must be verified first, by SMS or a call."),
    133008: _CHECK_PIN,
    133009: _CHECK_PIN,
    133010: N_("This number is not active on the WhatsApp Cloud API. Register it again."),
    133015: N_("This number was deleted a moment ago. Wait some minutes."),
    133016: N_("Too many tries to register this number. Wait three days."),
    134011: N_("Accept the payment terms at Meta first."),
    134100: _NOT_READY,
    134101: _NOT_READY,
    134102: _NOT_READY,
    135000: _OUR_FAULT,
    137000: N_("This person changed their phone. Check that it is still them before you write."),
    138002: _SLOWER,
    139102: _KEEPS_TRYING,
    139103: _KEEPS_TRYING,
    2494100: _KEEPS_TRYING,
    2593079: _SUPPORT,
    2593085: _SUPPORT,
    1752041: N_("This account is invited already."),
}
# Codes that say the same of one thing, by their first and their last.
_FAMILIES: Final[tuple[tuple[int, int, str], ...]] = (
    (200, 299, _RECONNECT),
    (131201, 131215, _GROUPS),
    (138000, 138018, _CALLS),
    (139000, 139004, _FORM),
    (139100, 139101, _BLOCKING),
    (147001, 147005, _USERNAME),
)
FAILED: Final = N_("WhatsApp did not accept this message.")
# What goes out by itself is not to be sent again: the same, said of a message that waits.
_WHILE_IT_WAITS: Final[Mapping[str, str]] = {
    _KEEPS_TRYING: N_("Meta had a problem, and we keep trying."),
    _SLOWER: N_("Too many messages in a short time, and Meta limits them."),
    _SLOWER_TO_ONE: N_("Too many messages to this person in a short time, and Meta limits them."),
    _PAYMENT: N_("There is a problem with the payment method at Meta. Add or fix it there."),
    _CHECK_PIN: N_("WhatsApp does not accept the PIN."),
    _ENOUGH: N_("Meta does not deliver it yet: this person has had enough promotions."),
    _UPGRADE: N_("Meta is upgrading the account."),
    _FORM_LIMITED: N_("Meta has limited this form for an hour."),
    FAILED: N_("WhatsApp does not accept this message for now."),
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

# Why something ended as it did, and how the bot came to an answer (bot/domain/answer.py).
REASONS: Final[Mapping[str, str]] = {
    "asked_for_person": N_("asked for a person"),
    "behind_earlier": N_("an earlier message of this conversation has to leave first, and it waits too"),
    "bot_is_off": N_("the assistant is switched off"),
    "budget_out_faq_match": N_("the budget for the language model is used up; found in your frequent questions"),
    "budget_out_no_match": N_("the budget for the language model is used up, and nothing suitable was found"),
    "call": N_("a call, not a message"),
    "cannot_read_media": N_("a photo, a voice note or a file that only a person can look at"),
    "told_hours": N_("the opening hours, as the business has told them"),
    "chosen_topic": N_("chosen from the menu of topics"),
    "closed_now": N_("you are closed, and then only people answer"),
    "code_expired": N_("its code is not good any more: ask for a new one"),
    "contact_floods": N_("this person has had too many answers today"),
    "customer_upset": N_("the customer sounds upset"),
    "damaged": N_("it arrived damaged"),
    "edit": N_("corrects an earlier message"),
    "expired": N_("WhatsApp keeps files for seven days, and they are over"),
    "faq_match": N_("found in your frequent questions"),
    "faq_match_partial": N_("only part of the question was found"),
    "gave_up": N_("could not be sent in time"),
    "form_complete": N_("all that a form of yours asks for is there"),
    "goodbye": N_("a goodbye"),
    "greeting": N_("a greeting"),
    "group": N_("written in a group"),
    "hand_over_word": N_("said one of your words for a person"),
    "history": N_("from before the connection"),
    "media_gone": N_("the file is not kept here any more"),
    "media_placeholder": N_("from before the connection"),
    "looks_like_a_bot": N_("another bot or an auto-reply seems to be writing"),
    "limit:account": N_("Meta limits how often we may call it for your account"),
    "limit:number": N_("many messages are leaving from this number, and Meta limits them"),
    "limit:pair": N_("many messages to this person in a short time, and Meta limits them"),
    "limit:spam": N_("too many people have blocked or reported this number, so what goes to many waits some hours"),
    "limit:portfolio": N_("Meta limits to how many people you may write first in 24 hours"),
    "meta_unreachable": N_("WhatsApp could not be reached"),
    "model_answered": N_("written from your facts and frequent questions"),
    "model_answered_before": N_("the answer given to the same question before"),
    "model_handed_over": N_("the language model asked for a person"),
    "moderation_refused": N_("words that no answer is given to"),
    "model_did_not_know": N_("the language model did not know"),
    "model_did_not_know_faq_match": N_("the language model did not know; found in your frequent questions"),
    "model_failed_faq_match": N_("the language model gave nothing usable; found in your frequent questions"),
    "model_failed_no_match": N_("the language model gave nothing usable, and nothing suitable was found"),
    "model_unavailable_faq_match": N_("the language model could not be reached; found in your frequent questions"),
    "model_unavailable_no_match": N_("the language model could not be reached, and nothing suitable was found"),
    "no_answer": N_("WhatsApp did not answer in time"),
    "no_match": N_("nothing suitable was found"),
    "no_room": N_("there is no room left for files"),
    "no_recipient": N_("there is neither a phone nor an id to send to"),
    "not_what_it_says": N_("it is not what it says it is"),
    "nothing_to_answer": N_("needs no answer"),
    "blocked": N_("this person is blocked"),
    "consent": N_("says what they allow"),
    "erased": N_("the data of this person was erased"),
    "opted_out": N_("does not want messages"),
    "outside_service_window": N_("more than 24 hours after the customer last wrote"),
    "people_are_there": N_("you are open, and the assistant answers only while you are closed"),
    "person_has_it": N_("a person has taken over"),
    "person_wrote": N_("a person answered"),
    "phone_app": N_("answered from the phone"),
    "reaction": N_("only a reaction"),
    "refused_topic": N_("a topic you do not want the assistant to speak about"),
    "request_welcome": N_("only opened the chat"),
    "revoke": N_("deletes an earlier message"),
    "revoked": N_("the customer deleted it"),
    "self_harm": N_("somebody who may be in danger"),
    "sender_unknown": N_("the sender is not known"),
    "sent_form": N_("a filled-in form that a person should look at"),
    "sent_order": N_("an order that a person should look at"),
    "shared_contact": N_("a contact card that a person should look at"),
    "shared_location": N_("a location that a person should look at"),
    "store_away": N_("our store of files could not be reached"),
    "system": N_("a notice of WhatsApp"),
    "taken_over": N_("a person has taken over"),
    "thanks": N_("a thank-you"),
    "template_disabled": N_("Meta has disabled its template"),
    "template_gone": N_("its template is gone at Meta"),
    "template_in_review": N_("Meta is reviewing its template"),
    "template_paused": N_("Meta has paused its template because of its quality"),
    "template_rejected": N_("Meta has rejected its template"),
    "token": N_("WhatsApp no longer accepts our access"),
    "too_large": N_("it is larger than 100 MB"),
    "too_many_replies": N_("the assistant has answered as often as it may in a day"),
    "too_old": N_("it waited for too long, for example during an outage"),
    "too_slow": N_("WhatsApp sent it too slowly"),
    "token_unreadable": N_("our own service could not open the access of this number"),
    "turn_failed": N_("the assistant could not answer"),
    "unsupported": N_("of a kind we cannot read"),
    "unsafe_link": N_("its address is not one of WhatsApp"),
    "window_closed": N_("more than 24 hours after the customer last wrote"),
    "worker_lost": N_("stopped halfway, so nobody knows"),
}


def no_model_in_words(why: str, detail: Mapping[str, Any], say: Translate) -> str:
    """Why no model had a part in an answer, as far as its record tells."""
    if "budget" in detail or why.startswith("budget_out"):
        return say(_NO_BUDGET)
    if "model_error" in detail or why.startswith("model_unavailable"):
        return say(_NOT_REACHED)
    return say(_NO_KEY if why in ("faq_match", "faq_match_partial", "no_match") else _NO_NEED)


def reason_in_words(code: str | None, say: Translate, *, waits: bool = False) -> str | None:
    """
    Why, for people. A code nobody has put into words yet is shown with its underscores taken out.

    `waits`: it goes out by itself, so nothing is said of sending it again.
    """
    if not code:
        return None
    if code.startswith("meta:"):
        number = code.removeprefix("meta:")
        error = {"code": int(number)} if number.isascii() and number.isdigit() else None
        return failure_in_words(error, say, waits=waits)
    if code.startswith("number_held:"):
        why = reason_in_words(code.removeprefix("number_held:"), say, waits=True)
        return say("nothing is sent from this number now") + (f" ({why})" if why else "")
    known = REASONS.get(code)
    return say(known) if known else code.replace("_", " ")


def failure_in_words(error: Mapping[str, Any] | None, say: Translate, *, waits: bool = False) -> str:
    """What went wrong and what to do, from the error Meta told; the code follows so that support can look it up."""
    code = (error or {}).get("code")
    known = FAILURES.get(code) if isinstance(code, int) else None
    if known is None and isinstance(code, int):
        known = next((words for first, last, words in _FAMILIES if first <= code <= last), None)
    told = say(_WHILE_IT_WAITS.get(known or FAILED, known or FAILED) if waits else known or FAILED)
    if known is not None:
        return told
    title = (error or {}).get("title") or (error or {}).get("details")
    return f"{told} {title}" if isinstance(title, str) and title else told
