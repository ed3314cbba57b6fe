"""What a person can do on the simulated phone, as the page sends it, and the same in Meta's words."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

# Base64 takes four characters for three bytes. Meta takes photos of 5 MB.
LARGEST_PHOTO = 5 * 1024 * 1024 * 4 // 3 + 4
# More than two minutes of a voice note, which is what the page records at most.
LARGEST_VOICE = 4 * 1024 * 1024 * 4 // 3 + 4
LARGEST_BODY = 8 * 1024 * 1024

Json = dict[str, Any]


def _with_a_letter(username: str) -> str:
    if not any("a" <= character <= "z" for character in username):
        raise ValueError("a username has at least one letter")
    return username


Wamid = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
# At least one letter; a dot only between two other signs.
Username = Annotated[
    str,
    StringConstraints(min_length=3, max_length=35, pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$"),
    AfterValidator(_with_a_letter),
]
Base64 = Annotated[str, StringConstraints(min_length=4, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Reply(_Strict):
    """Something that may answer to an earlier message."""

    reply_to: Wamid | None = None

    def in_context(self, message: Json) -> Json:
        return message if self.reply_to is None else {**message, "context": {"message_id": self.reply_to}}


class Text(_Reply):
    type: Literal["text"]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4096)]

    def as_meta(self) -> Json:
        return self.in_context({"type": "text", "text": {"body": self.text}})


class Photo(_Strict):
    base64: Annotated[Base64, Field(max_length=LARGEST_PHOTO)]
    mime_type: Literal["image/jpeg", "image/png"]


class Image(_Reply):
    type: Literal["image"]
    media: Photo
    caption: Annotated[str, StringConstraints(max_length=1024)] = ""

    def as_meta(self) -> Json:
        content: Json = self.media.model_dump()
        if self.caption:
            content["caption"] = self.caption
        return self.in_context({"type": "image", "image": content})


class Sound(_Strict):
    base64: Annotated[Base64, Field(max_length=LARGEST_VOICE)]
    mime_type: Literal["audio/ogg; codecs=opus", "audio/mp4"]


class Voice(_Reply):
    type: Literal["voice"]
    media: Sound

    def as_meta(self) -> Json:
        return self.in_context({"type": "audio", "audio": {**self.media.model_dump(), "voice": True}})


class Paper(_Strict):
    base64: Annotated[Base64, Field(max_length=LARGEST_PHOTO)]
    mime_type: Annotated[str, StringConstraints(max_length=120, pattern=r"^[a-z0-9.+-]+/[a-z0-9.+-]+$")]
    filename: Line


class Document(_Reply):
    """Any file, as phones send them: with its name."""

    type: Literal["document"]
    media: Paper

    def as_meta(self) -> Json:
        return self.in_context({"type": "document", "document": self.media.model_dump()})


class Place(_Strict):
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    name: Line
    address: Line


class Location(_Reply):
    type: Literal["location"]
    location: Place

    def as_meta(self) -> Json:
        return self.in_context({"type": "location", "location": self.location.model_dump()})


class Card(_Strict):
    name: Line
    phone: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9 ]{7,24}$")]


class Contact(_Reply):
    """`is_own` answers a business that asked for the phone of who is writing."""

    type: Literal["contact"]
    contact: Card
    is_own: bool = False

    def as_meta(self) -> Json:
        name, phone = self.contact.name, self.contact.phone
        card = {
            "name": {"formatted_name": name, "first_name": name.split()[0]},
            "phones": [{"phone": phone, "type": "CELL"}],
        }
        origin = "contact_request" if self.is_own else "other"
        return self.in_context({"type": "contacts", "contacts": [card], "origin": origin})


class Tap(_Reply):
    """A button or a row of a message of the business; what it says is looked up there, not believed."""

    type: Literal["tap"]
    message_id: Wamid
    id: Annotated[str, StringConstraints(min_length=1, max_length=300)]

    def as_meta(self) -> Json:
        return {"type": "tap", "message_id": self.message_id, "id": self.id}


class Reaction(_Strict):
    """An empty emoji takes the reaction back."""

    type: Literal["reaction"]
    message_id: Wamid
    emoji: Annotated[str, StringConstraints(max_length=16)]

    def as_meta(self) -> Json:
        return {"type": "reaction", "reaction": {"message_id": self.message_id, "emoji": self.emoji}}


class Edit(_Strict):
    type: Literal["edit"]
    message_id: Wamid
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4096)]

    def as_meta(self) -> Json:
        message = {"type": "text", "text": {"body": self.text}}
        return {"type": "edit", "edit": {"original_message_id": self.message_id, "message": message}}


class Revoke(_Strict):
    type: Literal["revoke"]
    message_id: Wamid

    def as_meta(self) -> Json:
        return {"type": "revoke", "revoke": {"original_message_id": self.message_id}}


PhoneMessage = Annotated[
    Text | Image | Voice | Document | Location | Contact | Tap | Reaction | Edit | Revoke, Field(discriminator="type")
]


class NewPerson(_Strict):
    """Somebody new. Who hides the phone has a username; one is made from the name where none is given."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=30)] | None = None
    username: Username | None = None
    hides_phone: bool = False
