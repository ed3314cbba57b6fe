"""Where mails go without any mail service: onto a shelf on a development machine, or nowhere at all."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from wacloud.modules.notification.application.ports import ShelfMail
from wacloud.modules.notification.domain.delivery import SendResult
from wacloud.modules.notification.domain.mail import Email
from wacloud.shared.application.db import Database

KEPT = 500


class LocalOutbox:
    """See `ports.Transport` and `ports.MailShelf`. Never in production: whoever reads the shelf reads every token."""

    is_idempotent = True

    def __init__(self, db: Database) -> None:
        self._db = db

    async def send(self, email: Email) -> SendResult:
        async with self._db.system("keep a mail of a development machine") as tx:
            await tx.execute(
                "insert into app.local_mails (id, recipient, subject, html, body) values (%s, %s, %s, %s, %s)"
                " on conflict do nothing",
                (email.id, email.recipient, email.subject, email.html, email.text),
            )
            await tx.execute(
                "delete from app.local_mails where created_at < (select created_at from app.local_mails"
                " order by created_at desc offset %s limit 1)",
                (KEPT,),
            )
        return SendResult("accepted", provider_id=str(email.id))

    async def newest(self, limit: int = 100) -> Sequence[ShelfMail]:
        async with self._db.system("show the mails of a development machine") as tx:
            rows = await tx.rows(
                "select id, recipient, subject, created_at, '' as html, '' as body from app.local_mails"
                " order by created_at desc limit %s",
                (limit,),
            )
        return [_to_shelf_mail(row) for row in rows]

    async def find(self, mail_id: str) -> ShelfMail | None:
        try:
            wanted = UUID(mail_id)
        except ValueError:
            return None
        async with self._db.system("show the mails of a development machine") as tx:
            row = await tx.row(
                "select id, recipient, subject, created_at, html, body from app.local_mails where id = %s", (wanted,)
            )
        return row and _to_shelf_mail(row)


class NoTransport:
    """Nobody takes our mails. They wait for somebody to set one up, as long as they are of use."""

    is_idempotent = True

    async def send(self, email: Email) -> SendResult:
        return SendResult("locked", reason="no_transport")


def _to_shelf_mail(row: Any) -> ShelfMail:
    return ShelfMail(str(row.id), row.recipient, row.subject, row.created_at, html=row.html, text=row.body)
