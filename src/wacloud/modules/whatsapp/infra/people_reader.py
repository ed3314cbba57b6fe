"""What pages and programs see of people; see `people_stored.PeopleReader`."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from wacloud.modules.whatsapp.application.people_stored import (
    ConsentRow,
    Given,
    Identity,
    Import,
    MergeRow,
    PeoplePage,
    Person,
    PersonRow,
    Said,
    Segment,
    Suggestion,
    Talk,
    Wanted,
)
from wacloud.modules.whatsapp.domain.consent import USUAL, ConsentSettings
from wacloud.modules.whatsapp.domain.person import ContactField, Tag
from wacloud.modules.whatsapp.domain.segment import EVERYBODY, Group
from wacloud.modules.whatsapp.infra.contact_imports import IMPORT_COLUMNS, to_import
from wacloud.modules.whatsapp.infra.cursor import as_uuid, read_cursor, write_cursor
from wacloud.modules.whatsapp.infra.people_suggestions import SUGGESTIONS
from wacloud.modules.whatsapp.infra.segment_sql import SegmentSql
from wacloud.modules.whatsapp.infra.word_index import PostgresWordIndex
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId, UserId

_ROW = """
select p.id, p.name, p.profile_name, p.username, p.phone, p.country, p.fields, p.opted_in_at, p.opted_out_at,
       p.marketing_stopped_at, p.blocked_at, p.block_state, p.block_reason, p.created_at,
       case when p.app_removed_at > coalesce(p.app_saved_at, '-infinity') then p.app_removed_at end
         as removed_from_app_at,
       (select max(c.last_inbound_at) from app.conversations c
        where c.business_id = p.business_id and c.contact_id = p.id) as last_inbound_at,
       coalesce((select jsonb_agg(jsonb_build_array(t.id, t.name, t.colour) order by lower(t.name))
                 from app.tagged_contacts g join app.contact_tags t on t.business_id = g.business_id and t.id = g.tag_id
                 where g.business_id = p.business_id and g.contact_id = p.id), '[]') as tags
from app.contacts p
where p.business_id = %(business)s and p.merged_into is null and p.erased_at is null
"""
_IDENTIFIED = """
select i.contact_id from app.contact_identities i
where i.business_id = %(business)s and i.kind = any ('{bsuid,wa_id,phone}') and i.value = %(exact)s limit 20
"""
# Of a name that more people have, the list is read in its order: it soon has a page of them.
_MOST_LOOKED_UP = 2_000
_NAMES = "private.plain(concat_ws(' ', p.name, p.profile_name, p.username))"
_ALSO = """
exists (select 1 from app.contact_words o where o.business_id = p.business_id and o.contact_id = p.id
        and o.word >= {0} and o.word < {0} || chr(1114111))
