"""The limits of interactive messages: buttons, lists, links, forms, products and carousels."""

from __future__ import annotations

from typing import Any

from wacloud.twins.graph.errors import invalid, missing
from wacloud.twins.graph.limits import MediaCheck, bounded, check_media, list_at, object_at

Json = dict[str, Any]

SHORT_BODY = 1024
LIST_BODY = 4096
# Types whose action is a name and, for some, parameters that stay unread here.
NAMED_ACTIONS = {
    "cta_url": "cta_url",
    "flow": "flow",
    "location_request_message": "send_location",
    "request_contact_info": "request_contact_info",
    "catalog_message": "catalog_message",
    "voice_call": "voice_call",
    "call_permission_request": "call_permission_request",
    "address_message": "address_message",
}
BODY_MAY_BE_MISSING = {"product", "call_permission_request"}
NO_HEADER = {"product", "location_request_message", "request_contact_info", "voice_call"}


def check_interactive(content: Json, media: MediaCheck) -> None:
    kind = content.get("type")
    if kind is None:
        raise missing("interactive['type']")
    if not isinstance(kind, str):
        raise invalid("The parameter interactive['type'] must be a string.")
    action = object_at(content, "action", "interactive")
    if kind == "carousel":
        _check_carousel(content, action, media)
        return
    _check_header(content, kind, media)
    _check_body(content, kind)
    if content.get("footer") is not None:
        bounded(object_at(content, "footer", "interactive"), "text", "interactive['footer']", most=60)
    if kind == "button":
        _check_buttons(action)
    elif kind == "list":
        _check_list(action)
    elif kind == "product":
        bounded(action, "catalog_id", "action", most=256)
        bounded(action, "product_retailer_id", "action", most=256)
    elif kind == "product_list":
        _check_product_list(content, action)
    elif kind in NAMED_ACTIONS:
        _check_named(kind, action)
    else:
        raise invalid(f"The interactive type {kind!r} is not known.")


def _check_header(content: Json, kind: str, media: MediaCheck) -> None:
    if content.get("header") is None:
        return
    header = object_at(content, "header", "interactive")
    header_type = header.get("type")
    if kind in NO_HEADER:
        raise invalid(f"An interactive message of type {kind!r} has no header.")
    if header_type == "text":
        bounded(header, "text", "interactive['header']", most=60)
    elif header_type in ("image", "video", "document") and kind not in ("list", "product_list"):
        check_media(header_type, object_at(header, header_type, "interactive['header']"), media)
    else:
        raise invalid(f"A header of type {header_type!r} is not allowed in an interactive message of type {kind!r}.")


def _check_body(content: Json, kind: str) -> None:
    if content.get("body") is None and kind in BODY_MAY_BE_MISSING:
        return
    most = LIST_BODY if kind == "list" else SHORT_BODY
    bounded(object_at(content, "body", "interactive"), "text", "interactive['body']", most=most)


def _check_buttons(action: Json) -> None:
    titles: set[str] = set()
    ids: set[str] = set()
    for index, button in enumerate(list_at(action, "buttons", "action", least=1, most=3)):
        path = f"action['buttons'][{index}]"
        if button.get("type") != "reply":
            raise invalid(f"{path}['type'] must be reply.")
        reply = object_at(button, "reply", path)
        title = bounded(reply, "title", f"{path}['reply']", most=20)
        identifier = bounded(reply, "id", f"{path}['reply']", most=256)
        if title in titles or identifier in ids:
            raise invalid("Button titles and ids must be unique within a message.")
        titles.add(title)
        ids.add(identifier)


def _check_list(action: Json) -> None:
    bounded(action, "button", "action", most=20)
    sections = list_at(action, "sections", "action", least=1, most=10)
    rows = 0
    ids: set[str] = set()
    for index, section in enumerate(sections):
        path = f"action['sections'][{index}]"
        if len(sections) > 1 or section.get("title") is not None:
            bounded(section, "title", path, most=24)
        for number, row in enumerate(list_at(section, "rows", path, least=1, most=10)):
            place = f"{path}['rows'][{number}]"
            identifier = bounded(row, "id", place, most=200)
            bounded(row, "title", place, most=24)
            if row.get("description") is not None:
                bounded(row, "description", place, most=72, least=0)
            if identifier in ids:
                raise invalid("Row ids must be unique within a message.")
            ids.add(identifier)
            rows += 1
    if rows > 10:
        raise invalid(f"The list has {rows} rows in all; at most 10 are allowed.")


