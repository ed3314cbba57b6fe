"""Two workers whose clocks are ten minutes off: nothing runs early, late or twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from trial import a_trial, report, seconds

from wacloud.modules.whatsapp.ui.jobs import SETTLE_UNMATCHED
from wacloud.shared.application.jobs import Lane, NewJob

if TYPE_CHECKING:
    from conftest import EmbeddedServers

SECONDS = seconds(8, 120)
OFF = (600.0, -600.0)
DELAYS_S = (1.0, 3.0, 6.0)
LATE_S = 10.0

pytestmark = [pytest.mark.faults, pytest.mark.timeout(SECONDS * 2 + 300)]


async def test_clocks_ten_minutes_off_make_nothing_early_late_or_double(embedded_servers: EmbeddedServers) -> None:
    async with a_trial(embedded_servers, serves=1, workers=1, skewed=OFF, rate=25) as trial:
        async with trial.house.db.system("test: queue delayed jobs") as tx:
            tx.queue(
                *(
                    NewJob(
                        kind=SETTLE_UNMATCHED,
                        lane=Lane.HOUSEKEEPING,
                        payload={"delay": delay},
                        delay=timedelta(seconds=delay),
                    )
                    for delay in DELAYS_S
                )
            )
        await trial.crowd.write(SECONDS)
        verdict = await trial.verdict()
        async with trial.house.db.system("test: look at jobs") as tx:
            jobs = await tx.rows(
                "select kind, (payload ->> 'delay')::float8 as delay, "
                "extract(epoch from finished_at - created_at)::float8 as took from app.finished_jobs"
            )
            crons = await tx.row(
                "select count(*) as n, extract(epoch from max(created_at) - min(created_at))::float8 as span "
                "from app.finished_jobs where kind = %s and payload ->> 'delay' is null",
                (SETTLE_UNMATCHED,),
            )
        async with trial.house.db.tenant(*(shop.business_id for shop in trial.crowd.shops), read_only=True) as tx:
            dates = await tx.rows("select id from app.messages where abs(extract(epoch from created_at - now())) > 300")
    delayed = [job for job in jobs if job.delay is not None]
    verdict.none("delayed jobs that ran early", [j for j in delayed if j.took < j.delay], len(delayed))
    late = [j for j in jobs if j.took > (j.delay or 0.0) + LATE_S]
    verdict.none("jobs that ran late", late, len(jobs))
    verdict.none("delayed jobs that ran twice or never", [None] * abs(len(delayed) - len(DELAYS_S)), len(DELAYS_S))
    assert crons is not None
    verdict.none("rounds of the clock too many", [None] * max(0, crons.n - 1 - int(crons.span / 10 + 0.5)), crons.n)
    verdict.none("messages with a date far from the database's", dates, len(trial.crowd.acknowledged))
    report(verdict, f"two of three workers {OFF[0]:.0f} s off")
