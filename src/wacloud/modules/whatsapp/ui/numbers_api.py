"""Numbers and how they are connected, for programs."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from wacloud.modules.whatsapp.application import look_after_numbers as numbers
from wacloud.modules.whatsapp.application import start_connection as connections
from wacloud.modules.whatsapp.application.connecting_ports import ConnectingDeps
from wacloud.modules.whatsapp.application.continue_connection import continue_connection
from wacloud.modules.whatsapp.domain.connecting import Connection
from wacloud.modules.whatsapp.ui.connection_bodies import (
    ConnectionList,
    ConnectionOut,
    ContinueConnection,
    NumberList,
    NumberOut,
    PinOut,
    ProfileBody,
    ProfileOut,
    StartConnection,
    connection_out,
    number_out,
)
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.pages import look_of
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.NUMBERS_READ))]
Manager = Annotated[Member, Depends(requires(Permission.NUMBERS_MANAGE))]
Proven = Annotated[Member, Depends(requires(Permission.NUMBERS_MANAGE, fresh=True))]
NUMBERS = "/api/whatsapp/numbers"
CONNECTIONS = "/api/whatsapp/connections"


def routes(deps: ConnectingDeps) -> APIRouter:
    """Under `/api/whatsapp/numbers` and `/api/whatsapp/connections`."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["whatsapp"])
    _add_numbers(router, deps)
    _add_profile(router, deps)
    _add_connections(router, deps)
    _add_steps(router, deps)
    return router


def _add_numbers(router: APIRouter, deps: ConnectingDeps) -> None:
    @router.get(
        NUMBERS,
        operation_id="list_numbers",
        summary="List your numbers",
        response_model=NumberList,
        response_description="All of them.",
    )
    async def listed(member: Reader) -> object:
        """How each stands, and why one sends nothing."""
        return NumberList(numbers=[number_out(row) for row in await numbers.list_numbers(deps, member.business_id)])

    @router.get(
        f"{NUMBERS}/{{number_id}}",
        operation_id="get_number",
        summary="One number",
        response_model=NumberOut,
        response_description="How it stands.",
        responses=problems(_404="number_unknown"),
    )
    async def one(number_id: UUID, member: Reader) -> object:
        """As it was known last; `refresh` asks Meta."""
        return number_out(await numbers.get_number(deps, member.business_id, number_id))

    @router.post(
        f"{NUMBERS}/{{number_id}}/refresh",
        operation_id="refresh_number",
        summary="Read a number from Meta",
        response_model=NumberOut,
        response_description="How it stands now.",
        responses=problems(_404="number_unknown", _409="meta_problem"),
    )
    async def refresh(number_id: UUID, member: Manager) -> object:
        """Name, quality, throughput and limit. `meta_problem` has Meta's words as `detail`."""
        return number_out(await numbers.refresh_number(deps, member.business_id, number_id))

    @router.post(
        f"{NUMBERS}/{{number_id}}/disconnect",
        operation_id="disconnect_number",
        summary="Disconnect a number",
        response_model=NumberOut,
        response_description="It is disconnected.",
        responses=problems(_404="number_unknown", _409="meta_problem"),
    )
    async def disconnect(request: Request, number_id: UUID, member: Manager) -> object:
        """
        It sends nothing any more and its token is forgotten. It stays registered at Meta, and its conversations stay
        here. Webhooks of its account end where no other number of it is connected here.
        """
        done = await numbers.disconnect_number(deps, member.user_id, member.business_id, number_id, caller_of(request))
        return number_out(done)

    @router.post(
        f"{NUMBERS}/{{number_id}}/pin",
        operation_id="reveal_number_pin",
        summary="Look at the PIN of a number",
        response_model=PinOut,
        response_description="The PIN.",
        responses=problems(_404="number_unknown", _409="no_pin_here"),
    )
    async def pin(request: Request, number_id: UUID, member: Proven) -> object:
        """Whoever moves the number elsewhere needs it. It takes a fresh proof, and the audit log says who looked."""
        shown = await numbers.reveal_pin(deps, member.user_id, member.business_id, number_id, caller_of(request))
        return PinOut(pin=shown)


