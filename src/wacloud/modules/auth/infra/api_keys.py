"""The table of API keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from wacloud.modules.auth.domain.api_key import MOST_ADDRESSES, USED_EVERY, ApiKey
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import ApiKeyId, BusinessId

_COLUMNS = (
    "id, business_id, created_by, name, hint, scopes, created_at, expires_at, revoked_at, last_used_at, used_from"
)


class PostgresApiKeys:
    """See `ports.ApiKeys`."""

    async def find_by_hash(self, tx: Tx, key_hash: bytes) -> ApiKey | None:
        row = await tx.row(f"select {_COLUMNS} from app.api_keys where hash = %s", (key_hash,))
        return row and _to_key(row)

    async def find(self, tx: Tx, business_id: BusinessId, key_id: ApiKeyId) -> ApiKey | None:
        row = await tx.row(
            f"select {_COLUMNS} from app.api_keys where business_id = %s and id = %s and revoked_at is null for update",
            (business_id, key_id),
        )
        return row and _to_key(row)

    async def all(self, tx: Tx, business_id: BusinessId) -> Sequence[ApiKey]:
        rows = await tx.rows(
            f"select {_COLUMNS} from app.api_keys where business_id = %s order by created_at desc, id desc",
            (business_id,),
        )
        return [_to_key(row) for row in rows]

    async def add(self, tx: Tx, made: ApiKey, key_hash: bytes) -> None:
        await tx.execute(
            "insert into app.api_keys (id, business_id, created_by, name, hint, hash, scopes, created_at, expires_at)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                made.id,
                made.business_id,
                made.created_by,
                made.name,
                made.hint,
                key_hash,
                sorted(made.scopes),
                made.created_at,
                made.expires_at,
            ),
        )

    async def change(self, tx: Tx, changed: ApiKey) -> None:
        await tx.execute(
            "update app.api_keys set name = %s, scopes = %s where business_id = %s and id = %s",
            (changed.name, sorted(changed.scopes), changed.business_id, changed.id),
        )

    async def revoke(self, tx: Tx, key: ApiKey, now: datetime) -> None:
        await tx.execute(
            "update app.api_keys set revoked_at = %s where business_id = %s and id = %s", (now, key.business_id, key.id)
        )

    async def note_use(self, tx: Tx, key: ApiKey, address: str, now: datetime) -> bool:
        noted = await tx.execute(
            "update app.api_keys set last_used_at = %(now)s,"
            " used_from = (array[%(address)s] || array_remove(used_from, %(address)s))[:%(most)s]"
            " where business_id = %(business)s and id = %(id)s"
            " and (last_used_at is null or last_used_at <= %(before)s)",
            {
                "now": now,
                "address": address,
                "most": MOST_ADDRESSES,
                "business": key.business_id,
                "id": key.id,
                "before": now - USED_EVERY,
            },
        )
        return noted > 0

    async def forget_old(self, tx: Tx, business_id: BusinessId, before: datetime) -> None:
        await tx.execute(
            "delete from app.api_keys where business_id = %s and (revoked_at < %s or expires_at < %s)",
            (business_id, before, before),
        )


def _to_key(row: Any) -> ApiKey:
    return ApiKey(
        id=ApiKeyId(row.id),
        business_id=row.business_id,
        created_by=row.created_by,
        name=row.name,
        hint=row.hint,
        scopes=frozenset(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        used_from=tuple(row.used_from),
    )
