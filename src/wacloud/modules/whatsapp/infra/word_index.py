"""The words of conversations, and the search in them; see `application/index_words.py` and the migration."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Final
from uuid import UUID

from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_LONGEST_WORD: Final = 60
_MOST_TERMS: Final = 6
_MOST_WORDS: Final = 20  # that begin like the last one, which may not be written to its end
_SHORTEST_MISTAKEN: Final = 4
_LIKENESS: Final = 0.7  # of `difflib`: some three letters in ten may be others, missing or too many
_MOST_MEANT: Final = 3
_MOST_LIKE: Final = 1_500  # words with the same two letters at their beginning
_MOST_SAID: Final = 2_000  # conversations looked at for each word, the newest first
_MOST_FOUND: Final = 200
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
)
select count(*) as taken from fresh
"""
_STEMS: Final = """
select tsvector_to_array(to_tsvector('spanish'::regconfig, private.plain(%(whole)s::text))) as whole,
       tsvector_to_array(to_tsvector('spanish'::regconfig, private.plain(%(begun)s::text))) as last,
       private.plain(%(begun)s::text) as begun
"""
_WRITTEN: Final = "select regexp_split_to_array(private.plain(%s::text), '[^[:alnum:]]+') as words"
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

_MOST_PEOPLE: Final = 2_000
# Of each word's people, whoever else has the other words too.
_PEOPLE: Final = f"""
select w.contact_id from app.contact_words w
where w.business_id = %(business)s and w.word >= %(w0)s and w.word < %(w0)s || chr(1114111)/*also*/
limit {_MOST_PEOPLE}
"""


@dataclass(frozen=True, slots=True)
class Term:
    """One word that is searched for: the stems it may stand for, and signs every text with it has."""

    words: Sequence[str]
    signs: str


class PostgresWordIndex:
    """See `index_words.WordIndex`; the inbox searches in it."""

    async def add(self, tx: Tx, business_id: BusinessId, settled_after: timedelta, most: int) -> int:
        here = {"business": business_id, "settled_after": settled_after, "most": most}
        await tx.execute("insert into app.word_marks (business_id) values (%(business)s) on conflict do nothing", here)
        row = await tx.row(_ADD, here)
        return int(row.taken) if row else 0

    async def find(self, tx: Tx, business_id: BusinessId, search: str) -> dict[UUID, str]:
        """
        Conversations with a message that has all the words, and that message; the newest of each word are looked at.

        The last word may be the beginning of one. For a word that nobody ever said those are taken that look like it.
        """
        terms = await self._terms(tx, business_id, search)
        if not terms or not all(term.words for term in terms):
            return {}
        counted = []
        for place, term in enumerate(terms):
            number = await self._said(tx, business_id, term)
            if not number:
                # Nobody ever said it, so it may be a slip of the finger.
                terms[place] = await self._meant(tx, business_id, term)
                number = await self._said(tx, business_id, terms[place])
            counted.append((number, terms[place]))
        # The rarest leads; the others are looked up in what it has.
        (_, rarest), *others = sorted(counted, key=lambda one: one[0])
        also = "".join(
            f" and exists (select 1 from app.conversation_words o where o.business_id = %(business)s "
            f"and o.word = any(%(words{place})s) and o.conversation_id = s.conversation_id)"
            for place, _ in enumerate(others)
        )
        statement = (
            "select s.conversation_id, max(s.said_at) as at from unnest(%(words)s::text[]) v(word) "
            "cross join lateral (select c.conversation_id, c.said_at from app.conversation_words c "
            "where c.business_id = %(business)s and c.word = v.word "
            f"order by c.said_at desc limit {_MOST_SAID}) s where true{also} "
            f"group by 1 order by 2 desc limit {_MOST_FOUND}"
        )
        asked = {f"words{place}": list(term.words) for place, (_, term) in enumerate(others)}
        rows = await tx.rows(statement, {"business": business_id, "words": list(rarest.words), **asked})
        patterns = [f"%{term.signs}%" for term in terms]
        texts = {
            "business": business_id,
            "conversations": [row.conversation_id for row in rows],
            "patterns": patterns,
            "words": " & ".join(f"({' | '.join(map(_quoted, term.words))})" for term in terms),
        }
        return {row.id: row.body for row in await tx.rows(_TEXTS, texts)}

    async def _said(self, tx: Tx, business_id: BusinessId, term: Term) -> int:
        row = await tx.row(_SAID, {"business": business_id, "words": list(term.words)})
        return int(row.n) if row else 0

    async def _meant(self, tx: Tx, business_id: BusinessId, term: Term) -> Term:
        """Words that were said and look like it; they begin with the same two letters."""
        written, begin = term.words[0], term.words[0][:2]
        if len(written) < _SHORTEST_MISTAKEN:
            return term
        rows = await tx.rows(_BEGINS, {"business": business_id, "begin": begin, "most": _MOST_LIKE})
        alike = get_close_matches(written, [row.word for row in rows], n=_MOST_MEANT, cutoff=_LIKENESS)
        return Term(alike, _signs(begin)) if alike else term

    async def people(self, tx: Tx, business_id: BusinessId, search: str, digits: str) -> set[UUID]:
        """
        Contacts whose names have words that begin so, or whose phone has these digits near its end or at its beginning.

        Of a search that fits very many some are left out.
        """
        row = await tx.row(_WRITTEN, (search,))
        words = sorted({word for word in (row.words if row else ()) if word}, key=len, reverse=True)[:_MOST_TERMS]
        found: set[UUID] = set()
        for asked in filter(None, (words, [digits] if digits else [])):
            also = "".join(
                f" and exists (select 1 from app.contact_words o where o.business_id = w.business_id "
                f"and o.contact_id = w.contact_id and o.word >= %(w{n})s and o.word < %(w{n})s || chr(1114111))"
                for n in range(1, len(asked))
            )
            named = {f"w{n}": word[:_LONGEST_WORD] for n, word in enumerate(asked)}
            rows = await tx.rows(_PEOPLE.replace("/*also*/", also), {"business": business_id, **named})
            found.update(one.contact_id for one in rows)
        return found

    async def _terms(self, tx: Tx, business_id: BusinessId, search: str) -> list[Term]:
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
