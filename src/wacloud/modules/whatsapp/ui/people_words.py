"""What pages call the things about people."""

from typing import Final

from babel import Locale

from wacloud.shared.ui.i18n import N_

COLOURS: Final = {
    "green": (N_("Green"), 0),
    "orange": (N_("Orange"), 1),
    "violet": (N_("Violet"), 2),
    "blue": (N_("Blue"), 3),
    "pink": (N_("Pink"), 4),
    "yellow": (N_("Yellow"), 5),
    "cyan": (N_("Cyan"), 6),
    "olive": (N_("Olive"), 7),
}
FIELD_KINDS: Final = {
    "text": N_("Text"),
    "number": N_("Number"),
    "date": N_("Date"),
    "choice": N_("One of some choices"),
    "yes_no": N_("Yes or no"),
}
CHANGES: Final = {
    "opted_out": N_("Wants no messages"),
    "opted_in": N_("Said yes to messages"),
    "marketing_stopped": N_("Stopped promotions"),
    "marketing_resumed": N_("Wants promotions again"),
}
SOURCES: Final = {
    "message": N_("wrote it"),
    "import": N_("from a file"),
    "page": N_("noted here"),
    "meta_preference": N_("in the settings of WhatsApp"),
    "api": N_("noted by a program"),
}
IDENTITIES: Final = {
    "bsuid": N_("WhatsApp id"),
    "parent_bsuid": N_("WhatsApp id shared by companies"),
    "wa_id": N_("WhatsApp number"),
    "phone": N_("Phone, however it is written"),
}
REASONS: Final = {
    "same_username": N_("the same username"),
    "same_phone_end": N_("the same last nine digits of the phone"),
    "same_name": N_("the same name, and the last seven digits of the phone"),
    "hides_phone": N_("the same name, and one of them shows no phone"),
}
RULE_FIELDS: Final = {
    "tag": N_("Tag"),
    "last_inbound": N_("Last wrote"),
    "window_open": N_("Can be answered for free now"),
    "opted_in": N_("Said yes to messages"),
    "opted_out": N_("Wants no messages"),
    "marketing_stopped": N_("Stopped promotions"),
    "created": N_("Contact since"),
    "country": N_("Country"),
    "name": N_("Name"),
    "phone": N_("Phone"),
    "blocked": N_("Blocked"),
}
OPS: Final = {
    "contains": N_("contains"),
    "not_contains": N_("does not contain"),
    "is": N_("is"),
    "is_not": N_("is not"),
    "empty": N_("is empty"),
    "filled": N_("is filled in"),
    "less": N_("is less than"),
    "more": N_("is more than"),
    "before": N_("before"),
    "after": N_("after"),
    "within_days": N_("in the last so many days"),
    "not_within_days": N_("not in the last so many days"),
    "has": N_("is"),
    "has_not": N_("is not"),
    "yes": N_("yes"),
    "no": N_("no"),
}
TARGETS: Final = {
    "phone": N_("Phone"),
    "name": N_("Name"),
    "tags": N_("Tags, with commas between them"),
    "opted_in": N_("Says yes to messages (yes or no)"),
    "opted_out": N_("Wants no messages (yes or no)"),
}
PROBLEMS: Final = {
    "phone_missing": N_("The phone number is missing"),
    "phone_wrong": N_("This is no phone number: %(about)s"),
    "field_wrong": N_("What stands in “%(about)s” does not fit"),
    "name_too_long": N_("The name is too long"),
    "tag_wrong": N_("A tag is too long"),
}
IMPORT_STATES: Final = {
    "uploaded": N_("not begun"),
    "running": N_("running"),
    "done": N_("done"),
    "stopped": N_("stopped"),
}
# Whose numbers without a country code a file may hold; the phone numbers of a business say which comes first.
REGIONS: Final = (
    "ES", "MX", "AR", "CO", "CL", "PE", "BR", "UY", "EC", "VE", "BO", "PY", "CR", "GT", "PA", "DO", "HN", "SV", "NI",
    "US", "PT", "FR", "GB", "DE", "IT",
)  # fmt: skip


def country_names(language: str) -> dict[str, str]:
    """The countries of REGIONS by code."""
    names = Locale(language).territories
    return {code: names.get(code, code) for code in REGIONS}
