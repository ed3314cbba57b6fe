"""The tables of second factors: apps, passkeys as far as they are factors like others, and backup codes."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from wacloud.modules.auth.application.ports import BackupCode, TotpSecret
from wacloud.modules.auth.domain.factor import Factor, FactorMethod
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import UserId

_TOTP = "id, user_id, 'totp' as kind, name, created_at, confirmed_at, last_used_at"
_PASSKEY = "id, user_id, 'passkey' as kind, name, created_at, created_at as confirmed_at, last_used_at"

_METHODS: Final[Sequence[FactorMethod]] = ("totp", "passkey", "backup_code")


class PostgresFactors:
    """See `ports.Factors`. Secrets are sealed with the installation's keys, and read with any that still counts."""

    def __init__(self, seal: Callable[[str], str], unseal: Callable[[str], str]) -> None:
        self._seal = seal
        self._unseal = unseal

    async def all(self, tx: Tx, user_id: UserId) -> Sequence[Factor]:
        rows = await tx.rows(
            f"select {_TOTP} from app.totp_factors where user_id = %(user)s"
            f" union all select {_PASSKEY} from app.passkeys where user_id = %(user)s order by created_at, id",
            {"user": user_id},
        )
        return [Factor(*row) for row in rows]

    async def methods(self, tx: Tx, user_id: UserId) -> Sequence[FactorMethod]:
        rows = await tx.rows(
            "select 'totp' as method from app.totp_factors where user_id = %(user)s and confirmed_at is not null"
            " union select 'passkey' from app.passkeys where user_id = %(user)s"
            " union select 'backup_code' from app.backup_codes where user_id = %(user)s and saved_at is not null",
            {"user": user_id},
        )
        found = {row.method for row in rows}
        # Codes stand in for a factor; alone they are none.
        return [method for method in _METHODS if method in found] if found - {"backup_code"} else []

    async def add_totp(self, tx: Tx, factor: Factor, secret: str) -> None:
        await tx.execute(
            "insert into app.totp_factors (id, user_id, name, secret, created_at) values (%s, %s, %s, %s, %s)",
            (factor.id, factor.user_id, factor.name, self._seal(secret), factor.created_at),
        )

    async def totp_secrets(self, tx: Tx, user_id: UserId) -> Sequence[TotpSecret]:
        rows = await tx.rows(
            f"select {_TOTP}, secret from app.totp_factors where user_id = %s order by created_at, id for update",
            (user_id,),
        )
        return [TotpSecret(Factor(*row[:-1]), self._unseal(row.secret)) for row in rows]

    async def use_step(self, tx: Tx, factor_id: UUID, step: int, now: datetime) -> bool:
        used = await tx.execute(
            "update app.totp_factors set last_step = %s, last_used_at = %s"
            " where id = %s and (last_step is null or last_step < %s)",
            (step, now, factor_id, step),
        )
        return used == 1

    async def confirm_totp(self, tx: Tx, factor_id: UUID, now: datetime) -> None:
        await tx.execute("update app.totp_factors set confirmed_at = %s where id = %s", (now, factor_id))

    async def rename(self, tx: Tx, user_id: UserId, factor_id: UUID, name: str) -> bool:
        renamed = 0
        for table in ("totp_factors", "passkeys"):
            renamed += await tx.execute(
                f"update app.{table} set name = %s where user_id = %s and id = %s", (name, user_id, factor_id)
            )
        return renamed == 1

    async def remove(self, tx: Tx, user_id: UserId, ids: Collection[UUID]) -> None:
        for table in ("totp_factors", "passkeys"):
            await tx.execute(f"delete from app.{table} where user_id = %s and id = any (%s)", (user_id, list(ids)))


class PostgresBackupCodes:
    """See `ports.BackupCodes`."""

    async def put_new(self, tx: Tx, user_id: UserId, set_id: UUID, hashes: Sequence[str], now: datetime) -> None:
        await tx.execute("delete from app.backup_codes where user_id = %s and saved_at is null", (user_id,))
        await tx.execute(
            "insert into app.backup_codes (user_id, set_id, hash, created_at)"
            " select %s, %s, hash, %s from unnest(%s::text[]) as hash",
            (user_id, set_id, now, list(hashes)),
        )

    async def save(self, tx: Tx, user_id: UserId, set_id: UUID, now: datetime) -> bool:
        saved = await tx.execute(
            "update app.backup_codes set saved_at = %s where user_id = %s and set_id = %s and saved_at is null",
            (now, user_id, set_id),
        )
        if not saved:
            return False
        await tx.execute("delete from app.backup_codes where user_id = %s and set_id <> %s", (user_id, set_id))
        return True

    async def usable(self, tx: Tx, user_id: UserId) -> Sequence[BackupCode]:
        rows = await tx.rows(
            "select id, hash from app.backup_codes where user_id = %s and saved_at is not null order by id", (user_id,)
        )
        return [BackupCode(row.id, row.hash) for row in rows]

    async def use(self, tx: Tx, code: BackupCode) -> bool:
        return await tx.execute("delete from app.backup_codes where id = %s", (code.id,)) == 1

    async def drop(self, tx: Tx, user_id: UserId) -> None:
        await tx.execute("delete from app.backup_codes where user_id = %s", (user_id,))


class PostgresFactorHolders:
    """See `business.application.ports.FactorHolders`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def among(self, user_ids: Collection[UserId]) -> Collection[UserId]:
        async with self._db.system("who has a second factor") as tx:
            rows: list[Any] = await tx.rows(
                "select user_id from app.totp_factors where user_id = any (%(users)s) and confirmed_at is not null"
                " union select user_id from app.passkeys where user_id = any (%(users)s)",
                {"users": list(user_ids)},
            )
        return {UserId(row.user_id) for row in rows}
