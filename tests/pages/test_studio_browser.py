"""The studio in a real browser: write, try, publish, compare, go back; two who write at once; help in the inbox."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from test_files_browser import DESKTOP, PHONE, looked_at, signed_in

from builders import meta
from rig import Rig, ScriptedModel, Shop, as_body, eventually, open_rig
from wacloud.modules.bot.application.knowledge import index_knowledge
from wacloud.modules.bot.application.model import ModelReply
from wacloud.modules.bot.domain.prices import Usage

pytestmark = pytest.mark.browser

WIDE = {"width": 1360, "height": 900}
FAQ = [
    ("¿A qué hora abrís?", "Abrimos de 9 a 20 horas."),
    ("¿Hacéis envíos?", "Sí, a toda España por 4 euros."),
    ("¿Se puede pagar con Bizum?", "Sí, con Bizum, tarjeta o en efectivo."),
]
VIEWS = [
    ("desktop", WIDE, "light", "es"),
    ("desktop", WIDE, "dark", "en"),
    ("phone", PHONE, "light", "en"),
    ("phone", PHONE, "dark", "es"),
]
WORDS = {
    "es": {
        "changes": "2 cambios sin publicar",
        "publish": "Publicar",
        "now": "Publicar ahora",
        "live": "La versión 2 está en marcha",
        "why": "Por qué",
        "draft": "el borrador",
        "back": "Volver a esta",
        "formal": "Formal",
        "differences": "Ver las diferencias",
    },
    "en": {
        "changes": "2 unpublished changes",
        "publish": "Publish",
        "now": "Publish now",
        "live": "Version 2 is live",
        "why": "Why",
        "draft": "the draft",
        "back": "Go back to this",
        "formal": "Formal",
        "differences": "See the differences",
    },
}


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, model=ScriptedModel()) as rig:
        yield rig


async def taught(rig: Rig, **more: Any) -> Shop:
    shop = await rig.shop(knowledge=FAQ, **more)
    await index_knowledge(rig.house.knowledge, shop.business_id)
    return shop


async def says(rig: Rig, shop: Shop, text: str) -> None:
    async def answer(_: Any) -> ModelReply:
        return ModelReply(text, "complete", "gpt-6-luna", Usage(1200, 40, 1000), 640)

    rig.says(shop, answer)


async def saved(page: Page, words: str) -> None:
    await expect(page.locator("#studio-state strong")).to_have_text(words)


@pytest.mark.parametrize(("name", "size", "scheme", "language"), VIEWS)
async def test_a_bot_is_written_tried_published_compared_and_rolled_back(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any, language: str
) -> None:
    shop, words = await taught(product, quiet_ms=400), WORDS[language]
    await says(product, shop, "Abrimos de 9 a 20 horas. ¿Te espero?")
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await context.add_cookies([{"name": "lang", "value": language, "url": product.url}])
        await page.goto(f"{product.url}/bot")
        await looked_at(page, f"studio-{name}-{scheme}-{language}")

        await page.locator("#f-name").fill("Olmo")
        await page.locator('[name="tone"][value="formal"]').check()
        await saved(page, words["changes"])
        await expect(page.locator("#try-name")).to_have_text("Olmo")

        text = page.locator("#try-text")
        await text.fill("Hola")
        await text.press("Enter")
        await text.fill("¿A qué hora abrís?")
        await text.press("Enter")
        await expect(page.locator(".try-you")).to_have_count(2)
        await expect(page.locator(".try-bot .try-bubble").last).to_contain_text("Abrimos de 9 a 20 horas.")
        await expect(page.locator(".try-bot")).to_have_count(1)
        await page.locator(".try .why summary").click()
        await expect(page.locator(".try .why")).to_contain_text(words["draft"])
        await expect(page.locator(".try .why")).to_contain_text("gpt-6-luna")
        await page.locator("#try").scroll_into_view_if_needed()
        if name == "phone":  # the page scrolls above the bar, and the document not at all
            assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        await looked_at(page, f"studio-tried-{name}-{scheme}-{language}")

        await page.get_by_role("link", name=words["differences"]).click()
        await expect(page.locator(".diff ins")).to_have_text(["Olmo", words["formal"]])
        await looked_at(page, f"studio-diff-{name}-{scheme}-{language}")
        await page.go_back()

        await page.locator(".studio-publish summary").click()
        await page.locator("#note").fill("Olmo se presenta")
        await looked_at(page, f"studio-publish-{name}-{scheme}-{language}")
        await page.get_by_role("button", name=words["now"]).click()
        await saved(page, words["live"])

        await page.goto(f"{product.url}/bot/versions")
        await expect(page.locator(".timeline-note")).to_have_text("Olmo se presenta")
        await looked_at(page, f"studio-versions-{name}-{scheme}-{language}")
        await page.get_by_role("button", name=words["back"]).click()
        await expect(page.locator(".timeline-one")).to_have_count(3)
        await page.goto(f"{product.url}/bot")
        await expect(page.locator("#f-name")).to_have_value("Asistente")


async def test_what_breaks_a_rule_is_told_beside_its_field_and_not_saved(chromium: Browser, product: Rig) -> None:
    shop = await taught(product)
    async with signed_in(chromium, product, shop, viewport=WIDE) as (_, page):
        await page.goto(f"{product.url}/bot")
        await page.locator("#f-budget_day_usd").fill("mucho")
        await page.locator("#f-name").fill("x" * 61)
        await expect(page.locator('[data-count-of="f-name"]')).to_have_class(re.compile("is-over"))
        await saved(page, "Todavía sin guardar.")
        await expect(page.locator("#e-budget_day_usd")).to_have_text("Debe ser un número.")
        await page.locator("#f-budget_day_usd").fill("0,0001")
        await expect(page.locator("#e-budget_day_usd")).to_have_text("Demasiados decimales: 2 como máximo.")
        await page.locator("#f-budget_day_usd").fill("2,50")
        await expect(page.locator("#e-name")).to_have_text("Demasiado largo: 60 caracteres como máximo.")
        await looked_at(page, "studio-faults")
        await page.locator("#f-name").fill("Olmo")
        await saved(page, "2 cambios sin publicar")
        await expect(page.locator("#e-name")).to_be_hidden()


async def test_two_who_write_at_once_see_both_and_lose_nothing(chromium: Browser, product: Rig) -> None:
    shop = await taught(product)
    async with (
        signed_in(chromium, product, shop, viewport=WIDE) as (_, mine),
        signed_in(chromium, product, shop, viewport=WIDE) as (_, theirs),
    ):
        for page in (mine, theirs):
            await page.goto(f"{product.url}/bot")
        await theirs.locator("#f-name").fill("Canela")
        await theirs.locator("#f-fallback_text").fill("Un momento, por favor.")
        await theirs.locator("#f-name").focus()
        await saved(theirs, "2 cambios sin publicar")

        await mine.locator("#f-name").fill("Olmo")
        await saved(mine, "Dos a la vez.")
        together = mine.locator("#together")
        await expect(together).to_contain_text("Marta ha cambiado esto mientras escribías")
        await expect(together).to_contain_text("Un momento, por favor.")
        await expect(together.locator(".studio-sides")).to_contain_text("Canela")
        await expect(mine.locator("#f-name")).to_have_value("Olmo")
        await expect(mine.locator("#f-fallback_text")).to_have_value("Un momento, por favor.")
        await looked_at(mine, "studio-together")
        await mine.get_by_role("button", name="Guardar las dos juntas").click()
        await saved(mine, "2 cambios sin publicar")
        await expect(together).to_be_empty()

        await theirs.locator("#f-name").fill("Miel")
        await saved(theirs, "Dos a la vez.")
        await theirs.get_by_role("button", name="Quedarse con la suya").click()
        await expect(theirs.locator("#f-name")).to_have_value("Olmo")


async def test_what_is_still_being_saved_is_published_too(chromium: Browser, product: Rig) -> None:
    shop = await taught(product)
    async with signed_in(chromium, product, shop, viewport=WIDE) as (_, page):
        await page.goto(f"{product.url}/bot")
        await page.locator("#f-quiet_ms").fill("1000")
        await saved(page, "1 cambio sin publicar")
        await page.locator(".studio-publish summary").click()
        await page.locator("#f-name").fill("Olmo")
        await page.get_by_role("button", name="Publicar ahora").click()
        await saved(page, "La versión 2 está en marcha")
        await expect(page.locator("#f-name")).to_have_value("Olmo")


async def test_a_starter_fills_the_draft_and_the_bot_is_switched(chromium: Browser, product: Rig) -> None:
    shop = await taught(product)
    async with signed_in(chromium, product, shop, viewport=WIDE) as (_, page):
        await page.goto(f"{product.url}/bot")
        await page.locator(".studio-starter summary").click()
        await looked_at(page, "studio-starters")
        await page.locator(".studio-start").nth(2).click()
        await expect(page.locator("#studio-state")).to_have_class(re.compile("has-changes"))
        await page.get_by_role("button", name="Apagar").click()
        await expect(page.locator(".studio-switch")).to_contain_text("Está apagado")
        await looked_at(page, "studio-off")
        await page.get_by_role("button", name="Encender").click()
        await expect(page.locator(".studio-switch")).to_contain_text("Contesta a tus clientes")


@pytest.mark.parametrize(("name", "size", "scheme", "language"), VIEWS)
async def test_a_topic_of_the_try_is_pressed_and_answered(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any, language: str
) -> None:
    shop = await taught(product, quiet_ms=400)
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await context.add_cookies([{"name": "lang", "value": language, "url": product.url}])
        await page.goto(f"{product.url}/bot")
        text = page.locator("#try-text")
        await text.fill("¿Vendéis submarinos nucleares?")
        await text.press("Enter")
        topic = page.locator(".try-menu button", has_text="¿Hacéis envíos?")
        await expect(topic).to_be_visible()
        await page.locator("#try").scroll_into_view_if_needed()
        await looked_at(page, f"studio-topics-{name}-{scheme}-{language}")
        await topic.click()
        await expect(page.locator(".try-bot .try-bubble").last).to_contain_text("Sí, a toda España por 4 euros.")
        await expect(page.locator(".try-you .try-bubble").last).to_have_text("¿Hacéis envíos?")


async def test_without_script_it_is_saved_tried_and_published(chromium: Browser, product: Rig) -> None:
    shop = await taught(product)
    async with signed_in(chromium, product, shop, viewport=WIDE, java_script_enabled=False) as (_, page):
        await page.goto(f"{product.url}/bot")
        await page.locator("#f-name").fill("Olmo")
        await page.get_by_role("button", name="Guardar el borrador").click()
        await saved(page, "1 cambio sin publicar")
        await page.locator("#try-text").fill("¿hacéis envíos?")
        await page.locator("#try-form button").click()
        await expect(page.locator(".try-bot")).to_contain_text("Sí, a toda España por 4 euros.")
        await page.locator("#try-text").fill("¿Vendéis submarinos nucleares?")
        await page.locator("#try-form button").click()
        await page.locator(".try-menu button", has_text="¿A qué hora abrís?").click()
        await expect(page.locator(".try-bot").last).to_contain_text("Abrimos de 9 a 20 horas.")
        await page.locator(".studio-publish summary").click()
        await page.get_by_role("button", name="Publicar ahora").click()
        await saved(page, "La versión 2 está en marcha")


async def test_in_the_inbox_a_proposal_goes_into_the_composer_and_back_out(chromium: Browser, product: Rig) -> None:
    shop = await taught(product, enabled=False)
    assert await product.post(as_body(meta.inbound(shop, "34600111222", "Do you ship to Madrid?"))) == 200

    async def here() -> bool:
        return len(await product.messages(shop)) == 1

    await eventually(here)
    [message] = await product.messages(shop)
    for view, size, scheme in (("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")):
        async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (_, page):
            await page.goto(f"{product.url}/inbox/{message.conversation_id}")
            await says(product, shop, "Sí, enviamos a Madrid.")
            menu = page.locator("#assist-menu summary")
            await page.locator("#reply").fill("si, mandamos")
            await menu.click()
            await looked_at(page, f"assist-menu-{view}")
            await page.get_by_role("button", name="Más amable").click()
            await expect(page.locator("#reply")).to_have_value("Sí, enviamos a Madrid.")
            await looked_at(page, f"assist-proposed-{view}")
            await page.get_by_role("button", name="Deshacer").click()
            await expect(page.locator("#reply")).to_have_value("si, mandamos")
            await says(product, shop, "- Pregunta si enviamos a Madrid.\n- Nadie le ha contestado todavía.")
            await menu.click()
            await page.get_by_role("button", name="Resumir la conversación").click()
            await expect(page.locator(".assisted-text")).to_contain_text("Pregunta si enviamos a Madrid.")
            await expect(page.locator("#reply")).to_have_value("si, mandamos")
            await looked_at(page, f"assist-summary-{view}")
    assert await product.messages(shop, "out") == []


@pytest.mark.parametrize(("name", "size", "scheme", "language"), [VIEWS[0], VIEWS[2]])
async def test_what_a_model_may_know_of_the_customer_is_ticked(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any, language: str
) -> None:
    shop = await taught(product)
    async with product.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "insert into app.contact_fields (business_id, key, label, kind) values (%s, 'talla', 'Talla', 'text')",
            (shop.business_id,),
        )
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await context.add_cookies([{"name": "lang", "value": language, "url": product.url}])
        await page.goto(f"{product.url}/bot")
        ticks = page.locator("#f-contact_fields input")
        await expect(ticks).to_have_count(3)
        await page.get_by_label("Talla").check()
        await ticks.first.check()
        await saved(page, {"es": "1 cambio sin publicar", "en": "1 unpublished change"}[language])
        await page.locator("#privacy").scroll_into_view_if_needed()
        await looked_at(page, f"studio-customer-{name}-{language}")
        await page.reload()
        await expect(page.get_by_label("Talla")).to_be_checked()
        await expect(ticks.nth(1)).not_to_be_checked()
    [kept] = await product.rows(shop, "select draft from app.bot_settings where business_id = %s", (shop.business_id,))
    assert kept.draft["contact_fields"] == ["@name", "talla"]
