"""The tables of sessions and of their refresh tokens."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from wacloud.modules.auth.application.ports import Link
from wacloud.modules.auth.domain.session import IDLE, Assurance, Because, Proof, Session
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, SessionId, UserId

_COLUMNS = (
    "id, user_id, acting_in, aal, amr, address, user_agent, created_at, last_seen_at, not_after, verified_at,"
    " awaits_factor, ended_at"
)


class PostgresSessions:
    """See `ports.Sessions`."""

    async def find(self, tx: Tx, session_id: SessionId, *, lock: bool = False) -> Session | None:
        row = await tx.row(
            f"select {_COLUMNS} from app.sessions where id = %s{' for update' if lock else ''}", (session_id,)
        )
        return row and _to_session(row)

    async def alive(self, tx: Tx, user_id: UserId, now: datetime) -> Sequence[Session]:
        rows = await tx.rows(
            f"select {_COLUMNS} from app.sessions"
            " where user_id = %s and last_seen_at > %s and not_after > %s and ended_at is null"
            " order by last_seen_at desc, id desc",
            (user_id, now - IDLE, now),
        )
        return [_to_session(row) for row in rows]

    async def alive_among(self, tx: Tx, ids: Collection[SessionId], now: datetime) -> Mapping[SessionId, Assurance]:
        rows = await tx.rows(
            "select id, aal from app.sessions"
            " where id = any (%s) and last_seen_at > %s and not_after > %s and ended_at is null",
            (list(ids), now - IDLE, now),
        )
        return {SessionId(row.id): row.aal for row in rows}

    async def take_turns(self, tx: Tx, user_id: UserId) -> None:
        await tx.execute("select pg_advisory_xact_lock(hashtextextended('sessions of ' || %s, 0))", (str(user_id),))

    async def knows_browser(self, tx: Tx, user_id: UserId, user_agent: str) -> bool:
        row = await tx.row(
            "select count(*) = 0 or bool_or(user_agent = %s) as known from app.sessions where user_id = %s",
            (user_agent, user_id),
        )
        return row is not None and bool(row.known)

    async def add(self, tx: Tx, begun: Session) -> None:
        await tx.execute(
            f"insert into app.sessions ({_COLUMNS}) values ({', '.join(['%s'] * 13)})",
            (
                begun.id,
                begun.user_id,
                begun.acting_in,
                begun.aal,
                json.dumps(amr_as_json(begun.amr)),
                begun.address,
                begun.user_agent,
                begun.created_at,
                begun.last_seen_at,
                begun.not_after,
                begun.verified_at,
                begun.awaits_factor,
                begun.ended_at,
            ),
        )

    async def act_in(self, tx: Tx, session_id: SessionId, business_id: BusinessId) -> None:
        await tx.execute("update app.sessions set acting_in = %s where id = %s", (business_id, session_id))

    async def prove(self, tx: Tx, proved: Session) -> None:
        await tx.execute(
            "update app.sessions set aal = %s, amr = %s, verified_at = %s, awaits_factor = %s, not_after = %s"
            " where id = %s",
            (
                proved.aal,
                json.dumps(amr_as_json(proved.amr)),
                proved.verified_at,
                proved.awaits_factor,
                proved.not_after,
                proved.id,
            ),
        )

    async def touch(self, tx: Tx, session_id: SessionId, now: datetime) -> None:
        await tx.execute(
            "update app.sessions set last_seen_at = %s where id = %s and last_seen_at < %s", (now, session_id, now)
        )

    async def end(self, tx: Tx, user_id: UserId, ids: Sequence[SessionId], because: Because, now: datetime) -> None:
        await tx.execute(
            "update app.sessions set ended_at = %s, ended_because = %s"
            " where user_id = %s and id = any (%s) and ended_at is null",
            (now, because, user_id, list(ids)),
        )

    async def forget_old(self, tx: Tx, user_id: UserId, before: datetime) -> None:
        await tx.execute(
            "delete from app.sessions where user_id = %s and (ended_at < %s or last_seen_at < %s)",
            (user_id, before, before),
        )


class PostgresRefreshTokens:
    """See `ports.RefreshTokens`."""

    async def session_of(self, tx: Tx, token_hash: bytes) -> SessionId | None:
        row = await tx.row("select session_id from app.refresh_tokens where hash = %s", (token_hash,))
        return row and SessionId(row.session_id)

    async def chain_from(self, tx: Tx, session_id: SessionId, token_hash: bytes) -> Sequence[Link]:
        rows = await tx.rows(
            "select t.generation, t.hash, t.created_at, t.used_at"
            " from app.refresh_tokens shown join app.refresh_tokens t"
            "   on t.session_id = shown.session_id and t.generation >= shown.generation"
            " where shown.hash = %s and shown.session_id = %s order by t.generation",
            (token_hash, session_id),
        )
        return [Link(row.generation, row.hash, row.created_at, row.used_at) for row in rows]

    async def add(
        self, tx: Tx, session_id: SessionId, user_id: UserId, generation: int, token_hash: bytes, now: datetime
    ) -> None:
        await tx.execute(
            "update app.refresh_tokens set used_at = %s where session_id = %s and generation = %s",
            (now, session_id, generation - 1),
        )
        await tx.execute(
            "insert into app.refresh_tokens (session_id, user_id, generation, hash, created_at)"
            " values (%s, %s, %s, %s, %s)",
            (session_id, user_id, generation, token_hash, now),
        )

    async def replace(self, tx: Tx, session_id: SessionId, user_id: UserId, token_hash: bytes, now: datetime) -> None:
        row = await tx.row(
            "select coalesce(max(generation), 0) as newest from app.refresh_tokens where session_id = %s", (session_id,)
        )
        await self.add(tx, session_id, user_id, (row.newest if row else 0) + 1, token_hash, now)


def amr_as_json(amr: Sequence[Proof]) -> list[dict[str, Any]]:
    """As it stands in the table and in tokens."""
    return [{"method": proof.method, "timestamp": proof.timestamp} for proof in amr]


def amr_of_json(amr: Sequence[dict[str, Any]]) -> tuple[Proof, ...]:
    """The other way."""
    return tuple(Proof(proof["method"], proof["timestamp"]) for proof in amr)


def _to_session(row: Any) -> Session:
    return Session(
        row.id,
        row.user_id,
        row.acting_in,
        row.aal,
        amr_of_json(row.amr),
        row.address,
        row.user_agent,
        row.created_at,
        row.last_seen_at,
        row.not_after,
        row.verified_at,
        row.awaits_factor,
        row.ended_at,
    )
