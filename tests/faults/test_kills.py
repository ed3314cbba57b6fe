"""
Kill -9 under load: workers, servers, Valkey and PostgreSQL die at random moments, Meta stands still now and then.

Nothing that was acknowledged is lost and no reply goes out twice. `FAULTS_LONG=1` runs the long version;
`FAULTS_SECONDS`, `FAULTS_RATE` (bodies a second) and `FAULTS_SEED` set either.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from chaos import Chaos
from trial import LONG, SEED, a_trial, report, seconds

if TYPE_CHECKING:
    from conftest import EmbeddedServers

SECONDS = seconds(12, 600)
VICTIMS = ("postgres", "worker-1", "serve-1", "valkey", "worker-2", "flush", "serve-2", "meta")

pytestmark = [pytest.mark.faults, pytest.mark.timeout(SECONDS * 2 + 300)]


async def test_kill_9_of_anything_loses_nothing_and_answers_nobody_twice(embedded_servers: EmbeddedServers) -> None:
    async with a_trial(embedded_servers) as trial:
        chaos = Chaos(trial.plant, embedded_servers.redis_url, VICTIMS, random.Random(SEED), 8.0 if LONG else 2.0)
        async with trial.crowd.writing():
            await chaos.rage(SECONDS)
        verdict = await trial.verdict()
    falls = []
    for fall in chaos.falls:
        waited = next((at for at in trial.crowd.acks_at if at > fall.back_at), fall.back_at) - fall.back_at
        falls.append(f"  {fall.who:<9} down {fall.down_s:.1f} s; next acknowledgement {waited:.2f} s after it was back")
    report(verdict, f"kill -9: {trial.crowd.rate:.0f} bodies/s", *falls)
    assert {fall.who for fall in chaos.falls} >= {"postgres", "valkey", "worker-1", "serve-1"}
