"""An action of a business is called: signed, written down before and after, and never twice for one decision."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from wacloud.modules.bot.application.action_ports import ActionDeps
from wacloud.modules.bot.domain.action import Action, Call, Outcome, TooManyCalls
from wacloud.modules.bot.domain.question import Question
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import BusinessId, UserId, new_id

SIGNATURE = "X-Wacloud-Signature"


async def actions_for(deps: ActionDeps | None, question: Question) -> Sequence[Action]:
    """What may be called for this question; nothing where somebody only tries the bot out."""
    if deps is None or not question.has_actions or question.conversation_id is None or question.message_id is None:
        return ()
    async with deps.db.tenant(question.business_id, read_only=True) as tx:
        return [one for one in await deps.actions.all(tx, question.business_id) if one.enabled]


async def call_action(
    deps: ActionDeps, question: Question, action: Action, arguments: Mapping[str, Any]
) -> Outcome | TooManyCalls:
    """
    Call it, or say what came of the same call before.

    What is cut off between the two records stays unknown: it is not tried again.
    """
    assert question.conversation_id is not None
    assert question.message_id is not None
    call = Call(
        business_id=question.business_id,
        conversation_id=question.conversation_id,
        message_id=question.message_id,
        action=action,
        arguments=arguments,
    )
    async with deps.db.tenant(call.business_id) as tx:
        sealed = await deps.actions.sealed(tx, call.business_id, action.id)
        if sealed is None:
            return Outcome("failed")  # removed a moment ago
        begun = await deps.calls.begin(tx, call)
    if begun is not None:
        return begun
    body = _body(call.business_id, action, arguments, call.conversation)
    outcome = await _send(deps, action.url, sealed, body, call.key)
    async with deps.db.tenant(call.business_id) as tx:
        await deps.calls.end(tx, call, outcome)
    return outcome


async def try_action(
    deps: ActionDeps,
    by: UserId,
    business_id: BusinessId,
    action_id: UUID,
    arguments: Mapping[str, Any],
    caller: Caller = NOBODY,
) -> Outcome:
    """
    Call it for no conversation, marked as a test: its owner wants to see what comes back.

    :raises NotFound: there is no such action.
    """
    async with deps.db.tenant(business_id) as tx:
        action = await deps.actions.find(tx, business_id, action_id)
        sealed = await deps.actions.sealed(tx, business_id, action_id)
        if action is None or sealed is None:
            raise NotFound
        entry = AuditEntry(action="bot.action_tried", actor_id=by, business_id=business_id)
        await record_audit(deps.business, tx, entry, caller=caller)
    body = _body(business_id, action, arguments, "test", test=True)
    return await _send(deps, action.url, sealed, body, f"test-{new_id()}")


def signature_of(secret: str, timestamp: int, body: bytes) -> str:
    """What the other side computes as well: HMAC-SHA256 over the time, a dot and the body as it came."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signed}"


async def _send(deps: ActionDeps, url: str, sealed: str, body: bytes, key: str) -> Outcome:
    timestamp = int(deps.clock().timestamp())
    headers = {SIGNATURE: signature_of(deps.unseal(sealed), timestamp, body), "Idempotency-Key": key}
    return await deps.sender.post(url, body, headers)


def _body(
    business_id: BusinessId, action: Action, arguments: Mapping[str, Any], conversation: str, **more: object
) -> bytes:
    said = {
        "business_id": str(business_id),
        "action": action.name,
        "arguments": dict(arguments),
        "conversation": conversation,
        **more,
    }
    return json.dumps(said, ensure_ascii=False).encode()
