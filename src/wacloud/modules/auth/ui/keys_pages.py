"""`/business/keys`: the API keys of a business."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.auth.application.change_api_key import revoke_api_key
from wacloud.modules.auth.application.create_api_key import KeyWish, MadeApiKey, create_api_key
from wacloud.modules.auth.application.list_api_keys import list_api_keys
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.api_key import LONGEST_NAME
from wacloud.modules.auth.ui.keys_api import DAYS, grantable
from wacloud.modules.auth.ui.pages import LARGEST_FORM
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import ApiKeyId
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import N_
from wacloud.shared.ui.pages import render
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF

SAID = {"revoked": N_("The key was revoked: whoever uses it is refused from now on.")}
# What a key can be made for, in plain words and in groups.
SCOPES = (
    (
        N_("Conversations"),
        (
            (Permission.MESSAGES_SEND, N_("Send messages")),
            (Permission.INBOX_READ, N_("Read conversations")),
            (Permission.INBOX_WRITE, N_("Take conversations over and give them back")),
            (Permission.CONTACTS_READ, N_("Read contacts")),
            (Permission.CONTACTS_WRITE, N_("Add, change and merge contacts, note what they allow")),
            (Permission.TEMPLATES_READ, N_("Read message templates")),
            (Permission.TEMPLATES_WRITE, N_("Send message templates to Meta for review, change and delete them")),
            (Permission.NUMBERS_READ, N_("See your numbers and how they stand")),
            (Permission.LEDGER_READ, N_("See where every message stands")),
            (Permission.WEBHOOKS_REPLAY, N_("Process failed webhooks again")),
        ),
    ),
    (
        N_("The bot"),
        (
            (Permission.KNOWLEDGE_READ, N_("Read questions and answers, and how the bot is configured")),
            (Permission.KNOWLEDGE_WRITE, N_("Change questions and answers, and configure the bot")),
        ),
    ),
    (
        N_("The business"),
        (
            (Permission.BUSINESS_READ, N_("Read what the business says of itself, and its hours")),
            (Permission.BUSINESS_UPDATE, N_("Change what the business says of itself, and its hours")),
            (Permission.ONBOARDING_WRITE, N_("Move the first steps")),
            (Permission.AUDIT_READ, N_("Read the log")),
        ),
    ),
)
WORDS = {scope.value: told for _, scopes in SCOPES for scope, told in scopes}
# For how long a key is good, in days; 0 is until it is revoked.
LIFETIMES = ((DAYS, N_("90 days")), (365, N_("One year")), (0, N_("Until it is revoked")))

Manager = Annotated[Member, requires(Permission.KEYS_MANAGE)]
Maker = Annotated[Member, requires(Permission.KEYS_MANAGE, fresh=True)]


def routes(deps: AuthDeps) -> APIRouter:
    """The page and its forms."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    async def page(
        request: Request,
        member: Member,
        *,
        made: MadeApiKey | None = None,
        refusal: AppError | None = None,
        name: str = "",
        chosen: list[str] | None = None,
    ) -> Response:
        now = deps.clock()
        return render(
            request,
            "auth/keys.html",
            STATUS_OF[refusal.kind] if refusal else 200,
            member=member,
            keys=[(one, one.is_good(now)) for one in await list_api_keys(deps, member.user_id, member.business_id)],
            now=now,
            made=made,
            said=SAID.get(request.query_params.get("said", "")),
            refusal=refusal.message if refusal else None,
            groups=SCOPES,
            words=WORDS,
            lifetimes=LIFETIMES,
            longest_name=LONGEST_NAME,
            name=name[:LONGEST_NAME],
            chosen=chosen or [],
            may=member.may,
            Permission=Permission,
        )

    @router.get("/business/keys")
    async def keys(request: Request, member: Manager) -> Response:
        """The keys, and the form of a new one."""
        return await page(request, member)

    @router.post("/business/keys")
    async def create(
        request: Request,
        member: Maker,
        name: Annotated[str, Form(max_length=2000)] = "",
        scope: Annotated[list[str] | None, Form()] = None,
        days: Annotated[int, Form(ge=0, le=3650)] = DAYS,
    ) -> Response:
        """Make one. The page that answers shows it, this once."""
        wish = KeyWish(name, scope or [], grantable(member), timedelta(days=days) if days else None)
        try:
            made = await create_api_key(deps, member.user_id, member.business_id, wish, caller_of(request))
        except AppError as refusal:
            return await page(request, member, refusal=refusal, name=name, chosen=scope)
        return await page(request, member, made=made)

    @router.post("/business/keys/{key_id}/revoke")
    async def revoke(request: Request, member: Manager, key_id: UUID) -> Response:
        """End one."""
        await revoke_api_key(deps, member.user_id, member.business_id, ApiKeyId(key_id), caller_of(request))
        return RedirectResponse("/business/keys?said=revoked", 303)

    return router
