"""The list by a label, and views that are kept: one's own, or the team's."""

import re
from typing import Any
from uuid import UUID, uuid4

from test_team_inbox import colleague

from rig import Rig, Shop
from wacloud.modules.whatsapp.application.edit_labels import add_label
from wacloud.modules.whatsapp.application.label_conversation import label_conversation


async def page(rig: Rig, shop: Shop, path: str) -> tuple[int, str]:
    async with rig.http.get(rig.url + path, headers=rig.bearer(shop)) as answer:
        return answer.status, await answer.text()


async def post(rig: Rig, shop: Shop, path: str, **fields: Any) -> tuple[int, str]:
    async with rig.http.post(rig.url + path, data=fields, headers=rig.bearer(shop), allow_redirects=False) as answer:
        return answer.status, answer.headers.get("location", "")


def shown(text: str) -> list[str]:
    return re.findall(r'<li id="c-([0-9a-f-]{36})"', text)


async def two_conversations(rig: Rig, shop: Shop) -> tuple[UUID, UUID]:
    rosa = await rig.heard(shop, "34600111222")
    paco = await rig.heard(shop, "34600333444")
    return rosa, paco


async def test_the_list_by_a_label_has_those_that_have_it_and_its_pages_too(rig: Rig):
    shop = await rig.shop(enabled=False)
    rosa, paco = await two_conversations(rig, shop)
    label = await add_label(rig.house.whatsapp, shop.business_id, "VIP", "red")
    await label_conversation(rig.house.whatsapp, shop.business_id, rosa, [label.id])
    status, text = await page(rig, shop, f"/inbox?label={label.id}")
    assert (status, shown(text)) == (200, [str(rosa)])
    assert shown((await page(rig, shop, f"/inbox/rows?label={label.id}&q=hola"))[1]) == [str(rosa)]
    assert set(shown((await page(rig, shop, "/inbox?show=all"))[1])) == {str(rosa), str(paco)}
    both = [rosa, paco]
    for one in both:
        await label_conversation(rig.house.whatsapp, shop.business_id, one, [label.id])
    first = await rig.house.whatsapp.inbox.page(shop.user_id, shop.business_id, show="all", label_id=label.id, limit=1)
    rest = await rig.house.whatsapp.inbox.page(
        shop.user_id, shop.business_id, show="all", label_id=label.id, limit=1, cursor=first.next_cursor
    )
    assert {row.id for row in (*first.rows, *rest.rows)} == set(both)
    assert rest.next_cursor is None


async def test_a_label_of_another_business_shows_nothing(rig: Rig):
    shop, other = await rig.shop(enabled=False), await rig.shop(enabled=False)
    await two_conversations(rig, shop)
    label = await add_label(rig.house.whatsapp, other.business_id, "VIP", "red")
    for id_ in (label.id, uuid4()):
        status, text = await page(rig, shop, f"/inbox?label={id_}")
        assert (status, shown(text)) == (200, [])
    assert (await post(rig, shop, "/inbox/views", name="a", show="all", label=str(label.id)))[0] == 404


async def test_a_saved_view_leads_to_what_was_shown_and_can_be_removed(rig: Rig):
    shop = await rig.shop(enabled=False)
    await two_conversations(rig, shop)
    label = await add_label(rig.house.whatsapp, shop.business_id, "VIP", "red")
    fields = {"name": "  Mis  VIP ", "show": "urgent", "label": str(label.id), "q": "tarta & té"}
    status, place = await post(rig, shop, "/inbox/views", **fields)
    assert (status, place) == (303, f"/inbox?show=urgent&label={label.id}&q=tarta+%26+t%C3%A9")
    text = (await page(rig, shop, place))[1]
    assert "<span>Mis VIP</span>" in text
    [view] = (await rig.house.whatsapp.inbox.views(shop.user_id, shop.business_id)).saved
    assert (await post(rig, shop, f"/inbox/views/{view.id}/remove"))[0] == 303
    assert (await post(rig, shop, f"/inbox/views/{view.id}/remove"))[0] == 404


async def test_ones_own_view_is_nobody_elses_and_the_teams_is_everybodys(rig: Rig):
    shop = await rig.shop(enabled=False)
    ana = await colleague(rig, shop)
    await post(rig, shop, "/inbox/views", name="Mía", show="mine")
    await post(rig, shop, "/inbox/views", name="De todos", show="late", shared="1")
    inbox = rig.house.whatsapp.inbox
    assert [one.name for one in (await inbox.views(shop.user_id, shop.business_id)).saved] == ["De todos", "Mía"]
    assert [one.name for one in (await inbox.views(ana, shop.business_id)).saved] == ["De todos"]


async def test_a_view_without_a_name_is_refused_and_so_is_a_fifty_first(rig: Rig):
    shop = await rig.shop(enabled=False)
    assert (await post(rig, shop, "/inbox/views", name=" ‎ ", show="all"))[0] == 422
    assert (await post(rig, shop, "/inbox/views", name="x" * 41, show="all"))[0] == 422
    for n in range(50):
        assert (await post(rig, shop, "/inbox/views", name=f"v{n}", show="all"))[0] == 303
    assert (await post(rig, shop, "/inbox/views", name="una más", show="all"))[0] == 409
