"""What the checks of a number say: how it is, and what to do about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wacloud.modules.whatsapp.domain.checkup import Finding
from wacloud.shared.ui.i18n import N_, translate

MANAGER: Final = "https://business.facebook.com/latest/whatsapp_manager/phone_numbers"
BILLING: Final = "https://business.facebook.com/billing_hub/accounts"
SUPPORT: Final = "https://business.facebook.com/business-support-home"

# State: its word, its icon, its look.
STATES: Final[Mapping[str, tuple[str, str, str]]] = {
    "ok": (N_("Works"), "circle-check", "is-ok"),
    "warning": (N_("Look at this"), "alert-triangle", "is-warning"),
    "broken": (N_("Needs you"), "circle-x", "is-broken"),
    "unknown": (N_("Not known"), "question-mark", "is-unknown"),
}
NAMES: Final[Mapping[str, str]] = {
    "token": N_("Access to Meta"),
    "permissions": N_("Permissions"),
    "subscription": N_("Subscription to messages"),
    "callback": N_("Where messages go"),
    "verify_token": N_("Our address"),
    "number_status": N_("State of the number"),
    "registration": N_("Registration and PIN"),
    "display_name": N_("Display name"),
    "sending": N_("Permission to send"),
    "payment": N_("Payment method"),
    "quality": N_("Quality"),
    "limits": N_("Limits"),
    "webhooks": N_("Messages and receipts arrive"),
}

_RECONNECT: Final = N_("Connect the number again. What comes in is kept, what waits goes out in order afterwards.")
_OUR_SIDE: Final = N_("This is on our side: whoever runs this installation has to look at it.")
_LATER: Final = N_("Nothing to do: it is asked again by itself.")
_AT_SUPPORT: Final = N_("Open Business Support at Meta to see why and to appeal.")
_AT_MANAGER: Final = N_("Open the number in WhatsApp Manager.")
_SUBSCRIBE: Final = N_("Press “Subscribe again”.")

# How it is; what to do (may be empty); where (may be empty).
CAUSES: Final[Mapping[str, tuple[str, str, str]]] = {
    "token_lasts": (N_("Meta accepts our access, and it does not end."), "", ""),
    "token_good_until": (N_("Meta accepts our access until %(until)s."), "", ""),
    "token_ends_soon": (N_("Our access ends on %(until)s."), N_("Connect the number again before that."), ""),
    "token_expired": (N_("Our access to this number has ended."), _RECONNECT, ""),
    "token_revoked": (N_("Our access to this number was taken back at Meta."), _RECONNECT, ""),
    "token_password_changed": (
        N_("Our access ended because whoever gave it changed their password or signed out everywhere at Meta."),
        _RECONNECT,
        "",
    ),
    "token_app_removed": (N_("Our app was removed from your account at Meta."), _RECONNECT, ""),
    "token_of_another_app": (
        N_("The access belongs to another app (%(value)s): messages go there, not here."),
        _RECONNECT,
        "",
    ),
    "scopes_granted": (N_("Everything needed is allowed for this account."), "", ""),
    "scopes_missing": (
        N_("These permissions are missing: %(value)s."),
        N_("Connect the number again and leave every permission ticked."),
        "",
    ),
    "account_not_granted": (
        N_("The access is not for this WhatsApp account (%(value)s)."),
        N_("Connect the number again and choose this account."),
        "",
    ),
    "subscribed": (N_("Meta sends us what happens in this account."), "", ""),
    "not_subscribed": (N_("Meta does not send us what happens in this account: nothing comes in."), _SUBSCRIBE, ""),
    "app_id_unset": (N_("These apps are subscribed: %(value)s. We cannot tell whether ours is one."), _OUR_SIDE, ""),
    "callback_ours": (N_("Messages of this number come to our address."), "", ""),
    "override_of_number": (
        N_("Messages of this number go to another address: %(value)s."),
        N_("Whoever set it, often an earlier provider, has to take it back; or connect the number again."),
        "",
    ),
    "override_of_account": (
        N_("Messages of this account go to another address: %(value)s."),
        N_("Press “Subscribe again”: it puts ours in its place."),
        "",
    ),
    "callback_elsewhere": (
        N_("The app's webhooks go to another address: %(value)s. It should be %(wanted)s."),
        _OUR_SIDE,
        "",
    ),
    "callback_untold": (N_("Meta does not tell where messages go."), _LATER, ""),
    "handshake_answered": (N_("Our address answers from outside as Meta expects."), "", ""),
    "endpoint_unreachable": (N_("Our own address cannot be reached from here."), _OUR_SIDE, ""),
    "handshake_refused": (N_("Our own address answers %(value)s and not what Meta expects."), _OUR_SIDE, ""),
    "number_connected": (N_("The number is connected at Meta."), "", ""),
    "number_flagged": (
        N_("Meta has flagged the number: its quality is low. It can still send."),
        N_("Send fewer promotions, and only to people who asked for them."),
        MANAGER,
    ),
    "number_disconnected": (N_("The number is disconnected at Meta."), _RECONNECT, MANAGER),
    "number_pending": (
        N_("The number is not ready at Meta: its registration is pending."),
        N_("Register the number with its PIN."),
        MANAGER,
    ),
    "number_restricted": (N_("Meta has restricted the number: it cannot send for now."), _AT_SUPPORT, SUPPORT),
    "number_rate_limited": (
        N_("Too many people blocked or reported this number: Meta lets it send nothing for now."),
        N_("Pause promotions and wait; it ends by itself, often within a day."),
        MANAGER,
    ),
    "number_banned": (N_("Meta has banned the number."), _AT_SUPPORT, SUPPORT),
    "number_migrated": (
        N_("The number was moved to another account or provider."),
        N_("Connect it again from where it is now, or connect another."),
        MANAGER,
    ),
    "number_gone": (
        N_("Meta does not show us this number: it was deleted, or it is in another account now."),
        N_("Connect the number again, or another."),
        MANAGER,
    ),
    "number_unverified": (
        N_("The number is not verified at Meta."),
        N_("Verify it by SMS or a call, then register it."),
        MANAGER,
    ),
    "registered": (N_("The number is registered, with a PIN."), "", ""),
    "no_pin": (
        N_("The number is registered, but has no two-step PIN: whoever gets its SMS could take it away."),
        N_("Set a PIN in WhatsApp Manager and keep it safe."),
        MANAGER,
    ),
    "not_registered": (
        N_("The number is not registered for the Cloud API (%(value)s): it cannot send."),
        N_("Register the number with its PIN."),
        MANAGER,
    ),
    "certificate_refused": (
        N_("Meta refuses what the number sends: its registration is not valid any more (%(code)s)."),
        N_("Register the number again."),
        MANAGER,
    ),
    "registration_refused": (
        N_("Meta refuses what the number sends: it is not registered (%(code)s)."),
        N_("Register the number with its PIN."),
        MANAGER,
    ),
    "name_refused": (
        N_("Meta refuses what the number sends until its name is approved (%(code)s)."),
        N_("See in WhatsApp Manager what Meta says about the name."),
        MANAGER,
    ),
    "payment_refused": (
        N_("Meta refuses what the number sends because of the payment method (%(code)s)."),
        N_("Add or mend it in Meta's billing hub."),
        BILLING,
    ),
    "name_approved": (N_("Meta has approved the name that customers see."), "", ""),
    "name_pending": (
        N_("Meta is still reviewing the name."),
        N_("Nothing to do but wait, a day or two as a rule."),
        "",
    ),
    "name_declined": (
        N_("Meta declined the name."),
        N_("Choose one that shows what your business is called, as on your web site."),
        MANAGER,
    ),
    "name_expired": (N_("The approval of the name has expired."), N_("Register the number again."), MANAGER),
    "name_none": (N_("The number has no name yet."), N_("Give it one in WhatsApp Manager."), MANAGER),
    "meta_lets_send": (N_("Meta lets this number send."), "", ""),
    "meta_blocks": (N_("Meta limits or stops what this number sends."), _AT_MANAGER, MANAGER),
    "meta_blocks_unsaid": (
        N_("Meta limits or stops what this number sends, and does not say why."),
        _AT_MANAGER,
        MANAGER,
    ),
    "payment_fine": (N_("Meta says nothing against the payment method."), "", ""),
    "payment_problem": (
        N_("The payment method has a problem: replies may stop."),
        N_("Add or mend it in Meta's billing hub."),
        BILLING,
    ),
    "quality_green": (N_("The quality is good."), "", ""),
    "quality_yellow": (
        N_("The quality is middling: some people block or report the number."),
        N_("Send fewer promotions, and only to people who asked for them."),
        MANAGER,
    ),
    "quality_red": (
        N_("The quality is low: many people block or report the number."),
        N_("Stop promotions for some days, then send only to people who asked for them."),
        MANAGER,
    ),
    "quality_none_yet": (N_("Meta has not rated the quality yet: too few messages so far."), "", ""),
    "limit_none": (N_("You may write first to as many people as you like; %(speed)s messages a second."), "", ""),
    "limit_of": (
        N_(
            "You may write first to %(value)s people in 24 hours, and have to %(used)s; %(speed)s messages a second."
            " Answers do not count."
        ),
        "",
        "",
    ),
    "limit_near": (
        N_("In the last 24 hours you have written first to %(used)s of the %(value)s people that Meta allows."),
        N_("What is beyond it waits. Answers do not count."),
        MANAGER,
    ),
    "heard_lately": (N_("Something came in last on %(heard)s."), "", ""),
    "nothing_heard_yet": (
        N_("Nothing has come in for this number yet."),
        N_("Do the test with a phone: it shows at once whether messages come in."),
        "",
    ),
    "no_statuses": (
        N_("Of the last %(value)s messages sent, not one receipt came in."),
        N_("Look at the subscription and at where messages go, then do the test with a phone."),
        "",
    ),
    "value_missing": (N_("Meta does not tell."), "", ""),
    "value_new": (N_("Meta answers with a word that is new to us: %(value)s."), "", ""),
    "needs_token": (N_("It cannot be asked while our access does not work."), "", ""),
    "not_asked_away": (N_("Meta did not answer."), _LATER, ""),
    "not_asked_throttled": (N_("Meta has been asked too much; it is asked again in an hour."), "", ""),
    "not_asked_refused": (N_("Meta does not let us ask this with our access."), _RECONNECT, ""),
    "not_asked_gone": (N_("Meta does not show us this with our access."), _RECONNECT, ""),
    "not_asked_sealed": (N_("We cannot read the access we keep for this number."), _OUR_SIDE, ""),
    "not_asked_unset": (N_("A setting is missing to ask this."), _OUR_SIDE, ""),
}
# What is mended by connecting the number once more.
BY_CONNECTING: Final = frozenset(cause for cause, (_, fix, _) in CAUSES.items() if fix == _RECONNECT)
_OF_TOMORROW: Final = (N_("There is something to see here that this version does not know."), "", "")
_TIMES: Final = ("until", "heard")


@dataclass(frozen=True, slots=True)
class Said:
    """A finding in words. `meta` and `solution` are Meta's own words, in Meta's language."""

    text: str
    fix: str
    link: str
    meta: str
    solution: str


def check_words(finding: Finding, language: str, when: Callable[[datetime], str]) -> Said:
    """In this language; `when` writes a time."""
    text, fix, link = CAUSES.get(finding.cause, _OF_TOMORROW)
    filled = {"value": "?", "wanted": "?", "speed": "?", "until": "?", "heard": "?", "code": "?", "used": "0"}
    for name, value in finding.details.items():
        filled[name] = _time(value, when) if name in _TIMES else value
    return Said(
        translate(language, text, **filled),
        translate(language, fix) if fix else "",
        link,
        finding.details.get("told", "") if finding.code in ("sending", "payment") else "",
        finding.details.get("solution", ""),
    )


def _time(value: str, when: Callable[[datetime], str]) -> str:
    try:
        return when(datetime.fromisoformat(value))
    except ValueError:
        return value
