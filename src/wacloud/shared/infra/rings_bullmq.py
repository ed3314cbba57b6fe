"""
BullMQ as the doorbell: a BullMQ job carries the number of a row, and the row in PostgreSQL is the work.

A lost or repeated BullMQ job costs time, never work: rows are claimed in PostgreSQL as ever, and what waits too long
is rung again. Workers in other languages and bull-board see ordinary BullMQ queues.
"""

import math
import time
from collections.abc import Sequence
from typing import Any

import structlog
from bullmq import Queue
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from wacloud.shared.application.batching import Batcher
from wacloud.shared.infra.new_jobs import QueuedJob
from wacloud.shared.infra.webhook_inbox import OpenWebhook

log = structlog.get_logger()

WEBHOOK_QUEUE = "whatsapp-messages"
WEBHOOK_JOB = "process-message"
KEPT = {"removeOnComplete": 100, "removeOnFail": 50}
JOB_OPTIONS = {"attempts": 3, "backoff": {"type": "exponential", "delay": 2000}, **KEPT}
VALKEY_AWAY = (RedisError, OSError, TimeoutError)
_SILENCE_S = 1.0


def lane_queue(lane: str) -> str:
    """The queue that rings for the jobs of a lane."""
    return f"wacloud-{lane}"


class BullMqRings:
    """
    Adds BullMQ jobs for rows that were committed: in the background, in bulk, never raising.

    While Valkey is away rings are dropped, and the workers' sweep finds their rows.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis = connect(redis_url, connections=4, timeout_s=2)
        self._queues: dict[str, Queue] = {}
        self._bells: dict[str, Batcher[dict[str, Any], None]] = {}
        self._silent_until = 0.0
        self._away = False

    def webhooks(self, rows: Sequence[OpenWebhook]) -> None:
        """These webhooks were accepted, or are to be tried again."""
        for row in rows:
            self._bell(WEBHOOK_QUEUE).add(_webhook_ring(row))

    def jobs(self, rows: Sequence[QueuedJob]) -> None:
        """These jobs were queued or given back, or it is their turn."""
        for row in rows:
            self._bell(lane_queue(row.lane)).add(_job_ring(row))

    async def again(self, webhooks: Sequence[OpenWebhook], jobs: Sequence[QueuedJob]) -> None:
        """
        Ring for rows that seem forgotten. One such ring of a row waits at a time, however long the queue is.

        :raises RedisError, OSError: Valkey is away.
        """
        rings: dict[str, list[dict[str, Any]]] = {WEBHOOK_QUEUE: [_webhook_ring(row) for row in webhooks]}
        for row in jobs:
            rings.setdefault(lane_queue(row.lane), []).append(_job_ring(row))
        for queue, waiting in rings.items():
            for ring in waiting:
                (number,) = ring["data"].values()
                ring["opts"]["deduplication"] = {"id": f"overdue-{number}"}
            if waiting:
                await self._queue(queue).addBulk(waiting)

    async def close(self) -> None:
        """Ring what is still to be rung, then let go of Valkey."""
        for bell in self._bells.values():
            await bell.close()
        await self._redis.aclose()

    def _queue(self, name: str) -> Queue:
        if name not in self._queues:
            self._queues[name] = Queue(name, {"connection": self._redis, "defaultJobOptions": JOB_OPTIONS})
        return self._queues[name]

    def _bell(self, queue: str) -> Batcher[dict[str, Any], None]:
        if queue not in self._bells:

            async def ring(rings: Sequence[dict[str, Any]]) -> Sequence[None]:
                if time.monotonic() >= self._silent_until:
                    await self._ring(queue, list(rings))
                return [None] * len(rings)

            self._bells[queue] = Batcher(ring, most=100)
        return self._bells[queue]

    async def _ring(self, queue: str, rings: list[dict[str, Any]]) -> None:
        try:
            await self._queue(queue).addBulk(rings)
            self._away = False
        except Exception as error:
            self._silent_until = time.monotonic() + _SILENCE_S
            if not self._away:
                self._away = True
                log.warning("bullmq.not_rung", queue=queue, rings=len(rings), error=str(error)[:200])


def _webhook_ring(row: OpenWebhook) -> dict[str, Any]:
    # BullMQ takes jobs without a priority first, so bodies that only carry statuses come after those with messages.
    opts = {**_delayed(row.delay), **({"priority": row.lane} if row.lane else {})}
    return {"name": WEBHOOK_JOB, "data": {"webhook_id": row.id}, "opts": opts}


def _job_ring(row: QueuedJob) -> dict[str, Any]:
    return {"name": row.kind, "data": {"job_id": row.id}, "opts": _delayed(row.delay)}


def _delayed(seconds: float) -> dict[str, Any]:
    # A little late rather than early: before its time a row is not to be had.
    return {"delay": math.ceil(seconds * 1000) + 2} if seconds > 0 else {}


def connect(redis_url: str, *, connections: int, timeout_s: float) -> "Redis":
    """
    A client of our own for BullMQ.

    The one it would make retries in silence for minutes, and its five-second wait for jobs meets redis-py's own
    five-second time-out.
    """
    pool = BlockingConnectionPool.from_url(
        redis_url,
        max_connections=connections,
        timeout=timeout_s,
        decode_responses=True,
        socket_timeout=timeout_s,
        socket_connect_timeout=2,
        retry=Retry(NoBackoff(), 1),
    )
    return Redis.from_pool(pool)
