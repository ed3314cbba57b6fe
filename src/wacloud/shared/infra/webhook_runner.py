"""Drains the webhook inbox in batches: claim, hand to whoever understands the provider, settle."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import structlog

from wacloud.shared.application.db import StoreAway
from wacloud.shared.application.webhooks import LIVE_LANE, QUIET_LANE, WEBHOOK_LANES, Processed, StoredWebhook
from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.infra.webhook_inbox import LEASE_S, PostgresWebhookInbox

log = structlog.get_logger()

# With `wait` it waits for whoever is writing for the same business; without, it says that they are busy.
Process = Callable[[Sequence[StoredWebhook], bool], Awaitable[Sequence[Processed]]]
POLL_S = 1.0
BATCH = 600
RETRY_EVERY_S = 1.0
# Claims of a lane keep this distance: what comes meanwhile goes together. The first after a pause waits for nobody. A
# person waits for the live lane; ticks and account news cost a third of the work when a tenth of a second of them is
# stored at once.
GATHER_S: Mapping[int, float] = {LIVE_LANE: 0.008, QUIET_LANE: 0.1}
# Where very much of it comes, as during a campaign, somewhat longer: then a message's ticks come together more often,
# and each of them that does is a row less to write.
GATHER_MUCH_S: Mapping[int, float] = {LIVE_LANE: 0.008, QUIET_LANE: 0.4}
MUCH = 60
AWAY = timedelta(seconds=1)  # until what the database could not take is tried again
BUSY = timedelta(milliseconds=50)  # until what found no place in the queue behind another worker is tried again
MOST_BEHIND = 4  # businesses whose turn we wait for at once: each of them holds a connection
GRACE_S = 6.0  # for what is being processed when we are told to stop


class WebhookRunner:
    """
    Works until it is stopped, one loop a lane; `wake` is the doorbell. Without lanes it processes what it is told to.

    More loops for a lane would only wait for each other: a business's batches are written in turn. Where another worker
    is writing one, what comes for that business waits behind it, in order; all others go on.

    `stored_live` hears when the oldest of what was stored just now had come, where somebody waits for it.
    """

    def __init__(
        self,
        inbox: PostgresWebhookInbox,
        processors: Mapping[str, Process],
        lanes: Sequence[int] = WEBHOOK_LANES,
        stored_live: Callable[[datetime], None] = lambda _: None,
    ) -> None:
        self._inbox = inbox
        self._stored_live = stored_live
        self._processors = processors
        self._bells = {str(lane): asyncio.Event() for lane in lanes}
        self._stop = asyncio.Event()
        self._claimed: dict[int, StoredWebhook] = {}
        self._settling: set[asyncio.Task[None]] = set()
        self._behind: dict[BusinessId | None, list[StoredWebhook]] = {}
        self._retry_at = 0.0
        self.processed = 0

    def wake(self, lane: str) -> None:
        """Something was accepted; "*" is every lane."""
        for name, bell in self._bells.items():
            if lane in (name, "*"):
                bell.set()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is claimed is settled."""
        self._stop.set()
        self.wake("*")

    async def run(self) -> None:
        """Until stopped."""
        keeper = asyncio.create_task(self._keep_leases(), name="webhook leases")
        loops = [asyncio.create_task(self._loop(int(lane)), name=f"webhooks {lane}") for lane in self._bells]
        try:
            await self._stop.wait()
            if loops:
                await asyncio.wait(loops, timeout=GRACE_S)
            if self._settling:
                await asyncio.wait(self._settling, timeout=GRACE_S)
        finally:
            # What has not ended by then is claimed by others when its lease runs out.
            for task in (keeper, *loops):
                task.cancel()
            await asyncio.gather(keeper, *loops, return_exceptions=True)

    async def process_these(self, ids: Sequence[int]) -> Sequence[bool]:
        """Process exactly these, for a dispatcher that names them; says for each whether it was there to process."""
        claimed = await self._inbox.claim_these(ids)
        if claimed:
            await (await self._process(claimed))
        here = {webhook.id for webhook in claimed}
        return [id_ in here for id_ in ids]

    async def _loop(self, lane: int) -> None:
        bell = self._bells[str(lane)]
        claimed_at, last = 0.0, 0
        while not self._stop.is_set():
            # A batch that was full left something behind.
            gather = 0.0 if last >= BATCH else (GATHER_MUCH_S if last >= MUCH else GATHER_S)[lane]
            await asyncio.sleep(max(claimed_at + gather - monotonic(), 0))
            claimed_at = monotonic()
            bell.clear()
            if self._stop.is_set():
                break
            try:
                claimed = await self._claim(lane)
                last = len(claimed)
                if claimed:
                    await self._process(claimed)
                    came_at = [webhook.received_at for webhook in claimed if webhook.attempt == 1]
                    if came_at and lane == LIVE_LANE:
                        self._stored_live(min(came_at))
                    continue
            except Exception as error:
                # Whatever it was, the leases run out and the webhooks are claimed again.
                log.warning("webhooks.batch_failed", error=f"{type(error).__name__}: {error}"[:500])
                await asyncio.sleep(POLL_S)
                continue
            try:
                async with asyncio.timeout(POLL_S):
                    await bell.wait()
            except TimeoutError:
                continue

    async def _claim(self, lane: int) -> Sequence[StoredWebhook]:
        """New ones; now and then first those that were tried before, or a steady stream would keep them waiting."""
        now = monotonic()
        if now >= self._retry_at:
            self._retry_at = now + RETRY_EVERY_S
            if retried := await self._inbox.claim_retried():
                return retried
        return await self._inbox.claim(BATCH, [lane])

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(LEASE_S / 4)
            try:
                if self._claimed:
                    await self._inbox.renew(list(self._claimed.values()))
            except Exception as error:
                log.warning("webhooks.renew_failed", error=f"{type(error).__name__}: {error}"[:300])

    async def _process(self, claimed: Sequence[StoredWebhook]) -> "asyncio.Task[None]":
        """Understand and store a batch; its results are written while the next batch is claimed."""
        self._claimed.update({webhook.id: webhook for webhook in claimed})
        mine = [webhook for webhook in claimed if not self._waits_behind(webhook)]
        try:
            results = await self._understand(mine)
        except StoreAway:
            await self._give_back(mine, AWAY)
            raise
        except BaseException:
            self._forget(mine)
            raise
        left_over = self._queue_behind([result.webhook for result in results if result.busy])
        settled = [result for result in results if not result.busy]
        return self._in_background(self._settle(settled, left_over))

    def _in_background(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work, name="webhooks")
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
        return task

    def _waits_behind(self, webhook: StoredWebhook) -> bool:
        """Whether it has to wait behind earlier ones of its business, and does so now."""
        queue = self._behind.get(webhook.business_id)
        if queue is None:
            return False
        queue.append(webhook)
        return True

    def _queue_behind(self, busy: Sequence[StoredWebhook]) -> list[StoredWebhook]:
        """Let these wait for whoever is writing for their business; returns those there is no place for."""
        left_over: list[StoredWebhook] = []
        for webhook in busy:
            if self._waits_behind(webhook):
                continue
            if len(self._behind) < MOST_BEHIND:
                self._behind[webhook.business_id] = [webhook]
                self._in_background(self._catch_up(webhook.business_id))
            else:
                left_over.append(webhook)
        return left_over

    async def _catch_up(self, business_id: BusinessId | None) -> None:
        """Store what waits for one business, until nothing does."""
        batch: list[StoredWebhook] = []
        try:
            while batch := self._behind[business_id]:
                self._behind[business_id] = []
                await self._settle(await self._understand(batch, wait=True), [])
        except Exception as error:
            log.warning("webhooks.catch_up_failed", error=f"{type(error).__name__}: {error}"[:500])
            await self._give_back([*batch, *self._behind[business_id]], AWAY)
        finally:
            del self._behind[business_id]

    async def _give_back(self, webhooks: Sequence[StoredWebhook], pause: timedelta) -> None:
        """It was not their fault. What cannot even be given back comes again with its lease."""
        with suppress(StoreAway):
            await self._inbox.give_back(webhooks, pause)
        self._forget(webhooks)

    async def _settle(self, settled: Sequence[Processed], left_over: Sequence[StoredWebhook]) -> None:
        try:
            if left_over:
                await self._give_back(left_over, BUSY)
                asyncio.get_running_loop().call_later(BUSY.total_seconds(), self.wake, "*")
            if settled:
                await self._inbox.settle(settled)
                self.processed += len(settled)
        except Exception as error:
            # Stored it is, and can stand a repeat: the leases run out and the webhooks are claimed again.
            log.warning("webhooks.settle_failed", error=f"{type(error).__name__}: {error}"[:500])
        finally:
            self._forget([result.webhook for result in settled])

    def _forget(self, claimed: Sequence[StoredWebhook]) -> None:
        for webhook in claimed:
            if self._claimed.get(webhook.id) is webhook:
                del self._claimed[webhook.id]

    async def _understand(self, claimed: Sequence[StoredWebhook], *, wait: bool = False) -> list[Processed]:
        by_provider: dict[str, list[StoredWebhook]] = defaultdict(list)
        for webhook in claimed:
            by_provider[webhook.provider].append(webhook)
        results: list[Processed] = []
        for provider, webhooks in by_provider.items():
            process = self._processors.get(provider)
            if process is None:
                results += [
                    Processed(webhook, error=f"nobody here understands {provider}", final=True) for webhook in webhooks
                ]
            else:
                results += await process(webhooks, wait)
        for result in results:
            if result.error:
                log.warning("webhook.failed", webhook=result.webhook.id, error=result.error[:300])
        return results
