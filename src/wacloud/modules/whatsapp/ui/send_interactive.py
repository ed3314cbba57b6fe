"""Interactive messages as a program writes them: Meta's own objects, closed to what Meta does not know."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from wacloud.modules.whatsapp.domain import outgoing_interactive as limits
from wacloud.modules.whatsapp.ui.send_parts import Link, Strict, words

Id = Annotated[str, Field(max_length=1024)]
Title = words(limits.BUTTON_TITLE)


class Words(Strict):
    """The words of a part."""

    text: words(limits.BODY)  # type: ignore[valid-type]


class HeaderFile(Strict):
    """A file of ours or a public https address."""

    media_id: UUID | None = None
    link: Link | None = None
    filename: words(240) | None = None  # type: ignore[valid-type]


class Header(Strict):
    """Above the message: a text, or a file."""

    type: Literal["text", "image", "video", "document"]
    text: words(limits.HEADER) | None = None  # type: ignore[valid-type]
    image: HeaderFile | None = None
    video: HeaderFile | None = None
    document: HeaderFile | None = None


class _Interactive(Strict):
    header: Header | None = None
    body: Words | None = None
    footer: Words | None = None


class Reply(Strict):
    """What a button answers with: `id` is for programs, `title` is on it."""

    id: Id
    title: Title  # type: ignore[valid-type]


class ReplyButton(Strict):
    """A button that answers."""

    type: Literal["reply"] = "reply"
    reply: Reply


class Buttons(Strict):
    """One to three of them."""

    buttons: Annotated[list[ReplyButton], Field(max_length=30)]


class InteractiveButtons(_Interactive):
    """Buttons to answer with."""

    type: Literal["button"]
    action: Buttons


class Row(Strict):
    """A line to choose."""

    id: Id
    title: words(limits.ROW_TITLE)  # type: ignore[valid-type]
    description: words(limits.ROW_DESCRIPTION) | None = None  # type: ignore[valid-type]


class Section(Strict):
    """Lines under a title, which is needed where there are several."""

    title: words(limits.SECTION_TITLE) | None = None  # type: ignore[valid-type]
    rows: Annotated[list[Row], Field(max_length=100)]


class Sections(Strict):
    """`button` opens the list."""

    button: words(limits.LIST_BUTTON)  # type: ignore[valid-type]
    sections: Annotated[list[Section], Field(max_length=100)]


class InteractiveList(_Interactive):
    """A list to choose from."""

    type: Literal["list"]
    action: Sections


class UrlParameters(Strict):
    """What is on the button and where it leads."""

    display_text: Title  # type: ignore[valid-type]
    url: Link


class UrlAction(Strict):
    """A button that opens a page."""

    name: Literal["cta_url"] = "cta_url"
    parameters: UrlParameters


class InteractiveUrl(_Interactive):
    """A button that opens a page."""

    type: Literal["cta_url"]
    action: UrlAction


class FlowPayload(Strict):
    """The first screen and what it is given."""

    screen: Id
    data: dict[str, Any] | None = None


class FlowParameters(Strict):
    """The form, by its id or its name, and the words on its button."""

    flow_message_version: Literal["3"] = "3"
    flow_id: Id | None = None
    flow_name: Id | None = None
    flow_cta: Title  # type: ignore[valid-type]
    flow_token: Id | None = None
    flow_action: Literal["navigate", "data_exchange"] | None = None
    flow_action_payload: FlowPayload | None = None
    mode: Literal["draft", "published"] | None = None


class FlowAction(Strict):
    """A button that opens a form."""

    name: Literal["flow"] = "flow"
    parameters: FlowParameters


class InteractiveFlow(_Interactive):
    """A form."""

    type: Literal["flow"]
    action: FlowAction


class LocationAction(Strict):
    """Asks for a place."""

    name: Literal["send_location"] = "send_location"


class InteractiveLocationRequest(_Interactive):
    """Asks where somebody is."""

    type: Literal["location_request_message"]
    action: LocationAction = LocationAction()


class ContactAction(Strict):
    """Asks for a phone."""

    name: Literal["request_contact_info"] = "request_contact_info"


class InteractiveContactRequest(_Interactive):
    """Asks for the phone of somebody who does not show it."""

    type: Literal["request_contact_info"]
    action: ContactAction = ContactAction()


class ProductAction(Strict):
    """One product of a catalogue."""

    catalog_id: Id
    product_retailer_id: Id


class InteractiveProduct(_Interactive):
    """A product."""

    type: Literal["product"]
    action: ProductAction


class ProductItem(Strict):
    """One product."""

    product_retailer_id: Id


class ProductSection(Strict):
    """Products under a title."""

    title: words(limits.SECTION_TITLE) | None = None  # type: ignore[valid-type]
    product_items: Annotated[list[ProductItem], Field(max_length=300)]


class ProductSections(Strict):
    """Products of a catalogue."""

    catalog_id: Id
    sections: Annotated[list[ProductSection], Field(max_length=100)]


class InteractiveProducts(_Interactive):
    """Several products."""

    type: Literal["product_list"]
    action: ProductSections


class CatalogParameters(Strict):
    """Whose picture is shown."""

    thumbnail_product_retailer_id: Id | None = None


class CatalogAction(Strict):
    """Opens the catalogue."""

    name: Literal["catalog_message"] = "catalog_message"
    parameters: CatalogParameters | None = None


class InteractiveCatalog(_Interactive):
    """The whole catalogue."""

    type: Literal["catalog_message"]
    action: CatalogAction = CatalogAction()


class QuickReply(Strict):
    """A button of a card that answers."""

    type: Literal["quick_reply"] = "quick_reply"
    quick_reply: Reply


class CardAction(Strict):
    """What a card does: opens a page, answers, or shows a product."""

    name: Literal["cta_url"] | None = None
    parameters: UrlParameters | None = None
    buttons: Annotated[list[QuickReply], Field(max_length=30)] | None = None
    catalog_id: Id | None = None
    product_retailer_id: Id | None = None


class CarouselCard(Strict):
    """One of the cards, which are all of one kind."""

    card_index: int
    type: Literal["cta_url", "product"]
    header: Header | None = None
    body: Words | None = None
    action: CardAction


class CarouselAction(Strict):
    """Two to ten cards."""

    cards: Annotated[list[CarouselCard], Field(max_length=100)]


class InteractiveCarousel(_Interactive):
    """Cards side by side."""

    type: Literal["carousel"]
    action: CarouselAction


class CallParameters(Strict):
    """The words on the button and for how many minutes it works."""

    display_text: Title | None = None  # type: ignore[valid-type]
    ttl_minutes: int | None = None


class CallAction(Strict):
    """A button that calls."""

    name: Literal["voice_call"] = "voice_call"
    parameters: CallParameters | None = None


class InteractiveCall(_Interactive):
    """A button to call the business."""

    type: Literal["voice_call"]
    action: CallAction = CallAction()


class CallPermissionAction(Strict):
    """Asks whether the business may call."""

    name: Literal["call_permission_request"] = "call_permission_request"


class InteractiveCallPermission(_Interactive):
    """Asks whether the business may call."""

    type: Literal["call_permission_request"]
    action: CallPermissionAction = CallPermissionAction()


class AddressParameters(Strict):
    """The country, and what is known of the address."""

    country: Id
    values: dict[str, Any] | None = None


class AddressAction(Strict):
    """Asks for an address."""

    name: Literal["address_message"] = "address_message"
    parameters: AddressParameters


class InteractiveAddress(_Interactive):
    """Asks for an address, in the few countries that have it."""

    type: Literal["address_message"]
    action: AddressAction


Interactive = Annotated[
    InteractiveButtons
    | InteractiveList
    | InteractiveUrl
    | InteractiveFlow
    | InteractiveLocationRequest
    | InteractiveContactRequest
    | InteractiveProduct
    | InteractiveProducts
    | InteractiveCatalog
    | InteractiveCarousel
    | InteractiveCall
    | InteractiveCallPermission
    | InteractiveAddress,
    Field(discriminator="type"),
]
