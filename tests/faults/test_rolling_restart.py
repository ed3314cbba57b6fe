"""A rolling restart under load: every server and worker is told to stop in turn, and nobody notices."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from trial import LONG, Trial, a_trial, report

if TYPE_CHECKING:
    from conftest import EmbeddedServers

ROUNDS = 10 if LONG else 1

pytestmark = [pytest.mark.faults, pytest.mark.timeout(ROUNDS * 60 + 300)]


async def test_a_rolling_restart_loses_nothing_doubles_nothing_and_leaves_nothing_half_done(
    embedded_servers: EmbeddedServers,
) -> None:
    async with a_trial(embedded_servers) as trial:
        # Slow answers of Meta, so that something is always on its way when a worker is told to stop.
        rule = {"match": {"kind": "messages"}, "do": {"delay_ms": 400}}
        async with trial.crowd.http.post(f"{trial.plant.graph_url}/_twin/misbehave", json=rule) as answer:
            assert answer.status == 201
        async with trial.crowd.writing():
            await asyncio.sleep(2)
            stops = await _restart_in_turn(trial)
        verdict = await trial.verdict()
        async with trial.house.db.system("test: look for jobs that were dropped") as tx:
            dropped = await tx.rows(
                "select kind from app.finished_jobs where last_error = 'its worker stopped answering'"
            )
    slowest = max(took for _, took in stops)
    verdict.none("jobs whose worker stopped without ending or giving them back", dropped, len(trial.crowd.acknowledged))
    verdict.none("messages that became unconfirmed", [None] * verdict.once_unconfirmed, len(trial.crowd.acknowledged))
    report(verdict, f"rolling restart: {len(stops)} stopped, the slowest in {slowest:.1f} s")


async def _restart_in_turn(trial: Trial) -> list[tuple[str, float]]:
    """First one half of the installation, then the other, each ready again before the next one goes."""
    stops: list[tuple[str, float]] = []
    for _ in range(ROUNDS):
        for half in (("worker-1", "serve-1"), ("worker-2", "serve-2")):
            took = await asyncio.gather(*(trial.plant.stop_gently(who) for who in half))
            stops += zip(half, took, strict=True)
            await asyncio.gather(*(trial.plant.start(who) for who in half))
            await asyncio.sleep(1)
    return stops
