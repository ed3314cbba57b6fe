"""Meta's Graph API as we call it."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import msgspec
import structlog

from wacloud.modules.whatsapp.application.stored import DescribedNumber, Outgoing
from wacloud.modules.whatsapp.domain.delivery import MetaRefused, SendOutcome, judge
from wacloud.modules.whatsapp.domain.media import MEDIA_KINDS, is_captioned
from wacloud.modules.whatsapp.infra.graph_usage import with_usage
from wacloud.shared.infra.crypto import CannotDecrypt

log = structlog.get_logger()

_encode = msgspec.json.Encoder().encode
LOCATION_KEYS = ("latitude", "longitude", "name", "address")


class GraphApi:
    """
    See `ports.CloudApi`. `decrypt` opens the stored access tokens; `app_secret` signs calls where the app demands it.

    The session has connect, read and total time-outs and is the one way out of the house.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: str,
        version: str,
        decrypt: Callable[[str], str],
        proof_secret: str | None = None,
    ) -> None:
        self._session = session
        self._base = f"{base_url.rstrip('/')}/{version}"
        self._decrypt = decrypt
        self._proof_secret = proof_secret

    async def send(self, message: Outgoing, callback_data: str) -> SendOutcome:
        body: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **_recipient(message),
            **_content(message),
            "biz_opaque_callback_data": callback_data,
        }
        if message.quoted_wamid and message.kind != "reaction":
            body["context"] = {"message_id": message.quoted_wamid}
        try:
            url = self._url(message.phone_number_id, "messages", message.access_token)
            headers = self._headers(message.access_token)
        except CannotDecrypt:
            # Most likely this process was started with other SECRET_KEYS: our fault, and no reason to hold the number.
            log.error("graph.token_unreadable", phone_number_id=message.phone_number_id, check="SECRET_KEYS")
            return SendOutcome("later", title="CannotDecrypt", own_reason="token_unreadable")
        try:
            async with self._session.post(url, data=_encode(body), headers=headers) as response:
                return with_usage(_read_answer(response.status, await response.read()), response.headers)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            # No connection was made, so nothing can have been sent.
            return SendOutcome("retry", title=type(error).__name__, own_reason="meta_unreachable")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return SendOutcome("unknown", title=type(error).__name__)

    async def mark_read(self, phone_number_id: str, access_token: str, wamid: str, *, typing: bool) -> None:
        body: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
        if typing:
            body["typing_indicator"] = {"type": "text"}
        try:
            async with self._session.post(
                self._url(phone_number_id, "messages", access_token),
                data=_encode(body),
                headers=self._headers(access_token),
            ) as response:
                await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError, CannotDecrypt) as error:
            log.info("graph.mark_read_failed", error=type(error).__name__)

    async def set_blocked(
        self, phone_number_id: str, access_token: str, user: Mapping[str, str], *, blocked: bool
    ) -> SendOutcome:
        body = {"messaging_product": "whatsapp", "block_users": [dict(user)]}
        try:
            async with self._session.request(
                "POST" if blocked else "DELETE",
                self._url(phone_number_id, "block_users", access_token),
                data=_encode(body),
                headers=self._headers(access_token),
            ) as response:
                return _read_blocked(response.status, await response.read())
        except CannotDecrypt:
            return SendOutcome("later", title="CannotDecrypt", own_reason="token_unreadable")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            # Asked twice, it is still one entry of a list.
            return SendOutcome("retry", title=type(error).__name__, own_reason="meta_unreachable")

    async def describe_number(self, phone_number_id: str, access_token: str) -> DescribedNumber:
        fields = "display_phone_number,verified_name,throughput"
        answer = await self._ask("GET", f"{phone_number_id}?fields={fields}", access_token)
        throughput = answer.get("throughput")
        level = throughput.get("level") if isinstance(throughput, dict) else None
        return DescribedNumber(
            str(answer.get("display_phone_number") or phone_number_id),
            _words(answer.get("verified_name")),
            1000 if level == "HIGH" else 80,
        )

    async def subscribe_app(self, waba_id: str, access_token: str) -> None:
        await self._ask("POST", f"{waba_id}/subscribed_apps", access_token)

    async def _ask(self, method: str, path: str, access_token: str) -> dict[str, Any]:
        try:
            async with self._session.request(
                method, f"{self._base}/{path}", headers=self._headers(access_token)
            ) as response:
                raw = await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise MetaRefused(f"Meta cannot be reached: {type(error).__name__}") from error
        try:
            answer = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            answer = None
        if response.status != 200 or not isinstance(answer, dict):
            error_of = answer.get("error") if isinstance(answer, dict) else None
            raise MetaRefused(_words(error_of.get("message") if isinstance(error_of, dict) else None))
        return answer

    def _url(self, phone_number_id: str, what: str, access_token: str) -> str:
        url = f"{self._base}/{phone_number_id}/{what}"
        if self._proof_secret is None:
            return url
        token = self._decrypt(access_token).encode()
        proof = hmac.new(self._proof_secret.encode(), token, hashlib.sha256).hexdigest()
        return f"{url}?appsecret_proof={proof}"

    def _headers(self, access_token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._decrypt(access_token)}", "Content-Type": "application/json"}


