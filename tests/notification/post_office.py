"""Both sides of an installation whose mails go to Resend's twin."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from rig import Rig, eventually
from wacloud.modules.notification.api import Mail, queue_mail
from wacloud.modules.notification.application.ports import NotificationDeps
from wacloud.twins.resend.server import RunningTwin
from wacloud.twins.resend.state import KeptMail, Rule

KEY = "re_the_key_of_the_tests"
SECRET = "whsec_" + base64.b64encode(b"the webhook secret of the tests").decode()
SENDER = "WhatsApp Cloud <no-reply@mail.example.com>"
BASE = "http://127.0.0.1:8000"


@dataclass(slots=True)
class Post:
    """Both sides: the house and the service that takes its mails."""

    rig: Rig
    twin: RunningTwin

    @property
    def deps(self) -> NotificationDeps:
        return self.rig.house.notification

    def address(self) -> str:
        """Somebody new."""
        return f"p{uuid4().hex[:12]}@example.test"

    async def queue(self, to: str, template: str = "password_changed", **more: Any) -> None:
        """Queue a mail in a transaction of its own."""
        values: Mapping[str, str] = more.pop("values", {})
        mail = Mail(to=to, template=template, language=more.pop("language", "es"), values=values, **more)
        async with self.deps.db.system("test: queue a mail") as tx:
            await queue_mail(self.deps, tx, mail)

    async def rows(self, to: str) -> list[Any]:
        """The mails to an address, the oldest first."""
        async with self.deps.db.system("test: look at mails") as tx:
            return await tx.rows("select * from app.mails where recipient = %s order by created_at, id", (to,))

    async def becomes(self, to: str, *states: str, seconds: float = 20) -> Any:
        """The one mail to this address once it stands at one of these states."""

        async def look() -> Any:
            [row] = await self.rows(to)
            return row if row.state in states else None

        return await eventually(look, seconds, lambda: self.rows(to))

    def arrived(self, to: str) -> list[KeptMail]:
        """What the service took for an address."""
        return [mail for mail in self.twin.state.mails.values() if to in mail.content["to"]]

    def posts(self, to: str) -> list[dict[str, Any]]:
        """How often it was asked to."""
        return [post for post in self.twin.state.posts if to in post["to"]]

    def misbehave(self, to: str, **rule: Any) -> None:
        self.twin.state.rules.append(Rule(to=to, **rule))

    async def hurry(self) -> None:
        """Nobody waits for a pause between two tries."""
        async with self.deps.db.system("test: do not wait") as tx:
            await tx.execute("update app.jobs set run_at = now() where lane = 'mail' and state = 'ready'")
            await tx.rows("select pg_notify('wacloud_jobs', '*')")

    async def hurried(self, to: str, *states: str) -> Any:
        """The mail at one of these states, without waiting for the pauses before."""

        async def look() -> Any:
            await self.hurry()
            [row] = await self.rows(to)
            return row if row.state in states else None

        return await eventually(look, 20, lambda: self.rows(to))

    async def webhook(self, body: bytes, headers: Mapping[str, str]) -> int:
        async with self.rig.http.post(
            f"{self.rig.url}/api/webhooks/resend", data=io.BytesIO(body), headers=headers
        ) as answer:
            await answer.read()
            return answer.status

    async def person(self, email: str | None = None, time_zone: str = "Europe/Madrid") -> UUID:
        user_id = uuid4()
        async with self.deps.db.system("test: make a person") as tx:
            await tx.execute(
                "insert into app.users (id, name, email, time_zone) values (%s, 'Ana', %s, %s)",
                (user_id, email or f"{user_id}@example.test", time_zone),
            )
        return user_id
