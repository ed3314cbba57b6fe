"""`/api/users/me`: the person who asks."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from wacloud.modules.user.application.ports import UserDeps
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.guard import Person, signed_in
from wacloud.shared.ui.openapi import problems


class Me(BaseModel):
    """A person as they see themselves."""

    id: UUID
    name: str
    email: str
    language: Literal["es", "en"]
    created_at: datetime


def routes(deps: UserDeps) -> APIRouter:
    """The routes of this module."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["users"])

    @router.get(
        "/api/users/me",
        operation_id="get_me",
        summary="Who am I",
        response_model=Me,
        response_description="The person.",
        responses=problems(404),
    )
    async def me(person: Annotated[Person, signed_in()]) -> object:
        """The person who is signed in."""
        user = await deps.reader.oneself(person.user_id)
        if user is None:
            raise NotFound
        return Me(
            id=user.id,
            name=user.name,
            email=user.email,
            language="en" if user.language == "en" else "es",
            created_at=user.created_at,
        )

    return router
