"""What Meta tells of a token, a number and an account; see `application/checkup_ports.py`."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from wacloud.modules.whatsapp.domain.checkup import CALLBACK_PATH, Finding, judge_handshake
from wacloud.modules.whatsapp.domain.checkup_facts import (
    HealthFault,
    NoAnswer,
    NumberFacts,
    SubscriptionFacts,
    TokenFacts,
)
from wacloud.modules.whatsapp.infra.graph_values import listed, moment, number, obj, text
from wacloud.shared.infra.crypto import CannotDecrypt

Json = dict[str, Any]

FIELDS: Final = (
    "status,name_status,quality_rating,throughput,whatsapp_business_manager_messaging_limit,platform_type,"
    "is_pin_enabled,is_on_biz_app,webhook_configuration,health_status"
)
MOST_PAGES: Final = 40
HANDSHAKE_S: Final = 8
LARGEST_ANSWER: Final = 4096
_THROTTLED: Final = frozenset({4, 17, 32, 613, 80007})
_NO_ACCESS: Final = frozenset({0, 3, 10, 190, *range(200, 300)})


class GraphCheckup:
    """See `checkup_ports.AskMeta`. The session is the one way out of the house."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: str,
        version: str,
        decrypt: Callable[[str], str],
        proof_secret: str | None,
        app_id: str,
        app_secret: str,
        own_url: str,
        verify_token: str,
    ) -> None:
        self._session = session
        self._base = f"{base_url.rstrip('/')}/{version}"
        self._decrypt = decrypt
        self._proof_secret = proof_secret
        self._app_token = f"{app_id}|{app_secret}" if app_id and app_secret else None
        self._own_url = own_url
        self._verify_token = verify_token

    async def token(self, access_token: str) -> TokenFacts | NoAnswer:
        try:
            token = self._decrypt(access_token)
        except CannotDecrypt:
            return NoAnswer("sealed")
        # A token may tell of itself, too: enough where the app's id is not known.
        asked = await self._ask("debug_token", {"input_token": token}, self._app_token or token)
        if isinstance(asked, NoAnswer) and self._app_token and asked.kind in ("refused", "gone"):
            # Most likely the app's own id or secret is wrong; that says nothing of this token.
            asked = await self._ask("debug_token", {"input_token": token}, token)
        if isinstance(asked, NoAnswer):
            return asked
        data = obj(asked.get("data"))
        if not isinstance(data.get("is_valid"), bool):
            return NoAnswer("away", told="an answer without is_valid")
        return TokenFacts(
            is_valid=data["is_valid"],
            app_id=text(data.get("app_id")),
            expires_at=moment(data.get("expires_at")),
            scopes=frozenset(one for one in listed(data.get("scopes")) if isinstance(one, str)),
            targets=_targets(data.get("granular_scopes")),
            subcode=number(obj(data.get("error")).get("subcode")),
        )

    async def number(self, phone_number_id: str, access_token: str) -> NumberFacts | NoAnswer:
        told = await self._ask_sealed(phone_number_id, {"fields": FIELDS}, access_token)
        if isinstance(told, NoAnswer):
            return told
        health = obj(told.get("health_status"))
        return NumberFacts(
            status=_word(told.get("status")),
            name_status=_word(told.get("name_status")),
            quality=_word(told.get("quality_rating")),
            limit=_word(told.get("whatsapp_business_manager_messaging_limit")),
            throughput=_word(obj(told.get("throughput")).get("level")),
            platform=_word(told.get("platform_type")),
            has_pin=_truth(told.get("is_pin_enabled")),
            is_on_phone=_truth(told.get("is_on_biz_app")),
            callbacks={
                name: address
                for name, address in obj(told.get("webhook_configuration")).items()
                if isinstance(address, str)
            },
            health=_word(health.get("can_send_message")),
            faults=tuple(_faults(health)),
        )

    async def subscription(self, waba_id: str, access_token: str) -> SubscriptionFacts | NoAnswer:
        apps: list[str] = []
        overrides: dict[str, str] = {}
        query: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            told = await self._ask_sealed(f"{waba_id}/subscribed_apps", query, access_token)
            if isinstance(told, NoAnswer):
                return told
            for row in listed(told.get("data")):
                app_id = text(obj(obj(row).get("whatsapp_business_api_data")).get("id"))
                if app_id is None:
                    continue
                apps.append(app_id)
                if override := text(obj(row).get("override_callback_uri")):
                    overrides[app_id] = override
            paging = obj(told.get("paging"))
            after = text(obj(paging.get("cursors")).get("after"))
            if not paging.get("next") or after is None or query.get("after") == after:
                return SubscriptionFacts(tuple(apps), overrides)
            query = {"after": after}
        return SubscriptionFacts(tuple(apps), overrides)

    async def own_endpoint(self) -> Finding:
        wanted = str(secrets.randbelow(10**12))
        query = {"hub.mode": "subscribe", "hub.challenge": wanted, "hub.verify_token": self._verify_token}
        try:
            async with (
                asyncio.timeout(HANDSHAKE_S),
                self._session.get(
                    f"{self._own_url}{CALLBACK_PATH}?{urlencode(query)}", allow_redirects=False
                ) as response,
            ):
                raw = await response.content.read(LARGEST_ANSWER)
                return judge_handshake(raw.decode("utf-8", "replace").strip(), response.status, wanted)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return judge_handshake(None, None, wanted)

    async def _ask_sealed(self, path: str, query: Mapping[str, str], access_token: str) -> Json | NoAnswer:
        try:
            return await self._ask(path, query, self._decrypt(access_token))
        except CannotDecrypt:
            return NoAnswer("sealed")

    async def _ask(self, path: str, query: Mapping[str, str], token: str) -> Json | NoAnswer:
        if self._proof_secret is not None:
            proof = hmac.new(self._proof_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
            query = {**query, "appsecret_proof": proof}
        url = f"{self._base}/{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            async with self._session.get(url, headers={"Authorization": f"Bearer {token}"}) as response:
                status, raw = response.status, await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return NoAnswer("away", told=type(error).__name__)
        try:
            answer = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            answer = None
        if status == 200 and isinstance(answer, dict) and "error" not in answer:
            return answer
        return _refusal(status, obj(obj(answer).get("error")))


def _refusal(status: int, error: Json) -> NoAnswer:
    """By its code, never by its text; without one nobody knows."""
    code, subcode = number(error.get("code")), number(error.get("error_subcode"))
    told = (text(error.get("message")) or f"HTTP {status}")[:300]
    if code in _THROTTLED or status == 429:
        return NoAnswer("throttled", code, subcode, told)
    if code in _NO_ACCESS:
        return NoAnswer("refused", code, subcode, told)
    if code == 33 or (code == 100 and subcode == 33):
        return NoAnswer("gone", code, subcode, told)
    return NoAnswer("away", code, subcode, told)


def _faults(health: Json) -> list[HealthFault]:
    found = []
    for row in listed(health.get("entities")):
        entity = obj(row)
        verdict = _word(entity.get("can_send_message")) or "UNKNOWN"
        for one in listed(entity.get("errors")):
            error = obj(one)
            found.append(
                HealthFault(
                    text(entity.get("entity_type")) or "",
                    verdict,
                    number(error.get("error_code")),
                    text(error.get("error_description")) or "",
                    text(error.get("possible_solution")) or "",
                )
            )
    return found


def _targets(value: object) -> dict[str, frozenset[str]]:
    """No list of targets: the permission is for all there is."""
    found: dict[str, frozenset[str]] = {}
    for row in listed(value):
        scope, ids = text(obj(row).get("scope")), listed(obj(row).get("target_ids"))
        if scope is not None and ids:
            found[scope] = frozenset(told for one in ids if (told := text(one)))
    return found


def _word(value: object) -> str | None:
    found = text(value)
    return found.upper() if found else None


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
