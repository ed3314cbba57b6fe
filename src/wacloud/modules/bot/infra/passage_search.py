"""
The search over what stands in sources, in the database.

Words by an index of the business's own (`knowledge_words`), meaning by a first look at signs (`sign_index.py`); both
only of sources that are enabled, and of the reading that is published. What either finds gets both scores, exactly.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray

from wacloud.modules.bot.application.model import Vector
from wacloud.modules.bot.domain.knowledge import KnowledgeItem, KnowledgeItemId, Passage
from wacloud.modules.bot.domain.ranking import Hit, merged
from wacloud.modules.bot.domain.spelling import sounding
from wacloud.modules.bot.infra.sign_index import Place, SignIndex
from wacloud.shared.application.db import Database
from wacloud.shared.domain.ids import BusinessId

# So many by words, and so many whose signs are near, are looked at for each text.
_CANDIDATES: Final = 16
_LOOKED_AT: Final = 64
# A word that only sounds like the one that was asked for.
_SOUNDS_LIKE: Final = 0.9

_LIVE: Final = """
join app.knowledge_sources s on s.business_id = x.business_id and s.id = x.source_id
  and s.live_revision = x.revision and s.is_enabled
"""
_BY_WORDS: Final = f"""
select x.sound, x.stem, x.source_id, x.revision, x.positions
from app.knowledge_words x {_LIVE}
where x.business_id = %s and x.sound = any (%s)
"""
_READ: Final = """
with q as materialized (
  select number - 1 as text, private.as_embedding(vector::real[]) as vector
  from unnest(%(vectors)s::text[]) with ordinality as t(vector, number))
select x.source_id, x.revision, x.position, x.heading, x.body, s.title, s.kind, s.url,
       case when x.embedding_model = %(model)s
            then array(select private.nearness(x.embedding, q.vector) from q order by q.text) end as near
from unnest(%(sources)s::uuid[], %(revisions)s::int[], %(positions)s::int[]) as w(source_id, revision, position)
join app.knowledge_chunks x on x.business_id = %(business)s and x.source_id = w.source_id
  and x.revision = w.revision and x.position = w.position
join app.knowledge_sources s on s.business_id = x.business_id and s.id = x.source_id
"""


class _Words:
    """How much of what a text asks for stands in each piece; rare words count more."""

    __slots__ = ("_ends", "_firsts", "_scores")

    def __init__(self, stems: set[str], rows: Sequence[Any], pieces: int) -> None:
        self._firsts: dict[tuple[UUID, int], int] = {}
        self._ends: dict[tuple[UUID, int], int] = {}
        for row in rows:
            of_source = (row.source_id, row.revision)
            self._ends[of_source] = max(self._ends.get(of_source, 0), row.positions[-1] + 1)
        size = 0
        for of_source in sorted(self._ends):
            self._firsts[of_source] = size
            size += self._ends[of_source]
        self._scores: NDArray[np.float64] = np.zeros(size)
        whole = 0.0
        for sound in {sounding(stem) for stem in stems}:
            found = np.zeros(size)
            for row in rows:
                if row.sound == sound:
                    places = np.array(row.positions) + self._firsts[row.source_id, row.revision]
                    found[places] = np.maximum(found[places], 1.0 if row.stem in stems else _SOUNDS_LIKE)
            weight = math.log(1 + pieces / max(int(np.count_nonzero(found)), 1))
            self._scores += found * weight
            whole += weight
        if whole:
            self._scores /= whole

    def best(self, most: int) -> list[Place]:
        """The places with the highest scores."""
        order = np.argsort(-self._scores, kind="stable")[:most]
        firsts = sorted((first, of_source) for of_source, first in self._firsts.items())
        found = []
        for place in order[self._scores[order] > 0].tolist():
            first, of_source = firsts[bisect_right(firsts, place, key=lambda entry: entry[0]) - 1]
            found.append((*of_source, place - first))
        return found

    def of(self, place: Place) -> float:
        """The score of one."""
        first = self._firsts.get(place[:2])
        if first is None or place[2] >= self._ends[place[:2]]:
            return 0.0
        return float(self._scores[first + place[2]])


class PassageSearch:
    """One search is two calls, so that words are looked up while the vectors are still being made."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._signs = SignIndex(db)

    async def by_words(self, business_id: BusinessId, wanted: Sequence[set[str]], pieces: int) -> list[_Words]:
        """Score pieces by words; `wanted` are the stems of each text."""
        sounds = sorted({sounding(stem) for stems in wanted for stem in stems})
        rows: Sequence[Any] = ()
        if sounds:
            async with self._db.tenant(business_id, read_only=True) as tx:
                rows = await tx.rows(_BY_WORDS, (business_id, sounds))
        return [_Words(stems, rows, pieces) for stems in wanted]

    async def ranked(
        self,
        business_id: BusinessId,
        version: int,
        by_words: Sequence[_Words],
        vectors: Sequence[Vector] | None,
        model: str,
        limit: int,
    ) -> list[tuple[Hit, ...]]:
        """The best pieces for each text."""
        wanted = [set(words.best(_CANDIDATES)) for words in by_words]
        told = [] if vectors is None else ["{" + ",".join(map(repr, vector)) + "}" for vector in vectors]
        if vectors is not None:
            near = await self._signs.near(business_id, version, vectors, model, _LOOKED_AT)
            for places_of_text, found in zip(wanted, near, strict=True):
                places_of_text.update(found)
        places = sorted(set().union(*wanted))
        if not places:
            return [() for _ in by_words]
        given = {
            "business": business_id,
            "model": model,
            "vectors": told,
            "sources": [place[0] for place in places],
            "revisions": [place[1] for place in places],
            "positions": [place[2] for place in places],
        }
        async with self._db.tenant(business_id, read_only=True) as tx:
            rows = await tx.rows(_READ, given)
        pieces = {(row.source_id, row.revision, row.position): row for row in rows}
        return [_ranked(number, wanted[number], by_words[number], pieces, limit) for number in range(len(by_words))]


def _ranked(number: int, places: set[Place], words: _Words, pieces: Mapping[Place, Any], limit: int) -> tuple[Hit, ...]:
    hits = []
    for place in places:
        row = pieces.get(place)
        if row is None:
            # Replaced since it was found.
            continue
        near = float(row.near[number] or 0.0) if row.near else 0.0
        matching = words.of(place)
        hits.append(Hit(_item(row), merged(near, matching), near, matching))
    return tuple(sorted(hits, key=lambda hit: (-hit.score, str(hit.item.id)))[:limit])


def _item(row: Any) -> KnowledgeItem:
    title = row.title if not row.heading or row.heading == row.title else f"{row.title} › {row.heading}"
    return KnowledgeItem(
        id=KnowledgeItemId(uuid5(row.source_id, f"{row.revision}:{row.position}")),
        question=title,
        answer=row.body,
        position=row.position,
        passage=Passage(row.source_id, row.kind, row.title, row.url, row.position),
    )
