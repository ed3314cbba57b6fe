"""Meta's resumable upload; see `application/example_files.py`."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from wacloud.modules.whatsapp.application.example_files import ReadFrom
from wacloud.modules.whatsapp.application.media_stored import Upload
from wacloud.modules.whatsapp.domain.delivery import MetaRefused
from wacloud.modules.whatsapp.domain.message_template import ExamplesNotTaken, MetaAway
from wacloud.modules.whatsapp.infra.graph_templates import refused
from wacloud.modules.whatsapp.infra.graph_values import obj, text
from wacloud.shared.infra.crypto import CannotDecrypt

Json = dict[str, Any]

TRIES: Final = 3
_DOWN = (aiohttp.ClientError, OSError, TimeoutError)


class GraphUploads:
    """See `example_files.MetaUploads`. The session is the one way out of the house."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: str,
        version: str,
        decrypt: Callable[[str], str],
        app_id: str,
        proof_secret: str | None = None,
        total_s: float = 120,
    ) -> None:
        self._session = session
        self._base = f"{base_url.rstrip('/')}/{version}"
        self._decrypt = decrypt
        self._app_id = app_id
        self._proof_secret = proof_secret
        self._timeout = aiohttp.ClientTimeout(total=total_s, connect=8, sock_connect=5, sock_read=30)

    async def upload(self, access_token: str, upload: Upload, read: ReadFrom) -> str:
        if not self._app_id:
            raise ExamplesNotTaken
        try:
            token = self._decrypt(access_token)
        except CannotDecrypt as error:
            raise MetaRefused("the token cannot be read: check SECRET_KEYS") from error
        query = {
            "file_name": upload.file_name,
            "file_length": str(upload.size),
            "file_type": upload.content_type,
        }
        session = text((await self._ask("POST", self._url(f"{self._app_id}/uploads", token, query), token)).get("id"))
        if session is None:
            raise MetaAway("no session in the answer")
        address = self._url(session, token, {})
        offset = 0
        for _ in range(TRIES):
            try:
                answer = await self._ask("POST", address, token, body=read(offset), offset=offset)
                if (handle := text(answer.get("h"))) is not None:
                    return handle
            except MetaAway:
                # It may have all of it, or a part: it says so itself.
                pass
            offset = await self._offset(address, token, upload.size)
        raise MetaAway("the file does not arrive whole")

    async def _offset(self, address: str, token: str, size: int) -> int:
        told = (await self._ask("GET", address, token)).get("file_offset")
        return told if isinstance(told, int) and 0 <= told <= size else 0

    def _url(self, path: str, token: str, query: dict[str, str]) -> str:
        if self._proof_secret is not None:
            proof = hmac.new(self._proof_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
            query = {**query, "appsecret_proof": proof}
        # The id of a session has a query of its own.
        sign = "&" if "?" in path else "?"
        return f"{self._base}/{path}" + (f"{sign}{urlencode(query)}" if query else "")

    async def _ask(self, method: str, url: str, token: str, body: Any = None, offset: int | None = None) -> Json:
        headers = {"Authorization": f"OAuth {token}"}
        if offset is not None:
            headers |= {"file_offset": str(offset), "Content-Type": "application/octet-stream"}
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, timeout=self._timeout
            ) as response:
                status, raw = response.status, await response.read()
        except _DOWN as error:
            raise MetaAway(type(error).__name__) from error
        try:
            answer = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            answer = None
        if status == 200 and isinstance(answer, dict) and "error" not in answer:
            return answer
        return refused(status, obj(obj(answer).get("error")))
