"""Small real files made on the spot: a photo, a voice note, a sticker and a document.

Each is what its type says it is and opens in ordinary programs. There is no sample video: none can be made
honestly with the standard library, so a video needs its bytes given.
"""

from __future__ import annotations

import functools
import struct
import zlib

PNG = "image/png"
OPUS = "audio/ogg; codecs=opus"
WEBP = "image/webp"
PDF = "application/pdf"


def sample_for(kind: str) -> tuple[bytes, str, str] | None:
    """Bytes, MIME type and file name of the sample for a message type; None where there is none."""
    if kind == "image":
        return photo(), PNG, "photo.png"
    if kind in ("audio", "voice"):
        return voice_note(), OPUS, "voice.ogg"
    if kind == "sticker":
        return sticker(), WEBP, "sticker.webp"
    if kind == "document":
        return document(), PDF, "document.pdf"
    return None


@functools.cache
def photo(width: int = 320, height: int = 240) -> bytes:
    """A PNG of an evening sky: 8-bit RGB, as Meta asks."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            sun = max(0, 90 - abs(x - width // 2) - abs(y - height * 2 // 3))
            rows += bytes((min(255, 90 + y // 2 + sun), min(255, 60 + y // 3 + sun), max(0, 150 - y // 3)))

    def chunk(tag: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(bytes(rows), 9)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@functools.cache
def voice_note(seconds: int = 2) -> bytes:
    """An Ogg/Opus file, mono, holding silence: one 20 ms frame repeated."""
    serial = 0x77616331
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 48000, 0, 0)
    vendor = b"graph twin"
    tags = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", 0)
    pages = [_ogg_page([head], 0x02, 0, serial, 0), _ogg_page([tags], 0x00, 0, serial, 1)]
    frames = seconds * 50
    sequence = 2
    for start in range(0, frames, 50):
        packets = [b"\xf8\xff\xfe"] * min(50, frames - start)
        end = start + len(packets)
        last = 0x04 if end == frames else 0x00
        pages.append(_ogg_page(packets, last, end * 960, serial, sequence))
        sequence += 1
    return b"".join(pages)


def _ogg_page(packets: list[bytes], kind: int, granule: int, serial: int, sequence: int) -> bytes:
    lacing = bytes(len(p) for p in packets)
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, kind, granule, serial, sequence, 0, len(lacing))
    page = head + lacing + b"".join(packets)
    return page[:22] + struct.pack("<I", _ogg_crc(page)) + page[26:]


def _ogg_crc(data: bytes) -> int:
    """Ogg's own checksum: CRC-32 without reflection, start or end value."""
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = ((crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc


@functools.cache
def sticker(side: int = 512) -> bytes:
    """A WebP of one colour in lossless form: five one-symbol prefix codes, so pixels take no bits at all."""
    bits: list[tuple[int, int]] = [(side - 1, 14), (side - 1, 14), (0, 1), (0, 3)]
    bits += [(0, 1), (0, 1), (0, 1)]  # no transform, no colour cache, no meta prefix codes
    for symbol in (0xC0, 0x20, 0x60, 0xFF):  # green, red, blue, alpha
        bits += [(1, 1), (0, 1), (1, 1), (symbol, 8)]
    bits += [(1, 1), (0, 1), (0, 1), (0, 1)]  # distance: symbol 0, written in one bit
    value, length = 0, 0
    for number, width in bits:
        value |= number << length
        length += width
    data = b"\x2f" + value.to_bytes((length + 7) // 8, "little")
    data += b"\x00" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", 12 + len(data)) + b"WEBPVP8L" + struct.pack("<I", len(data)) + data


@functools.cache
def document() -> bytes:
    """A one-page PDF with one line of text."""
    stream = b"BT /F1 24 Tf 72 760 Td (Sample document) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for index, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (index, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
