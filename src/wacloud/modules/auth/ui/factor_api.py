"""`/api/auth/2fa/...`: second factors of whoever is signed in, and the second step of a sign-in."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from wacloud.modules.auth.application.backup_codes import make_backup_codes, save_backup_codes
from wacloud.modules.auth.application.enrol_factor import enrol_factor
from wacloud.modules.auth.application.finish_sign_in import finish_sign_in
from wacloud.modules.auth.application.list_factors import list_factors
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.remove_factor import remove_all_factors, remove_factor
from wacloud.modules.auth.application.rename_factor import rename_factor
from wacloud.modules.auth.application.step_up import step_up
from wacloud.modules.auth.application.verify_factor import confirm_factor
from wacloud.modules.auth.domain.factor import LONGEST_NAME, Factor
from wacloud.modules.auth.ui.account_api import session_of
from wacloud.modules.auth.ui.json_api import Asked, LoginAnswer, Password, Secret, login_answer
from wacloud.modules.auth.ui.qr import qr_svg
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Person, public, signed_in
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems

Code = Annotated[str, Field(max_length=40, examples=["123456"])]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, examples=["Mi teléfono"])]
Whoever = Annotated[Person, signed_in()]
Fresh = Annotated[Person, signed_in(fresh=True)]


class Enrol(Asked):
    """What to call the app."""

    name: Name = "App"


class Confirm(Asked):
    """The app, and a code it shows."""

    factor_id: UUID
    code: Code


class Verify(Asked):
    """What the sign-in answered with, and a code of an app or a backup code."""

    second_factor_token: Secret
    code: Code


class StepUp(Asked):
    """A code of an app, a backup code, or the password of whoever has no second factor."""

    code: Code = ""
    password: Password = ""


class Rename(Asked):
    """Another name."""

    name: Name


class SaveCodes(Asked):
    """Which set was kept."""

    set_id: UUID


class ShownFactor(BaseModel):
    """An app or a passkey. One that is not confirmed is gone after five minutes."""

    id: UUID
    kind: Literal["totp", "passkey"]
    name: str
    created_at: datetime
    confirmed_at: datetime | None
    last_used_at: datetime | None


class FactorStatus(BaseModel):
    """Whether the sign-in asks for a second factor, which there are, and how sure this session makes us."""

    enabled: bool
    factors: list[ShownFactor]
    backup_codes_left: int
    aal: Literal["aal1", "aal2"]
    fresh: bool


class EnrolAnswer(BaseModel):
    """What the app needs, told this once: as letters to type, as a URI, and as a QR code (SVG)."""

    id: UUID
    name: str
    manual_key: str
    uri: str
    qr_code: str
    expires_at: datetime


class CodesAnswer(BaseModel):
    """The codes, told this once. They count after `POST /api/auth/2fa/backup-codes/confirm`."""

    set_id: UUID
    codes: list[str]


def routes(deps: AuthDeps) -> APIRouter:
    """The routes of apps and backup codes."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["auth"])
    _add_factors(router, deps)
    _add_codes(router, deps)
    return router


