"""The body of a webhook, read with care: until it is whole, nobody knows whether Meta sent it."""

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import Receive

from wacloud.modules.whatsapp.application.accept_webhook import check_signature_shape
from wacloud.shared.domain.errors import AppError

# Meta sends up to 3 MB; the margin is for what it may grow to.
LARGEST_BODY: Final = 4 * 1024 * 1024
# Meta sends a body at once. Whoever takes longer holds our memory, by mistake or on purpose.
READ_S: Final = 15.0
# Of all bodies that are arriving together. Meta comes again with what is refused; a process without memory loses more.
MOST_ARRIVING: Final = 256 * 1024 * 1024


class BodyTooLarge(AppError):
    """The body is larger than this address takes."""

    kind = "too_large"


class TooMuchAtOnce(AppError):
    """The service cannot do this right now; try again in a moment."""

    kind = "unavailable"


class BodyReader:
    """Reads bodies, and knows how much of all of them it holds."""

    def __init__(self, *, read_s: float = READ_S, most_arriving: int = MOST_ARRIVING) -> None:
        self._read_s = read_s
        self._most_arriving = most_arriving
        self._arriving = 0

    async def read(self, headers: Mapping[str, str], receive: Receive) -> bytes | None:
        """
        The body; None where the caller went away before its end.

        :raises SignatureWrong: its headers already say that it is not Meta's.
        :raises BodyTooLarge: as soon as that is certain.
        :raises TooMuchAtOnce: too much of it and others is arriving.
        :raises HTTPException: 408, it takes too long.
        """
        check_signature_shape(headers.get("x-hub-signature-256"))
        declared = headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and (len(declared) > 15 or int(declared) > LARGEST_BODY):
            raise BodyTooLarge(limit=LARGEST_BODY)
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._read_s):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return None
                    chunk = message.get("body", b"")
                    chunks.append(chunk)
                    size += len(chunk)
                    self._arriving += len(chunk)
                    if size > LARGEST_BODY:
                        raise BodyTooLarge(limit=LARGEST_BODY)
                    if not message.get("more_body"):
                        return b"".join(chunks)
                    if self._arriving > self._most_arriving:
                        raise TooMuchAtOnce
        except TimeoutError as error:
            # The rest may never come: nobody should wait for it on this connection.
            raise HTTPException(408, headers={"Connection": "close"}) from error
        finally:
            self._arriving -= size
