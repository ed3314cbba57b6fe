"""A paused template, and one that costs more than it did, say so on its page and in the list, in money."""

from datetime import timedelta
from html import unescape

import pytest
from test_message_templates import page
from test_template_sync import account, at_meta, sync

from rig import Rig, Shop, eventually
from wacloud.twins.graph.templates_endpoint import categorise, decide


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def shown(rig: Rig, shop: Shop, *expected: str) -> tuple[str, str]:
    """The list and the page of the only template, once the page says all of this."""
    [row] = await rig.rows(shop, "select id from app.message_templates")

    async def look() -> tuple[str, str] | None:
        _, one = await page(rig, shop, f"/templates/{row.id}?lang=en")
        _, listed = await page(rig, shop, "/templates?lang=en")
        one, listed = (unescape(text).replace("\xa0", " ") for text in (one, listed))
        return (listed, one) if all(words in one for words in expected) else None

    return await eventually(look)


async def written_to(rig: Rig, shop: Shop, country: str) -> None:
    """Most of its messages went there this month."""
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "insert into app.delivery_counts (business_id, number_id, month, country, category, type, messages) "
            "values (%s, %s, date_trunc('month', %s)::date, %s, 'utility', 'regular', 400)",
            (shop.business_id, shop.number_id, rig.house.clock(), country),
        )


async def test_a_pause_says_which_it_is_and_what_to_do(rig: Rig, shop: Shop):
    template = at_meta(rig, shop, "listo")
    await sync(rig, shop)
    decide(rig.twin.twin, account(rig, shop), template, "PAUSED", title="FIRST_PAUSE")
    listed, one = await shown(rig, shop, "Meta has paused it", "Pause 1, which ends by itself about", "What to do:")
    assert "Meta has paused it" in listed
    assert "What to do:" not in listed
    assert "nothing is charged" in one


async def test_a_dearer_category_says_what_a_thousand_messages_cost_now(rig: Rig, shop: Shop):
    template = at_meta(rig, shop, "listo")
    await sync(rig, shop)
    await written_to(rig, shop, "CO")
    categorise(rig.twin.twin, account(rig, shop), template, "MARKETING")
    money = "1,000 messages, Colombia: $12.50 in place of $0.80."
    listed, one = await shown(rig, shop, "Meta files it as Marketing, not as Utility", money, "promotes anything")
    assert money in listed
    assert "no price is known" not in one


async def test_without_a_price_it_says_so(rig: Rig, shop: Shop):
    template = at_meta(rig, shop, "listo")
    await sync(rig, shop)
    await written_to(rig, shop, "JP")
    categorise(rig.twin.twin, account(rig, shop), template, "MARKETING")
    await shown(rig, shop, "no price is known where you write to")


async def test_a_move_that_is_announced_is_told_before_it_counts(rig: Rig, shop: Shop):
    at_meta(rig, shop, "listo")
    await sync(rig, shop)
    await written_to(rig, shop, "MX")
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.message_templates set next_category = 'MARKETING', next_category_at = %s "
            "where business_id = %s",
            (rig.house.clock() + timedelta(days=1), shop.business_id),
        )
    await shown(rig, shop, "it will cost more", "1,000 messages, Mexico: $39.70 in place of $8.50.")


async def test_a_cheaper_category_is_no_warning(rig: Rig, shop: Shop):
    template = at_meta(rig, shop, "listo", category="MARKETING")
    await sync(rig, shop)
    categorise(rig.twin.twin, account(rig, shop), template, "UTILITY")
    listed, one = await shown(rig, shop, '<span class="chip">Utility</span>')
    assert 'class="warned' not in one + listed
