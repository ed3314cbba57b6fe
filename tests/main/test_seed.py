"""The demo's business: whole after one run, untouched by a second, and true to the rules of the ledger."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from wacloud.main.demo import world_of
from wacloud.main.demo_folder import DemoFolder
from wacloud.main.seed import BUSINESS_ID, MEMBERS, Seeded, seed_demo
from wacloud.main.seed_data.shop import FAQ, TIME_ZONE, profile
from wacloud.modules.auth.infra.passwords import Argon2Passwords
from wacloud.modules.business.api import is_open
from wacloud.shared.infra.postgres import PostgresDatabase, make_pool
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.world import World

TABLES = (
    "bot_settings",
    "bot_versions",
    "knowledge_items",
    "contacts",
    "contact_identities",
    "conversations",
    "messages",
    "message_keys",
    "bot_turns",
    "phone_numbers",
    "knowledge_sources",
    "knowledge_products",
    "golden_questions",
    "bot_evaluations",
    "question_groups",
    "unanswered_questions",
)


async def _seed(db: PostgresDatabase, password: str | None = None, hours_later: int = 0) -> Seeded:
    return await seed_demo(
        db,
        encrypt=lambda secret: f"sealed:{secret[::-1]}",
        clock=lambda: datetime.now(UTC) + timedelta(hours=hours_later),
        password=password,
    )


@pytest.fixture
async def db(new_database) -> AsyncIterator[PostgresDatabase]:
    pool = make_pool(new_database().app_dsn, smallest=1, largest=3)
    await pool.open()
    yield PostgresDatabase(pool)
    await pool.close()


async def _everything(db: PostgresDatabase) -> dict[str, list[object]]:
    async with db.tenant(BUSINESS_ID, read_only=True) as tx:
        return {table: sorted(map(repr, await tx.rows(f"select * from app.{table}"))) for table in TABLES}


async def test_the_owner_can_sign_in_with_the_password_told(db: PostgresDatabase) -> None:
    seeded = await _seed(db, "una de prueba")
    assert seeded.is_new
    assert seeded.password == "una de prueba"
    assert json.loads(seeded.as_json())["business_id"] == str(BUSINESS_ID)
    async with db.system("test") as tx:
        row = await tx.row("select password_hash from app.credentials where user_id = %s", (MEMBERS["marta"],))
    assert await Argon2Passwords().verify(row.password_hash, "una de prueba")
    async with db.tenant(BUSINESS_ID) as tx:
        number = await tx.row("select access_token, display_phone_number from app.phone_numbers")
    assert number.access_token == f"sealed:{seeded.access_token[::-1]}"
    assert number.display_phone_number == seeded.display_phone_number


async def test_without_a_password_one_is_made_and_told_once(db: PostgresDatabase) -> None:
    first = await _seed(db)
    assert first.password is not None
    assert len(first.password) >= 16
    again = await _seed(db)
    assert (again.password, again.is_new) == (None, False)


async def test_a_second_run_changes_nothing_that_people_changed(db: PostgresDatabase) -> None:
    await _seed(db, "x")
    async with db.tenant(BUSINESS_ID) as tx:
        await tx.execute("delete from app.knowledge_items where position = 3")
        await tx.execute("update app.bot_settings set enabled = false")
        await tx.execute("update app.conversations set handler = 'person', unread = 0")
    before = await _everything(db)
    await _seed(db, "y", hours_later=30)
    assert await _everything(db) == before


async def test_every_message_of_the_history_is_accounted_for(db: PostgresDatabase) -> None:
    await _seed(db, "x")
    async with db.tenant(BUSINESS_ID, read_only=True) as tx:
        inbound = await tx.rows("select * from app.messages where direction = 'in'")
        outbound = await tx.rows("select * from app.messages where direction = 'out'")
        turns = await tx.rows("select * from app.bot_turns")
        keys = {row.key: row.message_id for row in await tx.rows("select * from app.message_keys")}
    ids = {message.id: message for message in (*inbound, *outbound)}
    assert {message.state for message in inbound} == {"answered", "handed_over", "ignored"}
    for message in inbound:
        if message.state == "answered":
            answer = ids[message.answered_by]
            assert (answer.direction, answer.conversation_id) == ("out", message.conversation_id)
            assert answer.sent_at >= message.sent_at
        else:
            assert message.reason, message.body
    assert {message.state for message in outbound} == {"delivered", "read", "failed"}
    assert all(message.cause and keys[f"cause:{message.cause}"] == message.id for message in outbound)
    assert all(keys[f"wamid:{message.wamid}"] == message.id for message in ids.values())
    assert all(message.error for message in outbound if message.state == "failed")
    assert all(message.sent_at <= datetime.now(UTC) for message in ids.values())
    by_turn = {message.turn_id: message for message in outbound if message.author == "bot"}
    for turn in turns:
        assert (turn.outcome == "ignored") == (turn.message_id is None)
        assert turn.message_count >= 1
        if turn.message_id:
            assert by_turn[turn.id].id == turn.message_id


async def test_conversations_stand_as_their_messages_say(db: PostgresDatabase) -> None:
    await _seed(db, "x")
    async with db.tenant(BUSINESS_ID, read_only=True) as tx:
        rows = await tx.rows(
            """
            select c.*, m.sent_at as shown_at, m.conversation_id,
              (select max(sent_at) from app.messages i where i.conversation_id = c.id and i.direction = 'in'
                 and i.kind not in ('reaction', 'edit')) as heard_at
            from app.conversations c
            join app.messages m on m.id = c.last_message_id and m.created_at = c.last_message_created_at
            """
        )
        kinds = {row.kind for row in await tx.rows("select distinct kind from app.messages")}
        contacts = await tx.rows("select * from app.contacts")
    assert len(rows) == 11
    assert {row.handler for row in rows} == {"bot", "waiting", "person"}
    for row in rows:
        assert row.conversation_id == row.id
        assert row.last_message_at == row.shown_at
        assert row.last_inbound_at == row.heard_at
        assert (row.handler == "waiting") <= (row.handed_over_because is not None)
        assert (row.handler == "person") == (row.assigned_to is not None)
    assert {"text", "image", "audio", "location", "reaction", "edit"} <= kinds
    assert len(contacts) == 12
    assert any(contact.phone is None and contact.username for contact in contacts)
    assert {"ES", "BR", "MX", "GB"} <= {contact.country for contact in contacts}


async def test_no_page_of_the_bot_is_empty(db: PostgresDatabase) -> None:
    await _seed(db, "x")
    async with db.tenant(BUSINESS_ID, read_only=True) as tx:
        sources = await tx.rows("select id, kind from app.knowledge_sources where state = 'waiting'")
        products = await tx.rows("select name, price from app.knowledge_products order by position")
        golden = await tx.rows("select expects, facts, source from app.golden_questions")
        run = await tx.row("select id, version, total from app.bot_evaluations")
        versions = await tx.rows("select number from app.bot_versions")
        items = {row.id for row in await tx.rows("select id from app.knowledge_items")}
        left = await tx.rows(
            "select 1 from app.bot_turns t where why = 'no_match' and not exists ("
            "select from app.unanswered_questions q where q.turn_id = t.id)"
        )
    async with db.system("test") as tx:
        jobs = await tx.rows("select kind, payload from app.jobs where business_id = %s", (BUSINESS_ID,))
    assert {row.kind for row in sources} == {"text", "product"}
    assert all(row.price for row in products)
    assert {row.expects for row in golden} == {"answer", "person"}
    assert all(row.source in items for row in golden if row.expects == "answer")
    assert (run.version, run.total, len(versions)) == (2, len(golden), 2)
    assert len(left) == 2
    assert sorted(row.kind for row in jobs) == [
        "bot.gather_questions",
        "bot.read_source",
        "bot.read_source",
        "bot.run_evaluation",
    ]


async def test_the_list_begins_with_who_waits_since_shortest(db: PostgresDatabase) -> None:
    await _seed(db, "x")
    async with db.member(MEMBERS["ivan"], read_only=True) as tx:
        newest = await tx.row("select handler, unread from app.conversations order by last_message_at desc")
    assert (newest.handler, newest.unread) == ("waiting", 1)


def test_the_shops_hours_can_be_read_the_whole_year_round() -> None:
    day = datetime(2026, 11, 23, 12, tzinfo=UTC)
    for _ in range(400):
        assert is_open(profile(day.date()), TIME_ZONE, day) is not None
        day += timedelta(days=1)
    assert 15 <= len(FAQ) <= 60


async def test_the_phones_show_what_the_inbox_shows(db: PostgresDatabase, tmp_path) -> None:
    seeded = json.loads((await _seed(db, "x")).as_json())
    world = world_of(DemoFolder(tmp_path).keys(), seeded, "http://127.0.0.1:1/hook")
    twin = Twin(msgspec.convert(world, type=World))
    async with db.tenant(BUSINESS_ID, read_only=True) as tx:
        rows = await tx.rows(
            """
            select p.id, array_agg(m.wamid order by m.sent_at, m.arrival) as wamids
            from app.messages m join app.conversations c on c.id = m.conversation_id
            join app.contacts p on p.id = c.contact_id
            where m.kind not in ('reaction', 'edit') and m.state <> 'failed' group by 1
            """
        )
        reacted = await tx.row("select wamid, reactions from app.messages where reactions is not null limit 1")
    shown = [[bubble.wamid for bubble in thread.bubbles] for thread in twin.threads.all() if thread.bubbles]
    assert sorted(shown) == sorted(row.wamids for row in rows)
    target = twin.threads.find(reacted.wamid)
    assert target is not None
    assert target.reactions == {"customer": reacted.reactions["contact"]["emoji"]}
    photo = next(b for thread in twin.threads.all() for b in thread.bubbles if b.type == "image")
    assert twin.media.find(photo.content["id"], twin.clock()) is not None
    await twin.close()
