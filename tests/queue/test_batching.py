"""Natural batching: whatever comes in whatever order, everybody gets their own result."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wacloud.shared.application.batching import Batcher


class Bad(Exception):
    """The writer refuses this item."""


class Sink:
    """A writer that remembers what it was given, refuses what is bad, and takes its time."""

    def __init__(self, bad: Sequence[int] = (), pauses: Sequence[int] = (0,)) -> None:
        self.bad = set(bad)
        self.pauses = pauses
        self.batches: list[list[int]] = []
        self.at_once = self.most_at_once = 0

    async def write(self, items: Sequence[int]) -> Sequence[str]:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            for _ in range(self.pauses[len(self.batches) % len(self.pauses)]):
                await asyncio.sleep(0)
            if refused := [item for item in items if item in self.bad]:
                raise Bad(refused)
            self.batches.append(list(items))
            return [f"wrote {item}" for item in items]
        finally:
            self.at_once -= 1


@settings(max_examples=150, deadline=None)
@given(
    rounds=st.lists(st.integers(0, 12), min_size=1, max_size=8),
    bad=st.sets(st.integers(0, 60), max_size=6),
    pauses=st.lists(st.integers(0, 4), min_size=1, max_size=4),
    writers=st.integers(1, 3),
    most=st.integers(1, 7),
    gone=st.sets(st.integers(0, 60), max_size=4),
)
async def test_each_gets_their_own_result_and_a_bad_item_fails_alone(
    rounds: list[int], bad: set[int], pauses: list[int], writers: int, most: int, gone: set[int]
):
    sink = Sink(sorted(bad), pauses)
    batcher: Batcher[int, str] = Batcher(sink.write, writers=writers, most=most, one_by_one=True)
    futures: list[asyncio.Future[str]] = []
    for n in rounds:
        futures += [batcher.add(len(futures) + i) for i in range(n)]
        for item in gone:
            if item < len(futures):
                futures[item].cancel()  # whoever waited has gone; the item is written all the same
        await asyncio.sleep(0)
    await batcher.close()
    assert batcher.waiting == 0
    assert all(future.done() for future in futures)
    for item, future in enumerate(futures):
        if future.cancelled():
            assert item in gone
        elif item in bad:
            assert isinstance(future.exception(), Bad)
        else:
            assert future.result() == f"wrote {item}"
    written = [item for batch in sink.batches for item in batch]
    assert sorted(written) == [item for item in range(len(futures)) if item not in bad]
    assert sink.most_at_once <= writers
    assert all(len(batch) <= most for batch in sink.batches)
    assert all(batch == sorted(batch) for batch in sink.batches)
    if writers == 1:
        assert written == sorted(written)


async def test_a_lone_item_waits_for_nobody_and_the_next_ones_go_together():
    sink = Sink(pauses=[3])
    batcher: Batcher[int, str] = Batcher(sink.write)
    futures = [batcher.add(0)]
    await asyncio.sleep(0)
    futures += [batcher.add(n) for n in range(1, 6)]
    await asyncio.gather(*futures)
    assert sink.batches == [[0], [1, 2, 3, 4, 5]]
    assert (batcher.batches, batcher.items) == (2, 6)


async def test_without_one_by_one_the_whole_batch_fails():
    batcher: Batcher[int, str] = Batcher(Sink(bad=[1]).write)
    futures = [batcher.add(n) for n in range(3)]
    results = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(result) for result in results] == [Bad] * 3
    assert await batcher.add(7) == "wrote 7"


@pytest.mark.parametrize("answers", [0, 1, 3])
async def test_a_writer_with_a_wrong_number_of_results_leaves_nobody_waiting(answers: int):
    async def wrong(items: Sequence[int]) -> Sequence[str]:
        return ["?"] * answers

    batcher: Batcher[int, str] = Batcher(wrong)
    futures = [batcher.add(n) for n in range(2)]
    async with asyncio.timeout(2):
        results = await asyncio.gather(*futures, return_exceptions=True)
        assert [type(result) for result in results] == [ValueError] * 2
        await batcher.close()


async def test_a_write_that_is_cancelled_cancels_its_own_and_the_others_are_written():
    """Nobody who handed something in waits for ever."""
    first = asyncio.Event()

    async def write(items: Sequence[int]) -> Sequence[str]:
        if 0 in items:
            first.set()
            await asyncio.sleep(0.01)
            raise asyncio.CancelledError
        return [f"wrote {item}" for item in items]

    batcher: Batcher[int, str] = Batcher(write)
    cancelled = batcher.add(0)
    await first.wait()
    others = [batcher.add(1), batcher.add(2)]
    async with asyncio.timeout(2):
        await batcher.close()
        assert cancelled.cancelled()
        assert await asyncio.gather(*others) == ["wrote 1", "wrote 2"]


@pytest.mark.parametrize("most", [1, 5])
async def test_when_the_loop_ends_nobody_is_left_waiting(most: int):
    futures: list[asyncio.Future[str]] = []

    async def write(items: Sequence[int]) -> Sequence[str]:
        if len(items) == 5:
            raise Bad
        await asyncio.sleep(60)
        return []

    async def main() -> None:
        batcher: Batcher[int, str] = Batcher(write, most=most, one_by_one=True)
        futures.extend(batcher.add(n) for n in range(12))
        await asyncio.sleep(0)

    await asyncio.to_thread(asyncio.run, main())
    assert all(future.cancelled() for future in futures)


async def test_closing_waits_for_what_comes_while_it_waits():
    sink = Sink(pauses=[5])
    batcher: Batcher[int, str] = Batcher(sink.write)
    futures = [batcher.add(0)]
    closing = asyncio.create_task(batcher.close())
    await asyncio.sleep(0)
    futures.append(batcher.add(1))
    await closing
    assert [future.result() for future in futures] == ["wrote 0", "wrote 1"]
