"""What we sent, as the thread shows it: buttons, lists, links, cards. No file of it is loaded from anywhere."""

from typing import Any, Final

from wacloud.modules.whatsapp.application.inbox import MessageRow
from wacloud.modules.whatsapp.ui.template_sent import FILES, section_of, template_parts
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


def sent_parts(row: MessageRow, language: str, say: Translate) -> dict[str, Any]:
    """The boxes of a message of ours beyond its text, by the names a view has for them."""
    if asked := an_object(row.content.get("interactive")):
        return _interactive(asked, say)
    if row.content.get("template"):
        return template_parts(row, language, say)
    if row.content.get("media") and (link := a_text(an_object(row.content["media"]).get("link"))):
        return {"link": link}
    return {}


def header_kind(row: MessageRow) -> str | None:
    """As what the file of ours in a header is shown."""
    told = an_object(an_object(row.content.get("interactive")).get("header")).get("type")
    if told in FILES:
        return str(told)
    for part in a_list(an_object(row.content.get("template")).get("components")):
        for value in a_list(an_object(part).get("parameters")):
            if an_object(value).get("type") in FILES:
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
    cards = [section_of(an_object(one), say) for one in a_list(action.get("sections"))]
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


def _link_in(header: dict[str, Any]) -> str | None:
    kind = a_text(header.get("type"))
    return a_text(an_object(header.get(kind)).get("link")) if kind else None
