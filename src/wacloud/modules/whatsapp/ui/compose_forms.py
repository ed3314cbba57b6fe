"""The small forms of the composer's + menu: what each asks for, and the message that comes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wacloud.modules.whatsapp.domain import outgoing
from wacloud.modules.whatsapp.domain import outgoing_interactive as limits
from wacloud.modules.whatsapp.domain.outgoing import Rules, Wanted
from wacloud.modules.whatsapp.domain.outgoing_interactive import interactive
from wacloud.shared.domain.errors import Fault
from wacloud.shared.ui.i18n import N_

Given = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Input:
    """One field. `lines` makes it a text of so many lines."""

    name: str
    label: str
    most: int
    hint: str | None = None
    lines: int = 1
    is_needed: bool = True
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Form:
    """A form, the message made of what is in it, and which of its fields a rule's path means."""

    icon: str
    title: str
    inputs: tuple[Input, ...]
    wanted: Callable[[Rules, Given], Wanted]
    fields: tuple[tuple[str, str], ...]  # beginning of a path -> field

    def field_of(self, path: str) -> str:
        """The field in which somebody can mend it."""
        return next((name for start, name in self.fields if path.startswith(start)), self.inputs[0].name)


_MESSAGE: Final = Input("text", N_("Message"), limits.BODY, lines=3)
_PHONE_SIGNS: Final = frozenset("+ -().")


