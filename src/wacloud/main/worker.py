"""`wacloud worker`: drains the webhooks, runs the jobs, keeps the clock."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from wacloud.main.evaluation import evaluation_deps
from wacloud.main.garbage import let_garbage_wait
from wacloud.main.settings import Settings
from wacloud.main.wiring import House, Swaps, open_house
from wacloud.modules.bot.ui.jobs import BOT_SCHEDULES, bot_jobs
from wacloud.modules.bot.ui.knowledge_jobs import KNOWLEDGE_SCHEDULES, knowledge_jobs
from wacloud.modules.business.ui.jobs import BUSINESS_SCHEDULES, business_jobs
from wacloud.modules.notification.application.accept_report import PROVIDER as RESEND
from wacloud.modules.notification.ui.jobs import NOTIFICATION_SCHEDULES, notification_jobs, process_reports
from wacloud.modules.whatsapp.application.accept_webhook import PROVIDER
from wacloud.modules.whatsapp.infra.word_index import PostgresWordIndex
from wacloud.modules.whatsapp.ui.checkup_jobs import CHECKUP_SCHEDULES, checkup_jobs
from wacloud.modules.whatsapp.ui.jobs import WHATSAPP_SCHEDULES, process_webhooks, whatsapp_jobs
from wacloud.modules.whatsapp.ui.people_jobs import people_jobs
from wacloud.modules.whatsapp.ui.template_jobs import TEMPLATE_SCHEDULES, template_jobs
from wacloud.shared.application.clock import system_clock
from wacloud.shared.application.jobs import Job, JobKind, Lane, one_by_one
from wacloud.shared.application.webhooks import WEBHOOK_LANES, Processed, StoredWebhook
from wacloud.shared.infra.bell import listen
from wacloud.shared.infra.database_clock import DatabaseClock
from wacloud.shared.infra.job_runner import JobRunner, Places
from wacloud.shared.infra.jobs import PostgresJobs
from wacloud.shared.infra.new_jobs import LEASE_S
from wacloud.shared.infra.webhook_runner import WebhookRunner

if TYPE_CHECKING:
    from wacloud.shared.infra.dispatch_bullmq import BullMqDispatch

log = structlog.get_logger()

PARTITIONS = "main.make_partitions"
STATISTICS = "main.refresh_statistics"
REQUESTS = "main.forget_requests"
SCHEDULES = {
    PARTITIONS: timedelta(hours=6),
    STATISTICS: timedelta(seconds=10),
    REQUESTS: timedelta(hours=1),
    **WHATSAPP_SCHEDULES,
    **TEMPLATE_SCHEDULES,
    **CHECKUP_SCHEDULES,
    **BOT_SCHEDULES,
    **KNOWLEDGE_SCHEDULES,
    **NOTIFICATION_SCHEDULES,
    **BUSINESS_SCHEDULES,
}


class Worker:
    """One worker process over a connected house; several may run side by side."""

    def __init__(self, house: House) -> None:
        settings = house.settings
        self._house = house
        self._jobs = PostgresJobs(house.db, f"{socket.gethostname()}:{os.getpid()}")
        self.kinds: Sequence[JobKind] = [
            *whatsapp_jobs(house.whatsapp, PostgresWordIndex()),
            *people_jobs(house.people),
            *template_jobs(house.message_templates),
            *checkup_jobs(house.checkups),
            *bot_jobs(house.bot, house.knowledge, evaluation_deps(house)),
            *knowledge_jobs(house.sources, house.board),
            *notification_jobs(house.notification),
            *business_jobs(house.business),
            JobKind(PARTITIONS, Lane.HOUSEKEEPING, one_by_one(self._make_partitions)),
            JobKind(STATISTICS, Lane.HOUSEKEEPING, one_by_one(self._refresh_statistics)),
            JobKind(REQUESTS, Lane.HOUSEKEEPING, one_by_one(self._forget_requests)),
        ]
        self.lane_of = {kind.name: kind.lane for kind in self.kinds}
        lanes: dict[str, Places] = {
            Lane.TURNS: Places(settings.worker_turns_at_once, 100),
            Lane.SENDING: Places(settings.worker_sends_at_once, 100),
            Lane.CAMPAIGNS: Places(settings.worker_campaigns_at_once, 100, least=50),
            Lane.MAIL: Places(10, 10),
            Lane.MEDIA: Places(settings.worker_files_at_once, settings.worker_files_at_once),
            Lane.HOUSEKEEPING: Places(4, 4),
        }
        named = house.rings is not None  # BullMQ names what is to be done; nothing is claimed besides
        self.runner = JobRunner(self._jobs, self.kinds, {} if named else lanes)
        if not named:
            house.db.taker = self.runner

        async def understand(webhooks: Sequence[StoredWebhook], wait: bool) -> Sequence[Processed]:
            return await process_webhooks(house.whatsapp, webhooks, wait)

        async def read_reports(webhooks: Sequence[StoredWebhook], wait: bool) -> Sequence[Processed]:
            return await process_reports(house.notification, webhooks)

        processors = {PROVIDER: understand, RESEND: read_reports}

        def stored_live(came_at: datetime) -> None:
            house.whatsapp.answers_first.note((house.clock() - came_at).total_seconds())

        self.webhooks = WebhookRunner(
            house.webhook_inbox, processors, () if named else WEBHOOK_LANES, stored_live=stored_live
        )
        self._bullmq = self._open_bullmq(lanes)

    async def run(self) -> None:
        """Work until `stop`; then finish what is running and give nothing up half-way."""
        helpers = [asyncio.create_task(self._clock(), name="clock")]
        if self._bullmq is None:
            dsn = self._house.settings.database_listen_url or self._house.settings.database_url
            helpers.append(asyncio.create_task(listen(dsn, self.webhooks.wake, self._wake), name="bell"))
        try:
            await asyncio.gather(self.webhooks.run(), self.runner.run(), self._run_bullmq())
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    def stop(self) -> None:
        """Begin to stop."""
        if self._bullmq is not None:
            self._bullmq.stop()
        else:
            self._stop_runners()

    def _stop_runners(self) -> None:
        self.webhooks.stop()
        self.runner.stop()

    def _open_bullmq(self, lanes: Mapping[str, Places]) -> "BullMqDispatch | None":
        house = self._house
        if house.rings is None:
            return None
        from wacloud.shared.infra.dispatch_bullmq import BullMqDispatch  # noqa: PLC0415 - BullMQ is an extra

        return BullMqDispatch(
            house.settings.redis_url, house.rings, house.webhook_inbox, self.webhooks, self._jobs, self.runner, lanes
        )

    async def _run_bullmq(self) -> None:
        if self._bullmq is not None:
            try:
                await self._bullmq.run()
            finally:
                # They keep the leases until everything fetched has ended.
                self._stop_runners()

    def _wake(self, lane: str) -> None:
        for one in Lane if lane == "*" else (lane,):
            self.runner.wake(one)

    async def _clock(self) -> None:
        """Queue what is due, give back what dead workers held. Any number of workers may do this at once."""
        scheduled = False
        careful_until = 0.0
        while True:
            try:
                if not scheduled:
                    await self._jobs.set_schedules(SCHEDULES)
                    scheduled = True
                await self._jobs.queue_due(self.lane_of)
                # While the database was away nobody could renew a lease: the living get the time to do so.
                reaped = await self._jobs.reap() if time.monotonic() > careful_until else 0
                if reaped:
                    log.warning("jobs.given_back", jobs=reaped)
                    self._wake("*")
                await self._house.webhook_inbox.give_up_on_killers()
            except Exception as error:
                careful_until = time.monotonic() + LEASE_S / 2
                log.warning("clock.missed", error=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(1)

    async def _refresh_statistics(self, _: Job) -> None:
        async with self._house.db.system("analyze what has grown") as tx:
            await tx.rows("select private.analyze_grown()")

    async def _forget_requests(self, _: Job) -> None:
        await self._house.idempotency.forget_old()

    async def _make_partitions(self, _: Job) -> None:
        async with self._house.db.system("make partitions") as tx:
            made = [row[0] for row in await tx.rows("select private.ensure_partitions()")]
            dropped = [row[0] for row in await tx.rows("select private.drop_old_partitions()")]
        if made or dropped:
            log.info("partitions", made=made, dropped=dropped)


async def work(settings: Settings, swaps: Swaps | None = None) -> None:
    """Run one worker until SIGTERM or Ctrl-C."""
    swaps = swaps or Swaps()
    clock = DatabaseClock(swaps.clock or system_clock)
    async with open_house(settings, replace(swaps, clock=clock)) as house, clock.kept_by(house.db):
        worker = Worker(house)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        log.info("worker.started", env=settings.app_env)
        # The first vector takes a second or more: better now than in front of a customer.
        await house.knowledge.embedder.embed(["hola"])
        let_garbage_wait()
        print("worker ready", flush=True)
        await worker.run()
        log.info("worker.stopped")
