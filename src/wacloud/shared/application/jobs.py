"""Queued work: what a job is, what its handler may answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from wacloud.shared.domain.ids import BusinessId


class Lane(StrEnum):
    """Queues that never wait for one another."""

    TURNS = "turns"
    SENDING = "sending"
    CAMPAIGNS = "campaigns"
    MAIL = "mail"
    MEDIA = "media"
    HOUSEKEEPING = "housekeeping"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """
    A job to insert. `payload` holds plain JSON values.

    Jobs that share `order_key` run one after the other, oldest first. While a job with `unique_key` waits, another
    call with the same key adds none.
    """

    kind: str
    lane: Lane
    business_id: BusinessId | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    order_key: str | None = None
    unique_key: str | None = None
    delay: timedelta | None = None
    max_attempts: int = 3


@dataclass(frozen=True, slots=True)
class Job:
    """
    A claimed job. `attempt` is the fencing number: whoever lost the lease holds an old one and cannot finish it.

    `tries` counts this run and the failed ones before it.
    """

    id: int
    kind: str
    lane: str
    business_id: BusinessId | None
    payload: dict[str, Any]
    attempt: int
    tries: int
    max_attempts: int
    created_at: datetime
    order_key: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The job is finished."""


@dataclass(frozen=True, slots=True)
class Again:
    """
    Run it again later; not a failure, so the attempt is given back.

    `waits_for` names what has to open first: `Tx.wake` with that name lets it run at once.
    """

    after: timedelta
    why: str
    waits_for: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """It went wrong: it is tried again with growing pauses, then parked."""

    error: str
    parked: bool = False


Outcome = Done | Again | Failed
Finish = Callable[[Job, Outcome], None]
BatchHandler = Callable[[Sequence[Job], Finish], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class JobKind:
    """
    How one kind of job runs.

    A handler takes all claimed jobs of its kind at once and reports each with `finish` as soon as it ends; what it
    has not reported when it returns is done, when it raises has failed.
    """

    name: str
    lane: Lane
    handle: BatchHandler


def one_by_one(handle: Callable[[Job], Awaitable[Outcome | None]]) -> BatchHandler:
    """Make a batch handler of a function for one job; a job that raises fails alone."""

    async def handle_all(jobs: Sequence[Job], finish: Finish) -> None:
        for job in jobs:
            try:
                finish(job, await handle(job) or Done())
            except Exception as error:
                finish(job, Failed(f"{type(error).__name__}: {error}"))

    return handle_all
