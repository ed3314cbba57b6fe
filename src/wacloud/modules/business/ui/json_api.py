"""`/api/businesses`: the businesses of the person who asks."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StrictBool

from wacloud.modules.business.application.delete_business import ask_deletion, cancel_deletion
from wacloud.modules.business.application.demand_second_factor import demand_second_factor
from wacloud.modules.business.application.open_business import open_business
from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.set_hours import set_hours
from wacloud.modules.business.application.stored import BusinessDetail
from wacloud.modules.business.application.update_business import update_business
from wacloud.modules.business.domain.hours import is_open
from wacloud.modules.business.domain.profile import (
    LONGEST_NAME,
    LONGEST_TEXT,
    PHONE,
    SHORTEST_NAME,
    BusinessNotFound,
    Description,
)
from wacloud.modules.business.ui.access import InBusiness
from wacloud.shared.domain.ids import BusinessId, UserId
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caching import cacheable
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, Person, signed_in
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

Sector = Literal["retail", "healthcare", "restaurant", "other"]
EmployeeCount = Literal["1-10", "11-50", "51-200", "200+"]
Language = Literal["es", "en"]
Name = Annotated[str, Field(min_length=SHORTEST_NAME, max_length=LONGEST_NAME, examples=["Velas del Sur"])]
Phone = Annotated[str, Field(pattern=PHONE, examples=["+34600000042"])]
Zone = Annotated[str, Field(max_length=64, examples=["Europe/Madrid"])]
_COUNT = Field(validation_alias=AliasChoices("employee_count", "employeeCount"))
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$", examples=["09:00"])]
Shift = Annotated[list[Clock], Field(min_length=2, max_length=2)]
Shifts = Annotated[list[Shift], Field(max_length=4, examples=[[["09:00", "13:30"], ["17:00", "20:30"]]])]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Business(BaseModel):
    """A business, and the role in it of the person who asks. `erase_at` is set once its deletion was asked for."""

    id: UUID
    name: str
    sector: str
    language: str
    time_zone: str
    role: str
    erase_at: datetime | None = None


class WholeBusiness(Business):
    """A business with all that it says of itself."""

    phone: str | None
    employee_count: str | None
    about: str | None = None
    address: str | None = None
    city: str | None = None
    web: str | None = None
    email: str | None = None
    demands_second_factor: bool
    created_at: datetime


class NewBusiness(BaseModel):
    """A business to open. Whoever asks owns it."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    sector: Sector
    phone: Phone
    employee_count: Annotated[EmployeeCount, _COUNT]


class BusinessChange(BaseModel):
    """What is to change; what is left out stays. An empty text is taken out."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    sector: Sector | None = None
    phone: Phone | None = None
    employee_count: Annotated[EmployeeCount | None, _COUNT] = None
    language: Language | None = None
    time_zone: Zone | None = None
    about: Annotated[str | None, Field(max_length=LONGEST_TEXT["about"])] = None
    address: Annotated[str | None, Field(max_length=LONGEST_TEXT["address"])] = None
    city: Annotated[str | None, Field(max_length=LONGEST_TEXT["city"])] = None
    web: Annotated[str | None, Field(max_length=LONGEST_TEXT["web"])] = None
    email: Annotated[str | None, Field(max_length=LONGEST_TEXT["email"])] = None


class SpecialHours(BaseModel):
    """A date on which the usual hours do not hold; no shifts means closed."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=80, examples=["Nochebuena"])] = ""
    hours: Shifts = []


class Holidays(BaseModel):
    """Whose public holidays count. Regions are those of Spain, by their ISO 3166-2 letters."""

    model_config = ConfigDict(extra="forbid")

    country: Literal["ES", "MX", "AR", "CO", "CL", "PE"]
    region: Annotated[str | None, Field(pattern=r"^[A-Z]{2}$", examples=["MD"])] = None
    closes: bool = True


class Hours(BaseModel):
    """When a business is open: the week, dates that differ, public holidays. A day that is missing is closed."""

    model_config = ConfigDict(extra="forbid")

    hours: dict[Day, Shifts]
    special_days: Annotated[dict[date, SpecialHours], Field(max_length=400)] = {}
    holidays: Holidays | None = None


class HoursAnswer(Hours):
    """The same, and whether it is open now; None where it has told no hours."""

    is_open: bool | None
    changes_at: datetime | None


class Demand(BaseModel):
    """Whether members need a second factor."""

    model_config = ConfigDict(extra="forbid")

    demanded: StrictBool


class DeletionAnswer(BaseModel):
    """When the business will be erased, unless the deletion is cancelled before."""

    erase_at: datetime


