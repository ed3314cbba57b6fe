"""
The search over a business's knowledge.

Questions and answers are few, change rarely and are asked at every turn: they are held in memory, looked at every ten
seconds, read again only when their version has grown. The stems PostgreSQL's Spanish dictionary gives a word are asked
for once in the life of the process. So most turns search them without SQL. What stands in sources is searched in the
database (`passage_search.py`), by the same two scores.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from wacloud.modules.bot.application.model import (
    Embedder,
    EmbedderUnavailable,
    KnowledgeState,
    KnowledgeStore,
    Vector,
)
from wacloud.modules.bot.domain.knowledge import IndexedItem, KnowledgeItem
from wacloud.modules.bot.domain.price_question import without_price
from wacloud.modules.bot.domain.ranking import Hit, WordScores, content_words, merged
from wacloud.modules.bot.domain.spelling import Vocabulary
from wacloud.modules.bot.infra.passage_search import PassageSearch
from wacloud.shared.application.db import Database
from wacloud.shared.domain.ids import BusinessId

_KEPT_BUSINESSES = 500
_KEPT_WORDS = 50_000
_LONGEST_QUERY = 600
_MOST_WORDS = 60
_LONGEST_WORD = 40


class _Loaded:
    """The knowledge of one business, ready to be searched."""

    __slots__ = ("indexed", "items", "matrix", "read_at", "state", "vocabulary", "word_scores")

    def __init__(self, indexed: tuple[IndexedItem, ...], state: KnowledgeState, read_at: float) -> None:
        self.indexed = indexed
        self.state = state
        self.items: tuple[KnowledgeItem, ...] = tuple(entry.item for entry in indexed)
        self.read_at = read_at
        self.vocabulary = Vocabulary(text for item in self.items for text in (item.question, item.answer))
        self.word_scores = WordScores(indexed)
        width = next((len(entry.vector) for entry in indexed if entry.vector), 1)
        # An item that is not indexed yet has no direction: its words alone speak for it.
        self.matrix: NDArray[np.float32] = np.array(
            [entry.vector or (0.0,) * width for entry in indexed], dtype=np.float32
        ).reshape(len(indexed), width)


class CachedKnowledge:
    """See `application.model.Knowledge`."""

    def __init__(
        self,
        db: Database,
        store: KnowledgeStore,
        embedder: Embedder,
        ttl_s: float = 10.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._store = store
        self._embedder = embedder
        self._passages = PassageSearch(db)
        self._ttl_s = ttl_s
        self._now = monotonic
        self._loaded: OrderedDict[BusinessId, _Loaded] = OrderedDict()
        self._loading: dict[BusinessId, asyncio.Lock] = {}
        self._stems: OrderedDict[str, frozenset[str]] = OrderedDict()

    async def items(self, business_id: BusinessId) -> tuple[KnowledgeItem, ...]:
        return (await self._of(business_id)).items

    async def state(self, business_id: BusinessId) -> KnowledgeState:
        return (await self._of(business_id)).state

    async def search(self, business_id: BusinessId, texts: Sequence[str], limit: int = 5) -> list[tuple[Hit, ...]]:
        loaded = await self._of(business_id)
        if not loaded.items and not loaded.state.pieces:
            return [() for _ in texts]
        said = [text[:_LONGEST_QUERY] for text in texts]
        meant = [loaded.vocabulary.meant(text) for text in said]
        vectors = asyncio.create_task(self._vectors(meant))
        try:
            words = [_words(text) for text in meant]
            # Words of sources are no slips of words of the FAQ.
            as_said = [_words(without_price(text)) for text in said] if loaded.state.pieces else []
            stems = await self._stems_of(business_id, {word for of_text in (*words, *as_said) for word in of_text})
            wanted = [{stem for word in of_text for stem in stems[word]} for of_text in as_said]
            found = await self._passages.by_words(business_id, wanted, loaded.state.pieces) if as_said else []
        except BaseException:
            vectors.cancel()
            raise
        near = await vectors
        meaning = _meaning(loaded, near, len(texts))
        hits = [
            _best(loaded, row, loaded.word_scores.of({word: stems[word] for word in of_text}), limit)
            for row, of_text in zip(meaning, words, strict=True)
        ]
        if not as_said:
            return hits
        passages = await self._passages.ranked(
            business_id, loaded.state.version, found, near, self._embedder.model, limit
        )
        return [_merged(one, other, limit) for one, other in zip(hits, passages, strict=True)]

    def forget(self, business_id: BusinessId) -> None:
        """Read this business's knowledge anew the next time."""
        self._loaded.pop(business_id, None)

    async def _of(self, business_id: BusinessId) -> _Loaded:
        loaded = self._fresh(business_id)
        if loaded:
            return loaded
        # One reads, the others wait for what it found.
        async with self._loading.setdefault(business_id, asyncio.Lock()):
            loaded = self._fresh(business_id)
            if loaded:
                return loaded
            loaded = self._loaded.get(business_id)
            async with self._db.tenant(business_id, read_only=True) as tx:
                state = await self._store.state(tx, business_id)
                if loaded is None or loaded.state.version != state.version:
                    indexed = await self._store.indexed(tx, business_id, self._embedder.model)
                else:
                    indexed = loaded.indexed
            if loaded and loaded.indexed == indexed:
                loaded.state, loaded.read_at = state, self._now()
            else:
                loaded = _Loaded(indexed, state, self._now())
            self._loaded[business_id] = loaded
            self._loaded.move_to_end(business_id)
            while len(self._loaded) > _KEPT_BUSINESSES:
                oldest, _ = self._loaded.popitem(last=False)
                self._loading.pop(oldest, None)
            return loaded

    def _fresh(self, business_id: BusinessId) -> _Loaded | None:
        loaded = self._loaded.get(business_id)
        return loaded if loaded and self._now() - loaded.read_at < self._ttl_s else None

    async def _stems_of(self, business_id: BusinessId, words: set[str]) -> dict[str, frozenset[str]]:
        known = {word: self._stems[word] for word in words if word in self._stems}
        unknown = sorted(words - known.keys())
        if unknown:
            async with self._db.tenant(business_id, read_only=True) as tx:
                found = await self._store.stems(tx, unknown)
            known |= found
            self._stems.update(found)
            while len(self._stems) > _KEPT_WORDS:
                self._stems.popitem(last=False)
        return known

    async def _vectors(self, texts: Sequence[str]) -> list[Vector] | None:
        """None while there are none to be had: then the words speak alone."""
        try:
            return await self._embedder.embed(texts)
        except EmbedderUnavailable:
            return None


