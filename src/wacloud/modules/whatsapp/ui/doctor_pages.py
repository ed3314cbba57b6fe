"""The pages of the connection doctor: `/doctor` for all numbers, `/numbers/{id}/doctor` for one."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.whatsapp.application.begin_echo_test import begin_echo_test
from wacloud.modules.whatsapp.application.check_numbers import STEPS, ask_for_check
from wacloud.modules.whatsapp.application.checkup_ports import CheckupDeps
from wacloud.modules.whatsapp.application.read_checks import NumberHealth, read_checks
from wacloud.modules.whatsapp.application.subscribe_again import subscribe_again
from wacloud.modules.whatsapp.domain.delivery import MetaRefused
from wacloud.modules.whatsapp.ui import checkup_words as said
from wacloud.shared.ui import times
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.pages import look_of, render, wants_fragment
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.BUSINESS_READ))]
Editor = Annotated[Member, Depends(requires(Permission.BUSINESS_UPDATE))]
# What asking Meta once more to send us the webhooks may mend.
BY_SUBSCRIBING = frozenset({"not_subscribed", "override_of_account"})


def routes(deps: CheckupDeps) -> APIRouter:
    """The pages, and what their buttons do."""
    router = APIRouter(include_in_schema=False)

    @router.get("/doctor")
    async def all_numbers(request: Request, member: Reader) -> Response:
        return _shown(request, deps, member, await read_checks(deps, member.business_id))

    @router.post("/doctor/run")
    async def run_all(member: Editor) -> Response:
        await ask_for_check(deps, member.business_id, None)
        return RedirectResponse("/doctor", 303)

    @router.get("/numbers/{number_id}/doctor")
    async def one_number(request: Request, member: Reader, number_id: UUID) -> Response:
        return _shown(request, deps, member, await read_checks(deps, member.business_id, number_id))

    @router.post("/numbers/{number_id}/doctor/run")
    async def run(member: Editor, number_id: UUID) -> Response:
        await ask_for_check(deps, member.business_id, number_id)
        return RedirectResponse(f"/numbers/{number_id}/doctor", 303)

    @router.post("/numbers/{number_id}/doctor/subscribe")
    async def subscribe(request: Request, member: Editor, number_id: UUID) -> Response:
        try:
            await subscribe_again(deps, member.business_id, number_id)
        except MetaRefused as refused:
            health = await read_checks(deps, member.business_id, number_id)
            return _shown(request, deps, member, health, refused)
        return RedirectResponse(f"/numbers/{number_id}/doctor", 303)

    @router.post("/numbers/{number_id}/doctor/echo")
    async def echo(member: Editor, number_id: UUID) -> Response:
        await begin_echo_test(deps, member.business_id, number_id)
        return RedirectResponse(f"/numbers/{number_id}/doctor", 303)

    return router


def _shown(
    request: Request,
    deps: CheckupDeps,
    member: Member,
    numbers: Sequence[NumberHealth],
    refused: MetaRefused | None = None,
) -> Response:
    look, now = look_of(request, member), deps.whatsapp.clock()
    is_part = wants_fragment(request) and len(numbers) == 1
    return render(
        request,
        "whatsapp/_checked_number.html" if is_part else "whatsapp/doctor.html",
        422 if refused else 200,
        member=member,
        numbers=numbers,
        one=numbers[0] if is_part else None,
        said=said,
        words=lambda finding: said.check_words(
            finding, look.language, lambda at: times.date_time(at, now, look.zone, look.language)
        ),
        steps=STEPS,
        by_subscribing=BY_SUBSCRIBING,
        refused=refused,
        needing=sum(one.count("broken", "warning") for one in numbers),
        broken=sum(one.count("broken") for one in numbers),
        may_run=member.may(Permission.BUSINESS_UPDATE),
    )
