"""The outbox of mails, and the addresses nothing goes to."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from wacloud.modules.notification.application.ports import MailLimits, UnsentMail
from wacloud.modules.notification.domain.delivery import Conclusion
from wacloud.modules.notification.domain.mail import LONGEST_ADDRESS, Mail, MailId, State, StoredMail
from wacloud.modules.notification.domain.report import SuppressionReason
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId, new_id
from wacloud.shared.infra.postgres import storable

_COLUMNS = "id, business_id, user_id, recipient, template, language, sealed, state, attempts, created_at"
_INSERT = """
insert into app.mails
  (id, business_id, user_id, recipient, template, language, is_asked, sealed, key, state, reason)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing
"""


class PostgresMails:
    """See `ports.Mails`."""

    async def limit_reached(self, tx: Tx, mail: Mail, *, is_asked: bool, limits: MailLimits) -> str | None:
        row = await tx.row(
            "select private.mail_limit(%s, %s, %s, %s, %s, %s, %s, %s) as reached",
            (
                storable(mail.to, LONGEST_ADDRESS),
                mail.template,
                mail.business_id,
                is_asked,
                limits.kind_pause,
                limits.asked_an_hour,
                limits.sender_a_day,
                limits.notices_an_hour,
            ),
        )
        return row and row.reached

    async def is_written(self, tx: Tx, business_id: BusinessId, key: str) -> bool:
        return (
            await tx.row("select 1 from app.mails where business_id = %s and key = %s", (business_id, key)) is not None
        )

    async def add_once(self, tx: Tx, mail: Mail, *, sealed: str, is_asked: bool) -> MailId | None:
        mail_id = MailId(new_id())
        return mail_id if await _insert(tx, mail_id, mail, is_asked, sealed, "queued", None) else None

    async def add_unsendable(self, tx: Tx, mail: Mail, *, is_asked: bool, reason: str) -> None:
        await _insert(tx, MailId(new_id()), mail, is_asked, None, "failed", reason)

    async def find_locked(self, tx: Tx, mail_id: MailId) -> StoredMail | None:
        row = await tx.row(f"select {_COLUMNS} from app.mails where id = %s for update", (mail_id,))
        return row and _to_mail(row)

    async def begin(self, tx: Tx, mail_id: MailId) -> None:
        await tx.execute(
            "update app.mails set state = 'sending', attempts = attempts + 1, changed_at = now() where id = %s",
            (mail_id,),
        )

    async def conclude(self, tx: Tx, mail_id: MailId, conclusion: Conclusion) -> None:
        # The provider may have reported a delivery before we wrote down that it took the mail.
        await tx.execute(
            """
            update app.mails
            set state = case when state in ('queued', 'sending', 'unconfirmed') then %(state)s else state end,
                reason = case when state in ('queued', 'sending', 'unconfirmed') then %(reason)s else reason end,
                provider_id = coalesce(%(provider_id)s, provider_id),
                sent_at = case when %(state)s = 'sent' then coalesce(sent_at, now()) else sent_at end,
                sealed = case when %(is_end)s then null else sealed end, changed_at = now()
            where id = %(id)s
            """,
            {
                "state": conclusion.state,
                "reason": storable(conclusion.reason, 300) if conclusion.reason else None,
                "provider_id": conclusion.provider_id,
                "is_end": conclusion.is_end,
                "id": mail_id,
            },
        )

    async def find_reported(self, tx: Tx, provider_id: str | None, mail_id: MailId | None) -> StoredMail | None:
        row = None
        if provider_id is not None:
            row = await tx.row(f"select {_COLUMNS} from app.mails where provider_id = %s for update", (provider_id,))
        if row is None and mail_id is not None:
            row = await tx.row(f"select {_COLUMNS} from app.mails where id = %s for update", (mail_id,))
        return row and _to_mail(row)

    async def move(self, tx: Tx, mail_id: MailId, state: State, reason: str | None, provider_id: str | None) -> None:
        await tx.execute(
            """
            update app.mails
            set state = %s, reason = %s, provider_id = coalesce(provider_id, %s), sealed = null,
                sent_at = coalesce(sent_at, now()), changed_at = now()
            where id = %s
            """,
            (state, storable(reason, 300) if reason else None, provider_id, mail_id),
        )

    async def left_behind(self, tx: Tx, before: timedelta) -> Sequence[tuple[MailId, BusinessId | None]]:
        rows = await tx.rows(
            "select id, business_id from app.mails where state in ('queued', 'sending') and changed_at < now() - %s"
            " order by changed_at limit 500",
            (before,),
        )
        return [(row.id, row.business_id) for row in rows]

    async def purge(self, tx: Tx, older_than: timedelta) -> int:
        return await tx.execute("delete from app.mails where created_at < now() - %s", (older_than,))

    async def counts(self, tx: Tx) -> Mapping[str, int]:
        rows = await tx.rows("select state, count(*) as n from app.mails group by state order by state")
        return {row.state: row.n for row in rows}

    async def newest_unsent(self, tx: Tx, limit: int) -> Sequence[UnsentMail]:
        rows = await tx.rows(
            "select created_at, template, recipient, state, reason from app.mails"
            " where state in ('bounced', 'complained', 'failed', 'suppressed', 'unconfirmed')"
            " or (state in ('queued', 'sending') and reason is not null) order by created_at desc limit %s",
            (limit,),
        )
        return [UnsentMail(row.created_at, row.template, row.recipient, row.state, row.reason) for row in rows]

    async def of_person(self, tx: Tx, user_id: UserId) -> Sequence[Mapping[str, object]]:
        rows = await tx.rows(
            "select template, language, recipient, state, created_at, sent_at from app.mails where user_id = %s"
            " order by created_at desc limit 1000",
            (user_id,),
        )
        return [row._asdict() for row in rows]

    async def forget_person(self, tx: Tx, user_id: UserId) -> None:
        await tx.execute(
            """
            update app.mails
            set recipient = '', sealed = null, reason = case when state = 'queued' then 'person_left' else reason end,
                state = case when state = 'queued' then 'failed' else state end, changed_at = now()
            where user_id = %(id)s or (recipient <> '' and lower(recipient) = any (array(
              select lower(o.recipient) from app.mails o where o.user_id = %(id)s)))
            """,
            {"id": user_id},
        )


class PostgresSuppressions:
    """See `ports.Suppressions`."""

    async def why(self, tx: Tx, address: str) -> SuppressionReason | None:
        row = await tx.row("select reason from app.mail_suppressions where address = lower(%s)", (address,))
        return row and row.reason

    async def add(self, tx: Tx, address: str, reason: SuppressionReason, mail_id: MailId) -> None:
        await tx.execute(
            "insert into app.mail_suppressions (address, reason, mail_id) values (lower(%s), %s, %s)"
            " on conflict do nothing",
            (address, reason, mail_id),
        )

    async def lift(self, tx: Tx, address: str) -> bool:
        return await tx.execute("delete from app.mail_suppressions where address = lower(%s)", (address,)) > 0


async def _insert(
    tx: Tx, mail_id: MailId, mail: Mail, is_asked: bool, sealed: str | None, state: State, reason: str | None
) -> bool:
    recipient = storable(mail.to, LONGEST_ADDRESS)
    inserted = await tx.execute(
        _INSERT,
        (
            mail_id,
            mail.business_id,
            mail.user_id,
            recipient,
            mail.template,
            mail.language,
            is_asked,
            sealed,
            mail.key,
            state,
            reason,
        ),
    )
    return inserted > 0


def _to_mail(row: Any) -> StoredMail:
    return StoredMail(
        row.id,
        row.business_id,
        row.user_id,
        row.recipient,
        row.template,
        row.language,
        row.sealed,
        row.state,
        row.attempts,
        row.created_at,
    )
