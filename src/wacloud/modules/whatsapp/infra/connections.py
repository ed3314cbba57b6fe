"""Numbers on their way, and the numbers of a business; see `application/connecting_ports.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from wacloud.modules.whatsapp.application.connecting_ports import AccountAtMeta, NumberRow, NumberUnknown
from wacloud.modules.whatsapp.domain.connecting import (
    LEASE,
    Connection,
    ConnectionUnknown,
    Move,
    NumberAtMeta,
    Problem,
    Step,
    Way,
)
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId

_COLUMNS: Final = (
    "business_id, id, way, state, step, access_token, pin, waba_id, phone_number_id, number_id, facts, problem, "
    "doing_since, attempt, created_by, created_at, changed_at"
)
_NUMBERS: Final = """
select n.id, n.waba_id, a.name, n.phone_number_id, n.display_phone_number, n.verified_name, n.name_status, n.quality,
       n.throughput, a.messaging_limit, n.state, n.held_because, n.held_until, n.is_coexistent,
       n.pin is not null as has_pin,
       n.connected_at, n.created_at,
       not exists (select from app.phone_numbers o where o.business_id = n.business_id and o.waba_id = n.waba_id
                   and o.id <> n.id and o.state <> 'disconnected') as is_alone
from app.phone_numbers n
join app.whatsapp_accounts a on a.business_id = n.business_id and a.waba_id = n.waba_id
where n.business_id = %(business)s and (%(number)s::uuid is null or n.id = %(number)s::uuid)
order by n.created_at, n.id
"""


class PostgresConnections:
    """See `connecting_ports.Connections`."""

    async def add(
        self, tx: Tx, business_id: BusinessId, connection_id: UUID, way: Way, by: UserId, number: NumberRow | None
    ) -> Connection:
        [row] = await tx.rows(
            "insert into app.number_connections (business_id, id, way, created_by, number_id, waba_id, "
            f"phone_number_id, facts) values (%s, %s, %s, %s, %s, %s, %s, %s) returning {_COLUMNS}",
            (
                business_id,
                connection_id,
                way,
                by,
                number and number.id,
                number and number.waba_id,
                number and number.phone_number_id,
                Jsonb({"display_phone_number": number.display_phone_number} if number else {}),
            ),
        )
        return _connection(row)

    async def open_count(self, tx: Tx, business_id: BusinessId) -> int:
        await tx.execute("select pg_advisory_xact_lock(hashtextextended('connections:' || %s, 0))", (str(business_id),))
        row = await tx.row(
            "select count(*) as n from app.number_connections where business_id = %s and state = 'open'",
            (business_id,),
        )
        return int(row.n) if row else 0

    async def get(self, tx: Tx, business_id: BusinessId, connection_id: UUID) -> Connection:
        row = await tx.row(
            f"select {_COLUMNS} from app.number_connections where business_id = %s and id = %s",
            (business_id, connection_id),
        )
        if row is None:
            raise ConnectionUnknown
        return _connection(row)

    async def newest(self, tx: Tx, business_id: BusinessId, limit: int) -> Sequence[Connection]:
        rows = await tx.rows(
            f"select {_COLUMNS} from app.number_connections where business_id = %s "
            "order by created_at desc, id desc limit %s",
            (business_id, limit),
        )
        return [_connection(row) for row in rows]

    async def begin(
        self, tx: Tx, business_id: BusinessId, connection_id: UUID, step: Step, now: datetime
    ) -> Connection | None:
        row = await tx.row(
            "update app.number_connections set doing_since = %s, attempt = attempt + 1, changed_at = %s "
            "where business_id = %s and id = %s and state = 'open' and step = %s "
            f"and (doing_since is null or doing_since <= %s) returning {_COLUMNS}",
            (now, now, business_id, connection_id, step, now - LEASE),
        )
        return row and _connection(row)

    async def note_pin(self, tx: Tx, connection: Connection, pin: str) -> bool:
        return bool(
            await tx.execute(
                "update app.number_connections set pin = %s "
                "where business_id = %s and id = %s and attempt = %s and state = 'open'",
                (pin, connection.business_id, connection.id, connection.attempt),
            )
        )

    async def record(self, tx: Tx, connection: Connection, move: Move, now: datetime) -> Connection | None:
        row = await tx.row(
            f"""
            update app.number_connections
            set step = %(step)s, state = case when %(step)s = 'done' then 'done' else state end, problem = %(problem)s,
                waba_id = coalesce(%(waba)s, waba_id), phone_number_id = coalesce(%(phone)s, phone_number_id),
                number_id = coalesce(%(number)s, number_id), facts = facts || %(facts)s, doing_since = null,
                access_token = case when not %(done)s then coalesce(%(token)s, access_token) end,
                pin = case when not %(forgets)s then pin end, changed_at = %(now)s
            where business_id = %(business)s and id = %(id)s and attempt = %(attempt)s and state = 'open'
            returning {_COLUMNS}
            """,
            {
                "step": move.step,
                "problem": Jsonb(_problem_out(move.problem)) if move.problem else None,
                "waba": move.waba_id,
                "phone": move.phone_number_id,
                "number": move.number_id,
                "facts": Jsonb(dict(move.facts)),
                "token": move.access_token,
                "done": move.step == "done",
                "forgets": move.forgets_pin,
                "now": now,
                "business": connection.business_id,
                "id": connection.id,
                "attempt": connection.attempt,
            },
        )
        return row and _connection(row)

    async def note_session(
        self, tx: Tx, business_id: BusinessId, connection_id: UUID, session: Mapping[str, Any]
    ) -> Connection | None:
        row = await tx.row(
            "update app.number_connections set facts = facts || %s "
            f"where business_id = %s and id = %s and state = 'open' returning {_COLUMNS}",
            (Jsonb({"session": dict(session)}), business_id, connection_id),
        )
        return row and _connection(row)

    async def end(self, tx: Tx, business_id: BusinessId, connection_id: UUID, *, restart: bool, now: datetime) -> bool:
        # One that connects a number of ours again keeps which one it is.
        return bool(
            await tx.execute(
                """
                update app.number_connections c
                set state = case when %(restart)s then 'open' else 'abandoned' end, step = 'access',
                    access_token = null, pin = null, problem = null, doing_since = null, attempt = attempt + 1,
                    waba_id = (select n.waba_id from app.phone_numbers n
                               where n.business_id = c.business_id and n.id = c.number_id),
                    phone_number_id = (select n.phone_number_id from app.phone_numbers n
                                       where n.business_id = c.business_id and n.id = c.number_id),
                    facts = '{}',
                    changed_at = %(now)s
                where business_id = %(business)s and id = %(id)s and state = 'open'
                """,
                {"restart": restart, "now": now, "business": business_id, "id": connection_id},
            )
        )


class PostgresNumberBook:
    """See `connecting_ports.NumberBook`."""

    async def all(self, tx: Tx, business_id: BusinessId) -> Sequence[NumberRow]:
        return [NumberRow(*row) for row in await tx.rows(_NUMBERS, {"business": business_id, "number": None})]

    async def get(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> NumberRow:
        row = await tx.row(_NUMBERS, {"business": business_id, "number": number_id})
        if row is None:
            raise NumberUnknown
        return NumberRow(*row)

    async def token(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> str:
        return str((await self._secrets(tx, business_id, number_id)).access_token)

    async def pin(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> str | None:
        found = (await self._secrets(tx, business_id, number_id)).pin
        return None if found is None else str(found)

    async def _secrets(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> Any:
        row = await tx.row(
            "select access_token, pin from app.phone_numbers where business_id = %s and id = %s",
            (business_id, number_id),
        )
        if row is None:
            raise NumberUnknown
        return row

    async def note(self, tx: Tx, business_id: BusinessId, number_id: UUID, at_meta: NumberAtMeta) -> None:
        row = await tx.row(
            "update app.phone_numbers set display_phone_number = %s, verified_name = coalesce(%s, verified_name), "
            "name_status = coalesce(%s, name_status), quality = coalesce(%s, quality), throughput = %s, "
            "is_coexistent = %s where business_id = %s and id = %s returning waba_id",
            (
                at_meta.display_phone_number,
                at_meta.verified_name,
                at_meta.name_status,
                at_meta.quality,
                at_meta.per_second,
                at_meta.is_on_app,
                business_id,
                number_id,
            ),
        )
        if row is not None and at_meta.messaging_limit is not None:
            await tx.execute(
                "update app.whatsapp_accounts set messaging_limit = %s where business_id = %s and waba_id = %s",
                (at_meta.messaging_limit, business_id, row.waba_id),
            )

    async def note_connected(
        self, tx: Tx, connection: Connection, at_meta: NumberAtMeta, account: AccountAtMeta, now: datetime
    ) -> None:
        if connection.number_id is None:
            return
        await self.note(tx, connection.business_id, connection.number_id, at_meta)
        await tx.execute(
            "update app.phone_numbers set pin = coalesce(%s, pin), connected_at = %s "
            "where business_id = %s and id = %s",
            (connection.pin, now, connection.business_id, connection.number_id),
        )
        await tx.execute(
            "update app.whatsapp_accounts set name = coalesce(%s, name), portfolio_id = coalesce(%s, portfolio_id) "
            "where business_id = %s and waba_id = %s",
            (account.name, account.portfolio_id, connection.business_id, connection.waba_id),
        )

    async def disconnect(self, tx: Tx, business_id: BusinessId, number_id: UUID, no_token: str) -> bool:
        return bool(
            await tx.execute(
                "update app.phone_numbers set state = 'disconnected', held_because = 'disconnected_here', "
                "held_until = null, access_token = %s where business_id = %s and id = %s and state <> 'disconnected'",
                (no_token, business_id, number_id),
            )
        )

    async def heard_since(self, tx: Tx, business_id: BusinessId, number_id: UUID, since: datetime) -> bool:
        row = await tx.row(
            "select exists (select from app.conversations where business_id = %s and number_id = %s "
            "and last_inbound_at >= %s) as heard",
            (business_id, number_id, since),
        )
        return bool(row and row.heard)


def _connection(row: Any) -> Connection:
    told = row._asdict()
    told["problem"] = _problem_in(row.problem)
    return Connection(**told)


def _problem_out(problem: Problem) -> dict[str, Any]:
    told = asdict(problem)
    return told | {"retry_at": problem.retry_at and problem.retry_at.isoformat()}


def _problem_in(told: Mapping[str, Any] | None) -> Problem | None:
    if told is None:
        return None
    retry_at = told.get("retry_at")
    return Problem(
        str(told.get("step", "")),
        str(told.get("why", "")),
        told.get("code"),
        told.get("words"),
        datetime.fromisoformat(retry_at) if retry_at else None,
    )
