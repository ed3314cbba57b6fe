"""Files at Meta: fetched in two steps from Meta's own hosts and no others, uploaded once for each number."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec
import structlog

from wacloud.modules.whatsapp.application.media_ports import FetchFailed, UploadFailed
from wacloud.modules.whatsapp.application.media_stored import Fetched, Sender, ToFetch, Upload
from wacloud.modules.whatsapp.domain.delivery import SendOutcome, judge
from wacloud.modules.whatsapp.domain.media import LARGEST_INBOUND, told_hash
from wacloud.shared.infra.crypto import CannotDecrypt

log = structlog.get_logger()

OWN_HOSTS: Final = (".fbsbx.com", ".fbcdn.net")
MOST_REDIRECTS: Final = 4
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
PIECE: Final = 128 * 1024
# Some of Meta's download servers refuse what does not look like an ordinary client.
AGENT: Final = "Mozilla/5.0 (compatible; wacloud/0.1)"
_DOWN = (aiohttp.ClientError, OSError, TimeoutError)


class GraphMedia:
    """
    See `media_ports.MetaMedia`.

    The token goes to the Graph API's own address and to Meta's hosts for files, whatever an answer or a redirect says.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: str,
        version: str,
        decrypt: Callable[[str], str],
        proof_secret: str | None = None,
        largest: int = LARGEST_INBOUND,
        total_s: float = 300,
        quiet_s: float = 30,
    ) -> None:
        self._session = session
        self._origin = _origin(base_url)
        self._base = f"{base_url.rstrip('/')}/{version}"
        self._decrypt = decrypt
        self._proof_secret = proof_secret
        self._largest = largest
        self._timeout = aiohttp.ClientTimeout(total=total_s, connect=8, sock_connect=5, sock_read=quiet_s)

    async def download(self, what: ToFetch, into: Path) -> Fetched:
        try:
            token = self._decrypt(what.access_token)
        except CannotDecrypt:
            log.error("graph.token_unreadable", phone_number_id=what.phone_number_id, check="SECRET_KEYS")
            raise FetchFailed("token_unreadable") from None
        if what.url and what.attempts == 1:
            try:
                return await self._get(what.url, token, into, what.sha256)
            except FetchFailed as failed:
                if not failed.again:
                    raise
                # It lives for minutes only; the way by the id is open for days.
                log.info("media.direct_link_failed", reason=failed.reason)
        told = await self._describe(what, token)
        size = told.get("file_size")
        if str(size).isdigit() and int(str(size)) > self._largest:
            raise FetchFailed("too_large", again=False)
        return await self._get(str(told.get("url") or ""), token, into, told_hash(told.get("sha256")))

    async def upload(self, sender: Sender, upload: Upload, chunks: AsyncIterator[bytes]) -> str:
        try:
            token = self._decrypt(sender.access_token)
        except CannotDecrypt:
            raise UploadFailed(SendOutcome("later", own_reason="token_unreadable")) from None
        boundary = secrets.token_hex(16)
        head, tail = _form(boundary, upload)
        length = len(head) + upload.size + len(tail)

        async def body() -> AsyncIterator[bytes]:
            yield head
            async for chunk in chunks:
                yield chunk
            yield tail

        url = f"{self._base}/{sender.phone_number_id}/media{self._proof(token, '?')}"
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(length),
        }
        try:
            async with self._session.post(url, data=body(), headers=headers, timeout=self._timeout) as response:
                answer = _json(await response.read())
        except _DOWN as error:
            # Nothing was sent to anybody: an upload may be repeated whatever became of it.
            raise UploadFailed(
                SendOutcome("retry", title=type(error).__name__, own_reason="meta_unreachable")
            ) from error
        meta_id = answer.get("id")
        if response.status == 200 and isinstance(meta_id, str) and meta_id:
            return meta_id
        raise UploadFailed(_refusal(response.status, answer))

    async def _describe(self, what: ToFetch, token: str) -> dict[str, Any]:
        url = f"{self._base}/{what.meta_id}?phone_number_id={what.phone_number_id}{self._proof(token, '&')}"
        headers = {"Authorization": f"Bearer {token}", "User-Agent": AGENT}
        try:
            async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                answer = _json(await response.read())
        except _DOWN as error:
            raise FetchFailed("meta_unreachable") from error
        if response.status == 200 and answer.get("url"):
            return answer
        outcome = _refusal(response.status, answer)
        if outcome.verdict == "reconnect":
            raise FetchFailed("token")
        raise FetchFailed(f"meta:{outcome.code}" if outcome.code is not None else f"http:{response.status}")

    async def _get(self, url: str, token: str, into: Path, told: bytes | None) -> Fetched:
        headers = {"Authorization": f"Bearer {token}", "User-Agent": AGENT, "Accept-Encoding": "identity"}
        try:
            for _ in range(MOST_REDIRECTS):
                self._check(url)
                async with self._session.get(
                    url, headers=headers, allow_redirects=False, timeout=self._timeout
                ) as response:
                    if response.status in REDIRECTS:
                        url = urljoin(url, response.headers.get("location", ""))
                        continue
                    if response.status != 200:
                        raise FetchFailed("token" if response.status in (401, 403) else f"http:{response.status}")
                    return await self._write(response, into, told)
        except _DOWN as error:
            is_slow = isinstance(error, TimeoutError)
            raise FetchFailed("too_slow" if is_slow else "meta_unreachable") from error
        raise FetchFailed("unsafe_link")

    async def _write(self, response: aiohttp.ClientResponse, into: Path, told: bytes | None) -> Fetched:
        digest, size = hashlib.sha256(), 0
        with into.open("wb") as file:
            async for chunk in response.content.iter_chunked(PIECE):
                size += len(chunk)
                # Counted, whatever a header says: it may lie or be missing.
                if size > self._largest:
                    raise FetchFailed("too_large", again=False)
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
        if not size:
            raise FetchFailed("damaged")
        return Fetched(size, digest.digest(), told)

    def _check(self, url: str) -> None:
        """:raises FetchFailed: the address is not one of Meta's for files."""
        parts = urlsplit(url)
        try:
            is_graph = _origin(url) == self._origin
            is_metas = parts.scheme == "https" and parts.port in (None, 443)
        except ValueError:
            is_graph = is_metas = False
        host = (parts.hostname or "").rstrip(".")
        if parts.username is None and (is_graph or (is_metas and host.endswith(OWN_HOSTS))):
            return
        log.warning("media.unsafe_link", host=host[:100])
        raise FetchFailed("unsafe_link")

    def _proof(self, token: str, sign: str) -> str:
        if self._proof_secret is None:
            return ""
        proof = hmac.new(self._proof_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        return f"{sign}appsecret_proof={proof}"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _form(boundary: str, upload: Upload) -> tuple[bytes, bytes]:
    """What stands before and behind the bytes. The name has no quotes or line breaks left: see `clean_name`."""
    fields = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("messaging_product", "whatsapp"), ("type", upload.content_type))
    )
    name = upload.file_name.encode("ascii", "replace").decode().replace("?", "_")
    disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    part = f"--{boundary}\r\n{disposition}\r\nContent-Type: {upload.content_type}\r\n\r\n"
    return (fields + part).encode(), f"\r\n--{boundary}--\r\n".encode()


def _json(raw: bytes) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _refusal(status: int, answer: dict[str, Any]) -> SendOutcome:
    told = answer.get("error")
    error: dict[str, Any] = told if isinstance(told, dict) else {}
    code, data = error.get("code"), error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else data
    outcome = judge(
        status,
        code if isinstance(code, int) else None,
        title=str(error.get("message") or f"HTTP {status}")[:500],
        details=str(details)[:500] if details is not None else None,
        transient=error.get("is_transient") is True,
    )
    # What a broken answer means for a message nobody knows; a file is simply uploaded again.
    return SendOutcome("retry", title=outcome.title) if outcome.verdict == "unknown" else outcome
