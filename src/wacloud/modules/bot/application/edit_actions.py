"""The actions a business gives its bot: made, changed, removed. A secret is told once, when it is made."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from wacloud.modules.bot.application.action_ports import ActionDeps
from wacloud.modules.bot.domain.action import MOST_ACTIONS, Action, TooManyActions, checked
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import BusinessId, UserId


async def list_actions(deps: ActionDeps, business_id: BusinessId) -> Sequence[Action]:
    """In the order they were made."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        return await deps.actions.all(tx, business_id)


async def find_action(deps: ActionDeps, business_id: BusinessId, action_id: UUID) -> Action:
    """:raises NotFound: there is no such action."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        action = await deps.actions.find(tx, business_id, action_id)
    if action is None:
        raise NotFound
    return action


async def add_action(
    deps: ActionDeps, by: UserId, business_id: BusinessId, action: Action, caller: Caller = NOBODY
) -> tuple[Action, str]:
    """
    The action as it is kept, and the secret its requests are signed with.

    :raises FaultyFields: something of it cannot be.
    :raises TooManyActions: there is no room for it.
    :raises ActionNameTaken: another has its name.
    """
    action, secret = checked(action), secrets.token_urlsafe(32)
    async with deps.db.tenant(business_id) as tx:
        if not await deps.actions.add(tx, business_id, action, deps.seal(secret), MOST_ACTIONS):
            raise TooManyActions
        entry = AuditEntry(
            action="bot.action_added", actor_id=by, business_id=business_id, detail={"name": action.name}
        )
        await record_audit(deps.business, tx, entry, caller=caller)
    return action, secret


async def change_action(
    deps: ActionDeps, by: UserId, business_id: BusinessId, action: Action, caller: Caller = NOBODY
) -> Action:
    """
    In the place of what it was; its secret stays.

    :raises FaultyFields: something of it cannot be.
    :raises ActionNameTaken: another has its name.
    :raises NotFound: there is no such action.
    """
    action = checked(action)
    async with deps.db.tenant(business_id) as tx:
        if not await deps.actions.change(tx, business_id, action):
            raise NotFound
        entry = AuditEntry(
            action="bot.action_changed", actor_id=by, business_id=business_id, detail={"name": action.name}
        )
        await record_audit(deps.business, tx, entry, caller=caller)
    return action


async def renew_secret(
    deps: ActionDeps, by: UserId, business_id: BusinessId, action_id: UUID, caller: Caller = NOBODY
) -> str:
    """
    Another secret, from the next request on.

    :raises NotFound: there is no such action.
    """
    secret = secrets.token_urlsafe(32)
    async with deps.db.tenant(business_id) as tx:
        if not await deps.actions.reseal(tx, business_id, action_id, deps.seal(secret)):
            raise NotFound
        entry = AuditEntry(
            action="bot.action_secret_renewed",
            actor_id=by,
            business_id=business_id,
            detail={"action_id": str(action_id)},
        )
        await record_audit(deps.business, tx, entry, caller=caller)
    return secret


async def remove_action(
    deps: ActionDeps, by: UserId, business_id: BusinessId, action_id: UUID, caller: Caller = NOBODY
) -> None:
    """:raises NotFound: there is no such action."""
    async with deps.db.tenant(business_id) as tx:
        gone = await deps.actions.find(tx, business_id, action_id)
        if gone is None or not await deps.actions.remove(tx, business_id, action_id):
            raise NotFound
        entry = AuditEntry(
            action="bot.action_removed", actor_id=by, business_id=business_id, detail={"name": gone.name}
        )
        await record_audit(deps.business, tx, entry, caller=caller)
