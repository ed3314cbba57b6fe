"""The hot statements go by key from the first row on, before any statistics exist."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from rig import Rig, open_rig
from wacloud.modules.whatsapp.domain.message import PROGRESS
from wacloud.modules.whatsapp.infra import deliveries, mailboxes, near_words, word_index

HOT = {
    "to send": (deliveries._TO_SEND, 2),
    "look up": (deliveries._LOOK_UP, 2),
    "waiting": (mailboxes._WAITING, 2),
    "who and where": (mailboxes._WITH, 2),
}


@pytest.mark.parametrize("name", list(HOT))
async def test_a_hot_statement_scans_no_table_that_was_never_analysed(rig: Rig, new_database, name):
    database = new_database()
    statement, arrays = HOT[name]
    async with await psycopg.AsyncConnection.connect(database.app_dsn, autocommit=True) as conn:
        await conn.execute("begin; select set_config('role', 'wacloud_worker', true)")
        await conn.execute("set local plan_cache_mode = force_generic_plan")
        casts = ("uuid[]", "text[]" if name == "look up" else "uuid[]")[:arrays]
        numbered = statement
        for place in range(arrays):
            numbered = numbered.replace("%s", f"${place + 1}", 1)
        await conn.execute(f"prepare hot({', '.join(casts)}) as {numbered}")
        plan = await (await conn.execute("explain execute hot('{}', '{}')")).fetchall()
    lines = [row[0] for row in plan]
    # Inside PostgreSQL 18 a scan that was switched off says so; any such line means that no key was found to go by.
    scans = [line for line in lines if "Seq Scan on" in line or "Disabled: true" in line or "Hash Join" in line]
    assert scans == [], "\n".join(lines)


@pytest.fixture
async def own_campaigns(own_database, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


_CAMPAIGN = """
with who as (
  insert into app.contacts (business_id, name, phone) values (%(business)s, 'Rosa', '34600111222') returning id
), place as (
  insert into app.conversations (business_id, contact_id, number_id, last_message_at)
  select %(business)s, w.id, n.id, now() from who w, app.phone_numbers n where n.business_id = %(business)s returning id
)
insert into app.messages (business_id, conversation_id, direction, author, kind, body, sent_at, state, bulk)
select %(business)s, p.id, 'out', 'bot', 'text', 'Oferta ' || n, now(), 'dispatching', true
from place p, generate_series(1, 3000) n
"""


# What a small business has beside it: messages of their own moments and states.
_NEIGHBOUR = """
with who as (
  insert into app.contacts (business_id, name, phone) values (%(business)s, 'Rosa', '34600111222') returning id
), place as (
  insert into app.conversations (business_id, contact_id, number_id, last_message_at)
  select %(business)s, w.id, n.id, now() from who w, app.phone_numbers n where n.business_id = %(business)s returning id
)
insert into app.messages (business_id, conversation_id, direction, author, kind, body, sent_at, state, created_at)
select %(business)s, p.id, 'out', 'bot', 'text', 'Hola ' || n, now(),
       (array['sent', 'delivered', 'read', 'failed'])[1 + n %% 4], now() - n * interval '1 minute'
from place p, generate_series(1, 100) n
"""


@pytest.mark.parametrize("neighbours", [False, True], ids=["alone", "beside many businesses"])
async def test_a_message_is_found_by_its_key_where_thousands_were_written_in_one_moment(
    own_campaigns: Rig, own_database, neighbours: bool
):
    rig = own_campaigns
    shop = await rig.shop()
    for _ in range(40 if neighbours else 0):
        other = await rig.shop()
        async with rig.house.db.tenant(other.business_id) as tx:
            await tx.execute(_NEIGHBOUR, {"business": other.business_id})
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(_CAMPAIGN, {"business": shop.business_id})
    async with await psycopg.AsyncConnection.connect(own_database.admin_dsn, autocommit=True) as conn:
        await conn.execute("analyze app.messages")
    async with rig.house.db.tenant(shop.business_id) as tx:
        some = await tx.rows(
            "select id, created_at from app.messages where business_id = %s limit 30", (shop.business_id,)
        )
        told: dict[str, Any] = {"progress": list(PROGRESS), "businesses": [shop.business_id] * 30}
        told |= {"ids": [row.id for row in some], "created": [row.created_at for row in some]}
        told |= {"states": ["sent"] * 30, "wamids": [f"wamid.{row.id}" for row in some], "attempts": [0] * 30}
        nothing = ("reasons", "untils", "errors", "sent", "delivered", "read", "failed", "pricing")
        told |= {name: [None] * 30 for name in nothing}
        for statement in (deliveries._RECORD, deliveries._ADVANCE):
            plan = "\n".join(row[0] for row in await tx.rows(f"explain (analyze) {statement}", told))
            passed_by = [int(number) for number in re.findall(r"Rows Removed by Filter: (\d+)", plan)]
            assert max(passed_by, default=0) < 100, plan


SEARCHES = {
    "conversations with two words": (
        word_index._TOGETHER.replace("/*also*/", word_index._SAID_TOO.replace("/*n*/", "0")),
        {"words": ["tart"], "words0": ["manzan"], "each": 2_000},
    ),
    "people with two names": (
        word_index._PEOPLE.replace("/*also*/", word_index._CALLED_TOO.replace("/*n*/", "0")),
        {"from": ["lucia garcia"], "to": ["lucia garcib"], "w0": "vega", "x0": "vegb", "most": 500},
    ),
    "words nearly like one": (near_words._NEAR, {"written": "zapatiyas"}),
    "what begins so": (word_index._BEGINS, {"begin": "tar", "most": 20}),
}


@pytest.mark.parametrize("name", list(SEARCHES))
async def test_a_search_costs_the_same_however_often_its_words_were_said(new_database, name):
    """Each word of each find is one step of an index: nothing joins all the rows of a word, or sorts them."""
    statement, asked = SEARCHES[name]
    async with await psycopg.AsyncConnection.connect(new_database().app_dsn, autocommit=True) as conn:
        await conn.execute("begin; select set_config('role', 'authenticated', true)")
        plan = await (await conn.execute(f"explain {statement}", {"business": uuid4(), **asked})).fetchall()
    lines = [row[0] for row in plan]
    reads_all = ("Seq Scan on", "Disabled: true", "Hash Join", "Semi Join", "Merge Join", "Bitmap")
    assert [line for line in lines if any(one in line for one in reads_all)] == [], "\n".join(lines)
    assert any("Index" in line and "Scan" in line for line in lines), "\n".join(lines)
