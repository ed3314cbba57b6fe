"""Message templates: whether a send fits the approved template, and what the person then reads."""

from __future__ import annotations

import re
from typing import Any

from wacloud.twins.graph.errors import GraphRefusal, invalid, missing
from wacloud.twins.graph.limits import MediaCheck, check_location, check_media, list_at, object_at, text_at
from wacloud.twins.graph.world import Template, Waba

Json = dict[str, Any]

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
RENDERED_BODY = 1024


def find_template(waba: Waba, content: Json) -> Template:
    """
    The approved template a send names.

    :raises GraphRefusal: 132001 where it does not exist in that language or is not approved, 132015 paused,
        132016 disabled.
    """
    name = text_at(content, "name", "template", most=512)
    language = text_at(object_at(content, "language", "template"), "code", "template['language']", most=32)
    for template in waba.templates:
        if template.name == name and template.language == language:
            break
    else:
        raise GraphRefusal(132001, f"template name ({name}) does not exist in {language}")
    if template.status == "PAUSED":
        raise GraphRefusal(132015, f"template name ({name}) is paused")
    if template.status == "DISABLED":
        raise GraphRefusal(132016, f"template name ({name}) is disabled")
    if template.status != "APPROVED":
        raise GraphRefusal(132001, f"template name ({name}) in {language} is not approved")
    return template


def render(template: Template, content: Json, media: MediaCheck) -> Json:
    """Check the parameters against the template and fill them in: {header, body, footer, buttons}."""
    sent = list_at(content, "components", "template", least=0, most=20) if content.get("components") else []
    rendered: Json = {"header": None, "body": "", "footer": None, "buttons": []}
    for component in template.components:
        kind = str(component.get("type", "")).upper()
        if kind == "HEADER":
            rendered["header"] = _header(template, component, _sent_parameters(sent, "header"), media)
        elif kind == "BODY":
            rendered["body"] = _fill(template, "body", str(component.get("text", "")), _sent_parameters(sent, "body"))
        elif kind == "FOOTER":
            rendered["footer"] = component.get("text")
        elif kind == "BUTTONS":
            rendered["buttons"] = _buttons(component, sent)
        elif kind == "CAROUSEL":
            rendered["cards"] = _cards(template, component, sent, media)
        elif kind == "LIMITED_TIME_OFFER":
            rendered["offer_ends"] = _end_of_offer(component, sent)
            rendered["offer"] = component.get("limited_time_offer", {}).get("text")
    if len(rendered["body"]) > RENDERED_BODY:
        raise GraphRefusal(132005, f"Translated text too long: {len(rendered['body'])} of {RENDERED_BODY}.")
    known = {"header", "body", "button", "carousel", "limited_time_offer"}
    for part in sent:
        if str(part.get("type", "")).lower() not in known:
            raise invalid(f"The template component type {part.get('type')!r} is not known.")
    return rendered


def _cards(template: Template, component: Json, sent: list[Json], media: MediaCheck) -> list[Json]:
    """As many cards as were approved, each with the values of its own blanks."""
    wanted = component.get("cards", [])
    given = next((part for part in sent if str(part.get("type", "")).lower() == "carousel"), {})
    cards = list_at(given, "cards", "template component carousel", least=1, most=10) if given else []
    is_sold = any(part.get("format", "").upper() == "PRODUCT" for card in wanted for part in card.get("components", []))
    if is_sold and 2 <= len(cards) <= 10:
        # Two product cards were reviewed; up to ten may be sent.
        wanted = wanted[:1] * len(cards)
    if len(cards) != len(wanted):
        raise GraphRefusal(132000, f"carousel: {len(cards)} cards do not match the {len(wanted)} of the template")
    shown: list[Json] = []
    for index, (card, approved) in enumerate(zip(cards, wanted, strict=True)):
        if card.get("card_index") != index:
            raise GraphRefusal(132012, f"carousel: card_index must be {index}")
        inside = list_at(card, "components", f"carousel card {index}", least=0, most=20)
        one: Json = {"header": None, "body": "", "buttons": []}
        for part in approved.get("components", []):
            kind = str(part.get("type", "")).upper()
            if kind == "HEADER":
                one["header"] = _header(template, part, _sent_parameters(inside, "header"), media)
            elif kind == "BODY":
                values = _sent_parameters(inside, "body")
                one["body"] = _fill(template, f"card {index} body", str(part.get("text", "")), values)
            elif kind == "BUTTONS":
                one["buttons"] = _buttons(part, inside)
        shown.append(one)
    return shown


