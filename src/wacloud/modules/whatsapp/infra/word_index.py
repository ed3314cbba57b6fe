"""The words of conversations, and the search in them; see `application/index_words.py` and the migration."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import product
from typing import Final
from uuid import UUID

from wacloud.modules.whatsapp.infra.near_words import ADD_NEAR, words_near
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_LONGEST_WORD: Final = 60
_MOST_TERMS: Final = 6
_MOST_WORDS: Final = 20  # that begin like the last one, which may not be written to its end
_MOST_SAID: Final = 2_000  # conversations looked at for all forms of a word, the newest first
_FEWEST_SAID: Final = 200  # of each form
_MOST_FOUND: Final = 200
_MOST_WAYS: Final = 4  # to read a name somebody mistyped
_NEWEST_OF_ONE: Final = 300  # messages of a conversation among which the one to show is looked for

# The mark is locked while words go in: two never take in the same, and an erasure waits for what it has to undo.
_ADD: Final = f"""
with mark as (
  select business_id, created_at, message_id from app.word_marks where business_id = %(business)s
  for update skip locked
), fresh as (
  select m.business_id, m.conversation_id, m.body, m.created_at, m.id, m.kind, m.revoked_at
  from mark k join app.messages m on m.business_id = k.business_id and m.created_at >= k.created_at
    and (m.created_at, m.id) > (k.created_at, k.message_id) and m.created_at <= now() - %(settled_after)s
  order by m.created_at, m.id limit %(most)s
), said as (
  select f.business_id, left(w.word, {_LONGEST_WORD}) as word, f.conversation_id, max(f.created_at) as said_at
  from fresh f cross join lateral unnest(
    tsvector_to_array(to_tsvector('spanish'::regconfig, private.plain(f.body)))) w(word)
  where f.body is not null and f.revoked_at is null and f.kind <> 'reaction' group by 1, 2, 3
), kept as (
  insert into app.conversation_words as c (business_id, word, conversation_id, said_at)
  select business_id, word, conversation_id, said_at from said order by 1, 2, 3
  on conflict (business_id, word, conversation_id) do update set said_at = excluded.said_at
    where c.said_at < excluded.said_at - interval '1 day'
), moved as (
  update app.word_marks k set created_at = n.created_at, message_id = n.id
  from (select business_id, created_at, id from fresh order by created_at desc, id desc limit 1) n
  where k.business_id = n.business_id
), {ADD_NEAR}
select count(*) as taken from fresh
"""
# Of each business one step of an index, from its mark on.
_NEWS: Final = """
select b.id from unnest(%(businesses)s::uuid[]) b(id)
left join lateral (select created_at, message_id from app.word_marks o where o.business_id = b.id limit 1) k on true
cross join lateral (
  select 1 from app.messages m where m.business_id = b.id and m.created_at >= coalesce(k.created_at, 'epoch')
    and (k.created_at is null or (m.created_at, m.id) > (k.created_at, k.message_id))
    and m.created_at <= now() - %(settled_after)s
  limit 1) m
"""
_STEMS: Final = """
select tsvector_to_array(to_tsvector('spanish'::regconfig, private.plain(%(whole)s::text))) as whole,
       tsvector_to_array(to_tsvector('spanish'::regconfig, private.plain(%(begun)s::text))) as last,
       private.plain(%(begun)s::text) as begun
"""
_WRITTEN: Final = "select regexp_split_to_array(private.plain(%s::text), '[^[:alnum:]]+') as words"
# A letter alone at the end is the beginning of a word nobody knows yet.
_ONE_LETTER: Final = re.compile(r"(?<![^\W_])[^\W\d_]\Z")
# The last word, which may not be written to its end.
_BEGUN: Final = re.compile(r"[^\W_]{2,}\Z")
# One step of the index to each next word: however often a word was said, it is passed by.
_BEGINS: Final = """
with recursive w(word) as (
  (select c.word from app.conversation_words c where c.business_id = %(business)s and c.word >= %(begin)s
   order by c.word limit 1)
  union all
  select (select c.word from app.conversation_words c where c.business_id = %(business)s and c.word > w.word
          order by c.word limit 1)
  from w where starts_with(w.word, %(begin)s)
)
select word from w where starts_with(word, %(begin)s) limit %(most)s
"""
_SAID: Final = f"""
select count(*) as n from (
  select 1 from app.conversation_words where business_id = %(business)s and word = any(%(words)s) limit {_MOST_SAID}) s
"""
# However often the other words were said, each is one step of an index: a join would read them all. Whoever has found
# enough stops.
_TOGETHER: Final = f"""
select s.conversation_id, max(s.said_at) as at from unnest(%(words)s::text[]) v(word)
cross join lateral (
  select c.conversation_id, c.said_at from (
    select conversation_id, said_at from app.conversation_words
    where business_id = %(business)s and word = v.word order by said_at desc limit %(each)s) c
  /*also*/
  limit {_MOST_FOUND}) s
