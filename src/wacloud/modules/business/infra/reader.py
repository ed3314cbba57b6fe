"""What pages and lists show of businesses, as the person who asks may see it."""

from collections.abc import Sequence

from wacloud.modules.business.application.stored import PROFILE, AuditPage, AuditRow, BusinessDetail, MemberRow
from wacloud.modules.business.domain.invitation import Invitation
from wacloud.modules.business.domain.onboarding import OnboardingStep
from wacloud.modules.business.domain.profile import Membership
from wacloud.modules.business.infra.businesses import PostgresBusinesses
from wacloud.modules.business.infra.cursor import read_cursor, write_cursor
from wacloud.modules.business.infra.invitations import COLUMNS, to_invitation
from wacloud.modules.business.infra.onboarding_steps import PostgresOnboardingSteps
from wacloud.shared.application.cache import Cache
from wacloud.shared.application.db import Database
from wacloud.shared.domain.ids import BusinessId, UserId


class PostgresBusinessReader:
    """See `ports.BusinessReader`."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self._db = db
        self._cache = cache

    async def mine(self, user_id: UserId) -> Sequence[Membership]:
        async with self._db.member(user_id, read_only=True) as tx:
            return await PostgresBusinesses().memberships(tx, user_id)

    async def membership(self, user_id: UserId, business_id: BusinessId) -> Membership | None:
        return next((one for one in await self.mine(user_id) if one.business_id == business_id), None)

    async def detail(self, user_id: UserId, business_id: BusinessId) -> BusinessDetail | None:
        async def read() -> BusinessDetail | None:
            async with self._db.member(user_id, read_only=True) as tx:
                row = await tx.row(
                    "select id, name, sector, phone, employee_count, language, time_zone, profile, created_at,"
                    " erase_at, demands_second_factor from app.businesses where id = %s",
                    (business_id,),
                )
            return row and BusinessDetail(**row._asdict())

        return await self._cache.get_or(business_id, PROFILE, read)

    async def members(self, user_id: UserId, business_id: BusinessId) -> Sequence[MemberRow]:
        async with self._db.member(user_id, read_only=True) as tx:
            rows = await tx.rows(
                "select m.user_id, u.name, u.email, m.role, m.joined_at"
                " from app.members m join app.users u on u.id = m.user_id where m.business_id = %s"
                " order by array_position(array['owner', 'admin', 'agent', 'analyst'], m.role), lower(u.name), u.id",
                (business_id,),
            )
        return [MemberRow(*row) for row in rows]

    async def invitations(self, user_id: UserId, business_id: BusinessId) -> Sequence[Invitation]:
        async with self._db.member(user_id, read_only=True) as tx:
            rows = await tx.rows(
                f"select {COLUMNS} from app.invitations where business_id = %s order by created_at desc, id limit 200",
                (business_id,),
            )
        return [to_invitation(row) for row in rows]

    async def onboarding(self, user_id: UserId, business_id: BusinessId) -> tuple[OnboardingStep, ...]:
        async with self._db.member(user_id, read_only=True) as tx:
            return await PostgresOnboardingSteps().all(tx, business_id)

    async def audit(
        self,
        user_id: UserId,
        business_id: BusinessId,
        *,
        action: str | None = None,
        actor_id: UserId | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> AuditPage:
        at, last_id = read_cursor(cursor)
        async with self._db.member(user_id, read_only=True) as tx:
            rows = await tx.rows(
                """
                select a.id, a.at, a.action, a.actor_kind, a.actor_id, actor.name as actor_name,
                       a.user_id, whom.name as user_name, a.detail, a.address, a.user_agent, a.request_id
                from app.audit_log a
                left join app.users actor on actor.id = a.actor_id
                left join app.users whom on whom.id = a.user_id
                where a.business_id = %(business)s
                  and (%(at)s::timestamptz is null or (a.at, a.id) < (%(at)s, %(last)s::uuid))
                  and (%(action)s::text is null or a.action = %(action)s
                       or (right(%(action)s, 1) = '.' and starts_with(a.action, %(action)s)))
                  and (%(actor)s::uuid is null or a.actor_id = %(actor)s)
                order by a.at desc, a.id desc limit %(most)s
                """,
                {
                    "business": business_id,
                    "at": at,
                    "last": last_id,
                    "action": action,
                    "actor": actor_id,
                    "most": limit + 1,
                },
            )
        page = [AuditRow(**row._asdict()) for row in rows[:limit]]
        more = write_cursor(page[-1].at, page[-1].id) if len(rows) > limit else None
        return AuditPage(page, more)
