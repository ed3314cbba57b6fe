"""The actions of businesses, and what was called of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from wacloud.modules.bot.domain.action import Action, ActionNameTaken, Call, CallState, Outcome, TooManyCalls
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_COLUMNS = "id, name, description, url, arguments, enabled, changes_something"


class PostgresActions:
    """See `application.action_ports.Actions`."""

    async def all(self, tx: Tx, business_id: BusinessId) -> Sequence[Action]:
        rows = await tx.rows(
            f"select {_COLUMNS} from app.bot_actions where business_id = %s order by created_at, id", (business_id,)
        )
        return [_to_action(row) for row in rows]

    async def find(self, tx: Tx, business_id: BusinessId, action_id: UUID) -> Action | None:
        row = await tx.row(
            f"select {_COLUMNS} from app.bot_actions where business_id = %s and id = %s", (business_id, action_id)
        )
        return _to_action(row) if row else None

    async def sealed(self, tx: Tx, business_id: BusinessId, action_id: UUID) -> str | None:
        row = await tx.row(
            "select sealed from app.bot_actions where business_id = %s and id = %s", (business_id, action_id)
        )
        return row.sealed if row else None

    async def add(self, tx: Tx, business_id: BusinessId, action: Action, sealed: str, most: int) -> bool:
        await tx.execute("select pg_advisory_xact_lock(hashtextextended('actions:' || %s, 0))", (str(business_id),))
        row = await tx.row("select count(*) as n from app.bot_actions where business_id = %s", (business_id,))
        if row is not None and row.n >= most:
            return False
        try:
            await tx.execute(
                "insert into app.bot_actions (business_id, id, name, description, url, arguments, enabled, "
                "changes_something, sealed) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (business_id, action.id, *_values(action), sealed),
            )
        except UniqueViolation:
            raise ActionNameTaken from None
        return True

    async def change(self, tx: Tx, business_id: BusinessId, action: Action) -> bool:
        try:
            return bool(
                await tx.execute(
                    "update app.bot_actions set name = %s, description = %s, url = %s, arguments = %s, enabled = %s, "
                    "changes_something = %s where business_id = %s and id = %s",
                    (*_values(action), business_id, action.id),
                )
            )
        except UniqueViolation:
            raise ActionNameTaken from None

    async def reseal(self, tx: Tx, business_id: BusinessId, action_id: UUID, sealed: str) -> bool:
        return bool(
            await tx.execute(
                "update app.bot_actions set sealed = %s where business_id = %s and id = %s",
                (sealed, business_id, action_id),
            )
        )

    async def remove(self, tx: Tx, business_id: BusinessId, action_id: UUID) -> bool:
        return bool(
            await tx.execute("delete from app.bot_actions where business_id = %s and id = %s", (business_id, action_id))
        )


class PostgresToolCalls:
    """See `application.action_ports.ToolCalls`."""

    async def begin(self, tx: Tx, call: Call) -> Outcome | TooManyCalls | None:
        # Two drafts of one conversation, should they ever meet here, go one after the other.
        await tx.execute(
            "select pg_advisory_xact_lock(hashtextextended('tool:' || %s, 0))", (str(call.conversation_id),)
        )
        before = await tx.row(
            "select state, http_status, answer, ms from app.tool_calls where business_id = %s and key = %s",
            (call.business_id, call.key),
        )
        if before is not None:
            return Outcome(_known(before.state), before.http_status, before.answer, before.ms or 0)
        others = await tx.rows(
            "select action, state from app.tool_calls where business_id = %s and conversation_id = %s "
            "and message_id = %s and changes_something = %s order by started_at",
            (call.business_id, call.conversation_id, call.message_id, call.action.changes_something),
        )
        if len(others) >= call.action.most_calls:
            return TooManyCalls(tuple((row.action, _known(row.state)) for row in others))
        # What earlier turns were answered is of use to nobody any more.
        await tx.execute(
            "update app.tool_calls set answer = null "
            "where business_id = %s and conversation_id = %s and message_id <> %s and answer is not null",
            (call.business_id, call.conversation_id, call.message_id),
        )
        await tx.execute(
            "insert into app.tool_calls (business_id, conversation_id, key, message_id, action, changes_something) "
            "values (%s, %s, %s, %s, %s, %s)",
            (
                call.business_id,
                call.conversation_id,
                call.key,
                call.message_id,
                call.action.name,
                call.action.changes_something,
            ),
        )
        return None

    async def end(self, tx: Tx, call: Call, outcome: Outcome) -> None:
        await tx.execute(
            "update app.tool_calls set state = %s, http_status = %s, answer = %s, ms = %s "
            "where business_id = %s and key = %s",
            (outcome.state, outcome.status, outcome.answer, outcome.ms, call.business_id, call.key),
        )

    async def tidy(self, tx: Tx, now: datetime, answers_kept: timedelta) -> int:
        forgotten = await tx.execute(
            "update app.tool_calls set answer = null where answer is not null and started_at < %s",
            (now - answers_kept,),
        )
        # Messages may be kept for ever: then nothing is older than that.
        gone = await tx.execute("delete from app.tool_calls where started_at < %s - private.messages_kept()", (now,))
        return forgotten + gone


def _known(state: CallState) -> CallState:
    # Whoever began it is gone, or we would not be here.
    return "unknown" if state == "started" else state


def _values(action: Action) -> tuple[Any, ...]:
    return (
        action.name,
        action.description,
        action.url,
        Jsonb(dict(action.arguments)),
        action.enabled,
        action.changes_something,
    )


def _to_action(row: Any) -> Action:
    return Action(
        id=row.id,
        name=row.name,
        description=row.description,
        url=row.url,
        arguments=row.arguments,
        enabled=row.enabled,
        changes_something=row.changes_something,
    )
