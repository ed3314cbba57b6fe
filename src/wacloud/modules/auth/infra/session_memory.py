"""Sessions as they were a moment ago, in Valkey: `session:{<id>}`, for as long as a session may lie idle."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from wacloud.modules.auth.domain.session import IDLE, Session
from wacloud.modules.auth.infra.sessions import amr_as_json, amr_of_json
from wacloud.shared.domain.ids import BusinessId, SessionId, UserId

log = structlog.get_logger()


class ValkeySessionMemory:
    """See `ports.SessionMemory`."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    async def recall(self, session_id: SessionId) -> tuple[Session, datetime] | None:
        try:
            kept = await self._redis.get(_key(session_id))
            return _read(json.loads(kept)) if kept else None
        except RedisError as error:
            log.info("session_memory.away", error=type(error).__name__)
        except (ValueError, KeyError, TypeError, AttributeError):
            log.warning("session_memory.not_readable", session_id=str(session_id))
        return None

    async def remember(self, seen: Session, at: datetime) -> None:
        try:
            await self._redis.set(_key(seen.id), json.dumps(_written(seen, at)), ex=IDLE)
        except RedisError as error:
            log.info("session_memory.away", error=type(error).__name__)

    async def forget(self, ids: Sequence[SessionId]) -> None:
        # One by one: in a cluster their keys lie in different places.
        for session_id in ids:
            try:
                await self._redis.delete(_key(session_id))
            except RedisError as error:
                # What is remembered counts for a second at most anyway.
                log.warning("session_memory.not_forgotten", error=type(error).__name__)


def _key(session_id: SessionId) -> str:
    return f"session:{{{session_id}}}"


def _written(seen: Session, at: datetime) -> dict[str, Any]:
    return {
        "id": str(seen.id),
        "user_id": str(seen.user_id),
        "acting_in": str(seen.acting_in) if seen.acting_in else None,
        "aal": seen.aal,
        "amr": amr_as_json(seen.amr),
        "created_at": seen.created_at.isoformat(),
        "last_seen_at": seen.last_seen_at.isoformat(),
        "not_after": seen.not_after.isoformat(),
        "verified_at": seen.verified_at.isoformat(),
        "awaits_factor": seen.awaits_factor,
        "ended_at": seen.ended_at.isoformat() if seen.ended_at else None,
        "at": at.isoformat(),
    }


def _read(kept: dict[str, Any]) -> tuple[Session, datetime]:
    return (
        Session(
            SessionId(UUID(kept["id"])),
            UserId(UUID(kept["user_id"])),
            BusinessId(UUID(kept["acting_in"])) if kept["acting_in"] else None,
            kept["aal"],
            amr_of_json(kept["amr"]),
            "",
            "",
            datetime.fromisoformat(kept["created_at"]),
            datetime.fromisoformat(kept["last_seen_at"]),
            datetime.fromisoformat(kept["not_after"]),
            datetime.fromisoformat(kept["verified_at"]),
            kept["awaits_factor"],
            datetime.fromisoformat(kept["ended_at"]) if kept["ended_at"] else None,
        ),
        datetime.fromisoformat(kept["at"]),
    )
