"""People with a business or without, over the real wiring."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from rig import Rig
from wacloud.modules.auth.domain.token import Claims
from wacloud.shared.domain.ids import BusinessId, SessionId, UserId


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person who is signed in."""

    id: UserId
    email: str
    token: str
    session: str


class People:
    """Makes people, and asks in their name."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig

    async def add(self, business_id: BusinessId | None = None, role: str = "agent") -> Somebody:
        user_id = UserId(uuid4())
        email = f"{user_id}@example.test"
        async with self.rig.house.db.system("test: make a person") as tx:
            await tx.execute(
                "insert into app.users (id, name, email, email_verified_at) values (%s, 'Ana Pérez', %s, now())",
                (user_id, email),
            )
            await tx.execute(
                "insert into app.sessions (id, user_id, acting_in, not_after)"
                " values (%s, %s, %s, now() + interval '30 days')",
                (user_id, user_id, business_id),
            )
            await tx.execute("insert into app.credentials values (%s, 'a hash')", (user_id,))
            if business_id is not None:
                await tx.execute("insert into app.members values (%s, %s, %s)", (business_id, user_id, role))
        return self.signed_in(user_id, email, business_id)

    def signed_in(
        self, user_id: UserId, email: str, business_id: BusinessId | None = None, session_id: SessionId | None = None
    ) -> Somebody:
        auth, now = self.rig.house.auth, self.rig.house.clock()
        claims = Claims(user_id, business_id, session_id or SessionId(user_id))
        return Somebody(
            user_id, email, auth.tokens.issue(claims, "access", now), auth.tokens.issue(claims, "session", now)
        )

    async def ask(self, somebody: Somebody, method: str, path: str, **options: Any) -> tuple[int, Any, Any]:
        """Status, headers, and the JSON of the answer."""
        headers = {"authorization": f"Bearer {somebody.token}"}
        async with self.rig.http.request(method, self.rig.url + path, headers=headers, **options) as answer:
            text = await answer.text()
            return answer.status, answer.headers, await answer.json(content_type=None) if text else None

    async def page(self, somebody: Somebody, method: str, path: str, **options: Any) -> tuple[int, Any, str]:
        """As a browser asks; nothing is followed."""
        headers = {
            "cookie": f"wacloud_session={somebody.session}; lang=en",
            "origin": "http://127.0.0.1:8000",
            "accept": "text/html",
        } | options.pop("headers", {})
        async with self.rig.http.request(
            method, self.rig.url + path, headers=headers, allow_redirects=False, **options
        ) as answer:
            return answer.status, answer.headers, await answer.text()

    async def rows(self, sql: str, *params: Any) -> list[Any]:
        async with self.rig.house.db.system("test: look") as tx:
            return await tx.rows(sql, params)
