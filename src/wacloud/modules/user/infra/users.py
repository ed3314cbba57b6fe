"""The table of people."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import psycopg

from wacloud.modules.user.domain.user import Notifications, User
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import UserId

_COLUMNS = "id, name, email, language, created_at, time_zone, notifications, email_verified_at, disabled_at"
_FIND = f"select {_COLUMNS} from app.users where id = %s and deleted_at is null"


class PostgresUsers:
    """See `ports.Users`."""

    async def find(self, tx: Tx, user_id: UserId) -> User | None:
        row = await tx.row(_FIND, (user_id,))
        return row and _to_user(row)

    async def find_by_email(self, tx: Tx, email: str) -> User | None:
        row = await tx.row(f"select {_COLUMNS} from app.users where lower(email) = %s and deleted_at is null", (email,))
        return row and _to_user(row)

    async def able_among(self, tx: Tx, ids: Collection[UserId]) -> Collection[UserId]:
        rows = await tx.rows(
            "select id from app.users"
            " where id = any (%s) and email_verified_at is not null and disabled_at is null and deleted_at is null",
            (list(ids),),
        )
        return {UserId(row.id) for row in rows}

    async def add(self, tx: Tx, name: str, email: str, language: str, verified_at: datetime | None) -> UserId | None:
        row = await tx.row(
            "insert into app.users (name, email, language, email_verified_at) values (%s, %s, %s, %s)"
            " on conflict do nothing returning id",
            (name, email, language, verified_at),
        )
        return row and UserId(row.id)

    async def verify(self, tx: Tx, user_id: UserId, at: datetime, name: str | None, language: str | None) -> None:
        await tx.execute(
            "update app.users set email_verified_at = %s, name = coalesce(%s, name), language = coalesce(%s, language)"
            " where id = %s",
            (at, name, language, user_id),
        )

    async def change_email(self, tx: Tx, user_id: UserId, email: str, at: datetime) -> bool:
        try:
            await tx.execute(
                "update app.users set email = %s, email_verified_at = %s where id = %s", (email, at, user_id)
            )
        except psycopg.errors.UniqueViolation:
            return False
        return True

    async def set_disabled(self, tx: Tx, user_id: UserId, at: datetime | None) -> None:
        await tx.execute("update app.users set disabled_at = %s where id = %s", (at, user_id))

    async def newest(self, tx: Tx, most: int) -> Sequence[User]:
        rows = await tx.rows(
            f"select {_COLUMNS} from app.users where deleted_at is null order by created_at desc, id desc limit %s",
            (most,),
        )
        return [_to_user(row) for row in rows]

    async def describe(self, tx: Tx, user_id: UserId, name: str, language: str, time_zone: str) -> None:
        await tx.execute(
            "update app.users set name = %s, language = %s, time_zone = %s where id = %s",
            (name, language, time_zone, user_id),
        )

    async def choose(self, tx: Tx, user_id: UserId, notifications: Notifications) -> None:
        await tx.execute(
            "update app.users set notifications = %s::jsonb where id = %s",
            (json.dumps(notifications.as_dict()), user_id),
        )

    async def find_locked(self, tx: Tx, user_id: UserId) -> User | None:
        # Not "for update": a business that becomes another owner's points to that person, who may be leaving as well.
        row = await tx.row(f"{_FIND} for no key update", (user_id,))
        return row and _to_user(row)

    async def anonymise(self, tx: Tx, user_id: UserId) -> None:
        # The address has to be somebody's alone and can reach nobody: the domain is reserved for that.
        await tx.execute(
            """
            update app.users
            set name = '—', email = 'left-' || id || '@invalid', language = 'es', time_zone = 'UTC',
                notifications = '{}', deleted_at = now()
            where id = %s
            """,
            (user_id,),
        )


class PostgresUserReader:
    """See `ports.UserReader`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def oneself(self, user_id: UserId) -> User | None:
        async with self._db.member(user_id, read_only=True) as tx:
            row = await tx.row(_FIND, (user_id,))
        return row and _to_user(row)


def _to_user(row: Any) -> User:
    return User(
        row.id,
        row.name,
        row.email,
        row.language,
        row.created_at,
        row.time_zone,
        Notifications.of(row.notifications),
        row.email_verified_at,
        row.disabled_at,
    )
