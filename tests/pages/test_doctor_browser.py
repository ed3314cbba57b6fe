"""The connection doctor in a real browser: a look with its progress, the worst first, and the test with a phone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from test_files_browser import DESKTOP, PHONE, looked_at, signed_in

from builders import meta
from rig import Rig, Shop, as_body, open_rig
from wacloud.twins.graph.world import Fault

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, settings={"meta_app_id": "1"}) as rig:
        yield rig


def break_much(rig: Rig, shop: Shop) -> None:
    account, number = (
        rig.twin.twin.access.wabas[shop.waba_id],
        rig.twin.twin.access.numbers[shop.phone_number_id][1],
    )
    account.subscribed = False
    account.payment_missing = True
    account.business_health = [
        Fault(
            error_code=141010,
            error_description="The business is not verified.",
            possible_solution="Verify the business in its settings.",
            can_send_message="LIMITED",
        )
    ]
    number.status, number.messaging_limit = "RESTRICTED", "TIER_OF_TOMORROW"


async def fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


VIEWS = [
    ("desktop", DESKTOP, "light", "es"),
    ("desktop", DESKTOP, "dark", "en"),
    ("phone", PHONE, "light", "en"),
    ("phone", PHONE, "dark", "es"),
]
WORDS = {
    "es": ("Revisar ahora", "Volver a suscribir", "Empezar", "Lo que escriben los clientes llega."),
    "en": ("Look now", "Subscribe again", "Begin", "What customers write arrives."),
}


@pytest.mark.parametrize(("name", "size", "scheme", "language"), VIEWS)
async def test_what_is_broken_stands_first_and_is_mended_from_the_page(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any, language: str
) -> None:
    shop = await product.shop(enabled=False)
    break_much(product, shop)
    look, subscribe, begin, arrives = WORDS[language]
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await context.add_cookies([{"name": "lang", "value": language, "url": product.url}])
        await page.goto(f"{product.url}/doctor")
        await looked_at(page, f"doctor-before-{name}-{scheme}-{language}")
        await page.get_by_role("button", name=look).click()
        rows = page.locator(".check-row")
        await expect(rows).to_have_count(13)
        await expect(rows.first).to_have_class("check-row is-broken")
        await expect(rows.last).to_have_class("check-row is-ok")
        await fits(page)
        await looked_at(page, f"doctor-broken-{name}-{scheme}-{language}")

        await page.get_by_role("button", name=subscribe).click()
        await expect(page.get_by_role("button", name=subscribe)).to_have_count(0)

        await page.get_by_role("button", name=begin).click()
        word = await page.locator(".echo-word").inner_text()
        await looked_at(page, f"doctor-waits-{name}-{scheme}-{language}")
        assert await product.post(as_body(meta.inbound(shop, "34600111222", word))) == 200
        await expect(page.locator(".echo")).to_contain_text(arrives)
        await looked_at(page, f"doctor-heard-{name}-{scheme}-{language}")


async def test_a_critical_notice_on_the_inbox_leads_to_the_check(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    product.twin.twin.access.wabas[shop.waba_id].subscribed = False
    async with signed_in(chromium, product, shop, viewport=DESKTOP) as (_, page):
        await page.goto(f"{product.url}/numbers/{shop.number_id}/doctor")
        await page.get_by_role("button", name="Revisar ahora").click()
        await expect(page.locator(".check-row").first).to_have_class("check-row is-broken")
        await page.goto(f"{product.url}/inbox")
        await page.locator(".pressing a").first.click()
        await expect(page).to_have_url(f"{product.url}/numbers/{shop.number_id}/doctor")
        await page.goto(f"{product.url}/notices")
        await looked_at(page, "doctor-notice")
