"""What a person can prove who they are with."""

from collections.abc import Sequence
from dataclasses import dataclass

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.factor import Factor
from wacloud.shared.domain.ids import UserId


@dataclass(frozen=True, slots=True)
class FactorsOf:
    """Their factors, confirmed or still to be, and how many backup codes are left."""

    factors: Sequence[Factor]
    backup_codes_left: int

    @property
    def is_on(self) -> bool:
        """Whether the sign-in asks for a second factor."""
        return any(one.confirmed_at is not None for one in self.factors)


async def list_factors(deps: AuthDeps, user_id: UserId) -> FactorsOf:
    """Never a secret."""
    async with deps.db.system("list the factors of a person") as tx:
        factors = await deps.factors.all(tx, user_id)
        codes = await deps.backup_codes.usable(tx, user_id)
    now = deps.clock()
    return FactorsOf([one for one in factors if one.is_there(now)], len(codes))


async def ways_to_prove(deps: AuthDeps, user_id: UserId) -> Sequence[str]:
    """What they would show at a step-up: a second factor where they have one, else the password."""
    async with deps.db.system("how a person can prove who they are") as tx:
        return await deps.factors.methods(tx, user_id) or ["password"]