def _add_profile(router: APIRouter, deps: ConnectingDeps) -> None:
    @router.get(
        f"{NUMBERS}/{{number_id}}/profile",
        operation_id="get_number_profile",
        summary="What a number says of your business",
        response_model=ProfileOut,
        response_description="As Meta has it.",
        responses=problems(_404="number_unknown", _409="meta_problem"),
    )
    async def profile(number_id: UUID, member: Manager) -> object:
        """Read from Meta."""
        found = await numbers.read_profile(deps, member.business_id, number_id)
        return ProfileOut(**{name: getattr(found, name) for name in ProfileOut.model_fields})

    @router.put(
        f"{NUMBERS}/{{number_id}}/profile",
        operation_id="change_number_profile",
        summary="Say something else of your business",
        responses=problems(_404="number_unknown", _409="meta_problem"),
        status_code=204,
        response_description="Done.",
    )
    async def change(request: Request, number_id: UUID, body: ProfileBody, member: Manager) -> None:
        """All of it but the photo. An empty `about` stays what it was."""
        await numbers.change_profile(
            deps, member.user_id, member.business_id, number_id, body.profile(), caller_of(request)
        )


def _out(request: Request, member: Member, deps: ConnectingDeps, found: Connection) -> ConnectionOut:
    return connection_out(found, deps.whatsapp.clock(), look_of(request, member).language)


def _add_connections(router: APIRouter, deps: ConnectingDeps) -> None:
    @router.get(
        CONNECTIONS,
        operation_id="list_connections",
        summary="List numbers on their way",
        response_model=ConnectionList,
        response_description="The newest fifty.",
    )
    async def listed(request: Request, member: Manager) -> object:
        """Those that are done or were left, too."""
        found = await connections.list_connections(deps, member.business_id)
        return ConnectionList(connections=[_out(request, member, deps, one) for one in found])

    @router.post(
        CONNECTIONS,
        operation_id="start_connection",
        summary="Begin to connect a number",
        response_model=ConnectionOut,
        response_description="It stands at its first step.",
        responses=problems(_404="number_unknown", _409="way_not_open"),
        status_code=201,
    )
    async def start(
        request: Request, body: StartConnection, member: Manager, _: Annotated[Once, idempotent()]
    ) -> object:
        """By a token of a system user, by Meta's Embedded Signup, or simulated where this is a demo."""
        made = await connections.start_connection(
            deps, member.user_id, member.business_id, body.way, body.number_id, caller_of(request)
        )
        return _out(request, member, deps, made)

    @router.get(
        f"{CONNECTIONS}/{{connection_id}}",
        operation_id="get_connection",
        summary="One number on its way",
        response_model=ConnectionOut,
        response_description="Where it stands.",
        responses=problems(_404="connection_unknown"),
    )
    async def one(request: Request, connection_id: UUID, member: Manager) -> object:
        """What it needs next, and what stopped it."""
        return _out(request, member, deps, await connections.get_connection(deps, member.business_id, connection_id))


def _add_steps(router: APIRouter, deps: ConnectingDeps) -> None:
    over: dict[str, Any] = {"responses": problems(_404="connection_unknown", _409="connection_moved_on")}

    @router.post(
        f"{CONNECTIONS}/{{connection_id}}/continue",
        operation_id="continue_connection",
        summary="Do the next step",
        response_model=ConnectionOut,
        response_description="Where it stands now.",
        **over,
    )
    async def go_on(request: Request, connection_id: UUID, body: ContinueConnection, member: Manager) -> object:
        """
        And all that follow and need nobody. What Meta refuses is no refusal of this request: `problem` says it, and
        the step can be tried again. `connection_busy` (409): somebody is at it right now.
        """
        found = await continue_connection(
            deps, member.user_id, member.business_id, connection_id, body.step, body.given(), caller_of(request)
        )
        return _out(request, member, deps, found)

    @router.post(
        f"{CONNECTIONS}/{{connection_id}}/restart",
        operation_id="restart_connection",
        summary="Begin anew",
        response_model=ConnectionOut,
        response_description="It stands at its first step.",
        **over,
    )
    async def restart(request: Request, connection_id: UUID, member: Manager) -> object:
        """Its token and PIN are forgotten. A number that came to its place stays there."""
        found = await connections.leave_connection(
            deps, member.user_id, member.business_id, connection_id, restart=True, caller=caller_of(request)
        )
        return _out(request, member, deps, found)

    @router.delete(
        f"{CONNECTIONS}/{{connection_id}}",
        operation_id="abandon_connection",
        summary="Leave it",
        status_code=204,
        response_description="It is over.",
        **over,
    )
    async def abandon(request: Request, connection_id: UUID, member: Manager) -> None:
        """Its token and PIN are forgotten. A number that came to its place stays there."""
        await connections.leave_connection(
            deps, member.user_id, member.business_id, connection_id, caller=caller_of(request)
        )
