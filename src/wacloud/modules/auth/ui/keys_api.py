"""The API keys of a business, as JSON."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Protocol, get_args
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.auth.application.change_api_key import change_api_key, revoke_api_key
from wacloud.modules.auth.application.create_api_key import KeyWish, create_api_key
from wacloud.modules.auth.application.list_api_keys import list_api_keys
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.api_key import LONGEST_NAME, ApiKey
from wacloud.shared.domain.ids import ApiKeyId
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import FOR_KEYS, Permission

# `FOR_KEYS`, for the description; a test compares the two.
Scope = Literal[
    "business.read",
    "business.update",
    "audit.read",
    "onboarding.write",
    "inbox.read",
    "inbox.write",
    "contacts.read",
    "contacts.write",
    "messages.send",
    "ledger.read",
    "knowledge.read",
    "knowledge.write",
    "templates.read",
    "templates.write",
    "numbers.read",
    "webhooks.replay",
]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, examples=["Tienda en línea"])]
Scopes = Annotated[list[Scope], Field(min_length=1, max_length=len(FOR_KEYS))]


# Who may use a route that names a business: the module business knows, and is asked in `main/web.py`.
class InBusiness(Protocol):
    """The guard of the module business."""

    def __call__(self, permission: Permission, *, fresh: bool = False) -> Any: ...


DAYS = 90


class ApiKeyAnswer(BaseModel):
    """
    A key, without its text; `hint` is how that begins. `is_good`: not revoked, not expired, and its maker is a member.

    `last_used_at` is known to the minute, `last_used_from` is the address of that.
    """

    id: UUID
    name: str
    hint: str
    scopes: list[Scope]
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None
    is_good: bool


class MadeApiKeyAnswer(ApiKeyAnswer):
    """The same with its text, which is told this once."""

    key: str


class NewApiKey(BaseModel):
    """What the key is for. `expires_in_days` null: until somebody revokes it."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    scopes: Scopes
    expires_in_days: Annotated[int | None, Field(ge=1, le=3650)] = DAYS


class ApiKeyChange(BaseModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    scopes: Scopes | None = None


def grantable(member: Member) -> frozenset[str]:
    """What this member may make keys for."""
    return frozenset(permission.value for permission in FOR_KEYS if member.may(permission))


def routes(deps: AuthDeps, in_business: InBusiness) -> APIRouter:
    """Make, list, change and revoke keys; no key can do any of it."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["API keys"])

    @router.get("/api/businesses/{business_id}/api-keys", operation_id="list_keys", response_model=list[ApiKeyAnswer])
    async def listed(business_id: UUID, member: Annotated[Member, in_business(Permission.KEYS_MANAGE)]) -> object:
        """The keys of the business, the newest first."""
        now = deps.clock()
        return [_told(one, now) for one in await list_api_keys(deps, member.user_id, member.business_id)]

    @router.post(
        "/api/businesses/{business_id}/api-keys",
        operation_id="create_key",
        response_model=MadeApiKeyAnswer,
        responses=problems(_403="scope_not_yours", _409="too_many_api_keys"),
        status_code=201,
    )
    async def create(
        request: Request,
        business_id: UUID,
        body: NewApiKey,
        member: Annotated[Member, in_business(Permission.KEYS_MANAGE, fresh=True)],
        _: Annotated[Once, idempotent()],
    ) -> object:
        """
        Make a key for a program. Its text is in this answer and nowhere else; it goes into the header `Authorization`,
        after `Bearer`.
        """
        good_for = timedelta(days=body.expires_in_days) if body.expires_in_days else None
        wish = KeyWish(body.name, body.scopes, grantable(member), good_for)
        made = await create_api_key(deps, member.user_id, member.business_id, wish, caller_of(request))
        return MadeApiKeyAnswer(**_told(made.kept, deps.clock()).model_dump(), key=made.text)

    @router.patch(
        "/api/businesses/{business_id}/api-keys/{key_id}",
        operation_id="change_key",
        response_model=ApiKeyAnswer,
        responses=problems(_403="scope_not_yours", _404="api_key_not_found"),
    )
    async def change(
        request: Request,
        business_id: UUID,
        key_id: UUID,
        body: ApiKeyChange,
        member: Annotated[Member, in_business(Permission.KEYS_MANAGE, fresh=True)],
    ) -> object:
        """Call a key something else, or change what it may do. Its text stays the same."""
        changed = await change_api_key(
            deps,
            member.user_id,
            member.business_id,
            ApiKeyId(key_id),
            caller_of(request),
            name=body.name,
            scopes=body.scopes,
            grantable=grantable(member),
        )
        return _told(changed, deps.clock())

    @router.delete(
        "/api/businesses/{business_id}/api-keys/{key_id}",
        operation_id="revoke_key",
        responses=problems(_404="api_key_not_found"),
        status_code=204,
    )
    async def revoke(
        request: Request,
        business_id: UUID,
        key_id: UUID,
        member: Annotated[Member, in_business(Permission.KEYS_MANAGE)],
    ) -> Response:
        """End a key, at once and for good."""
        await revoke_api_key(deps, member.user_id, member.business_id, ApiKeyId(key_id), caller_of(request))
        return Response(status_code=204)

    return router


def _told(key: ApiKey, now: datetime) -> ApiKeyAnswer:
    return ApiKeyAnswer(
        id=key.id,
        name=key.name,
        hint=key.hint,
        scopes=[scope for scope in get_args(Scope) if scope in key.scopes],
        created_by=key.created_by,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
        last_used_from=key.used_from[0] if key.used_from else None,
        is_good=key.is_good(now),
    )
