"""The table of the audit log."""

import json
from collections.abc import Mapping, Sequence

from wacloud.modules.business.domain.audit import ActorKind, AuditEntry
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


class PostgresAuditLog:
    """See `ports.AuditLog`."""

    async def add(self, tx: Tx, entries: Sequence[AuditEntry], caller: Caller) -> None:
        await tx.execute(
            """
            insert into app.audit_log
              (business_id, user_id, actor_id, actor_kind, action, detail, address, user_agent, request_id)
            select e.*, %s, %s, %s
            from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::jsonb[])
              as e(business_id, user_id, actor_id, actor_kind, action, detail)
            """,
            (
                caller.address,
                caller.user_agent,
                caller.request_id,
                [entry.business_id for entry in entries],
                [entry.user_id for entry in entries],
                [entry.actor_id for entry in entries],
                [_kind(entry, caller) for entry in entries],
                [entry.action for entry in entries],
                [json.dumps({**entry.detail, **_key(caller)}, default=str) for entry in entries],
            ),
        )

    async def close(self, tx: Tx, business_id: BusinessId) -> None:
        await tx.row("select private.forget_audit_log(%s)", (business_id,))
        await tx.execute(
            """
            insert into app.audit_log (business_id, actor_kind, action)
            select %(business)s, 'system', 'business.erased'
            where not exists (select from app.audit_log where business_id = %(business)s and action = 'business.erased')
            """,
            {"business": business_id},
        )


def _kind(entry: AuditEntry, caller: Caller) -> ActorKind:
    """What a program does with a key, its maker did not do."""
    return "api_key" if caller.key_id and entry.actor_kind == "user" else entry.actor_kind


def _key(caller: Caller) -> Mapping[str, object]:
    return {"by_key": caller.key_name, "by_key_id": caller.key_id} if caller.key_id else {}
