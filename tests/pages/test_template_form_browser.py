"""The form of a message template in a real browser: files, cards, buttons, codes for signing in."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from test_files_browser import DESKTOP, PHONE, looked_at, signed_in

from builders.files import jpeg
from rig import Rig, Shop, open_rig

pytestmark = pytest.mark.browser

LOOKS = [("es", "light", DESKTOP), ("en", "dark", PHONE), ("es", "dark", DESKTOP), ("en", "light", PHONE)]
each_look = pytest.mark.parametrize(
    ("language", "scheme", "size"), LOOKS, ids=[f"{a}-{b}-{c['width']}" for a, b, c in LOOKS]
)
IN_REVIEW = {"es": "En revisión", "en": "Being reviewed"}


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, settings={"meta_app_id": "1"}) as rig:
        yield rig


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "tarta.jpg"
    file.write_bytes(jpeg(640, 480))
    return file


async def spoken(context: BrowserContext, rig: Rig, language: str) -> None:
    await context.add_cookies([{"name": "lang", "value": language, "url": rig.url}])


async def fits(page: Page) -> None:
    """Nothing is cut off at the right but cards, which are swiped."""
    all_of_it = "[...document.querySelectorAll('.doc *:not(.phone-cards *)')]"
    cut = f"{all_of_it}.filter(e => e.getBoundingClientRect().right > innerWidth)"
    assert await page.evaluate(f"{cut}.map(e => e.outerHTML.slice(0, 80))") == []


async def settled(page: Page) -> None:
    """A form drawn anew hears nothing yet for the blink of an eye."""
    await expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)


def at_meta(rig: Rig, shop: Shop, name: str) -> Any:
    [template] = [one for one in rig.twin.twin.access.wabas[shop.waba_id].templates if one.name == name]
    return template


@each_look
async def test_a_picture_stands_above_the_text_and_goes_to_meta(
    chromium: Browser, product: Rig, photo: Path, language: str, scheme: Any, size: Any
) -> None:
    shop = await product.shop(enabled=False)
    look = f"{language}-{scheme}-{size['width']}"
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await spoken(context, product, language)
        await page.goto(f"{product.url}/templates/new")
        await looked_at(page, f"template-new-{look}")
        await fits(page)
        await page.locator("#f-name").fill("tarta_lista")
        await page.locator("#f-header_kind").select_option("image")
        await expect(page.locator("#f-header_file")).to_be_visible()
        await settled(page)
        await page.locator("#f-header_file").set_input_files(photo)
        await expect(page.locator("#slot-header_file .chosen img")).to_be_visible()
        await page.locator("#f-body").fill("Hola {{1}}, tu tarta ya está lista para recoger.")
        await page.locator("#f-body_examples").fill("Ana")
        await expect(page.locator(".phone-text")).to_contain_text("Hola Ana, tu tarta ya está lista")
        await expect(page.locator(".phone-file img")).to_be_visible()
        await page.locator(".buttons-of summary").first.click()
        await page.locator("#f-reply_0").fill("Voy")
        await page.locator("#f-coupon").fill("TARTA10-MUY-LARGO")
        await expect(page.locator(".finding-error")).to_have_count(1)
        await looked_at(page, f"template-wrong-{look}")
        await page.locator("#f-coupon").fill("TARTA10")
        await expect(page.locator(".finding-error")).to_have_count(0)
        await fits(page)
        await looked_at(page, f"template-picture-{look}")
        await page.locator(".draft .button-main").click()
        await expect(page.locator(".chip").first).to_have_text(IN_REVIEW[language])
        await looked_at(page, f"template-sent-{look}")
    parts = {one["type"]: one for one in at_meta(product, shop, "tarta_lista").components}
    assert parts["HEADER"]["example"]["header_handle"]
    assert [one["type"] for one in parts["BUTTONS"]["buttons"]] == ["QUICK_REPLY", "COPY_CODE"]


@each_look
async def test_a_carousel_is_filled_in_card_by_card(
    chromium: Browser, product: Rig, photo: Path, language: str, scheme: Any, size: Any
) -> None:
    shop = await product.shop(enabled=False)
    look = f"{language}-{scheme}-{size['width']}"
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await spoken(context, product, language)
        await page.goto(f"{product.url}/templates/new")
        await page.locator("#f-name").fill("novedades")
        await page.locator("#f-body").fill("Lo nuevo de esta semana en el obrador.")
        await page.locator("#f-footer").fill("Obrador Sol")
        await page.locator("#f-category").select_option("MARKETING")
        await settled(page)
        await page.locator("#f-cards").select_option("2")
        await expect(page.locator("fieldset.template-card")).to_have_count(2)
        for place, label in enumerate(("La quiero", "No quiero más")):
            await settled(page)
            await page.locator(f"#f-card_{place}_file").set_input_files(photo)
            await expect(page.locator(f"#slot-card_{place}_file .chosen img")).to_be_visible()
            await page.locator(f"#f-card_{place}_body").fill(f"Tarta número {place + 1}")
            await page.locator(f"#f-card_{place}_reply").fill(label)
        await expect(page.locator(".phone-card .phone-button")).to_have_count(2)
        await expect(page.locator(".finding-error")).to_have_count(0)
        await fits(page)
        await looked_at(page, f"template-cards-{look}")
        await page.locator(".draft .button-main").click()
        await expect(page.locator(".chip").first).to_have_text(IN_REVIEW[language])
        await looked_at(page, f"template-cards-sent-{look}")
    [_, carousel] = at_meta(product, shop, "novedades").components
    assert [card["components"][1]["text"] for card in carousel["cards"]] == ["Tarta número 1", "Tarta número 2"]


@each_look
async def test_a_code_for_signing_in_has_its_own_fields_and_what_was_written_stays(
    chromium: Browser, product: Rig, language: str, scheme: Any, size: Any
) -> None:
    shop = await product.shop(enabled=False)
    look = f"{language}-{scheme}-{size['width']}"
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await spoken(context, product, language)
        await page.goto(f"{product.url}/templates/new")
        await page.locator("#f-name").fill("codigo")
        await page.locator("#f-body").fill("Lo que ya estaba escrito.")
        await page.locator("#f-category").select_option("AUTHENTICATION")
        await expect(page.locator("#f-code_minutes")).to_be_visible()
        await expect(page.locator("#f-body")).to_have_count(0)
        await settled(page)
        await page.locator("#f-code_minutes").fill("200")
        await expect(page.locator(".finding-error")).to_have_count(1)
        await page.locator("#f-code_minutes").fill("5")
        await expect(page.locator(".phone-foot")).to_contain_text("5 minutos")
        await fits(page)
        await looked_at(page, f"template-code-{look}")
        await settled(page)
        await page.locator("#f-category").select_option("UTILITY")
        await expect(page.locator("#f-body")).to_have_value("Lo que ya estaba escrito.")
        await settled(page)
        await page.locator("#f-category").select_option("AUTHENTICATION")
        await expect(page.locator("#f-code_minutes")).to_have_value("5")
        await settled(page)
        await page.locator(".draft .button-main").click()
        await expect(page.locator(".chip").first).to_have_text(IN_REVIEW[language])
    assert at_meta(product, shop, "codigo").category == "AUTHENTICATION"
