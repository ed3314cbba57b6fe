"""Any history of queueing, claiming, ending, dying and replaying, compared with a queue that fits on one page."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, reject, settings
from hypothesis import strategies as st
from queue_rig import Queue, open_queue

from wacloud.shared.application.jobs import Again, Done, Failed, Job, Outcome
from wacloud.shared.domain.ids import BusinessId, new_id

LEASE = 8
STOOD_STILL_S = 0.8
BUSINESSES = [BusinessId(new_id()) for _ in range(3)]

keys = st.sampled_from([None, "a", "b"])
deeds = st.one_of(
    st.tuples(st.just("add"), keys, keys, st.sampled_from([0, 0, 0, 5]), st.sampled_from([1, 2, 3])),
    st.tuples(st.just("claim"), st.sampled_from([1, 2, 100]), st.sampled_from(["one", "two"])),
    st.tuples(st.just("end"), st.integers(0, 9), st.sampled_from(["done", "failed", "again", "parked"])),
    st.tuples(st.just("end all"), st.sampled_from(["done", "failed", "again"])),
    st.tuples(st.just("pass time"), st.sampled_from([1, 3, 6, 20])),
    st.tuples(st.just("reap")),
    st.tuples(st.just("replay")),
)


@dataclass(slots=True)
class Row:
    """What the model knows of one job; times in seconds from now."""

    business: BusinessId
    order: str | None
    unique: str | None
    wait: float
    most: int
    state: str = "ready"
    tries: int = 0
    claims: int = 0
    lease: float = 0


@dataclass(slots=True)
class Model:
    """The queue as it is described in words."""

    rows: dict[int, Row] = field(default_factory=dict)
    finished: set[int] = field(default_factory=set)
    held: list[Job] = field(default_factory=list)

    def may_run(self, id_: int) -> bool:
        row = self.rows[id_]
        return (
            row.state == "ready"
            and row.wait <= 0
            and not any(
                row.order is not None
                and (p.business, p.order) == (row.business, row.order)
                and p.state != "parked"
                and (o < id_ or p.state == "running")
                for o, p in self.rows.items()
                if o != id_
            )
        )

    def waiting_with(self, business: BusinessId, unique: str | None) -> Row | None:
        """Keys are a business's own."""
        key = (business, unique)
        return next(
            (r for r in self.rows.values() if unique and (r.business, r.unique) == key and r.state == "ready"), None
        )

    def come_back(self, ids: list[int]) -> None:
        """Of several with one unique key the first keeps it, unless another one already waits with it."""
        for id_ in sorted(ids):
            row = self.rows[id_]
            if self.waiting_with(row.business, row.unique):
                row.unique = None
            row.state = "ready"

    def end(self, ended: list[tuple[Job, str]]) -> None:
        back = []
        for job, how in ended:
            row = self.rows.get(job.id)
            if row is None or row.state != "running" or row.claims != job.attempt:
                continue  # somebody else has it now
            if how == "done":
                del self.rows[job.id]
                self.finished.add(job.id)
            elif how == "parked" or (how == "failed" and row.tries >= row.most):
                row.state = "parked"
            else:
                row.wait = 1 if how == "again" else 2**row.tries
                row.tries -= how == "again"
                back.append(job.id)
        self.come_back(back)


