"""What the twin tells of its mails, signed as Svix signs."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import aiohttp

from wacloud.twins.resend.state import KeptMail, State

# Resend's own addresses for trying things out.
_SPECIAL: Mapping[str, str] = {"bounced@resend.dev": "email.bounced", "complained@resend.dev": "email.complained"}
TRIES = 5


def signed(secret: str, body: bytes, *, message_id: str | None = None, at: int | None = None) -> dict[str, str]:
    """The headers of a webhook."""
    message_id = message_id or f"msg_{uuid.uuid4().hex}"
    sent_at = str(int(time.time()) if at is None else at)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{sent_at}.".encode() + body, hashlib.sha256)
    return {
        "svix-id": message_id,
        "svix-timestamp": sent_at,
        "svix-signature": f"v1,{base64.b64encode(digest).decode()}",
        "content-type": "application/json",
    }


class Webhooks:
    """Sends them in the background, some times where nobody takes them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def tell_the_usual(self, mail: KeptMail) -> None:
        """Sent, then delivered; or what the special addresses are for."""
        kinds = ["email.sent", *{_SPECIAL.get(to, "email.delivered") for to in mail.content["to"]}]
        for kind in kinds:
            self.tell(mail, kind)

    def tell(self, mail: KeptMail, kind: str, **more: Any) -> None:
        """Note it and send it, where webhooks go anywhere."""
        mail.last_event = kind.removeprefix("email.")
        if self._state.webhook_url and self._state.webhook_secret:
            task = asyncio.create_task(self._send(body_of(mail, kind, **more)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _send(self, body: bytes) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        message_id = f"msg_{uuid.uuid4().hex}"
        for number in range(TRIES):
            headers = signed(self._state.webhook_secret, body, message_id=message_id)
            try:
                async with self._session.post(self._state.webhook_url, data=body, headers=headers) as answer:
                    if answer.status < 300:
                        return
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(0.5 * 2**number)


def body_of(mail: KeptMail, kind: str, **more: Any) -> bytes:
    """A webhook's body."""
    if kind == "email.bounced":
        more = {"bounce": {"type": "Permanent", "subType": "General", "message": "There is no such mailbox."}, **more}
    now = datetime.now(UTC).isoformat()
    data = {
        "email_id": mail.id,
        "created_at": mail.created_at.isoformat(),
        "from": mail.content["from"],
        "to": mail.content["to"],
        "subject": mail.content["subject"],
        "tags": {tag["name"]: tag["value"] for tag in mail.content.get("tags") or ()},
        **more,
    }
    return json.dumps({"type": kind, "created_at": now, "data": data}).encode()
