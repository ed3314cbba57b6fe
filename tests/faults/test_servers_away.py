"""Valkey or PostgreSQL is away for a while: what still works, what is refused and how, and that it comes back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import psycopg
import pytest
from trial import Trial, a_trial, report, seconds

if TYPE_CHECKING:
    from conftest import EmbeddedServers

AWAY_S = seconds(9, 60)
# Meta asks for an answer well under five seconds.
REFUSED_WITHIN = 5.0

pytestmark = [pytest.mark.faults, pytest.mark.timeout(AWAY_S * 4 + 300)]


async def test_without_valkey_everything_is_still_answered_and_a_flush_loses_nothing(
    embedded_servers: EmbeddedServers,
) -> None:
    async with a_trial(embedded_servers, serves=1, workers=1, rate=20) as trial:
        trial.plant.kill("valkey")
        await trial.crowd.write(AWAY_S / 2)
        verdict = await trial.verdict()
        refused = trial.crowd.answers.total() - trial.crowd.answers["200"]
        verdict.none("webhooks refused", [None] * refused, trial.crowd.answers.total())
        await trial.plant.start("valkey")
    report(verdict, "Valkey away from beginning to end")


async def test_without_postgresql_webhooks_are_refused_at_once_and_all_comes_back_by_itself(
    embedded_servers: EmbeddedServers,
) -> None:
    async with a_trial(embedded_servers, serves=1, workers=2, rate=30) as trial:
        loop = asyncio.get_running_loop()
        writing = asyncio.create_task(trial.crowd.write(AWAY_S + 6))
        await asyncio.sleep(3)
        trial.plant.kill("postgres")
        trial.crowd.acks_at.clear()
        await asyncio.sleep(AWAY_S)
        assert await _status(trial, "/readyz") == 503
        assert await _status(trial, "/healthz") == 200
        assert not trial.crowd.acks_at
        await trial.plant.start("postgres")
        back_at = loop.time()
        await writing
        verdict = await trial.verdict()
        bells = await asyncio.to_thread(_listening, embedded_servers.database.admin_dsn)
        assert await _status(trial, "/readyz") == 200
    crowd = trial.crowd
    slow = [f"{k}: {s:.1f} s" for k, s in crowd.slowest.items() if k != "200" and s > REFUSED_WITHIN]
    verdict.none("kinds of refusal that took too long", slow, len(crowd.slowest))
    verdict.none("answers other than 200 and 503", sorted(set(crowd.answers) - {"200", "503"}), crowd.answers.total())
    verdict.none("503 without Retry-After", [None] * crowd.without_retry_after, crowd.answers["503"])
    report(
        verdict,
        f"PostgreSQL away for {AWAY_S:.0f} s",
        f"  first acknowledgement {crowd.acks_at[0] - back_at:.2f} s after it was back",
    )
    assert bells == len(("worker-1", "worker-2"))


async def _status(trial: Trial, path: str) -> int:
    async with trial.crowd.http.get(f"{trial.plant.serve_urls[0]}{path}") as answer:
        await answer.read()
        return answer.status


def _listening(admin_dsn: str) -> int:
    """How many workers hear PostgreSQL's NOTIFY again."""
    with psycopg.connect(admin_dsn) as owner:
        row = owner.execute("select count(*) from pg_stat_activity where application_name = 'wacloud-bell'").fetchone()
    assert row is not None
    return int(row[0])
