"""A template as a program fills it in."""

from typing import Annotated, Any, Literal

from pydantic import Field

from wacloud.modules.whatsapp.domain import outgoing_template as limits
from wacloud.modules.whatsapp.ui.send_interactive import HeaderFile
from wacloud.modules.whatsapp.ui.send_parts import Strict, words

Short = Annotated[str, Field(max_length=1024)]


class TemplatePlace(Strict):
    """A pin on the map."""

    latitude: float
    longitude: float
    name: Short | None = None
    address: Short | None = None


class Currency(Strict):
    """An amount in thousandths."""

    fallback_value: Short
    code: Short
    amount_1000: int


class Moment(Strict):
    """A day or a time, in words."""

    fallback_value: Short


class Offer(Strict):
    """When it ends, in milliseconds since 1970."""

    expiration_time_ms: int


class Product(Strict):
    """A product of a catalogue, above the text or on a card."""

    catalog_id: Short
    product_retailer_id: Short


class Parameter(Strict):
    """One value. With `parameter_name` it goes by its name, without by its place."""

    type: Literal[
        "text",
        "currency",
        "date_time",
        "image",
        "video",
        "document",
        "location",
        "product",
        "payload",
        "coupon_code",
        "action",
        "limited_time_offer",
        "voice_call",
        "ttl_minutes",
    ]
    parameter_name: Short | None = None
    text: words(limits.RENDERED) | None = None  # type: ignore[valid-type]
    currency: Currency | None = None
    date_time: Moment | None = None
    image: HeaderFile | None = None
    video: HeaderFile | None = None
    document: HeaderFile | None = None
    location: TemplatePlace | None = None
    product: Product | None = None
    payload: Short | None = None
    coupon_code: Short | None = None
    action: Annotated[
        dict[str, Any] | None,
        Field(
            description="Of a form; of the catalogue `thumbnail_product_retailer_id`, with `sections` for products: "
            "`[{title, product_items: [{product_retailer_id}]}]`."
        ),
    ] = None
    limited_time_offer: Offer | None = None
    ttl_minutes: int | None = None


class _Part(Strict):
    """A part of the template that has values."""

    parameters: Annotated[list[Parameter], Field(max_length=100)] | None = None
    sub_type: (
        Literal["quick_reply", "url", "copy_code", "flow", "catalog", "mpm", "voice_call", "order_details"] | None
    ) = None
    index: Annotated[str, Field(pattern=r"^[0-9]$")] | None = None


class CardComponent(_Part):
    """A part of a card."""

    type: Literal["header", "body", "button"]


class TemplateCard(Strict):
    """A card of a carousel."""

    card_index: int
    components: Annotated[list[CardComponent], Field(max_length=20)]


class Component(_Part):
    """Only parts that have values are named."""

    type: Literal["header", "body", "button", "carousel", "limited_time_offer"]
    cards: Annotated[list[TemplateCard], Field(max_length=100)] | None = None


class TemplateLanguage(Strict):
    """`es`, `es_MX`, `en_US` ..."""

    code: Annotated[str, Field(max_length=32)]


class Template(Strict):
    """A template by its name and language, and its values."""

    name: words(limits.NAME)  # type: ignore[valid-type]
    language: TemplateLanguage
    components: Annotated[list[Component], Field(max_length=40)] | None = None
