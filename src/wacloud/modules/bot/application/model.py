"""What the bot needs from outside to find its words: a model, vectors, and the knowledge of a business."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from wacloud.modules.bot.application.action_ports import ActionDeps
from wacloud.modules.bot.application.form_ports import FormDeps
from wacloud.modules.bot.application.guards import Guards
from wacloud.modules.bot.domain.knowledge import IndexedItem, KnowledgeItem, KnowledgeItemId, KnowledgeText
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.bot.domain.prompt import Prompt
from wacloud.modules.bot.domain.ranking import Hit
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.bot.domain.tools import ToolCall
from wacloud.modules.business.api import BusinessDeps
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId, UserId

Vector = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    One call that failed: the error's class, its stable code, the HTTP status, which key (by position), how
    long.
    """

    error: str
    code: str | None
    status: int | None
    key: int | None
    ms: int
    request_id: str | None = None

    def record(self) -> dict[str, Any]:
        """What a turn keeps of it."""
        return {
            name: value
            for name in ("error", "code", "status", "key", "ms", "request_id")
            if (value := getattr(self, name)) is not None
        }


@dataclass(frozen=True, slots=True)
class ModelReply:
    """
    What a model answered. `end` says whether it is whole: only a "complete" reply may be sent.

    `calls` is what it asks its tools for, `carried` what it wants to be told of its own words with their outputs.
    `formed`: it was held to the form of `domain/decision.py`.
    """

    text: str
    end: Literal["complete", "incomplete", "refused"]
    model: str
    usage: Usage | None
    ms: int
    failed: tuple[Attempt, ...] = ()
    request_id: str | None = None
    calls: tuple[ToolCall, ...] = ()
    carried: tuple[Mapping[str, Any], ...] = ()
    formed: bool = False


class ModelUnavailable(Exception):
    """No model answered before the deadline."""

    def __init__(self, why: str, failed: tuple[Attempt, ...] = ()) -> None:
        super().__init__(why)
        self.why = why
        self.failed = failed


class EmbedderUnavailable(Exception):
    """No vector could be made now; the words of a text still can be searched."""


class ModelPort(Protocol):
    """A language model. Network: never call it with a transaction open."""

    name: str

    async def ask(self, prompt: Prompt) -> ModelReply:
        """
        Ask within the deadline the model was opened with.

        :raises ModelUnavailable: no answer in time, or nobody to ask.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class Embedder(Protocol):
    """Makes vectors of texts; equal meaning, near vectors. `model` names the space they live in."""

    model: str

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """
        One vector of length 1 for each text.

        :raises EmbedderUnavailable: none can be made now.
        """
        ...

    async def aclose(self) -> None:
        """Let go of threads and connections."""
        ...


@dataclass(frozen=True, slots=True)
class KnowledgeState:
    """How a knowledge stands: its version, which grows with every change, and how many pieces sources give it."""

    version: int
    pieces: int


class Knowledge(Protocol):
    """
    What a business taught its bot, kept ready for reading. Opens its own transactions: call it without one.
    """

    async def items(self, business_id: BusinessId) -> tuple[KnowledgeItem, ...]:
        """All questions and answers, in the owner's order; what stands in sources is only searched."""
        ...

    async def state(self, business_id: BusinessId) -> KnowledgeState:
        """Its version and the size of its sources, some seconds old at most."""
        ...

    async def search(self, business_id: BusinessId, texts: Sequence[str], limit: int = 5) -> list[tuple[Hit, ...]]:
        """The best hits for each text, best first."""
        ...

    def forget(self, business_id: BusinessId) -> None:
        """Read this business's knowledge anew the next time."""
        ...


class KnowledgeStore(Protocol):
    """The rows of the knowledge."""

    async def items(self, tx: Tx, business_id: BusinessId) -> tuple[KnowledgeItem, ...]:
        """All items, in the owner's order."""
        ...

    async def indexed(self, tx: Tx, business_id: BusinessId, model: str) -> tuple[IndexedItem, ...]:
        """All items as the search needs them; vectors of other models are left out."""
        ...

    async def without_vector(
        self, tx: Tx, business_id: BusinessId, model: str, limit: int
    ) -> tuple[KnowledgeItem, ...]:
        """Items that have no vector of this model."""
        ...

    async def keep_vector(
        self, tx: Tx, business_id: BusinessId, item: KnowledgeItem, model: str, vector: Vector
    ) -> bool:
        """Keep the vector; False, writing nothing, where the item has changed or gone meanwhile."""
        ...

    async def count(self, tx: Tx, business_id: BusinessId) -> int:
        """How many items there are."""
        ...

    async def add(self, tx: Tx, business_id: BusinessId, text: KnowledgeText) -> KnowledgeItem:
        """Add an item at the end."""
        ...

    async def replace(
        self, tx: Tx, business_id: BusinessId, item_id: KnowledgeItemId, text: KnowledgeText
    ) -> KnowledgeItem | None:
        """Give an item a new text and forget its vector; None where there is no such item."""
        ...

    async def remove(self, tx: Tx, business_id: BusinessId, item_id: KnowledgeItemId) -> bool:
        """Remove an item; False where there is none."""
        ...

    async def of_other_models(self, tx: Tx, model: str) -> set[BusinessId]:
        """Of all businesses: those with items that have no vector of this model."""
        ...

    async def state(self, tx: Tx, business_id: BusinessId) -> KnowledgeState:
        """The version of all that is known, and how many pieces of sources are searched."""
        ...

    async def stems(self, tx: Tx, words: Sequence[str]) -> dict[str, frozenset[str]]:
        """The stems the database's Spanish text search gives these words; none for a stop word."""
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """What answers now: is the bot on, which version (None: never published), and how it is configured."""

    enabled: bool = True
    number: int | None = None
    settings: BotSettings = field(default_factory=BotSettings)


class Head(NamedTuple):
    """Whether the bot is on, which version answers (None: never published), and whether there is what it may use."""

    enabled: bool = True
    number: int | None = None
    has_actions: bool = False
    has_forms: bool = False


class BotVersions(Protocol):
    """How each business wants its bot."""

    async def heads(self, tx: Tx, business_ids: Sequence[BusinessId]) -> Mapping[BusinessId, Head]:
        """One for each business, without what is configured."""
        ...

    async def published(self, tx: Tx, business_ids: Sequence[BusinessId]) -> Mapping[BusinessId, Published]:
        """One for each business; the defaults where nothing was published."""
        ...

    async def draft(self, tx: Tx, business_id: BusinessId) -> BotSettings | None:
        """What is being prepared; None where nothing differs from what answers now."""
        ...

    async def lock(self, tx: Tx, business_id: BusinessId) -> None:
        """Hold the bot's row, made where it is missing, until the transaction ends."""
        ...

    async def publish(
        self,
        tx: Tx,
        business_id: BusinessId,
        settings: BotSettings,
        *,
        by: UserId | None = None,
        note: str = "",
        restored_from: int | None = None,
    ) -> int:
        """Keep this as a new version that answers from now on; its number."""
        ...


@dataclass(frozen=True, slots=True)
class AnswerDeps:
    """What composing an answer needs. Without a model the knowledge answers alone."""

    knowledge: Knowledge
    model: ModelPort | None
    clock: Clock
    guards: Guards = field(default_factory=Guards)
    actions: ActionDeps | None = None
    forms: FormDeps | None = None


@dataclass(frozen=True, slots=True)
class KnowledgeDeps:
    """What teaching the bot needs; `business` keeps the log of who changed what."""

    db: Database
    store: KnowledgeStore
    embedder: Embedder
    business: BusinessDeps | None = None
