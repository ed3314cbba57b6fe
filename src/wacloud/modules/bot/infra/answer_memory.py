"""Answers to questions that come again and again, in Valkey: `bot:answer:{<business>}:<what they hold for>`."""

from datetime import timedelta
from typing import cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from wacloud.shared.domain.ids import BusinessId

log = structlog.get_logger()

LIVES = timedelta(hours=6)


class ValkeyAnswerMemory:
    """See `application.guards.AnswerMemory`."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    async def find(self, business_id: BusinessId, place: str) -> str | None:
        try:
            found = cast(bytes | None, await self._redis.get(_key(business_id, place)))
        except (RedisError, OSError) as error:
            log.info("bot.memory_away", error=type(error).__name__)
            return None
        return found.decode() if found else None

    async def keep(self, business_id: BusinessId, place: str, answer: str) -> None:
        try:
            await self._redis.set(_key(business_id, place), answer.encode(), ex=LIVES)
        except (RedisError, OSError) as error:
            log.info("bot.memory_away", error=type(error).__name__)


def _key(business_id: BusinessId, place: str) -> str:
    return f"bot:answer:{{{business_id}}}:{place}"
