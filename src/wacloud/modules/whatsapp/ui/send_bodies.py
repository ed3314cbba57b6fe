"""What a program says to send a message: to whom, the type, and the object of that name, as Meta calls its parts."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from wacloud.modules.whatsapp.domain import outgoing
from wacloud.modules.whatsapp.domain.message import TEXT_LIMIT
from wacloud.modules.whatsapp.domain.outgoing import Rules, Wanted
from wacloud.modules.whatsapp.domain.outgoing_interactive import interactive
from wacloud.modules.whatsapp.domain.outgoing_template import template
from wacloud.modules.whatsapp.ui.send_interactive import Interactive
from wacloud.modules.whatsapp.ui.send_parts import Link, Strict, words
from wacloud.modules.whatsapp.ui.send_template import Template


class _Send(Strict):
    """
    Into a conversation there is, or to a person (`to`): from a number of yours (`phone_number_id`), else one they know.

    `bulk`: one of many, which leaves after whatever somebody waits for; marketing templates do unless it is false.
    `literal_braces`: `{{name}}` in a text is meant as it stands; else it is taken for a variable nobody filled in.
    """

    conversation_id: UUID | None = None
    to: Annotated[str, Field(max_length=200)] | None = None
    phone_number_id: Annotated[str, Field(max_length=64)] | None = None
    reply_to: UUID | None = None
    bulk: bool | None = None
    literal_braces: bool = False

    def read(self, rules: Rules) -> Wanted:
        """The message by the rules, which keep what is wrong with it."""
        raise NotImplementedError

    def _part(self, name: str) -> Any:
        return getattr(self, name).model_dump(mode="json", exclude_none=True)


class TextBody(Strict):
    """The text itself. `preview_url` shows a picture of its first web address."""

    body: words(TEXT_LIMIT)  # type: ignore[valid-type]
    preview_url: bool = False


class SendText(_Send):
    """A text."""

    type: Literal["text"] = "text"
    text: TextBody

    def read(self, rules: Rules) -> Wanted:
        return outgoing.text_message(rules, self._part("text"))


class File(Strict):
    """A file that was uploaded with `POST /api/whatsapp/media` or came in, or a public https address of one."""

    media_id: UUID | None = None
    link: Link | None = None


class CaptionedFile(File):
    """The same with words under it."""

    caption: words(outgoing.CAPTION) = ""  # type: ignore[valid-type]


class Document(CaptionedFile):
    """The name is for a link; a file of ours has its own."""

    filename: words(outgoing.FILE_NAME) | None = None  # type: ignore[valid-type]


class Sound(File):
    """`voice` plays a linked Ogg file with Opus as a voice note; a file of ours knows what it is."""

    voice: bool | None = None


class _SendFile(_Send):
    type: Literal["image", "video", "audio", "document", "sticker"]

    def read(self, rules: Rules) -> Wanted:
        return outgoing.file_message(rules, self.type, self._part(self.type))


class SendImage(_SendFile):
    """A photo."""

    type: Literal["image"]
    image: CaptionedFile


class SendVideo(_SendFile):
    """A video."""

    type: Literal["video"]
    video: CaptionedFile


class SendDocument(_SendFile):
    """A document."""

    type: Literal["document"]
    document: Document


class SendAudio(_SendFile):
    """A sound; one that was uploaded as a voice note is played as one."""

    type: Literal["audio"]
    audio: Sound


class SendSticker(_SendFile):
    """A sticker."""

    type: Literal["sticker"]
    sticker: File


class Place(Strict):
    """A pin on the map."""

    latitude: float
    longitude: float
    name: words(outgoing.PLACE_NAME) | None = None  # type: ignore[valid-type]
    address: words(outgoing.PLACE_NAME) | None = None  # type: ignore[valid-type]


class SendLocation(_Send):
    """A place."""

    type: Literal["location"]
    location: Place

    def read(self, rules: Rules) -> Wanted:
        return outgoing.location(rules, self._part("location"))


Line = Annotated[str, Field(max_length=1024)]
Type = Annotated[str, Field(max_length=32)]


class CardName(Strict):
    """`formatted_name` is shown; one of the other parts is needed as well."""

    formatted_name: Line
    first_name: Line | None = None
    last_name: Line | None = None
    middle_name: Line | None = None
    suffix: Line | None = None
    prefix: Line | None = None


class CardPhone(Strict):
    """A phone, with the WhatsApp id behind it where there is one."""

    phone: Line
    type: Type | None = None
    wa_id: Line | None = None


class CardEmail(Strict):
    """An e-mail address."""

    email: Line
    type: Type | None = None


class CardAddress(Strict):
    """Where somebody lives or works."""

    street: Line | None = None
    city: Line | None = None
    state: Line | None = None
    zip: Line | None = None
    country: Line | None = None
    country_code: Line | None = None
    type: Type | None = None


class CardUrl(Strict):
    """A web page."""

    url: Line
    type: Type | None = None


class CardOrg(Strict):
    """Where somebody works and as what."""

    company: Line | None = None
    department: Line | None = None
    title: Line | None = None


class Card(Strict):
    """A contact card."""

    name: CardName
    phones: Annotated[list[CardPhone], Field(max_length=20)] | None = None
    emails: Annotated[list[CardEmail], Field(max_length=20)] | None = None
    addresses: Annotated[list[CardAddress], Field(max_length=20)] | None = None
    urls: Annotated[list[CardUrl], Field(max_length=20)] | None = None
    org: CardOrg | None = None
    birthday: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None


class SendContacts(_Send):
    """Contact cards."""

    type: Literal["contacts"]
    contacts: list[Card]

    def read(self, rules: Rules) -> Wanted:
        return outgoing.contacts(rules, [card.model_dump(mode="json", exclude_none=True) for card in self.contacts])


class ReactionBody(Strict):
    """An emoji on a message of this conversation; an empty one takes it back."""

    message_id: UUID
    emoji: Annotated[str, Field(max_length=64)]


class SendReaction(_Send):
    """A reaction."""

    type: Literal["reaction"]
    reaction: ReactionBody

    def read(self, rules: Rules) -> Wanted:
        if self.reply_to is not None:
            rules.broken("reply_to", "not_allowed")
        return outgoing.reaction(rules, self.reaction.message_id, self.reaction.emoji)


class SendInteractive(_Send):
    """Something to tap: buttons, a list, a link, a form, products, a question for a place or a phone."""

    type: Literal["interactive"]
    interactive: Interactive

    def read(self, rules: Rules) -> Wanted:
        return interactive(rules, self._part("interactive"))


class SendTemplate(_Send):
    """
    An approved template, the only thing that may be sent when the 24 hours are over.

    `category` is what it was approved as: a marketing template is not sent to who stopped your promotions.
    """

    type: Literal["template"]
    template: Template
    category: Literal["marketing", "utility", "authentication"] | None = None

    def read(self, rules: Rules) -> Wanted:
        return template(rules, self._part("template"), self.category)


def type_of(body: object) -> object:
    """What has no type is a text, as it always was."""
    return body.get("type", "text") if isinstance(body, dict) else getattr(body, "type", None)
