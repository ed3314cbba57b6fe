"""What the bot needs from outside to find its words: a model, vectors, and the knowledge of a business."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from wacloud.modules.bot.domain.knowledge import IndexedItem, KnowledgeItem, KnowledgeItemId, KnowledgeText
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.bot.domain.prompt import Prompt
from wacloud.modules.bot.domain.question import BotSettings
from wacloud.modules.bot.domain.ranking import Hit
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId

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
    """What a model answered. `end` says whether it is whole: only a "complete" reply may be sent."""

    text: str
    end: Literal["complete", "incomplete", "refused"]
    model: str
    usage: Usage | None
    ms: int
    failed: tuple[Attempt, ...] = ()
    request_id: str | None = None


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


class Knowledge(Protocol):
    """
    What a business taught its bot, kept ready for reading. Opens its own transactions: call it without one.
    """

    async def items(self, business_id: BusinessId) -> tuple[KnowledgeItem, ...]:
        """All of it, in the owner's order."""
        ...

    async def search(self, business_id: BusinessId, texts: Sequence[str], limit: int = 5) -> list[tuple[Hit, ...]]:
        """The best hits for each text, best first."""
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

    async def stems(self, tx: Tx, words: Sequence[str]) -> dict[str, frozenset[str]]:
        """The stems the database's Spanish text search gives these words; none for a stop word."""
        ...


class SettingsStore(Protocol):
    """How each business wants its bot."""

    async def get(self, tx: Tx, business_id: BusinessId) -> BotSettings:
        """The settings, or the defaults where nothing was set."""
        ...

    async def save(self, tx: Tx, business_id: BusinessId, settings: BotSettings) -> None:
        """Keep the settings."""
        ...


@dataclass(frozen=True, slots=True)
class AnswerDeps:
    """What composing an answer needs. Without a model the knowledge answers alone."""

    knowledge: Knowledge
    model: ModelPort | None
    clock: Clock


@dataclass(frozen=True, slots=True)
class KnowledgeDeps:
    """What teaching the bot needs."""

    db: Database
    store: KnowledgeStore
    embedder: Embedder
