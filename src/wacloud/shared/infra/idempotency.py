"""The table of requests that came with an Idempotency-Key."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from wacloud.shared.application.db import Database, Tx
from wacloud.shared.application.idempotency import Answer, Claim, IdempotencyKeyInUse, IdempotencyKeyReused, Request
from wacloud.shared.domain.ids import BusinessId, new_id

# Longer than any request takes: its statements are cut off before.
LEASE_S = 60
KEPT_H = 24
ASK_AGAIN_S = 1

_OURS = "where caller = %s and business_id is not distinct from %s and operation = %s and key = %s"
_IS_OLD = f"created_at < clock_timestamp() - interval '{KEPT_H} hours'"
_LEASE = f"clock_timestamp() + interval '{LEASE_S} seconds'"
# A new one, or one whose answerer died: that one keeps its id.
_CLAIM = f"""
insert into app.idempotency_keys as k
  (caller, business_id, operation, key, id, fingerprint, leased_until)
values (%s, %s, %s, %s, %s, %s, {_LEASE})
on conflict (caller, tenant, operation, key) do update set attempt = k.attempt + 1, leased_until = {_LEASE}
where k.state = 'running' and k.leased_until <= clock_timestamp() and k.fingerprint = excluded.fingerprint
returning id, attempt
"""


class PostgresIdempotency:
    """See `shared.application.idempotency.Idempotency`. Answers are encrypted: some hold a secret."""

    def __init__(self, db: Database, seal: Callable[[str], str], unseal: Callable[[str], str]) -> None:
        self._db = db
        self._seal = seal
        self._unseal = unseal

    async def claim(self, request: Request) -> Claim | Answer:
        ours = (request.caller, request.business_id, request.operation, request.key)
        async with self._open(request.business_id) as tx:
            await tx.execute(f"delete from app.idempotency_keys {_OURS} and {_IS_OLD}", ours)
            claimed = await tx.row(_CLAIM, (*ours, new_id(), request.fingerprint))
            if claimed is not None:
                return Claim(claimed.id, claimed.attempt, request.business_id)
            # Nobody deletes it while we look, but whoever is answering it may give up: then it is worth asking again.
            found = await tx.row(
                f"select fingerprint, state, status, media_type, sealed from app.idempotency_keys {_OURS}", ours
            )
        if found is not None and found.fingerprint != request.fingerprint:
            raise IdempotencyKeyReused
        if found is None or found.state == "running":
            raise IdempotencyKeyInUse(retry_after=ASK_AGAIN_S)
        return Answer(found.status, found.media_type, self._unseal(found.sealed))

    async def record(self, claim: Claim, answer: Answer) -> None:
        await self._end(
            claim,
            "update app.idempotency_keys set state = 'done', status = %s, media_type = %s, sealed = %s",
            answer.status,
            answer.media_type,
            self._seal(answer.body),
        )

    async def give_up(self, claim: Claim) -> None:
        await self._end(claim, "update app.idempotency_keys set leased_until = clock_timestamp()")

    async def forget(self, claim: Claim) -> None:
        await self._end(claim, "delete from app.idempotency_keys")

    async def forget_old(self) -> None:
        """Whosever they are."""
        async with self._db.system("forget requests of yesterday") as tx:
            await tx.execute(f"delete from app.idempotency_keys where {_IS_OLD}")

    async def _end(self, claim: Claim, what: str, *values: object) -> None:
        async with self._open(claim.business_id) as tx:
            await tx.execute(
                f"{what} where id = %s and attempt = %s and state = 'running'", (*values, claim.id, claim.attempt)
            )

    def _open(self, business_id: BusinessId | None) -> AbstractAsyncContextManager[Tx]:
        if business_id is not None:
            return self._db.tenant(business_id)
        return self._db.system("a request of a person without a business")
