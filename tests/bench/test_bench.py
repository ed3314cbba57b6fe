"""The measurements themselves: a tiny run of each has the whole report and every zero; speed is not looked at."""

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from wacloud.bench.bodies import Account, Mail, bsuid_of, marks_in
from wacloud.bench.figures import latency, median, ratio
from wacloud.bench.judge import judge
from wacloud.bench.load import Sent
from wacloud.bench.tables import show_ingest, show_search
from wacloud.bench.twin import Reply
from wacloud.modules.whatsapp.application.accept_webhook import WebhookKeys, check_signature
from wacloud.modules.whatsapp.domain.inbound import InboundMessage
from wacloud.modules.whatsapp.ui.meta_payload import parse_webhook
from wacloud.shared.application.clock import system_clock

ACCOUNTS = [Account("b1", "901", "701", "34910000001", "t1"), Account("b2", "902", "702", "34910000002", "t2")]
CONDITIONS = {"cpus", "load_before", "python", "embedded", "fsync", "synchronous_commit", "server_version"}
PERCENTILES = {"n", "p50", "p95", "p99", "max"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own account may enter too."""
    with tempfile.TemporaryDirectory(prefix="wacloud-bench-test-", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o711)
        yield Path(name)


def mail(*, rate: float = 10.0, conversations: int = 4) -> Mail:
    return Mail("s3cret", ACCOUNTS, conversations, 0, 1_000_000, 1_795_000_000, rate)


def bench(folder: Path, *arguments: str) -> dict[str, Any]:
    file = folder / "report.json"
    done = subprocess.run(
        [sys.executable, "-m", "wacloud", "bench", *arguments, "--json", str(file)],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [left.name for left in folder.iterdir()] == ["report.json"], "a run leaves its report and nothing else"
    report: dict[str, Any] = json.loads(file.read_text())
    assert report["conditions"].keys() >= CONDITIONS
    assert report["conditions"]["fsync"] == report["conditions"]["synchronous_commit"] == "on"
    return report


def test_ingest_measures_three_servers_and_finds_every_accepted_body_in_the_database(folder: Path):
    report = bench(folder, "ingest", "--seconds", "0.3", "--rounds", "1", "--rate", "50", "--connections", "8")
    assert set(report["servers"]) == {"batched", "none", "single"}
    for figures in report["servers"].values():
        assert figures["at_rate"].keys() == figures["saturated"].keys() == PERCENTILES
        assert figures["at_rate"]["n"] == 15
        assert figures["refused"] == 0
        assert figures["accepted"] > 15
    assert set(report["ratios"]) == {"batched_to_none", "batched_to_single", "single_to_none"}
    stored = report["stored"]
    assert stored["batched"]["lost"] == stored["single"]["lost"] == 0
    assert stored["batched"]["stored"] == report["servers"]["batched"]["accepted"]
    assert stored["none"]["stored"] == 0


def test_e2e_answers_every_message_once_in_order_and_sees_it_read(folder: Path):
    report = bench(
        folder, "e2e", "--rate", "10", "--seconds", "2", "--conversations", "10", "--businesses", "2", "--model-ms", "5"
    )
    zeros = dict(report["zeros"])
    assert zeros.pop("of") == report["sent"] == 20
    assert set(zeros.values()) == {0}, zeros
    assert report["reply"]["n"] == report["accept"]["n"] == 20
    assert {stage: figures["n"] for stage, figures in report["stages"].items()} == {
        "stored": 20,
        "answered": 20,
        "dispatching": 20,
    }
    assert set(report["cpu"]["seconds_per_1000_messages"]) == {
        *("serve", "worker", "postgres", "valkey", "twin", "load")
    }
    assert report["states"] == {"in answered": 20, "out read": 20 - report["merged"] // 2}
    assert report["drained_s"] is not None
    assert report["deliberate_wait_ms"] == 0


def test_send_measures_a_campaign_at_the_limit_beside_another_business(folder: Path):
    report = bench(folder, "send", "--numbers", "2", "--per-second", "10", "--seconds", "2", "--live-rate", "5")
    zeros = dict(report["zeros"])
    assert zeros.pop("of") == zeros.pop("posts") - sum(report["refused"].values()) == 2 * 10 * 8
    assert set(zeros.values()) == {0}, zeros
    assert report["allowed_per_second"] == 20
    # Never more than Meta allows; a poll a little late counts a little more.
    assert 0 < report["per_second"] <= 24
    live = dict(report["live_zeros"])
    assert live.pop("of") == report["live_beside"]["n"] == 40
    assert set(live.values()) == {0}, live


def test_api_reads_as_members_of_several_businesses_and_refuses_none(folder: Path):
    report = bench(folder, "api", "--seconds", "0.5", "--rate", "40", "--messages", "400", "--businesses", "2")
    assert set(report["routes"]) == {"/api/users/me", "/api/businesses", "all in turns"}
    for figures in report["routes"].values():
        assert figures.keys() >= PERCENTILES
        assert (figures["n"], figures["refused"]) == (20, 0)


def test_a_body_is_what_the_house_understands_and_carries_its_mark():
    sent = mail()
    check_signature(
        WebhookKeys([b"s3cret"], ""), sent.body(5), sent.request(5).split(b"X-Hub-Signature-256: ")[1][:71].decode()
    )
    assert 700 < len(sent.body(5)) < 1100
    (item,) = parse_webhook(sent.body(5), system_clock()).items
    assert isinstance(item, InboundMessage)
    assert marks_in(item.text or "") == [1_000_005]
    assert item.sender.wa_id == sent.wa_id(5)
    assert item.sender.bsuid == bsuid_of(sent.wa_id(5))
    assert item.phone_number_id == sent.account(5).phone_number_id


def test_the_same_message_is_the_same_bytes_and_a_conversation_stays_with_its_business():
    sent = mail()
    assert sent.body(3) == mail().body(3) != sent.body(7)
    assert sent.wa_id(3) == sent.wa_id(7)
    assert sent.account(3) == sent.account(7) != sent.account(4)


def reply(sent: Mail, at: float, *numbers: int) -> Reply:
    return Reply(sent.wa_id(numbers[0]), at, tuple(sent.first + n for n in numbers))


def test_the_judge_counts_each_message_of_a_shared_reply_from_its_own_time():
    sent = mail(conversations=1)
    verdict = judge(sent, Sent(started_at=100.0, sent=2), [reply(sent, 100.5, 0, 1)])
    assert verdict.latencies == pytest.approx([0.5, 0.4])
    assert (verdict.merged, verdict.lost, verdict.doubled, verdict.out_of_order) == (2, 0, 0, 0)


def test_the_judge_sees_what_is_lost_doubled_out_of_order_and_not_asked_for():
    sent = mail(conversations=2)
    replies = [reply(sent, 101.0, 2), reply(sent, 101.1, 0), reply(sent, 101.2, 2), reply(sent, 101.3, 40)]
    verdict = judge(sent, Sent(started_at=100.0, sent=4, refused={3: 503}), replies)
    assert (verdict.out_of_order, verdict.doubled, verdict.unasked) == (1, 1, 1)
    assert (verdict.lost, verdict.refused) == (1, 1)


def test_percentiles_are_latencies_somebody_had():
    figures = latency([n / 1000 for n in range(1, 101)])
    assert (figures.p50, figures.p95, figures.p99, figures.max) == (50, 95, 99, 100)
    assert latency([]).p99 is None
    assert median([3, 1, 2]) == 2
    assert ratio(1, 0) is None


def test_the_tables_cut_no_heading_on_a_narrow_screen():
    console = Console(width=80, record=True, file=io.StringIO())
    servers = ("batched", "none", "single")
    figures = {
        "per_second": 11000,
        "refused": 0,
        "at_rate": {"p50": 12.3, "p99": 123.4},
        "cpu_per_accept": {"serve_us": 75.0, "postgres_us": 120.0},
    }
    stored = {"stored": 120_000, "accepted": 120_000, "lost": 0}
    show_ingest(
        console,
        {
            "plan": {"connections": 64, "rate": 500.0},
            "body_bytes": 900,
            "servers": dict.fromkeys(servers, figures),
            "stored": dict.fromkeys(servers, stored),
            "ratios": {"batched_to_none": 0.6, "batched_to_single": 3.1},
            "conditions": {},
        },
    )
    step = {
        "plan": {"rate": 1000},
        "sustained": True,
        "reply": {"p50": 50.1, "p99": 1250.3},
        "drained_s": 0.4,
        "cpu": {"share_of_a_core": {"worker": 0.9, "serve": 0.5, "postgres": 0.8, "twin": 0.4}},
    }
    show_search(console, {"steps": [step], "highest_sustained": 1000})
    shown = console.export_text()
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown
    for heading in ("accepts/s", "PostgreSQL", "messages/s", "sustained"):
        assert heading in shown