"""
_LIKE_A_PHONE = re.compile(r"[\d\s+().-]{3,}", re.ASCII)
_SAID_AT_ONCE = 500


class PostgresPeopleReader:
    """Each method opens its own transaction, with the rights of whoever asks."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._words = PostgresWordIndex()

    async def page(self, user_id: UserId, business_id: BusinessId, wanted: Wanted) -> PeoplePage:
        search = wanted.search.strip()[:100]
        at, last_id = read_cursor(wanted.cursor, as_uuid)
        segment = SegmentSql(wanted.filter or EVERYBODY)
        params = {
            **segment.params,
            "business": business_id,
            "exact": search.removeprefix("+"),
            "tag": wanted.tag_id,
            "ids": list(wanted.ids or ()),
            "at": at,
            "id": last_id,
            "limit": wanted.limit + 1,
        }
        async with self._db.member(user_id, read_only=True) as tx:
            found, meant = await self._found(tx, search, params) if search else ("", ())
            rows = [_to_row(row) for row in await tx.rows(self._page_sql(segment, found, wanted, at), params)]
        more, rows = len(rows) > wanted.limit, rows[: wanted.limit]
        cursor = write_cursor(rows[-1].created_at, str(rows[-1].id)) if more else None
        return PeoplePage(rows, cursor, meant if rows else ())

    def _page_sql(self, segment: SegmentSql, found: str, wanted: Wanted, at: object) -> str:
        return (
            f"{_ROW} and {segment.condition} {found}"
            + (_TAGGED if wanted.tag_id else "")
            + (" and p.id = any (%(ids)s)" if wanted.ids is not None else "")
            + (" and (p.created_at, p.id) < (%(at)s, %(id)s)" if at else "")
            + " order by p.created_at desc, p.id desc limit %(limit)s"
        )

    async def _found(self, tx: Tx, search: str, params: dict[str, Any]) -> tuple[str, Sequence[str]]:
        """The condition, its values put among the parameters; and the names that were meant, where nobody has these."""
        digits = re.sub(r"\D", "", search) if _LIKE_A_PHONE.fullmatch(search) else ""
        business_id = params["business"]
        people = await self._words.people(tx, business_id, search, digits, nearly=True, most=_MOST_LOOKED_UP)
        known = {row.contact_id for row in await tx.rows(_IDENTIFIED, params)}
        words = people.ways[0] if people.ways else [digits]
        if len(people.ids) < _MOST_LOOKED_UP:
            params |= {"found": list(people.ids | known), "known": list(known), "digits": digits}
            # Words of earlier names are kept, so it is looked at what they are called now.
            called = ["p.id = any (%(known)s) or %(digits)s <> '' and p.phone like '%%' || %(digits)s || '%%'"]
            for n, way in enumerate(people.ways):
                params[f"way{n}"] = [f"%{word}%" for word in way]
                called.append(f"{_NAMES} like all (%(way{n})s)")
            return f" and p.id = any (%(found)s) and ({' or '.join(called)})", words if people.is_near else ()
        params |= {f"word{n}": word for n, word in enumerate(words)}
        return "".join(f" and {_ALSO.format(f'%(word{n})s::text')}" for n, _ in enumerate(words)), ()

    async def count(self, user_id: UserId, business_id: BusinessId, filter_: Group, most: int) -> int:
        segment = SegmentSql(filter_)
        async with self._db.member(user_id, read_only=True) as tx:
            row = await tx.row(
                "select count(*) as found from (select from app.contacts p where p.business_id = %(business)s "
                f"and p.merged_into is null and p.erased_at is null and {segment.condition} limit %(most)s) f",
                {**segment.params, "business": business_id, "most": most},
            )
        return int(row.found) if row else 0

    async def person(self, user_id: UserId, business_id: BusinessId, contact_id: UUID) -> Person | None:
        params = {"business": business_id, "id": contact_id}
        async with self._db.member(user_id, read_only=True) as tx:
            row = await tx.row(
                f"{_ROW} and p.id = coalesce((select o.merged_into from app.contacts o "
                "where o.business_id = %(business)s and o.id = %(id)s), %(id)s)",
                params,
            )
            if row is None:
                return None
            params["id"] = row.id
            return Person(
                _to_row(row),
                [Identity(*one) for one in await tx.rows(_IDENTITIES, params)],
                [Talk(*one) for one in await tx.rows(_TALKS, params)],
                [ConsentRow(*one) for one in await tx.rows(_CONSENTS, params)],
                [MergeRow(*one) for one in await tx.rows(_MERGES, params)],
            )

    async def given(self, user_id: UserId, business_id: BusinessId, contact_id: UUID) -> Sequence[Given]:
        async with self._db.member(user_id, read_only=True) as tx:
            rows = await tx.rows(_GIVEN, {"business": business_id, "id": contact_id})
        return [
            Given(
                row.title,
                datetime.fromisoformat(row.at),
                [(field["label"], str(row.told[field["key"]])) for field in row.fields if field["key"] in row.told],
            )
            for row in rows
        ]

    async def suggestions(
        self, user_id: UserId, business_id: BusinessId, contact_id: UUID | None = None, limit: int = 30
    ) -> Sequence[Suggestion]:
        async with self._db.member(user_id, read_only=True) as tx:
            pairs = await tx.rows(SUGGESTIONS, {"business": business_id, "id": contact_id, "limit": limit})
            ids = [id_ for pair in pairs for id_ in (pair.one, pair.other)]
            rows = await tx.rows(f"{_ROW} and p.id = any (%(ids)s)", {"business": business_id, "ids": ids})
        people = {row.id: _to_row(row) for row in rows}
        return [Suggestion(people[pair.one], people[pair.other], tuple(pair.reasons)) for pair in pairs]

    async def fields(self, user_id: UserId, business_id: BusinessId) -> Sequence[ContactField]:
        rows = await self._rows(
            user_id,
            "select id, key, label, kind, choices from app.contact_fields where business_id = %s "
            "order by created_at, id",
            business_id,
        )
        return [ContactField(row.id, row.key, row.label, row.kind, tuple(row.choices)) for row in rows]

    async def tags(self, user_id: UserId, business_id: BusinessId) -> Sequence[Tag]:
        sql = "select id, name, colour from app.contact_tags where business_id = %s order by lower(name)"
        return [Tag(*row) for row in await self._rows(user_id, sql, business_id)]

    async def segments(self, user_id: UserId, business_id: BusinessId) -> Sequence[Segment]:
        sql = "select id, name, filter from app.segments where business_id = %s order by lower(name) limit 200"
        return [Segment(*row) for row in await self._rows(user_id, sql, business_id)]

    async def consent_settings(self, user_id: UserId, business_id: BusinessId) -> ConsentSettings:
        sql = "select opt_out_words, opt_in_words, confirmations from app.consent_settings where business_id = %s"
        rows = await self._rows(user_id, sql, business_id)
        return ConsentSettings(tuple(rows[0][0]), tuple(rows[0][1]), rows[0][2]) if rows else USUAL

    async def said(
        self, user_id: UserId, business_id: BusinessId, contact_id: UUID, after: tuple[datetime, int] | None
    ) -> Sequence[Said]:
        at, arrival = after or (None, None)
        async with self._db.member(user_id, read_only=True) as tx:
            rows = await tx.rows(
                """
                select m.conversation_id, m.sent_at, m.direction, m.author, m.kind, m.body, m.state, m.arrival
                from app.messages m
                where m.business_id = %(b)s
                  and m.conversation_id in (select id from app.conversations where business_id = %(b)s
                                            and contact_id = %(contact)s)
                  and (%(at)s::timestamptz is null or (m.sent_at, m.arrival) > (%(at)s, %(arrival)s))
                order by m.sent_at, m.arrival limit %(most)s
                """,
                {"b": business_id, "contact": contact_id, "at": at, "arrival": arrival, "most": _SAID_AT_ONCE},
            )
        return [Said(*row) for row in rows]

    async def imports(self, user_id: UserId, business_id: BusinessId) -> Sequence[Import]:
        sql = (
            f"select {IMPORT_COLUMNS} from app.contact_imports where business_id = %s order by created_at desc limit 20"
        )
        return [to_import(row) for row in await self._rows(user_id, sql, business_id)]

    async def an_import(self, user_id: UserId, business_id: BusinessId, import_id: UUID) -> Import | None:
        sql = f"select {IMPORT_COLUMNS} from app.contact_imports where business_id = %s and id = %s"
        rows = await self._rows(user_id, sql, business_id, import_id)
        return to_import(rows[0]) if rows else None

    async def import_rows(
        self, user_id: UserId, business_id: BusinessId, import_id: UUID, *, refused: bool, limit: int
    ) -> Sequence[tuple[int, Sequence[str], str | None]]:
        rows = await self._rows(
            user_id,
            "select row, cells, problem from app.contact_import_rows "
            "where business_id = %s and import_id = %s and (problem is not null) = %s order by row limit %s",
            business_id,
            import_id,
            refused,
            limit,
        )
        return [(row.row, row.cells, row.problem) for row in rows]

    async def _rows(self, user_id: UserId, sql: str, *params: object) -> list[Any]:
        async with self._db.member(user_id, read_only=True) as tx:
            return await tx.rows(sql, params)


