"""The doorbell for open pages, through Valkey: a channel per business for changes, and one for who is where."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from uuid import UUID

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from wacloud.shared.application.live import Change, Here
from wacloud.shared.domain.ids import BusinessId

log = structlog.get_logger(__name__)

CHANNEL = "live:"
HERE_CHANNEL = "here:"
_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
_SILENCE_S = 15.0
# Beyond this, pages are told to look again rather than what to look at.
_MOST_IDS = 500


class ValkeyAnnouncer:
    """
    Publishes changes in the background: what is announced while a publish is under way goes into the next one.

    A Valkey that is away loses announcements, never the caller's work; pages look again when it is back.
    """

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._waiting: dict[BusinessId, set[UUID]] = {}
        self._sending: asyncio.Task[None] | None = None

    def announce(self, changes: Iterable[Change]) -> None:
        """Send soon, in the background; never raises and never waits."""
        for change in changes:
            ids = self._waiting.setdefault(change.business_id, set())
            if len(ids) < _MOST_IDS:
                ids.add(change.conversation_id)
        if self._waiting and (self._sending is None or self._sending.done()):
            self._sending = asyncio.get_running_loop().create_task(self._send(), name="announce-changes")

    async def say_here(self, here: Here) -> None:
        """Who is at a conversation, at once; lost where Valkey is away."""
        try:
            await self._redis.publish(f"{HERE_CHANNEL}{here.business_id}", msgspec.json.encode(here))
        except (RedisError, OSError, TimeoutError) as error:
            log.info("here_not_said", error=type(error).__name__)

    async def drained(self) -> None:
        """Wait until all that was announced has been sent or lost."""
        while self._sending is not None and not self._sending.done():
            await asyncio.shield(self._sending)

    async def _send(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, {}
            try:
                pipeline = self._redis.pipeline(transaction=False)
                for business_id, ids in waiting.items():
                    pipeline.publish(f"{CHANNEL}{business_id}", ",".join(id_.hex for id_ in ids))
                await pipeline.execute()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("changes_not_announced", businesses=len(waiting), error=str(error))


class ValkeyChanges:
    """All changes of all businesses: one subscription per process, which comes back by itself."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url

    async def listen(self) -> AsyncIterator[Change | Here | None]:
        """
        All there is to hear, for ever. None comes whenever listening starts: before it, anything may have changed.
        """
        pause = _PAUSE_S
        while True:
            try:
                async for change in self._connected():
                    pause = _PAUSE_S
                    yield change
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("live_changes_lost", error=str(error), again_in_s=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _connected(self) -> AsyncIterator[Change | Here | None]:
        redis = Redis.from_url(self._url, socket_connect_timeout=2, decode_responses=True)
        subscription = redis.pubsub()
        try:
            # Changes last: once that is confirmed, both are heard.
            await subscription.psubscribe(f"{HERE_CHANNEL}*")
            await subscription.psubscribe(f"{CHANNEL}*")
            while True:
                # The ping finds out about a connection that died without saying so.
                message = await subscription.get_message(timeout=_SILENCE_S)
                if message is None:
                    await subscription.ping()
                elif message["type"] == "psubscribe" and message["channel"] == f"{CHANNEL}*":
                    yield None
                elif message["type"] == "pmessage":
                    for told in _read(message["channel"], message["data"]):
                        yield told
        finally:
            with suppress(RedisError, OSError, TimeoutError):
                await subscription.aclose()  # type: ignore[no-untyped-call]
            with suppress(RedisError, OSError, TimeoutError):
                await redis.aclose()


def _read(channel: str, data: str) -> list[Change | Here]:
    try:
        if channel.startswith(HERE_CHANNEL):
            return [msgspec.json.decode(data, type=Here)]
        business_id = BusinessId(UUID(channel.removeprefix(CHANNEL)))
        return [Change(business_id, UUID(id_)) for id_ in data.split(",") if id_]
    except (ValueError, msgspec.MsgspecError):
        log.warning("live_change_unreadable", channel=channel[:80])
        return []
