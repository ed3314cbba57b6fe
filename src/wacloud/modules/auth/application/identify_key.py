"""Find out whose program comes with an API key, as the database knows both now."""

from dataclasses import dataclass
from datetime import datetime

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.api_key import ApiKey, is_well_formed
from wacloud.modules.auth.domain.secret import hash_of
from wacloud.modules.business.api import AuditEntry, Membership, find_membership, record_audit
from wacloud.modules.user.api import User, find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.errors import NotSignedIn


@dataclass(frozen=True, slots=True)
class Holder:
    """
    A key, whoever made it, and their place in its business.

    `lacks_factor`: the business demands a second factor of its members, and they have none.
    """

    key: ApiKey
    user: User
    membership: Membership
    lacks_factor: bool


async def identify_key(deps: AuthDeps, key: str, caller: Caller) -> Holder:
    """
    Everything is asked anew each time: a key is dead with its maker's place in the business.

    That it is used is written down once a minute at most; from where it never was before, in the audit log.

    :raises NotSignedIn: it is unknown, revoked or expired, or its maker is gone, disabled or no member.
    """
    if not is_well_formed(key):
        raise NotSignedIn("not an API key")
    now = deps.clock()
    async with deps.db.system("whose API key is it") as tx:
        found = await deps.api_keys.find_by_hash(tx, hash_of(key))
        if found is None or found.created_by is None or not found.is_good(now):
            raise NotSignedIn("API key not good")
        user = await find_user(deps.users, tx, found.created_by)
        if user is None or user.is_disabled or not user.is_verified:
            raise NotSignedIn("whoever made the API key")
        membership = await find_membership(deps.businesses, tx, user.id, found.business_id)
        if membership is None:
            raise NotSignedIn("whoever made the API key")
        lacks_factor = membership.demands_second_factor and not await deps.factors.methods(tx, user.id)
    if found.was_unused(now):
        await _note_use(deps, found, caller, now)
    return Holder(found, user, membership, lacks_factor)


async def _note_use(deps: AuthDeps, key: ApiKey, caller: Caller, now: datetime) -> None:
    async with deps.db.tenant(key.business_id) as tx:
        if await deps.api_keys.note_use(tx, key, caller.address, now) and caller.address not in key.used_from:
            seen = AuditEntry(
                action="auth.api_key_used_from",
                actor_kind="api_key",
                actor_id=key.created_by,
                business_id=key.business_id,
                detail={"api_key": key.name, "api_key_id": key.id},
            )
            await record_audit(deps.businesses, tx, seen, caller=caller)
