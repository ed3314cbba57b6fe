"""Sending numbers: whose they are, and whether they may send."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from time import monotonic
from uuid import UUID

from wacloud.modules.whatsapp.application.simulate import SimulatedNumber
from wacloud.modules.whatsapp.application.stored import DescribedNumber, Number, Owners
from wacloud.modules.whatsapp.domain.history import HistoryProgress
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId

REMEMBER_S = 15.0
# What a new token does not mend: a number that is held for one of these stays so.
_KEPT_HELD = "('account_restricted', 'account_disabled', 'account_review', 'business_closing')"


class PostgresNumbers:
    """See `stores.Numbers`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._numbers: dict[str, tuple[float, Number]] = {}
        self._accounts: dict[str, tuple[float, BusinessId]] = {}

    async def of_webhook(self, phone_number_ids: Iterable[str], waba_ids: Iterable[str]) -> Owners:
        now = monotonic()
        numbers = {i: self._numbers.get(i) for i in set(phone_number_ids) if i}
        accounts = {i: self._accounts.get(i) for i in set(waba_ids) if i}
        # Only what is known is remembered: a number connected a moment ago must be found at once.
        ask_numbers = [i for i, known in numbers.items() if known is None or known[0] < now]
        ask_accounts = [i for i, known in accounts.items() if known is None or known[0] < now]
        if ask_numbers or ask_accounts:
            async with self._db.system("find whose number it is") as tx:
                found = await tx.rows(
                    "select business_id, id, phone_number_id, waba_id from app.phone_numbers "
                    "where phone_number_id = any(%s)",
                    (ask_numbers,),
                )
                owners = await tx.rows(
                    "select waba_id, business_id from app.whatsapp_accounts where waba_id = any(%s)",
                    (ask_accounts,),
                )
            for i in ask_numbers:
                self._numbers.pop(i, None)
            for i in ask_accounts:
                self._accounts.pop(i, None)
            for row in found:
                number = Number(row.business_id, row.id, row.phone_number_id, row.waba_id)
                self._numbers[row.phone_number_id] = (now + REMEMBER_S, number)
            for row in owners:
                self._accounts[row.waba_id] = (now + REMEMBER_S, row.business_id)
        return Owners(
            {i: self._numbers[i][1] for i in numbers if i in self._numbers},
            {i: self._accounts[i][1] for i in accounts if i in self._accounts},
        )

    async def businesses(self, tx: Tx) -> list[BusinessId]:
        return [row.business_id for row in await tx.rows("select distinct business_id from app.phone_numbers")]

    async def for_person(self, tx: Tx, business_id: BusinessId, address: str) -> tuple[Number | None, Sequence[Number]]:
        rows = await tx.rows(
            """
            select n.id, n.phone_number_id, n.waba_id, n.state, max(c.last_message_at) as heard_at
            from app.phone_numbers n
            left join app.conversations c on c.business_id = n.business_id and c.number_id = n.id
              and c.contact_id = any (array(
                select i.contact_id from app.contact_identities i
                where i.business_id = %(business)s and i.kind = any ('{wa_id,phone,bsuid}') and i.value = %(address)s))
            where n.business_id = %(business)s and n.state <> 'disconnected'
            group by n.business_id, n.id order by n.id
            """,
            {"business": business_id, "address": address},
        )
        numbers = [Number(business_id, row.id, row.phone_number_id, row.waba_id) for row in rows]
        heard = [(row.heard_at, place) for place, row in enumerate(rows) if row.heard_at is not None]
        able = [number for number, row in zip(numbers, rows, strict=True) if row.state == "connected"]
        return numbers[max(heard)[1]] if heard else None, able or numbers

    async def add(
        self,
        tx: Tx,
        business_id: BusinessId,
        number_id: UUID,
        *,
        waba_id: str,
        phone_number_id: str,
        access_token: str,
        described: DescribedNumber,
    ) -> UUID | None:
        owner = await tx.row(
            """
            with new as (insert into app.whatsapp_accounts (business_id, waba_id) values (%(business)s, %(waba)s)
                         on conflict do nothing returning business_id)
            select business_id from new
            union all select business_id from app.whatsapp_accounts where waba_id = %(waba)s
            """,
            {"business": business_id, "waba": waba_id},
        )
        if owner is None or owner.business_id != business_id:
            return None
        row = await tx.row(
            f"""
            insert into app.phone_numbers as n (business_id, id, waba_id, phone_number_id, display_phone_number,
              verified_name, access_token, throughput)
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (phone_number_id) do update
            set access_token = excluded.access_token, display_phone_number = excluded.display_phone_number,
                verified_name = excluded.verified_name, throughput = excluded.throughput,
                state = case when n.held_because in {_KEPT_HELD} then n.state else 'connected' end,
                held_because = case when n.held_because in {_KEPT_HELD} then n.held_because end,
                held_until = case when n.held_because in {_KEPT_HELD} then n.held_until end
            where n.business_id = excluded.business_id and n.waba_id = excluded.waba_id
            returning n.id
            """,
            (
                business_id,
                number_id,
                waba_id,
                phone_number_id,
                described.display_phone_number,
                described.verified_name,
                access_token,
                described.throughput,
            ),
        )
        return row and UUID(str(row.id))

    async def hold(self, tx: Tx, number_id: UUID, why: str, until: datetime | None) -> None:
        await tx.execute(
            "update app.phone_numbers set state = 'held', held_because = %s, held_until = %s "
            "where id = %s and state <> 'disconnected'",
            (why, until, number_id),
        )

    async def hold_all(self, tx: Tx, business_id: BusinessId, why: str) -> None:
        await tx.execute(
            "update app.phone_numbers set state = 'held', held_because = %s, held_until = null "
            "where business_id = %s and state = 'connected'",
            (why, business_id),
        )

    async def let_go(self, tx: Tx, business_id: BusinessId, why: str) -> None:
        await tx.execute(
            "update app.phone_numbers set state = 'connected', held_because = null, held_until = null "
            "where business_id = %s and state = 'held' and held_because = %s",
            (business_id, why),
        )

    async def history(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> tuple[str, HistoryProgress]:
        [row] = await tx.rows(
            "select display_phone_number, history_phase, history_chunk, history_progress, history_at "
            "from app.phone_numbers where business_id = %s and id = %s for no key update",
            (business_id, number_id),
        )
        return row.display_phone_number, HistoryProgress(*row[1:])

    async def note_history(self, tx: Tx, business_id: BusinessId, number_id: UUID, progress: HistoryProgress) -> None:
        await tx.execute(
            "update app.phone_numbers set history_phase = %s, history_chunk = %s, history_progress = %s, "
            "history_at = %s where business_id = %s and id = %s",
            (progress.phase, progress.chunk_order, progress.progress, progress.at, business_id, number_id),
        )

    async def simulated(self, business_id: BusinessId) -> Sequence[SimulatedNumber]:
        """The numbers the phone page may write to: the one connected last first, so that it can be tried."""
        async with self._db.tenant(business_id, read_only=True) as tx:
            rows = await tx.rows(
                "select phone_number_id, display_phone_number, coalesce(verified_name, display_phone_number) as name "
                "from app.phone_numbers where business_id = %s "
                "order by state = 'disconnected', connected_at desc nulls last, created_at, id limit 20",
                (business_id,),
            )
        return [SimulatedNumber(*row) for row in rows]
