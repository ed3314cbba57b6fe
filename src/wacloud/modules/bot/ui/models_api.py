"""The key a business brings for a language model, as JSON. Nothing ever tells the key itself."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.bot.application.own_key import (
    LONGEST_KEY,
    OwnKeyDeps,
    ShownKey,
    own_key,
    remove_own_key,
    set_own_key,
)
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

Owner = Annotated[Member, requires(Permission.MODELS_MANAGE)]
Proven = Annotated[Member, requires(Permission.MODELS_MANAGE, fresh=True)]
PATH = "/api/bot/model-key"


class ModelKeyBody(BaseModel):
    """A key of OpenAI's."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(min_length=1, max_length=LONGEST_KEY, examples=["sk-proj-..."])]


class ModelKeyAnswer(BaseModel):
    """
    Whose key is used. `ending`: its last four characters, by which people know it.

    `state`: OpenAI takes it (`ok`), refuses it (`refused`), or its account has no money left (`no_money`).
    """

    is_own: bool
    ending: str | None = None
    state: Literal["ok", "refused", "no_money"] | None = None
    state_at: datetime | None = None
    added_at: datetime | None = None


def routes(deps: OwnKeyDeps) -> APIRouter:
    """Look, set, remove. The owner's alone; no API key may do it."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["bot"])

    @router.get(PATH, operation_id="model_key", response_model=ModelKeyAnswer)
    async def shown(member: Owner) -> object:
        """Whose key the assistant uses, and how it fares."""
        return _told(await own_key(deps, member.business_id))

    @router.put(
        PATH,
        operation_id="set_model_key",
        response_model=ModelKeyAnswer,
        responses=problems(_422="key_not_one", _503="key_not_tried"),
    )
    async def keep(request: Request, body: ModelKeyBody, member: Proven) -> object:
        """Use this key from now on. It is tried at OpenAI first, and never told again."""
        return _told(await set_own_key(deps, member.business_id, body.key, member.user_id, caller_of(request)))

    @router.delete(PATH, operation_id="remove_model_key", status_code=204)
    async def remove(request: Request, member: Owner) -> None:
        """Use the installation's again. Where there was none, nothing happens."""
        await remove_own_key(deps, member.business_id, member.user_id, caller_of(request))

    return router


def _told(key: ShownKey | None) -> ModelKeyAnswer:
    if key is None:
        return ModelKeyAnswer(is_own=False)
    return ModelKeyAnswer(is_own=True, ending=key.ending, state=key.state, state_at=key.state_at, added_at=key.added_at)