group by 1 order by 2 desc limit {_MOST_FOUND}
"""
_SAID_TOO: Final = """
cross join lateral (
  select 1 from unnest(%(words/*n*/)s::text[]) w(word)
  cross join lateral (
    select 1 from app.conversation_words o
    where o.business_id = %(business)s and o.word = w.word and o.conversation_id = c.conversation_id limit 1) x
  limit 1) w/*n*/
"""
_TEXTS: Final = f"""
select c.id, t.body from unnest(%(conversations)s::uuid[]) with ordinality c(id, place)
cross join lateral (
  select n.body from (
    select m.body, m.revoked_at, m.kind, m.sent_at, m.arrival from app.messages m
    where m.business_id = %(business)s and m.conversation_id = c.id
    order by m.sent_at desc, m.arrival desc limit {_NEWEST_OF_ONE}) n
  where n.revoked_at is null and n.kind not in ('reaction', 'edit', 'revoke')
    and private.plain(n.body) like all (%(patterns)s::text[])  -- costs little, and leaves few for the next
    and to_tsvector('spanish'::regconfig, private.plain(n.body)) @@ %(words)s::tsquery
  order by n.sent_at desc, n.arrival desc limit 1) t
order by c.place
"""

# Sixty of a name are no answer to a question, so of a frequent one some are left out.
MOST_PEOPLE: Final = 500
_MOST_TRIED: Final = 2_000  # of those with one word, to see who has the others
# Each key is a word, two words or the ends of a phone, or how one of them begins.
_PEOPLE: Final = f"""
select w.contact_id from unnest(%(from)s::text[], %(to)s::text[]) k(least, beyond)
cross join lateral (
  select o.contact_id from app.contact_words o
  where o.business_id = %(business)s and o.word >= k.least and o.word < k.beyond
  limit {_MOST_TRIED}) w
/*also*/
limit %(most)s
"""
_CALLED_TOO: Final = """
cross join lateral (
  select 1 from app.contact_words o where o.business_id = %(business)s and o.contact_id = w.contact_id
    and o.word >= %(w/*n*/)s and o.word < %(x/*n*/)s limit 1) o/*n*/
