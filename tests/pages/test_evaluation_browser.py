"""The page of golden questions in a real browser: taken from the knowledge, asked, judged, the worst first."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from test_doctor_browser import VIEWS, fits
from test_files_browser import looked_at, signed_in

from rig import Rig, ScriptedModel, open_rig

pytestmark = pytest.mark.browser

FAQ = (
    ("¿Cuánto cuesta el envío?", "El envío cuesta 4,90 € y es gratis a partir de 50 €."),
    ("¿Qué horario tenéis?", "De lunes a viernes de 9:30 a 14:00 y de 17:00 a 20:30."),
    ("¿Cómo puedo pagar?", "Con tarjeta, Bizum o efectivo."),
    ("¿Hay parking?", "Sí, en la plaza; una hora gratis desde 30 €."),
)
WORDS = {
    "es": ("Tomar 4 preguntas", "Preguntarlas ahora", "Nueva pregunta de control", "Qué pregunta un cliente", "Añadir"),
    "en": ("Take 4 questions", "Ask them now", "New golden question", "What a customer asks", "Add"),
}


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, model=ScriptedModel()) as rig:
        yield rig


@pytest.mark.parametrize(("name", "size", "scheme", "language"), VIEWS)
async def test_the_questions_of_the_knowledge_are_taken_asked_and_judged(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any, language: str
) -> None:
    shop = await product.shop(enabled=False, knowledge=FAQ)
    says = {
        "envío": "El envío cuesta 4,90 €; gratis desde 50 €.",
        "horario": "Abrimos 8 horas todos los días. [1] [2] [3]",
        "pagar": "Con tarjeta o Bizum.",
    }

    async def say(prompt: Any) -> str:
        asked = prompt.input.split("<new_messages>")[1]
        return next((answer for word, answer in says.items() if word in asked), "NO_LO_SE")

    product.says(shop, say)
    take, ask, _, question, add = WORDS[language]
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await context.add_cookies([{"name": "lang", "value": language, "url": product.url}])
        await page.goto(f"{product.url}/bot/evaluation")
        await looked_at(page, f"evaluation-empty-{name}-{scheme}-{language}")
        await page.get_by_role("button", name=take).click()
        await page.locator("#question-new").fill("¿Vendéis coches?")
        await page.locator("#expects-new").select_option("person")
        await page.get_by_role("button", name=add, exact=True).click()
        await expect(page.locator(".eval-golden")).to_have_count(5)
        for _ in range(2):
            async with page.expect_navigation():
                await page.get_by_role("button", name=ask).click()
            await expect(page.locator("#run .eval-answers > li")).to_have_count(5)
            await expect(page.locator("#run progress")).to_have_count(0)
        await expect(page.locator(".eval-answers h3").first).to_contain_text("horario")
        await expect(page.locator(".eval-share b")).to_have_text(re.compile(r"80\s?%"))
        await expect(page.locator(".eval-chart a")).to_have_count(2)
        async with product.http.patch(
            f"{product.url}/api/bot/draft", json={"instructions": "Trata de usted."}, headers=product.bearer(shop)
        ) as saved:
            assert saved.status == 200
        await page.goto(f"{product.url}/bot/evaluation")
        await page.locator('[formaction="/bot/evaluation/draft"]').click()
        await expect(page.locator("#run progress")).to_have_count(0)
        await expect(page.locator(".eval-drafts a")).to_have_count(1)
        await fits(page)
        await looked_at(page, f"evaluation-draft-{name}-{scheme}-{language}")
        await page.goto(f"{product.url}/bot/evaluation")
        await page.locator(".eval-golden summary").first.click()
        await fits(page)
        await looked_at(page, f"evaluation-{name}-{scheme}-{language}")
        await expect(page.get_by_label(question).first).to_be_visible()
