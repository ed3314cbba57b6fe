"""Whoever may be in danger jumps to the top of those who wait, on a page that is open already."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from test_files_browser import DESKTOP, PHONE, looked_at, signed_in

from builders import meta
from rig import Rig, Shop, as_body, open_rig

pytestmark = pytest.mark.browser
WANTS_PERSON = "quiero hablar con una persona"


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


async def wrote(rig: Rig, shop: Shop, wa_id: str, text: str, ago: int) -> None:
    assert await rig.post(as_body(meta.inbound(shop, wa_id, text, at=time.time() - 60 * ago))) == 200


@pytest.mark.parametrize(
    ("name", "size", "scheme"), [("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")], ids=["desktop", "phone"]
)
async def test_a_row_jumps_to_the_top_once_its_contact_may_be_in_danger(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any
) -> None:
    shop = await product.shop()
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (_, page):
        await page.goto(f"{product.url}/inbox")
        for place, minutes in enumerate((30, 20, 10), 1):
            await wrote(product, shop, f"3460011100{place}", f"{WANTS_PERSON}, soy la {place}", minutes)
            await expect(page.locator("#conversations > li")).to_have_count(place)
        ids = [await row.get_attribute("id") for row in await page.locator("#conversations > li").all()]
        await wrote(product, shop, "34600111003", "no quiero vivir más", 0)
        first = page.locator("#conversations > li").first
        await expect(first).to_have_attribute("id", str(ids[2]))
        await expect(first.locator(".priority")).to_contain_text("Urgente")
        await looked_at(page, f"danger-first-{name}-{scheme}")
        await page.reload()
        shown = [await row.get_attribute("id") for row in await page.locator("#conversations > li").all()]
        assert shown == [ids[2], ids[0], ids[1]]
        # Another who comes now stands behind all of them, and one more in danger behind the first.
        await wrote(product, shop, "34600111004", WANTS_PERSON, 0)
        await expect(page.locator("#conversations > li")).to_have_count(4)
        await wrote(product, shop, "34600111001", "me quiero morir", 0)
        await expect(page.locator("#conversations > li").nth(1)).to_have_attribute("id", str(ids[0]))
        await expect(first).to_have_attribute("id", str(ids[2]))
