"""A number is connected in a real browser: by Meta's window, a token or the simulator, to the first message."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from test_files_browser import DESKTOP, PHONE, looked_at, signed_in

from rig import Rig, Shop, open_rig
from wacloud.twins.graph import signup
from wacloud.twins.graph.world import CustomerSpec, Waba

pytestmark = pytest.mark.browser

LOOKS = [("es", "light", DESKTOP), ("en", "dark", PHONE), ("es", "dark", PHONE), ("en", "light", DESKTOP)]
each_look = pytest.mark.parametrize(
    ("language", "scheme", "size"), LOOKS, ids=[f"{a}-{b}-{c['width']}" for a, b, c in LOOKS]
)


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    settings = {"meta_app_id": "1", "meta_es_config_id": "77"}
    async with open_rig(own_database.app_dsn, redis_url, settings=settings) as rig:
        yield rig


async def newcomer(rig: Rig) -> Shop:
    """A business with no number."""
    shop = await rig.shop(enabled=False)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("delete from app.phone_numbers where business_id = %s", (shop.business_id,))
        await tx.execute("delete from app.whatsapp_accounts where business_id = %s", (shop.business_id,))
    return shop


def account(rig: Rig, *hows: str, **number: Any) -> Waba:
    """An account at Meta with a number for each way."""
    twin = rig.twin.twin
    waba = signup._account("Panadería Sol")
    waba.is_verified = True
    waba.numbers += [signup._number(twin, waba.name, how) for how in hows]
    for one in waba.numbers:
        for name, value in number.items():
            setattr(one, name, value)
    twin.world.wabas.append(waba)
    twin.access.learn()
    return waba


async def in_window(page: Page, how: str) -> None:
    """Press a button in Meta's window."""
    async with page.expect_popup() as opened:
        await page.locator("[data-signup='']").click()
    window = await opened.value
    await window.locator(f"button[value={how}]").click()


async def a_customer_writes(rig: Rig, phone_number_id: str) -> None:
    person = rig.twin.twin.add_customer(CustomerSpec(name="Ana"))
    body = {
        "phone_number_id": phone_number_id,
        "customer": person.customer_id,
        "message": {"type": "text", "text": {"body": "hola"}},
    }
    url = f"http://127.0.0.1:{rig.twin.port}/_twin/inbound"
    async with rig.http.post(url, json=body) as answer:
        assert answer.status == 200


@each_look
async def test_from_nothing_to_the_first_message_by_metas_window(
    chromium: Browser, product: Rig, language: str, scheme: Any, size: Any
) -> None:
    shop = await newcomer(product)
    look = f"{language}-{scheme}-{size['width']}"
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (_, page):
        await page.goto(f"{product.url}/numbers?lang={language}")
        await looked_at(page, f"numbers-empty-{look}")
        await page.locator("main a[href='/numbers/connect']").click()
        await looked_at(page, f"connect-ways-{look}")
        await page.locator("form:has(input[value=embedded]) button").click()
        await looked_at(page, f"connect-window-{look}")
        await in_window(page, "cancel")
        await expect(page.locator(".said[role=alert]:visible")).to_have_count(1)
        await looked_at(page, f"connect-cancelled-{look}")
        cut = "[...document.querySelectorAll('.doc *')].filter(e => e.getBoundingClientRect().right > innerWidth)"
        assert await page.evaluate(f"{cut}.map(e => e.className)") == []
        await in_window(page, "pin")
        await expect(page.locator("#c-pin")).to_be_visible()
        await page.locator("#c-pin").fill("111111")
        await page.locator("form:has(#c-pin) button").click()
        await expect(page.locator(".way-words")).to_be_visible()
        await looked_at(page, f"connect-pin-{look}")
        await page.locator("#c-pin").fill(signup.PIN)
        await page.locator("form:has(#c-pin) button").click()
        await expect(page.locator(".way-test")).to_be_visible()
        await looked_at(page, f"connect-test-{look}")
        [row] = await product.rows(shop, "select id, phone_number_id from app.phone_numbers")
        await a_customer_writes(product, row.phone_number_id)
        await expect(page.locator(".way-done")).to_be_visible()
        await looked_at(page, f"connect-done-{look}")
        await page.goto(f"{product.url}/numbers")
        await looked_at(page, f"numbers-{look}")
        await page.goto(f"{product.url}/numbers/{row.id}")
        await looked_at(page, f"number-{look}")
        await page.locator("#p-about").fill("Pan cada día")
        await page.locator("#p-website_0").fill("https://panaderia.example")
        await page.locator("form:has(#p-about) button").click()
        await expect(page.locator(".said")).to_be_visible()
        await expect(page.locator("#p-about")).to_have_value("Pan cada día")
    _, at_meta = product.twin.twin.access.numbers[row.phone_number_id]
    assert at_meta.profile["websites"] == ["https://panaderia.example"]


OVER = {"es": "Este código ya no vale", "en": "This code is over"}


