"""Who may use a route that names a business in its path: members of that business whose role may."""

from dataclasses import fields
from uuid import UUID

from starlette.requests import HTTPConnection

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.domain.profile import BusinessNotFound
from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.ui.guard import Member, Person, Requires, find_holder, signed_in
from wacloud.shared.ui.permissions import Permission


class InBusiness(Requires):
    """
    A member of the business the path names, acting there whatever business their token names. A key acts in its own.

    Another's business answers as one that never existed, and so does an id that is none.
    """

    def __init__(self, deps: BusinessDeps, permission: Permission, *, fresh: bool = False) -> None:
        super().__init__(permission, fresh=fresh)
        # The base class is frozen.
        object.__setattr__(self, "_deps", deps)

    async def __call__(self, request: HTTPConnection) -> Member:
        member = await find_holder(request)
        if member is None:
            member = await self._member(request, await signed_in()(request))
        elif member.business_id != _named(request):
            raise BusinessNotFound
        await self.let_in(request, member)
        return member

    async def _member(self, request: HTTPConnection, person: Person) -> Member:
        business_id = _named(request)
        deps: BusinessDeps = self._deps  # type: ignore[attr-defined]
        membership = await deps.reader.membership(person.user_id, business_id)
        if membership is None:
            raise BusinessNotFound
        return Member(
            # All that is known of the person holds for them as a member.
            **{field.name: getattr(person, field.name) for field in fields(person)}
            | {"business_id": business_id, "business_name": membership.business_name},
            role=membership.role,
            time_zone=membership.time_zone,
            is_closing=membership.erase_at is not None,
            demands_second_factor=membership.demands_second_factor,
        )


def _named(request: HTTPConnection) -> BusinessId:
    try:
        return BusinessId(UUID(request.path_params["business_id"]))
    except ValueError:
        raise BusinessNotFound from None
