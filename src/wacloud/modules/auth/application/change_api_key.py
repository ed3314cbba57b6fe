"""Change an API key: what it is called, what it may do, or that it is no good any more."""

from collections.abc import Collection
from dataclasses import replace

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.api_key import ApiKey, ApiKeyNotFound, checked_name, checked_scopes
from wacloud.modules.business.api import AuditEntry, hold_team, record_audit
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import ApiKeyId, BusinessId, UserId


async def change_api_key(
    deps: AuthDeps,
    actor: UserId,
    business_id: BusinessId,
    key_id: ApiKeyId,
    caller: Caller,
    *,
    name: str | None,
    scopes: Collection[str] | None,
    grantable: Collection[str],
) -> ApiKey:
    """
    Change what is told, leave the rest. Whose key it is does not change.

    :raises ApiKeyNotFound: there is none, or it was revoked.
    :raises ApiKeyNameMissing: it needs a name.
    :raises ScopesMissing: it could do nothing.
    :raises ScopeNotYours: it could do what the actor may not, or no key may.
    :raises BusinessClosing: the business is about to be deleted.
    """
    async with deps.db.tenant(business_id) as tx:
        (await hold_team(deps.businesses, tx, business_id)).check_open()
        key = await _find(deps, tx, business_id, key_id)
        changed = replace(
            key,
            name=key.name if name is None else checked_name(name),
            scopes=key.scopes if scopes is None else checked_scopes(scopes, grantable),
        )
        if changed == key:
            return key
        await deps.api_keys.change(tx, changed)
        detail = {"api_key": changed.name, "api_key_id": key.id, "scopes": ", ".join(sorted(changed.scopes))}
        entry = AuditEntry(action="auth.api_key_changed", actor_id=actor, business_id=business_id, detail=detail)
        await record_audit(deps.businesses, tx, entry, caller=caller)
    return changed


async def revoke_api_key(
    deps: AuthDeps, actor: UserId, business_id: BusinessId, key_id: ApiKeyId, caller: Caller
) -> None:
    """
    It is good for nothing from the commit on.

    :raises ApiKeyNotFound: there is none, or it was revoked.
    """
    async with deps.db.tenant(business_id) as tx:
        key = await _find(deps, tx, business_id, key_id)
        await deps.api_keys.revoke(tx, key, deps.clock())
        detail = {"api_key": key.name, "api_key_id": key.id}
        entry = AuditEntry(action="auth.api_key_revoked", actor_id=actor, business_id=business_id, detail=detail)
        await record_audit(deps.businesses, tx, entry, caller=caller)


async def _find(deps: AuthDeps, tx: Tx, business_id: BusinessId, key_id: ApiKeyId) -> ApiKey:
    key = await deps.api_keys.find(tx, business_id, key_id)
    if key is None:
        raise ApiKeyNotFound
    return key
