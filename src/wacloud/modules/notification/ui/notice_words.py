"""Notices in words: what happened, and what to do about it."""

import re
from collections.abc import Mapping
from typing import Final

from babel.numbers import format_decimal

from wacloud.shared.domain.phone import display_phone
from wacloud.shared.ui.i18n import N_, translate

_SEE_META = N_("Open Business Support at Meta to see why and to appeal.")
_SEE_CHECKS = N_("Open the check of the connection: it says what to do.")
_NOTHING_LOST = N_("Messages that come in are kept, those that wait go out in order afterwards.")

# What happened; what can be done.
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "template_approved": (N_("Meta approved the template %(name)s."), N_("It can be sent from now on.")),
    "template_rejected": (
        N_("Meta rejected the template %(name)s."),
        N_("Change it as Meta says and submit it again."),
    ),
    "template_paused": (
        N_("Meta has paused the template %(name)s: people did not like it."),
        N_("Pauses are 3 and then 6 hours; after the third it is disabled. Send it to fewer people, or change it."),
    ),
    "template_unpaused": (N_("The template %(name)s can be sent again."), ""),
    "template_flagged": (
        N_("The quality of the template %(name)s is low; Meta may disable it."),
        N_("Send it only to people who expect it, or change it."),
    ),
    "template_disabled": (
        N_("Meta has disabled the template %(name)s."),
        N_("It cannot be sent any more. Make another."),
    ),
    "bot_answers_worse": (
        N_("Version %(name)s of the bot answers fewer golden questions right than the one before: %(told)s."),
        N_("See under Bot, Evaluation, which answers got worse, and go back to the earlier version or mend this one."),
    ),
    "template_deleted": (N_("The template %(name)s was deleted at Meta."), ""),
    "template_quality_low": (
        N_("People block or report what you send with the template %(name)s."),
        N_("If that goes on, Meta pauses it. Send it to fewer people, or change it."),
    ),
    "template_category_changed": (
        N_("Meta files the template %(name)s under %(told)s now."),
        N_("Each message sent with it costs what that category costs."),
    ),
    "template_category_will_change": (
        N_("Meta will file the template %(name)s under %(told)s."),
        N_("From then on each message costs what that category costs. You may ask Meta for a review before."),
    ),
    "number_name_approved": (
        N_("Meta approved the name %(name)s."),
        N_("Customers see it once the number is registered again."),
    ),
    "number_name_declined": (
        N_("Meta declined the name %(name)s."),
        N_("Choose another that shows what your business is called."),
    ),
    "number_quality_low": (
        N_("The quality of the number %(name)s is low: too many people block or report it."),
        N_("Send fewer promotions, and only to people who asked for them."),
    ),
    "number_quality_well": (N_("The quality of the number %(name)s is good again."), ""),
    "number_faster": (N_("Meta lets the number %(name)s send up to 1000 messages a second."), ""),
    "limit_changed": (
        N_("Meta's daily limit is now %(told)s."),
        N_("So many people you may write to first in 24 hours. Answers do not count."),
    ),
    "account_restricted": (N_("Meta has restricted your account: you cannot send for now."), _NOTHING_LOST),
    "account_may_not_begin": (
        N_("Meta has restricted your account: for now you can answer, but not write first."),
        _SEE_META,
    ),
    "account_violation": (N_("Meta says that your account breaks a rule: %(told)s."), _SEE_META),
    "account_will_be_disabled": (N_("Meta is going to disable your WhatsApp account."), _SEE_META),
    "account_disabled": (N_("Meta has disabled your WhatsApp account: nothing can be sent."), _SEE_META),
    "account_reinstated": (N_("Meta has enabled your WhatsApp account again."), _NOTHING_LOST),
    "account_deleted": (N_("Your WhatsApp account was deleted at Meta."), N_("Connect another number to go on.")),
    "account_offboarded": (
        N_("The number was registered anew in the WhatsApp Business app and is not connected here."),
        N_("It often comes back by itself. If it does not, connect it again."),
    ),
    "account_reconnected": (N_("The number is connected again."), _NOTHING_LOST),
    "account_access_removed": (
        N_("Our access to your WhatsApp account was removed at Meta."),
        N_("Connect the number again to go on. What was received is kept."),
    ),
    "account_review_rejected": (N_("Meta has rejected your WhatsApp account: nothing can be sent."), _SEE_META),
    "account_review_pending": (
        N_("Meta is reviewing your WhatsApp account; until then nothing can be sent."),
        _NOTHING_LOST,
    ),
    "account_review_approved": (N_("Meta has approved your WhatsApp account."), ""),
    "account_alert": (N_("Meta tells you: %(told)s"), N_("Open the settings of your business at Meta.")),
    "pin_changed": (
        N_("The PIN of the number %(name)s was changed."),
        N_("If it was nobody of yours, open the settings of your business at Meta at once."),
    ),
    "pin_reset_asked": (
        N_("Somebody asked to reset the PIN of the number %(name)s."),
        N_("If it was nobody of yours, open the settings of your business at Meta at once."),
    ),
    "flow_trouble": (N_("A form of yours has a problem at Meta: %(told)s"), N_("Open the form at Meta to mend it.")),
    "scheduled_not_sent": (
        N_("A message that was to go out later was not sent: “%(name)s”"),
        N_("The 24 hours to reply freely were over. It is kept in the conversation: send it once they write again."),
    ),
    "bot_budget_day": (
        N_("The assistant has used up what it may spend on its language model today."),
        N_(
            "Until tomorrow it answers from your questions and answers alone. You can raise the budget in its settings."
        ),
    ),
    "bot_budget_month": (
        N_("The assistant has used up what it may spend on its language model this month."),
        N_("Until the next one it answers from your questions and answers alone. You can raise it in its settings."),
    ),
    "history_coming": (
        N_("Earlier chats of the number %(name)s are coming in: %(told)s %% of them are here."),
        N_("They are in the inbox by their time. The assistant does not answer them."),
    ),
    "history_complete": (
        N_("The earlier chats of the number %(name)s are here."),
        N_("They go back 180 days at most, without groups, and with the files of the last 14 days only."),
    ),
    "history_declined": (
        N_("The earlier chats of the number %(name)s were not shared."),
        N_(
            "Whoever connected the number chose so in the WhatsApp Business app. What is written from now on comes in"
            " as always. To have the earlier chats, disconnect the number, connect it again and share them."
        ),
    ),
    "check_token": (
        N_("Meta does not accept our access to the number %(name)s any more: it cannot send."),
        N_("Connect the number again. What comes in is kept, what waits goes out in order afterwards."),
    ),
    "check_token_ends": (
        N_("The access to the number %(name)s ends soon."),
        N_("Connect the number again before that, and nothing stops."),
    ),
    "check_permissions": (N_("A permission for the number %(name)s is missing: it cannot send."), _SEE_CHECKS),
    "check_subscription": (
        N_("Meta does not send us what customers write to the number %(name)s."),
        _SEE_CHECKS,
    ),
    "check_callback": (N_("What customers write to the number %(name)s goes to another address."), _SEE_CHECKS),
    "check_verify_token": (N_("Our own address does not answer as Meta expects."), _SEE_CHECKS),
    "check_number_status": (N_("Meta has stopped the number %(name)s: it cannot send."), _SEE_CHECKS),
    "check_registration": (N_("The number %(name)s is not registered at Meta: it cannot send."), _SEE_CHECKS),
    "check_display_name": (N_("Meta has not accepted the name of the number %(name)s."), _SEE_CHECKS),
    "check_sending": (N_("Meta does not let the number %(name)s send."), _SEE_CHECKS),
    "check_payment": (
        N_("Meta has a problem with the payment method of the number %(name)s."),
        N_("Add or mend it at Meta: until then replies may stop."),
    ),
    "check_quality": (N_("Meta rates the quality of the number %(name)s as low."), _SEE_CHECKS),
    "check_limits": (N_("Something about the limits of the number %(name)s needs you."), _SEE_CHECKS),
    "check_webhooks": (
        N_("No receipts come in for what the number %(name)s sends."),
        _SEE_CHECKS,
    ),
    "check_mended": (N_("The number %(name)s: what was wrong is mended."), ""),
    "form_filled": (
        N_("A new entry from %(name)s: %(told)s."),
        N_("The assistant has collected it; nobody has confirmed it yet."),
    ),
    "form_changed": (
        N_("%(name)s changed what they gave: %(told)s."),
        N_("What it said before is kept beside it."),
    ),
    "mentioned": (N_("%(name)s mentioned you in a note."), N_("Open the conversation to read it.")),
}


