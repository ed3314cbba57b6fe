"""Whoever may be in danger stands above all others who wait for the team."""

import time
from typing import Any
from uuid import UUID

import pytest
from test_team_inbox import listed, seeded

from builders import meta
from rig import Rig, Shop, as_body, eventually
from wacloud.modules.whatsapp.application.inbox import ConversationRow, Filter
from wacloud.modules.whatsapp.application.set_priority import set_priority
from wacloud.modules.whatsapp.domain.desk import Priority
from wacloud.modules.whatsapp.infra.inbox_reader import page_of
from wacloud.modules.whatsapp.infra.inbox_views import VIEWS

DANGER = "no quiero vivir más"


async def say(rig: Rig, shop: Shop, wa_id: str, text: str, ago: int = 0) -> None:
    """What a customer wrote so many minutes ago, until it is settled."""
    before = len(await rig.messages(shop, "in"))
    assert await rig.post(as_body(meta.inbound(shop, wa_id, text, at=time.time() - 60 * ago))) == 200

    async def settled() -> bool:
        heard = [message.state for message in await rig.messages(shop, "in")]
        return len(heard) > before and "pending" not in heard

    await eventually(settled)


async def fill(rig: Rig, shop: Shop, most: int) -> None:
    """Some of those who wait too long already wrote within the day."""
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            """
            update app.conversations c set last_inbound_at = now() - n * interval '2 minutes',
              last_outbound_at = now() - interval '23 hours'
            from (select id, row_number() over (order by id) as n from app.conversations
                  where business_id = %(business)s and is_due
                  order by id limit %(most)s) o
            where c.business_id = %(business)s and c.id = o.id
            """,
            {"business": shop.business_id, "most": most},
        )


async def due(rig: Rig, shop: Shop) -> list[str | None]:
    return [row.phone for row in await listed(rig, shop, "due")]


async def put_in_danger(rig: Rig, shop: Shop, ids: list[UUID]) -> None:
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.conversations set priority = 3, handed_over_because = 'self_harm' "
            "where business_id = %s and id = any(%s)",
            (shop.business_id, ids),
        )


async def paged(rig: Rig, shop: Shop, show: Filter, size: int) -> list[ConversationRow]:
    rows: list[ConversationRow] = []
    cursor = None
    while True:
        page = await rig.house.whatsapp.inbox.page(shop.user_id, shop.business_id, show=show, cursor=cursor, limit=size)
        rows += page.rows
        cursor = page.next_cursor
        if cursor is None:
            return rows


async def test_whoever_may_be_in_danger_is_first_though_others_wait_longer(rig: Rig) -> None:
    shop = await rig.shop()
    await say(rig, shop, "34600111001", "quiero hablar con una persona", 30)
    await say(rig, shop, "34600111002", "quiero hablar con una persona", 20)
    await say(rig, shop, "34600111003", DANGER)
    assert await due(rig, shop) == ["34600111003", "34600111001", "34600111002"]
    async with rig.http.get(f"{rig.url}/inbox", headers=rig.bearer(shop)) as answer:
        page = await answer.text()
    first = page[page.index('<ol id="conversations"') :]
    assert 'data-order="!' in first[: first.index("</a>")]


async def test_who_waited_for_something_else_is_first_once_they_may_be_in_danger(rig: Rig) -> None:
    shop = await rig.shop()
    await say(rig, shop, "34600111001", "quiero hablar con una persona", 30)
    await say(rig, shop, "34600111002", "quiero hablar con una persona", 20)
    await say(rig, shop, "34600111002", DANGER)
    [first, _] = await listed(rig, shop, "due")
    assert (first.phone, first.priority, first.handed_over_because) == ("34600111002", 3, "self_harm")
    assert first.in_danger


async def test_what_a_person_marks_as_urgent_stays_in_its_place(rig: Rig) -> None:
    shop = await rig.shop()
    await say(rig, shop, "34600111001", "quiero hablar con una persona", 30)
    await say(rig, shop, "34600111002", "quiero hablar con una persona", 20)
    [_, second] = await listed(rig, shop, "due")
    await set_priority(rig.house.whatsapp, shop.business_id, second.id, Priority.URGENT)
    assert await due(rig, shop) == ["34600111001", "34600111002"]


