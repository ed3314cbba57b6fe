"""What evaluating a bot needs from the world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol
from uuid import UUID

from wacloud.modules.bot.application.model import AnswerDeps, BotVersions
from wacloud.modules.bot.application.ports import Briefings
from wacloud.modules.bot.domain.evaluation import GoldenQuestion, Outcome, Score
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.business.api import BusinessDeps
from wacloud.modules.notification.api import NotificationDeps
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId, UserId

State = Literal["waiting", "running", "done"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """
    One run over the golden questions; `done` counts what is answered so far.

    `version` is None of a draft, and of the defaults where nothing was ever published.
    """

    id: UUID
    version: int | None
    settings: BotSettings
    state: State
    total: int
    done: int
    score: Score
    model: str | None
    cost_usd: Decimal
    asked_by: UserId | None
    asked_at: datetime
    finished_at: datetime | None
    is_draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """What was answered to one question, and what that was worth. `cost_usd` is None where nothing was paid."""

    question_id: UUID
    question: str
    outcome: Outcome
    checks: Mapping[str, bool] = field(default_factory=dict)
    answer: str | None
    why: str
    source: str
    ms: int
    model: str | None = None
    cost_usd: Decimal | None = None
    usage: Usage | None = None  # told where it is kept, so that it is counted once
    spent_on: date | None = None  # the business's own day it counts for


class Evaluations(Protocol):
    """Golden questions and the runs over them."""

    async def questions(self, tx: Tx, business_id: BusinessId) -> Sequence[GoldenQuestion]:
        """In the order they were added."""
        ...

    async def add(self, tx: Tx, business_id: BusinessId, questions: Sequence[GoldenQuestion], most: int) -> bool:
        """False, writing nothing, where there would be more than `most`."""
        ...

    async def change(self, tx: Tx, business_id: BusinessId, question: GoldenQuestion) -> bool:
        """False where there is none of this id; where it came from stays."""
        ...

    async def remove(self, tx: Tx, business_id: BusinessId, question_id: UUID) -> bool:
        """False where there is none of this id."""
        ...

    async def begin(self, tx: Tx, business_id: BusinessId, evaluation: Evaluation) -> None:
        """Keep a run that waits."""
        ...

    async def answered(self, tx: Tx, business_id: BusinessId, evaluation_id: UUID) -> Sequence[GivenAnswer]:
        """What was answered so far, the worst first."""
        ...

    async def keep(self, tx: Tx, business_id: BusinessId, evaluation_id: UUID, answer: GivenAnswer, total: int) -> None:
        """Keep an answer once, and count what it cost; the run goes on with `total` questions."""
        ...

    async def finish(self, tx: Tx, business_id: BusinessId, evaluation_id: UUID, at: datetime) -> bool:
        """Count what was answered; False where somebody else has finished it."""
        ...

    async def get(self, tx: Tx, business_id: BusinessId, evaluation_id: UUID) -> Evaluation | None:
        """One run."""
        ...

    async def newest(self, tx: Tx, business_id: BusinessId, limit: int) -> Sequence[Evaluation]:
        """The newest runs, the newest first."""
        ...


@dataclass(frozen=True, slots=True)
class EvaluationDeps:
    """The list of what evaluating needs, built once in `main/wiring.py`."""

    db: Database
    clock: Clock
    briefings: Briefings
    versions: BotVersions
    answers: AnswerDeps
    evaluations: Evaluations
    notification: NotificationDeps
    business: BusinessDeps