def routes(deps: BusinessDeps) -> APIRouter:
    """The routes of this module that are about a business as a whole."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["businesses"])

    @router.get(
        "/api/businesses",
        operation_id="list_businesses",
        summary="My businesses",
        response_model=list[Business],
        response_description="None, one or many.",
        dependencies=[cacheable()],
    )
    async def businesses(person: Annotated[Person, signed_in()]) -> object:
        """Every business of the person who is signed in, the first they joined first."""
        return [
            Business(
                id=membership.business_id,
                name=membership.business_name,
                sector=membership.sector,
                language=membership.language,
                time_zone=membership.time_zone,
                role=membership.role,
                erase_at=membership.erase_at,
            )
            for membership in await deps.reader.mine(person.user_id)
        ]

    @router.post(
        "/api/businesses",
        operation_id="create_business",
        response_model=WholeBusiness,
        responses=problems(_429="too_many_businesses"),
        status_code=201,
    )
    async def create(
        request: Request,
        body: NewBusiness,
        person: Annotated[Person, signed_in()],
        _: Annotated[Once, idempotent()],
    ) -> object:
        """Open a business; whoever asks owns it. To act in it, switch to it or name it in the path."""
        business_id = await open_business(
            deps,
            person.user_id,
            caller_of(request),
            name=body.name,
            sector=body.sector,
            phone=body.phone,
            employee_count=body.employee_count,
            language=person.language,
        )
        return await _whole(deps, person.user_id, business_id, "owner")

    @router.get("/api/businesses/{business_id}", operation_id="get_business", response_model=WholeBusiness)
    async def business(
        business_id: UUID, member: Annotated[Member, InBusiness(deps, Permission.BUSINESS_READ)]
    ) -> object:
        """One business."""
        return await _whole(deps, member.user_id, member.business_id, member.role)

    @router.patch("/api/businesses/{business_id}", operation_id="change_business", response_model=WholeBusiness)
    async def change(
        request: Request,
        business_id: UUID,
        body: BusinessChange,
        member: Annotated[Member, InBusiness(deps, Permission.BUSINESS_UPDATE)],
    ) -> object:
        """Change what it says of itself."""
        told = body.model_dump(exclude_unset=True, exclude_none=True)
        texts = {key: told.pop(key) for key in LONGEST_TEXT if key in told}
        described = Description.typed(**told, texts=texts)
        await update_business(deps, member.user_id, member.business_id, described, caller_of(request))
        return await _whole(deps, member.user_id, member.business_id, member.role)

    @router.put(
        "/api/businesses/{business_id}/second-factor",
        operation_id="demand_second_factor",
        response_model=WholeBusiness,
        responses=problems(_409="no_factor_of_your_own"),
    )
    async def demand(
        request: Request,
        business_id: UUID,
        body: Demand,
        member: Annotated[Member, InBusiness(deps, Permission.BUSINESS_UPDATE, fresh=True)],
    ) -> object:
        """
        Demand a second factor of all members, or stop it. Those without one reach nothing of the business until they
        have set one up (403 `second_factor_demanded`).
        """
        await demand_second_factor(deps, member.user_id, member.business_id, body.demanded, caller_of(request))
        return await _whole(deps, member.user_id, member.business_id, member.role)

    @router.delete(
        "/api/businesses/{business_id}", operation_id="delete_business", response_model=DeletionAnswer, status_code=202
    )
    async def delete(
        request: Request,
        business_id: UUID,
        member: Annotated[Member, InBusiness(deps, Permission.BUSINESS_DELETE, fresh=True)],
    ) -> object:
        """
        Have it erased in 30 days, with all that belongs to it. Until then it can be read, nothing is sent or answered
        in its name, and the deletion can be cancelled.
        """
        return DeletionAnswer(erase_at=await ask_deletion(deps, member.user_id, member.business_id, caller_of(request)))

    @router.post(
        "/api/businesses/{business_id}/cancel-deletion", operation_id="cancel_deletion", response_model=WholeBusiness
    )
    async def keep(
        request: Request,
        business_id: UUID,
        member: Annotated[Member, InBusiness(deps, Permission.BUSINESS_DELETE)],
    ) -> object:
        """Keep it."""
        await cancel_deletion(deps, member.user_id, member.business_id, caller_of(request))
        return await _whole(deps, member.user_id, member.business_id, member.role)

    @router.get(
        "/api/businesses/{business_id}/hours",
        operation_id="get_hours",
        response_model=HoursAnswer,
        dependencies=[cacheable()],
    )
    async def hours(business_id: UUID, member: Annotated[Member, InBusiness(deps, Permission.BUSINESS_READ)]) -> object:
        """When it is open."""
        return await _hours(deps, member)

    @router.put("/api/businesses/{business_id}/hours", operation_id="set_hours", response_model=HoursAnswer)
    async def put_hours(
        request: Request,
        business_id: UUID,
        body: Hours,
        member: Annotated[Member, InBusiness(deps, Permission.BUSINESS_UPDATE)],
    ) -> object:
        """Replace the week, the special days and whose public holidays count, all three."""
        told = body.model_dump(mode="json")
        await set_hours(
            deps,
            member.user_id,
            member.business_id,
            caller_of(request),
            week=told["hours"],
            special_days=told["special_days"],
            holidays=told["holidays"],
        )
        return await _hours(deps, member)

    return router


async def _detail(deps: BusinessDeps, user_id: UserId, business_id: BusinessId) -> BusinessDetail:
    detail = await deps.reader.detail(user_id, business_id)
    if detail is None:
        raise BusinessNotFound
    return detail


async def _whole(deps: BusinessDeps, user_id: UserId, business_id: BusinessId, role: str) -> WholeBusiness:
    detail = await _detail(deps, user_id, business_id)
    return WholeBusiness(
        id=detail.id,
        name=detail.name,
        sector=detail.sector,
        language=detail.language,
        time_zone=detail.time_zone,
        role=role,
        erase_at=detail.erase_at,
        phone=detail.phone,
        employee_count=detail.employee_count,
        demands_second_factor=detail.demands_second_factor,
        created_at=detail.created_at,
        **{key: detail.profile.get(key) for key in LONGEST_TEXT},
    )


async def _hours(deps: BusinessDeps, member: Member) -> HoursAnswer:
    detail = await _detail(deps, member.user_id, member.business_id)
    told: dict[str, Any] = {key: detail.profile.get(key) or {} for key in ("hours", "special_days")}
    state = is_open(detail.profile, detail.time_zone, deps.clock())
    return HoursAnswer(
        **told,
        holidays=detail.profile.get("holidays"),
        is_open=state.is_open if state else None,
        changes_at=state.changes_at if state else None,
    )
