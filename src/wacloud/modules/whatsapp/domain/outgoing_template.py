"""Approved templates with their values, as Meta wants them filled in."""

import re
from typing import Final
from uuid import UUID

from wacloud.modules.whatsapp.domain.outgoing import PLACE_NAME, Json, Rules, Wanted
from wacloud.modules.whatsapp.domain.template_products import PRODUCTS, SECTION_TITLE, SECTIONS

NAME: Final = 512
RENDERED: Final = 1024
PARAMETER_NAME: Final = 64
BUTTONS: Final = 10
PAYLOAD: Final = 256
COUPON: Final = 20
CARDS: Final = (2, 10)
PRODUCT_ID: Final = 100
CALL_PAYLOAD: Final = 512
CALL_MINUTES: Final = (1, 43_200)
_FIRST_MOMENT: Final = 10**12  # in milliseconds; whoever counts seconds is far below it
_NAME: Final = re.compile(r"[a-z0-9_]+")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,4})?")
# Meta refuses values that would change how a template looks.
_WHITE_SPACE: Final = re.compile(r"[\n\r\t]| {5}")
_FILES: Final = ("image", "video", "document")
_TEXTS: Final = ("currency", "date_time")


def template(rules: Rules, asked: Json, category: str | None) -> Wanted:
    """A template by its name and language; whether its values are as many as it has blanks only Meta knows yet."""
    name = rules.text(asked, "name", "template", NAME)
    if name and not _NAME.fullmatch(name):
        rules.broken("template.name", "not_a_name")
    if not _LANGUAGE.fullmatch(asked["language"]["code"]):
        rules.broken("template.language.code", "not_a_language")
    values, uses, file_kind = _components(rules, asked.get("components") or [], "template.components", ours=True)
    content: Json = {"template": _without_our_file(asked)}
    return Wanted(
        kind="template",
        body=f"{name}: {', '.join(values)}" if values else name,
        content=content,
        uses=uses,
        file_kind=file_kind,
        category=category,
    )


def _components(
    rules: Rules, components: list[Json], path: str, *, ours: bool
) -> tuple[list[str], UUID | None, str | None]:
    values: list[str] = []
    uses: UUID | None = None
    file_kind: str | None = None
    seen: set[str] = set()
    for index, part in enumerate(components):
        place = f"{path}.{index}"
        kind = part["type"]
        where = f"button {part.get('index')}" if kind == "button" else kind
        rules.unique(place, where, seen)
        parameters = part.get("parameters") or []
        if kind == "button":
            _button(rules, part, place)
        elif kind == "carousel":
            cards = part.get("cards") or []
            rules.count(f"{place}.cards", len(cards), *CARDS)
            for number, card in enumerate(cards):
                inside, _, _ = _components(rules, card["components"], f"{place}.cards.{number}.components", ours=False)
                values += inside
        elif kind == "limited_time_offer":
            _offer(rules, parameters, f"{place}.parameters")
        else:
            for number, parameter in enumerate(parameters):
                line = f"{place}.parameters.{number}"
                told, file = _parameter(rules, kind, parameter, line, ours=ours)
                values += told
                if file is not None:
                    uses, file_kind = file, parameter["type"]
            _one_format(rules, parameters, f"{place}.parameters")
            if kind == "body" and sum(len(p.get("text") or "") for p in parameters) > RENDERED:
                rules.broken(f"{place}.parameters", "text_too_long", RENDERED)
    return values, uses, file_kind


def _parameter(rules: Rules, kind: str, parameter: Json, path: str, *, ours: bool) -> tuple[list[str], UUID | None]:
    """One value: what it says in words, and the file of ours it names."""
    shape = parameter["type"]
    if shape == "text":
        text = rules.text(parameter, "text", path, RENDERED)
        if _WHITE_SPACE.search(text):
            rules.broken(f"{path}.text", "bad_white_space")
        rules.text(parameter, "parameter_name", path, PARAMETER_NAME, needed=False)
        return [text], None
    if shape in _TEXTS:
        return [rules.text(parameter.get(shape) or {}, "fallback_value", f"{path}.{shape}", RENDERED)], None
    if kind != "header":
        rules.broken(f"{path}.type", "not_allowed")
    elif shape == "product":
        product = parameter.get("product") or {}
        rules.text(product, "catalog_id", f"{path}.product", PRODUCT_ID)
        return [rules.text(product, "product_retailer_id", f"{path}.product", PRODUCT_ID)], None
    elif shape == "location":
        place = parameter.get("location") or {}
        rules.number(f"{path}.location.latitude", place.get("latitude", 1000.0), 90)
        rules.number(f"{path}.location.longitude", place.get("longitude", 1000.0), 180)
        return [rules.text(place, "name", f"{path}.location", PLACE_NAME)], None
    elif shape in _FILES:
        file = parameter.get(shape) or {}
        rules.file(file, f"{path}.{shape}", ours=ours)
        if file.get("media_id") is not None and ours:
            return [], UUID(str(file["media_id"]))
    return [], None


