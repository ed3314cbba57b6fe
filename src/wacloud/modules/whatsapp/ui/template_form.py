"""The form of a message template: what stands in its fields, and the template that makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from starlette.datastructures import FormData

from wacloud.modules.whatsapp.domain.message_template import Component, Draft, KeptTemplate, part
from wacloud.modules.whatsapp.domain.template_starters import Starter
from wacloud.modules.whatsapp.domain.template_text import VARIABLE, variables_of
from wacloud.modules.whatsapp.ui.whatsapp_text import formatted

REPLIES: Final = 3
LONGEST: Final = 5000


@dataclass(frozen=True, slots=True)
class Filled:
    """The fields as they were filled in; examples are one a line, in the order of the variables."""

    name: str = ""
    language: str = "es"
    category: str = "UTILITY"
    header: str = ""
    header_example: str = ""
    body: str = ""
    body_examples: str = ""
    footer: str = ""
    replies: tuple[str, ...] = ("",) * REPLIES
    link_text: str = ""
    link_url: str = ""
    link_example: str = ""
    call_text: str = ""
    call_phone: str = ""

    @property
    def is_named(self) -> bool:
        """Variables with names and those with numbers are two kinds; one with a name makes it the first."""
        names = [*variables_of(self.header), *variables_of(self.body)]
        return any(not name.isdigit() for name in names)

    def draft(self) -> Draft:
        """The template it makes."""
        components: list[Component] = []
        if self.header:
            header: dict[str, Any] = {"type": "HEADER", "format": "TEXT", "text": self.header}
            components.append(header | _example("header_text", self.header, self.header_example, self.is_named))
        body: dict[str, Any] = {"type": "BODY", "text": self.body}
        components.append(body | _example("body_text", self.body, self.body_examples, self.is_named))
        if self.footer:
            components.append({"type": "FOOTER", "text": self.footer})
        buttons: list[dict[str, Any]] = [{"type": "QUICK_REPLY", "text": text} for text in self.replies if text]
        if self.link_text or self.link_url:
            link: dict[str, Any] = {"type": "URL", "text": self.link_text, "url": self.link_url}
            buttons.append(link | ({"example": [self.link_example]} if self.link_example else {}))
        if self.call_text or self.call_phone:
            buttons.append({"type": "PHONE_NUMBER", "text": self.call_text, "phone_number": self.call_phone})
        if buttons:
            components.append({"type": "BUTTONS", "buttons": buttons})
        kind = "NAMED" if self.is_named else "POSITIONAL"
        return Draft(self.name, self.language, self.category, components, kind)


def filled_in(form: FormData) -> Filled:
    """What a browser sent; line ends are Meta's."""

    def said(name: str) -> str:
        value = form.get(name)
        return value.replace("\r\n", "\n").strip()[:LONGEST] if isinstance(value, str) else ""

    names = [one.name for one in fields(Filled) if one.name != "replies"]
    given = {name: said(name) for name in names if name in form}
    return Filled(**given, replies=tuple(said(f"reply_{place}") for place in range(REPLIES)))


def form_of(kept: KeptTemplate) -> Filled | None:
    """The form of a template there is; None where it has parts the form has no place for."""
    components = kept.components or ()
    header, body, footer = (part(components, kind) for kind in ("HEADER", "BODY", "FOOTER"))
    listed = part(components, "BUTTONS").get("buttons") or ()
    buttons = [one for one in listed if isinstance(one, Mapping)]
    replies = [str(one.get("text") or "") for one in buttons if one.get("type") == "QUICK_REPLY"]
    links = [one for one in buttons if one.get("type") == "URL"]
    calls = [one for one in buttons if one.get("type") == "PHONE_NUMBER"]
    is_plain = (
        {str(one.get("type")) for one in components} <= {"HEADER", "BODY", "FOOTER", "BUTTONS"}
        and (not header or header.get("format") == "TEXT")
        and len(replies) <= REPLIES
        and len(links) <= 1
        and len(calls) <= 1
        and len(replies) + len(links) + len(calls) == len(buttons)
    )
    if not body or not is_plain:
        return None
    link, call = (links or [{}])[0], (calls or [{}])[0]
    example = link.get("example")
    return Filled(
        name=kept.name,
        language=kept.language,
        category=kept.category or "UTILITY",
        header=str(header.get("text") or ""),
        header_example="\n".join(_values(header, "header_text")),
        body=str(body.get("text") or ""),
        body_examples="\n".join(_values(body, "body_text")),
        footer=str(footer.get("text") or ""),
        replies=(*replies, *[""] * (REPLIES - len(replies))),
        link_text=str(link.get("text") or ""),
        link_url=str(link.get("url") or ""),
        link_example=str(example[0]) if isinstance(example, list) and example else str(example or ""),
        call_text=str(call.get("text") or ""),
        call_phone=str(call.get("phone_number") or ""),
    )


