"""What the tables of this module hold about a person, for their export and for when they leave."""

from collections.abc import Mapping, Sequence

from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import UserId


class StillOwner(AppError):
    """You are the only owner of a business. Hand it over or delete it first."""

    kind = "conflict"


class BusinessPersonalData:
    """Memberships and audit entries of one person, with their own rights. `forget` is a `user.api.FarewellPart`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def memberships(self, user_id: UserId) -> Sequence[Mapping[str, object]]:
        """Where they belong."""
        async with self._db.member(user_id, read_only=True) as tx:
            rows = await tx.rows(
                "select m.business_id, b.name as business_name, m.role, m.joined_at"
                " from app.members m join app.businesses b on b.id = m.business_id"
                " where m.user_id = %s order by m.joined_at, m.business_id",
                (user_id,),
            )
        return [row._asdict() for row in rows]

    async def audit_entries(self, user_id: UserId) -> Sequence[Mapping[str, object]]:
        """What they did and what concerned them, the newest ten thousand."""
        async with self._db.member(user_id, read_only=True) as tx:
            rows = await tx.rows(
                "select at, action, business_id, detail, address, user_agent from app.audit_log"
                " where actor_id = %s or user_id = %s order by at desc, id desc limit 10000",
                (user_id, user_id),
            )
        return [row._asdict() for row in rows]

    async def forget(self, tx: Tx, user_id: UserId) -> None:
        """
        End their memberships; a business with another owner becomes that one's.

        :raises StillOwner: a business would have none.
        """
        # The businesses are held in the order of their ids: of two owners who leave at once, one finds the other gone.
        await tx.rows(
            "select from app.businesses where id = any (array("
            "   select business_id from app.members where user_id = %(me)s and role = 'owner'"
            "   union select id from app.businesses where owner_id = %(me)s)) order by id for update",
            {"me": user_id},
        )
        owners = await tx.rows(
            "select o.business_id, o.user_id from app.members o where o.role = 'owner' and o.business_id = any (array("
            "   select business_id from app.members where user_id = %(me)s and role = 'owner'"
            "   union select id from app.businesses where owner_id = %(me)s))"
            " order by o.joined_at desc, o.user_id",
            {"me": user_id},
        )
        owned = {row.business_id for row in owners}
        others = {row.business_id: row.user_id for row in owners if row.user_id != user_id}
        if owned - set(others):
            raise StillOwner
        for business_id, other in sorted(others.items()):
            await tx.execute(
                "update app.businesses set owner_id = %s where id = %s and owner_id = %s",
                (other, business_id, user_id),
            )
        await tx.execute("delete from app.members where user_id = %s", (user_id,))
