"""What configuring and trying out a bot needs: its draft, its versions, and what was asked of models meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

from wacloud.modules.bot.application.evaluation_ports import EvaluationDeps
from wacloud.modules.bot.application.model import BotVersions
from wacloud.modules.bot.application.ports import BotDeps
from wacloud.modules.bot.domain.answer import Answer
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.business.api import BusinessDeps
from wacloud.modules.whatsapp.api import PeopleReader
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId, UserId

CallKind = Literal["try", "draft", "rewrite", "translate", "summarise"]


@dataclass(frozen=True, slots=True)
class Workbench:
    """
    What answers now, and what is being prepared.

    `revision` counts the changes of what is being prepared, so that two people who change it notice each other.
    """

    enabled: bool
    number: int | None  # None: never published, the defaults answer
    published: BotSettings
    draft: BotSettings | None  # None: nothing differs from what is published
    revision: int
    draft_by: str | None = None  # the name of who changed it last
    draft_at: datetime | None = None

    @property
    def settings(self) -> BotSettings:
        """What an editor sees: the draft, where there is one."""
        return self.published if self.draft is None else self.draft


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version, with who published it and how many answers were given with it."""

    number: int
    settings: BotSettings
    note: str
    restored_from: int | None
    published_by: str | None  # None: by us, when the business began, or by somebody who is gone
    published_at: datetime
    answers: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One question to a model that no customer asked. `cost_usd` is None where the price is not known."""

    business_id: BusinessId
    member_id: UserId
    kind: CallKind
    model: str | None = None
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: Decimal | None = None
    spent_on: date | None = None  # the business's own day it counts for

    @classmethod
    def of(cls, business_id: BusinessId, member_id: UserId, kind: CallKind, answer: Answer) -> "Call":
        """What is kept of a composed answer."""
        usage = answer.usage
        return cls(
            business_id,
            member_id,
            kind,
            answer.model,
            usage.input_tokens if usage else None,
            usage.cached_tokens if usage else None,
            usage.output_tokens if usage else None,
            answer.cost_usd,
            answer.spent_on,
        )


class Workbenches(Protocol):
    """Drafts and versions, for whoever edits them."""

    async def of(self, tx: Tx, business_id: BusinessId) -> Workbench:
        """The one of this business; the defaults where there is nothing yet."""
        ...

    async def keep_draft(self, tx: Tx, business_id: BusinessId, draft: BotSettings | None, by: UserId) -> None:
        """Put this in the place of the draft, and count."""
        ...

    async def clear_draft(self, tx: Tx, business_id: BusinessId) -> None:
        """Nothing is being prepared any more; what editors see stays the same, so nothing is counted."""
        ...

    async def switch(self, tx: Tx, business_id: BusinessId, *, enabled: bool) -> bool:
        """Turn it on or off; False where it was so already."""
        ...

    async def versions(
        self, tx: Tx, business_id: BusinessId, *, before: int | None = None, limit: int = 20
    ) -> Sequence[VersionRow]:
        """The newest first; `before` this number, where one is given."""
        ...

    async def version(self, tx: Tx, business_id: BusinessId, number: int) -> BotSettings | None:
        """One version's configuration, or None."""
        ...


class Calls(Protocol):
    """The record of what was asked of models outside of turns."""

    async def add(self, tx: Tx, call: Call) -> None:
        """Keep one, and count what it cost with what the business has spent."""
        ...

    async def count_since(self, tx: Tx, business_id: BusinessId, since: datetime) -> int:
        """How many there were."""
        ...


@dataclass(frozen=True, slots=True)
class StudioDeps:
    """What the studio and the help with replies need, over the bot itself."""

    db: Database
    clock: Clock
    versions: BotVersions
    benches: Workbenches
    calls: Calls
    business: BusinessDeps
    bot: BotDeps
    evaluation: EvaluationDeps
    people: PeopleReader
