"""Media: uploads of a number, what customers sent to it, and addresses that live for five minutes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from wacloud.twins.graph.errors import GraphRefusal, invalid, object_unknown
from wacloud.twins.graph.wire import Request

MB = 1024 * 1024
URL_LIVES_S = 300
UPLOAD_LIVES_S = 30 * 24 * 3600
INBOUND_LIVES_S = 7 * 24 * 3600

_OFFICE = "application/vnd.openxmlformats-officedocument."
LARGEST: dict[str, tuple[str, int]] = {
    "audio/aac": ("audio", 16 * MB),
    "audio/amr": ("audio", 16 * MB),
    "audio/mpeg": ("audio", 16 * MB),
    "audio/mp4": ("audio", 16 * MB),
    "audio/ogg": ("audio", 16 * MB),
    "image/jpeg": ("image", 5 * MB),
    "image/png": ("image", 5 * MB),
    "image/webp": ("sticker", 500 * 1024),
    "video/mp4": ("video", 16 * MB),
    "video/3gpp": ("video", 16 * MB),
    "text/plain": ("document", 100 * MB),
    "application/pdf": ("document", 100 * MB),
    "application/msword": ("document", 100 * MB),
    "application/vnd.ms-excel": ("document", 100 * MB),
    "application/vnd.ms-powerpoint": ("document", 100 * MB),
    f"{_OFFICE}wordprocessingml.document": ("document", 100 * MB),
    f"{_OFFICE}spreadsheetml.sheet": ("document", 100 * MB),
    f"{_OFFICE}presentationml.presentation": ("document", 100 * MB),
}


@dataclass(slots=True)
class MediaFile:
    media_id: str
    phone_number_id: str
    mime_type: str
    content: bytes
    expires_at: float
    sha256: bytes

    def as_json(self, base_url: str, url: str) -> dict[str, Any]:
        return {
            "messaging_product": "whatsapp",
            "url": f"{base_url}{url}",
            "mime_type": self.mime_type,
            "sha256": self.sha256.hex(),
            "file_size": len(self.content),
            "id": self.media_id,
        }


class MediaShelf:
    """Every file, by id. An id belongs to one number."""

    def __init__(self) -> None:
        self._files: dict[str, MediaFile] = {}
        self.next_number = 1_003_383_421_387_256
        self._secret = os.urandom(16)

    def keep(self, phone_number_id: str, mime_type: str, content: bytes, expires_at: float) -> MediaFile:
        media_id, self.next_number = str(self.next_number), self.next_number + 1
        return self.put_back(
            content,
            media_id=media_id,
            phone_number_id=phone_number_id,
            mime_type=mime_type,
            expires_at=expires_at,
        )

    def put_back(
        self, content: bytes, *, media_id: str, phone_number_id: str, mime_type: str, expires_at: float
    ) -> MediaFile:
        """A file under an id it has already."""
        sha256 = hashlib.sha256(content).digest()
        file = self._files[media_id] = MediaFile(media_id, phone_number_id, mime_type, content, expires_at, sha256)
        self.go_on_from(int(media_id) + 1 if media_id.isdigit() else 0)
        return file

    def go_on_from(self, number: int) -> None:
        """No file that is kept from now on has an id below this."""
        self.next_number = max(self.next_number, number)

    def newest(self, most: int, now: float) -> list[MediaFile]:
        """The last files kept that are not over yet; the others are dropped."""
        alive = [file for file in self._files.values() if file.expires_at > now][-most:]
        self._files = {file.media_id: file for file in alive}
        return alive

    def find(self, media_id: str, now: float) -> MediaFile | None:
        file = self._files.get(media_id)
        if file is not None and file.expires_at <= now:
            del self._files[media_id]
            return None
        return file

    def delete(self, media_id: str) -> None:
        del self._files[media_id]

    def check_usable(self, media_id: str, kind: str, phone_number_id: str, now: float) -> None:
        """
        :raises GraphRefusal: 131009 for an id this number does not have, 131053 for a file of another kind.
        """
        file = self.find(media_id, now)
        if file is None or file.phone_number_id != phone_number_id:
            raise invalid(f"Media id {media_id} is not known for this phone number.")
        found, largest = LARGEST.get(essence(file.mime_type), ("document", 100 * MB))
        if kind not in ("document", found):
            raise GraphRefusal(131053, f"Media {media_id} of type {file.mime_type} cannot be sent as {kind}.")
        if len(file.content) > largest:
            raise GraphRefusal(131053, f"Media {media_id} is larger than {largest} bytes.")

    def url_path(self, media_id: str, now: float) -> str:
        until = int(now) + URL_LIVES_S
        return f"/whatsapp_business/attachments/?mid={media_id}&ext={until}&hash={self._sign(media_id, until)}"

    def at_url(self, query: dict[str, str], now: float) -> MediaFile | None:
        """The file behind a download address; None once its five minutes are over or it was tampered with."""
        media_id, until = query.get("mid", ""), query.get("ext", "0")
        if not until.isdigit() or int(until) < now:
            return None
        if not hmac.compare_digest(query.get("hash", ""), self._sign(media_id, int(until))):
            return None
        return self.find(media_id, now)

    def _sign(self, media_id: str, until: int) -> str:
        digest = hashlib.blake2b(f"{media_id}:{until}".encode(), key=self._secret, digest_size=18).digest()
        return base64.urlsafe_b64encode(digest).decode("ascii")


def essence(mime_type: str) -> str:
    return mime_type.partition(";")[0].strip().lower()


def agrees_with(mime_type: str, content: bytes) -> bool:
    """Whether the first bytes are those of the declared type; types without known first bytes pass."""
    kind = essence(mime_type)
    head = content[:16]
    if kind == "audio/mpeg":
        return head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0)
    if kind in ("video/mp4", "audio/mp4", "video/3gpp"):
        return head[4:8] == b"ftyp"
    if kind == "image/webp":
        return head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    starts = {
        "image/jpeg": b"\xff\xd8\xff",
        "image/png": b"\x89PNG\r\n\x1a\n",
        "audio/ogg": b"OggS",
        "audio/amr": b"#!AMR",
        "application/pdf": b"%PDF",
    }
    return head.startswith(starts.get(kind, b""))


async def read_upload(request: Request) -> tuple[str, bytes]:
    """
    The MIME type and bytes of a multipart upload.

    :raises GraphRefusal: 100 for missing parts or a type Meta does not take, 131053 where type, size and
        content do not agree.
    """

    async def whole_body() -> Any:
        yield request.body

    try:
        form = await MultiPartParser(Headers(raw=request.headers), whole_body(), max_part_size=64 * 1024).parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise GraphRefusal(100, f"The body must be multipart/form-data: {error}") from error
    try:
        if form.get("messaging_product") != "whatsapp":
            raise GraphRefusal(100, message="(#100) The parameter messaging_product is required.")
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            raise GraphRefusal(100, message="(#100) The parameter file is required.")
        content = await upload.read()
        mime_type = str(form.get("type") or upload.content_type or "")
    finally:
        await form.close()
    limit = LARGEST.get(essence(mime_type))
    if limit is None:
        raise GraphRefusal(100, message=f"(#100) Param file must be one of: {', '.join(LARGEST)}. Received {mime_type}")
    if not content or len(content) > limit[1]:
        raise GraphRefusal(131053, f"A file of type {mime_type} must have between 1 and {limit[1]} bytes.")
    if not agrees_with(mime_type, content):
        raise GraphRefusal(131053, f"The content of the file is not of the declared type {mime_type}.")
    return mime_type, content


def known_media(shelf: MediaShelf, media_id: str, query: dict[str, str], now: float) -> MediaFile:
    """:raises GraphRefusal: 100/33 for an unknown id, or one of another number than the query names."""
    file = shelf.find(media_id, now)
    if file is None or query.get("phone_number_id", file.phone_number_id) != file.phone_number_id:
        raise object_unknown(media_id)
    return file
