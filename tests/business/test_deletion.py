"""The end of a business: asked for, taken back, and complete."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from business_people import ROLES, People, Someone, eventually

from builders import meta
from rig import Rig, Shop, as_body
from wacloud.modules.business.application.erase_business import erase_business, erase_due_businesses
from wacloud.shared.application.jobs import Again, Job
from wacloud.shared.infra.postgres import PostgresDatabase, make_pool

READS = ["", "/hours", "/members", "/audit"]


async def test_only_the_owner_asks_for_it_and_it_is_30_days_away(people: People) -> None:
    team = await people.team()
    for role in ROLES[1:]:
        assert (await people.here(team[role], "DELETE", "")).status == 403
        assert (await people.here(team[role], "POST", "/cancel-deletion")).status == 403
    asked = await people.here(team["owner"], "DELETE", "")
    assert asked.status == 202
    left = datetime.fromisoformat(asked.json["erase_at"]) - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < left < timedelta(days=30, hours=1)
    # Asking again moves nothing.
    assert (await people.here(team["owner"], "DELETE", "")).json == asked.json
    assert (await people.log(team["owner"])).count("business.deletion_asked") == 1


async def test_meanwhile_it_is_read_and_nothing_of_it_changes(people: People) -> None:
    team = await people.team()
    owner = team["owner"]
    _, token = await people.invite(owner, "guest@example.test")
    await people.here(owner, "DELETE", "")
    for path in READS:
        assert (await people.here(owner, "GET", path)).status == 200, path
    for method, path, body in (
        ("PATCH", "", {"name": "Otra"}),
        ("PUT", "/hours", {"hours": {}}),
        ("PATCH", f"/members/{team['agent'].user_id}", {"role": "admin"}),
        ("POST", "/invitations", {"email": "x@example.test", "role": "agent"}),
        ("POST", "/transfer", {"user_id": str(team["admin"].user_id), "business_name": "Velas del Sur"}),
    ):
        told = await people.here(owner, method, path, body)
        assert (told.status, told.code) == (409, "business_closing"), path
    moved = await people.ask(owner, "POST", "/api/onboarding", {"step": "plan", "state": "done"})
    assert moved.code == "business_closing"
    guest = await people.someone("guest@example.test")
    assert (await people.ask(guest, "POST", "/api/invitations/accept", {"token": token})).status == 404
    assert (await people.here(owner, "POST", "/cancel-deletion")).json["erase_at"] is None
    assert (await people.here(owner, "PATCH", "", {"name": "Otra"})).status == 200


async def test_its_numbers_are_held_and_let_go_again(people: People, rig: Rig) -> None:
    shop = await rig.shop()
    owner = _owner(shop)

    async def state() -> Any:
        return (await rig.rows(shop, "select state, held_because from app.phone_numbers"))[0]

    async def is_held() -> bool:
        return tuple(await state()) == ("held", "business_closing")

    async def is_free() -> bool:
        return tuple(await state()) == ("connected", None)

    await people.here(owner, "DELETE", "")
    await eventually(is_held)
    told = await people.ask(owner, "POST", "/api/whatsapp/send", {"to": "34600111222", "text": "Hola"})
    assert told.status in (409, 422)
    await people.here(owner, "POST", "/cancel-deletion")
    await eventually(is_free)


async def test_e16_an_erased_business_leaves_nothing_and_nothing_brings_it_back(people: People, rig: Rig) -> None:
    shop, neighbour = await rig.shop(), await rig.shop()
    for one in (shop, neighbour):
        await rig.heard(one)
    await people.invite(_owner(shop), "guest@example.test")
    await _let_time_pass(people, rig, shop)
    before = await _everything(rig, neighbour)
    assert await erase_due_businesses(rig.house.business) >= 1

    async def is_gone() -> bool:
        return not any((await _everything(rig, shop)).values())

    await eventually(is_gone, 30)
    # A worker may remember for some seconds whose number it was: what such a late webhook leaves behind, the next sweep
    # takes with it.
    webhooks = (await rig.ledger(neighbour)).webhooks["received"]
    assert await rig.post(as_body(meta.inbound(shop, "34600111222", "Llego tarde"))) == 200
    assert await rig.post(as_body(meta.inbound(neighbour, "34600111222", "Y yo"))) == 200
    await rig.settled(neighbour, webhooks=webhooks + 1)
    await erase_business(rig.house.business, _job(_owner(shop)))
    assert not any((await _everything(rig, shop)).values())
    assert (await people.here(_owner(shop), "GET", "")).status == 404

    async def only_the_last_entry() -> bool:
        async with rig.house.db.tenant(shop.business_id) as tx:
            left = await tx.rows("select * from app.audit_log where business_id = %s", (shop.business_id,))
        told = [(row.action, row.actor_id, row.user_id, row.address, row.user_agent, row.detail) for row in left]
        return told == [("business.erased", None, None, "", "", {})]

    await eventually(only_the_last_entry)
    assert {table: n for table, n in (await _everything(rig, neighbour)).items() if n < before[table]} == {}


async def test_a_business_kept_at_the_last_moment_is_left_alone(people: People, rig: Rig) -> None:
    owner = await people.business()
    assert await erase_business(rig.house.business, _job(owner)) is None
    await people.here(owner, "DELETE", "")
    assert await erase_business(rig.house.business, _job(owner)) is None, "its time has not come"
    assert (await people.here(owner, "GET", "")).status == 200


async def test_it_is_looked_at_again_until_nothing_came_back_for_ten_minutes(people: People, rig: Rig) -> None:
    owner = await people.business()
    await _let_time_pass(people, rig, owner)
    assert isinstance(await erase_business(rig.house.business, _job(owner)), Again)
    async with rig.house.db.tenant(owner.business_id) as tx:
        await tx.execute(
            "insert into app.message_keys values (%s, 'wamid:late', gen_random_uuid(), now())", (owner.business_id,)
        )
    old = datetime.now(UTC) - timedelta(minutes=11)
    assert isinstance(await erase_business(rig.house.business, _job(owner, old)), Again), "something had come back"
    assert await erase_business(rig.house.business, _job(owner, old)) is None


@pytest.fixture
def filler() -> Iterator[Any]:
    import sys  # noqa: PLC0415 - the isolation tests' own module, which knows how to fill any table

    sys.path.insert(0, str(Path(__file__).parents[1] / "isolation"))
    import filler as module  # noqa: PLC0415

    yield module
    sys.path.pop(0)


async def test_every_table_there_is_and_any_new_one_is_emptied(new_database: Any, filler: Any) -> None:
    """A table somebody adds tomorrow is in the catalog, and so in here: one that keeps a row fails this test."""
    database = new_database()
    from wacloud.modules.business.infra.audit_log import PostgresAuditLog  # noqa: PLC0415
    from wacloud.modules.business.infra.erasure import PostgresErasure  # noqa: PLC0415

    one, other = filler.Tenant(), filler.Tenant()
    with psycopg.connect(database.admin_dsn, autocommit=True) as owner:
        for (table,) in owner.execute(
            "select relname from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', 'p')"
        ).fetchall():
            owner.execute(f'alter table app."{table}" no force row level security')
        owner.execute(
            "create table app.tomorrow (business_id uuid not null, id uuid not null default gen_random_uuid(),"
            " contact_id uuid not null, primary key (business_id, id),"
            " foreign key (business_id, contact_id) references app.contacts (business_id, id))"
        )
        owner.execute("call private.protect('app.tomorrow')")
        owner.execute("alter table app.tomorrow no force row level security")
        schema = filler.Schema(owner)
        for tenant in (one, other):
            schema.fill(owner, tenant)
        # A person merged into another: a row that refers to one of the same table.
        owner.execute(
            "insert into app.contacts (business_id, merged_into)"
            " select business_id, id from app.contacts where business_id = %s",
            [one.business],
        )
        # Its time has come: what proves consent is kept until then.
        owner.execute("update app.businesses set erase_at = now() where id = %s", [one.business])
        async with make_pool(database.app_dsn, smallest=1, largest=2) as pool:
            db = PostgresDatabase(pool)
            erasure = PostgresErasure(db)
            while await erasure.sweep(one.business, 1):
                pass
            async with db.tenant(one.business) as tx:
                await PostgresAuditLog().close(tx, one.business)
        left = {}
        for table in schema.tables:
            column = schema.owner_column(table)
            if column is None or table in filler.OF_A_PERSON:
                continue
            for tenant in (one, other):
                [[n]] = owner.execute(
                    f'select count(*) from app."{table}" where "{column}" = %s', [tenant.business]
                ).fetchall()
                left[table, tenant is one] = n
        assert {table: n for (table, is_one), n in left.items() if is_one and n} == {"audit_log": 1}
        assert all(n for (_, is_one), n in left.items() if not is_one), "the neighbour's rows stay"


async def test_the_log_of_a_business_that_exists_is_not_forgotten(people: People, rig: Rig) -> None:
    owner = await people.business()
    with pytest.raises(psycopg.errors.RaiseException, match="still exists"):
        async with rig.house.db.tenant(owner.business_id) as tx:
            await tx.row("select private.forget_audit_log(%s)", (owner.business_id,))


def _owner(shop: Shop) -> Someone:
    return Someone(shop.user_id, "", shop.business_id, shop.session_id)


def _job(owner: Someone, created_at: datetime | None = None) -> Job:
    payload = json.loads(json.dumps({"business_id": str(owner.business_id)}))
    return Job(1, "business.erase_business", "housekeeping", None, payload, 1, 1, 3, created_at or datetime.now(UTC))


async def _let_time_pass(people: People, rig: Rig, who: Shop | Someone) -> None:
    owner = Someone(who.user_id, "", who.business_id, who.session_id)
    assert (await people.here(owner, "DELETE", "")).status == 202
    async with rig.house.db.tenant(owner.business_id) as tx:
        await tx.execute("update app.businesses set erase_at = now() - interval '1 minute'")


async def _everything(rig: Rig, shop: Shop) -> dict[str, int]:
    """Rows of the business in every table but the audit log, as its own worker sees them."""
    async with rig.house.db.tenant(shop.business_id) as tx:
        tables = await tx.rows(
            """
            select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
              and a.attname = 'business_id' and c.relname <> 'audit_log'
            """
        )
        found = {}
        for table in tables:
            row = await tx.row(
                f'select count(*) as n from app."{table.name}" where business_id = %s', (shop.business_id,)
            )
            found[table.name] = row.n if row else 0
        row = await tx.row("select count(*) as n from app.businesses where id = %s", (shop.business_id,))
        found["businesses"] = row.n if row else 0
    return found
