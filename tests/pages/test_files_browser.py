"""Files in the inbox, in a real browser over the whole product: attached, sent, shown, recorded."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from builders.files import PDF, comes_in, jpeg, voice_note, webp
from rig import Rig, Shop, eventually, open_rig
from wacloud.modules.auth.domain.token import Claims

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SHOTS = os.environ.get("SHOTS")  # a folder for pictures, to be looked at


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


@asynccontextmanager
async def signed_in(browser: Browser, rig: Rig, shop: Shop, **more: Any) -> AsyncIterator[tuple[BrowserContext, Page]]:
    """A page of the shop's owner; what the browser complains of fails the test."""
    # What is still fading in has no contrast yet.
    more = {"viewport": DESKTOP, "reduced_motion": "reduce", **more}
    context = await browser.new_context(locale="es-ES", **more)
    claims = Claims(shop.user_id, shop.business_id, shop.session_id)
    token = rig.house.auth.tokens.issue(claims, "session", rig.house.clock())
    await context.add_cookies([{"name": "wacloud_session", "value": token, "url": rig.url}])
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield context, page
        assert [one for one in complaints if "status of 4" not in one] == []
    finally:
        await context.close()


async def looked_at(page: Page, name: str) -> None:
    """Nothing for axe to find, nothing wider than the screen; a picture where one is wanted."""
    await page.wait_for_load_state("load")  # with its styles
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth"), name
    if AXE.exists():
        await page.evaluate(AXE.read_text())
        found = await page.evaluate(f"axe.run({{runOnly: {RULES}}})")
        assert [(one["id"], node["target"]) for one in found["violations"] for node in one["nodes"]] == [], name


async def stored(rig: Rig, shop: Shop, number: int) -> None:
    async def all_here() -> bool:
        rows = await rig.rows(shop, "select state from app.media where business_id = %s", (shop.business_id,))
        return len(rows) == number and all(row.state == "stored" for row in rows)

    await eventually(all_here)


@pytest.mark.parametrize(
    ("language", "theme", "viewport"),
    [("es", "light", DESKTOP), ("en", "dark", PHONE), ("es", "dark", DESKTOP), ("en", "light", PHONE)],
    ids=["es-light-desktop", "en-dark-phone", "es-dark-desktop", "en-light-phone"],
)
async def test_every_kind_of_file_is_shown(
    chromium: Browser, product: Rig, language: str, theme: str, viewport: Any
) -> None:
    shop = await product.shop(enabled=False)
    for kind, content, mime_type, more in (
        ("image", jpeg(1200, 800), "image/jpeg", {"caption": "¿Tenéis de estas?"}),
        ("sticker", webp(), "image/webp", {}),
        ("audio", voice_note(7), "audio/ogg; codecs=opus", {"voice": True}),
        ("document", PDF, "application/pdf", {"filename": "factura de noviembre.pdf"}),
    ):
        await comes_in(product, shop, kind, content, mime_type, file=more)
    await stored(product, shop, 4)
    product.misbehave(shop, times=None, http_status=200, body="<html></html>", kind="download")
    await comes_in(product, shop, "image", jpeg(), "image/jpeg")

    async def failed() -> bool:
        await product.hurry(shop)
        rows = await product.rows(shop, "select state from app.media where business_id = %s", (shop.business_id,))
        return [row.state for row in rows].count("failed") == 1

    await eventually(failed)
    [message, *_] = await product.messages(shop)
    async with signed_in(chromium, product, shop, viewport=viewport) as (context, page):
        cookies = [
            {"name": "lang", "value": language, "url": product.url},
            {"name": "theme", "value": theme, "url": product.url},
        ]
        await context.add_cookies(cookies)  # type: ignore[arg-type]
        await page.goto(f"{product.url}/inbox/{message.conversation_id}")
        photo = page.locator(".file-image img")
        await expect(photo).to_be_visible()
        box = await photo.bounding_box()
        assert box is not None
        assert (round(box["width"]), round(box["height"])) == (300, 200) or viewport is PHONE
        await expect(page.locator(".file-audio audio")).to_be_visible()
        await expect(page.locator(".file-document")).to_contain_text("factura de noviembre.pdf")
        await expect(page.locator(".file-mend button")).to_have_count(2)
        await looked_at(page, f"files-{language}-{theme}-{viewport['width']}")
        await photo.scroll_into_view_if_needed()
        await photo.click()
        await expect(page.locator("#lightbox img")).to_be_visible()
        await looked_at(page, f"lightbox-{language}-{theme}-{viewport['width']}")
        await page.keyboard.press("Escape")
        await expect(page.locator("#lightbox")).to_be_hidden()