@each_look
async def test_a_new_number_by_a_token(chromium: Browser, product: Rig, language: str, scheme: Any, size: Any) -> None:
    shop, waba = await newcomer(product), account(product, "finish", "pin")
    look = f"{language}-{scheme}-{size['width']}"
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (_, page):
        await page.goto(f"{product.url}/numbers/connect?lang={language}")
        await page.locator("form:has(input[value=token]) button").click()
        await page.locator(".way-how summary").click()
        await looked_at(page, f"connect-token-{look}")
        await page.locator("#c-access_token").fill("wrong")
        await page.locator("#c-account").fill(waba.waba_id)
        await page.locator("form:has(#c-account) button").click()
        await expect(page.locator(".said.is-bad")).to_be_visible()
        await expect(page.locator("#c-access_token")).to_have_value("")
        await page.locator("#c-access_token").fill(waba.access_token)
        await page.locator("#c-account").fill(waba.waba_id)
        await page.locator("form:has(#c-account) button").click()
        await expect(page.locator(".way-choice")).to_have_count(2)
        await looked_at(page, f"connect-number-{look}")
        await page.locator(".way-how summary").click()
        await page.locator("#c-phone_number").fill(f"60000000{LOOKS.index((language, scheme, size))}")
        await page.locator("form:has(#c-phone_number) button").click()
        await looked_at(page, f"connect-code-{look}")
        await page.locator("button[value=SMS]").click()
        await page.locator("#c-verification_code").fill("000000")
        await page.locator("form:has(#c-verification_code) button").click()
        await expect(page.locator(".said.is-bad")).to_be_visible()
        await looked_at(page, f"connect-verify-{look}")
        await page.locator("#c-verification_code").fill("999999")
        await page.locator("form:has(#c-verification_code) button").click()
        await expect(page.locator(".said.is-bad")).to_contain_text(OVER[language])
        await looked_at(page, f"connect-code-over-{look}")
        await page.locator("button[value=VOICE]").click()
        await expect(page.locator("#c-verification_code")).to_be_visible()
        # Left here, it goes on from the list.
        await page.goto(f"{product.url}/numbers")
        await looked_at(page, f"numbers-under-way-{look}")
        await page.locator("main .folk .button-main").click()
        await page.locator("#c-verification_code").fill("123456")
        await page.locator("form:has(#c-verification_code) button").click()
        await expect(page.locator(".way-test")).to_be_visible()
        await page.locator("button[name=skip]").click()
        await expect(page.locator(".way-done")).to_be_visible()


async def test_the_windows_halves_in_any_order_or_one_never(chromium: Browser, product: Rig) -> None:
    ways = {"no_code": ".said[role=alert]:visible", "no_session": ".way-test", "coexistence": ".way-test"}
    for how, ends in ways.items():
        shop = await newcomer(product)
        async with signed_in(chromium, product, shop) as (_, page):
            await page.goto(f"{product.url}/numbers/connect")
            await page.locator("form:has(input[value=embedded]) button").click()
            await in_window(page, how)
            await expect(page.locator(ends)).to_have_count(1)


async def test_only_an_account_leads_to_adding_a_number(chromium: Browser, product: Rig) -> None:
    shop = await newcomer(product)
    async with signed_in(chromium, product, shop) as (_, page):
        await page.goto(f"{product.url}/numbers/connect")
        await page.locator("form:has(input[value=embedded]) button").click()
        await in_window(page, "only_waba")
        await expect(page.locator("#c-phone_number")).to_be_visible()


async def test_a_message_of_another_origin_is_not_heard(chromium: Browser, product: Rig) -> None:
    shop = await newcomer(product)
    async with signed_in(chromium, product, shop) as (_, page):
        await page.goto(f"{product.url}/numbers/connect")
        await page.locator("form:has(input[value=embedded]) button").click()
        address = page.url
        await page.evaluate("window.postMessage({type: 'TWIN_LOGIN', code: 'stolen'}, '*')")
        await page.evaluate("window.postMessage({type: 'WA_EMBEDDED_SIGNUP', event: 'CANCEL', data: {}}, '*')")
        await page.goto(address)
        await expect(page.locator(".said[role=alert]:visible")).to_have_count(0)


async def test_a_simulated_number_is_disconnected_and_connected_again(chromium: Browser, product: Rig) -> None:
    shop = await newcomer(product)
    async with signed_in(chromium, product, shop) as (_, page):
        await page.goto(f"{product.url}/numbers/connect")
        await page.locator("form:has(input[value=simulator]) button").click()
        await page.locator("form:has(#c-name) button").click()
        await expect(page.locator(".way-test")).to_be_visible()
        [row] = await product.rows(shop, "select id, waba_id from app.phone_numbers")
        waba = product.twin.twin.access.wabas[row.waba_id]
        await page.goto(f"{product.url}/numbers/{row.id}")
        await page.get_by_role("button", name="Mostrar el PIN").click()
        await expect(page.locator("#pin")).to_have_value(str(waba.numbers[0].pin))
        await looked_at(page, "number-with-pin")
        await page.get_by_text("Desconectar el número").click()
        await page.locator(".button-bad").click()
        await expect(page.locator(".chip-no")).to_contain_text("desconectado")
        await looked_at(page, "numbers-disconnected")
        assert not waba.subscribed
        await page.locator("a[href*='connect?number=']").click()
        await looked_at(page, "connect-again")
        await page.locator("form:has(input[value=token]) button").click()
        await page.locator("#c-access_token").fill(waba.access_token)
        await page.locator("form:has(#c-account) button").click()
        await expect(page.locator(".way-test")).to_be_visible()
        assert waba.subscribed
