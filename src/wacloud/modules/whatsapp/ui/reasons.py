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
_FORM = N_("There is a problem with the form. Look at it in WhatsApp Manager.")
_BLOCKING = N_("WhatsApp could not change whom you block. Try again.")
_USERNAME = N_("WhatsApp does not accept this username.")
_CHECK_PIN = N_("WhatsApp does not accept the PIN. Wait before you try again.")
_NOT_READY = N_("This template is not ready for promotions yet.")
_SUPPORT = N_("Meta has to change something in your account. Contact its support.")
_TEMPLATE_FIELDS = N_("A field of the template is missing or has the wrong format.")

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
    131049: N_("Meta chose not to deliver it: this person has had enough promotions. Try again in some days."),
    131050: N_("This person no longer wants promotions from you."),
    131051: N_("WhatsApp does not support this kind of message."),
    131052: N_("The file could not be downloaded. Ask the customer to send it again."),
    131053: N_("WhatsApp does not accept this type or size of file."),
    131055: N_("This is not a template for promotions."),
    131056: N_("Too many messages to this person in a short time. Wait a moment and send it again."),
    131057: N_("Meta is upgrading the account. Try again in some minutes."),
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
    132069: N_("Meta has limited this form. Try again in an hour."),
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

# Why something ended as it did, and how the bot came to an answer (bot/domain/answer.py).
REASONS: Final[Mapping[str, str]] = {
    "asked_for_person": N_("asked for a person"),
    "bot_is_off": N_("the assistant is switched off"),
    "call": N_("a call, not a message"),
    "cannot_read_media": N_("a photo, a voice note or a file that only a person can look at"),
    "damaged": N_("it arrived damaged"),
    "edit": N_("corrects an earlier message"),
    "expired": N_("WhatsApp keeps files for seven days, and they are over"),
    "faq_match": N_("found in your frequent questions"),
    "faq_match_partial": N_("only part of the question was found"),
    "gave_up": N_("could not be sent in time"),
    "goodbye": N_("a goodbye"),
    "greeting": N_("a greeting"),
    "group": N_("written in a group"),
    "history": N_("from before the connection"),
    "media_gone": N_("the file is not kept here any more"),
    "media_placeholder": N_("from before the connection"),
    "limit:account": N_("Meta limits how often we may call it for your account"),
    "limit:number": N_("many messages are leaving from this number, and Meta limits them"),
    "limit:pair": N_("many messages to this person in a short time, and Meta limits them"),
    "limit:portfolio": N_("Meta limits to how many people you may write first in 24 hours"),
    "meta_unreachable": N_("WhatsApp could not be reached"),
    "model_answered": N_("written from your facts and frequent questions"),
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
    "person_has_it": N_("a person has taken over"),
    "person_wrote": N_("a person answered"),
    "phone_app": N_("answered from the phone"),
    "reaction": N_("only a reaction"),
    "request_welcome": N_("only opened the chat"),
    "revoke": N_("deletes an earlier message"),
    "sender_unknown": N_("the sender is not known"),
    "shared_contact": N_("a contact card that a person should look at"),
    "shared_location": N_("a location that a person should look at"),
    "store_away": N_("our store of files could not be reached"),
    "system": N_("a notice of WhatsApp"),
    "taken_over": N_("a person has taken over"),
    "thanks": N_("a thank-you"),
    "token": N_("WhatsApp no longer accepts our access"),
    "too_large": N_("it is larger than 100 MB"),
    "too_slow": N_("WhatsApp sent it too slowly"),
    "token_unreadable": N_("our own service could not open the access of this number"),
    "turn_failed": N_("the assistant could not answer"),
    "unsupported": N_("of a kind we cannot read"),
    "unsafe_link": N_("its address is not one of WhatsApp"),
    "window_closed": N_("more than 24 hours after the customer last wrote"),
    "worker_lost": N_("stopped halfway, so nobody knows"),
}


def reason_in_words(code: str | None, say: Translate) -> str | None:
    """Why, for people. A code nobody has put into words yet is shown with its underscores taken out."""
    if not code:
        return None
    if code.startswith("meta:"):
        number = code.removeprefix("meta:")
        return failure_in_words({"code": int(number)} if number.isascii() and number.isdigit() else None, say)
    if code.startswith("number_held:"):
        why = reason_in_words(code.removeprefix("number_held:"), say)
        return say("nothing is sent from this number now") + (f" ({why})" if why else "")
    known = REASONS.get(code)
    return say(known) if known else code.replace("_", " ")


def failure_in_words(error: Mapping[str, Any] | None, say: Translate) -> str:
    """What went wrong and what to do, from the error Meta told; the code follows so that support can look it up."""
    code = (error or {}).get("code")
    known = FAILURES.get(code) if isinstance(code, int) else None
    if known is None and isinstance(code, int):
        known = next((words for first, last, words in _FAMILIES if first <= code <= last), None)
    if known is not None:
        return say(known)
    title = (error or {}).get("title") or (error or {}).get("details")
    return f"{say(FAILED)} {title}" if isinstance(title, str) and title else say(FAILED)
