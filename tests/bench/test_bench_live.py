"""The measurement of live pages: a tiny run has the whole report and every zero, and the judge sees what goes wrong."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest
from test_bench import PERCENTILES, bench, folder  # noqa: F401 - a fixture

from wacloud.bench.live import Looked, Verdict, Written, judge
from wacloud.bench.members import Seat
from wacloud.bench.viewers import Heard, Page, Watched
from wacloud.shared.domain.ids import BusinessId

OURS, THEIRS = BusinessId(UUID(int=1)), BusinessId(UUID(int=2))
MESSAGES = (
    Written(1, str(OURS), "ana", 100.0),
    Written(2, str(OURS), "ben", 100.0),
    Written(3, str(OURS), "ana", 100.1),
    Written(4, str(THEIRS), "eva", 100.0),
)


@pytest.mark.timeout(330)
def test_live_tells_every_page_of_a_business_and_none_of_another(folder: Path):  # noqa: F811
    size = ("--viewers", "6", "--rate", "10", "--seconds", "1", "--conversations", "4", "--businesses", "2")
    report = bench(folder, "live", *size, "--paints", "1")
    zeros = dict(report["zeros"])
    # Ten messages, each for three of the six; and the one that shows that the quiet ones listen.
    assert zeros.pop("of") == 10 * 3 + 6
    assert set(zeros.values()) == {0}, zeros
    assert report["alone"]["told"].keys() == report["live"]["told"].keys() == PERCENTILES
    assert (report["alone"]["viewers"], report["alone"]["told"]["n"]) == (1, 5)
    assert report["live"]["said_here"] >= 2
    assert report["memory"].keys() == {"serve_mb", "before_mb", "kb_a_viewer"}
    assert set(report["live"]["share_of_a_core"]) == {"serve", "worker", "postgres", "valkey", "viewers"}
    browser = report["browser"]
    if "skipped" not in browser:
        assert (browser["first_paint"]["n"], browser["first_paint"]["not_painted"]) == (1, 0)
        assert (browser["on_screen"]["n"], browser["on_screen"]["not_drawn"]) == (5, 0)


def judged(heard: Heard, conversation: str | None = None, written: Sequence[Written] = MESSAGES) -> Verdict:
    return judge(Looked(written, [(Seat(OURS, "t"), Page("t", conversation))], Watched(pages=[heard])))


def test_a_message_that_was_followed_by_another_may_be_told_with_that_one():
    verdict = judged(Heard(rows={3: 100.2, 2: 100.05}))
    assert verdict.latencies == pytest.approx([0.2, 0.05, 0.1])
    assert (verdict.lost, verdict.foreign) == (0, 0)


def test_an_open_conversation_needs_the_message_itself():
    heard = Heard(rows={1: 100.1, 2: 100.1, 3: 100.2}, thread={1: 100.1})
    assert judged(heard, "ana").lost == 1
    assert judged(heard, "ben").lost == 1
    heard.thread[3] = 100.3
    assert judged(heard, "ana").latencies == pytest.approx([0.1, 0.1, 0.2])


def test_what_is_never_told_is_lost_and_what_is_anothers_is_counted():
    verdict = judged(Heard(rows={1: 100.1, 4: 100.1}))
    assert (len(verdict.latencies), verdict.lost, verdict.foreign) == (1, 2, 1)
