"""The pages of a business: what it says of itself, its onboarding, its audit log, and which business to act in."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.business.application.complete_step import move_step
from wacloud.modules.business.application.delete_business import ask_deletion, cancel_deletion
from wacloud.modules.business.application.demand_second_factor import demand_second_factor
from wacloud.modules.business.application.list_members import list_members
from wacloud.modules.business.application.open_business import open_business
from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.sector_template import sector_template
from wacloud.modules.business.application.set_hours import set_hours
from wacloud.modules.business.application.update_business import update_business
from wacloud.modules.business.domain.onboarding import BY_HAND, SKIPPABLE, next_step
from wacloud.modules.business.domain.profile import (
    EMPLOYEE_COUNTS,
    LONGEST_TEXT,
    BusinessNotFound,
    Description,
)
from wacloud.modules.business.domain.public_holidays import REGIONS_OF_SPAIN, public_holidays
from wacloud.modules.business.ui import hours_form, words
from wacloud.modules.business.ui.acting import act_in
from wacloud.modules.business.ui.progress_api import StepName, StepStateName
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import UserId
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, Person, requires, signed_in
from wacloud.shared.ui.i18n import N_
from wacloud.shared.ui.pages import Shown, look_of, render
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF
from wacloud.shared.ui.times import zone_named

# Why somebody is led here who wanted to go elsewhere.
SAID = {"removed": N_("You do not belong any more to the business you were working in.")}
LARGEST_FORM = 64 * 1024
HOLIDAYS_SHOWN = 6

Reader = Annotated[Member, requires(Permission.BUSINESS_READ)]
Updater = Annotated[Member, requires(Permission.BUSINESS_UPDATE)]
Owner = Annotated[Member, requires(Permission.BUSINESS_DELETE)]
FreshOwner = Annotated[Member, requires(Permission.BUSINESS_DELETE, fresh=True)]
Field = Annotated[str, Form(max_length=2000)]


def routes(deps: BusinessDeps) -> APIRouter:
    """The pages."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)
    _add_settings(router, deps)
    _add_progress(router, deps)
    _add_businesses(router, deps)
    return router


def _add_settings(router: APIRouter, deps: BusinessDeps) -> None:
    async def settings_page(request: Request, member: Member, refusal: AppError | None = None) -> Response:
        detail = await deps.reader.detail(member.user_id, member.business_id)
        if detail is None:
            raise BusinessNotFound
        now = deps.clock()
        today = now.astimezone(zone_named(detail.time_zone)).date()
        hours = hours_form.shown(detail.profile, today)
        coming: list[Any] = []
        if hours.country:
            language = look_of(request, member).language
            days = {
                day: name
                for year in (today.year, today.year + 1)
                for day, name in public_holidays(hours.country, hours.region or None, year, language).items()
            }
            coming = [(day, name) for day, name in days.items() if day >= today][:HOLIDAYS_SHOWN]
        may_demand = member.may(Permission.BUSINESS_UPDATE)
        members = await list_members(deps, member.user_id, member.business_id) if may_demand else ()
        return render(
            request,
            "business/settings.html",
            _status(refusal),
            member=member,
            business=detail,
            hours=hours,
            coming=coming,
            regions=sorted(REGIONS_OF_SPAIN.items(), key=lambda pair: pair[1]),
            zones=sorted({*words.ZONES, detail.time_zone}),
            sizes=EMPLOYEE_COUNTS,
            lacking=[one for one in members if not one.has_second_factor],
            words=words,
            may=member.may,
            Permission=Permission,
            refusal=refusal.message if refusal else None,
        )

    @router.get("/business")
    async def settings(request: Request, member: Reader) -> Response:
        """What the business says of itself."""
        return await settings_page(request, member)

    @router.post("/business")
    async def change(
        request: Request,
        member: Updater,
        name: Field = "",
        sector: Field = "",
        phone: Field = "",
        employee_count: Field = "",
        language: Field = "",
        time_zone: Field = "",
    ) -> Response:
        """Change it."""
        form = await request.form()
        try:
            described = Description.typed(
                name=name,
                sector=sector or None,
                phone=phone.replace(" ", "") or None,
                employee_count=employee_count or None,
                language=language or None,
                time_zone=time_zone or None,
                texts={key: str(form[key]) for key in LONGEST_TEXT if key in form},
            )
            await update_business(deps, member.user_id, member.business_id, described, caller_of(request))
        except AppError as refusal:
            return await settings_page(request, member, refusal)
        return RedirectResponse("/business", 303)

    @router.post("/business/hours")
    async def hours(request: Request, member: Updater) -> Response:
        """Change when it is open."""
        week, special_days, holidays = hours_form.read(await request.form())
        try:
            await set_hours(
                deps,
                member.user_id,
                member.business_id,
                caller_of(request),
                week=week,
                special_days=special_days,
                holidays=holidays,
            )
        except AppError as refusal:
            return await settings_page(request, member, refusal)
        return RedirectResponse("/business#hours", 303)

    @router.post("/business/second-factor")
    async def demand(
        request: Request,
        member: Annotated[Member, requires(Permission.BUSINESS_UPDATE, fresh=True)],
        demanded: Field = "",
    ) -> Response:
        """Demand a second factor of all members, or stop it."""
        try:
            await demand_second_factor(deps, member.user_id, member.business_id, demanded == "yes", caller_of(request))
        except AppError as refusal:
            return await settings_page(request, member, refusal)
        return RedirectResponse("/business#second-factor", 303)

    @router.post("/business/delete")
    async def delete(request: Request, member: FreshOwner, name: Field = "") -> Response:
        """Have it erased in 30 days."""
        try:
            await ask_deletion(deps, member.user_id, member.business_id, caller_of(request), typed_name=name)
        except AppError as refusal:
            return await settings_page(request, member, refusal)
        return RedirectResponse("/business", 303)

    @router.post("/business/keep")
    async def keep(request: Request, member: Owner) -> Response:
        """Keep it after all."""
        await cancel_deletion(deps, member.user_id, member.business_id, caller_of(request))
        return RedirectResponse("/business", 303)


