"""Passkeys in a real browser, with the authenticator its developer tools play."""

import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from test_account_browser import DESKTOP, PASSWORD, PHONE, Mailbox, looked_at
from test_second_factor_browser import somebody

from rig import Rig, open_rig

pytestmark = pytest.mark.browser

MAILBOX = Mailbox()
WORDS = {
    "es": {
        "add": "Añadir una llave de acceso",
        "sign in": "Entrar con una llave de acceso",
        "use": "Usar una llave de acceso",
        "codes": "Crear códigos de respaldo",
        "wait": "Confirma que eres tú",
    },
    "en": {
        "add": "Add a passkey",
        "sign in": "Sign in with a passkey",
        "use": "Use a passkey",
        "codes": "Make backup codes",
        "wait": "Confirm that it is you",
    },
}
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
# The browser's offer in the field of the address would be taken by the played device at once.
NO_OFFERS = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    """By a name: browsers allow no passkeys at a number."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base_url = f"http://localhost:{free.getsockname()[1]}"
    told = {"trusted_proxies": ["127.0.0.1"], "base_url": base_url}
    async with open_rig(own_database.app_dsn, redis_url, mails=MAILBOX, settings=told) as rig:
        rig.url = base_url
        yield rig


async def opened(
    chromium: Browser, product: Rig, language: str, theme: str, viewport: Any, *, offers: bool = False
) -> tuple[BrowserContext, Page]:
    context = await chromium.new_context(viewport=viewport, bypass_csp=True, reduced_motion="reduce")
    for name, value in (("lang", language), ("theme", theme)):
        await context.add_cookies([{"name": name, "value": value, "url": product.url}])
    if not offers:
        await context.add_init_script(NO_OFFERS)
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return context, page


async def by_password(page: Page, product: Rig, email: str) -> None:
    await page.goto(f"{product.url}/login?next=/security")
    await page.fill("#email", email)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")


async def added(page: Page, product: Rig, email: str, label: str) -> None:
    await by_password(page, product, email)
    await page.get_by_role("button", name=label).click()
    await expect(page.locator(".account-state.is-on")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "theme", "viewport"),
    [("es", "light", DESKTOP), ("en", "dark", PHONE)],
    ids=["es-light-desktop", "en-dark-phone"],
)
async def test_a_passkey_is_added_and_leads_in_alone_as_second_step_and_for_what_matters(
    chromium: Browser, product: Rig, language: str, theme: str, viewport: Any
) -> None:
    words, look = WORDS[language], f"{language}-{theme}"
    email = await somebody(product, MAILBOX)
    context, page = await opened(chromium, product, language, theme, viewport)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    await added(page, product, email, words["add"])
    await expect(page.get_by_role("status").first).to_be_visible()
    await looked_at(page, f"passkey-added-{look}")

    await context.clear_cookies(name="wacloud_session")
    await page.goto(f"{product.url}/login?next=/security")
    await looked_at(page, f"login-with-passkeys-{look}")
    await page.get_by_role("button", name=words["sign in"]).click()
    await expect(page.locator(".account-state.is-on")).to_be_visible()

    await context.clear_cookies(name="wacloud_session")
    await by_password(page, product, email)
    await expect(page.get_by_role("button", name=words["use"])).to_be_visible()
    await looked_at(page, f"second-step-by-passkey-{look}")
    await page.get_by_role("button", name=words["use"]).click()
    await expect(page.locator(".account-state.is-on")).to_be_visible()

    async with product.house.db.system("test: the proof is a while ago") as tx:
        await tx.execute("update app.sessions set verified_at = verified_at - interval '1 hour'")
    # What is remembered of a session counts for a second.
    await page.wait_for_timeout(1100)
    await page.get_by_role("button", name=words["codes"]).click()
    await expect(page.get_by_role("heading", name=words["wait"])).to_be_visible()
    await looked_at(page, f"step-up-by-passkey-{look}")
    await page.get_by_role("button", name=words["use"]).click()
    await page.wait_for_url("**/security")
    await page.get_by_role("button", name=words["codes"]).click()
    await expect(page.locator(".account-codes code")).to_have_count(10)
    await context.close()
    assert complaints == []


async def test_what_the_browser_cannot_do_is_told(chromium: Browser, product: Rig) -> None:
    context, page = await opened(chromium, product, "es", "light", DESKTOP)
    await page.goto(f"{product.url}/login")
    await page.evaluate("() => { navigator.credentials.get = async () => { throw new Error('nobody is there') } }")
    await page.get_by_role("button", name=WORDS["es"]["sign in"]).click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await looked_at(page, "login-passkey-failed")
    await context.close()


async def test_the_browser_offers_the_passkey_in_the_field_of_the_address(chromium: Browser, product: Rig) -> None:
    email = await somebody(product, MAILBOX)
    context, page = await opened(chromium, product, "es", "light", DESKTOP, offers=True)
    await added(page, product, email, WORDS["es"]["add"])
    await context.clear_cookies(name="wacloud_session")
    await page.goto(f"{product.url}/login?next=/security")
    await expect(page.locator(".account-state.is-on")).to_be_visible()
    await context.close()


async def test_a_browser_that_has_no_passkeys_says_so_where_there_is_no_other_way(
    chromium: Browser, product: Rig
) -> None:
    email = await somebody(product, MAILBOX)
    context, page = await opened(chromium, product, "es", "light", DESKTOP)
    await added(page, product, email, WORDS["es"]["add"])
    await context.clear_cookies(name="wacloud_session")
    await context.add_init_script("delete window.PublicKeyCredential")
    await by_password(page, product, email)
    await page.get_by_role("button", name=WORDS["es"]["use"]).click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.goto(f"{product.url}/login")
    await expect(page.get_by_role("button", name=WORDS["es"]["sign in"])).to_be_hidden()
    await context.close()
