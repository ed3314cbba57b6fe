"""
A business with as many messages as a large one has after years, for measuring: `wacloud seed --messages 1000000`.

Everything follows from a conversation's number, so that a second run makes the same; a part is one transaction, so
that an interrupted run goes on where it stopped.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from wacloud.modules.whatsapp.application.index_words import AT_ONCE
from wacloud.modules.whatsapp.infra.word_index import PostgresWordIndex
from wacloud.shared.application.db import Database
from wacloud.shared.domain.ids import BusinessId

PART: Final = 2_000  # conversations in one transaction: some seconds of work at most

# What is so of the n-th conversation. Most are closed and old; of the open ones the bot has most.
_CONVERSATIONS: Final = """
with drawn as (
  select n, md5('contact' || %(business)s::text || n)::uuid as contact_id,
         md5('conversation' || %(business)s::text || n)::uuid as id,
         1 + abs(hashint8extended(n, 1) %% (2 * %(each)s - 1)) as messages,
         abs(hashint8extended(n, 2) %% 100) as standing, abs(hashint8extended(n, 3) %% 100) as share,
         date_trunc('day', now()) + interval '1 day'
           - pow(abs(hashint8extended(n, 4) %% 1000000) / 1000000.0, 3) * interval '300 days'
           - interval '1 day' as last_at
  from generate_series(%(first)s::bigint, %(last)s::bigint) n
), conv as (
  select *, case when standing < 70 then 'closed' when standing < 73 then 'snoozed' else 'open' end as status,
         case when standing < 73 or share < 80 then 'bot' when share < 95 then 'person' else 'waiting' end as handler,
         standing >= 73 and share >= 85 as theirs_last
  from drawn
)
"""
_CONTACTS: Final = f"""
{_CONVERSATIONS}
insert into app.contacts (business_id, id, profile_name, phone, country, created_at)
select %(business)s::uuid, contact_id,
       (array['María','José','Lucía','Antonio','Carmen','Manuel','Ana','Javier','Laura','Íñigo','Elena','Sergio','Núria',
              'Pablo','Marta','Andrés'])[1 + abs(hashint8extended(n, 5) %% 16)] || ' ' ||
       (array['García','Fernández','López','Martínez','Sánchez','Pérez','Gómez','Ruiz','Díaz','Muñoz','Álvarez','Romero',
              'Navarro','Torres','Gil','Serrano'])[1 + abs(hashint8extended(n, 6) %% 16)] || ' ' ||
       (array['Vega','Ibáñez','Campos','Nieto','Cano','Prieto','Rubio','Peña'])[1 + abs(hashint8extended(n, 7) %% 8)],
       (34600000000 + n)::text, 'ES', last_at - interval '30 days'
from conv
"""
_ROWS: Final = f"""
{_CONVERSATIONS}
insert into app.conversations (business_id, id, contact_id, number_id, handler, status, snoozed_until, closed_at,
  priority, last_inbound_at, last_outbound_at, last_message_at, last_message_id,
  last_message_created_at, unread, created_at)
select %(business)s::uuid, id, contact_id, %(number)s, handler, status,
       case when status = 'snoozed' then now() + interval '2 days' end, case when status = 'closed' then last_at end,
       case when status = 'open' and share >= 97 then 3 when status = 'open' and share >= 90 then 2 else 0 end,
       case when theirs_last then last_at when messages > 1 then last_at - interval '40 seconds' end,
       case when not theirs_last then last_at when messages > 1 then last_at - interval '40 seconds' end,
       last_at, md5('message' || id || messages)::uuid, last_at,
       case when theirs_last and status = 'open' then 1 else 0 end, last_at - interval '30 days'
from conv
"""
_MESSAGES: Final = f"""
{_CONVERSATIONS}, said as (
  select c.id as conversation_id, c.n, i, md5('message' || c.id || i)::uuid as id,
         c.last_at - (c.messages - i) * interval '40 seconds' as at, c.handler,
         ((c.messages - i) + c.theirs_last::int) %% 2 = 1 as is_theirs
  from conv c cross join lateral generate_series(1, c.messages) i
), kept as (
  insert into app.messages (business_id, id, created_at, arrival, conversation_id, direction, author, kind, body,
    content, wamid, sent_at, state, reason)
  select %(business)s::uuid, id, at, (n << 20) + i, conversation_id, case when is_theirs then 'in' else 'out' end,
         case when is_theirs then 'contact' else 'bot' end, 'text',
         (array['Hola, ¿tenéis','Buenos días, quería saber si queda','Perdona, ¿cuánto cuesta',
                '¿A qué hora puedo recoger',
                'Me gustaría reservar','Necesito cambiar','¿Hacéis envíos de','Gracias, y también'])
           [1 + abs(hashint8extended(n * 64 + i, 8) %% 8)] || ' ' ||
         (array['la tarta de manzana','el pedido','una mesa para cuatro','las zapatillas azules','la cita del jueves',
                'el ramo de rosas','la factura de marzo','dos entradas','el aceite de oliva','la caja de naranjas',
                'la talla mediana','el albarán'])[1 + abs(hashint8extended(n * 64 + i, 9) %% 12)]
           || ' número ' || n || '-' || i,
         '{{"sample": true}}', 'wamid.seed.' || n || '.' || i, at,
         case when not is_theirs then 'read' when handler = 'bot' then 'answered' else 'handed_over' end,
         case when is_theirs and handler <> 'bot' then 'person_has_it' end
  from said returning business_id, wamid, id, created_at
)
insert into app.message_keys (business_id, key, message_id, created_at)
select business_id, 'wamid:' || wamid, id, created_at from kept
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: conversations, and messages written by this run."""

    conversations: int
    messages: int


async def seed_volume(
    db: Database, business_id: BusinessId, *, messages: int, conversations: int, tell: Callable[[Progress], None]
) -> int:
    """
    About so many messages in exactly so many conversations; returns how many messages were written now.

    :raises LookupError: the business has no number to which they could have been written.
    """
    written = 0
    for first in range(1, conversations + 1, PART):
        last = min(first + PART - 1, conversations)
        async with db.tenant(business_id) as tx:
            number = await tx.row("select id from app.phone_numbers where business_id = %s limit 1", (business_id,))
            if number is None:
                raise LookupError(business_id)
            part = {
                "business": str(business_id),
                "number": number.id,
                "each": max(1, round(messages / conversations)),
                "first": first,
                "last": last,
            }
            known = await tx.row(
                "select 1 from app.conversations where business_id = %(business)s::uuid "
                "and id = md5('conversation' || %(business)s::text || %(last)s::bigint)::uuid",
                part,
            )
            if known is None:
                # They are older than what is in the index of words: it begins again.
                await tx.execute("delete from app.word_marks where business_id = %s", (business_id,))
                for statement in (_CONTACTS, _ROWS):
                    await tx.execute(statement, part)
                written += await tx.execute(_MESSAGES, part)
        tell(Progress(last, written))
    return written


async def know_what_was_stored(db: Database) -> None:
    """Without statistics of it every next statement would be planned for an empty table."""
    # PostgreSQL counts what was stored a moment later.
    await asyncio.sleep(2)
    async with db.system("statistics of a large sample") as tx:
        await tx.rows("select private.analyze_grown()")


async def index_sample(db: Database, business_id: BusinessId) -> int:
    """Take the next part into the index of words; returns how many messages that were."""
    async with db.tenant(business_id) as tx:
        return await PostgresWordIndex().add(tx, business_id, timedelta(0), AT_ONCE)
