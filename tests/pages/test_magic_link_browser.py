"""A link from a mail goes on in a program or signs the browser in, for real and with our content security policy."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from looks import looks
from playwright.async_api import Browser, Route, expect
from test_account_browser import DESKTOP, PHONE, Mailbox, looked_at

from rig import Rig, open_rig

pytestmark = pytest.mark.browser

MAILBOX = Mailbox()
APP = "https://app.example.com/in"
WORDS = {"es": "Continuar", "en": "Go on"}


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    settings = {"trusted_proxies": ["127.0.0.1"], "auth_redirect_urls": [APP]}
    async with open_rig(own_database.app_dsn, redis_url, mails=MAILBOX, settings=settings, with_worker=False) as rig:
        yield rig


async def ask(product: Rig, redirect_to: str = "") -> str:
    """Somebody new asks for a link; returns its path and secret."""
    email = f"p{uuid4().hex[:10]}@example.com"
    headers = {"X-Forwarded-For": f"10.78.{uuid4().int % 250}.{uuid4().int % 250}"}
    where = f"{product.url}/auth/v1/otp?redirect_to={redirect_to}"
    async with product.http.post(where, json={"email": email}, headers=headers) as answer:
        assert answer.status == 200
    return MAILBOX.link(email, "magic_link")


@looks(DESKTOP, PHONE)
async def test_a_link_goes_on_or_lets_in(
    chromium: Browser, product: Rig, language: str, theme: str, viewport: Any
) -> None:
    look = f"{language}-{theme}-{viewport['width']}"
    context = await chromium.new_context(viewport=viewport, reduced_motion="reduce")
    for name, value in (("lang", language), ("theme", theme)):
        await context.add_cookies([{"name": name, "value": value, "url": product.url}])
    page = await context.new_page()
    page.set_default_timeout(8000)
    reached: list[str] = []

    async def nothing_there(route: Route) -> None:
        reached.append(route.request.url)
        await route.fulfill(status=204)

    await page.route(f"{APP}**", nothing_there)
    await page.goto(product.url + await ask(product, APP))
    assert "#" not in page.url, "the secret is out of the address"
    await looked_at(page, f"magic-link-{look}")
    button = page.get_by_role("button", name=WORDS[language])
    await button.click()
    await expect(page.locator("[role=status].door-text")).to_be_visible()
    await looked_at(page, f"onward-{look}")
    assert [url.startswith(f"{APP}") for url in reached] == [True]

    await page.goto("about:blank")
    await page.goto(product.url + "/magic-link#of-nobody")
    await button.click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await looked_at(page, f"magic-link-refused-{look}")

    await page.goto("about:blank")
    await page.goto(product.url + await ask(product))
    await button.click()
    await expect(page).not_to_have_url(f"{product.url}/magic-link")
    assert [cookie["name"] for cookie in await context.cookies() if "session" in str(cookie["name"])]
    await context.close()
