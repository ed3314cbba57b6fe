"""The bot's forms in a real browser: a starter, one that cannot be, one that is made, and what customers gave in it."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from looks import looks
from playwright.async_api import Browser, expect
from test_keys_browser import DESKTOP, PHONE, look, opened

from builders import meta
from rig import Rig, Shop, as_body, open_rig
from wacloud.modules.bot.domain.form import FilledForm

pytestmark = pytest.mark.browser

WORDS = {
    "es": {"begin": "Empezar con este", "add": "Añadir", "save": "Guardar", "title": "Encargo", "few": "2 como mínimo"},
    "en": {"begin": "Begin with this one", "add": "Add", "save": "Save", "title": "Order", "few": "2 at least"},
}
GIVEN = {"product": "Chaqueta de lino", "quantity": 2, "name": "Rosa Díaz", "phone": "+34600111222"}


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


async def gave(product: Rig, shop: Shop, form_id: str, **more: Any) -> str:
    """A customer gave what the form asks for, and changed it afterwards; which conversation that was."""
    assert await product.post(as_body(meta.inbound(shop, "34600111222", "quiero dos chaquetas", name="Rosa"))) == 200
    await product.settled(shop, webhooks=1)
    forms = product.house.bot.answers.forms
    assert forms is not None
    async with product.house.db.tenant(shop.business_id) as tx:
        row = await tx.row("select id from app.conversations where business_id = %s", (shop.business_id,))
        assert row is not None
        form = next(one for one in await forms.forms.all(tx, shop.business_id) if str(one.id) == form_id)
        now = product.house.clock()
        for number in range(55):
            at = now - timedelta(days=number)
            filled = FilledForm(form, {**GIVEN, "quantity": number + 1})
            entry = await forms.entries.add(tx, shop.business_id, row.id, filled, at)
            if number == 0:
                await forms.entries.revise(tx, shop.business_id, entry, FilledForm(form, GIVEN | more), now)
    return str(row.id)


@looks(DESKTOP, PHONE)
async def test_a_form_is_begun_with_refused_made_and_its_entries_are_read(
    chromium: Browser, product: Rig, language: str, viewport: dict[str, int], theme: str
) -> None:
    shop = await product.shop()
    async with product.house.db.tenant(shop.business_id) as tx:
        await tx.execute("update app.businesses set sector = 'retail' where id = %s", (shop.business_id,))
    words, name = WORDS[language], f"forms-{language}-{theme}-{viewport['width']}"
    page = await opened(chromium, product, shop, language, theme, viewport)
    await page.goto("/bot/forms")
    await look(page, f"{name}-none")
    await page.get_by_role("button", name=words["begin"]).click()
    await expect(page).to_have_url(re.compile("said=added"))
    await page.locator("summary", has_text="Encargo").click()
    await look(page, f"{name}-starter")
    await page.locator("#title-new").fill("Cita de prueba")
    await page.locator("#when-new").fill("Cuando alguien quiere probarse algo")
    await page.locator("#label-new-0").fill("Turno")
    await page.locator("#kind-new-0").select_option("choice")
    await page.locator("#choices-new-0").fill("Mañana")
    await page.get_by_role("button", name=words["add"], exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text(words["few"])
    await look(page, f"{name}-refused")
    await page.locator("#choices-new-0").fill("Mañana, Tarde")
    await page.get_by_role("button", name=words["add"], exact=True).click()
    await expect(page.locator("summary", has_text="Cita de prueba")).to_be_visible()
    await page.locator("summary", has_text="Encargo").click()
    form = page.locator("details", has=page.locator("summary", has_text="Encargo")).locator("form")
    form_id = str(await form.get_attribute("action")).rpartition("/")[2]
    await form.locator("[name=hands_over]").check()
    await form.locator("[name=label]").nth(1).fill("")
    await form.get_by_role("button", name=words["save"], exact=True).click()
    await expect(page).to_have_url(re.compile("said=changed"))
    conversation_id = await gave(product, shop, form_id)
    await page.goto("/bot/forms")
    await page.get_by_role("link", name=re.compile("^55 ")).click()
    await expect(page.locator(".collect-entry")).to_have_count(50)
    await page.locator(".collect-before summary").click()
    await expect(page.locator(".collect-entry").first).to_contain_text("Chaqueta de lino")
    await expect(page.locator(".collect-entry").first).to_contain_text("+34 600 11 12 22")
    if viewport == DESKTOP:
        await look(page, f"{name}-entries")
    await page.get_by_role("link", name=re.compile("older|antiguas", re.IGNORECASE)).click()
    await expect(page.locator(".collect-entry")).to_have_count(5)
    await look(page, f"{name}-entries-last")
    await page.goto(f"/inbox/{conversation_id}#contact")
    await expect(page.locator(".panel-entries")).to_contain_text("Chaqueta de lino")
    await look(page, f"{name}-beside")
    await page.context.close()
