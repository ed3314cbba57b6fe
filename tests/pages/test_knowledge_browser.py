"""The pages of what the bot knows, and of what it could not answer, in a real browser."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from test_doctor_browser import VIEWS, fits
from test_files_browser import looked_at, signed_in

from builders import meta
from rig import Rig, as_body, eventually, open_rig

pytestmark = pytest.mark.browser

FAQ = (
    ("¿Cuánto cuesta el envío?", "El envío cuesta 4,90 € y es gratis a partir de 50 €."),
    ("¿Qué horario tenéis?", "De lunes a viernes de 9:30 a 14:00 y de 17:00 a 20:30."),
)
CARE = "# Lana\n\nA mano, con agua fría y sin retorcer.\n\n# Lino\n\nA 30 grados."
ASKED = (("34600000001", "¿Arregláis cremalleras?"), ("34600000002", "¿Tenéis aparcamiento para bicicletas?"))
WORDS = {
    "es": {
        "text": "Añadir un texto",
        "page": "Añadir una página web",
        "file": "Añadir un archivo",
        "products": "Añadir productos",
        "add": "Añadir",
        "ready": "Listo",
        "refused": "poder abrirla cualquiera",
        "send": "Enviar el archivo",
        "product": "Añadir este producto",
        "nothing": "No hay nada pendiente",
        "answer": "Responderla",
        "keep": "Guardar la respuesta",
        "never": "Nunca",
    },
    "en": {
        "text": "Add a text",
        "page": "Add a web page",
        "file": "Add a file",
        "products": "Add products",
        "add": "Add",
        "ready": "Ready",
        "refused": "one that everybody can open",
        "send": "Send the file",
        "product": "Add this product",
        "nothing": "Nothing waits",
        "answer": "Answer it",
        "keep": "Save the answer",
        "never": "Never",
    },
}


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


async def opened(page: Page, base: str, name: str) -> None:
    await page.goto(f"{base}/bot/knowledge")
    await page.locator("summary", has_text=name).click()


@pytest.mark.parametrize(("name", "size", "scheme", "language"), VIEWS)
async def test_what_the_bot_knows_is_added_read_and_looked_up(
    chromium: Browser, product: Rig, tmp_path: Path, name: str, size: Any, scheme: Any, language: str
) -> None:
    shop = await product.shop(knowledge=FAQ)
    words, base = WORDS[language], product.url
    view = f"{name}-{scheme}-{language}"
    table = tmp_path / "tallas.csv"
    table.write_text("talla,pecho\nS,88 cm\nM,96 cm\n", "utf-8")
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await context.add_cookies([{"name": "lang", "value": language, "url": base}])
        await page.goto(f"{base}/bot/knowledge")
        await looked_at(page, f"knowledge-empty-{view}")

        await opened(page, base, words["text"])
        await page.locator("#text-title").fill("Cómo lavar la lana")
        await page.locator("#text-text").fill(CARE)
        await looked_at(page, f"knowledge-forms-{view}")
        await page.locator("form[action$='/texts']").get_by_role("button", name=words["add"]).click()
        await expect(page.locator("#reading .standing")).to_contain_text(words["ready"], timeout=30_000)
        await expect(page.locator(".pieces > li").first).to_contain_text("agua fría")
        await looked_at(page, f"knowledge-source-{view}")

        await opened(page, base, words["file"])
        await page.locator("#file").set_input_files(table)
        await page.get_by_role("button", name=words["send"]).first.click()
        await expect(page.locator("#reading .standing")).to_contain_text(words["ready"], timeout=30_000)

        await opened(page, base, words["products"])
        await page.locator("form[action$='/products'] input[name=name]").fill("Bufanda de lana")
        await page.locator("form[action$='/products'] input[name=price]").fill("24,50")
        await page.get_by_role("button", name=words["product"]).click()
        await expect(page.locator("#reading .standing")).to_contain_text(words["ready"], timeout=30_000)
        await looked_at(page, f"knowledge-products-{view}")

        await opened(page, base, words["page"])
        await page.locator("#url").fill("http://127.0.0.1:9/precios")
        await page.locator("form[action$='/pages']").get_by_role("button", name=words["add"]).click()
        await expect(page.get_by_role("alert")).to_contain_text(words["refused"], timeout=30_000)
        await looked_at(page, f"knowledge-refused-{view}")

        await page.goto(f"{base}/bot/knowledge")
        await expect(page.locator(".sources > li").first).to_be_visible()
        await fits(page)
        await looked_at(page, f"knowledge-{view}")
        await page.goto(f"{base}/bot/knowledge/try")
        await page.get_by_role("textbox").first.fill("¿Cómo se lava la lana?")
        await page.keyboard.press("Enter")
        await expect(page.locator(".hits > li").first).to_contain_text("agua fría")
        await looked_at(page, f"knowledge-try-{view}")


@pytest.mark.parametrize(("name", "size", "scheme", "language"), VIEWS)
async def test_a_question_without_an_answer_is_answered_from_the_board(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any, language: str
) -> None:
    shop = await product.shop(knowledge=FAQ)
    words, base = WORDS[language], product.url
    view = f"{name}-{scheme}-{language}"
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await context.add_cookies([{"name": "lang", "value": language, "url": base}])
        await page.goto(f"{base}/bot/questions")
        await expect(page.locator(".nothing")).to_contain_text(words["nothing"])
        await looked_at(page, f"questions-empty-{view}")
        for wa_id, text in ASKED:
            assert await product.post(as_body(meta.inbound(shop, wa_id, text))) == 200

        async def gathered() -> bool:
            sql = "select 1 from app.question_groups where business_id = %s"
            return len(await product.rows(shop, sql, (shop.business_id,))) == 2

        await eventually(gathered)
        await page.goto(f"{base}/bot/questions")
        await expect(page.locator(".asked > li")).to_have_count(2)
        await looked_at(page, f"questions-{view}")
        zips = page.locator(".asked > li", has_text="cremalleras")
        await zips.get_by_role("link", name=words["answer"], exact=True).click()
        await page.locator("#answer").fill("Sí, en dos días y desde 8 €.")
        await looked_at(page, f"question-{view}")
        await page.get_by_role("button", name=words["keep"]).click()
        await expect(page.locator(".asked > li")).to_have_count(1)
        await page.get_by_role("button", name=words["never"]).click()
        await expect(page.locator(".nothing")).to_contain_text(words["nothing"])
        await looked_at(page, f"questions-done-{view}")
