"""Count a try before it is checked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.guessing import TooManyTries, Tries
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.user.api import find_user, find_user_by_email
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import UserId


async def count_try(deps: AuthDeps, *tries: Tries | None) -> None:
    """
    Each by itself, in this order; what stands first is counted even where a later one refuses. The first refusal of a
    time goes into the audit log, the others of a flood do not.

    :raises TooManyTries: one of them has none left.
    :raises TriesNotCounted: nobody can count now.
    """
    for one in tries:
        if one is not None and (refusal := await deps.limits.take(one)) is not None:
            if refusal.is_first:
                await _note(deps, one)
            raise TooManyTries(retry_after=max(1, round(refusal.wait.total_seconds())))


async def _note(deps: AuthDeps, tries: Tries) -> None:
    async with deps.db.system("tries were refused") as tx:
        entry = AuditEntry(
            action="auth.tries_refused",
            actor_kind="unknown",
            user_id=None if tries.address else await _whose(deps, tx, tries.of),
            detail={"limit": tries.limit.name},
        )
        await record_audit(deps.businesses, tx, entry, caller=Caller(address=tries.address))


async def _whose(deps: AuthDeps, tx: Tx, account: str) -> UserId | None:
    """Accounts are named by their address, or by their id."""
    try:
        user = await find_user(deps.users, tx, UserId(UUID(account)))
    except ValueError:
        user = await find_user_by_email(deps.users, tx, account)
    return user.id if user else None


@asynccontextmanager
async def guess(deps: AuthDeps, *tries: Tries | None) -> AsyncIterator[None]:
    """
    Count a try; where the block ends without an error it was right, and is given back.

    :raises TooManyTries: one of them has none left.
    :raises TriesNotCounted: nobody can count now.
    """
    await count_try(deps, *tries)
    yield
    for one in tries:
        if one is not None:
            await deps.limits.give_back(one)
