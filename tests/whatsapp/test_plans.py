"""The hot statements go by key from the first row on, before any statistics exist."""

import psycopg
import pytest

from rig import Rig
from wacloud.modules.whatsapp.infra import deliveries, mailboxes

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
