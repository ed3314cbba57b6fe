"""What a phone shows of a message template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from wacloud.modules.whatsapp.domain.message_template import Component, part
from wacloud.modules.whatsapp.domain.template_codes import buttons_of, is_code, way_of
from wacloud.modules.whatsapp.domain.template_files import cards_of, media_id_of, parts_of
from wacloud.modules.whatsapp.domain.template_offer import KIND as OFFER
from wacloud.modules.whatsapp.domain.template_offer import counts_down, offer_of
from wacloud.modules.whatsapp.domain.template_text import VARIABLE, in_order, variables_of
from wacloud.modules.whatsapp.ui.whatsapp_text import formatted


@dataclass(frozen=True, slots=True)
class Preview:
    """
    What a phone shows; `file` is the kind of what stands above the text, `media_id` our example of it.

    `offer` is the line of an offer that ends, `counts_down` whether phones show how long it lasts.
    """

    header: str
    file: str | None
    media_id: UUID | None
    body: Any
    footer: str
    buttons: Sequence[tuple[str, str]]
    cards: Sequence["Preview"] = ()
    offer: str = ""
    counts_down: bool = False


_ICONS: Final = {
    "URL": "external-link",
    "PHONE_NUMBER": "phone",
    "COPY_CODE": "copy",
    "OTP": "copy",
    "QUICK_REPLY": "arrow-back-up",
    "CATALOG": "building-store",
    "MPM": "list-details",
    "SPM": "tag",
    "VOICE_CALL": "phone",
    "REQUEST_CONTACT_INFO": "id",
}
# The labels WhatsApp writes by itself, in Spanish or else in English.
_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "COPY_CODE": ("Copiar código", "Copy code"),
    "ONE_TAP": ("Autocompletar", "Autofill"),
    "ZERO_TAP": ("Autocompletar", "Autofill"),
    "CATALOG": ("Ver catálogo", "View catalog"),
    "MPM": ("Ver artículos", "View items"),
    "SPM": ("Ver", "View"),
    "REQUEST_CONTACT_INFO": ("Compartir información de contacto", "Share contact info"),
}
_METAS: Final = ("CATALOG", "MPM", "SPM", "REQUEST_CONTACT_INFO")
# What WhatsApp writes of a code, in Spanish or else in English: the text, the warning, how long it is good.
_EXAMPLE: Final = "123456"
_CODES: Final = {
    True: (
        f"*{_EXAMPLE}* es tu código de verificación.",
        " Por tu seguridad, no lo compartas.",
        "Este código caduca en {} minutos.",
    ),
    False: (
        f"*{_EXAMPLE}* is your verification code.",
        " For your security, do not share this code.",
        "This code expires in {} minutes.",
    ),
}


def preview_of(components: Sequence[Component] | None, language: str = "es") -> Preview:
    """With the examples in place of the variables; `language` is the template's, for what WhatsApp writes by itself."""
    header, body = (part(components, kind) for kind in ("HEADER", "BODY"))
    buttons, offer = buttons_of(part(components, "BUTTONS")), part(components, OFFER)
    kind = str(header.get("format") or "TEXT").upper()
    code = _code_in(body, language) if is_code(components or ()) else ""
    return Preview(
        header=_with_examples(header, "header_text") if kind == "TEXT" else "",
        file=None if kind == "TEXT" else kind.lower(),
        media_id=media_id_of(header),
        body=formatted(_with_examples(body, "body_text") or code),
        footer=footer_of(components or (), language),
        buttons=[(label_of(one, language), _ICONS.get(str(one.get("type")), "list-check")) for one in buttons],
        cards=[preview_of(parts_of(card), language) for card in cards_of(part(components, "CAROUSEL"))],
        offer=str(offer_of(offer).get("text") or ""),
        counts_down=counts_down(offer),
    )


def code_told(components: Sequence[Component], language: str, code: str) -> str:
    """What WhatsApp writes of this code; empty where the template brings none, or a text of its own."""
    body = part(components, "BODY")
    is_ours = is_code(components) and not body.get("text")
    return _code_in(body, language).replace(_EXAMPLE, code) if is_ours else ""


def footer_of(components: Sequence[Component], language: str) -> str:
    """The line below the text."""
    footer = part(components, "FOOTER")
    return str(footer.get("text") or "") or _minutes_in(footer, language)


def _code_in(body: Component, language: str) -> str:
    text, warning, _ = _CODES[language.partition("_")[0] == "es"]
    return text + (warning if body.get("add_security_recommendation") else "")


def _minutes_in(footer: Component, language: str) -> str:
    minutes = footer.get("code_expiration_minutes")
    return _CODES[language.partition("_")[0] == "es"][2].format(minutes) if minutes else ""


def label_of(button: Mapping[str, Any], language: str) -> str:
    """What stands on it; WhatsApp writes some labels by itself, and others where nobody else does."""
    kind = str(button.get("type", "")).upper()
    way = (way_of(button) or "COPY_CODE") if kind == "OTP" else kind
    said = button.get("autofill_text" if way in ("ONE_TAP", "ZERO_TAP") else "text")
    if said and way not in _METAS and kind != "COPY_CODE":
        return str(said)
    if way in _LABELS:
        return _LABELS[way][language.partition("_")[0] != "es"]
    return str(button.get("text") or button.get("example") or kind)


def _with_examples(one: Component, key: str) -> str:
    text = one.get("text")
    text = text if isinstance(text, str) else ""
    values = dict(zip(in_order(variables_of(text)), values_of(one, key), strict=False))
    return VARIABLE.sub(lambda found: values.get(found[1]) or found[0], text)


def values_of(one: Component, key: str) -> list[str]:
    """The examples of a component, in the order of its variables."""
    example = one.get("example")
    if not isinstance(example, Mapping):
        return []
    named = example.get(f"{key}_named_params")
    if isinstance(named, list):
        told = {str(each.get("param_name")): str(each.get("example")) for each in named if isinstance(each, Mapping)}
        return [told.get(name, "") for name in in_order(variables_of(str(one.get("text") or "")))]
    values = example.get(key)
    values = values[0] if isinstance(values, list) and values and isinstance(values[0], list) else values
    return [str(value) for value in values] if isinstance(values, list) else []