def _number(text: str) -> float:
    """NaN, which is in no range, where it is none."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return float("nan")


def _location(rules: Rules, given: Given) -> Wanted:
    latitude, longitude = given["latitude"], given["longitude"]
    if not longitude and ", " in latitude:
        # As maps copy a spot: both in one.
        latitude, _, longitude = latitude.partition(", ")
    place: dict[str, Any] = {"latitude": _number(latitude), "longitude": _number(longitude)}
    place |= {key: given[key] for key in ("name", "address") if given[key]}
    return outgoing.location(rules, place)


def _contact(rules: Rules, given: Given) -> Wanted:
    name, phone = given["name"], given["phone"]
    if not phone or not set(phone) <= _PHONE_SIGNS | set("0123456789"):
        rules.broken("phone", "text_missing" if not phone else "not_an_address")
    first = name.split()[0] if name else ""
    card = {"name": {"formatted_name": name, "first_name": first}, "phones": [{"phone": phone, "type": "WORK"}]}
    return outgoing.contacts(rules, [card])


def _buttons(rules: Rules, given: Given) -> Wanted:
    titles = [given[name] for name in ("button1", "button2", "button3") if given[name]]
    buttons = [{"type": "reply", "reply": {"id": f"b{n}", "title": title}} for n, title in enumerate(titles, start=1)]
    return interactive(rules, {"type": "button", "body": {"text": given["text"]}, "action": {"buttons": buttons}})


def _list(rules: Rules, given: Given) -> Wanted:
    rows = []
    for number, line in enumerate((one for one in given["rows"].splitlines() if one.strip()), start=1):
        title, _, description = (part.strip() for part in line.partition("|"))
        rows.append({"id": f"r{number}", "title": title} | ({"description": description} if description else {}))
    action = {"button": given["button"], "sections": [{"rows": rows}]}
    return interactive(rules, {"type": "list", "body": {"text": given["text"]}, "action": action})


def _link(rules: Rules, given: Given) -> Wanted:
    action = {"name": "cta_url", "parameters": {"display_text": given["label"], "url": given["url"]}}
    return interactive(rules, {"type": "cta_url", "body": {"text": given["text"]}, "action": action})


def _ask_location(rules: Rules, given: Given) -> Wanted:
    action = {"name": "send_location"}
    return interactive(rules, {"type": "location_request_message", "body": {"text": given["text"]}, "action": action})


def _ask_phone(rules: Rules, given: Given) -> Wanted:
    action = {"name": "request_contact_info"}
    return interactive(rules, {"type": "request_contact_info", "body": {"text": given["text"]}, "action": action})


def _catalogue(rules: Rules, given: Given) -> Wanted:
    action = {"name": "catalog_message"}
    return interactive(rules, {"type": "catalog_message", "body": {"text": given["text"]}, "action": action})


def _products(rules: Rules, given: Given) -> Wanted:
    """One product, or several under a heading: Meta has a kind of message for each."""
    codes = given["products"].split()
    if len(codes) > 1:
        items = [{"product_retailer_id": code} for code in codes]
        # Meta wants words above and below where there are several.
        message = {
            "type": "product_list",
            "header": {"type": "text", "text": given["heading"]},
            "body": {"text": given["text"]},
            "action": {"catalog_id": given["catalog"], "sections": [{"product_items": items}]},
        }
        return interactive(rules, message)
    action = {"catalog_id": given["catalog"], "product_retailer_id": "".join(codes)}
    body = {"body": {"text": given["text"]}} if given["text"] else {}
    return interactive(rules, {"type": "product", "action": action} | body)


def _flow(rules: Rules, given: Given) -> Wanted:
    asked: dict[str, Any] = {"flow_message_version": "3", "flow_id": given["flow"], "flow_cta": given["label"]}
    if not given["flow"]:
        rules.broken("interactive.action.parameters.flow_id", "text_missing")
    if given["screen"]:
        asked |= {"flow_action": "navigate", "flow_action_payload": {"screen": given["screen"]}}
    action = {"name": "flow", "parameters": asked}
    return interactive(rules, {"type": "flow", "body": {"text": given["text"]}, "action": action})


FORMS: Final[dict[str, Form]] = {
    "location": Form(
        "map-pin",
        N_("Location"),
        (
            Input("latitude", N_("Latitude"), 40, N_("For example 40.4168; or both at once, as maps copy them.")),
            Input("longitude", N_("Longitude"), 20, N_("For example -3.7038"), kind="decimal", is_needed=False),
            Input("name", N_("Name"), outgoing.PLACE_NAME, is_needed=False),
            Input("address", N_("Address"), outgoing.PLACE_NAME, is_needed=False),
        ),
        _location,
        (
            ("location.latitude", "latitude"),
            ("location.longitude", "longitude"),
            ("location.name", "name"),
            ("location.address", "address"),
        ),
    ),
    "contact": Form(
        "id",
        N_("Contact"),
        (Input("name", N_("Name"), outgoing.CARD_NAME), Input("phone", N_("Phone"), 40, kind="tel")),
        _contact,
        (("phone", "phone"), ("contacts", "name")),
    ),
    "buttons": Form(
        "list-check",
        N_("Buttons"),
        (
            _MESSAGE,
            Input("button1", N_("First button"), limits.BUTTON_TITLE),
            Input("button2", N_("Second button"), limits.BUTTON_TITLE, is_needed=False),
            Input("button3", N_("Third button"), limits.BUTTON_TITLE, is_needed=False),
        ),
        _buttons,
        (
            ("interactive.body", "text"),
            ("interactive.action.buttons.1", "button2"),
            ("interactive.action.buttons.2", "button3"),
            ("interactive.action.buttons", "button1"),
        ),
    ),
    "list": Form(
        "list-details",
        N_("List"),
        (
            _MESSAGE,
            Input("button", N_("Text on the button"), limits.LIST_BUTTON),
            Input("rows", N_("Options"), 1200, N_("One a line, ten at most. After | a description."), lines=5),
        ),
        _list,
        (
            ("interactive.body", "text"),
            ("interactive.action.button", "button"),
            ("interactive.action.sections", "rows"),
        ),
    ),
    "link": Form(
        "external-link",
        N_("Link button"),
        (
            _MESSAGE,
            Input("label", N_("Text on the button"), limits.BUTTON_TITLE),
            Input("url", N_("Web address"), outgoing.LINK, kind="url"),
        ),
        _link,
        (
            ("interactive.body", "text"),
            ("interactive.action.parameters.display_text", "label"),
            ("interactive.action.parameters.url", "url"),
        ),
    ),
    "ask-location": Form(
        "map-pin", N_("Ask for their location"), (_MESSAGE,), _ask_location, (("interactive.body", "text"),)
    ),
    "ask-phone": Form("phone", N_("Ask for their phone"), (_MESSAGE,), _ask_phone, (("interactive.body", "text"),)),
    "catalogue": Form("building-store", N_("Catalogue"), (_MESSAGE,), _catalogue, (("interactive.body", "text"),)),
    "products": Form(
        "tag",
        N_("Products"),
        (
            Input(
                "catalog", N_("Catalogue number"), limits.PRODUCT_ID, N_("As the Commerce Manager of Meta shows it.")
            ),
            Input("products", N_("Product codes"), 8000, N_("One a line, 30 at most."), lines=3),
            Input("heading", N_("Heading"), limits.HEADER, N_("Needed with several products."), is_needed=False),
            Input("text", N_("Message"), limits.BODY, N_("Needed with several products."), lines=3, is_needed=False),
        ),
        _products,
        (
            ("interactive.body", "text"),
            ("interactive.header", "heading"),
            ("interactive.action.catalog_id", "catalog"),
            ("interactive.action", "products"),
        ),
    ),
    "form": Form(
        "list-details",
        N_("Form (Flow)"),
        (
            _MESSAGE,
            Input("label", N_("Text on the button"), limits.BUTTON_TITLE),
            Input("flow", N_("Number of the Flow"), 64, N_("As the WhatsApp Manager of Meta shows it.")),
            Input("screen", N_("First screen"), 80, N_("Left empty, it begins where the Flow says."), is_needed=False),
        ),
        _flow,
        (
            ("interactive.body", "text"),
            ("interactive.action.parameters.flow_cta", "label"),
            ("interactive.action.parameters.flow_id", "flow"),
            ("interactive.action.parameters.flow_action", "screen"),
        ),
    ),
}


def errors_of(form: Form, faults: tuple[Fault, ...]) -> dict[str, Fault]:
    """The first thing wrong with each field."""
    found: dict[str, Fault] = {}
    for fault in faults:
        found.setdefault(form.field_of(fault.field), fault)
    return found
