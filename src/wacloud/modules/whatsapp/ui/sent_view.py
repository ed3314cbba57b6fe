"""What we sent, as the thread shows it: buttons, lists, links, cards, templates with their values. No file of it is
loaded from anywhere."""

from typing import Any, Final

from wacloud.modules.whatsapp.application.inbox import MessageRow
from wacloud.modules.whatsapp.ui.view_parts import Fields, a_list, a_text, an_object
from wacloud.shared.ui.i18n import N_, Translate

# Interactive messages whose one button Meta names by itself.
_ASKS: Final[dict[str, str]] = {
    "location_request_message": N_("Send location"),
    "request_contact_info": N_("Share phone"),
    "catalog_message": N_("View catalogue"),
    "call_permission_request": N_("Allow calls"),
    "address_message": N_("Give address"),
}
_FILES: Final[dict[str, str]] = {"image": N_("Photo"), "video": N_("Video"), "document": N_("Document")}


def sent_parts(row: MessageRow, say: Translate) -> dict[str, Any]:
    """The boxes of a message of ours beyond its text, by the names a view has for them."""
    if asked := an_object(row.content.get("interactive")):
        return _interactive(asked, say)
    if used := an_object(row.content.get("template")):
        return {"cards": [_template(used, say)], "is_told": True}
    if row.content.get("media") and (link := a_text(an_object(row.content["media"]).get("link"))):
        return {"link": link}
    return {}


def header_kind(row: MessageRow) -> str | None:
    """As what the file of ours in a header is shown."""
    told = an_object(an_object(row.content.get("interactive")).get("header")).get("type")
    if told in _FILES:
        return str(told)
    for part in a_list(an_object(row.content.get("template")).get("components")):
        for value in a_list(an_object(part).get("parameters")):
            if an_object(value).get("type") in _FILES:
                return str(value["type"])
    return None


def _interactive(asked: dict[str, Any], say: Translate) -> dict[str, Any]:
    action = an_object(asked.get("action"))
    values = an_object(action.get("parameters"))
    header = an_object(asked.get("header"))
    kind = a_text(asked.get("type")) or ""
    buttons = [a_text(an_object(an_object(one).get("reply")).get("title")) for one in a_list(action.get("buttons"))]
    buttons += [a_text(action.get("button")), a_text(values.get("display_text")), a_text(values.get("flow_cta"))]
    if kind in _ASKS:
        buttons.append(say(_ASKS[kind]))
    cards = [_section(an_object(one), say) for one in a_list(action.get("sections"))]
    cards += [_card(an_object(one), say) for one in a_list(action.get("cards"))]
    if kind == "product":
        cards.append(Fields("tag", say("Product"), ((say("Code"), a_text(action.get("product_retailer_id")) or "?"),)))
    return {
        "heading": a_text(header.get("text")),
        "footer": a_text(an_object(asked.get("footer")).get("text")),
        "link": a_text(values.get("url")) or _link_in(header),
        "buttons": tuple(title for title in buttons if title),
        "cards": cards,
    }


def _section(section: dict[str, Any], say: Translate) -> Fields:
    rows = [
        (a_text(an_object(row).get("title")) or "", a_text(an_object(row).get("description")) or "")
        for row in a_list(section.get("rows"))
    ]
    products = [
        (say("Product"), a_text(an_object(item).get("product_retailer_id")) or "?")
        for item in a_list(section.get("product_items"))
    ]
    return Fields("list-details", a_text(section.get("title")) or say("Options"), tuple(rows + products))


def _card(card: dict[str, Any], say: Translate) -> Fields:
    action = an_object(card.get("action"))
    values = an_object(action.get("parameters"))
    pairs = [
        (a_text(values.get("display_text")) or "", a_text(values.get("url")) or ""),
        (say("Product"), a_text(action.get("product_retailer_id")) or ""),
        (say("Photo"), _link_in(an_object(card.get("header"))) or ""),
    ]
    title = a_text(an_object(card.get("body")).get("text")) or say("Card")
    return Fields("photo", title, tuple(pair for pair in pairs if pair[1]))


def _template(used: dict[str, Any], say: Translate) -> Fields:
    language = a_text(an_object(used.get("language")).get("code"))
    pairs = [(say("Language"), language)] if language else []
    for number, (name, told) in enumerate(_values(a_list(used.get("components")), say), start=1):
        pairs.append((name or str(number), told))
    return Fields("template", a_text(used.get("name")) or say("Template"), tuple(pairs))


def _values(components: Any, say: Translate) -> list[tuple[str | None, str]]:
    found: list[tuple[str | None, str]] = []
    for part in map(an_object, components):
        for value in map(an_object, a_list(part.get("parameters"))):
            kind = a_text(value.get("type")) or ""
            told = (
                a_text(value.get("text"))
                or a_text(value.get("coupon_code"))
                or a_text(an_object(value.get(kind)).get("fallback_value"))
                or a_text(an_object(value.get(kind)).get("name"))
                or a_text(an_object(value.get(kind)).get("link"))
            )
            if told:
                label = say(_FILES[kind]) if kind in _FILES else a_text(value.get("parameter_name"))
                found.append((label, told))
        for card in map(an_object, a_list(part.get("cards"))):
            found += _values(a_list(card.get("components")), say)
    return found


def _link_in(header: dict[str, Any]) -> str | None:
    kind = a_text(header.get("type"))
    return a_text(an_object(header.get(kind)).get("link")) if kind else None
