"""What a search of the inbox finds: the newest messages and people by themselves, older ones by the index of words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from wacloud.modules.whatsapp.application.inbox import ConversationRow
from wacloud.modules.whatsapp.infra.word_index import Found, People, PostgresWordIndex
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

# How a search reads texts: `private.plain` written out, as a call of it costs more than the whole rest of a row.
_ACCENTS = ("áàâäãéèêëíìîïóòôöõúùûüñç", "aaaaaeeeeiiiiooooouuuunc")
_PLAIN = f"translate(lower({{}}), '{_ACCENTS[0]}', '{_ACCENTS[1]}')"
_ACCENTS_OFF = str.maketrans(*_ACCENTS)
_WORD = re.compile(r"[^\W\d_]+")
_NO_WORD = 2  # letters of "de" and "la", which stand everywhere
_LIKE_A_PHONE = re.compile(r"[\d\s+().-]{3,}", re.ASCII)
# A search reads so many of the newest messages itself, also within words; the index of words knows the older ones.
_SEARCHED = 500
# And so many of the people who talked last: of a name that very many have, these are meant most often.
_RECENT = 300

_NAMES = _PLAIN.format("concat_ws(' ', s.name, s.profile_name, s.username)")
# The index of words knows whom it may be; this looks.
_OF_PEOPLE = """
select c.id from app.contacts s
join app.conversations c on c.business_id = s.business_id and c.contact_id = s.id
where s.business_id = %(business)s and s.id = any(%(people)s) and /*called*/
union
select c.id from (
  select id, contact_id from app.conversations
  where business_id = %(business)s and status = 'open' and last_message_at is not null
  order by last_message_at desc, id desc limit /*recent*/) c
cross join lateral (
  select * from app.contacts o where o.business_id = %(business)s and o.id = c.contact_id limit 1) s
where /*called*/
"""
# Newest first, so the first of a conversation is the one to show.
_IN_MESSAGES = f"""
select m.conversation_id, m.body from (
  select conversation_id, body, kind, revoked_at, created_at from app.messages
  where business_id = %(business)s order by created_at desc limit {_SEARCHED}) m
where m.revoked_at is null and m.kind not in ('reaction', 'edit', 'revoke')
  and {_PLAIN.format("m.body")} like '%%' || {_PLAIN.format("%(search)s::text")} || '%%'
order by m.created_at desc limit 500
"""


@dataclass(frozen=True, slots=True)
class Sought:
    """
    Which conversations, and why: a text is known of the newest, the `older` have the words, the `named` are called so.

    `wrong` are words found instead of some that nobody wrote and nobody is called; `words` all that were looked for.
    """

    recent: dict[UUID, str]
    older: Sequence[UUID]
    named: set[UUID]
    found: Found
    words: Sequence[str]
    wrong: Sequence[str]

    @property
    def conversations(self) -> list[UUID]:
        """All of them."""
        return [*self.recent, *self.named, *self.older]

    @property
    def is_cut(self) -> bool:
        """Whether only the newest were looked at."""
        return self.found.is_cut

    def around(self, text: str | None) -> str | None:
        """The text from shortly before the first of the words, so that a line of the list shows them."""
        if text is None:
            return None
        plain = text.lower().translate(_ACCENTS_OFF)
        places = (plain.find(word) for word in self.words if len(word) > _NO_WORD)
        at = min((place for place in places if place >= 0), default=-1)
        start = text.rfind(" ", 0, at - 12) + 1 if at > 20 else 0
        return ("… " if start else "") + " ".join(text[start : start + 160].split())

    def as_written(self, rows: Sequence[ConversationRow]) -> tuple[str, ...]:
        """The words that were found instead of what was written, as somebody wrote them."""
        told = " ".join(f"{row.found_text or ''} {row.contact_name}" for row in rows)
        words = {word.lower().translate(_ACCENTS_OFF): word.lower() for word in reversed(_WORD.findall(told))}
        found = (next((word for bare, word in words.items() if bare.startswith(stem)), None) for stem in self.wrong)
        return tuple(dict.fromkeys(word for word in found if word))


class InboxSearch:
    """Each part costs the same whatever there is of years: the newest few, or some steps of an index."""

    def __init__(self) -> None:
        self._words = PostgresWordIndex()

    async def find(self, tx: Tx, business_id: BusinessId, search: str) -> Sought:
        """Where the words were said in one message, and who is called so."""
        # Of "tarta de 8" the 8 is no part of a phone.
        digits = re.sub(r"\D", "", search) if _LIKE_A_PHONE.fullmatch(search) else ""
        signs = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        recent: dict[UUID, str] = {}
        for hit in await tx.rows(_IN_MESSAGES, {"business": business_id, "search": signs}):
            recent.setdefault(hit.conversation_id, hit.body)
        found = await self._words.find(tx, business_id, search)
        nearly = not recent and not found.conversations
        people = await self._words.people(tx, business_id, search, digits, nearly=nearly)
        named = await self._named(tx, business_id, people, digits)
        older: Sequence[UUID] = [id_ for id_ in found.conversations if id_ not in recent and id_ not in named]
        if len(found.terms) > 1:
            # They may have been said in several messages: only who said them together counts.
            recent |= await self._words.texts(tx, business_id, found, older)
            older = ()
        written = search.lower().translate(_ACCENTS_OFF)
        words = (written, *written.split(), *found.meant, *(word for way in people.ways for word in way))
        wrong = (*found.meant, *(people.ways[0] if people.is_near else ()))
        return Sought(recent, older, named, found, words, wrong)

    async def texts(self, tx: Tx, business_id: BusinessId, sought: Sought, shown: Sequence[UUID]) -> dict[UUID, str]:
        """What was said in those of them that are shown."""
        on_page = set(shown)
        older = [id_ for id_ in sought.older if id_ in on_page]
        return sought.recent | await self._words.texts(tx, business_id, sought.found, older)

    async def _named(self, tx: Tx, business_id: BusinessId, people: People, digits: str) -> set[UUID]:
        """Conversations of these people, and of those who talked last, who are called so."""
        ways = {f"way{n}": [f"%{word}%" for word in way] for n, way in enumerate(people.ways)}
        called = [f"{_NAMES} like all(%({name})s::text[])" for name in ways]
        if digits:
            called.append("s.phone like '%%' || %(digits)s || '%%'")
        if not called:
            return set()
        sql = _OF_PEOPLE.replace("/*called*/", f"({' or '.join(called)})").replace("/*recent*/", str(_RECENT))
        asked: dict[str, Any] = {"business": business_id, "digits": digits, "people": list(people.ids), **ways}
        return {row.id for row in await tx.rows(sql, asked)}
