"""A form with one file, read as it comes: the file goes to disk, so that nothing large is ever in memory."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from wacloud.modules.whatsapp.domain.media import FileMissing

LARGEST_FIELD: Final = 200
LARGEST_HEADER: Final = 4096


@dataclass(slots=True)
class UploadForm:
    """What stood in the form beside the file's bytes; `name` and `declared` are the sender's words."""

    name: str | None = None
    declared: str | None = None
    fields: dict[str, str] = field(default_factory=dict)


async def read_upload_form(content_type: str, chunks: AsyncIterator[bytes], into: Path) -> UploadForm:
    """
    Write the part called `file` to `into`; every other part is a short field.

    :raises FileMissing: there is no file, or more than one, or it is no such form.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise FileMissing(field="file")
    form = UploadForm()
    with into.open("wb") as file:
        reader = _Reader(form, file)
        parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type]
        try:
            async for chunk in chunks:
                await asyncio.to_thread(parser.write, chunk)
            parser.finalize()
        except FormParserError as problem:
            raise FileMissing(field="file") from problem
    if reader.files != 1 or not reader.is_complete:
        raise FileMissing(field="file")
    return form


class _Reader:
    def __init__(self, form: UploadForm, file: BinaryIO) -> None:
        self._form = form
        self._file = file
        self._header = b""
        self._said = b""
        self._headers: dict[bytes, bytes] = {}
        self._field: str | None = None
        self.files = 0
        self.is_complete = False

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._name_header,
            "on_header_value": self._say_header,
            "on_header_end": self._end_header,
            "on_headers_finished": self._open,
            "on_part_data": self._take,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._headers, self._field = {}, None

    def _name_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._check(self._header)

    def _say_header(self, data: bytes, start: int, end: int) -> None:
        self._said += data[start:end]
        self._check(self._said)

    def _end_header(self) -> None:
        self._headers[self._header.lower()] = self._said
        self._header = self._said = b""

    def _open(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        if self._field != "file":
            if len(self._form.fields) > 4:
                raise FileMissing(field=self._field[:50])
            self._form.fields[self._field[:50]] = ""
            return
        self.files += 1
        if self.files > 1 or b"filename" not in options:
            raise FileMissing(field="file")
        self._form.name = options[b"filename"].decode("utf-8", "replace")
        self._form.declared = self._headers.get(b"content-type", b"").decode("latin-1") or None

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._field == "file":
            self._file.write(data[start:end])
            return
        name = (self._field or "")[:50]
        self._form.fields[name] += data[start:end].decode("utf-8", "replace")
        if len(self._form.fields[name]) > LARGEST_FIELD:
            raise FileMissing(field=name)

    def _end(self) -> None:
        self.is_complete = True

    def _check(self, header: bytes) -> None:
        if len(header) > LARGEST_HEADER:
            raise FileMissing(field="file")
