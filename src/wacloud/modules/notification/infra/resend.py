"""Resend's HTTP API as we call it: give a mail, and look at those given."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from wacloud.modules.notification.application.ports import ShelfMail
from wacloud.modules.notification.domain.delivery import SendResult
from wacloud.modules.notification.domain.mail import Email
from wacloud.modules.notification.infra.mime import AUTOMATIC

# Five requests a second for a whole team, whatever the number of keys. What is beyond that is told with a 429.
REQUESTS_A_SECOND = 4
LONGEST_WAIT = timedelta(minutes=10)
_QUOTAS = frozenset({"daily_quota_exceeded", "monthly_quota_exceeded"})


@dataclass(slots=True)
class Pace:
    """One queue for all mails of this process: each gets the next free moment."""

    a_second: float = REQUESTS_A_SECOND
    next_at: float = field(default=0.0)

    def take(self, now: float) -> float:
        """How long to wait."""
        at = max(now, self.next_at)
        self.next_at = at + 1 / self.a_second
        return at - now


class ResendTransport:
    """
    See `ports.Transport`. The mail's id is the idempotency key: the same mail given again is answered with the first.

    That holds for a day, longer than any mail is tried.
    """

    is_idempotent = True

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: str,
        api_key: str,
        sender: str,
        reply_to: str = "",
        pace: Pace | None = None,
    ) -> None:
        self._session = session
        self._url = f"{base_url.rstrip('/')}/emails"
        self._key = api_key
        self._sender = sender
        self._reply_to = reply_to
        self._pace = pace or Pace()

    async def send(self, email: Email) -> SendResult:
        await asyncio.sleep(self._pace.take(asyncio.get_running_loop().time()))
        body: dict[str, Any] = {
            "from": self._sender,
            "to": [email.recipient],
            "subject": email.subject,
            "html": email.html,
            "text": email.text,
            "headers": dict(AUTOMATIC),
            "tags": [{"name": "mail_id", "value": str(email.id)}, {"name": "template", "value": email.template}],
        }
        if self._reply_to:
            body["reply_to"] = self._reply_to
        headers = {"Authorization": f"Bearer {self._key}", "Idempotency-Key": str(email.id)}
        try:
            async with self._session.post(self._url, json=body, headers=headers, allow_redirects=False) as response:
                return read_answer(response.status, response.headers, await response.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return SendResult("retry", reason=type(error).__name__)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return SendResult("unknown", reason=type(error).__name__)


class ResendShelf:
    """See `ports.MailShelf`: what this key has sent, as Resend (or its twin) keeps it."""

    def __init__(self, session: aiohttp.ClientSession, *, base_url: str, api_key: str) -> None:
        self._session = session
        self._url = f"{base_url.rstrip('/')}/emails"
        self._headers = {"Authorization": f"Bearer {api_key}"}

    async def newest(self, limit: int = 100) -> Sequence[ShelfMail]:
        answer = await self._ask(f"?limit={limit}")
        rows = answer.get("data") if answer else None
        return [_to_shelf_mail(row) for row in rows or () if isinstance(row, dict)]

    async def find(self, mail_id: str) -> ShelfMail | None:
        answer = await self._ask(f"/{mail_id}")
        return _to_shelf_mail(answer) if answer else None

    async def _ask(self, path: str) -> dict[str, Any] | None:
        try:
            async with self._session.get(self._url + path, headers=self._headers, allow_redirects=False) as response:
                answer = _decoded(await response.read())
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None
        return answer if response.status == 200 else None


def read_answer(status: int, headers: Mapping[str, str], raw: bytes) -> SendResult:
    """What an answer of POST /emails means."""
    answer = _decoded(raw) or {}
    name = str(answer.get("name") or "")
    # Only the name: the message may quote what we sent.
    reason = f"resend:{name or status}"[:100]
    if status == 200:
        provider_id = answer.get("id")
        if isinstance(provider_id, str) and provider_id:
            return SendResult("accepted", provider_id=provider_id[:200])
        return SendResult("unknown", reason="no id in the answer")
    if name in _QUOTAS:
        return SendResult("quota", reason=reason)
    if status == 429:
        return SendResult("wait", reason=reason, after=_wait_of(headers))
    if status == 409:
        # The same mail is being taken at this very moment, or was taken in other words: a template that changed
        # between two tries.
        return SendResult("unknown" if name == "concurrent_idempotent_requests" else "seen", reason=reason)
    if status >= 500:
        return SendResult("unknown", reason=reason)
    if status in (401, 403):
        return SendResult("locked", reason=reason)
    return SendResult("refused", reason=reason)


def _wait_of(headers: Mapping[str, str]) -> timedelta:
    for name in ("retry-after", "ratelimit-reset"):
        told = headers.get(name, "").strip()
        if told.isascii() and told.isdigit() and len(told) < 7:
            return min(max(timedelta(seconds=int(told)), timedelta(milliseconds=200)), LONGEST_WAIT)
        if name == "retry-after" and told:
            try:
                until = parsedate_to_datetime(told) - datetime.now(UTC)
            except (ValueError, TypeError):
                continue
            return min(max(until, timedelta(seconds=1)), LONGEST_WAIT)
    return timedelta(seconds=1)


def _decoded(raw: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _to_shelf_mail(row: Mapping[str, Any]) -> ShelfMail:
    recipients = row.get("to")
    return ShelfMail(
        id=str(row.get("id", "")),
        recipient=", ".join(map(str, recipients)) if isinstance(recipients, list) else str(recipients or ""),
        subject=str(row.get("subject", "")),
        at=_time_of(row.get("created_at")),
        state=str(row.get("last_event") or ""),
        html=str(row.get("html") or ""),
        text=str(row.get("text") or ""),
    )


def _time_of(told: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(told).replace(" ", "T", 1))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
