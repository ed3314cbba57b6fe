"""A shop's owner at the API and the pages of contacts."""

import io
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aiohttp

from builders import meta
from rig import Rig, Shop, as_body, eventually
from wacloud.modules.auth.domain.token import Claims


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True, slots=True)
class Desk:
    """The owner of a shop."""

    rig: Rig
    shop: Shop

    async def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Ask the API."""
        sent = {} if body is None else {"json": body}
        async with self.rig.http.request(
            method, self.rig.url + path, headers=self.rig.bearer(self.shop), **sent
        ) as answer:
            return Answer(answer.status, await answer.text())

    async def page(self, method: str, path: str, form: Any = None) -> Answer:
        """Ask for a page, or send its form."""
        claims = Claims(self.shop.user_id, self.shop.business_id, self.shop.session_id)
        session = self.rig.house.auth.tokens.issue(claims, "session", self.rig.house.clock())
        headers = {
            "cookie": f"wacloud_session={session}; lang=en",
            "accept": "text/html",
            "sec-fetch-site": "same-origin",
        }
        async with self.rig.http.request(
            method, self.rig.url + path, headers=headers, data=form, allow_redirects=False
        ) as answer:
            told = await answer.text()
            return Answer(answer.status, answer.headers.get("location", "") if answer.status == 303 else told)

    async def add(self, phone: str, **told: Any) -> dict[str, Any]:
        """A contact made by hand."""
        answer = await self.ask("POST", "/api/contacts", {"phone": phone, **told})
        assert answer.status == 201, answer.text
        return answer.json  # type: ignore[no-any-return]

    async def get(self, contact_id: object) -> dict[str, Any]:
        """A contact as it is now."""
        return (await self.ask("GET", f"/api/contacts/{contact_id}")).json  # type: ignore[no-any-return]

    async def all(self, query: str = "") -> list[dict[str, Any]]:
        """A page of contacts."""
        answer = await self.ask("GET", f"/api/contacts?limit=200{query}")
        assert answer.status == 200, answer.text
        return answer.json["contacts"]  # type: ignore[no-any-return]

    async def hears(self, wa_id: str, body: str, **more: Any) -> Any:
        """A customer writes; returns the message as it is stored, once nothing is under way."""
        await self.webhook(meta.inbound(self.shop, wa_id, body, **more))
        return (await self.rig.messages(self.shop))[-1]

    async def webhook(self, payload: Any) -> None:
        """Meta tells something."""
        received = (await self.rig.ledger(self.shop)).webhooks["received"]
        assert await self.rig.post(as_body(payload)) == 200
        await self.rig.settled(self.shop, webhooks=received + 1)

    async def contact_of(self, wa_id: str) -> UUID:
        """Who has this number."""
        [row] = await self.rig.rows(
            self.shop,
            "select contact_id from app.contact_identities where business_id = %s and kind = 'wa_id' and value = %s",
            (self.shop.business_id, wa_id),
        )
        return UUID(str(row.contact_id))

    async def log(self) -> list[str]:
        """What the audit log says was done, oldest first."""
        rows = await self.rig.rows(
            self.shop,
            "select action from app.audit_log where business_id = %s order by at, id",
            (self.shop.business_id,),
        )
        return [row.action for row in rows]

    async def upload(self, raw: bytes, name: str = "clientes.csv") -> Answer:
        """Send a file; the answer is where its page is."""
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("file", io.BytesIO(raw), filename=name, content_type="text/csv")
        return await self.page("POST", "/contacts/import", form)


__all__ = ["Answer", "Desk", "eventually"]
