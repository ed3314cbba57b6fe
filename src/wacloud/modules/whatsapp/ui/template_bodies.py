"""Message templates as programs send and read them. Components are Meta's own objects."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from wacloud.modules.whatsapp.domain import template_buttons, template_text
from wacloud.modules.whatsapp.domain.message_template import Draft, KeptTemplate
from wacloud.modules.whatsapp.domain.template_text import Finding
from wacloud.modules.whatsapp.ui.send_parts import Strict, words
from wacloud.modules.whatsapp.ui.template_words import in_words

Example = Annotated[str, Field(max_length=2000)]
PICKUP: Final[dict[str, Any]] = {
    "name": "pedido_listo",
    "language": "es",
    "category": "UTILITY",
    "components": [
        {
            "type": "BODY",
            "text": "Hola {{1}}, tu pedido {{2}} ya está listo para recoger.",
            "example": {"body_text": [["Rosa", "A-103"]]},
        },
        {"type": "FOOTER", "text": "Panadería Sol"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Gracias"}]},
    ],
}
OFFER: Final[dict[str, Any]] = {
    "name": "novedades_otono",
    "language": "es",
    "category": "MARKETING",
    "parameter_format": "NAMED",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Ya es otoño"},
        {
            "type": "BODY",
            "text": "Hola {{nombre}}, esta semana 10% de descuento en tartas de calabaza.",
            "example": {"body_text_named_params": [{"param_name": "nombre", "example": "Rosa"}]},
        },
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "No quiero más ofertas"}]},
    ],
}


def examples() -> Any:
    """For the description of the API; a test sends each."""
    return {
        "utility": {"summary": "An order is ready", "value": PICKUP},
        "marketing": {"summary": "News", "value": OFFER},
    }


class NamedExample(Strict):
    """An example for a variable that has a name."""

    param_name: Annotated[str, Field(max_length=64)]
    example: Example


class TemplateExample(Strict):
    """What the reviewer sees in place of the variables, or of a file (a handle of Meta's resumable upload)."""

    header_text: list[Example] | None = None
    header_text_named_params: list[NamedExample] | None = None
    header_handle: list[Example] | None = None
    body_text: list[list[Example]] | None = None
    body_text_named_params: list[NamedExample] | None = None


class TemplateButton(Strict):
    """A button. A link may end with one variable, which needs an example; so does a coupon code."""

    type: Literal["QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE"]
    text: words(template_buttons.LABEL) | None = None  # type: ignore[valid-type]
    url: words(template_buttons.URL) | None = None  # type: ignore[valid-type]
    phone_number: words(template_buttons.PHONE) | None = None  # type: ignore[valid-type]
    example: Example | list[Example] | None = None


class TemplateComponent(Strict):
    """A part of a template. `format` is for the header, `buttons` for BUTTONS."""

    type: Literal["HEADER", "BODY", "FOOTER", "BUTTONS"]
    format: Literal["TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"] | None = None
    text: words(template_text.BODY) | None = None  # type: ignore[valid-type]
    example: TemplateExample | None = None
    buttons: Annotated[list[TemplateButton], Field(max_length=100)] | None = None


Components = Annotated[list[TemplateComponent], Field(min_length=1, max_length=10)]


class TemplateBody(Strict):
    """A new template."""

    name: words(template_text.NAME)  # type: ignore[valid-type]
    language: Annotated[str, Field(max_length=20, examples=["es"])]
    category: Literal["UTILITY", "MARKETING"]
    parameter_format: Literal["POSITIONAL", "NAMED"] = "POSITIONAL"
    components: Components


class NewTemplate(TemplateBody):
    """With the WhatsApp account it is for: where that is left out, the first one of the business."""

    waba_id: Annotated[str, Field(max_length=40)] | None = None


class TemplateEdit(Strict):
    """What it shall be in place of what it is; the category only while it is not approved."""

    components: Components
    category: Literal["UTILITY", "MARKETING"] | None = None


class FindingOut(BaseModel):
    """What Meta would say of one field; `limit` where the rule has a number."""

    rule: str
    severity: Literal["error", "warning", "hint"]
    field: str
    message: str
    limit: int | None


class Findings(BaseModel):
    """The worst first."""

    findings: list[FindingOut]


class StepOut(BaseModel):
    """One change; `before` and `after` are Meta's words."""

    at: datetime
    what: str
    before: str | None
    after: str | None


class TemplateOut(BaseModel):
    """
    A template as it stands at Meta. `components` is null where only news of it came so far.

    `next_category` was announced and counts from `next_category_at` on; `reason` is Meta's code, `advice` its words.
    """

    id: UUID
    waba_id: str
    meta_id: str | None
    name: str
    language: str
    status: str | None
    category: str | None
    next_category: str | None
    next_category_at: datetime | None
    quality: str | None
    reason: str | None
    advice: str | None
    parameter_format: str | None
    components: list[dict[str, Any]] | None
    created_at: datetime
    changed_at: datetime
    deleted_at: datetime | None


class TemplateDetail(TemplateOut):
    """With what became of it, the newest first, and what there is to say about it."""

    history: list[StepOut]
    findings: list[FindingOut]


class TemplateList(BaseModel):
    """`next_cursor` is the next page's `cursor`."""

    templates: list[TemplateOut]
    next_cursor: str | None


class SyncOut(BaseModel):
    """How reading the list of one account went the last time; `trouble` says why it could not be read."""

    waba_id: str
    synced_at: datetime | None
    trouble: str | None


class SyncAsked(BaseModel):
    """The list of each account as it was read so far."""

    accounts: list[SyncOut]


def plain(components: Sequence[TemplateComponent]) -> list[dict[str, Any]]:
    """As Meta takes them: without what was left out."""
    return [one.model_dump(exclude_none=True) for one in components]


def draft_of(body: TemplateBody) -> Draft:
    """What is to be looked at and sent."""
    return Draft(body.name, body.language, body.category, plain(body.components), body.parameter_format)


def findings_out(findings: Sequence[Finding], language: str) -> list[FindingOut]:
    """In the language of whoever asks."""
    return [
        FindingOut(rule=f.rule, severity=f.severity, field=f.field, message=in_words(f, language), limit=f.limit)
        for f in findings
    ]


def out(kept: KeptTemplate) -> dict[str, Any]:
    """The fields of `TemplateOut`."""
    return {name: getattr(kept, name) for name in TemplateOut.model_fields}
