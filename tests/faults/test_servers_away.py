"""Valkey or PostgreSQL is away for a while: what still works, what is refused and how, and that it comes back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import psycopg
import pytest
from trial import SETTLES_WITHIN, Trial, a_trial, report, seconds
from verdict import settled

if TYPE_CHECKING:
    from conftest import EmbeddedServers

AWAY_S = seconds(5, 60)
# Meta asks for an answer well under five seconds.
REFUSED_WITHIN = 20.0  # a machine shared with others may be slow; without a bound it would be for ever

pytestmark = [pytest.mark.faults, pytest.mark.timeout(AWAY_S * 4 + 300)]


async def test_without_a_server_nothing_is_lost_and_all_comes_back_by_itself(
    embedded_servers: EmbeddedServers,
) -> None:
    async with a_trial(embedded_servers, serves=1, workers=2, rate=30) as trial:
        without_valkey = await _without_valkey(trial)
        back_in = await _without_postgresql(trial)
        verdict = await trial.verdict()
        bells = await asyncio.to_thread(_listening, embedded_servers.database.admin_dsn)
        assert await _status(trial, "/readyz") == 200
    crowd = trial.crowd
    verdict.none("webhooks refused without Valkey", [None] * without_valkey[0], without_valkey[1])
    slow = [f"{k}: {s:.1f} s" for k, s in crowd.slowest.items() if k != "200" and s > REFUSED_WITHIN]
    verdict.none(f"kinds of refusal that took more than {REFUSED_WITHIN:.0f} s", slow, len(crowd.slowest))
    verdict.none("answers other than 200 and 503", sorted(set(crowd.answers) - {"200", "503"}), crowd.answers.total())
    verdict.none("503 without Retry-After", [None] * crowd.without_retry_after, crowd.answers["503"])
    verdict.tell(f"first acknowledgement {back_in:.2f} s after PostgreSQL was back, {bells} of 2 workers listen again")
    report(verdict, f"Valkey away, then PostgreSQL for {AWAY_S:.0f} s")
    assert bells == len(("worker-1", "worker-2"))


async def _without_valkey(trial: Trial) -> tuple[int, int]:
    """Everything is answered and sent all the same; how many webhooks were refused, of how many."""
    trial.plant.kill("valkey")
    await trial.crowd.write(4)
    await trial.crowd.everything_delivered(30)
    await settled(trial.house, trial.plant, trial.crowd.http, trial.crowd.shops, SETTLES_WITHIN)
    answers = trial.crowd.answers
    await trial.plant.start("valkey")
    return answers.total() - answers["200"], answers.total()


async def _without_postgresql(trial: Trial) -> float:
    """Nothing is accepted, and that is said; how long after its return the first webhook was accepted."""
    loop = asyncio.get_running_loop()
    crowd = trial.crowd
    async with crowd.writing():
        await asyncio.sleep(2)
        trial.plant.kill("postgres")
        await asyncio.sleep(1)  # what was committed before may be answered still
        gone_at = loop.time()
        await asyncio.sleep(AWAY_S)
        assert await _status(trial, "/readyz") == 503
        assert await _status(trial, "/healthz") == 200
        assert not [at for at in crowd.acks_at if at > gone_at], "a webhook was accepted without a database"
        await trial.plant.start("postgres")
        back_at = loop.time()
        await asyncio.sleep(5)
    accepted = [at for at in crowd.acks_at if at > gone_at]
    assert accepted, "nothing was accepted for 5 s after PostgreSQL came back"
    return accepted[0] - back_at


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
