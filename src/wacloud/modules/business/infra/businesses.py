"""The tables of businesses and members."""

from collections.abc import Collection, Sequence

from wacloud.modules.business.domain.profile import BusinessProfile, Membership
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId, UserId, new_id


class PostgresBusinesses:
    """See `ports.Businesses`."""

    async def find_profile(self, tx: Tx, business_id: BusinessId) -> BusinessProfile | None:
        row = await tx.row(
            "select id, name, sector, language, time_zone, profile from app.businesses where id = %s",
            (business_id,),
        )
        return row and BusinessProfile(row.id, row.name, row.sector, row.language, row.time_zone, row.profile)

    async def memberships(self, tx: Tx, user_id: UserId) -> Sequence[Membership]:
        rows = await tx.rows(
            "select b.id, b.name, b.sector, b.language, b.time_zone, m.role"
            " from app.members m join app.businesses b on b.id = m.business_id"
            " where m.user_id = %s order by m.joined_at, b.id",
            (user_id,),
        )
        return [Membership(row.id, row.name, row.sector, row.language, row.time_zone, row.role) for row in rows]

    async def members_among(
        self, tx: Tx, pairs: Collection[tuple[UserId, BusinessId]]
    ) -> Collection[tuple[UserId, BusinessId]]:
        rows = await tx.rows(
            "select m.user_id, m.business_id from unnest(%s::uuid[], %s::uuid[]) as asked(user_id, business_id)"
            " join app.members m on m.business_id = asked.business_id and m.user_id = asked.user_id",
            ([user_id for user_id, _ in pairs], [business_id for _, business_id in pairs]),
        )
        return {(UserId(row.user_id), BusinessId(row.business_id)) for row in rows}

    async def add(self, tx: Tx, owner_id: UserId, name: str, language: str, time_zone: str) -> BusinessId:
        business_id = BusinessId(new_id())
        await tx.execute(
            "insert into app.businesses (id, owner_id, name, language, time_zone) values (%s, %s, %s, %s, %s)",
            (business_id, owner_id, name, language, time_zone),
        )
        await tx.execute(
            "insert into app.members (business_id, user_id, role) values (%s, %s, 'owner')", (business_id, owner_id)
        )
        return business_id


class PostgresBusinessReader:
    """See `ports.BusinessReader`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def mine(self, user_id: UserId) -> Sequence[Membership]:
        async with self._db.member(user_id, read_only=True) as tx:
            return await PostgresBusinesses().memberships(tx, user_id)