@pytest.fixture
async def queue(own_database: Any) -> AsyncIterator[Queue]:
    async with open_queue(own_database.app_dsn) as queue:
        yield queue


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(
    history=[
        ("add", "a", None, 0, 3),
        ("claim", 100, "one"),
        ("pass time", 20),
        ("reap",),
        ("claim", 100, "two"),
        ("end", 0, "done"),
        ("end", 0, "failed"),
    ]
)
@example(
    history=[
        ("add", None, "a", 0, 3),
        ("claim", 100, "one"),
        ("add", None, "a", 0, 3),
        ("claim", 100, "two"),
        ("add", None, "a", 5, 3),
        ("end all", "failed"),
    ]
)
@example(
    history=[
        ("add", None, "a", 0, 3),
        ("claim", 9, "one"),
        ("add", None, "a", 0, 3),
        ("claim", 9, "one"),
        ("end all", "again"),
    ]
)
@given(history=st.lists(deeds, min_size=8, max_size=30))
async def test_the_queue_does_what_the_model_does(queue: Queue, history: list[tuple[Any, ...]]):
    await queue.empty()
    model = Model()
    began = time.monotonic()
    for number, deed in enumerate(history):
        try:
            await act(queue, model, number, deed)
            await compare(queue, model)
        except AssertionError:
            # The queue's clock is the real one, and waits are of a second: a machine that stood still proves nothing.
            # Where it always does, Hypothesis says that too much was rejected.
            if time.monotonic() - began > STOOD_STILL_S:
                reject()
            raise


async def act(queue: Queue, model: Model, number: int, deed: tuple[Any, ...]) -> None:
    match deed:
        case "add", order, unique, delay, most:
            business = BUSINESSES[number % len(BUSINESSES)]
            await queue.add(order=order, unique=unique, delay=delay, tries=most, business=business)
            if waiting := model.waiting_with(business, unique):
                waiting.wait = min(waiting.wait, delay)
            else:
                new = {row.id for row in await queue.rows()} - set(model.rows)
                assert len(new) == 1
                model.rows[new.pop()] = Row(business, order, unique, delay, most)
        case "claim", limit, worker:
            able = {id_ for id_ in model.rows if model.may_run(id_)}
            jobs = await queue.claim(limit, worker=worker)
            assert {job.id for job in jobs} <= able
            assert len(jobs) == min(limit, len(able))
            for job in jobs:
                row = model.rows[job.id]
                row.state, row.tries, row.claims, row.lease = "running", row.tries + 1, row.claims + 1, LEASE
                assert (job.tries, job.attempt) == (row.tries, row.claims)
            model.held += jobs
        case "end", which, how:
            if model.held:
                job = model.held[which % len(model.held)]
                await queue.end([job], outcome(how))
                model.end([(job, how)])
        case "end all", how:
            await queue.end(model.held, outcome(how))
            model.end([(job, how) for job in model.held])
        case "pass time", seconds:
            await queue.pass_time(seconds)
            for row in model.rows.values():
                row.wait -= seconds
                row.lease -= seconds
        case ("reap",):
            dead = [id_ for id_, row in model.rows.items() if row.state == "running" and row.lease <= 0]
            assert await queue.worker().reap() == len(dead)
            for id_ in dead:
                model.rows[id_].wait = 0
                if model.rows[id_].tries >= model.rows[id_].most:
                    model.rows[id_].state = "parked"
            model.come_back([id_ for id_ in dead if model.rows[id_].state != "parked"])
        case ("replay",):
            parked = [id_ for id_, row in model.rows.items() if row.state == "parked"]
            assert len(await queue.worker().replay(every=True)) == len(parked)
            for id_ in parked:
                model.rows[id_].tries, model.rows[id_].wait = 0, 0
            model.come_back(parked)


async def compare(queue: Queue, model: Model) -> None:
    rows = await queue.rows()
    assert {row.id: (row.state, row.attempts, row.claims, row.unique_key) for row in rows} == {
        id_: (row.state, row.tries, row.claims, row.unique) for id_, row in model.rows.items()
    }
    for row in rows:
        if row.state == "ready":
            assert row.wait == pytest.approx(model.rows[row.id].wait, abs=0.9)
    assert {row.id for row in await queue.finished()} == model.finished
    running = [(row.business_id, row.order_key) for row in rows if row.state == "running" and row.order_key]
    assert len(running) == len(set(running))
    waiting = [(row.business_id, row.unique_key) for row in rows if row.state == "ready" and row.unique_key]
    assert len(waiting) == len(set(waiting))


def outcome(how: str) -> Outcome:
    match how:
        case "done":
            return Done()
        case "again":
            return Again(timedelta(seconds=1), "later")
    return Failed("broken", parked=how == "parked")