_TAGGED = """
 and exists (select from app.tagged_contacts t
             where t.business_id = p.business_id and t.tag_id = %(tag)s and t.contact_id = p.id)
"""
_IDENTITIES = """
select kind, value, first_seen_at from app.contact_identities
where business_id = %(business)s and contact_id = %(id)s order by first_seen_at, kind, value
"""
_TALKS = """
select c.id, n.display_phone_number, c.handler, c.last_message_at from app.conversations c
join app.phone_numbers n on n.business_id = c.business_id and n.id = c.number_id
where c.business_id = %(business)s and c.contact_id = %(id)s and c.last_message_at is not null
order by c.last_message_at desc
"""
_CONSENTS = """
select e.at, e.recorded_at, e.change, e.source, e.words, e.wamid, u.name from app.consent_events e
left join app.users u on u.id = e.actor_id
where e.business_id = %(business)s and e.contact_id in (
  select id from app.contacts where business_id = %(business)s and (id = %(id)s or merged_into = %(id)s))
order by e.at desc, e.recorded_at desc limit 200
"""
_GIVEN = """
select b.title, b.at, b.fields, b.told from (
select e.title, e.created_at, e.id, r.at, r.fields, r."values" as told from app.bot_form_entries e
join app.conversations c on c.business_id = e.business_id and c.id = e.conversation_id
cross join lateral jsonb_to_recordset(e.revisions || jsonb_build_object(
  'at', coalesce(e.changed_at, e.created_at), 'fields', e.fields, 'values', e."values"))
  as r(at text, fields jsonb, "values" jsonb)
where e.business_id = %(business)s and c.contact_id = %(id)s
union all
select f.title, e.kept_at, e.form_id, e.kept_at::text, f.fields, e."values" from app.bot_forms_begun e
join app.bot_forms f on f.business_id = e.business_id and f.id = e.form_id
join app.conversations c on c.business_id = e.business_id and c.id = e.conversation_id
where e.business_id = %(business)s and c.contact_id = %(id)s) b order by b.created_at, b.id, b.at
"""
_MERGES = """
select m.at, u.name, m.by is null, m.snapshot from app.contact_merges m left join app.users u on u.id = m.by
where m.business_id = %(business)s and m.kept = %(id)s order by m.at desc limit 50
"""


def _to_row(row: Any) -> PersonRow:
    values = row._asdict()
    values["tags"] = tuple(Tag(UUID(id_), name, colour) for id_, name, colour in row.tags)
    return PersonRow(**values)
