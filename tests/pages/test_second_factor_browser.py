"""Turning a second factor on, and signing in with it, in a real browser."""

import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect
from test_account_browser import DESKTOP, PASSWORD, PHONE, Mailbox, looked_at

from rig import Rig, open_rig

pytestmark = pytest.mark.browser

MAILBOX = Mailbox()
WORDS = {
    "es": {
        "add": "Añadir una aplicación",
        "on": "Activar",
        "codes": "Crear códigos de respaldo",
        "kept": "Los he guardado",
        "wait": "Confirma que eres tú",
        "off": "Desactivar el segundo factor",
    },
    "en": {
        "add": "Add an app",
        "on": "Turn it on",
        "codes": "Make backup codes",
        "kept": "I have kept them",
        "wait": "Confirm that it is you",
        "off": "Turn the second factor off",
    },
}


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(
        own_database.app_dsn, redis_url, mails=MAILBOX, settings={"trusted_proxies": ["127.0.0.1"]}
    ) as rig:
        yield rig


async def somebody(product: Rig, mailbox: Mailbox = MAILBOX) -> str:
    """Signed up, with an address that is proved."""
    email = f"p{uuid4().hex[:10]}@example.com"
    headers = {"X-Forwarded-For": f"10.88.{uuid4().int % 250}.{uuid4().int % 250}"}
    body = {"name": "Ana Prueba", "email": email, "password": PASSWORD}
    async with product.http.post(f"{product.url}/api/auth/register", json=body, headers=headers) as answer:
        assert answer.status == 202, await answer.text()
    secret = mailbox.link(email, "verify_email").partition("#")[2]
    told = {"token": secret, "password": PASSWORD}
    async with product.http.post(f"{product.url}/api/auth/verify-email", json=told, headers=headers) as answer:
        assert answer.status == 204, await answer.text()
    return email


async def first_step(page: Page, product: Rig, email: str) -> None:
    await page.goto(f"{product.url}/login?next=/security")
    await page.fill("#email", email)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")


def code_of(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(time.time() + 30 * steps)


@pytest.mark.parametrize(
    ("language", "theme", "viewport"),
    [("es", "light", DESKTOP), ("en", "dark", PHONE)],
    ids=["es-light-desktop", "en-dark-phone"],
)
async def test_from_turning_it_on_to_signing_in_with_an_app_and_with_a_backup_code(
    chromium: Browser, product: Rig, language: str, theme: str, viewport: Any
) -> None:
    words, look = WORDS[language], f"{language}-{theme}"
    email = await somebody(product)
    context = await chromium.new_context(
        viewport=viewport,
        bypass_csp=True,
        reduced_motion="reduce",
        extra_http_headers={"X-Forwarded-For": f"10.89.{len(look)}.{uuid4().int % 250}"},
    )
    for name, value in (("lang", language), ("theme", theme)):
        await context.add_cookies([{"name": name, "value": value, "url": product.url}])
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    await first_step(page, product, email)
    await expect(page.locator(".account-state")).to_be_visible()
    await looked_at(page, f"factors-off-{look}")
    await page.get_by_role("button", name=words["add"]).click()
    await expect(page.locator(".account-qr svg")).to_be_visible()
    await looked_at(page, f"enrol-{look}")
    secret = (await page.locator(".account-key code").inner_text()).replace(" ", "")
    await page.fill("#code", "000000")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.fill("#code", code_of(secret, -1))
    await page.get_by_role("button", name=words["on"]).click()
    await expect(page.locator(".account-state.is-on")).to_be_visible()
    await page.get_by_role("button", name=words["codes"]).click()
    codes = await page.locator(".account-codes code").all_inner_texts()
    assert len(codes) == 10
    await looked_at(page, f"backup-codes-{look}")
    await page.get_by_role("button", name=words["kept"]).click()
    await expect(page.locator(".account-state.is-on")).to_be_visible()
    await looked_at(page, f"factors-on-{look}")

    await context.clear_cookies(name="wacloud_session")
    await first_step(page, product, email)
    await expect(page.locator("#code")).to_be_focused()
    await looked_at(page, f"second-step-{look}")
    await page.keyboard.type("000000")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.fill("#code", code_of(secret))
    await page.keyboard.press("Enter")
    await expect(page.locator(".account-state.is-on")).to_be_visible()

    await context.clear_cookies(name="wacloud_session")
    await first_step(page, product, email)
    await page.fill("#code", codes[0].upper())
    await page.keyboard.press("Enter")
    await expect(page.locator(".account-state.is-on")).to_be_visible()

    async with product.house.db.system("test: the proof is a while ago") as tx:
        await tx.execute("update app.sessions set verified_at = verified_at - interval '1 hour'")
    # What is remembered of a session counts for a second.
    await page.wait_for_timeout(1100)
    await page.get_by_role("button", name=words["off"]).click()
    await expect(page.get_by_role("heading", name=words["wait"])).to_be_visible()
    await looked_at(page, f"step-up-{look}")
    await page.fill("#code", codes[1])
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/security*")
    await page.get_by_role("button", name=words["off"]).click()
    await expect(page.locator(".account-state.is-on")).to_have_count(0)
    await context.close()
    assert complaints == []
    mails = [mail.values["what"] for mail in MAILBOX.all if mail.to == email and mail.template == "factor_changed"]
    assert mails[0] == "totp_added"
    assert "backup_code_used" in mails
    assert mails[-1] == "totp_removed"