def _one_format(rules: Rules, parameters: list[Json], path: str) -> None:
    """By their place or by their names, never both; a name once."""
    names = [parameter.get("parameter_name") for parameter in parameters if parameter["type"] == "text"]
    if any(names) and not all(names):
        rules.broken(path, "mixed_names")
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name:
            rules.unique(f"{path}.{index}.parameter_name", name, seen)


def _button(rules: Rules, part: Json, path: str) -> None:
    index = part.get("index")
    if index is None or not 0 <= int(index) < BUTTONS:
        rules.broken(f"{path}.index", "out_of_range", BUTTONS - 1)
    shape = part.get("sub_type")
    if shape is None:
        rules.broken(f"{path}.sub_type", "text_missing")
        return
    parameters = part.get("parameters") or []
    if shape in ("catalog", "mpm"):
        _products(rules, shape, parameters, f"{path}.parameters")
    elif shape == "voice_call":
        _call(rules, parameters, f"{path}.parameters")
    wants = _BUTTON_VALUES.get(shape)
    if wants is None:
        return
    key, most = wants
    if len(parameters) != 1:
        rules.broken(f"{path}.parameters", "exactly_one")
        return
    rules.text(parameters[0], key, f"{path}.parameters.0", most)


def _offer(rules: Rules, parameters: list[Json], path: str) -> None:
    ends = [(p.get("limited_time_offer") or {}).get("expiration_time_ms") for p in parameters]
    if len(ends) != 1 or ends[0] is None:
        rules.broken(path, "exactly_one" if len(ends) > 1 else "not_enough", 1)
    elif ends[0] < _FIRST_MOMENT:
        rules.broken(f"{path}.0.limited_time_offer.expiration_time_ms", "not_milliseconds")


def _products(rules: Rules, shape: str, parameters: list[Json], path: str) -> None:
    """The catalogue may do without a thumbnail; several products need theirs, and the sections they stand in."""
    if not parameters and shape == "catalog":
        return
    action = parameters[0].get("action") if len(parameters) == 1 else None
    if not isinstance(action, dict):
        rules.broken(path, "exactly_one")
        return
    at = f"{path}.0.action"
    rules.text(action, "thumbnail_product_retailer_id", at, PRODUCT_ID)
    if shape == "catalog":
        return
    given = action.get("sections")
    sections = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    rules.count(f"{at}.sections", len(sections), 1, SECTIONS)
    number = 0
    for n, section in enumerate(sections):
        rules.text(section, "title", f"{at}.sections.{n}", SECTION_TITLE, needed=len(sections) > 1)
        listed = section.get("product_items")
        items = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        rules.count(f"{at}.sections.{n}.product_items", len(items), 1, PRODUCTS)
        for place, item in enumerate(items):
            rules.text(item, "product_retailer_id", f"{at}.sections.{n}.product_items.{place}", PRODUCT_ID)
        number += len(items)
    if number > PRODUCTS:
        rules.broken(f"{at}.sections", "too_many", PRODUCTS)


def _call(rules: Rules, parameters: list[Json], path: str) -> None:
    """How long the button calls, and a word that comes back with the call; it needs neither."""
    least, most = CALL_MINUTES
    for n, parameter in enumerate(parameters):
        if parameter["type"] == "ttl_minutes":
            minutes = parameter.get("ttl_minutes")
            if not isinstance(minutes, int) or not least <= minutes <= most:
                rules.broken(f"{path}.{n}.ttl_minutes", "out_of_range", most)
        elif parameter["type"] == "payload":
            rules.text(parameter, "payload", f"{path}.{n}", CALL_PAYLOAD)
        else:
            rules.broken(f"{path}.{n}.type", "not_allowed")


# What a button's one value is called and how long it may be; the other kinds need none, or an object of Meta's.
_BUTTON_VALUES: Final[dict[str, tuple[str, int]]] = {
    "quick_reply": ("payload", PAYLOAD),
    "url": ("text", 2000),
    "copy_code": ("coupon_code", COUPON),
}


def _without_our_file(asked: Json) -> Json:
    """Our own id of a file is nothing to Meta: it leaves the header, and Meta's is put there when it has one."""
    components = [
        {**part, "parameters": [_without_id(parameter) for parameter in part["parameters"]]}
        if part["type"] == "header" and part.get("parameters")
        else part
        for part in asked.get("components") or []
    ]
    return {**asked, "components": components} if components else asked


def _without_id(parameter: Json) -> Json:
    file = parameter.get(parameter["type"])
    if not isinstance(file, dict) or "media_id" not in file:
        return parameter
    return {**parameter, parameter["type"]: {key: value for key, value in file.items() if key != "media_id"}}
