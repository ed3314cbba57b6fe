"""Ask for the code of one app: the first of two steps, as Supabase's clients take them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.factor import FactorNotFound
from wacloud.modules.auth.domain.one_time import ONE_TIME_LIFETIMES, OneTimeToken
from wacloud.modules.auth.domain.secret import hash_of
from wacloud.shared.domain.ids import UserId


@dataclass(frozen=True, slots=True)
class Challenge:
    """Good once, for `verify_factor`."""

    id: UUID
    expires_at: datetime


async def challenge_factor(deps: AuthDeps, user_id: UserId, factor_id: UUID) -> Challenge:
    """:raises FactorNotFound: it is none of theirs, or was not confirmed in time."""
    now = deps.clock()
    challenge = Challenge(uuid4(), now + ONE_TIME_LIFETIMES["factor_challenge"])
    async with deps.db.system("challenge a factor") as tx:
        known = await deps.factors.all(tx, user_id)
        if not any(one.id == factor_id and one.kind == "totp" and one.is_there(now) for one in known):
            raise FactorNotFound
        await deps.one_time_tokens.forget_old(tx, user_id, now)
        token = OneTimeToken(
            challenge.id, user_id, "factor_challenge", challenge.expires_at, detail={"factor_id": str(factor_id)}
        )
        await deps.one_time_tokens.put(tx, token, hash_of(str(challenge.id)), now)
    return challenge
