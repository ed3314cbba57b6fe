"""`/api/auth/login` and the keys others verify our tokens with."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.sign_in import sign_in
from wacloud.modules.auth.domain.credential import LONGEST_PASSWORD
from wacloud.modules.auth.domain.token import LIFETIMES
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.guard import public
from wacloud.shared.ui.limits import limited


class Login(BaseModel):
    """What somebody signs in with."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=254)]
    password: Annotated[str, Field(max_length=LONGEST_PASSWORD)]


class LoggedInUser(BaseModel):
    """Who signed in."""

    id: UUID
    name: str
    email: str


class LoginAnswer(BaseModel):
    """A token for the Authorization header, and the business it is for."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int
    user: LoggedInUser
    business_id: UUID | None


def routes(deps: AuthDeps) -> APIRouter:
    """The JSON routes of this module."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["auth"])

    @router.post("/api/auth/login", response_model=LoginAnswer, dependencies=[public(), limited("login")])
    async def login(body: Login, response: Response) -> object:
        """A token for somebody who knows their password."""
        entrance = await sign_in(deps, body.email, body.password)
        response.headers["cache-control"] = "no-store"
        return LoginAnswer(
            access_token=deps.tokens.issue(entrance.claims, "access", deps.clock()),
            expires_in=int(LIFETIMES["access"].total_seconds()),
            user=LoggedInUser(id=entrance.user.id, name=entrance.user.name, email=entrance.user.email),
            business_id=entrance.claims.business_id,
        )

    @router.get("/.well-known/jwks.json", dependencies=[public()])
    async def jwks(response: Response) -> dict[str, Any]:
        """The public keys of our tokens."""
        response.headers["cache-control"] = "public, max-age=600"
        return dict(deps.tokens.public_keys())

    return router