def started_from(starter: Starter, language: str) -> Filled:
    """The form of a starter, in one of its languages."""
    wording = starter.wordings.get(language) or starter.wordings["es"]
    return Filled(
        name=starter.name,
        language=language if language in starter.wordings else "es",
        category=starter.category,
        body=wording.body,
        body_examples="\n".join(wording.examples),
        replies=(*wording.replies, *[""] * (REPLIES - len(wording.replies))),
    )


@dataclass(frozen=True, slots=True)
class Preview:
    """What a phone shows; `file` is the kind of a file above the text."""

    header: str
    file: str | None
    body: Any
    footer: str
    buttons: Sequence[tuple[str, str]]


_ICONS: Final = {"URL": "external-link", "PHONE_NUMBER": "phone", "COPY_CODE": "copy", "QUICK_REPLY": "arrow-back-up"}


def preview_of(components: Sequence[Component] | None) -> Preview:
    """With the examples in place of the variables."""
    header, body, footer = (part(components, kind) for kind in ("HEADER", "BODY", "FOOTER"))
    listed = part(components, "BUTTONS").get("buttons")
    buttons = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    kind = str(header.get("format") or "TEXT").upper()
    return Preview(
        header=_with_examples(header, "header_text") if kind == "TEXT" else "",
        file=None if kind == "TEXT" else kind.lower(),
        body=formatted(_with_examples(body, "body_text")),
        footer=str(footer.get("text") or ""),
        buttons=[
            (str(one.get("text") or one.get("example") or ""), _ICONS.get(str(one.get("type")), "list-check"))
            for one in buttons
        ],
    )


def _with_examples(one: Component, key: str) -> str:
    text = one.get("text")
    text = text if isinstance(text, str) else ""
    values = dict(zip(_in_order(variables_of(text)), _values(one, key), strict=False))
    return VARIABLE.sub(lambda found: values.get(found[1]) or found[0], text)


def _example(key: str, text: str, given: str, is_named: bool) -> dict[str, Any]:
    names, values = _in_order(variables_of(text)), [line.strip() for line in given.split("\n") if line.strip()]
    if not names or not values:
        return {}
    if is_named:
        pairs = zip(names, values, strict=False)
        return {"example": {f"{key}_named_params": [{"param_name": n, "example": v} for n, v in pairs]}}
    return {"example": {key: [values] if key == "body_text" else values}}


def _values(one: Component, key: str) -> list[str]:
    """The examples of a component, in the order of its variables."""
    example = one.get("example")
    if not isinstance(example, Mapping):
        return []
    named = example.get(f"{key}_named_params")
    if isinstance(named, list):
        told = {str(each.get("param_name")): str(each.get("example")) for each in named if isinstance(each, Mapping)}
        return [told.get(name, "") for name in _in_order(variables_of(str(one.get("text") or "")))]
    values = example.get(key)
    values = values[0] if isinstance(values, list) and values and isinstance(values[0], list) else values
    return [str(value) for value in values] if isinstance(values, list) else []


def _in_order(names: Sequence[str]) -> list[str]:
    """Numbers by size, names as they come."""
    if all(name.isdigit() for name in names):
        return sorted(names, key=lambda name: (len(name), name))
    return list(names)
