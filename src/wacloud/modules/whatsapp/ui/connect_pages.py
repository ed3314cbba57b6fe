"""The pages that connect a number, step by step. All but Meta's dialog works without script."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import SecretStr
from starlette.responses import RedirectResponse, Response

from wacloud.modules.whatsapp.application.connecting_ports import ConnectingDeps
from wacloud.modules.whatsapp.application.continue_connection import continue_connection
from wacloud.modules.whatsapp.application.look_after_numbers import get_number
from wacloud.modules.whatsapp.application.start_connection import (
    get_connection,
    leave_connection,
    note_session,
    start_connection,
)
from wacloud.modules.whatsapp.domain.connecting import (
    REGISTRATIONS,
    Connection,
    ConnectionMovedOn,
    ConnectionUnknown,
    Given,
    Problem,
)
from wacloud.modules.whatsapp.ui import connect_words as told
from wacloud.modules.whatsapp.ui.connection_bodies import StepName, WayName
from wacloud.shared.domain.errors import AppError, Fault, FaultyFields
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.pages import look_of, render
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF

Manager = Annotated[Member, Depends(requires(Permission.NUMBERS_MANAGE))]
Text = Annotated[str, Form(max_length=2000)]
Secret = Annotated[SecretStr, Form(max_length=2000)]
LARGEST_FORM: Final = 16 * 1024
# What the templates ask for, before Meta has said it.
NOT_KNOWN: Final = dict.fromkeys(
    ("accounts", "numbers", "waba_name", "needs_pin", "registrations", "has_our_pin", "heard")
)
# Meta's window talks to the one that opened it, which the policy of all other pages prevents.
OPENER: Final = {"cross-origin-opener-policy": "same-origin-allow-popups"}
# What Facebook's script needs; nowhere else, and only where an app and its configuration are set.
WITH_FACEBOOK: Final = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self' https://connect.facebook.net; "
        "connect-src 'self' https://*.facebook.com https://connect.facebook.net; frame-src https://*.facebook.com; "
        "img-src 'self' blob: data: https://*.facebook.com; object-src 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'self'"
    )
}


def routes(deps: ConnectingDeps) -> APIRouter:
    """`/numbers/connect` and `/numbers/connections/...`; before the routes that take a number's id."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)
    _add_begin(router, deps)
    _add_steps(router, deps)
    return router


def _add_begin(router: APIRouter, deps: ConnectingDeps) -> None:
    async def ways(
        request: Request, member: Member, number_id: UUID | None, refused: AppError | None = None
    ) -> Response:
        number = await get_number(deps, member.business_id, number_id) if number_id else None
        return render(
            request,
            "whatsapp/connect.html",
            STATUS_OF[refused.kind] if refused else 200,
            member=member,
            ways=deps.ways,
            number=number,
            refusal=refused.message if refused else None,
        )

    @router.get("/numbers/connect")
    async def choose(request: Request, member: Manager, number: Annotated[UUID | None, Query()] = None) -> Response:
        return await ways(request, member, number)

    @router.post("/numbers/connect")
    async def begin(
        request: Request,
        member: Manager,
        way: Annotated[WayName, Form()],
        number: Annotated[UUID | None, Form()] = None,
    ) -> Response:
        try:
            made = await start_connection(deps, member.user_id, member.business_id, way, number, caller_of(request))
        except AppError as refused:
            if refused.kind == "not_found":
                raise
            return await ways(request, member, number, refused)
        return RedirectResponse(f"/numbers/connections/{made.id}", 303)


