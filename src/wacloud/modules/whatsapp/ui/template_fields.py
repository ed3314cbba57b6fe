"""What the form of a message template calls its fields, and which of them a finding is about."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wacloud.modules.whatsapp.domain.template_text import Finding
from wacloud.modules.whatsapp.ui.template_form import DAY, Filled
from wacloud.modules.whatsapp.ui.template_words import in_words
from wacloud.shared.ui.i18n import N_, translate

LABELS: Final[Mapping[str, str]] = {
    "waba_id": N_("WhatsApp account"),
    "name": N_("Name"),
    "language": N_("Language"),
    "category": N_("Category"),
    "code_way": N_("How the code gets where it is needed"),
    "code_minutes": N_("Minutes it is good for"),
    "code_label": N_("Text of the button that copies it"),
    "code_autofill": N_("Text of the button that fills it in"),
    "code_apps": N_("Your apps for Android, one a line"),
    "code_terms": N_("I accept WhatsApp’s terms for this, and my customers expect the code to be filled in"),
    "code_warns": N_("Tell people to keep it to themselves"),
    "cards": N_("Cards to swipe through"),
    "header_kind": N_("Above the text"),
    "header": N_("Header"),
    "header_example": N_("Example for the header"),
    "header_file": N_("Example file, for whoever reviews it"),
    "body": N_("Text"),
    "body_examples": N_("Examples for the text, one a line"),
    "footer": N_("Footer"),
    "link_text": N_("Text of the link button"),
    "link_url": N_("Address of the link"),
    "link_example": N_("Example of the whole address"),
    "call_text": N_("Text of the call button"),
    "call_phone": N_("Phone it calls"),
    "link2_text": N_("Second link: text"),
    "link2_url": N_("Second link: address"),
    "link2_example": N_("Second link: example"),
    "coupon": N_("Coupon code, an example"),
    "flow_text": N_("Form button: text"),
    "flow_id": N_("Form (Flow): its number"),
    "products": N_("Button to your catalogue"),
    "asks_contact": N_("Ask for their phone number"),
    "wa_call": N_("Text of the button that calls you on WhatsApp"),
    "wa_call_days": N_("Days it can be tapped"),
    "offer_text": N_("What the offer is"),
    "offer_ends": N_("Show how long it lasts"),
    "card_file": N_("On each card"),
}
# Of one card; the others are called as those beside the text.
_OF_CARD: Final[Mapping[str, str]] = {
    "file": LABELS["header_file"],
    "body": N_("Text of the card"),
    "reply": N_("Quick reply"),
}
# What is about the parts of a template, and the field in which it is put right.
_PARTS: Final[Mapping[str, str]] = {
    "header": "header_kind",
    "header.format": "header_kind",
    "header.text": "header",
    "body": "body",
    "body.text": "body",
    "body.example": "body_examples",
    "footer": "footer",
    "footer.text": "footer",
    "footer.code_expiration_minutes": "code_minutes",
    "limited_time_offer.text": "offer_text",
    "carousel.cards": "cards",
}
_BUTTONS_BY_RULE: Final[Mapping[str, str]] = {
    "offer_needs_code": "coupon",
    "code_first": "coupon",
    "offer_needs_link": "link_url",
    "short_link": "link_url",
    "one_way_to_products": "products",
    "offer_beside_products": "products",
    "code_button": "code_way",
}
_CODE: Final[Mapping[str, str]] = {
    "text": "code_label",
    "autofill_text": "code_autofill",
    "supported_apps": "code_apps",
    "zero_tap_terms_accepted": "code_terms",
}
_CARD: Final = re.compile(r"card_([0-9]+)_(.+)")
_DAYS: Final = N_("From 1 to %(most)s days, in digits.")
_LINE: Final = N_("line %(number)s")


@dataclass(frozen=True, slots=True)
class Told:
    """One finding as the form tells it: `name` is the field it is about, `label` what stands beside that."""

    name: str
    label: str
    severity: str
    words: str


def label_of(name: str, language: str) -> str:
    """What the form calls a field; those of a card without its number, which stands above them."""
    if name.startswith("reply_"):
        return translate(language, N_("Quick reply %(number)s"), number=int(name.removeprefix("reply_")) + 1)
    if card := _CARD.fullmatch(name):
        return translate(language, _OF_CARD.get(card[2]) or LABELS[card[2]])
    return translate(language, LABELS[name])


def told_in_form(findings: Sequence[Finding], filled: Filled, language: str) -> list[Told]:
    """Each with its field, its label and its sentence."""
    told = []
    for finding in findings:
        name = _name_of(finding, filled)
        words = in_words(finding, language)
        if name == "wa_call_days" and finding.rule in ("not_enough", "out_of_range"):
            words = translate(language, _DAYS, most=43_200 // DAY)
        if name not in filled.troubles:
            told.append(Told(name, _called(finding, name, filled, language), finding.severity, words))
    troubles = [
        Told(name, _called(Finding("", "error", name), name, filled, language), "error", translate(language, words))
        for name, words in filled.troubles.items()
    ]
    return [*troubles, *told]


def wrong_at(told: Sequence[Told], filled: Filled, language: str) -> Mapping[str, list[str]]:
    """What has to be changed, by the names of the fields."""
    wrong: dict[str, list[str]] = {}
    for one in told:
        if one.severity == "error":
            line = one.label.removeprefix(label_of(one.name, language)).removeprefix(" · ")
            has_line = one.name == "code_apps" and line
            wrong.setdefault(one.name, []).append(f"{line.capitalize()}: {one.words}" if has_line else one.words)
    return wrong


def _name_of(finding: Finding, filled: Filled) -> str:
    first, _, rest = finding.field.partition(".")
    if finding.field in LABELS:
        return finding.field
    if finding.rule == "offer_beside_products":
        return "products" if filled.products else "header_kind"
    if finding.field == "header.example":
        return "header_example" if filled.header_kind == "text" else "header_file"
    if finding.field in _PARTS:
        return _PARTS[finding.field]
    if first == "buttons":
        place, _, key = rest.partition(".")
        if filled.is_code:
            return _CODE.get(key.partition(".")[0], "code_way")
        if place.isdigit():
            fields = filled.buttons()[int(place)][1]
            return fields.get(key) or next(iter(fields.values()))
        return _BUTTONS_BY_RULE.get(finding.rule, "reply_0")
    if finding.field.startswith("carousel.cards."):
        return _name_on_card(rest.removeprefix("cards."), filled)
    return "category"


def _name_on_card(rest: str, filled: Filled) -> str:
    """Of `0.header.example`, the field of the first card."""
    number, _, rest = rest.partition(".")
    at, card = f"card_{number}_", filled.cards[int(number)]
    if filled.card_file == "product":
        of_link = re.fullmatch(r"buttons\.0\.(text|url|example)", rest)
        return f"{at}link_{of_link[1] if of_link else 'text'}"
    if rest.startswith("header"):
        return f"{at}file"
    if rest == "body.example":
        return f"{at}body_examples" if "{{" in card.body or card.body_examples else f"{at}body"
    if rest.startswith("buttons."):
        _, place, key = [*rest.split("."), ""][:3]
        return f"{at}reply" if place == "0" and card.reply else f"{at}link_{key or 'text'}"
    return f"{at}reply" if rest == "buttons" else f"{at}body"


def _called(finding: Finding, name: str, filled: Filled, language: str) -> str:
    if finding.field == "buttons" and name == "reply_0":
        return translate(language, N_("Buttons"))
    label = label_of(name, language)
    if card := _CARD.fullmatch(name):
        return f"{translate(language, N_('Card %(number)s'), number=int(card[1]) + 1)} · {label}"
    if line := re.match(r"buttons\.0\.supported_apps\.([0-9]+)", finding.field):
        written = [number for number, text in enumerate(filled.code_apps.splitlines(), 1) if text.strip()]
        return f"{label} · {translate(language, _LINE, number=written[int(line[1])])}"
    return label
