"""`/api/users/me`: the person who asks."""

import json
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from wacloud.modules.user.application.change_profile import ProfileChange, change_profile
from wacloud.modules.user.application.export_person import export_person
from wacloud.modules.user.application.leave import leave
from wacloud.modules.user.application.ports import UserDeps
from wacloud.modules.user.domain.user import LONGEST_NAME, Notifications, User
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Person, signed_in
from wacloud.shared.ui.openapi import problems

EXPORT: Final[dict[str, Any]] = {
    "description": "The profile, and a part for each of: memberships, sign-in, mails, audit log.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}


class Preferences(BaseModel):
    """What a person wants to be told by mail. Mails about the safety of the account come in any case."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "handover_waiting": True,
                    "mentions": True,
                    "usage_alerts": True,
                    "weekly_digest": False,
                    "product_news": False,
                }
            ]
        },
    )

    handover_waiting: Annotated[StrictBool, Field(description="A customer waits for a person.")]
    mentions: Annotated[StrictBool, Field(description="A colleague mentions them in a note.")]
    usage_alerts: Annotated[StrictBool, Field(description="The plan's limit is near.")]
    weekly_digest: Annotated[StrictBool, Field(description="What happened in a week.")]
    product_news: Annotated[StrictBool, Field(description="What is new in the product.")]


class Me(BaseModel):
    """A person as they see themselves."""

    id: UUID
    name: str
    email: str
    language: Literal["es", "en"]
    time_zone: Annotated[str, Field(examples=["Europe/Madrid"])]
    notifications: Preferences
    created_at: datetime


class MeChange(BaseModel):
    """What is left out stays as it is. The address is changed by proof only, elsewhere."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Ana Pérez", "time_zone": "America/Bogota"}]}
    )

    name: Annotated[str | None, Field(min_length=1, max_length=LONGEST_NAME)] = None
    language: Literal["es", "en"] | None = None
    time_zone: Annotated[str | None, Field(max_length=64)] = None


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
        return _shown(user)

    @router.patch(
        "/api/users/me",
        operation_id="change_me",
        summary="Change my profile",
        response_model=Me,
        response_description="The person as they are now.",
    )
    async def change_me(request: Request, body: MeChange, person: Annotated[Person, signed_in()]) -> object:
        """Change one's name, language or time zone."""
        change = ProfileChange(body.name, body.language, body.time_zone)
        return _shown(await change_profile(deps, person.user_id, change, caller=caller_of(request)))

    @router.put(
        "/api/users/me/preferences",
        operation_id="choose_preferences",
        summary="Choose my mails",
        response_model=Preferences,
        response_description="What is chosen now.",
    )
    async def choose(request: Request, body: Preferences, person: Annotated[Person, signed_in()]) -> object:
        """Choose what to be told by mail; all of it at once."""
        change = ProfileChange(notifications=Notifications(**body.model_dump()))
        user = await change_profile(deps, person.user_id, change, caller=caller_of(request))
        return _preferences(user)

    @router.get(
        "/api/users/me/export",
        operation_id="export_me",
        summary="Everything kept about me",
        response_class=Response,
        responses={200: EXPORT},
    )
    async def export(request: Request, person: Annotated[Person, signed_in(fresh=True)]) -> Response:
        """Everything that is kept about the person who is signed in, as one JSON file."""
        return export_response(await export_person(deps, person.user_id, caller=caller_of(request)))

    @router.delete(
        "/api/users/me",
        operation_id="leave",
        summary="Leave for good",
        status_code=204,
        response_description="The person is gone.",
        responses=problems(409),
    )
    async def leave_us(request: Request, person: Annotated[Person, signed_in(fresh=True)]) -> None:
        """Leave for good. Refused to the only owner of a business: hand it over or delete it first."""
        await leave(deps, person.user_id, caller=caller_of(request))

    return router


def export_response(content: dict[str, object]) -> Response:
    """A file to keep; no cache keeps it as well."""
    return Response(
        json.dumps(content, default=_plain, ensure_ascii=False, indent=2),
        media_type="application/json",
        headers={
            "content-disposition": 'attachment; filename="my-data.json"',
            "cache-control": "no-store",
        },
    )


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _shown(user: User) -> Me:
    return Me(
        id=user.id,
        name=user.name,
        email=user.email,
        language="en" if user.language == "en" else "es",
        time_zone=user.time_zone,
        notifications=_preferences(user),
        created_at=user.created_at,
    )


def _preferences(user: User) -> Preferences:
    return Preferences(**user.notifications.as_dict())
