"""Accounts and numbers at Meta's Graph API; see `application/connecting_ports.py`."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from wacloud.modules.whatsapp.application.connecting_ports import AccountAtMeta
from wacloud.modules.whatsapp.domain.connecting import SCOPES, MetaProblem, NumberAtMeta, TokenFacts
from wacloud.modules.whatsapp.domain.number_profile import NumberProfile
from wacloud.modules.whatsapp.infra.graph_values import listed, moment, obj, text
from wacloud.shared.infra.crypto import CannotDecrypt

Json = dict[str, Any]

NUMBER_FIELDS: Final = (
    "id,display_phone_number,verified_name,name_status,status,code_verification_status,quality_rating,throughput,"
    "whatsapp_business_manager_messaging_limit,is_pin_enabled,is_on_biz_app,platform_type"
)
PROFILE_FIELDS: Final = "about,address,description,email,websites,vertical,profile_picture_url"
PAGE: Final = 100
MOST_PAGES: Final = 20
_AWAY: Final = frozenset({1, 2, 131000, 131016, 131057, 133004})


class GraphAccounts:
    """See `connecting_ports.MetaAccounts`. The session is the one way out of the house."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: str,
        version: str,
        decrypt: Callable[[str], str],
        app_id: str,
        app_secret: str,
        with_proof: bool,
    ) -> None:
        self._session = session
        self._base = f"{base_url.rstrip('/')}/{version}"
        self._decrypt = decrypt
        self._app_id = app_id
        self._app_secret = app_secret
        self._with_proof = with_proof

    async def exchange(self, code: str) -> str:
        query = {"client_id": self._app_id, "client_secret": self._app_secret, "code": code}
        # In the body: an address may end in a log of whoever stands between.
        answer = await self._call("POST", "oauth/access_token", {}, query)
        token = text(answer.get("access_token"))
        if token is None:
            raise MetaProblem("no token in the answer", away=True)
        return token

    async def inspect(self, access_token: str) -> TokenFacts:
        token = self._open(access_token)
        asks = f"{self._app_id}|{self._app_secret}" if self._app_id else token
        told = obj((await self._call("GET", "debug_token", {"input_token": token}, bearer=asks)).get("data"))
        granted: dict[str, None] = {}
        for scope in listed(told.get("granular_scopes")):
            if obj(scope).get("scope") in SCOPES:
                granted |= dict.fromkeys(one for one in map(text, listed(obj(scope).get("target_ids"))) if one)
        scopes = {str(one) for one in listed(told.get("scopes"))}
        return TokenFacts(
            app_id=text(told.get("app_id")),
            is_valid=told.get("is_valid") is True,
            scopes=frozenset(scopes),
            expires_at=moment(told.get("expires_at")),
            waba_ids=list(granted),
        )

    async def account(self, waba_id: str, access_token: str) -> AccountAtMeta:
        told = await self._ask("GET", waba_id, access_token, {"fields": "name,owner_business_info"})
        return AccountAtMeta(text(told.get("name")), text(obj(told.get("owner_business_info")).get("id")))

    async def numbers(self, waba_id: str, access_token: str) -> Sequence[NumberAtMeta]:
        found: list[NumberAtMeta] = []
        after: str | None = None
        for _ in range(MOST_PAGES):
            query = {"fields": NUMBER_FIELDS, "limit": str(PAGE)} | ({"after": after} if after else {})
            answer = await self._ask("GET", f"{waba_id}/phone_numbers", access_token, query)
            found += [one for row in listed(answer.get("data")) if (one := _number(obj(row)))]
            paging = obj(answer.get("paging"))
            following = text(obj(paging.get("cursors")).get("after"))
            if not paging.get("next") or following is None:
                return found
            if following == after:
                break
            after = following
        raise MetaProblem("the list of numbers has no end", away=True)

    async def number(self, phone_number_id: str, access_token: str) -> NumberAtMeta:
        found = _number(await self._ask("GET", phone_number_id, access_token, {"fields": NUMBER_FIELDS}))
        if found is None:
            raise MetaProblem("no number in the answer", away=True)
        return found

    async def add_number(
        self, waba_id: str, access_token: str, *, country_code: str, phone_number: str, verified_name: str
    ) -> str:
        digits = "".join(c for c in country_code if c.isdigit())
        phone = "".join(c for c in phone_number if c.isdigit())
        # It was called `cc` before, and what Graph does not know it leaves alone.
        body = {"country_code": digits, "cc": digits, "phone_number": phone, "verified_name": verified_name.strip()}
        made = text((await self._ask("POST", f"{waba_id}/phone_numbers", access_token, {}, body)).get("id"))
        if made is None:
            raise MetaProblem("no id in the answer", away=True)
        return made

    async def request_code(self, phone_number_id: str, access_token: str, method: str, language: str) -> None:
        body = {"code_method": method, "language": language}
        await self._ask("POST", f"{phone_number_id}/request_code", access_token, {}, body)

    async def verify_code(self, phone_number_id: str, access_token: str, code: str) -> None:
        await self._ask("POST", f"{phone_number_id}/verify_code", access_token, {}, {"code": code})

    async def register(self, phone_number_id: str, access_token: str, pin: str) -> None:
        body = {"messaging_product": "whatsapp", "pin": pin}
        await self._ask("POST", f"{phone_number_id}/register", access_token, {}, body)

    async def subscribe(self, waba_id: str, access_token: str) -> None:
        await self._ask("POST", f"{waba_id}/subscribed_apps", access_token)

    async def unsubscribe(self, waba_id: str, access_token: str) -> None:
        await self._ask("DELETE", f"{waba_id}/subscribed_apps", access_token)

    async def sync(self, phone_number_id: str, access_token: str, sync_type: str) -> None:
        body = {"messaging_product": "whatsapp", "sync_type": sync_type}
        await self._ask("POST", f"{phone_number_id}/smb_app_data", access_token, {}, body)

    async def profile(self, phone_number_id: str, access_token: str) -> NumberProfile:
        path = f"{phone_number_id}/whatsapp_business_profile"
        rows = listed((await self._ask("GET", path, access_token, {"fields": PROFILE_FIELDS})).get("data"))
        told: Json = {}
        for row in rows:
            told |= obj(row)
        texts = {name: text(told.get(name)) or "" for name in ("about", "address", "description", "email", "vertical")}
        sites = [site for one in listed(told.get("websites")) if (site := text(one))]
        if texts["vertical"] == "UNDEFINED":
            texts["vertical"] = ""
        return NumberProfile(websites=sites, has_photo=bool(text(told.get("profile_picture_url"))), **texts)

    async def change_profile(self, phone_number_id: str, access_token: str, profile: NumberProfile) -> None:
        body: Json = {
            "messaging_product": "whatsapp",
            "address": profile.address,
            "description": profile.description,
            "email": profile.email,
            "websites": list(profile.websites),
        }
        # Of these two Meta takes nothing that is empty.
        body |= {"about": profile.about} if profile.about.strip() else {}
        body |= {"vertical": profile.vertical} if profile.vertical else {}
        await self._ask("POST", f"{phone_number_id}/whatsapp_business_profile", access_token, {}, body)

    async def change_photo(self, phone_number_id: str, access_token: str, handle: str) -> None:
        body = {"messaging_product": "whatsapp", "profile_picture_handle": handle}
        await self._ask("POST", f"{phone_number_id}/whatsapp_business_profile", access_token, {}, body)

    async def _ask(
        self, method: str, path: str, access_token: str, query: dict[str, str] | None = None, body: object = None
    ) -> Json:
        token = self._open(access_token)
        query = dict(query or {})
        if self._with_proof:
            query["appsecret_proof"] = hmac.new(self._app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        return await self._call(method, path, query, body, bearer=token)

    async def _call(
        self, method: str, path: str, query: dict[str, str], body: object = None, *, bearer: str | None = None
    ) -> Json:
        url = f"{self._base}/{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        data = None if body is None else msgspec.json.encode(body)
        try:
            async with self._session.request(method, url, data=data, headers=headers) as response:
                status, raw = response.status, await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise MetaProblem(away=True) from error
        try:
            answer = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            answer = None
        if status == 200 and isinstance(answer, dict) and "error" not in answer:
            return answer
        raise _problem(status, obj(obj(answer).get("error")))

    def _open(self, access_token: str) -> str:
        try:
            return self._decrypt(access_token)
        except CannotDecrypt as error:
            raise MetaProblem("the token cannot be read: check SECRET_KEYS", code=190) from error


def _problem(status: int, error: Json) -> MetaProblem:
    code, subcode = error.get("code"), error.get("error_subcode")
    words = text(error.get("error_user_msg")) or text(obj(error.get("error_data")).get("details"))
    told = words or text(error.get("message"))
    is_number = isinstance(code, int)
    return MetaProblem(
        told and told[:500],
        code=code if is_number else None,
        subcode=subcode if isinstance(subcode, int) else None,
        away=not is_number or code in _AWAY or error.get("is_transient") is True or status == 429,
    )


def _number(row: Json) -> NumberAtMeta | None:
    phone_number_id = text(row.get("id"))
    if phone_number_id is None:
        return None
    level = obj(row.get("throughput")).get("level")
    on_app = row.get("is_on_biz_app") is True
    return NumberAtMeta(
        phone_number_id=phone_number_id,
        display_phone_number=text(row.get("display_phone_number")) or phone_number_id,
        verified_name=text(row.get("verified_name")),
        name_status=text(row.get("name_status")),
        status=text(row.get("status")),
        code_status=text(row.get("code_verification_status")),
        quality=text(row.get("quality_rating")),
        # In the app, too, it is held to 20 a second.
        per_second=20 if on_app else 1000 if level == "HIGH" else 80,
        messaging_limit=text(row.get("whatsapp_business_manager_messaging_limit")),
        has_pin=row.get("is_pin_enabled") is True,
        is_on_app=on_app,
    )
