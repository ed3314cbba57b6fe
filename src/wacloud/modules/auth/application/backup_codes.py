"""Codes for the day the phone is gone: ten, shown once, each good once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.prove_session import check_strength
from wacloud.modules.auth.application.tell_factor_change import tell_factor_change
from wacloud.modules.auth.domain.factor import BACKUP_CODES, CodesNotFound, NoSecondFactor, bare, new_backup_code
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.user.api import find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import SessionId, UserId


@dataclass(frozen=True, slots=True)
class NewCodes:
    """A set as it is shown, this once."""

    set_id: UUID
    codes: Sequence[str]


async def make_backup_codes(deps: AuthDeps, user_id: UserId, session_id: SessionId, caller: Caller) -> NewCodes:
    """
    A new set. It counts, and the set before does not any more, once the person says that they have kept it.

    :raises NoSecondFactor: they have nothing these codes could stand in for.
    :raises StrongerSessionNeeded: this session was begun without the second factor.
    """
    codes = [new_backup_code() for _ in range(BACKUP_CODES)]
    hashes = await asyncio.gather(*(deps.passwords.hash(bare(code)) for code in codes))
    new = NewCodes(uuid4(), codes)
    async with deps.db.system("make backup codes") as tx:
        await deps.sessions.take_turns(tx, user_id)
        if not await check_strength(deps, tx, user_id, session_id):
            raise NoSecondFactor
        await deps.backup_codes.put_new(tx, user_id, new.set_id, hashes, deps.clock())
        await record_audit(
            deps.businesses,
            tx,
            AuditEntry(action="auth.backup_codes_made", actor_id=user_id, user_id=user_id),
            caller=caller,
        )
    return new


async def save_backup_codes(deps: AuthDeps, user_id: UserId, set_id: UUID, caller: Caller) -> None:
    """
    The person has kept this set: it works from now on, alone.

    :raises CodesNotFound: it is none of theirs, counts already, or a newer one was made since.
    """
    async with deps.db.system("save backup codes") as tx:
        await deps.sessions.take_turns(tx, user_id)
        user = await find_user(deps.users, tx, user_id)
        if user is None:
            raise NotSignedIn
        if not await deps.backup_codes.save(tx, user_id, set_id, deps.clock()):
            raise CodesNotFound
        await tell_factor_change(deps, tx, user, "backup_codes_renewed", caller)
