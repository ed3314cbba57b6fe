"""The actions a business gives its bot, for programs: `/api/bot/actions`. A secret is told once, when it is made."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.bot.application.action_ports import ActionDeps
from wacloud.modules.bot.application.call_action import try_action
from wacloud.modules.bot.application.edit_actions import (
    add_action,
    change_action,
    find_action,
    list_actions,
    remove_action,
    renew_secret,
)
from wacloud.modules.bot.domain.action import (
    LONGEST_CHOICE,
    LONGEST_DESCRIPTION,
    LONGEST_HINT,
    LONGEST_NAME,
    MOST_ARGUMENTS,
    MOST_CHOICES,
    Action,
    Outcome,
)
from wacloud.modules.bot.domain.arguments import LONGEST_TEXT
from wacloud.modules.bot.domain.source import LONGEST_URL
from wacloud.shared.domain.ids import new_id
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_READ))]
Editor = Annotated[Member, Depends(requires(Permission.ACTIONS_MANAGE))]
PATH = "/api/bot/actions"
Given = (
    Annotated[str, Field(max_length=LONGEST_TEXT)] | int | Annotated[float, Field(allow_inf_nan=False)] | bool | None
)


class ArgumentBody(BaseModel):
    """One argument. `enum` and `maxLength` are of strings."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["string", "number", "integer", "boolean"]
    description: Annotated[str, Field(max_length=LONGEST_HINT)] = ""
    enum: Annotated[list[Annotated[str, Field(max_length=LONGEST_CHOICE)]], Field(max_length=MOST_CHOICES)] = []
    maxLength: Annotated[int, Field(ge=1, le=LONGEST_TEXT)] = LONGEST_TEXT  # noqa: N815 - JSON Schema's name


