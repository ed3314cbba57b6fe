"""Messages that can be tapped: buttons, lists, links, forms, products, questions for a place or a phone."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from wacloud.modules.whatsapp.domain.outgoing import LINK, Json, Rules, Wanted, clean

HEADER: Final = 60
FOOTER: Final = 60
BODY: Final = 1024
BUTTONS: Final = 3
BUTTON_TITLE: Final = 20
BUTTON_ID: Final = 256
LIST_BUTTON: Final = 20
SECTIONS: Final = 10
ROWS: Final = 10
SECTION_TITLE: Final = 24
ROW_ID: Final = 200
ROW_TITLE: Final = 24
ROW_DESCRIPTION: Final = 72
PRODUCTS: Final = 30
PRODUCT_ID: Final = 256
CARDS: Final = (2, 10)
CARD_BODY: Final = 160
CARD_LINES: Final = 2
CALL_MINUTES: Final = 43_200
FLOW_TOKEN: Final = 256

# Types that may go without words of their own.
_WITHOUT_BODY: Final = frozenset({"product", "call_permission_request"})
# Types that may have a picture, a video or a document above; a list and products have a text only.
_TEXT_HEADER: Final = frozenset({"list", "product_list"})
_NO_HEADER: Final = frozenset({"product", "carousel", "location_request_message", "request_contact_info", "voice_call"})
_FILES: Final = ("image", "video", "document")


def interactive(rules: Rules, message: Json) -> Wanted:
    """One interactive message by the rules of its type."""
    kind = message["type"]
    body = clean((message.get("body") or {}).get("text", ""))
    if message.get("body") is not None:
        message = {**message, "body": {"text": body}}
    needs_body = kind not in _WITHOUT_BODY or message.get("body") is not None
    rules.text({"text": body}, "text", "interactive.body", BODY, needed=needs_body)
    if message.get("footer") is not None:
        rules.text(message["footer"], "text", "interactive.footer", FOOTER)
    uses, file_kind, message = _header(rules, kind, message)
    if check := _ACTIONS.get(kind):
        check(rules, message["action"])
    content: Json = {"interactive": message}
    told = body or message["action"].get("product_retailer_id") or ""
    return Wanted(kind="interactive", body=told, content=content, uses=uses, file_kind=file_kind)


def _header(rules: Rules, kind: str, message: Json) -> tuple[UUID | None, str | None, Json]:
    """A header of text, or a file; one of ours leaves the header, and its id is put back when it is at Meta."""
    header = message.get("header")
    path = "interactive.header"
    if header is None:
        if kind == "product_list":
            rules.broken(path, "text_missing")
        return None, None, message
    if kind in _NO_HEADER:
        rules.broken(path, "not_allowed")
        return None, None, message
    shape = header["type"]
    if shape == "text":
        rules.text(header, "text", path, HEADER)
        return None, None, message
    if kind in _TEXT_HEADER:
        rules.broken(f"{path}.type", "not_allowed")
        return None, None, message
    file = header.get(shape) or {}
    rules.file(file, f"{path}.{shape}")
    if file.get("media_id") is None:
        return None, None, message
    rest = {key: value for key, value in file.items() if key != "media_id"}
    return UUID(str(file["media_id"])), shape, {**message, "header": {"type": shape, shape: rest}}


def _buttons(rules: Rules, action: Json) -> None:
    path = "interactive.action.buttons"
    buttons = action["buttons"]
    rules.count(path, len(buttons), 1, BUTTONS)
    titles: set[str] = set()
    ids: set[str] = set()
    for index, button in enumerate(buttons):
        place = f"{path}.{index}.reply"
        title = rules.text(button["reply"], "title", place, BUTTON_TITLE)
        rules.unique(f"{place}.title", title, titles)
        rules.unique(f"{place}.id", rules.text(button["reply"], "id", place, BUTTON_ID), ids)


def _list(rules: Rules, action: Json) -> None:
    path = "interactive.action"
    rules.text(action, "button", path, LIST_BUTTON)
    sections = action["sections"]
    rules.count(f"{path}.sections", len(sections), 1, SECTIONS)
    ids: set[str] = set()
    for index, section in enumerate(sections):
        place = f"{path}.sections.{index}"
        rules.text(section, "title", place, SECTION_TITLE, needed=len(sections) > 1)
        if not section["rows"]:
            rules.broken(f"{place}.rows", "not_enough", 1)
        for number, row in enumerate(section["rows"]):
            line = f"{place}.rows.{number}"
            rules.unique(f"{line}.id", rules.text(row, "id", line, ROW_ID), ids)
            rules.text(row, "title", line, ROW_TITLE)
            rules.text(row, "description", line, ROW_DESCRIPTION, needed=False)
    rows = sum(len(section["rows"]) for section in sections)
    if rows > ROWS:
        rules.broken(f"{path}.sections", "too_many_rows", ROWS)


def _link(rules: Rules, action: Json, path: str = "interactive.action") -> None:
    rules.text(action["parameters"], "display_text", f"{path}.parameters", BUTTON_TITLE)
    rules.link(action["parameters"], "url", f"{path}.parameters", secure=False)


def _flow(rules: Rules, action: Json) -> None:
    path = "interactive.action.parameters"
    asked = action["parameters"]
    if (asked.get("flow_id") is None) == (asked.get("flow_name") is None):
        rules.broken(f"{path}.flow_id", "exactly_one")
    label = rules.text(asked, "flow_cta", path, BUTTON_TITLE)
    if any(ord(sign) > 0x2190 and not sign.isalnum() for sign in label):
        rules.broken(f"{path}.flow_cta", "emoji_not_allowed")
    rules.text(asked, "flow_token", path, FLOW_TOKEN, needed=False)
    if asked.get("flow_action") == "navigate" and not (asked.get("flow_action_payload") or {}).get("screen"):
        rules.broken(f"{path}.flow_action_payload.screen", "text_missing")


def _product(rules: Rules, action: Json) -> None:
    rules.text(action, "catalog_id", "interactive.action", PRODUCT_ID)
    rules.text(action, "product_retailer_id", "interactive.action", PRODUCT_ID)


def _products(rules: Rules, action: Json) -> None:
    path = "interactive.action"
    rules.text(action, "catalog_id", path, PRODUCT_ID)
    sections = action["sections"]
    rules.count(f"{path}.sections", len(sections), 1, SECTIONS)
    for index, section in enumerate(sections):
        place = f"{path}.sections.{index}"
        rules.text(section, "title", place, SECTION_TITLE, needed=len(sections) > 1)
        if not section["product_items"]:
            rules.broken(f"{place}.product_items", "not_enough", 1)
        for number, item in enumerate(section["product_items"]):
            rules.text(item, "product_retailer_id", f"{place}.product_items.{number}", PRODUCT_ID)
    if sum(len(section["product_items"]) for section in sections) > PRODUCTS:
        rules.broken(f"{path}.sections", "too_many_rows", PRODUCTS)


def _carousel(rules: Rules, action: Json) -> None:
    path = "interactive.action.cards"
    cards = action["cards"]
    rules.count(path, len(cards), *CARDS)
    for index, card in enumerate(cards):
        place = f"{path}.{index}"
        if card["card_index"] != index:
            rules.broken(f"{place}.card_index", "out_of_order", index)
        if card["type"] != cards[0]["type"]:
            rules.broken(f"{place}.type", "differs")
        if card["type"] == "product":
            rules.text(card["action"], "product_retailer_id", f"{place}.action", PRODUCT_ID)
        else:
            _media_card(rules, card, place)


def _media_card(rules: Rules, card: Json, place: str) -> None:
    header = card.get("header") or {}
    shape = header.get("type")
    if shape not in ("image", "video"):
        rules.broken(f"{place}.header", "text_missing")
    else:
        # Meta takes links on cards only.
        rules.file(header.get(shape) or {}, f"{place}.header.{shape}", ours=False)
    if card.get("body") is not None:
        text = rules.text(card["body"], "text", f"{place}.body", CARD_BODY)
        if text.count("\n") > CARD_LINES:
            rules.broken(f"{place}.body.text", "too_many_line_breaks", CARD_LINES)
    action = card["action"]
    if action.get("buttons") is not None:
        rules.count(f"{place}.action.buttons", len(action["buttons"]), 1, BUTTONS)
        for number, button in enumerate(action["buttons"]):
            line = f"{place}.action.buttons.{number}.quick_reply"
            rules.text(button["quick_reply"], "id", line, BUTTON_ID)
            rules.text(button["quick_reply"], "title", line, BUTTON_TITLE)
    elif action.get("parameters") is None:
        rules.broken(f"{place}.action.parameters", "text_missing")
    else:
        _link(rules, action, f"{place}.action")


def _call(rules: Rules, action: Json) -> None:
    asked = action.get("parameters") or {}
    path = "interactive.action.parameters"
    rules.text(asked, "display_text", path, BUTTON_TITLE, needed=False)
    if not 1 <= asked.get("ttl_minutes", 1) <= CALL_MINUTES:
        rules.broken(f"{path}.ttl_minutes", "out_of_range", CALL_MINUTES)


def _address(rules: Rules, action: Json) -> None:
    country = rules.text(action["parameters"], "country", "interactive.action.parameters", LINK)
    if country and not (len(country) == 2 and country.isascii() and country.isupper()):
        rules.broken("interactive.action.parameters.country", "not_a_country")


_ACTIONS: Final[dict[str, Callable[[Rules, Json], None]]] = {
    "button": _buttons,
    "list": _list,
    "cta_url": _link,
    "flow": _flow,
    "product": _product,
    "product_list": _products,
    "carousel": _carousel,
    "voice_call": _call,
    "address_message": _address,
}
