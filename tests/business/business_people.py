"""People who can sign in, their businesses, and what they ask of the API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import UUID, uuid4

from rig import Rig, eventually
from wacloud.shared.domain.ids import BusinessId, SessionId, UserId, new_id

ROLES = ("owner", "admin", "agent", "analyst")
NEW = {"name": "Velas del Sur", "sector": "retail", "phone": "+34600000042", "employee_count": "1-10"}


@dataclass(frozen=True, slots=True)
class Someone:
    """A person with a verified address who is signed in, and the business their token names."""

    user_id: UserId
    email: str
    business_id: BusinessId | None = None
    session_id: SessionId = field(default_factory=lambda: SessionId(new_id()))


@dataclass(frozen=True, slots=True)
class Told:
    """An answer."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        return str(self.json["code"])


class People:
    """Makes them and asks for them."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig

    async def someone(self, email: str | None = None) -> Someone:
        """Somebody of no business."""
        made = Someone(UserId(new_id()), email or f"p{uuid4().hex[:12]}@example.test")
        async with self.rig.house.db.system("test: make a person") as tx:
            await tx.execute(
                "insert into app.users (id, name, email, email_verified_at) values (%s, 'Ana Prueba', %s, now())",
                (made.user_id, made.email),
            )
            await tx.execute(
                "insert into app.sessions (id, user_id, not_after) values (%s, %s, now() + interval '30 days')",
                (made.session_id, made.user_id),
            )
        return made

    async def business(self, **told: Any) -> Someone:
        """The owner of a new business, opened through the API."""
        owner = await self.someone()
        made = await self.ask(owner, "POST", "/api/businesses", {**NEW, **told})
        assert made.status == 201, made.text
        return replace(owner, business_id=BusinessId(UUID(made.json["id"])))

    async def join(self, owner: Someone, role: str) -> Someone:
        """One more member, put there by hand, with whatever role."""
        person = await self.someone()
        async with self.rig.house.db.tenant(cast(BusinessId, owner.business_id)) as tx:
            await tx.execute(
                "insert into app.members (business_id, user_id, role) values (%s, %s, %s)",
                (owner.business_id, person.user_id, role),
            )
        return replace(person, business_id=owner.business_id)

    async def team(self, **told: Any) -> dict[str, Someone]:
        """A business with one member of each role."""
        owner = await self.business(**told)
        return {"owner": owner, **{role: await self.join(owner, role) for role in ROLES[1:]}}

    async def ask(
        self,
        who: Someone | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        page: bool = False,
        has: str = "",
        **form: Any,
    ) -> Told:
        """
        Ask the API, or with `page` a page as a browser does (a form where there is one).

        `has` is the ETag of what is kept already.
        """
        headers: dict[str, str] = {"if-none-match": has} if has else {}
        if who is not None:
            if page:
                headers["cookie"] = f"wacloud_session={self.session(who)}"
            else:
                headers |= self.rig.bearer(cast(Any, who))
        if page:
            headers |= {"accept": "text/html", "sec-fetch-site": "same-origin"}
        sent: dict[str, Any] = {"data": form} if page and method == "POST" else {} if body is None else {"json": body}
        async with self.rig.http.request(
            method, self.rig.url + path, headers=headers, allow_redirects=False, **sent
        ) as answer:
            return Told(answer.status, await answer.text(), {k.lower(): v for k, v in answer.headers.items()})

    def session(self, who: Someone) -> str:
        """The cookie of a browser in which this person is signed in."""
        house = self.rig.house
        token = self.rig.bearer(cast(Any, who))["authorization"].partition(" ")[2]
        return house.auth.tokens.issue(house.auth.tokens.read(token, "access", house.clock()), "session", house.clock())

    async def here(self, who: Someone, method: str, path: str, body: Any = None) -> Told:
        """Ask about the business their token names."""
        return await self.ask(who, method, f"/api/businesses/{who.business_id}{path}", body)

    async def roles(self, owner: Someone) -> dict[UserId, str]:
        """As the database has them."""
        async with self.rig.house.db.tenant(cast(BusinessId, owner.business_id)) as tx:
            rows = await tx.rows("select user_id, role from app.members where business_id = %s", (owner.business_id,))
        return {row.user_id: row.role for row in rows}

    async def log(self, owner: Someone) -> list[str]:
        """The actions in the audit log of the business, oldest first."""
        async with self.rig.house.db.tenant(cast(BusinessId, owner.business_id)) as tx:
            rows = await tx.rows(
                "select action from app.audit_log where business_id = %s order by at, id", (owner.business_id,)
            )
        return [row.action for row in rows]

    async def invite(self, who: Someone, email: str, role: str = "agent") -> tuple[Told, str]:
        """The answer, and the token of the link in it."""
        told = await self.here(who, "POST", "/invitations", {"email": email, "role": role})
        return told, told.json["accept_url"].rpartition("/")[2] if told.status == 201 else ""


__all__ = ["NEW", "ROLES", "People", "Someone", "Told", "eventually"]
