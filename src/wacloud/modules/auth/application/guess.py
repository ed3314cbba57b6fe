"""Count a try before it is checked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.guessing import TooManyTries, Tries


async def count_try(deps: AuthDeps, *tries: Tries | None) -> None:
    """
    Each by itself, in this order; what stands first is counted even where a later one refuses.

    :raises TooManyTries: one of them has none left.
    :raises TriesNotCounted: nobody can count now.
    """
    for one in tries:
        if one is not None and (wait := await deps.limits.take(one)) is not None:
            raise TooManyTries(retry_after=max(1, round(wait.total_seconds())))


@asynccontextmanager
async def guess(deps: AuthDeps, *tries: Tries | None) -> AsyncIterator[None]:
    """
    Count a try; where the block ends without an error it was right, and is given back.

    :raises TooManyTries: one of them has none left.
    :raises TriesNotCounted: nobody can count now.
    """
    await count_try(deps, *tries)
    yield
    for one in tries:
        if one is not None:
            await deps.limits.give_back(one)
