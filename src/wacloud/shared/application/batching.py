"""Natural batching: whoever comes while a batch is being written goes into the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """
    Turns many awaited single calls into few calls with many.

    An idle writer starts at once, so a lone item waits for nobody; only with `gather_s` it waits so long for company.
    `write` gets the items in the order they came and returns one result for each. When it raises and `one_by_one` is
    set, every item is written alone, so that a bad one fails alone.
    """

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        *,
        writers: int = 1,
        most: int = 500,
        one_by_one: bool = False,
        gather_s: float = 0.0,
    ) -> None:
        self._write = write
        self._most = most
        self._one_by_one = one_by_one
        self._gather_s = gather_s
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._idle = writers
        self._tasks: set[asyncio.Task[None]] = set()
        self.batches = 0
        self.items = 0

    def add(self, item: T) -> "asyncio.Future[R]":
        """Hand in one item; the future holds its result once its batch is written."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._idle:
            self._idle -= 1
            task = asyncio.create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return future

    @property
    def waiting(self) -> int:
        """Items that no writer has taken yet."""
        return len(self._waiting)

    async def close(self) -> None:
        """Wait until everything handed in is written."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _drain(self) -> None:
        batch: list[tuple[T, asyncio.Future[R]]] = []
        try:
            while self._waiting:
                if self._gather_s:
                    await asyncio.sleep(self._gather_s)
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                self.batches += 1
                self.items += len(batch)
                await self._write_batch(batch)
        except asyncio.CancelledError:
            # The loop is ending: nobody will write the rest, and nobody shall wait for it.
            for _, future in (*batch, *self._waiting):
                future.cancel()
            self._waiting.clear()
            raise
        finally:
            self._idle += 1

    async def _write_batch(self, batch: list[tuple[T, "asyncio.Future[R]"]]) -> None:
        try:
            results = await self._write([item for item, _ in batch])
            if len(results) != len(batch):
                raise ValueError(f"{len(results)} results for {len(batch)} items")
        except Exception as error:
            if self._one_by_one and len(batch) > 1:
                for pair in batch:
                    await self._write_batch([pair])
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        except asyncio.CancelledError:
            for _, future in batch:
                future.cancel()
            task = asyncio.current_task()
            # A write may give itself up; only when this task is to end, the others end with it.
            if task is None or task.cancelling():
                raise
        else:
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)
