"""The table of password hashes."""

from datetime import datetime

from wacloud.modules.auth.domain.credential import Credential
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import UserId


class PostgresCredentials:
    """See `ports.Credentials`."""

    async def find(self, tx: Tx, user_id: UserId) -> Credential | None:
        row = await tx.row("select user_id, password_hash from app.credentials where user_id = %s", (user_id,))
        return row and Credential(row.user_id, row.password_hash)

    async def replace_hash(self, tx: Tx, old: Credential, new_hash: str) -> None:
        await tx.execute(
            "update app.credentials set password_hash = %s where user_id = %s and password_hash = %s",
            (new_hash, old.user_id, old.password_hash),
        )

    async def put(self, tx: Tx, user_id: UserId, password_hash: str, at: datetime) -> None:
        await tx.execute(
            "insert into app.credentials (user_id, password_hash, changed_at) values (%s, %s, %s)"
            " on conflict (user_id) do update"
            " set password_hash = excluded.password_hash, changed_at = excluded.changed_at",
            (user_id, password_hash, at),
        )

    async def drop(self, tx: Tx, user_id: UserId) -> None:
        await tx.execute("delete from app.credentials where user_id = %s", (user_id,))
