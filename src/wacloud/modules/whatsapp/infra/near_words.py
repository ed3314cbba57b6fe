"""
Words that are nearly those somebody searches for: a letter missing, wrong, too much or in another's place.

See the migration: a word stands under what it sounds like, and under that with one letter left out. Of what is searched
for two letters are left out, so two slips of the finger are found as well; then the likest are taken.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_SHORTEST: Final = 3
_SHORTEST_MISTAKEN: Final = 4
_LONGEST: Final = 30  # longer ones are no words, and would stand under very many keys
_LIKENESS: Final = 0.7  # of `difflib`: some three letters in ten may be others, missing or too many
_MOST_MEANT: Final = 3
_MOST_LOOKED_AT: Final = 300

# Part of the statement that takes words in: `said` and `fresh` are what it reads.
ADD_NEAR: Final = f"""
names as (
  select distinct w.word from (select distinct conversation_id from fresh) f
  cross join lateral (select contact_id from app.conversations o
    where o.business_id = %(business)s and o.id = f.conversation_id limit 1) c
  cross join lateral (select word from app.contact_words o
    where o.business_id = %(business)s and o.contact_id = c.contact_id limit 40) w
), unknown as (
  select w.word from (select word from said union select word from names) w
  where length(w.word) between {_SHORTEST} and {_LONGEST} and w.word !~ '[^[:alpha:]]'
    and not exists (select 1 from app.near_words n
                    where n.business_id = %(business)s and n.near = w.word and n.word = w.word)
), near as (
  insert into app.near_words (business_id, near, word)
  select %(business)s, k, u.word from unknown u
  cross join lateral (select u.word union select private.near_keys(u.word, 1)) n(k)
  on conflict do nothing
)
"""
_NEAR: Final = f"""
select distinct n.word from unnest(array(select private.near_keys(left(private.plain(%(written)s::text), {_LONGEST}),
  case when length(%(written)s::text) > {_SHORTEST_MISTAKEN} then 2 else 1 end))) k(key)
cross join lateral (
  select word from app.near_words o where o.business_id = %(business)s and o.near = k.key limit 20) n
limit {_MOST_LOOKED_AT}
"""
_FORGET: Final = """
delete from app.near_words n where n.business_id = %(business)s and n.word = any(%(words)s)
  and not exists (select 1 from app.conversation_words o where o.business_id = n.business_id and o.word = n.word)
  and not exists (select 1 from app.contact_words o where o.business_id = n.business_id and o.word = n.word)
"""


async def words_near(tx: Tx, business_id: BusinessId, written: str) -> list[str]:
    """The likest of the words that were ever said or that are part of a name; short ones are taken as they are."""
    if not _SHORTEST_MISTAKEN <= len(written) <= _LONGEST or not written.isalpha():
        return []
    rows = await tx.rows(_NEAR, {"business": business_id, "written": written})
    like = sorted(((SequenceMatcher(None, written, row.word).ratio(), row.word) for row in rows), reverse=True)
    return [word for ratio, word in like if ratio >= _LIKENESS][:_MOST_MEANT]


async def forget_words(tx: Tx, business_id: BusinessId, words: Sequence[str]) -> None:
    """Of these those that nobody else ever said or is called."""
    if words:
        await tx.execute(_FORGET, {"business": business_id, "words": list(words)})
