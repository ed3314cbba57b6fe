"""A rolling restart under load: every server and worker is told to stop in turn, and nobody notices."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from trial import Trial, a_trial, report, seconds

if TYPE_CHECKING:
    from conftest import EmbeddedServers

SECONDS = seconds(16, 120)
STOPS_WITHIN = 10.0  # what supervisors give a process before they kill it

pytestmark = [pytest.mark.faults, pytest.mark.timeout(SECONDS * 2 + 300)]


async def test_a_rolling_restart_loses_nothing_doubles_nothing_and_leaves_nothing_half_done(
    embedded_servers: EmbeddedServers,
) -> None:
    async with a_trial(embedded_servers) as trial:
        # Slow answers of Meta, so that something is always on its way when a worker is told to stop.
        rule = {"match": {"kind": "messages"}, "do": {"delay_ms": 400}}
        async with trial.crowd.http.post(f"{trial.plant.graph_url}/_twin/misbehave", json=rule) as answer:
            assert answer.status == 201
        writing = asyncio.create_task(trial.crowd.write(SECONDS))
        stops = await _restart_in_turn(trial, writing)
        await writing
        verdict = await trial.verdict()
        async with trial.house.db.system("test: look for jobs that were dropped") as tx:
            dropped = await tx.rows(
                "select kind from app.finished_jobs where attempts > 1 or last_error like '%%stopped answering%%'"
            )
    slowest = max(took for _, took in stops)
    verdict.none("jobs whose worker stopped without ending or giving them back", dropped, len(trial.crowd.acknowledged))
    verdict.none("messages that became unconfirmed", [None] * verdict.once_unconfirmed, len(trial.crowd.acknowledged))
    verdict.none("processes that had to be killed", [who for who, took in stops if took > STOPS_WITHIN], len(stops))
    report(verdict, f"rolling restart: {len(stops)} stopped, the slowest in {slowest:.1f} s")


async def _restart_in_turn(trial: Trial, until: asyncio.Task[None]) -> list[tuple[str, float]]:
    """Round and round, one at a time, each ready before the next goes; at least one whole round."""
    stops: list[tuple[str, float]] = []
    names = ("worker-1", "serve-1", "worker-2", "serve-2")
    while not until.done() or len(stops) < len(names):
        who = names[len(stops) % len(names)]
        stops.append((who, await trial.plant.stop_gently(who)))
        await trial.plant.start(who)
    return stops
