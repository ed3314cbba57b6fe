"""Message templates as programs send and read them. Components are Meta's own objects."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from wacloud.modules.whatsapp.domain import (
    template_buttons,
    template_carousel,
    template_codes,
    template_offer,
    template_text,
)
from wacloud.modules.whatsapp.domain.message_template import Category, Draft, KeptTemplate
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
CODE: Final[dict[str, Any]] = {
    "name": "codigo_de_acceso",
    "language": "es",
    "category": "AUTHENTICATION",
    "components": [
        {"type": "BODY", "add_security_recommendation": True},
        {"type": "FOOTER", "code_expiration_minutes": 10},
        {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copiar código"}]},
    ],
}
ONE_TAP: Final[dict[str, Any]] = {
    "name": "codigo_en_la_app",
    "language": "es",
    "category": "AUTHENTICATION",
    "components": [
        {"type": "BODY", "add_security_recommendation": True},
        {
            "type": "BUTTONS",
            "buttons": [
                {
                    "type": "OTP",
                    "otp_type": "ONE_TAP",
                    "autofill_text": "Rellenar",
                    "supported_apps": [{"package_name": "com.panaderia.sol", "signature_hash": "K8a/AINcGX7"}],
                }
            ],
        },
    ],
}
COUNTDOWN: Final[dict[str, Any]] = {
    "name": "oferta_de_hoy",
    "language": "es",
    "category": "MARKETING",
    "components": [
        {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Solo hoy", "has_expiration": True}},
        {"type": "BODY", "text": "Todas las tartas con un 25% de descuento. No quiero más ofertas: escribe BAJA."},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "COPY_CODE", "example": "TARTA25"},
                {"type": "URL", "text": "Ver tartas", "url": "https://example.com/tartas"},
            ],
        },
    ],
}
CATALOGUE: Final[dict[str, Any]] = {
    "name": "nuestro_catalogo",
    "language": "es",
    "category": "MARKETING",
    "components": [
        {"type": "BODY", "text": "Ya puedes pedir por aquí todo lo que horneamos. Si no quieres más, escribe BAJA."},
        {"type": "BUTTONS", "buttons": [{"type": "CATALOG", "text": "View catalog"}]},
    ],
}


def examples() -> Any:
    """For the description of the API; a test sends each."""
    return {
        "utility": {"summary": "An order is ready", "value": PICKUP},
        "marketing": {"summary": "News", "value": OFFER},
        "authentication": {"summary": "A code for signing in", "value": CODE},
        "one_tap": {"summary": "A code that an app fills in", "value": ONE_TAP},
        "offer": {"summary": "An offer that ends", "value": COUNTDOWN},
        "catalogue": {"summary": "The catalogue", "value": CATALOGUE},
    }


class NamedExample(Strict):
    """An example for a variable that has a name."""

    param_name: Annotated[str, Field(max_length=64)]
    example: Example


class TemplateExample(Strict):
    """
    What the reviewer sees in place of the variables, or of a file: one of yours (`POST /api/whatsapp/media`) by its
    `media_id`, or a handle of Meta's resumable upload.
    """

    media_id: UUID | None = None

    header_text: list[Example] | None = None
    header_text_named_params: list[NamedExample] | None = None
    header_handle: list[Example] | None = None
    body_text: list[list[Example]] | None = None
    body_text_named_params: list[NamedExample] | None = None


class SupportedApp(Strict):
    """An app for Android that a code is filled in, and the 11 characters of its signature."""

    package_name: words(template_codes.PACKAGE_NAME)  # type: ignore[valid-type]
    signature_hash: Annotated[str, Field(max_length=100)]


class TemplateButton(Strict):
    """
    A button. A link may end with one variable, which needs an example; so does a coupon code.

    FLOW opens a form of yours by its `flow_id`. OTP brings a code for signing in: to be copied, or filled in by the
    `supported_apps` with one tap or, where you accept the terms, none. CATALOG shows your catalogue, MPM products of
    it, SPM the one above the text; VOICE_CALL calls you on WhatsApp, for `ttl_minutes`; REQUEST_CONTACT_INFO asks for
    the phone number, under Meta's own label.
    """

    type: Literal[
        "QUICK_REPLY",
        "URL",
        "PHONE_NUMBER",
        "COPY_CODE",
        "FLOW",
        "OTP",
        "CATALOG",
        "MPM",
        "SPM",
        "VOICE_CALL",
        "REQUEST_CONTACT_INFO",
    ]
    text: words(template_buttons.LABEL) | None = None  # type: ignore[valid-type]
    url: words(template_buttons.URL) | None = None  # type: ignore[valid-type]
    phone_number: words(template_buttons.PHONE) | None = None  # type: ignore[valid-type]
    example: Example | list[Example] | None = None
    flow_id: Annotated[str, Field(max_length=40)] | None = None
    flow_action: Literal["navigate", "data_exchange"] | None = None
    navigate_screen: Annotated[str, Field(max_length=200)] | None = None
    otp_type: Literal["COPY_CODE", "ONE_TAP", "ZERO_TAP"] | None = None
    autofill_text: words(template_codes.LABEL) | None = None  # type: ignore[valid-type]
    supported_apps: Annotated[list[SupportedApp], Field(max_length=50)] | None = None
    zero_tap_terms_accepted: bool | None = None
    ttl_minutes: int | None = None


class CardComponent(Strict):
    """
    A part of a card: its picture or video, a text of 160 characters, one or two buttons.

    A card of a PRODUCT has one button, SPM or a link, and no text: two such cards are enough for up to ten.
    """

    type: Literal["HEADER", "BODY", "BUTTONS"]
    format: Literal["IMAGE", "VIDEO", "PRODUCT"] | None = None
    text: words(template_carousel.CARD_BODY) | None = None  # type: ignore[valid-type]
    example: TemplateExample | None = None
    buttons: Annotated[list[TemplateButton], Field(max_length=100)] | None = None


class TemplateCard(Strict):
    """One card of a carousel. All of them have the same parts, and buttons of the same types."""

    components: Annotated[list[CardComponent], Field(min_length=1, max_length=3)]


class Offer(Strict):
    """A line about an offer; with `has_expiration` phones count down to the end that is said when it is sent."""

    text: words(template_offer.TEXT)  # type: ignore[valid-type]
    has_expiration: bool | None = None


class TemplateComponent(Strict):
    """
    A part of a template. `format` is for the header, `buttons` for BUTTONS, `cards` for CAROUSEL, `limited_time_offer`
    for LIMITED_TIME_OFFER, beside which the text has 600 characters at most, and there is no footer.

    A code for signing in (AUTHENTICATION) has no texts: its body may have `add_security_recommendation`, its footer
    says in `code_expiration_minutes` how long it is good.
    """

    type: Literal["HEADER", "LIMITED_TIME_OFFER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL"]
    format: Literal["TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION", "PRODUCT"] | None = None
    text: words(template_text.BODY) | None = None  # type: ignore[valid-type]
    example: TemplateExample | None = None
    buttons: Annotated[list[TemplateButton], Field(max_length=100)] | None = None
    cards: Annotated[list[TemplateCard], Field(max_length=100)] | None = None
    limited_time_offer: Offer | None = None
    add_security_recommendation: bool | None = None
    code_expiration_minutes: int | None = None


Components = Annotated[list[TemplateComponent], Field(min_length=1, max_length=10)]


class TemplateBody(Strict):
    """A new template."""

    name: words(template_text.NAME)  # type: ignore[valid-type]
    language: Annotated[str, Field(max_length=20, examples=["es"])]
    category: Category
    parameter_format: Literal["POSITIONAL", "NAMED"] = "POSITIONAL"
    components: Components


class NewTemplate(TemplateBody):
    """With the WhatsApp account it is for: it may be left out where the business has one only."""

    waba_id: Annotated[str, Field(max_length=40)] | None = None


class TemplateEdit(Strict):
    """What it shall be in place of what it is; the category only while it is not approved."""

    components: Components
    category: Category | None = None


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
    name: str | None
    synced_at: datetime | None
    trouble: str | None


class SyncAsked(BaseModel):
    """The list of each account as it was read so far."""

    accounts: list[SyncOut]


def plain(components: Sequence[TemplateComponent]) -> list[dict[str, Any]]:
    """As Meta takes them: without what was left out."""
    return [one.model_dump(mode="json", exclude_none=True) for one in components]


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