def _add_steps(router: APIRouter, deps: ConnectingDeps) -> None:
    @router.get("/numbers/connections/{connection_id}")
    async def step(request: Request, member: Manager, connection_id: UUID) -> Response:
        return _page(request, member, deps, await get_connection(deps, member.business_id, connection_id))

    @router.post("/numbers/connections/{connection_id}")
    async def go_on(
        request: Request,
        member: Manager,
        connection_id: UUID,
        step: Annotated[StepName, Form()],
        access_token: Secret = SecretStr(""),  # noqa: B008
        code: Secret = SecretStr(""),  # noqa: B008
        verification_code: Secret = SecretStr(""),  # noqa: B008
        pin: Secret = SecretStr(""),  # noqa: B008
    ) -> Response:
        form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        given = Given(
            access_token=access_token.get_secret_value() or None,
            code=code.get_secret_value() or None,
            verification_code=verification_code.get_secret_value() or None,
            pin=pin.get_secret_value().strip() or None,
            **_plain(form),
        )
        try:
            await continue_connection(
                deps, member.user_id, member.business_id, connection_id, step, given, caller_of(request)
            )
        except ConnectionMovedOn:
            # Somebody else was quicker, or it was pressed twice: the page shows where it stands.
            pass
        except ConnectionUnknown:
            raise
        except AppError as refused:
            found = await get_connection(deps, member.business_id, connection_id)
            return _page(request, member, deps, found, refused, form)
        return RedirectResponse(f"/numbers/connections/{connection_id}", 303)

    @router.post("/numbers/connections/{connection_id}/session")
    async def session(
        member: Manager,
        connection_id: UUID,
        event: Annotated[str, Form(max_length=80)],
        waba_id: Text = "",
        phone_number_id: Text = "",
        current_step: Text = "",
        error_message: Text = "",
        error_id: Text = "",
    ) -> Response:
        """What Meta's window told the page, from our own script."""
        data = {
            "waba_id": waba_id,
            "phone_number_id": phone_number_id,
            "current_step": current_step,
            "error_message": error_message,
            "error_id": error_id,
        }
        said = {name: value for name, value in data.items() if value}
        await note_session(deps, member.business_id, connection_id, event, said)
        return Response(status_code=204)

    @router.post("/numbers/connections/{connection_id}/heard")
    async def heard(request: Request, member: Manager, connection_id: UUID) -> Response:
        """The open page asks whether the message has come."""
        address = f"/numbers/connections/{connection_id}"
        try:
            found = await continue_connection(
                deps, member.user_id, member.business_id, connection_id, "test", Given(), caller_of(request)
            )
        except ConnectionMovedOn:
            return Response(status_code=204, headers={"HX-Redirect": address})
        return Response(status_code=204, headers={"HX-Redirect": address} if found.state != "open" else {})

    @router.post("/numbers/connections/{connection_id}/{what}")
    async def leave(request: Request, member: Manager, connection_id: UUID, what: str) -> Response:
        """Begin anew, or leave it."""
        if what not in ("restart", "abandon"):
            raise ConnectionUnknown
        with suppress(ConnectionMovedOn):
            await leave_connection(
                deps,
                member.user_id,
                member.business_id,
                connection_id,
                restart=what == "restart",
                caller=caller_of(request),
            )
        return RedirectResponse(f"/numbers/connections/{connection_id}" if what == "restart" else "/numbers", 303)


def _plain(form: Mapping[str, str]) -> dict[str, Any]:
    """What is no secret; what was left empty was not given."""
    names = {
        "account": "waba_id",
        "number": "phone_number_id",
        "country_code": "country_code",
        "phone_number": "phone_number",
        "verified_name": "verified_name",
        "method": "method",
        "language": "language",
        "name": "name",
    }
    found: dict[str, Any] = {
        ours: form[field].strip()[:200] for field, ours in names.items() if form.get(field, "").strip()
    }
    return found | {"skip": form.get("skip") == "1"}


def _page(
    request: Request,
    member: Member,
    deps: ConnectingDeps,
    found: Connection,
    refused: AppError | None = None,
    form: Mapping[str, str] | None = None,
) -> Response:
    now = deps.whatsapp.clock()
    faults: tuple[Fault, ...] = refused.faults if isinstance(refused, FaultyFields) else ()
    has_facebook = found.way == "embedded" and found.step == "access" and deps.dialog_url is None
    response = render(
        request,
        "whatsapp/connection.html",
        STATUS_OF[refused.kind] if refused else 200,
        member=member,
        one=found,
        facts={**NOT_KNOWN, **found.facts},
        told=told,
        here=told.SHOWN_AS.get(found.step, found.step),
        problem=found.problem or _window_problem(found),
        is_busy=found.is_busy(now),
        was_interrupted=found.was_interrupted(now),
        refusal=refused.message if refused else None,
        faults={fault.field for fault in faults},
        form=form or {},
        app_id=deps.app_id,
        config_id=deps.config_id,
        version=deps.graph_version,
        dialog_url=deps.dialog_url,
        has_facebook=has_facebook and bool(deps.app_id and deps.config_id),
        most_registrations=REGISTRATIONS,
        code_language=look_of(request, member).language,
    )
    if found.way == "embedded" and found.step == "access":
        for name, value in (OPENER | (WITH_FACEBOOK if has_facebook and deps.config_id else {})).items():
            response.headers[name] = value
    return response


def _window_problem(found: Connection) -> Problem | None:
    """Meta's window ended without its code: it was cancelled, or the half of it was lost."""
    session = found.facts.get("session")
    if found.state != "open" or found.step != "access" or not isinstance(session, dict):
        return None
    if session.get("event") == "CANCEL":
        return Problem("access", "cancelled", words=session.get("error_message"))
    return Problem("access", "half_lost")
