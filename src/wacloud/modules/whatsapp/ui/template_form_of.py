"""The form of a message template there is, for whoever changes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from wacloud.modules.whatsapp.domain.message_template import Component, KeptTemplate, part
from wacloud.modules.whatsapp.domain.template_codes import CATEGORY as CODES
from wacloud.modules.whatsapp.domain.template_codes import apps_of, buttons_of, is_code, way_of
from wacloud.modules.whatsapp.domain.template_files import cards_of, media_id_of, parts_of
from wacloud.modules.whatsapp.domain.template_offer import KIND as OFFER
from wacloud.modules.whatsapp.domain.template_offer import counts_down, offer_of
from wacloud.modules.whatsapp.ui.template_form import (
    BUTTONS,
    CARD_FILES,
    DAY,
    HEADERS,
    PRODUCTS,
    REPLIES,
    Filled,
    FilledCard,
)
from wacloud.modules.whatsapp.ui.template_preview import values_of


def form_of(kept: KeptTemplate) -> Filled | None:
    """The form of a template there is; None where it has parts the form has no place for."""
    components = kept.components or ()
    if kept.category == CODES:
        return _code_form_of(kept, components)
    header, body, footer = (part(components, kind) for kind in ("HEADER", "BODY", "FOOTER"))
    above = str(header.get("format") or "TEXT").lower()
    kinds = {str(one.get("type")) for one in components}
    told = _buttons_of(components, BUTTONS)
    carousel = cards_of(part(components, "CAROUSEL"))
    cards = [_card_of(card) for card in carousel]
    fits = kinds <= {"HEADER", OFFER, "BODY", "FOOTER", "BUTTONS"} or kinds == {"BODY", "CAROUSEL"}
    if not body or told is None or not fits or None in cards or above not in HEADERS:
        return None
    days = _days_of(told["VOICE_CALL"])
    if days is None or (above == "product") != bool(told["SPM"]) or (told["CATALOG"] and told["MPM"]):
        return None
    offer = part(components, OFFER)
    of_cards = {str(part(parts_of(card), "HEADER").get("format")).lower() for card in carousel} or {"image"}
    if len(of_cards) > 1 or not of_cards <= set(CARD_FILES):
        return None
    replies = [str(one.get("text") or "") for one in told["QUICK_REPLY"]]
    return Filled(
        name=kept.name,
        language=kept.language,
        category=kept.category or "UTILITY",
        waba_id=kept.waba_id,
        header_kind=above,
        header=str(header.get("text") or ""),
        header_example="\n".join(values_of(header, "header_text")),
        header_file=str(media_id_of(header) or ""),
        body=str(body.get("text") or ""),
        body_examples="\n".join(values_of(body, "body_text")),
        footer=str(footer.get("text") or ""),
        replies=(*replies, *[""] * (REPLIES - len(replies))),
        call_text=_first(told["PHONE_NUMBER"], "text"),
        call_phone=_first(told["PHONE_NUMBER"], "phone_number"),
        coupon=_first(told["COPY_CODE"], "example"),
        flow_text=_first(told["FLOW"], "text"),
        flow_id=_first(told["FLOW"], "flow_id"),
        products=next((kind for kind in PRODUCTS if told[kind]), ""),
        wa_call=_first(told["VOICE_CALL"], "text"),
        wa_call_days=days,
        asks_contact="yes" if told["REQUEST_CONTACT_INFO"] else "",
        offer_text=str(offer_of(offer).get("text") or ""),
        offer_ends="yes" if counts_down(offer) or not offer else "no",
        card_file=of_cards.pop(),
        cards=tuple(card for card in cards if card is not None),
        **_link_of(told["URL"]),
        **_link_of(told["URL"], 1, "link2"),
    )


def _code_form_of(kept: KeptTemplate, components: Sequence[Component]) -> Filled | None:
    if not is_code(components):
        return None
    body, footer = part(components, "BODY"), part(components, "FOOTER")
    [button] = buttons_of(part(components, "BUTTONS"))
    return Filled(
        name=kept.name,
        language=kept.language,
        category=CODES,
        waba_id=kept.waba_id,
        code_way=way_of(button) or "",
        code_label=str(button.get("text") or ""),
        code_autofill=str(button.get("autofill_text") or ""),
        code_apps="\n".join(f"{package} {signature}" for package, signature in apps_of(button)),
        code_terms="yes" if button.get("zero_tap_terms_accepted") else "no",
        code_minutes=str(footer.get("code_expiration_minutes") or ""),
        code_warns="yes" if body.get("add_security_recommendation") else "no",
    )


def _card_of(card: Mapping[str, Any]) -> FilledCard | None:
    parts = parts_of(card)
    told = _buttons_of(parts, {"QUICK_REPLY": 1, "URL": 1, "SPM": 1})
    if told is None:
        return None
    body = part(parts, "BODY")
    return FilledCard(
        file=str(media_id_of(part(parts, "HEADER")) or ""),
        body=str(body.get("text") or ""),
        body_examples="\n".join(values_of(body, "body_text")),
        reply=_first(told["QUICK_REPLY"], "text"),
        **_link_of(told["URL"]),
    )


def _buttons_of(components: Sequence[Component], most: Mapping[str, int]) -> dict[str, list[Component]] | None:
    """The buttons by their types; None where there are others, or more of them."""
    buttons = buttons_of(part(components, "BUTTONS"))
    told = {kind: [one for one in buttons if one.get("type") == kind] for kind in most}
    if any(len(told[kind]) > number for kind, number in most.items()) or sum(map(len, told.values())) < len(buttons):
        return None
    return told


def _first(listed: Sequence[Mapping[str, Any]], key: str, place: int = 0) -> str:
    """What a button says; of several examples the first, empty where there is no such button."""
    value = listed[place].get(key) if len(listed) > place else None
    value = value[0] if isinstance(value, list) and value else value
    return str(value or "")


def _days_of(calls: Sequence[Mapping[str, Any]]) -> str | None:
    """How many days a button calls, empty where that is WhatsApp's to say; None for a time that is no days."""
    minutes = calls[0].get("ttl_minutes") if calls else None
    if minutes is None:
        return ""
    return str(minutes // DAY) if isinstance(minutes, int) and minutes % DAY == 0 else None


def _link_of(links: Sequence[Mapping[str, Any]], place: int = 0, name: str = "link") -> dict[str, Any]:
    said = {"text": "text", "url": "url", "example": "example"}
    return {f"{name}_{field}": _first(links, key, place) for field, key in said.items()}
