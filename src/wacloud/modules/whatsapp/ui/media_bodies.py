"""What a program says to send a file: the type, and the object of that name."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.whatsapp.domain.media import CAPTION_LIMIT


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FileBody(_Strict):
    """A file that was uploaded with `POST /api/whatsapp/media`, or that came in."""

    media_id: UUID


class CaptionedFile(FileBody):
    """The same with words under it."""

    caption: Annotated[str, Field(max_length=CAPTION_LIMIT)] = ""


class _Into(_Strict):
    conversation_id: UUID


class SendImage(_Into):
    """A photo."""

    type: Literal["image"]
    image: CaptionedFile

    @property
    def file(self) -> tuple[UUID, str]:
        return self.image.media_id, self.image.caption


class SendVideo(_Into):
    """A video."""

    type: Literal["video"]
    video: CaptionedFile

    @property
    def file(self) -> tuple[UUID, str]:
        return self.video.media_id, self.video.caption


class SendDocument(_Into):
    """A document, under the name it was uploaded with."""

    type: Literal["document"]
    document: CaptionedFile

    @property
    def file(self) -> tuple[UUID, str]:
        return self.document.media_id, self.document.caption


class SendAudio(_Into):
    """A sound; one that was uploaded as a voice note is played as one."""

    type: Literal["audio"]
    audio: FileBody

    @property
    def file(self) -> tuple[UUID, str]:
        return self.audio.media_id, ""


class SendSticker(_Into):
    """A sticker."""

    type: Literal["sticker"]
    sticker: FileBody

    @property
    def file(self) -> tuple[UUID, str]:
        return self.sticker.media_id, ""