async def test_whoever_is_set_to_less_than_urgent_is_no_longer_first(rig: Rig) -> None:
    shop = await rig.shop()
    await say(rig, shop, "34600111001", "quiero hablar con una persona", 30)
    await say(rig, shop, "34600111002", DANGER)
    [first, _] = await listed(rig, shop, "due")
    assert first.in_danger
    await set_priority(rig.house.whatsapp, shop.business_id, first.id, Priority.HIGH)
    assert await due(rig, shop) == ["34600111001", "34600111002"]


@pytest.mark.parametrize("show", ["due", "late"])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
async def test_pages_go_on_from_those_in_danger_to_the_rest(rig: Rig, show: Filter, size: int) -> None:
    shop = await seeded(rig, 150)
    await fill(rig, shop, 9 if show == "due" else 0)
    before = await paged(rig, shop, show, 400)
    assert len(before) > 5
    # The middle and the last: neither is where the order by time would put it.
    chosen = [before[len(before) // 2], before[-2], before[-1]]
    await put_in_danger(rig, shop, [row.id for row in chosen])
    after = [row.id for row in await paged(rig, shop, show, size)]
    rest = [row.id for row in before if row.id not in {one.id for one in chosen}]
    assert after == [*(row.id for row in chosen), *rest]


async def test_a_label_and_a_cursor_hold_among_those_in_danger(rig: Rig) -> None:
    shop = await seeded(rig, 150)
    await fill(rig, shop, 9)
    rows = await paged(rig, shop, "due", 400)
    await put_in_danger(rig, shop, [rows[-1].id, rows[-2].id])
    async with rig.house.db.tenant(shop.business_id) as tx:
        label = await tx.row(
            "insert into app.labels (business_id, name, colour) values (%s, 'Hoy', 'red') returning id",
            (shop.business_id,),
        )
        assert label
        await tx.execute(
            "insert into app.conversation_labels (business_id, conversation_id, label_id) "
            "select %s, unnest(%s::uuid[]), %s",
            (shop.business_id, [rows[-1].id, rows[0].id], label.id),
        )
    inbox, who = rig.house.whatsapp.inbox, (shop.user_id, shop.business_id)
    first = await inbox.page(*who, show="due", label_id=label.id, limit=1)
    second = await inbox.page(*who, show="due", label_id=label.id, limit=1, cursor=first.next_cursor)
    assert [row.id for row in (*first.rows, *second.rows)] == [rows[-1].id, rows[0].id]
    assert second.next_cursor is None


@pytest.mark.parametrize("after", [None, 0, 4])
@pytest.mark.parametrize("show", ["due", "late"])
async def test_no_page_sorts_more_than_it_shows(rig: Rig, show: Filter, after: int | None) -> None:
    shop = await seeded(rig, 6_000)
    await fill(rig, shop, 300 if show == "due" else 0)
    rows = await paged(rig, shop, show, 400)
    await put_in_danger(rig, shop, [row.id for row in rows[10:13]])
    async with rig.house.db.system("test: statistics") as tx:
        await tx.rows("select private.analyze_grown()")
    params: dict[str, Any] = {"business": shop.business_id, "me": shop.user_id, "limit": 51}
    params |= {"at": rows[60].last_inbound_at, "id": rows[60].id}
    async with rig.house.db.member(shop.user_id, read_only=True) as tx:
        found = await tx.rows(f"explain (analyze, buffers, costs off) {page_of(VIEWS[show], after=after)}", params)
    plan = "\n".join(row[0] for row in found)
    assert "Seq Scan on conversations" not in plan, plan
    assert ("conversations_in_danger" in plan) == (after != 0), plan
    touched = sum(int(part) for part in plan.split("Buffers: shared hit=")[1].split()[0:1])
    assert touched < 2_500, plan