def _end_of_offer(component: Json, sent: list[Json]) -> int | None:
    """An offer that ends says when, in milliseconds."""
    offer = component.get("limited_time_offer", {})
    values = _sent_parameters(sent, "limited_time_offer")
    given = [value.get("limited_time_offer", {}).get("expiration_time_ms") for value in values]
    ends = next((moment for moment in given if isinstance(moment, int)), None)
    if offer.get("has_expiration") and ends is None:
        raise missing("expiration_time_ms of the limited_time_offer")
    if not offer and values:
        raise GraphRefusal(132012, "limited_time_offer: the template has no offer")
    return ends if offer.get("has_expiration") else None


def needs_phone(template: Template) -> bool:
    """Codes for signing in, copied or filled in, are not sent to a person known by BSUID alone."""
    if template.category != "AUTHENTICATION":
        return False
    return any(
        button.get("type") in ("OTP", "COPY_CODE") or "otp_type=" in str(button.get("url"))
        for component in template.components
        for button in component.get("buttons", ())
    )


def _sent_parameters(sent: list[Json], kind: str) -> list[Json]:
    for part in sent:
        if str(part.get("type", "")).lower() == kind:
            if part.get("parameters") is None:
                return []
            return list_at(part, "parameters", f"template component {kind}", least=0, most=100)
    return []


def _fill(template: Template, where: str, text: str, parameters: list[Json]) -> str:
    names = list(dict.fromkeys(_PLACEHOLDER.findall(text)))
    if len(parameters) != len(names):
        raise GraphRefusal(
            132000,
            f"{where}: number of localizable_params ({len(parameters)}) does not match the expected number "
            f"of params ({len(names)})",
        )
    values: dict[str, str] = {}
    for index, parameter in enumerate(parameters):
        name = parameter.get("parameter_name") if template.parameter_format == "NAMED" else str(index + 1)
        if not isinstance(name, str) or name not in names:
            raise GraphRefusal(132012, f"{where}: Parameter name is missing or not one of {', '.join(names)}")
        values[name] = _value(parameter, where)
    if len(values) != len(names):
        raise GraphRefusal(132000, f"{where}: a parameter is given twice")
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def _value(parameter: Json, where: str) -> str:
    kind = parameter.get("type")
    if kind in ("currency", "date_time"):
        return text_at(object_at(parameter, kind, where), "fallback_value", f"{where}['{kind}']", most=1024)
    if kind != "text":
        raise GraphRefusal(132012, f"{where}: Format mismatch, expected a text, received {kind!r}")
    text = text_at(parameter, "text", where, most=32768)
    if "\n" in text or "\t" in text or "     " in text:
        raise GraphRefusal(132018, f"{where}: no new line, tab or more than four spaces in a row in a parameter")
    return text


def _header(template: Template, component: Json, parameters: list[Json], media: MediaCheck) -> Json:
    header_format = str(component.get("format", "TEXT")).upper()
    if header_format == "TEXT":
        return {"type": "text", "text": _fill(template, "header", str(component.get("text", "")), parameters)}
    kind = header_format.lower()
    if len(parameters) != 1:
        raise GraphRefusal(132012, f"header: Format mismatch, expected {header_format}, received nothing")
    parameter = parameters[0]
    if parameter.get("type") != kind:
        raise GraphRefusal(132012, f"header: Format mismatch, expected {header_format}")
    content = object_at(parameter, kind, "header")
    if kind == "location":
        check_location(content, "header['location']")
    elif kind == "product":
        for key in ("catalog_id", "product_retailer_id"):
            text_at(content, key, "header['product']", most=100)
    else:
        check_media(kind, content, media)
    return {"type": kind, kind: content}


