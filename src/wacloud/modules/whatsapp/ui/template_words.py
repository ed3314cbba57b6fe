"""What pages and programs call what there is to say about message templates."""

from collections.abc import Mapping
from typing import Final

from wacloud.modules.whatsapp.domain.template_text import Finding
from wacloud.shared.domain.errors import Fault
from wacloud.shared.ui.i18n import N_, translate
from wacloud.shared.ui.problems import RULES, rule_in_words

# Meta's states: words, and how they look.
STATUSES: Final[Mapping[str, tuple[str, str]]] = {
    "APPROVED": (N_("Approved"), "chip-yes"),
    "PENDING": (N_("Being reviewed"), "chip-waiting"),
    "IN_APPEAL": (N_("Being reviewed again"), "chip-waiting"),
    "REJECTED": (N_("Rejected"), "chip-no"),
    "PAUSED": (N_("Paused"), "chip-no"),
    "DISABLED": (N_("Disabled"), "chip-no"),
    "LIMIT_EXCEEDED": (N_("Over the limit"), "chip-no"),
    "ARCHIVED": (N_("Archived"), ""),
    "PENDING_DELETION": (N_("Being deleted"), ""),
    "DELETED": (N_("Deleted"), ""),
}
CATEGORIES: Final[Mapping[str, str]] = {
    "UTILITY": N_("Utility"),
    "MARKETING": N_("Marketing"),
    "AUTHENTICATION": N_("Authentication"),
}
QUALITIES: Final[Mapping[str, tuple[str, str]]] = {
    "GREEN": (N_("Well liked"), "chip-yes"),
    "YELLOW": (N_("So so"), "chip-waiting"),
    "RED": (N_("Badly liked"), "chip-no"),
    "UNKNOWN": (N_("Not known yet"), ""),
}
REASONS: Final[Mapping[str, str]] = {
    "ABUSIVE_CONTENT": N_("Its content is abusive."),
    "INCORRECT_CATEGORY": N_("It is of another category."),
    "INVALID_FORMAT": N_("Its format is not right."),
    "PROMOTIONAL": N_("It promotes something."),
    "SCAM": N_("It looks like a fraud."),
    "TAG_CONTENT_MISMATCH": N_("Its language or category does not fit its content."),
    "CATEGORY_NOT_AVAILABLE": N_("Its category is not available to your account."),
}
TROUBLES: Final[Mapping[str, str]] = {
    "meta_refused": N_("WhatsApp no longer accepts our access. Reconnect the number in the settings."),
    "meta_away": N_("Meta had a problem. Try again in a few minutes."),
}
STEPS: Final[Mapping[str, str]] = {
    "status": N_("State"),
    "category": N_("Category"),
    "quality": N_("Quality"),
    "components": N_("Text"),
    "deleted": N_("Deleted"),
}
LANGUAGES: Final = (
    ("es", "Español"),
    ("es_ES", "Español (España)"),
    ("es_MX", "Español (México)"),
    ("es_AR", "Español (Argentina)"),
    ("ca", "Català"),
    ("en", "English"),
    ("en_US", "English (US)"),
    ("en_GB", "English (UK)"),
    ("pt_BR", "Português (Brasil)"),
    ("fr", "Français"),
)
SEVERITIES: Final[Mapping[str, str]] = {
    "error": N_("Has to be changed"),
    "warning": N_("May be refused"),
    "hint": N_("Better so"),
}
# What stands above the text, or on a card.
HEADER_KINDS: Final[Mapping[str, str]] = {
    "text": N_("A line of text, or nothing"),
    "image": N_("A picture"),
    "video": N_("A video"),
    "document": N_("A document (PDF)"),
    "location": N_("A place on the map"),
    "product": N_("A product of your catalogue"),
}
# What a button shows of the catalogue.
PRODUCT_BUTTONS: Final[Mapping[str, str]] = {
    "CATALOG": N_("The whole catalogue"),
    "MPM": N_("Several products, chosen when it is sent"),
}
# How a code for signing in gets from WhatsApp to where it is needed.
CODE_WAYS: Final[Mapping[str, str]] = {
    "COPY_CODE": N_("The person copies it"),
    "ONE_TAP": N_("One tap fills it in (Android)"),
    "ZERO_TAP": N_("It is filled in without a tap (Android)"),
}
FILE_LIMITS: Final[Mapping[str, str]] = {
    "image": N_("JPEG or PNG, 5 MB at most."),
    "video": N_("MP4, 16 MB at most."),
    "document": N_("PDF, 100 MB at most."),
}
# Rules that refuse nothing; those that do are told like every other field that is wrong.
_ADVICE: Final[Mapping[str, str]] = {
    "variable_near_edge": N_("Only a sign stands beside this variable: Meta often wants words there."),
    "too_many_variables": N_("Few words for so many variables: Meta may not see what it is for. Write more."),
    "likely_marketing": N_("This sounds like a promotion: Meta may file it as marketing, which costs more."),
    "way_out_missing": N_("Offer a way out, such as a quick reply “No more offers”: who has none blocks you."),
    "asks_for_secrets": N_("Nobody may ask for cards, passwords or documents in a message: Meta rejects it."),
    "short_link": N_("A short link hides where it leads, and links into WhatsApp are refused: use your own address."),
    "shouting": N_("So many capitals look like shouting."),
}


def in_words(finding: Finding, language: str) -> str:
    """One sentence about one finding."""
    if finding.rule in _ADVICE:
        return translate(language, _ADVICE[finding.rule])
    assert finding.rule in RULES
    return rule_in_words(Fault(finding.field, finding.rule, finding.limit), language)
