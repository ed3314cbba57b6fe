"""A team works through its conversations: open, snoozed, closed, urgent, labelled, somebody's."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from rig import Rig, Shop
from wacloud.main.seed_volume import Progress, seed_volume
from wacloud.modules.whatsapp.application.assign_conversation import assign_conversation
from wacloud.modules.whatsapp.application.close_conversation import close_conversation
from wacloud.modules.whatsapp.application.inbox import ConversationRow, Filter
from wacloud.modules.whatsapp.application.snooze_conversation import snooze_conversation, wake_conversation
from wacloud.modules.whatsapp.domain.desk import AssigneeUnknown, SnoozeTooShort
from wacloud.modules.whatsapp.infra.inbox_reader import page_of
from wacloud.modules.whatsapp.infra.inbox_views import VIEWS
from wacloud.shared.application.jobs import Job
from wacloud.shared.domain.ids import UserId, new_id


async def listed(rig: Rig, shop: Shop, show: Filter = "all") -> list[ConversationRow]:
    return list((await rig.house.whatsapp.inbox.page(shop.user_id, shop.business_id, show=show)).rows)


async def colleague(rig: Rig, shop: Shop, role: str = "agent") -> UserId:
    user_id = UserId(new_id())
    async with rig.house.db.system("test: a colleague") as tx:
        await tx.execute(
            "insert into app.users (id, name, email) values (%s, 'Ana', %s)", (user_id, f"{user_id}@example.test")
        )
        await tx.execute(
            "insert into app.members (business_id, user_id, role) values (%s, %s, %s)",
            (shop.business_id, user_id, role),
        )
    return user_id


async def seeded(rig: Rig, conversations: int = 60) -> Shop:
    shop = await rig.shop()
    await seed_volume(
        rig.house.db, shop.business_id, messages=5 * conversations, conversations=conversations, tell=lambda _: None
    )
    return shop


def wake_job(shop: Shop, conversation: UUID) -> Job:
    payload = {"conversation_id": str(conversation)}
    return Job(1, "whatsapp.wake_conversation", "housekeeping", shop.business_id, payload, 1, 1, 3, datetime.now(UTC))


async def test_a_closed_conversation_leaves_the_list_and_the_bot_has_it_again(rig: Rig):
    shop = await seeded(rig)
    row = (await listed(rig, shop, "person"))[0]
    await close_conversation(rig.house.whatsapp, shop.user_id, shop.business_id, row.id)
    assert row.id not in {other.id for other in await listed(rig, shop)}
    [closed] = [other for other in await listed(rig, shop, "closed") if other.id == row.id]
    assert (closed.status, closed.handler, closed.unread, closed.is_due) == ("closed", "bot", 0, False)


async def test_whoever_has_it_may_keep_it_over_a_closing(rig: Rig):
    shop = await seeded(rig)
    row = (await listed(rig, shop, "person"))[0]
    await close_conversation(rig.house.whatsapp, shop.user_id, shop.business_id, row.id, keeps_person=True)
    [closed] = [other for other in await listed(rig, shop, "closed") if other.id == row.id]
    assert closed.handler == "person"


async def test_a_snoozed_conversation_comes_back_once_and_unread(rig: Rig):
    shop = await seeded(rig)
    deps = rig.house.whatsapp
    row = (await listed(rig, shop))[0]
    with pytest.raises(SnoozeTooShort):
        await snooze_conversation(deps, shop.business_id, row.id, deps.clock() - timedelta(seconds=1))
    await snooze_conversation(deps, shop.business_id, row.id, deps.clock() + timedelta(hours=1))
    await wake_conversation(deps, wake_job(shop, row.id))
    assert row.id in {other.id for other in await listed(rig, shop, "snoozed")}
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.conversations set snoozed_until = now() - interval '1 second' "
            "where business_id = %s and id = %s",
            (shop.business_id, row.id),
        )
    await asyncio.gather(*(wake_conversation(deps, wake_job(shop, row.id)) for _ in range(3)))
    [back] = [other for other in await listed(rig, shop, "unread") if other.id == row.id]
    assert (back.status, back.unread) == ("open", max(row.unread, 1))


async def test_a_new_message_opens_what_was_put_away(rig: Rig):
    shop = await rig.shop()
    await rig.heard(shop)
    [row] = await listed(rig, shop)
    await close_conversation(rig.house.whatsapp, shop.user_id, shop.business_id, row.id)
    assert await listed(rig, shop) == []
    await rig.heard(shop)
    [again] = await listed(rig, shop)
    assert (again.id, again.status) == (row.id, "open")


async def test_ten_conversations_at_once_are_shared_out_evenly(rig: Rig):
    shop = await seeded(rig)
    await colleague(rig, shop)
    await colleague(rig, shop, "analyst")
    ids = [row.id for row in (await listed(rig, shop))[:10]]
    await asyncio.gather(
        *(
            assign_conversation(rig.house.whatsapp, shop.user_id, shop.business_id, id_, None, by_balance=True)
            for id_ in ids
        )
    )
    async with rig.house.db.tenant(shop.business_id) as tx:
        rows = await tx.rows(
            "select count(*) as n from app.conversations where business_id = %s and assigned_to is not null "
            "group by assigned_to",
            (shop.business_id,),
        )
    assert [row.n for row in rows] == [5, 5]


async def test_nobody_gets_a_conversation_who_does_not_answer_customers(rig: Rig):
    shop = await seeded(rig, 20)
    row = (await listed(rig, shop))[0]
    for stranger in (await colleague(rig, shop, "analyst"), UserId(new_id())):
        with pytest.raises(AssigneeUnknown):
            await assign_conversation(rig.house.whatsapp, shop.user_id, shop.business_id, row.id, stranger)


async def test_a_second_seeding_adds_nothing_and_an_interrupted_one_goes_on(rig: Rig):
    shop = await rig.shop()

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    async def seed(tell: Callable[[Progress], None]) -> int:
        return await seed_volume(rig.house.db, shop.business_id, messages=4_200, conversations=2_100, tell=tell)

    with pytest.raises(KeyboardInterrupt):
        await seed(interrupt)
    rest = await seed(lambda _: None)
    assert 0 < rest < 600
    assert await seed(lambda _: None) == 0
    [row] = await rig.rows(
        shop, "select count(*) as n from app.conversations where business_id = %s", (shop.business_id,)
    )
    assert row.n == 2_100


async def test_every_view_pages_through_all_of_its_rows_once(rig: Rig):
    shop = await seeded(rig, 300)
    inbox = rig.house.whatsapp.inbox
    for show in VIEWS:
        whole = [row.id for row in (await inbox.page(shop.user_id, shop.business_id, show=show, limit=400)).rows]
        paged: list[UUID] = []
        cursor = None
        while True:
            page = await inbox.page(shop.user_id, shop.business_id, show=show, cursor=cursor, limit=7)
            paged += [row.id for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert paged == whole, show


INDEX_OF = {
    "all": "conversations_newest",
    "due": "conversations_due",
    "late": "conversations_due",
    "mine": "conversations_mine",
    "nobody": "conversations_nobodys",
    "urgent": "conversations_urgent",
    "waiting": "conversations_handler",
    "unread": "conversations_unread",
    "bot": "conversations_handler",
    "person": "conversations_handler",
    "snoozed": "conversations_newest",
    "closed": "conversations_newest",
}


async def test_a_page_of_any_view_touches_its_own_rows_and_no_others(rig: Rig):
    shop = await seeded(rig, 6_000)
    async with rig.house.db.system("test: statistics") as tx:
        await tx.rows("select private.analyze_grown()")
    for show, index in INDEX_OF.items():
        view = VIEWS[show]
        params = {"business": shop.business_id, "me": shop.user_id, "limit": 51}
        async with rig.house.db.member(shop.user_id, read_only=True) as tx:
            rows = await tx.rows(f"explain (analyze, buffers, costs off) {page_of(view)}", params)
        plan = "\n".join(row[0] for row in rows)
        assert f"using {index}" in plan, f"{show}\n{plan}"
        assert ("conversations_in_danger" in plan) == (show in ("due", "late")), f"{show}\n{plan}"
        assert "Seq Scan on conversations" not in plan
        touched = sum(int(part) for part in plan.split("Buffers: shared hit=")[1].split()[0:1])
        # Fifty rows of five tables by their keys; six thousand conversations would be many times that.
        assert touched < 2_500, f"{show}\n{plan}"
