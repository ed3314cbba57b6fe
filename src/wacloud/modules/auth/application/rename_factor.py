"""Call a factor something else."""

from uuid import UUID

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.factor import FactorNotFound, checked_name
from wacloud.shared.domain.ids import UserId


async def rename_factor(deps: AuthDeps, user_id: UserId, factor_id: UUID, name: str) -> None:
    """
    An app or a passkey.

    :raises FactorNotFound: it is none of theirs.
    :raises FactorName: the name will not do.
    """
    name = checked_name(name)
    async with deps.db.system("rename a factor") as tx:
        if not await deps.factors.rename(tx, user_id, factor_id, name):
            raise FactorNotFound
