"""POST /emails, GET /emails, GET /emails/{id}, as Resend answers them."""

from __future__ import annotations

import asyncio
import json
import re
import time
from email.utils import parseaddr
from typing import Any

from aiohttp import web

from wacloud.twins.resend.state import KeptMail, SeenKey, State
from wacloud.twins.resend.webhooks import Webhooks

LONGEST_KEY = 256
MOST_RECIPIENTS = 50
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Emails:
    """The mail routes of one account."""

    def __init__(self, state: State, webhooks: Webhooks) -> None:
        self._state = state
        self._webhooks = webhooks

    async def send(self, request: web.Request) -> web.StreamResponse:
        state = self._state
        raw = await request.read()
        refusal = self._stranger(request)
        if refusal is not None:
            return refusal
        if state.is_over_the_limit():
            return problem(429, "rate_limit_exceeded", "Too many requests.", {"retry-after": "1"})
        try:
            content = json.loads(raw)
        except ValueError:
            return problem(400, "validation_error", "The body is no JSON.")
        wrong = wrong_with(content)
        if wrong is not None:
            return problem(422, *wrong)
        state.posts.append({"at": time.time(), "key": request.headers.get("Idempotency-Key"), "to": content["to"]})
        recipients = [content["to"]] if isinstance(content["to"], str) else content["to"]
        rule = state.rule_for(recipients)
        if rule is not None:
            await asyncio.sleep(rule.delay_ms / 1000)
            if rule.cut_before:
                return _cut(request)
            if rule.status is not None:
                headers = {"retry-after": rule.retry_after} if rule.retry_after else {}
                return problem(rule.status, rule.name, "The twin was told to answer this.", headers)
        answer = await self._take(request, raw, content)
        if rule is not None and rule.accept_then_cut:
            return _cut(request)
        return web.json_response({}) if rule is not None and rule.no_id else answer

    async def domains(self, request: web.Request) -> web.StreamResponse:
        """The domains of the account, and how far each has come."""
        refusal = self._stranger(request)
        if refusal is not None:
            return refusal
        rows = [
            {"object": "domain", "id": str(place), "name": name, "status": status}
            for place, (name, status) in enumerate(self._state.domains.items())
        ]
        return web.json_response({"object": "list", "has_more": False, "data": rows})

    async def _take(self, request: web.Request, raw: bytes, content: dict[str, Any]) -> web.Response:
        state = self._state
        key = request.headers.get("Idempotency-Key")
        if key is not None and not 1 <= len(key) <= LONGEST_KEY:
            return problem(400, "invalid_idempotency_key", "The key has 1 to 256 characters.")
        seen = state.seen(key) if key is not None else None
        if seen is not None:
            if seen.body != raw:
                return problem(409, "invalid_idempotent_request", "This key was used with another body.")
            if seen.mail_id is None:
                return problem(409, "concurrent_idempotent_requests", "This key is being used right now.")
            return web.json_response({"id": seen.mail_id})
        mail = KeptMail({**content, "to": [content["to"]] if isinstance(content["to"], str) else content["to"]})
        state.mails[mail.id] = mail
        if key is not None:
            state.keys[key] = SeenKey(raw, time.monotonic(), mail.id)
        self._webhooks.tell_the_usual(mail)
        limits = {"ratelimit-limit": str(state.limit), "ratelimit-reset": "1"}
        return web.json_response({"id": mail.id}, headers=limits)

    async def index(self, request: web.Request) -> web.StreamResponse:
        refusal = self._stranger(request)
        if refusal is not None:
            return refusal
        limit = int(request.query.get("limit", "20"))
        mails = sorted(self._state.mails.values(), key=lambda mail: mail.created_at, reverse=True)
        return web.json_response(
            {
                "object": "list",
                "has_more": len(mails) > limit,
                "data": [mail.shown(whole=False) for mail in mails[:limit]],
            }
        )

    async def show(self, request: web.Request) -> web.StreamResponse:
        refusal = self._stranger(request)
        if refusal is not None:
            return refusal
        mail = self._state.mails.get(request.match_info["id"])
        if mail is None:
            return problem(404, "not_found", "Email not found")
        return web.json_response(mail.shown(whole=True))

    def _stranger(self, request: web.Request) -> web.Response | None:
        if not request.headers.get("User-Agent"):
            return problem(403, "invalid_user_agent", "A User-Agent is required.")
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            return problem(401, "missing_api_key", "Missing API key in the authorization header.")
        if self._state.key and key != self._state.key:
            return problem(403, "invalid_api_key", "API key is invalid.")
        return None


def wrong_with(content: object) -> tuple[str, str] | None:
    """What Resend would refuse: the error's name and message."""
    if not isinstance(content, dict):
        return "validation_error", "The body is no object."
    for name in ("from", "to", "subject"):
        if not content.get(name):
            return "missing_required_field", f"Missing `{name}` field."
    if not content.get("html") and not content.get("text"):
        return "missing_required_field", "Missing `html` or `text` field."
    recipients = [content["to"]] if isinstance(content["to"], str) else content["to"]
    if not isinstance(recipients, list) or len(recipients) > MOST_RECIPIENTS:
        return "validation_error", "`to` has at most 50 addresses."
    for field, addresses in (("from", [content["from"]]), ("to", recipients)):
        if not all(isinstance(one, str) and _is_address(one) for one in addresses):
            return (
                "validation_error",
                f"Invalid `{field}` field. It is `email@example.com` or `Name <email@example.com>`.",
            )
    if not isinstance(content["subject"], str) or "\n" in content["subject"] or "\r" in content["subject"]:
        return "validation_error", "Invalid `subject` field."
    for tag in content.get("tags") or ():
        if not isinstance(tag, dict) or not all(_TAG.fullmatch(str(tag.get(name, ""))) for name in ("name", "value")):
            return "validation_error", "Tags are ASCII letters, numbers, underscores or dashes."
    return None


def problem(status: int, name: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """An error in Resend's shape."""
    return web.json_response({"statusCode": status, "message": message, "name": name}, status=status, headers=headers)


def _is_address(text: str) -> bool:
    _, address = parseaddr(text)
    before, _, after = address.rpartition("@")
    return bool(before and after and "." in after and " " not in address and text.isprintable())


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
