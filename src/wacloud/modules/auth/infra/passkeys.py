"""The table of passkeys, and the challenges that wait in Valkey."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from wacloud.modules.auth.application.passkey_ports import Challenge
from wacloud.modules.auth.domain.guessing import TriesNotCounted
from wacloud.modules.auth.domain.passkey import CHALLENGE, Passkey
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import UserId

_COLUMNS = "id, user_id, name, credential_id, public_key, sign_count, created_at"


class PostgresPasskeys:
    """See `passkey_ports.Passkeys`."""

    async def of_person(self, tx: Tx, user_id: UserId) -> Sequence[Passkey]:
        rows = await tx.rows(
            f"select {_COLUMNS} from app.passkeys where user_id = %s order by created_at, id", (user_id,)
        )
        return [Passkey(*row) for row in rows]

    async def find(self, tx: Tx, credential_id: bytes) -> Passkey | None:
        row = await tx.row(f"select {_COLUMNS} from app.passkeys where credential_id = %s", (credential_id,))
        return row and Passkey(*row)

    async def add(self, tx: Tx, made: Passkey) -> bool:
        added = await tx.execute(
            f"insert into app.passkeys ({_COLUMNS}) values (%s, %s, %s, %s, %s, %s, %s)"
            " on conflict (credential_id) do nothing",
            (
                made.id,
                made.user_id,
                made.name,
                made.credential_id,
                made.public_key,
                made.sign_count,
                made.created_at,
            ),
        )
        return added == 1

    async def note_use(self, tx: Tx, key: Passkey, sign_count: int, now: datetime) -> bool:
        used = await tx.execute(
            "update app.passkeys set sign_count = %(count)s, last_used_at = %(now)s"
            " where id = %(id)s and (sign_count < %(count)s or (sign_count = 0 and %(count)s = 0))",
            {"count": sign_count, "now": now, "id": key.id},
        )
        return used == 1


class ValkeyChallenges:
    """See `passkey_ports.Challenges`. Under the hash of the challenge, for five minutes or until it is taken."""

    def __init__(self, redis: "Redis") -> None:
        self._redis: Any = redis

    async def keep(self, challenge: bytes, given: Challenge) -> None:
        told = json.dumps({"for": given.ceremony, "user_id": str(given.user_id) if given.user_id else None})
        try:
            await self._redis.set(_key(challenge), told, ex=CHALLENGE)
        except RedisError as error:
            raise TriesNotCounted from error

    async def take(self, challenge: bytes) -> Challenge | None:
        try:
            kept = await self._redis.getdel(_key(challenge))
        except RedisError as error:
            raise TriesNotCounted from error
        if kept is None:
            return None
        told = json.loads(kept)
        return Challenge(told["for"], UserId(UUID(told["user_id"])) if told["user_id"] else None)


def _key(challenge: bytes) -> str:
    return f"passkey:{{{hashlib.sha256(challenge).hexdigest()}}}"