def _words(text: str) -> list[str]:
    return [word[:_LONGEST_WORD] for word in content_words(text)[:_MOST_WORDS]]


def _meaning(loaded: _Loaded, vectors: Sequence[Vector] | None, texts: int) -> Sequence[Sequence[float]]:
    if vectors is None or not loaded.items or len(vectors[0]) != loaded.matrix.shape[1]:
        # No vectors, or nothing is indexed yet.
        return [[0.0] * len(loaded.items)] * texts
    scores: list[list[float]] = (np.array(vectors, dtype=np.float32) @ loaded.matrix.T).tolist()
    return scores


def _merged(one: Sequence[Hit], other: Sequence[Hit], limit: int) -> tuple[Hit, ...]:
    """Both kinds by score; of equals the owner's own answer comes first."""
    return tuple(sorted((*one, *other), key=lambda hit: (-hit.score, hit.item.passage is not None))[:limit])


def _best(loaded: _Loaded, meaning: Sequence[float], words: Sequence[float], limit: int) -> tuple[Hit, ...]:
    hits = [
        Hit(item, merged(near, matching), near, matching)
        for item, near, matching in zip(loaded.items, meaning, words, strict=True)
    ]
    return tuple(sorted(hits, key=lambda hit: -hit.score)[:limit])
