"""`/bot/tools`: what the bot may do in the systems of the business. The page works without script."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.bot.application.action_ports import ActionDeps
from wacloud.modules.bot.application.call_action import try_action
from wacloud.modules.bot.application.edit_actions import (
    add_action,
    change_action,
    list_actions,
    remove_action,
    renew_secret,
)
from wacloud.modules.bot.domain.action import LONGEST_DESCRIPTION, MOST_ACTIONS, Action
from wacloud.modules.bot.domain.source import LONGEST_URL
from wacloud.modules.bot.ui.tools_api import Editor, TriedOut, tried_out
from wacloud.shared.domain.errors import AppError, Fault, FaultyFields, NotFound
from wacloud.shared.domain.ids import new_id
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import N_, translate
from wacloud.shared.ui.pages import look_of, render
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import RULES, STATUS_OF

LARGEST_FORM: Final = 64 * 1024
PATH: Final = "/bot/tools"
Reader = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_READ))]
Line = Annotated[str, Form(max_length=4000)]
Text = Annotated[str, Form(max_length=20_000)]
Tick = Annotated[bool, Form()]
SAID: Final = {"changed": N_("Saved."), "removed": N_("The action was removed.")}
STATES: Final = {
    "done": N_("It was done."),
    "failed": N_("It was not done."),
    "unknown": N_("Nobody knows whether it was done."),
}
RULES_HERE: Final[Mapping[str, str]] = {**RULES, "not_json": N_("This is no JSON object.")}
_EXAMPLE_ARGUMENT: Final = N_("number of the order")


@dataclass(frozen=True, slots=True)
class Typed:
    """An action as somebody typed it: what cannot be read is shown to them again."""

    id: UUID
    name: str
    description: str
    url: str
    arguments: str
    enabled: bool
    changes_something: bool

    @classmethod
    def of(cls, action: Action) -> "Typed":
        return cls(
            action.id,
            action.name,
            action.description,
            action.url,
            json.dumps(action.arguments, indent=2, ensure_ascii=False),
            action.enabled,
            action.changes_something,
        )

    def action(self) -> Action:
        """:raises FaultyFields: the arguments are no JSON object."""
        return Action(
            id=self.id,
            name=self.name.strip(),
            description=self.description,
            url=self.url,
            arguments=read_object(self.arguments),
            enabled=self.enabled,
            changes_something=self.changes_something,
        )


def routes(deps: ActionDeps) -> APIRouter:
    """The page and its forms."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    async def page(
        request: Request,
        member: Member,
        refused: AppError | None = None,
        *,
        typed: Typed | None = None,
        secret: str | None = None,
        tried_id: UUID | None = None,
        tried: TriedOut | None = None,
        sent: str = "",
    ) -> Response:
        actions = await list_actions(deps, member.business_id)
        return render(
            request,
            "bot/tools.html",
            STATUS_OF[refused.kind] if refused else 200,
            member=member,
            actions=[Typed.of(one) for one in actions],
            may_change=member.may(Permission.ACTIONS_MANAGE),
            most=MOST_ACTIONS,
            longest_description=LONGEST_DESCRIPTION,
            longest_url=LONGEST_URL,
            example=_example(look_of(request, member).language),
            states=STATES,
            rules=RULES_HERE,
            said=SAID.get(request.query_params.get("said", "")),
            refusal=refused.message if refused else None,
            faults=refused.faults if isinstance(refused, FaultyFields) else (),
            typed=typed,
            secret=secret,
            tried_id=tried_id,
            tried=tried,
            sent=sent,
        )

    @router.get(PATH)
    async def look(request: Request, member: Reader) -> Response:
        return await page(request, member)

    @router.post(PATH)
    async def add(
        request: Request,
        member: Editor,
        name: Line = "",
        description: Line = "",
        url: Line = "",
        arguments: Text = "",
        changes_something: Tick = False,
    ) -> Response:
        """The secret is on the page that comes back, and nowhere else."""
        typed = Typed(new_id(), name, description, url, arguments, True, changes_something)
        try:
            _, secret = await add_action(deps, member.user_id, member.business_id, typed.action(), caller_of(request))
        except AppError as refused:
            return await page(request, member, refused, typed=typed)
        return await page(request, member, secret=secret)

    @router.post(f"{PATH}/{{action_id}}")
    async def change(
        request: Request,
        member: Editor,
        action_id: UUID,
        name: Line = "",
        description: Line = "",
        url: Line = "",
        arguments: Text = "",
        enabled: Tick = False,
        changes_something: Tick = False,
    ) -> Response:
        typed = Typed(action_id, name, description, url, arguments, enabled, changes_something)
        try:
            await change_action(deps, member.user_id, member.business_id, typed.action(), caller_of(request))
        except NotFound:
            raise
        except AppError as refused:
            return await page(request, member, refused, typed=typed)
        return RedirectResponse(f"{PATH}?said=changed", 303)

    @router.post(f"{PATH}/{{action_id}}/secret")
    async def renew(request: Request, member: Editor, action_id: UUID) -> Response:
        secret = await renew_secret(deps, member.user_id, member.business_id, action_id, caller_of(request))
        return await page(request, member, secret=secret)

    @router.post(f"{PATH}/{{action_id}}/remove")
    async def remove(request: Request, member: Editor, action_id: UUID) -> Response:
        await remove_action(deps, member.user_id, member.business_id, action_id, caller_of(request))
        return RedirectResponse(f"{PATH}?said=removed", 303)

    @router.post(f"{PATH}/{{action_id}}/try")
    async def tried(request: Request, member: Editor, action_id: UUID, sent: Text = "") -> Response:
        """A signed request, and what came back."""
        try:
            outcome = await try_action(
                deps, member.user_id, member.business_id, action_id, read_object(sent), caller_of(request)
            )
        except FaultyFields as refused:
            return await page(request, member, refused, tried_id=action_id, sent=sent)
        return await page(request, member, tried_id=action_id, tried=tried_out(outcome), sent=sent)

    return router


def _example(language: str) -> str:
    """A schema to begin with; what it says of an argument is in the reader's words."""
    order = {"type": "string", "description": translate(language, _EXAMPLE_ARGUMENT), "maxLength": 20}
    schema = {"type": "object", "properties": {"order": order}, "required": ["order"]}
    return json.dumps(schema, indent=2, ensure_ascii=False)


def read_object(text: str) -> dict[str, Any]:
    """
    An object, as somebody typed it; nothing is an empty one.

    :raises FaultyFields: it is none.
    """
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise FaultyFields([Fault("arguments", "not_json")])
    return found
