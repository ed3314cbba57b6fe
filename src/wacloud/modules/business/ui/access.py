"""Who may use a route that names a business in its path: members of that business whose role may."""

from dataclasses import fields
from uuid import UUID

from starlette.requests import HTTPConnection

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.domain.profile import BusinessNotFound
from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.ui.guard import Member, Person, Requires, signed_in
from wacloud.shared.ui.permissions import Permission


class InBusiness(Requires):
    """
    A member of the business the path names, acting there whatever business their token names.

    Another's business answers as one that never existed, and so does an id that is none.
    """

    def __init__(self, deps: BusinessDeps, permission: Permission, *, fresh: bool = False) -> None:
        super().__init__(permission, fresh=fresh)
        # The base class is frozen.
        object.__setattr__(self, "_deps", deps)

    async def __call__(self, request: HTTPConnection) -> Member:
        person: Person = await signed_in()(request)
        try:
            business_id = BusinessId(UUID(request.path_params["business_id"]))
        except ValueError:
            raise BusinessNotFound from None
        deps: BusinessDeps = self._deps  # type: ignore[attr-defined]
        membership = await deps.reader.membership(person.user_id, business_id)
        if membership is None:
            raise BusinessNotFound
        member = Member(
            # All that is known of the person holds for them as a member.
            **{field.name: getattr(person, field.name) for field in fields(person)}
            | {"business_id": business_id, "business_name": membership.business_name},
            role=membership.role,
            time_zone=membership.time_zone,
            is_closing=membership.erase_at is not None,
            demands_second_factor=membership.demands_second_factor,
        )
        await self.let_in(request, member)
        return member
