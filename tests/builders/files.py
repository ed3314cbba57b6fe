"""Files as customers and members send them, and how they come in."""

import base64
import hashlib
import io
import struct
import time
from typing import Any

import aiohttp
from PIL import Image

from builders import meta
from rig import Rig, Shop, as_body

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def jpeg(width: int = 640, height: int = 480, *, orientation: int = 1, color: str = "#c43") -> bytes:
    """A photo; by its orientation it was taken with the phone held upright."""
    made, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A telltale camera"
    Image.new("RGB", (width, height), color).save(made, "JPEG", exif=exif)
    return made.getvalue()


def png(width: int = 64, height: int = 64, mode: str = "RGBA") -> bytes:
    """A drawing."""
    made = io.BytesIO()
    Image.new(mode, (width, height)).save(made, "PNG")
    return made.getvalue()


def webp(side: int = 512) -> bytes:
    """A sticker."""
    made = io.BytesIO()
    Image.new("RGBA", (side, side), (200, 40, 40, 120)).save(made, "WEBP")
    return made.getvalue()


def voice_note(seconds: float = 2.0, channels: int = 1) -> bytes:
    """An Ogg file whose pages say that it is Opus and how long; there is no sound in it."""
    head = b"OpusHead" + bytes([1, channels]) + struct.pack("<HIhB", 312, 48_000, 0, 0)
    return _page(head, 0, 2) + _page(b"OpusTags" + bytes(8), 0, 0) + _page(b"\xf8" * 60, int(seconds * 48_000) + 312, 4)


def _page(content: bytes, granule: int, flags: int) -> bytes:
    return b"OggS" + struct.pack("<BBqIIIB", 0, flags, granule, 7, 0, 0, 1) + bytes([len(content)]) + content


def at_meta(rig: Rig, shop: Shop, content: bytes, mime_type: str, *, lives_s: float = 3600) -> str:
    """A file the twin has for this number; its id."""
    twin = rig.twin.twin
    return twin.media.keep(shop.phone_number_id, mime_type, content, twin.clock() + lives_s).media_id


def message(kind: str, media_id: str, content: bytes, mime_type: str, **more: Any) -> dict[str, Any]:
    """An element of a webhook with that file."""
    sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
    file = {"id": media_id, "mime_type": mime_type, "sha256": sha256, **more.pop("file", {})}
    told = meta.text("34600111222", "", **more)
    del told["text"]
    return {**told, "type": kind, kind: file}


async def comes_in(
    rig: Rig, shop: Shop, kind: str, content: bytes, mime_type: str, *, lives_s: float = 3600, **more: Any
) -> str:
    """A customer sends it; returns Meta's id of it."""
    media_id = at_meta(rig, shop, content, mime_type, lives_s=lives_s)
    body = meta.inbound_of(
        shop, message(kind, media_id, content, mime_type, **more), contacts=[meta.contact("34600111222")]
    )
    assert await rig.post(as_body(body)) == 200
    return media_id


async def upload(
    rig: Rig, shop: Shop, content: bytes, name: str, mime_type: str, kind: str | None = None, **headers: str
) -> tuple[int, dict[str, Any]]:
    """`POST /api/whatsapp/media` as the shop's owner."""
    form = aiohttp.FormData(quote_fields=False)
    if kind is not None:
        form.add_field("kind", kind)
    form.add_field("file", io.BytesIO(content), filename=name, content_type=mime_type)
    async with rig.http.post(
        f"{rig.url}/api/whatsapp/media", data=form, headers={**rig.bearer(shop), **headers}
    ) as answer:
        return answer.status, await answer.json(content_type=None)


def long_ago(days: float) -> float:
    """A time in seconds."""
    return time.time() - days * 86_400
