"""Passkeys as JSON. What goes to and comes from `navigator.credentials` is JSON in a text, as browsers write it."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from wacloud.modules.auth.application.passkey_options import (
    options_to_register,
    options_to_sign_in,
    options_to_step_up,
)
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.register_passkey import register_passkey
from wacloud.modules.auth.application.use_passkey import sign_in_by_passkey, step_up_by_passkey
from wacloud.modules.auth.ui.account_api import session_of
from wacloud.modules.auth.ui.factor_api import Fresh, Name, ShownFactor, Whoever, shown_factor
from wacloud.modules.auth.ui.json_api import Asked, LoginAnswer, Secret, login_answer
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import public
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems

# Bodies of this size hold any attestation a browser gives.
Credential = Annotated[
    str, Field(max_length=32_000, description="`JSON.stringify` of the PublicKeyCredential the browser gave.")
]


class NewPasskey(Asked):
    """What the browser made, and what to call it."""

    name: Name = "Passkey"
    credential: Credential


class ForSignIn(Asked):
    """The token of a sign-in that waits for its second factor; without one, any passkey may sign in."""

    second_factor_token: Secret = ""


class SignIn(ForSignIn):
    """What the browser signed."""

    credential: Credential


class Proof(Asked):
    """What the browser signed."""

    credential: Credential


class OptionsAnswer(BaseModel):
    """JSON for `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`; good once."""

    options: str


def routes(deps: AuthDeps) -> APIRouter:
    """The routes."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["auth"])
    _add_ways_in(router, deps)

    @router.post(
        "/api/auth/2fa/passkeys/options",
        operation_id="begin_passkey",
        summary="Begin to add a passkey",
        response_model=OptionsAnswer,
        response_description="For the browser.",
        responses=problems(_409="passkeys_not_possible"),
    )
    async def begin(person: Fresh) -> object:
        """What the browser needs to make a passkey, within five minutes."""
        return OptionsAnswer(options=await options_to_register(deps, person.user_id))

    @router.post(
        "/api/auth/2fa/passkeys",
        status_code=201,
        operation_id="add_passkey",
        summary="Add a passkey",
        response_model=ShownFactor,
        response_description="It works from now on.",
        responses=problems(_403="passkey_not_good", _409="too_many_factors"),
    )
    async def add(body: NewPasskey, person: Fresh, _: Annotated[Once, idempotent()], request: Request) -> object:
        """Keep what the browser made. All other sessions of the person end."""
        made = await register_passkey(
            deps, person.user_id, session_of(person), body.name, body.credential, caller_of(request)
        )
        return shown_factor(made)

    @router.post(
        "/api/auth/2fa/step-up/options",
        operation_id="begin_step_up_by_passkey",
        summary="Begin to prove it by passkey",
        response_model=OptionsAnswer,
        response_description="For the browser.",
        responses=problems(_409="passkeys_not_possible"),
    )
    async def begin_proof(person: Whoever) -> object:
        """What the browser needs to ask for one of the person's passkeys."""
        return OptionsAnswer(options=await options_to_step_up(deps, person.user_id))

    @router.post(
        "/api/auth/2fa/step-up/passkey",
        status_code=204,
        operation_id="step_up_by_passkey",
        summary="Prove it by passkey",
        response_description="What asks for a fresh proof is open for a quarter of an hour.",
        responses=problems(_403="passkey_not_good"),
    )
    async def prove(body: Proof, person: Whoever, request: Request) -> None:
        """Prove again who one is."""
        await step_up_by_passkey(deps, person.user_id, session_of(person), body.credential, caller_of(request))

    return router


def _add_ways_in(router: APIRouter, deps: AuthDeps) -> None:
    @router.post(
        "/api/auth/passkey/options",
        operation_id="begin_passkey_login",
        summary="Begin to sign in by passkey",
        response_model=OptionsAnswer,
        response_description="For the browser.",
        responses=problems(503, _401="second_factor_expired", _409="passkeys_not_possible", _429="too_many_tries"),
        dependencies=[public()],
    )
    async def begin(body: ForSignIn, request: Request, response: Response) -> object:
        """What the browser needs to ask for a passkey: any, or one of the person whose sign-in waits."""
        response.headers["cache-control"] = "no-store"
        return OptionsAnswer(options=await options_to_sign_in(deps, body.second_factor_token, caller_of(request)))

    @router.post(
        "/api/auth/passkey/login",
        operation_id="login_by_passkey",
        summary="Sign in by passkey",
        response_model=LoginAnswer,
        response_description="Tokens, as of a sign-in with two factors.",
        responses=problems(503, _401="second_factor_expired", _403="passkey_not_good", _429="too_many_tries"),
        dependencies=[public()],
    )
    async def login(body: SignIn, request: Request, response: Response) -> object:
        """Tokens for whoever has a passkey: it is two factors at once. Whatever is wrong with one is answered alike."""
        entrance = await sign_in_by_passkey(deps, body.credential, caller_of(request), secret=body.second_factor_token)
        return login_answer(deps, response, entrance)
