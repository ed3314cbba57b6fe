"""Connecting numbers in plain words: steps, what stopped them and how to mend it, states, sectors."""

from collections.abc import Mapping
from typing import Final

from wacloud.shared.ui.i18n import N_

# Each step: its name, and what it is about.
STEPS: Final[Mapping[str, tuple[str, str]]] = {
    "access": (N_("Access"), N_("Let this place work with your WhatsApp account at Meta.")),
    "account": (N_("Account"), N_("Choose the WhatsApp account your number is in.")),
    "number": (N_("Number"), N_("Choose the number your customers write to, or add a new one.")),
    "code": (N_("Ask for a code"), N_("Meta sends a code to the phone, to see that the number is yours.")),
    "verify": (N_("Enter the code"), N_("Type the code that came by SMS or by a call.")),
    "register": (N_("Activate"), N_("The number is activated for programs like this one, with a PIN of six digits.")),
    "subscribe": (N_("Receive messages"), N_("From here on, what your customers write comes here.")),
    "sync": (N_("Earlier chats"), N_("Your phone's app shares its contacts and earlier chats, if you let it.")),
    "test": (N_("Try it"), N_("Write to your number from another phone and see the message arrive.")),
    "done": (N_("Connected"), N_("Your customers can write to you.")),
}
SHOWN_STEPS: Final = ("access", "number", "code", "register", "test")
SHOWN_NAMES: Final[Mapping[str, str]] = {"code": N_("Verify")}
# To which of those shown each belongs.
SHOWN_AS: Final[Mapping[str, str]] = {
    "account": "number",
    "verify": "code",
    "subscribe": "register",
    "sync": "register",
}
WAYS: Final[Mapping[str, str]] = {
    "embedded": N_("With Facebook"),
    "token": N_("With a token"),
    "simulator": N_("Simulated"),
}
CONNECTION_STATES: Final[Mapping[str, str]] = {
    "open": N_("under way"),
    "done": N_("connected"),
    "abandoned": N_("left"),
}
# What stopped a step, and what mends it.
WHY: Final[Mapping[str, str]] = {
    "account_not_granted": N_(
        "The access does not include this WhatsApp account. Choose another account, or start again and "
        "tick this one in Meta's dialog."
    ),
    "account_restricted": N_("Meta has restricted this account. Open Business Support Home at Meta to see why."),
    "account_locked": N_("Meta has locked this account. Appeal in Business Support Home, then try again."),
    "account_without_number": N_("This WhatsApp account has no number yet. Add one below."),
    "cancelled": N_("Meta's window was closed before the end. Nothing was changed; start it again when you like."),
    "certificate": N_(
        "Meta could not activate the number because of its certificate. Check in WhatsApp Manager that "
        "its name is approved, then try again."
    ),
    "code_over": N_("This code is over: it is good for some minutes only. Ask for a new one and write it at once."),
    "code_too_often": N_("Too many codes were asked for. Wait an hour, or ask for a call instead of an SMS."),
    "code_wrong": N_(
        "That is not the code Meta sent. Look at the newest message and try again, or ask for another code."
    ),
    "deleted_recently": N_("This number was removed a moment ago. Wait five minutes, then try again."),
    "half_lost": N_("Meta's window ended, but its answer did not arrive whole. Start it again: nothing was changed."),
    "meta_away": N_("Meta did not answer. Nothing is lost: try again in a moment."),
    "meta_refused": N_("Meta did not accept this. Its own words are below."),
    "name_not_approved": N_(
        "The name of this number is not approved yet. Meta decides within days; until then the number cannot send."
    ),
    "no_account": N_("Say which WhatsApp account it is: its number is in WhatsApp Manager, under Settings."),
    "not_deregistered": N_(
        "The number was not released completely where it was before. Delete it in WhatsApp Manager "
        "there, then try again."
    ),
    "not_registered": N_("The number is not active at Meta yet. Activate it now."),
    "not_verified": N_("Meta wants to see first that the number is yours. Ask for a code."),
    "not_visible": N_(
        "Meta does not show this account or number to this access. Check the number of the account, and "
        "that the system user has it among its assets."
    ),
    "number_gone": N_("This number is not in that WhatsApp account. Choose one of those that are."),
    "number_in_use": N_(
        "This number is used with WhatsApp somewhere else. Delete that account on the phone or in the "
        "other service first, then try again."
    ),
    "number_taken": N_("This number or its WhatsApp account cannot be connected here."),
    "permission_missing": N_(
        "The access is incomplete. Start again and accept both permissions: whatsapp_business_management"
        " and whatsapp_business_messaging."
    ),
    "pin_wait": N_(
        "Too many wrong PINs. Wait an hour, or reset the PIN in WhatsApp Manager, under Two-step verification."
    ),
    "pin_wrong": N_(
        "That is not the PIN of this number. Try again, or reset it in WhatsApp Manager, under Two-step verification."
    ),
    "registered_too_often": N_("The number was activated too often. Meta lets you try again in 72 hours."),
    "scopes_missing": N_(
        "The access is incomplete. Start again and accept both permissions: whatsapp_business_management"
        " and whatsapp_business_messaging."
    ),
    "signup_code_over": N_("Meta's window was finished too long ago: its code lasts 30 seconds. Start it again."),
    "sync_declined": N_("The owner of the phone does not share the earlier chats. Everything else works."),
    "sync_too_late": N_(
        "The earlier chats can only be asked for in the first 24 hours. Everything else works. For the "
        "chats, disconnect the number in the app and connect it again."
    ),
    "synced_before": N_("The earlier chats were asked for before."),
    "token_expired": N_("This token has run out. Make another one that never expires."),
    "token_of_another_app": N_("This token belongs to another app. Make it for the app of this installation."),
    "token_refused": N_("Meta does not accept this access any more. Start again with a new one."),
    "too_many_calls": N_("Too many requests to Meta in this hour. Try again a little later."),
    "too_many_numbers": N_(
        "Your account at Meta has as many numbers as it may have. Verify your business there to get more."
    ),
    "verified_before": N_("This number was verified before."),
}
INTERRUPTED: Final = N_("The last try was interrupted half-way. Try again: what was done already is not done twice.")
NUMBER_STATES: Final[Mapping[str, str]] = {
    "connected": N_("connected"),
    "held": N_("held"),
    "disconnected": N_("disconnected"),
}
# Why a number is held or disconnected; Meta's refusals are `meta:CODE`.
BECAUSE: Final[Mapping[str, str]] = {
    "access_removed": N_("our access was removed at Meta; connect it again"),
    "account_deleted": N_("the account was deleted at Meta"),
    "account_disabled": N_("Meta has disabled the account"),
    "account_offboarded": N_("the phone's app is being set up again; wait, or connect it again"),
    "account_restricted": N_("Meta has restricted the account"),
    "account_review": N_("Meta is reviewing the account"),
    "business_closing": N_("the business is about to be deleted"),
    "disconnected_here": N_("somebody disconnected it here"),
}
BECAUSE_META: Final = N_("Meta no longer accepts our access; connect it again and what waits goes out, in order")
NAME_STATES: Final[Mapping[str, str]] = {
    "APPROVED": N_("name approved"),
    "AVAILABLE_WITHOUT_REVIEW": N_("name in use, review pending"),
    "PENDING_REVIEW": N_("name being reviewed"),
    "DECLINED": N_("name declined"),
    "EXPIRED": N_("name approval expired"),
    "NONE": N_("no name yet"),
}
QUALITIES: Final[Mapping[str, str]] = {
    "GREEN": N_("quality high"),
    "YELLOW": N_("quality medium"),
    "RED": N_("quality low"),
    "UNKNOWN": N_("quality not rated yet"),
    "NA": N_("quality not rated yet"),
}
LIMITS: Final[Mapping[str, int]] = {
    "TIER_50": 50,
    "TIER_250": 250,
    "TIER_1K": 1_000,
    "TIER_2K": 2_000,
    "TIER_10K": 10_000,
    "TIER_100K": 100_000,
}
NO_LIMIT: Final = "TIER_UNLIMITED"
VERTICALS: Final[Mapping[str, str]] = {
    "AUTO": N_("Cars"),
    "BEAUTY": N_("Beauty, spa and salon"),
    "APPAREL": N_("Clothing"),
    "EDU": N_("Education"),
    "ENTERTAIN": N_("Entertainment"),
    "EVENT_PLAN": N_("Events"),
    "FINANCE": N_("Finance"),
    "GROCERY": N_("Groceries"),
    "GOVT": N_("Public service"),
    "HOTEL": N_("Hotel and lodging"),
    "HEALTH": N_("Health"),
    "NONPROFIT": N_("Non-profit"),
    "PROF_SERVICES": N_("Professional services"),
    "RETAIL": N_("Shop"),
    "TRAVEL": N_("Travel and transport"),
    "RESTAURANT": N_("Restaurant or café"),
    "NOT_A_BIZ": N_("Not a business"),
    "OTHER": N_("Other"),
}


def why(code: str) -> str:
    """The sentence for what stopped a step, in English."""
    return WHY.get(code, WHY["meta_refused"])


def because(code: str | None) -> str | None:
    """Why a number sends nothing."""
    if code is None:
        return None
    return BECAUSE.get(code, BECAUSE_META if code.startswith("meta:") or code == "token_unreadable" else code)


def limit_of(tier: str | None, language: str) -> str | None:
    """How many people, as a person writes it; None where Meta does not say, or says it is unlimited."""
    number = LIMITS.get(tier or "")
    if number is None:
        return None
    return f"{number:,}".replace(",", "." if language == "es" else ",")