def _add_progress(router: APIRouter, deps: BusinessDeps) -> None:
    @router.get("/business/audit")
    async def audit(
        request: Request,
        member: Annotated[Member, requires(Permission.AUDIT_READ)],
        action: Annotated[str, Query(max_length=80)] = "",
        actor: Annotated[str, Query(max_length=36)] = "",
        cursor: Annotated[str | None, Query(max_length=200)] = None,
    ) -> Response:
        """Who did what, when and from where."""
        try:
            actor_id = UserId(UUID(actor)) if actor else None
        except ValueError:
            actor_id = None
        page = await deps.reader.audit(
            member.user_id, member.business_id, action=action or None, actor_id=actor_id, cursor=cursor
        )
        return render(
            request,
            "business/audit.html",
            member=member,
            page=page,
            action=action,
            actor=actor,
            people=await deps.reader.members(member.user_id, member.business_id),
            words=words,
            may=member.may,
            Permission=Permission,
        )

    async def onboarding_page(request: Request, member: Member, refusal: AppError | None = None) -> Response:
        steps = await deps.reader.onboarding(member.user_id, member.business_id)
        detail = await deps.reader.detail(member.user_id, member.business_id)
        if detail is None:
            raise BusinessNotFound
        return render(
            request,
            "business/onboarding.html",
            _status(refusal),
            member=member,
            steps=steps,
            following=next_step(steps),
            done=sum(step.state != "pending" for step in steps),
            by_hand=BY_HAND,
            skippable=SKIPPABLE,
            sector_start=sector_template(detail.sector, detail.language),
            has_hours=bool(detail.profile.get("hours")),
            words=words,
            may=member.may,
            Permission=Permission,
            refusal=refusal.message if refusal else None,
        )

    @router.get("/onboarding")
    async def onboarding(request: Request, member: Reader) -> Response:
        """What is done, and what comes next."""
        return await onboarding_page(request, member)

    @router.post("/onboarding")
    async def move(
        request: Request,
        member: Annotated[Member, requires(Permission.ONBOARDING_WRITE)],
        step: Annotated[StepName, Form()],
        state: Annotated[StepStateName, Form()],
    ) -> Response:
        """Say that a step is done, or skip it."""
        try:
            await move_step(deps, member.user_id, member.business_id, step, state, caller_of(request))
        except AppError as refusal:
            return await onboarding_page(request, member, refusal)
        return RedirectResponse("/onboarding", 303)


def _add_businesses(router: APIRouter, deps: BusinessDeps) -> None:
    async def switcher(request: Request, person: Person, status_code: int = 200, **typed: Any) -> Response:
        return render(
            request,
            "business/businesses.html",
            status_code,
            businesses=await deps.reader.mine(person.user_id),
            # Whoever keeps sessions says where a browser changes its business.
            switch_path=getattr(request.app.state, "switch_path", None),
            member=Shown(
                person.user_id,
                person.name,
                person.business_name,
                person.language,
                has_others=person.has_others,
            ),
            here=person.business_id,
            said=SAID.get(request.query_params.get("said", "")),
            sizes=EMPLOYEE_COUNTS,
            words=words,
            typed={"name": "", "sector": "", "phone": "", "employee_count": "", **typed},
            refusal=typed.get("refusal"),
        )

    @router.get("/businesses")
    async def businesses(request: Request, person: Annotated[Person, signed_in()]) -> Response:
        """All businesses of this person, and the form for one more."""
        return await switcher(request, person)

    @router.get("/businesses/menu")
    async def menu(request: Request, person: Annotated[Person, signed_in()]) -> Response:
        """The same businesses, as the menu of the navigation lists them once it is opened."""
        return render(
            request,
            "business/_menu.html",
            businesses=await deps.reader.mine(person.user_id),
            switch_path=request.app.state.switch_path,
            here=person.business_id,
            words=words,
        )

    @router.post("/businesses")
    async def open_one(
        request: Request,
        person: Annotated[Person, signed_in()],
        name: Field = "",
        sector: Field = "",
        phone: Field = "",
        employee_count: Field = "",
    ) -> Response:
        """One more; its first steps follow."""
        typed = {"name": name, "sector": sector, "phone": phone.replace(" ", ""), "employee_count": employee_count}
        try:
            opened = await open_business(deps, person.user_id, caller_of(request), **typed, language=person.language)
        except AppError as refusal:
            return await switcher(request, person, _status(refusal), **typed, refusal=refusal.message)
        await act_in(request, person, opened)
        return RedirectResponse("/onboarding", 303)


def _status(refusal: AppError | None) -> int:
    return 200 if refusal is None else STATUS_OF[refusal.kind]
