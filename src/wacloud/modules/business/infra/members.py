"""The table of members."""

from collections.abc import Mapping

from wacloud.modules.business.domain.profile import BusinessNotFound
from wacloud.modules.business.domain.team import Team
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


class PostgresMembers:
    """See `ports.Members`."""

    async def lock(self, tx: Tx, business_id: BusinessId) -> Team:
        # The business's row stands for its team. This lock lets through whatever only refers to the business.
        business = await tx.row(
            "select name, language, erase_at from app.businesses where id = %s for no key update", (business_id,)
        )
        if business is None:
            raise BusinessNotFound
        # A second statement, so that it sees what whoever held the lock before has changed.
        rows = await tx.rows("select user_id, role from app.members where business_id = %s", (business_id,))
        roles = {row.user_id: row.role for row in rows}
        return Team(business_id, business.name, business.language, business.erase_at, roles)

    async def add(self, tx: Tx, business_id: BusinessId, user_id: UserId, role: str) -> None:
        await tx.execute(
            "insert into app.members (business_id, user_id, role) values (%s, %s, %s)", (business_id, user_id, role)
        )

    async def set_roles(self, tx: Tx, business_id: BusinessId, roles: Mapping[UserId, str]) -> None:
        await tx.execute(
            "update app.members m set role = n.role from unnest(%s::uuid[], %s::text[]) as n(user_id, role)"
            " where m.business_id = %s and m.user_id = n.user_id",
            (list(roles), list(roles.values()), business_id),
        )
        await self._settle_owner(tx, business_id)

    async def remove(self, tx: Tx, business_id: BusinessId, user_id: UserId) -> None:
        await tx.execute("delete from app.members where business_id = %s and user_id = %s", (business_id, user_id))
        await self._settle_owner(tx, business_id)

    async def _settle_owner(self, tx: Tx, business_id: BusinessId) -> None:
        """Whoever is named as its owner is one: the rules of the database let that person see it."""
        await tx.execute(
            """
            update app.businesses b set owner_id = (
              select m.user_id from app.members m
              where m.business_id = b.id and m.role = 'owner' order by m.joined_at, m.user_id limit 1)
            where b.id = %s and not exists (
              select from app.members m where m.business_id = b.id and m.user_id = b.owner_id and m.role = 'owner')
            """,
            (business_id,),
        )
