"""Make an API key for a program of a business."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.api_key import (
    KEPT,
    MOST,
    ApiKey,
    TooManyApiKeys,
    checked_name,
    checked_scopes,
    hint_of,
    new_key,
)
from wacloud.modules.auth.domain.secret import hash_of
from wacloud.modules.business.api import AuditEntry, BusinessNotFound, Team, hold_team, record_audit
from wacloud.modules.notification.api import Mail
from wacloud.modules.user.api import find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import ApiKeyId, BusinessId, UserId, new_id


@dataclass(frozen=True, slots=True)
class MadeApiKey:
    """A key and its text, which is told this once: only its hash is kept."""

    kept: ApiKey
    text: str


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What somebody wants a key for. `grantable` is what they may give; `good_for` None: until it is revoked."""

    name: str
    scopes: Collection[str]
    grantable: Collection[str]
    good_for: timedelta | None


async def create_api_key(
    deps: AuthDeps, maker: UserId, business_id: BusinessId, wish: KeyWish, caller: Caller
) -> MadeApiKey:
    """
    Make it; it acts in its maker's name, as far as their role and its scopes allow. They and the owners get a mail.

    :raises ApiKeyNameMissing: it needs a name.
    :raises ScopesMissing: it could do nothing.
    :raises ScopeNotYours: it could do what its maker may not, or no key may.
    :raises TooManyApiKeys: the business has enough of them.
    :raises BusinessNotFound: its maker is no member (any more).
    :raises BusinessClosing: the business is about to be deleted.
    """
    now, text = deps.clock(), new_key()
    made = ApiKey(
        id=ApiKeyId(new_id()),
        business_id=business_id,
        created_by=maker,
        name=checked_name(wish.name),
        hint=hint_of(text),
        scopes=checked_scopes(wish.scopes, wish.grantable),
        created_at=now,
        expires_at=now + wish.good_for if wish.good_for else None,
    )
    async with deps.db.tenant(business_id) as tx:
        team = await hold_team(deps.businesses, tx, business_id)
        team.check_open()
        if maker not in team.roles:
            raise BusinessNotFound
        await deps.api_keys.forget_old(tx, business_id, now - KEPT)
        good = [one for one in await deps.api_keys.all(tx, business_id) if one.is_good(now)]
        if len(good) >= MOST:
            raise TooManyApiKeys
        await deps.api_keys.add(tx, made, hash_of(text))
        await _tell(deps, tx, team, made)
        entry = AuditEntry(
            action="auth.api_key_created",
            actor_id=maker,
            business_id=business_id,
            detail={"api_key": made.name, "api_key_id": made.id, "scopes": ", ".join(sorted(made.scopes))},
        )
        await record_audit(deps.businesses, tx, entry, caller=caller)
    return MadeApiKey(made, text)


async def _tell(deps: AuthDeps, tx: Tx, team: Team, made: ApiKey) -> None:
    assert made.created_by is not None
    for user_id in sorted(team.owners | {made.created_by}):
        user = await find_user(deps.users, tx, user_id)
        if user is None:
            continue
        mail = Mail(
            to=user.email,
            template="api_key_created",
            language=user.language,
            values={"name": made.name},
            user_id=user.id,
            business_id=made.business_id,
            key=f"api_key:{made.id}:{user.id}",
        )
        await deps.mails.queue(tx, mail)
