"""The onboarding and the audit log, as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.business.application.complete_step import move_step
from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.domain.onboarding import OnboardingStep, next_step
from wacloud.modules.business.ui.access import InBusiness
from wacloud.shared.domain.ids import UserId
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

StepName = Literal["account", "business", "whatsapp", "bot", "plan", "first_message"]
StepStateName = Literal["pending", "done", "skipped"]


class StepAnswer(BaseModel):
    """One step; `at` is when it was done or skipped."""

    step: StepName
    state: StepStateName
    at: datetime | None


class Onboarding(BaseModel):
    """All steps in their order, and the first that is still to be done."""

    steps: list[StepAnswer]
    next_step: StepName | None


class StepMove(BaseModel):
    """Where a step is to be. `bot` and `plan` can be said to be done; the others are done by doing them."""

    model_config = ConfigDict(extra="forbid")

    step: StepName
    state: StepStateName


class AuditEntryAnswer(BaseModel):
    """One thing that was done, by whom and from where. A name is missing where nobody here knows the person."""

    id: UUID
    at: datetime
    action: str
    actor_kind: str
    actor_id: UUID | None
    actor_name: str | None
    user_id: UUID | None
    user_name: str | None
    detail: dict[str, Any]
    address: str
    user_agent: str
    request_id: str


class AuditAnswer(BaseModel):
    """Some entries, the newest first, and the cursor of the next ones."""

    entries: list[AuditEntryAnswer]
    next_cursor: str | None


def routes(deps: BusinessDeps) -> APIRouter:
    """How far a business has come, and what was done in it."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["businesses"])

    @router.get("/api/onboarding", operation_id="get_onboarding", response_model=Onboarding)
    async def onboarding(member: Annotated[Member, requires(Permission.BUSINESS_READ)]) -> object:
        """The steps of the business the token names."""
        return _told(await deps.reader.onboarding(member.user_id, member.business_id))

    @router.post(
        "/api/onboarding",
        operation_id="move_onboarding_step",
        response_model=Onboarding,
        responses=problems(_409="step_is_a_fact"),
    )
    async def move(
        request: Request, body: StepMove, member: Annotated[Member, requires(Permission.ONBOARDING_WRITE)]
    ) -> object:
        """Say that a step is done, skip it, or take that back."""
        steps = await move_step(deps, member.user_id, member.business_id, body.step, body.state, caller_of(request))
        return _told(steps)

    @router.get("/api/businesses/{business_id}/audit", operation_id="list_audit_entries", response_model=AuditAnswer)
    async def audit(
        business_id: UUID,
        member: Annotated[Member, InBusiness(deps, Permission.AUDIT_READ)],
        action: Annotated[
            str | None,
            Query(
                max_length=80,
                pattern=r"^[a-z_.]*$",
                description="One action, or with a dot at its end all that begin with it: `business.`",
            ),
        ] = None,
        actor_id: UUID | None = None,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Field(ge=1, le=200)] = 50,
    ) -> object:
        """What was done in this business, the newest first."""
        page = await deps.reader.audit(
            member.user_id,
            member.business_id,
            action=action or None,
            actor_id=UserId(actor_id) if actor_id else None,
            cursor=cursor,
            limit=limit,
        )
        return AuditAnswer(
            entries=[
                AuditEntryAnswer(
                    **{name: getattr(row, name) for name in AuditEntryAnswer.model_fields if name != "detail"},
                    detail=dict(row.detail),
                )
                for row in page.rows
            ],
            next_cursor=page.next_cursor,
        )

    return router


def _told(steps: Sequence[OnboardingStep]) -> Onboarding:
    return Onboarding(
        steps=[StepAnswer(step=one.step, state=one.state, at=one.at) for one in steps],
        next_step=next_step(tuple(steps)),
    )
