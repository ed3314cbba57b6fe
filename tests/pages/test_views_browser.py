"""Saved views in a real browser: kept from the menu, opened from it, removed in it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from test_compose_browser import writes
from test_files_browser import DESKTOP, PHONE, looked_at, signed_in

from rig import Rig, open_rig
from wacloud.modules.whatsapp.application.edit_labels import add_label
from wacloud.modules.whatsapp.application.label_conversation import label_conversation

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


@pytest.mark.parametrize(("name", "size", "scheme"), [("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")])
async def test_a_view_is_saved_from_the_menu_opened_and_removed(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any
) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "¿Tenéis hora mañana?")
    label = await add_label(product.house.whatsapp, shop.business_id, "Encargos", "blue")
    await label_conversation(product.house.whatsapp, shop.business_id, row.conversation_id, [label.id])
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (_, page):
        await page.goto(f"{product.url}/inbox")
        await page.locator(".views summary").click()
        await page.locator(".views-menu").get_by_role("link", name="Encargos").click()
        await expect(page.locator("#conversations > li")).to_have_count(1)
        await expect(page.locator(".views summary")).to_have_text("Encargos")
        await page.locator(".views summary").click()
        await page.get_by_label("Guardar lo que se ve como").fill("Encargos de Navidad")
        await looked_at(page, f"views-form-{name}-{scheme}")
        await page.get_by_label("Para todo el equipo").check()
        await page.get_by_role("button", name="Guardar la vista").click()
        await page.locator(".views summary").click()
        saved = page.locator(".views-saved")
        await expect(saved).to_contain_text("Encargos de Navidad")
        await looked_at(page, f"views-{name}-{scheme}")
        await saved.get_by_role("button").click()
        await page.locator(".views summary").click()
        await expect(saved).to_have_count(0)