def _add_factors(router: APIRouter, deps: AuthDeps) -> None:
    @router.get(
        "/api/auth/2fa",
        operation_id="get_second_factor",
        summary="My second factors",
        response_model=FactorStatus,
        response_description="Never a secret.",
    )
    async def status(person: Whoever) -> object:
        """Which factors there are, and whether what matters most would ask for one now (`fresh`)."""
        found = await list_factors(deps, person.user_id)
        return FactorStatus(
            enabled=found.is_on,
            factors=[shown_factor(one) for one in found.factors],
            backup_codes_left=found.backup_codes_left,
            aal="aal2" if person.aal == "aal2" else "aal1",
            fresh=person.is_fresh,
        )

    @router.post(
        "/api/auth/2fa/enroll",
        status_code=201,
        operation_id="enroll_factor",
        summary="Add an app",
        response_model=EnrolAnswer,
        response_description="The secret, this once.",
        responses=problems(_409="too_many_factors"),
    )
    async def enrol(
        body: Enrol, person: Fresh, _: Annotated[Once, idempotent()], request: Request, response: Response
    ) -> object:
        """Make the secret of an authenticator app. It counts once a code of it is confirmed, within five minutes."""
        made = await enrol_factor(deps, person.user_id, session_of(person), body.name, caller_of(request))
        response.headers["cache-control"] = "no-store"
        return EnrolAnswer(
            id=made.factor.id,
            name=made.factor.name,
            manual_key=made.secret,
            uri=made.uri,
            qr_code=qr_svg(made.uri),
            expires_at=made.expires_at,
        )

    @router.post(
        "/api/auth/2fa/confirm",
        status_code=204,
        operation_id="confirm_factor",
        summary="Confirm an app",
        response_description="The sign-in asks for it from now on.",
        responses=problems(_403="code_not_good", _404="factor_not_found", _429="too_many_tries"),
    )
    async def confirm(body: Confirm, person: Fresh, request: Request) -> None:
        """Show that the app has the secret. All other sessions of the person end."""
        await confirm_factor(deps, person.user_id, session_of(person), body.factor_id, body.code, caller_of(request))

    @router.patch(
        "/api/auth/2fa/factors/{factor_id}",
        status_code=204,
        operation_id="rename_factor",
        summary="Rename a factor",
        response_description="It is called so.",
        responses=problems(_404="factor_not_found"),
    )
    async def rename(factor_id: UUID, body: Rename, person: Whoever) -> None:
        """Call an app or a passkey something else."""
        await rename_factor(deps, person.user_id, factor_id, body.name)

    @router.delete(
        "/api/auth/2fa/factors/{factor_id}",
        status_code=204,
        operation_id="remove_factor",
        summary="Remove a factor",
        response_description="It is gone.",
        responses=problems(_404="factor_not_found"),
    )
    async def remove(factor_id: UUID, person: Fresh, request: Request) -> None:
        """Remove an app or a passkey; all other sessions end. With the last one the backup codes go as well."""
        await remove_factor(deps, person.user_id, session_of(person), factor_id, caller_of(request))

    @router.post(
        "/api/auth/2fa/disable",
        status_code=204,
        operation_id="disable_second_factor",
        summary="Turn the second factor off",
        response_description="A password is enough again.",
        responses=problems(_404="factor_not_found"),
    )
    async def disable(person: Fresh, request: Request) -> None:
        """Remove all factors and backup codes; all other sessions end."""
        await remove_all_factors(deps, person.user_id, session_of(person), caller_of(request))


def _add_codes(router: APIRouter, deps: AuthDeps) -> None:
    @router.post(
        "/api/auth/2fa/verify",
        operation_id="verify_second_factor",
        summary="The second step of a sign-in",
        response_model=LoginAnswer,
        response_description="Tokens, as of a sign-in with one step.",
        responses=problems(503, _401="second_factor_expired", _403="code_not_good", _429="too_many_tries"),
        dependencies=[public()],
    )
    async def verify(body: Verify, request: Request, response: Response) -> object:
        """Tokens for somebody who knows their password and has a code of their app, or a backup code."""
        entrance = await finish_sign_in(deps, body.second_factor_token, body.code, caller_of(request))
        return login_answer(deps, response, entrance)

    @router.post(
        "/api/auth/2fa/backup-codes",
        status_code=201,
        operation_id="make_backup_codes",
        summary="Make backup codes",
        response_model=CodesAnswer,
        response_description="Ten codes, this once.",
        responses=problems(_409="no_second_factor"),
    )
    async def make_codes(
        person: Fresh, _: Annotated[Once, idempotent()], request: Request, response: Response
    ) -> object:
        """Ten codes, each good once in place of an app. Those of before work until these are confirmed as kept."""
        made = await make_backup_codes(deps, person.user_id, session_of(person), caller_of(request))
        response.headers["cache-control"] = "no-store"
        return CodesAnswer(set_id=made.set_id, codes=list(made.codes))

    @router.post(
        "/api/auth/2fa/backup-codes/confirm",
        status_code=204,
        operation_id="confirm_backup_codes",
        summary="Say that the codes are kept",
        response_description="They count, and those of before do not.",
        responses=problems(_404="codes_not_found"),
    )
    async def save_codes(body: SaveCodes, person: Fresh, request: Request) -> None:
        """The codes are written down: they work from now on, in place of those of before."""
        await save_backup_codes(deps, person.user_id, body.set_id, caller_of(request))

    @router.post(
        "/api/auth/2fa/step-up",
        status_code=204,
        operation_id="step_up",
        summary="Prove again who you are",
        response_description="What asks for a fresh proof is open for a quarter of an hour.",
        responses=problems(_403="code_not_good", _429="too_many_tries"),
    )
    async def prove(body: StepUp, person: Whoever, request: Request) -> None:
        """With a code; whoever has no second factor, with their password."""
        await step_up(
            deps,
            person.user_id,
            session_of(person),
            caller_of(request),
            code=body.code,
            password=body.password,
        )


def shown_factor(one: Factor) -> ShownFactor:
    """As the API tells it."""
    return ShownFactor(
        id=one.id,
        kind=one.kind,
        name=one.name,
        created_at=one.created_at,
        confirmed_at=one.confirmed_at,
        last_used_at=one.last_used_at,
    )
