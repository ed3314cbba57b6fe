"""
What the Graph twin must know of the demo's people: who they are, and what they and the shop have written.

It is read from the database, so that the phones show what the inbox shows, whatever became of the twin.
"""

from typing import Any

from wacloud.main.seed_data import shop
from wacloud.shared.application.db import Database
from wacloud.shared.domain.ids import BusinessId

MOST_MESSAGES = 5_000
_MEDIA = ("image", "video", "audio", "document", "sticker")
_MEDIA_NAMES = {"media_id": "id", "mime_type": "mime_type", "filename": "filename", "voice": "voice"}


async def customers(db: Database, business_id: BusinessId) -> tuple[dict[str, object], ...]:
    """Everybody the database knows, whoever wrote last at the end."""
    async with db.tenant(business_id, read_only=True) as tx:
        rows = await tx.rows(
            """
            select coalesce(p.profile_name, p.name, '?') as name, p.phone as wa_id, p.username,
                   p.phone is null as hides_phone,
                   (select value from app.contact_identities i where i.business_id = p.business_id
                      and i.contact_id = p.id and i.kind = 'bsuid' limit 1) as bsuid,
                   (select max(extract(epoch from c.last_inbound_at))::float8 from app.conversations c
                      join app.phone_numbers n on n.business_id = c.business_id and n.id = c.number_id
                      where c.business_id = p.business_id and c.contact_id = p.id
                        and n.phone_number_id = %s) as wrote_at
            from app.contacts p where p.business_id = %s and p.merged_into is null order by wrote_at nulls first
            """,
            (shop.PHONE_NUMBER_ID, business_id),
        )
    people = []
    for row in rows:
        person = {name: value for name, value in row._asdict().items() if value is not None and name != "wrote_at"}
        if row.wrote_at is not None:
            person["wrote_at"] = {shop.PHONE_NUMBER_ID: row.wrote_at}
        people.append(person)
    return tuple(people)


async def history(db: Database, business_id: BusinessId) -> tuple[dict[str, object], ...]:
    """What lies on their phones, oldest first; the newest messages, where there are very many."""
    async with db.tenant(business_id, read_only=True) as tx:
        rows = await tx.rows(
            """
            select m.wamid, m.direction, m.kind, m.body, m.content, m.state, m.refers_to, m.reactions,
                   m.edited_at is not null as is_edited, m.revoked_at is not null as is_revoked,
                   extract(epoch from m.sent_at)::float8 as at, p.phone,
                   coalesce(p.phone, (select value from app.contact_identities i where i.business_id = p.business_id
                      and i.contact_id = p.id and i.kind = 'bsuid' limit 1)) as customer,
                   (c.unread = 0 or m.state = 'answered') as was_seen
            from app.messages m
            join app.conversations c on c.business_id = m.business_id and c.id = m.conversation_id
            join app.contacts p on p.business_id = c.business_id and p.id = c.contact_id
            join app.phone_numbers n on n.business_id = c.business_id and n.id = c.number_id
            where m.business_id = %s and n.phone_number_id = %s and m.wamid is not null
              and m.kind not in ('reaction', 'edit', 'revoke', 'system')
              and (m.direction = 'in' or m.state in ('sent', 'delivered', 'read'))
            order by m.sent_at desc, m.arrival desc limit %s
            """,
            (business_id, shop.PHONE_NUMBER_ID, MOST_MESSAGES),
        )
    return tuple(_past(row) for row in reversed(rows) if row.customer)


def _past(row: Any) -> dict[str, object]:
    is_inbound = row.direction == "in"
    kind, content = _as_meta_has_it(row.kind, row.body, row.content, is_inbound=is_inbound)
    past: dict[str, object] = {
        "phone_number_id": shop.PHONE_NUMBER_ID,
        "customer": row.customer,
        "wamid": row.wamid,
        "is_inbound": is_inbound,
        "type": kind,
        "content": content,
        "text": row.body or "",
        "at": row.at,
        "status": row.state if not is_inbound else "read" if row.was_seen else "delivered",
        "reactions": _reactions(row.reactions or {}),
        "is_edited": row.is_edited,
        "is_revoked": row.is_revoked,
    }
    return past | ({"reply_to": row.refers_to} if row.refers_to else {})


def _as_meta_has_it(kind: str, body: str | None, content: dict[str, Any], *, is_inbound: bool) -> tuple[str, Any]:
    """Type and content of a message on the phone. What was never kept in full is shown as its text."""
    if kind in _MEDIA and isinstance(content.get("media"), dict):
        told = {theirs: content["media"][ours] for ours, theirs in _MEDIA_NAMES.items() if ours in content["media"]}
        return kind, {**told, **({"caption": body} if body else {})}
    if kind in ("location", "contacts") and kind in content:
        return kind, content[kind]
    if kind == "interactive" and not is_inbound and "interactive" in content:
        return kind, content["interactive"]
    return "text", {"body": body or "…"}


def _reactions(kept: dict[str, Any]) -> dict[str, str]:
    who = {"contact": "customer", "business": "business"}
    return {who[name]: told["emoji"] for name, told in kept.items() if name in who and told.get("emoji")}