# Of these the time is the one at which it begins.
LIES_AHEAD: Final = frozenset({"template_category_will_change", "account_will_be_disabled"})
_OF_TOMORROW: Final = (
    N_("Something changed in your WhatsApp account."),
    N_("Open the settings of your business at Meta."),
)


# Meta's words for a category, for why it rejects something, and for a rule that is broken.
_CATEGORIES: Final = {
    "AUTHENTICATION": N_("Authentication"),
    "MARKETING": N_("Marketing"),
    "UTILITY": N_("Utility"),
}
_REASONS: Final = {
    "ABUSIVE_CONTENT": N_("Its content is abusive."),
    "CATEGORY_NOT_AVAILABLE": N_("Its category is not available to your account."),
    "INCORRECT_CATEGORY": N_("It is of another category."),
    "INVALID_FORMAT": N_("Its format is not right."),
    "PROMOTIONAL": N_("It promotes something."),
    "SCAM": N_("It looks like a fraud."),
    "TAG_CONTENT_MISMATCH": N_("Its language or category does not fit its content."),
}
_RULES: Final = {
    "ADULT": N_("content for adults"),
    "ALCOHOL": N_("alcohol"),
    "ANIMALS": N_("animals"),
    "DRUGS": N_("drugs"),
    "GAMBLING": N_("gambling"),
    "MEDICAL": N_("medical products"),
    "SCAM": N_("fraud"),
    "SPAM": N_("unwanted messages"),
    "TOBACCO": N_("tobacco"),
    "WEAPONS": N_("weapons"),
}
_KNOWN: Final[Mapping[str, Mapping[str, str]]] = {
    "account_violation": _RULES,
    "template_category_changed": _CATEGORIES,
    "template_category_will_change": _CATEGORIES,
}


def told_in_words(code: str, told: str, language: str) -> str:
    """What Meta said. A code of it nobody knows loses its underscores and capitals, a number gets its points."""
    if code == "limit_changed" and told.isdecimal():
        return str(format_decimal(int(told), locale=language))
    known = _KNOWN.get(code, _REASONS).get(told)
    if known is not None:
        return translate(language, known)
    return told.replace("_", " ").capitalize() if re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", told) else told


def notice_words(code: str, details: Mapping[str, str], language: str) -> tuple[str, str]:
    """What happened and what to do (may be empty). A code of a later version is told in general."""
    happened, advice = WORDS.get(code, _OF_TOMORROW)
    name, told = details.get("name") or "?", details.get("told") or "?"
    filled = {
        "name": display_phone(name[1:]) if re.fullmatch(r"\+[0-9]+", name) else name,
        "told": told_in_words(code, told, language),
    }
    return translate(language, happened, **filled), translate(language, advice) if advice else ""