def _recipient(message: Outgoing) -> dict[str, str]:
    phone = message.recipient_phone
    if phone and phone.isdigit():
        # Without the plus Meta may put the business's own country code in front.
        return {"to": f"+{phone}"}
    if message.recipient_bsuid:
        return {"recipient": message.recipient_bsuid}
    return {"to": phone or ""}


def _content(message: Outgoing) -> dict[str, Any]:
    if message.kind == "text":
        return {
            "type": "text",
            "text": {"body": message.body or "", "preview_url": bool(message.content.get("preview_url"))},
        }
    if message.kind == "location":
        place = message.content.get("location", {})
        return {
            "type": "location",
            "location": {k: place[k] for k in LOCATION_KEYS if place.get(k) is not None},
        }
    if message.kind in MEDIA_KINDS and "media" in message.content:
        return {"type": message.kind, message.kind: _media(message)}
    if message.kind == "reaction":
        emoji = message.content.get("reaction", {}).get("emoji") or ""
        return {"type": "reaction", "reaction": {"message_id": message.quoted_wamid or "", "emoji": emoji}}
    # Everything else is kept as Meta's own object for its kind.
    return {"type": message.kind, message.kind: _with_file(message)}


def _with_file(message: Outgoing) -> Any:
    """Meta's object, with Meta's id of a file of ours where its header wants one: kept empty, as ids last 30 days."""
    told = message.content.get(message.kind, {})
    file = message.content.get("media")
    if not file:
        return told
    if message.kind == "template":
        parts = [
            {**part, "parameters": [_filled(value, file) for value in part.get("parameters", ())]}
            if part["type"] == "header"
            else part
            for part in told["components"]
        ]
        return {**told, "components": parts}
    return {**told, "header": _filled(told["header"], file)}


def _filled(holder: dict[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    shape = holder["type"]
    if shape not in MEDIA_KINDS or "link" in holder[shape]:
        return holder
    name = {"filename": file["filename"]} if shape == "document" and file.get("filename") else {}
    return {**holder, shape: {**name, **holder[shape], "id": file["meta_id"]}}


def _media(message: Outgoing) -> dict[str, Any]:
    """A file of ours, which has Meta's id by now, or one on the web."""
    file = message.content["media"]
    told: dict[str, Any] = {"link": file["link"]} if "link" in file else {"id": file["meta_id"]}
    if message.body and is_captioned(message.kind):
        told["caption"] = message.body
    if message.kind == "document" and file.get("filename"):
        told["filename"] = file["filename"]
    if message.kind == "audio" and file.get("voice"):
        told["voice"] = True
    return told


def _read_answer(status: int, raw: bytes) -> SendOutcome:
    try:
        answer = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        answer = None
    if status == 200:
        wamid = _wamid(answer)
        # A 200 that names no message is no refusal: it may well have been sent.
        return SendOutcome("accepted", wamid=wamid) if wamid else SendOutcome("unknown", title="no id in the answer")
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return judge(status, None, title=f"HTTP {status}")
    code = error.get("code")
    data = error.get("error_data")
    return judge(
        status,
        code if isinstance(code, int) else None,
        title=_words(error.get("message")),
        details=_words(data.get("details") if isinstance(data, dict) else data),
        transient=error.get("is_transient") is True,
    )


def _read_blocked(status: int, raw: bytes) -> SendOutcome:
    """Of a list of one, what failed for some has failed for the one; its own code says more than that of the list."""
    try:
        answer = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        answer = None
    listed = answer.get("block_users") if isinstance(answer, dict) else None
    failed = listed.get("failed_users") if isinstance(listed, dict) else None
    if status == 200 and not failed:
        return SendOutcome("accepted")
    errors = [
        e for one in failed or () if isinstance(one, dict) for e in one.get("errors") or () if isinstance(e, dict)
    ]
    code = next((e.get("code") for e in errors if isinstance(e.get("code"), int)), None)
    return judge(status, code) if isinstance(code, int) else _read_answer(status if status != 200 else 400, raw)


def _wamid(answer: object) -> str | None:
    messages = answer.get("messages") if isinstance(answer, dict) else None
    if not isinstance(messages, list):
        return None
    ids = [m.get("id") for m in messages if isinstance(m, dict)]
    return next((i for i in ids if isinstance(i, str) and i), None)


def _words(value: object) -> str | None:
    return str(value)[:500] if value is not None else None