"""
_BEYOND: Final = chr(1114111)


@dataclass(frozen=True, slots=True)
class Term:
    """One word that is searched for: the stems it may stand for, and signs every text with it has."""

    words: Sequence[str]
    signs: str


@dataclass(frozen=True, slots=True)
class Found:
    """Where all the words were said; `meant` instead of those nobody ever said; `is_cut`: there may be more."""

    conversations: Sequence[UUID]
    terms: Sequence[Term]
    meant: Sequence[str] = ()
    is_cut: bool = False


NOTHING: Final = Found((), ())


@dataclass(frozen=True, slots=True)
class People:
    """Who it may be, and with which words: those that were written, or those that were meant."""

    ids: set[UUID]
    ways: Sequence[Sequence[str]]
    is_near: bool = False


class PostgresWordIndex:
    """See `index_words.WordIndex`; the inbox searches in it."""

    async def add(self, tx: Tx, business_id: BusinessId, settled_after: timedelta, most: int) -> int:
        here = {"business": business_id, "settled_after": settled_after, "most": most}
        await tx.execute("insert into app.word_marks (business_id) values (%(business)s) on conflict do nothing", here)
        row = await tx.row(_ADD, here)
        return int(row.taken) if row else 0

    async def with_news(
        self, tx: Tx, businesses: Sequence[BusinessId], settled_after: timedelta
    ) -> Sequence[BusinessId]:
        rows = await tx.rows(_NEWS, {"businesses": list(businesses), "settled_after": settled_after})
        return [BusinessId(row.id) for row in rows]

    async def find(self, tx: Tx, business_id: BusinessId, search: str) -> "Found":
        """
        Conversations in which all the words were said, the newest first; the newest of each word are looked at.

        The last word may be the beginning of one. For a word that nobody ever said those are taken that are nearly it.
        """
        terms = await self._terms(tx, business_id, search)
        if not terms or not all(term.words for term in terms):
            return NOTHING
        counted, meant = [], []
        for place, term in enumerate(terms):
            number = await self._said(tx, business_id, term)
            if not number:
                # Nobody ever said it, so it may be a slip of the finger.
                near = await words_near(tx, business_id, term.words[0])
                if not near:
                    return NOTHING
                # What these have in common need not be how any text has it: the words alone decide.
                terms[place] = Term(near, "")
                number = await self._said(tx, business_id, terms[place])
                meant += near
            counted.append((number, terms[place]))
        # The rarest leads; the others are looked up in what it has.
        (number, rarest), *others = sorted(counted, key=lambda one: one[0])
        also = "".join(_SAID_TOO.replace("/*n*/", str(place)) for place, _ in enumerate(others))
        asked = {f"words{place}": list(term.words) for place, (_, term) in enumerate(others)}
        forms = len(rarest.words) * max((len(term.words) for _, term in others), default=1)
        each = max(_FEWEST_SAID, _MOST_SAID // forms)
        here = {"business": business_id, "words": list(rarest.words), "each": each, **asked}
        statement = _TOGETHER.replace("/*also*/", also)
        rows = await tx.rows(statement, here)
        return Found(
            [row.conversation_id for row in rows],
            terms,
            tuple(meant),
            is_cut=len(rows) == _MOST_FOUND or (len(rows) > 0 and number == _MOST_SAID),
        )

    async def texts(
        self, tx: Tx, business_id: BusinessId, found: "Found", conversations: Sequence[UUID]
    ) -> dict[UUID, str]:
        """Of these conversations the newest message that has all the words."""
        if not conversations:
            return {}
        texts = {
            "business": business_id,
            "conversations": list(conversations),
            "patterns": [f"%{term.signs}%" for term in found.terms],
            "words": " & ".join(f"({' | '.join(map(_quoted, term.words))})" for term in found.terms),
        }
        return {row.id: row.body for row in await tx.rows(_TEXTS, texts)}

    async def _said(self, tx: Tx, business_id: BusinessId, term: Term) -> int:
        row = await tx.row(_SAID, {"business": business_id, "words": list(term.words)})
        return int(row.n) if row else 0

    async def people(
        self,
        tx: Tx,
        business_id: BusinessId,
        search: str,
        digits: str,
        *,
        nearly: bool = False,
        most: int = MOST_PEOPLE,
    ) -> "People":
        """
        Contacts whose names have words that begin so, or whose phone has these digits near its end or at its beginning.

        Of a search that fits very many some are left out. `nearly`: names like these count as well.
        """
        row = await tx.row(_WRITTEN, (search,))
        words = tuple(dict.fromkeys(word[:_LONGEST_WORD] for word in (row.words if row else ()) if word))
        words = words[:_MOST_TERMS]
        called = partial(self._called, tx, business_id, most)
        people = await called(words) if words else set()
        if digits:
            people |= await called((digits,))
        if people or not nearly:
            return People(people, [words] if words else [])
        alike = [await words_near(tx, business_id, word) or [word] for word in words]
        ways = [way for way in product(*(one[:2] for one in alike)) if way != words][:_MOST_WAYS]
        for way in ways:
            people |= await called(way)
        return People(people, ways, is_near=True) if people else People(set(), [words] if words else [])

    async def _called(self, tx: Tx, business_id: BusinessId, most: int, words: Sequence[str]) -> set[UUID]:
        """By two of the words at once, in either order; where nobody has these two whole, by the longest."""
        if len(words) > 1:
            first, *others, last = words
            both = [f"{first} {last}"[:_LONGEST_WORD], f"{last} {first}"[:_LONGEST_WORD]]
            if found := await self._with(tx, business_id, most, both, others):
                return found
        longest = max(words, key=len)
        return await self._with(tx, business_id, most, [longest], [word for word in words if word != longest])

    async def _with(
        self, tx: Tx, business_id: BusinessId, most: int, keys: Sequence[str], others: Sequence[str]
    ) -> set[UUID]:
        also = "".join(_CALLED_TOO.replace("/*n*/", str(n)) for n, _ in enumerate(others))
        named = {f"w{n}": word for n, word in enumerate(others)}
        named |= {f"x{n}": word + _BEYOND for n, word in enumerate(others)}
        ends = {"from": list(keys), "to": [key + _BEYOND for key in keys]}
        rows = await tx.rows(
            _PEOPLE.replace("/*also*/", also), {"business": business_id, "most": most, **named, **ends}
        )
        return {one.contact_id for one in rows}

    async def _terms(self, tx: Tx, business_id: BusinessId, search: str) -> list[Term]:
        search = _ONE_LETTER.sub("", search)
        end = _BEGUN.search(search)
        begun = end[0] if end else ""
        row = await tx.row(_STEMS, {"whole": search.removesuffix(begun), "begun": begun})
        if row is None:
            return []
        terms = [Term([stem], _signs(stem)) for stem in row.whole]
        if row.last:  # "de", "la" and their like have no stem, and ask for nothing
            here = {"business": business_id, "begin": row.begun[:_LONGEST_WORD], "most": _MOST_WORDS}
            words = {found.word for found in await tx.rows(_BEGINS, here)} | {*row.last}
            terms.append(Term(sorted(words), _signs(row.last[0])))
        return terms[-_MOST_TERMS:]


def _quoted(word: str) -> str:
    """As a `tsquery` takes it for itself."""
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _signs(stem: str) -> str:
    """A stem may end in letters the word does not have ("paciencia" is "pacient")."""
    signs = stem[: max(2, len(stem) - 2)] if len(stem) > 3 else stem
    return signs.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
