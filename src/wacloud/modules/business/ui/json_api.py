"""`/api/businesses`: the businesses of the person who asks."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.guard import Person, signed_in


class Business(BaseModel):
    """A business, and the role in it of the person who asks."""

    id: UUID
    name: str
    sector: str
    language: str
    time_zone: str
    role: str


def routes(deps: BusinessDeps) -> APIRouter:
    """The routes of this module."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["businesses"])

    @router.get(
        "/api/businesses",
        operation_id="list_businesses",
        summary="My businesses",
        response_model=list[Business],
        response_description="None, one or many.",
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
            )
            for membership in await deps.reader.mine(person.user_id)
        ]

    return router