async def test_files_are_chosen_dropped_and_pasted_removed_and_sent(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    conversation_id = await product.heard(shop)
    async with signed_in(chromium, product, shop) as (_, page):
        await page.goto(f"{product.url}/inbox/{conversation_id}")
        await page.locator("#files").set_input_files(
            [
                {"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": jpeg()},
                {"name": "carta.pdf", "mimeType": "application/pdf", "buffer": PDF},
                {"name": "virus.exe", "mimeType": "application/octet-stream", "buffer": b"MZ" + bytes(99)},
            ]
        )
        await expect(page.locator("#attached input[name=media]")).to_have_count(2)
        await expect(page.locator(".is-refused .attached-state")).to_contain_text("WhatsApp no admite")
        await looked_at(page, "composer-attached")
        await page.locator(".is-refused [data-detach]").click()
        await page.evaluate(
            """async () => {
                const made = document.createElement("canvas"); made.width = made.height = 30;
                const blob = await new Promise((done) => made.toBlob(done, "image/webp"));
                const moved = new DataTransfer();
                moved.items.add(new File([blob], "pegada.webp", { type: "image/webp" }));
                const pasted = new ClipboardEvent("paste", { clipboardData: moved, bubbles: true, cancelable: true });
                document.getElementById("reply").dispatchEvent(pasted);
                const drop = new DragEvent("drop", { dataTransfer: moved, bubbles: true, cancelable: true });
                document.getElementById("scroller").dispatchEvent(drop);
            }"""
        )
        await expect(page.locator("#attached input[name=media]")).to_have_count(4)
        await page.locator("#attached [data-detach]").last.click()
        await expect(page.locator("#attached input[name=media]")).to_have_count(3)
        await page.locator("#reply").fill("Aquí lo tienes")
        await page.keyboard.press("Enter")
        await expect(page.locator(".msg-out")).to_have_count(3)
        await expect(page.locator("#attached li")).to_have_count(0)
        await expect(page.locator(".msg-out .file-image img")).to_have_count(2)
        await expect(page.locator(".msg-out .tick-delivered")).to_have_count(3)
        await looked_at(page, "composer-sent")
    out = await product.messages(shop, "out")
    assert sorted((m.kind, m.body) for m in out) == [("document", ""), ("image", ""), ("image", "Aquí lo tienes")]


async def test_a_photo_alone_needs_no_words(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    conversation_id = await product.heard(shop)
    async with signed_in(chromium, product, shop) as (_, page):
        await page.goto(f"{product.url}/inbox/{conversation_id}")
        await page.locator("#files").set_input_files([{"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}])
        await expect(page.locator("#attached input[name=media]")).to_have_count(1)
        await page.locator("#reply").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator(".msg-out .file-image img")).to_have_count(1)


async def test_a_voice_note_is_recorded_heard_and_sent(product: Rig, chromium: Browser) -> None:
    shop = await product.shop(enabled=False)
    conversation_id = await product.heard(shop)
    async with async_playwright() as playwright:
        flags = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=flags
        )
        async with signed_in(browser, product, shop) as (_, page):
            await page.goto(f"{product.url}/inbox/{conversation_id}")
            await page.locator("[data-record]").click()
            await expect(page.locator("#recorded")).to_have_text("0:01", timeout=10_000)
            await looked_at(page, "composer-recording")
            await page.locator("[data-record-done]").click()
            await expect(page.locator("#attached input[name=media]")).to_have_count(1)
            await looked_at(page, "composer-recorded")
            await page.locator("#composer .send:visible").click()
            await expect(page.locator(".msg-out .file-audio audio")).to_have_count(1)
            await page.locator("[data-record]").click()
            await expect(page.locator("#recording")).to_be_visible()
            await page.locator("[data-record-cancel]").click()
            await expect(page.locator("#attached li")).to_have_count(0)
        await browser.close()
    [sent] = await product.messages(shop, "out")
    assert (sent.kind, sent.content["media"]["voice"]) == ("audio", True)


async def test_a_microphone_that_may_not_be_used_is_told(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    conversation_id = await product.heard(shop)
    async with signed_in(chromium, product, shop) as (_, page):
        await page.goto(f"{product.url}/inbox/{conversation_id}")
        await page.evaluate(
            """() => {
                navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "NotAllowedError"); };
            }"""
        )
        await page.locator("[data-record]").click()
        await expect(page.locator("#notices .notice")).to_contain_text("permiso para usar el micrófono")
        await expect(page.locator("#composer-box")).to_be_visible()
