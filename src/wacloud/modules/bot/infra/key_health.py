"""How the installation's keys fare, told by the workers that use them and read where people look: in Valkey."""

import asyncio
import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import cast

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from wacloud.modules.bot.application.guards import KeyHealth

log = structlog.get_logger()

_PLACE = "model:keys"
_EVERY_S = 5.0
_LIVES_S = 600


class ValkeyKeyHealth:
    """Told after every call, it tells on at most every five seconds, and never keeps a caller waiting."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._told_at = 0.0
        self._telling: set[asyncio.Task[None]] = set()

    def tell(self, health: Sequence[KeyHealth]) -> None:
        """How they fare now."""
        now = time.monotonic()
        if now - self._told_at < _EVERY_S and not any(key.why for key in health):
            return
        self._told_at = now
        task = asyncio.create_task(self._tell(health))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def drained(self) -> None:
        """All that was told has arrived."""
        await asyncio.gather(*self._telling)

    async def read(self) -> Mapping[str, Sequence[KeyHealth]]:
        """By worker, as told in the last ten minutes; nothing while Valkey is away."""
        try:
            kept = cast(Mapping[bytes, bytes], await self._redis.hgetall(_PLACE))
        except (RedisError, OSError):
            return {}
        found: dict[str, Sequence[KeyHealth]] = {}
        for worker, told in kept.items():
            try:
                at, keys = msgspec.json.decode(told, type=tuple[float, list[KeyHealth]])
            except msgspec.MsgspecError:
                continue
            if time.time() - at < _LIVES_S:
                found[worker.decode("utf-8", "replace")] = keys
        return found

    async def _tell(self, health: Sequence[KeyHealth]) -> None:
        told = msgspec.json.encode((time.time(), [asdict(key) for key in health]))
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hset(_PLACE, self._worker, told)
                pipe.expire(_PLACE, _LIVES_S)
                await pipe.execute()
        except (RedisError, OSError) as error:
            log.info("model.health_not_told", error=type(error).__name__)
