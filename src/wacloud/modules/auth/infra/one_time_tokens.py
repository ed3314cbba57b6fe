"""The table of secrets that work once."""

import json
from datetime import datetime
from typing import Any

from wacloud.modules.auth.domain.one_time import OneTimePurpose, OneTimeToken
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import UserId

_COLUMNS = "id, user_id, purpose, expires_at, code_hash, detail"


class PostgresOneTimeTokens:
    """See `ports.OneTimeTokens`."""

    async def put(self, tx: Tx, token: OneTimeToken, token_hash: bytes, now: datetime) -> None:
        await tx.execute(
            """
            insert into app.one_time_tokens
              (id, user_id, purpose, hash, code_hash, detail, created_at, expires_at)
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (user_id, purpose) where purpose not in ('second_factor', 'factor_challenge') do update
            set id = excluded.id, hash = excluded.hash, code_hash = excluded.code_hash, detail = excluded.detail,
                created_at = excluded.created_at, expires_at = excluded.expires_at
            """,
            (
                token.id,
                token.user_id,
                token.purpose,
                token_hash,
                token.code_hash,
                json.dumps(dict(token.detail)),
                now,
                token.expires_at,
            ),
        )

    async def find(self, tx: Tx, token_hash: bytes, purpose: OneTimePurpose, now: datetime) -> OneTimeToken | None:
        row = await tx.row(
            f"select {_COLUMNS} from app.one_time_tokens where hash = %s and purpose = %s and expires_at > %s",
            (token_hash, purpose, now),
        )
        return row and _to_token(row)

    async def newest(self, tx: Tx, user_id: UserId, purpose: OneTimePurpose, now: datetime) -> OneTimeToken | None:
        row = await tx.row(
            f"select {_COLUMNS} from app.one_time_tokens where user_id = %s and purpose = %s and expires_at > %s"
            " order by created_at desc limit 1",
            (user_id, purpose, now),
        )
        return row and _to_token(row)

    async def use(self, tx: Tx, token: OneTimeToken) -> bool:
        return await tx.execute("delete from app.one_time_tokens where id = %s", (token.id,)) == 1

    async def forget_old(self, tx: Tx, user_id: UserId, now: datetime) -> None:
        await tx.execute("delete from app.one_time_tokens where user_id = %s and expires_at <= %s", (user_id, now))

    async def drop(self, tx: Tx, user_id: UserId, *purposes: OneTimePurpose) -> None:
        await tx.execute(
            "delete from app.one_time_tokens where user_id = %s and purpose = any (%s)", (user_id, list(purposes))
        )


def _to_token(row: Any) -> OneTimeToken:
    return OneTimeToken(row.id, row.user_id, row.purpose, row.expires_at, row.code_hash, row.detail)