def _check_named(kind: str, action: Json) -> None:
    if action.get("name") != NAMED_ACTIONS[kind]:
        raise invalid(f"action['name'] must be {NAMED_ACTIONS[kind]}.")
    path = "action['parameters']"
    if kind == "cta_url":
        parameters = object_at(action, "parameters", "action")
        bounded(parameters, "display_text", path, most=20)
        url = bounded(parameters, "url", path, most=2000)
        if not url.startswith(("http://", "https://")):
            raise invalid(f"{path}['url'] must be an http or https address.")
    elif kind == "flow":
        parameters = object_at(action, "parameters", "action")
        if parameters.get("flow_message_version") != "3":
            raise invalid(f"{path}['flow_message_version'] must be 3.")
        if (parameters.get("flow_id") is None) == (parameters.get("flow_name") is None):
            raise invalid(f"Exactly one of flow_id and flow_name is required in {path}.")
        label = bounded(parameters, "flow_cta", path, most=20)
        if any(ord(sign) >= 0x1F000 for sign in label):
            raise invalid(f"{path}['flow_cta'] may hold no emoji.")
    elif kind == "address_message":
        bounded(object_at(action, "parameters", "action"), "country", path, most=2, least=2)
    elif kind == "voice_call" and isinstance(action.get("parameters"), dict):
        parameters = action["parameters"]
        if parameters.get("display_text") is not None:
            bounded(parameters, "display_text", path, most=20)
        minutes = parameters.get("ttl_minutes", 10080)
        if not isinstance(minutes, int) or not 1 <= minutes <= 43200:
            raise invalid(f"{path}['ttl_minutes'] must be between 1 and 43200.")


def _check_product_list(content: Json, action: Json) -> None:
    header = object_at(content, "header", "interactive")
    if header.get("type") != "text":
        raise invalid("A product list needs a header of type text.")
    bounded(action, "catalog_id", "action", most=256)
    products = 0
    for index, section in enumerate(list_at(action, "sections", "action", least=1, most=10)):
        path = f"action['sections'][{index}]"
        if len(action["sections"]) > 1 or section.get("title") is not None:
            bounded(section, "title", path, most=24)
        items = list_at(section, "product_items", path, least=1, most=1000)
        for number, item in enumerate(items):
            bounded(item, "product_retailer_id", f"{path}['product_items'][{number}]", most=256)
        products += len(items)
    if products > 30:
        raise invalid(f"The product list has {products} products in all; at most 30 are allowed.")


def _check_carousel(content: Json, action: Json, media: MediaCheck) -> None:
    bounded(object_at(content, "body", "interactive"), "text", "interactive['body']", most=SHORT_BODY)
    if content.get("header") is not None or content.get("footer") is not None:
        raise invalid("A carousel has no outer header and no footer.")
    cards = list_at(action, "cards", "action", least=2, most=10)
    for index, card in enumerate(cards):
        path = f"action['cards'][{index}]"
        if card.get("card_index") != index:
            raise invalid(f"{path}['card_index'] must be {index}.")
        if card.get("type") not in ("cta_url", "product") or card["type"] != cards[0].get("type"):
            raise invalid(f"{path}['type'] must be cta_url or product, the same for every card.")
        card_action = object_at(card, "action", path)
        if card["type"] == "product":
            bounded(card_action, "product_retailer_id", f"{path}['action']", most=256)
            continue
        header = object_at(card, "header", path)
        if header.get("type") not in ("image", "video"):
            raise invalid(f"{path}['header']['type'] must be image or video.")
        check_media(header["type"], object_at(header, header["type"], f"{path}['header']"), media)
        if card.get("body") is not None:
            text = bounded(object_at(card, "body", path), "text", f"{path}['body']", most=160)
            if text.count("\n") > 2:
                raise invalid(f"{path}['body'] may have two line breaks at most.")
        if "buttons" not in card_action:
            _check_named("cta_url", card_action)
            continue
        for number, button in enumerate(list_at(card_action, "buttons", f"{path}['action']", least=1, most=3)):
            place = f"{path}['action']['buttons'][{number}]"
            if button.get("type") != "quick_reply":
                raise invalid(f"{place}['type'] must be quick_reply.")
            reply = object_at(button, "quick_reply", place)
            bounded(reply, "title", f"{place}['quick_reply']", most=20)
            bounded(reply, "id", f"{place}['quick_reply']", most=256)
