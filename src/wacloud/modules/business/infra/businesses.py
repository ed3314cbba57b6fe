"""The table of businesses, and who belongs to which."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from wacloud.modules.business.application.stored import PROFILE
from wacloud.modules.business.domain.profile import BusinessProfile, Description, Membership
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId, new_id


class PostgresBusinesses:
    """See `ports.Businesses`."""

    async def find_profile(self, tx: Tx, business_id: BusinessId) -> BusinessProfile | None:
        row = await tx.row(
            "select id, name, sector, language, time_zone, profile, phone, employee_count, erase_at"
            " from app.businesses where id = %s",
            (business_id,),
        )
        return row and BusinessProfile(*row)

    async def memberships(self, tx: Tx, user_id: UserId) -> Sequence[Membership]:
        rows = await tx.rows(
            "select b.id, b.name, b.sector, b.language, b.time_zone, m.role, b.erase_at,"
            " b.demands_second_factor from app.members m join app.businesses b on b.id = m.business_id"
            " where m.user_id = %s order by m.joined_at, b.id",
            (user_id,),
        )
        return [Membership(*row) for row in rows]

    async def members_among(
        self, tx: Tx, pairs: Collection[tuple[UserId, BusinessId]]
    ) -> Mapping[tuple[UserId, BusinessId], str]:
        rows = await tx.rows(
            "select m.user_id, m.business_id, m.role from unnest(%s::uuid[], %s::uuid[]) as asked(user_id, business_id)"
            " join app.members m on m.business_id = asked.business_id and m.user_id = asked.user_id",
            ([user_id for user_id, _ in pairs], [business_id for _, business_id in pairs]),
        )
        return {(UserId(row.user_id), BusinessId(row.business_id)): row.role for row in rows}

    async def demanding_among(self, tx: Tx, business_ids: Collection[BusinessId]) -> Collection[BusinessId]:
        rows = await tx.rows(
            "select id from app.businesses where id = any (%s) and demands_second_factor", (list(business_ids),)
        )
        return {BusinessId(row.id) for row in rows}

    async def set_demand(self, tx: Tx, business_id: BusinessId, demanded: bool) -> None:
        await tx.execute("update app.businesses set demands_second_factor = %s where id = %s", (demanded, business_id))
        tx.outdate(business_id, PROFILE)

    async def people_in_charge(self, tx: Tx, business_id: BusinessId) -> Sequence[UserId]:
        rows = await tx.rows(
            "select user_id from app.members where business_id = %s and role in ('owner', 'admin')"
            " order by role desc, joined_at, user_id",
            (business_id,),
        )
        return [UserId(row.user_id) for row in rows]

    async def add(self, tx: Tx, owner_id: UserId, described: Description) -> BusinessId:
        business_id = BusinessId(new_id())
        told = {"id": business_id, "owner_id": owner_id, **described.changed()}
        await tx.execute(
            f"insert into app.businesses ({', '.join(told)}) values ({', '.join(['%s'] * len(told))})",
            list(told.values()),
        )
        await tx.execute(
            "insert into app.members (business_id, user_id, role) values (%s, %s, 'owner')", (business_id, owner_id)
        )
        return business_id

    async def describe(self, tx: Tx, business_id: BusinessId, described: Description) -> None:
        changed = described.changed()
        tx.outdate(business_id, PROFILE)
        if changed:
            await tx.execute(
                f"update app.businesses set {', '.join(f'{name} = %s' for name in changed)} where id = %s",
                [*changed.values(), business_id],
            )
        texts = described.texts or {}
        if texts:
            told = {key: text for key, text in texts.items() if text}
            await self.put_in_profile(tx, business_id, told, without=[key for key in texts if key not in told])

    async def put_in_profile(
        self, tx: Tx, business_id: BusinessId, entries: Mapping[str, Any], *, without: Sequence[str] = ()
    ) -> None:
        tx.outdate(business_id, PROFILE)
        await tx.execute(
            "update app.businesses set profile = (profile - %s::text[]) || %s::jsonb where id = %s",
            (list(without), json.dumps(dict(entries)), business_id),
        )

    async def set_erase_at(self, tx: Tx, business_id: BusinessId, at: datetime | None) -> None:
        tx.outdate(business_id, PROFILE)
        await tx.execute("update app.businesses set erase_at = %s where id = %s", (at, business_id))

    async def due_for_erasure(self, tx: Tx, now: datetime) -> Sequence[BusinessId]:
        rows = await tx.rows(
            "select id from app.businesses where erase_at is not null and erase_at <= %s order by erase_at limit 100",
            (now,),
        )
        return [row.id for row in rows]