class ArgumentsBody(BaseModel):
    """What an action takes, as a JSON Schema of one flat object."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["object"] = "object"
    properties: Annotated[
        dict[Annotated[str, Field(max_length=LONGEST_NAME)], ArgumentBody], Field(max_length=MOST_ARGUMENTS)
    ] = {}
    required: Annotated[list[Annotated[str, Field(max_length=LONGEST_NAME)]], Field(max_length=MOST_ARGUMENTS)] = []
    additionalProperties: Literal[False] = False  # noqa: N815 - JSON Schema's name


class ActionBody(BaseModel):
    """
    What the bot may do in your own systems.

    An action that changes something is called once in a turn at most, others three times.
    """

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(pattern="^[a-z_]{3,40}$", examples=["order_status"])]
    description: Annotated[str, Field(min_length=1, max_length=LONGEST_DESCRIPTION)]
    url: Annotated[str, Field(min_length=8, max_length=LONGEST_URL, examples=["https://shop.example/wacloud"])]
    arguments: ArgumentsBody = ArgumentsBody()
    enabled: bool = True
    changes_something: bool = True

    def action(self, action_id: UUID) -> Action:
        said = self.model_dump(exclude={"arguments"})
        return Action(id=action_id, **said, arguments=self.arguments.model_dump(exclude_unset=True))


class ActionOut(BaseModel):
    """An action; never its secret."""

    id: UUID
    name: str
    description: str
    url: str
    arguments: dict[str, Any]
    enabled: bool
    changes_something: bool


class ActionList(BaseModel):
    """In the order they were made."""

    actions: list[ActionOut]


class SecretOut(BaseModel):
    """What requests are signed with. Keep it: it is told this once."""

    secret: str


class MadeAction(ActionOut):
    """An action, with the secret its requests are signed with. Keep it: it is told this once."""

    secret: str


class TryBody(BaseModel):
    """What to send, as it is."""

    model_config = ConfigDict(extra="forbid")
    arguments: Annotated[
        dict[Annotated[str, Field(max_length=LONGEST_NAME)], Given], Field(max_length=MOST_ARGUMENTS)
    ] = {}


class TriedOut(BaseModel):
    """
    What came back. `unknown`: it may have been done and may not.

    `answer` is null where there is none, or none of JSON or text and 8 kB at most.
    """

    state: Literal["done", "failed", "unknown"]
    status: int | None
    answer: str | None
    ms: int


def routes(deps: ActionDeps) -> APIRouter:
    """List, make, change, remove, another secret, and a trial."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["bot"])
    done: dict[str, Any] = {"status_code": 204, "response_description": "Done."}

    @router.get(
        PATH,
        operation_id="list_bot_actions",
        summary="List the actions of your bot",
        response_model=ActionList,
        response_description="Five at most.",
    )
    async def listed(member: Reader) -> object:
        """In the order they were made."""
        return ActionList(actions=[_out(one) for one in await list_actions(deps, member.business_id)])

    @router.post(
        PATH,
        operation_id="add_bot_action",
        summary="Give your bot an action",
        response_model=MadeAction,
        response_description="With its secret, which is told this once.",
        responses=problems(422, _409="action_name_taken", _429="too_many_actions"),
        status_code=201,
    )
    async def add(request: Request, body: ActionBody, member: Editor, _: Annotated[Once, idempotent()]) -> object:
        """The bot may call it from the next message on, where it is enabled."""
        action, secret = await add_action(
            deps, member.user_id, member.business_id, body.action(new_id()), caller_of(request)
        )
        return MadeAction(**_out(action).model_dump(), secret=secret)

    @router.get(
        f"{PATH}/{{action_id}}",
        operation_id="get_bot_action",
        summary="See one action",
        response_model=ActionOut,
        response_description="As it is.",
        responses=problems(_404="not_found"),
    )
    async def one(action_id: UUID, member: Reader) -> object:
        """Enabled or not."""
        return _out(await find_action(deps, member.business_id, action_id))

    @router.put(
        f"{PATH}/{{action_id}}",
        operation_id="change_bot_action",
        summary="Change an action",
        response_model=ActionOut,
        response_description="As it is now.",
        responses=problems(422, _404="not_found", _409="action_name_taken"),
    )
    async def change(request: Request, action_id: UUID, body: ActionBody, member: Editor) -> object:
        """In the place of what it was; its secret stays."""
        action = body.action(action_id)
        return _out(await change_action(deps, member.user_id, member.business_id, action, caller_of(request)))

    @router.delete(
        f"{PATH}/{{action_id}}",
        operation_id="remove_bot_action",
        summary="Take an action away",
        responses=problems(_404="not_found"),
        **done,
    )
    async def remove(request: Request, action_id: UUID, member: Editor) -> None:
        """What was called stays written down."""
        await remove_action(deps, member.user_id, member.business_id, action_id, caller_of(request))

    @router.post(
        f"{PATH}/{{action_id}}/secret",
        operation_id="renew_bot_action_secret",
        summary="Make another secret",
        response_model=SecretOut,
        response_description="It is told this once.",
        responses=problems(_404="not_found"),
    )
    async def renew(request: Request, action_id: UUID, member: Editor) -> object:
        """The next request is signed with it."""
        return SecretOut(
            secret=await renew_secret(deps, member.user_id, member.business_id, action_id, caller_of(request))
        )

    @router.post(
        f"{PATH}/{{action_id}}/try",
        operation_id="try_bot_action",
        summary="Try an action",
        response_model=TriedOut,
        response_description="What came back.",
        responses=problems(422, _404="not_found"),
    )
    async def tried(request: Request, action_id: UUID, body: TryBody, member: Editor) -> object:
        """A signed request with `"test": true`, for no conversation."""
        return tried_out(
            await try_action(deps, member.user_id, member.business_id, action_id, body.arguments, caller_of(request))
        )

    return router


def tried_out(outcome: Outcome) -> TriedOut:
    """As it is told."""
    state = "unknown" if outcome.state == "started" else outcome.state
    return TriedOut(state=state, status=outcome.status, answer=outcome.answer, ms=outcome.ms)


def _out(action: Action) -> ActionOut:
    return ActionOut(
        id=action.id,
        name=action.name,
        description=action.description,
        url=action.url,
        arguments=dict(action.arguments),
        enabled=action.enabled,
        changes_something=action.changes_something,
    )
