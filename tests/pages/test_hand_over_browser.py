"""What the assistant hands over, and when it has a conversation again, as the team sees it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from test_files_browser import DESKTOP, PHONE, looked_at, signed_in

from builders.talking import at_rest, writes
from rig import Rig, ScriptedModel, open_rig
from wacloud.modules.bot.application.knowledge import index_knowledge

pytestmark = pytest.mark.browser
FAQ = [("¿A qué hora abrís?", "Abrimos a las nueve."), ("¿Reparáis bicicletas?", "Sí, desde 20 €.")]


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, model=ScriptedModel()) as rig:
        yield rig


@pytest.mark.parametrize(("name", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_suggestion_is_put_into_the_reply(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any
) -> None:
    shop = await product.shop(knowledge=FAQ, fallback="", back_to_bot="after_a_while", knowledge_threshold=0.95)
    await index_knowledge(product.house.knowledge, shop.business_id)
    await writes(product, shop, "Hola, ¿reparáis cohetes?")
    await at_rest(product, shop, 1)
    [message] = await product.messages(shop)
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (_, page):
        await page.goto(f"{product.url}/inbox/{message.conversation_id}")
        told = page.locator("#handed-over")
        await expect(told).to_contain_text("Del asistente")
        await told.locator("summary").click()
        await expect(told).to_contain_text("Hola, ¿reparáis cohetes?")
        await looked_at(page, f"hand-over-{name}-{scheme}")
        await told.get_by_role("button", name="Ponerla en la respuesta").click()
        await expect(page.locator("#reply")).to_have_value(
            "¡Hola, Rosa! Gracias por esperar. Sobre lo que preguntas: Sí, desde 20 €."
        )
        await page.locator("#reply").press("Enter")
        await expect(told).to_be_hidden()
        await expect(page.locator("#thread-head .returns")).to_contain_text("El asistente la retoma en 11 h")
        await looked_at(page, f"bot-returns-{name}-{scheme}")