def _given_to_buttons(sent: list[Json]) -> dict[str, Json]:
    given: dict[str, Json] = {}
    for part in sent:
        if str(part.get("type", "")).lower() == "button":
            if part.get("sub_type") is None or part.get("index") is None:
                raise missing("sub_type and index of a template button")
            given[str(part["index"])] = part
    return given


def _buttons(component: Json, sent: list[Json]) -> list[Json]:
    given = _given_to_buttons(sent)
    shown: list[Json] = []
    for index, button in enumerate(component.get("buttons", ())):
        kind = str(button.get("type", "")).upper()
        part = given.pop(str(index), {})
        parameters = _sent_parameters([part], "button") if part else []
        first = parameters[0] if parameters else {}
        entry: Json = {"index": index, "type": kind, "text": button.get("text", "")}
        if kind == "QUICK_REPLY":
            entry["payload"] = first.get("payload", button.get("text", ""))
        elif kind == "URL":
            url = str(button.get("url", ""))
            if _PLACEHOLDER.search(url):
                if not isinstance(first.get("text"), str):
                    raise missing(f"text of the url button at index {index}")
                url = _PLACEHOLDER.sub(lambda _, suffix=first["text"]: suffix, url)  # type: ignore[misc]
            entry["url"] = url
        elif kind == "COPY_CODE":
            if not isinstance(first.get("coupon_code"), str):
                raise missing(f"coupon_code of the button at index {index}")
            if len(first["coupon_code"]) > 20:
                raise GraphRefusal(132012, f"button {index}: a coupon code has at most 20 characters")
            entry["code"] = first["coupon_code"]
        else:
            _fill_own_button(button, part, entry)
        shown.append(entry)
    if given:
        raise GraphRefusal(132000, f"buttons: the template has no button at index {min(given)}")
    return shown


def _fill_own_button(button: Json, part: Json, entry: Json) -> None:
    """Buttons with values of their own, and those that take none."""
    kind, index = entry["type"], entry["index"]
    parameters = _sent_parameters([part], "button") if part else []
    first = parameters[0] if parameters else {}
    if kind == "OTP":
        if not isinstance(first.get("text"), str) or not 1 <= len(first["text"]) <= 15:
            raise missing(f"text of the code button at index {index}, of 15 characters at most")
        entry["code"] = first["text"]
        entry["otp_type"] = button.get("otp_type", "COPY_CODE")
        if entry["otp_type"] != "COPY_CODE":
            entry["text"] = button.get("autofill_text", "")
    elif kind in ("CATALOG", "MPM"):
        _check_products(kind, first, index, entry)
    elif kind == "VOICE_CALL":
        _check_call(parameters, index)
    elif part and kind in ("SPM", "REQUEST_CONTACT_INFO", "PHONE_NUMBER"):
        raise GraphRefusal(132012, f"button {index}: a button of type {kind} takes no parameters")


def _check_products(kind: str, parameter: Json, index: int, entry: Json) -> None:
    """The catalogue may name its thumbnail; several products name theirs and stand in sections."""
    if kind == "CATALOG" and not parameter:
        return
    at = f"action of the button at index {index}"
    action = object_at(parameter, "action", at)
    entry["thumbnail"] = text_at(action, "thumbnail_product_retailer_id", at, most=100)
    if kind == "CATALOG":
        return
    sections = list_at(action, "sections", at, least=1, most=10)
    products: list[str] = []
    entry["sections"] = []
    for section in sections:
        text_at(section, "title", f"{at}['sections']", most=24, needed=len(sections) > 1)
        items = list_at(section, "product_items", f"{at}['sections']", least=1, most=30)
        mine = [text_at(item, "product_retailer_id", f"{at}['product_items']", most=100) for item in items]
        entry["sections"].append({"title": section.get("title", ""), "products": mine})
        products += mine
    if len(products) > 30:
        raise GraphRefusal(132012, f"button {index}: {len(products)} products, 30 are the most")
    entry["products"] = products


def _check_call(parameters: list[Json], index: int) -> None:
    for parameter in parameters:
        minutes = parameter.get("ttl_minutes")
        if parameter.get("type") == "ttl_minutes" and (not isinstance(minutes, int) or not 1 <= minutes <= 43_200):
            raise GraphRefusal(132012, f"button {index}: ttl_minutes is between 1 and 43200")
