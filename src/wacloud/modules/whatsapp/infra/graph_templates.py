"""Message templates at Meta's Graph API; see `application/template_ports.py`."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from wacloud.modules.whatsapp.application.template_ports import Submitted, TemplateAccount
from wacloud.modules.whatsapp.domain.delivery import MetaRefused
from wacloud.modules.whatsapp.domain.message_template import Component, Draft, ListedTemplate, MetaAway, TemplateRefused
from wacloud.modules.whatsapp.domain.template_files import without_files
from wacloud.modules.whatsapp.infra.graph_values import obj, text
from wacloud.shared.infra.crypto import CannotDecrypt

Json = dict[str, Any]

FIELDS: Final = "id,name,language,status,category,quality_score,rejected_reason,parameter_format,components"
PAGE: Final = 100
MOST_PAGES: Final = 200  # three times what Meta lets an account have
_NO_ACCESS: Final = frozenset({0, 3, 10, 190, 200})
_UNKNOWN: Final = frozenset({2593002})  # deleted before


class GraphTemplates:
    """See `template_ports.MetaTemplates`. The session is the one way out of the house."""

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

    async def listed(self, account: TemplateAccount) -> Sequence[ListedTemplate]:
        found: list[ListedTemplate] = []
        after: str | None = None
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            query = {"fields": FIELDS, "limit": str(PAGE)} | ({"after": after} if after else {})
            answer = await self._ask(account, "GET", f"{account.waba_id}/message_templates", query)
            rows = answer.get("data")
            found += [one for row in rows if (one := _read(row))] if isinstance(rows, list) else []
            paging = obj(answer.get("paging"))
            after = text(obj(paging.get("cursors")).get("after"))
            if not paging.get("next") or after is None:
                return found
            if after in seen:
                break
            seen.add(after)
        raise MetaAway("the list of templates has no end")

    async def create(self, account: TemplateAccount, draft: Draft) -> Submitted:
        body = {
            "name": draft.name,
            "language": draft.language,
            "category": draft.category,
            "parameter_format": draft.parameter_format,
            "components": draft.components,
        }
        answer = await self._ask(account, "POST", f"{account.waba_id}/message_templates", {}, body)
        meta_id = text(answer.get("id"))
        if meta_id is None:
            raise MetaAway("no id in the answer")
        return Submitted(meta_id, text(answer.get("status")) or "PENDING", text(answer.get("category")))

    async def edit(
        self, account: TemplateAccount, meta_id: str, components: Sequence[Component], category: str | None
    ) -> None:
        body: Json = {"components": components} | ({"category": category} if category else {})
        await self._ask(account, "POST", meta_id, {}, body)

    async def delete(self, account: TemplateAccount, name: str, meta_id: str) -> None:
        query = {"name": name, "hsm_id": meta_id}
        await self._ask(account, "DELETE", f"{account.waba_id}/message_templates", query, forgives=_UNKNOWN)

    async def _ask(
        self,
        account: TemplateAccount,
        method: str,
        path: str,
        query: dict[str, str],
        body: object = None,
        forgives: frozenset[int] = frozenset(),
    ) -> Json:
        try:
            token = self._decrypt(account.access_token)
        except CannotDecrypt as error:
            raise MetaRefused("the token cannot be read: check SECRET_KEYS") from error
        if self._proof_secret is not None:
            proof = hmac.new(self._proof_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
            query = {**query, "appsecret_proof": proof}
        url = f"{self._base}/{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else msgspec.json.encode(body)
        try:
            async with self._session.request(method, url, data=data, headers=headers) as response:
                status, raw = response.status, await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise MetaAway(type(error).__name__) from error
        try:
            answer = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            answer = None
        if status == 200 and isinstance(answer, dict) and "error" not in answer:
            return answer
        return refused(status, obj(obj(answer).get("error")), forgives)


def refused(status: int, error: Json, forgives: frozenset[int] = frozenset()) -> Json:
    """What Meta's refusal means; nothing where it is one to be forgiven."""
    code, subcode = error.get("code"), error.get("error_subcode")
    if code in forgives or subcode in forgives:
        return {}
    words = text(error.get("error_user_msg")) or text(obj(error.get("error_data")).get("details"))
    told = (words or text(error.get("message")) or f"HTTP {status}")[:500]
    # Who has no access learns no more than that there is no such object.
    if code in _NO_ACCESS or (code == 100 and subcode == 33):
        raise MetaRefused(told)
    if not error or status >= 500 or status == 429 or code in (1, 2, 4, 80007) or error.get("is_transient") is True:
        raise MetaAway(told)
    raise TemplateRefused(told, **({"meta_code": subcode or code} if isinstance(subcode or code, int) else {}))


def _read(row: object) -> ListedTemplate | None:
    """A template of the list; None for what has no name."""
    told = obj(row)
    meta_id, name, language = (text(told.get(key)) for key in ("id", "name", "language"))
    status = text(told.get("status"))
    if meta_id is None or name is None or language is None or status is None:
        return None
    reason, components = text(told.get("rejected_reason")), told.get("components")
    return ListedTemplate(
        meta_id=meta_id,
        name=name,
        # Meta writes both en_US and en-US.
        language=language.replace("-", "_"),
        status=status.upper(),
        category=text(told.get("category")),
        quality=text(obj(told.get("quality_score")).get("score")),
        reason=None if reason in (None, "NONE") else reason,
        parameter_format=(text(told.get("parameter_format")) or "POSITIONAL").upper(),
        components=(
            without_files([one for one in components if isinstance(one, dict)]) if isinstance(components, list) else ()
        ),
    )
