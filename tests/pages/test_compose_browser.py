"""The composer's + menu, answering and reacting, in a real browser over the whole product."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from test_files_browser import DESKTOP, PHONE, looked_at, signed_in

from builders import meta
from rig import Rig, Shop, as_body, eventually, open_rig

pytestmark = pytest.mark.browser
PERSON = "34600111222"


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


async def last_out(rig: Rig, shop: Shop, kind: str) -> Any:
    """The newest message of ours, once it is of this kind and at Meta."""

    async def look() -> Any:
        mine = [row for row in await rig.messages(shop, "out") if row.kind == kind]
        return mine[-1] if mine and mine[-1].state in ("sent", "delivered") else None

    return await eventually(look)


async def writes(rig: Rig, shop: Shop, text: str) -> Any:
    """A customer with a phone of the twin writes."""
    control = f"{rig.house.settings.meta_graph_url}/_twin"
    await rig.http.post(f"{control}/customers", json={"name": "Rosa", "wa_id": PERSON})
    message = {"type": "text", "text": {"body": text}}
    told = {"phone_number_id": shop.phone_number_id, "customer": PERSON, "message": message}
    async with rig.http.post(f"{control}/inbound", json=told) as answer:
        assert answer.status == 200
    return (await eventually(lambda: rig.messages(shop)))[-1]


async def opens(page: Page, kind: str) -> None:
    """The form of the + menu, by the keyboard alone."""
    await page.locator("#plus summary").focus()
    await page.keyboard.press("Enter")
    await page.locator(f"#plus a[href$='/send/{kind}']").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#extra .extra-form")).to_be_visible()


@pytest.mark.parametrize(("name", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_buttons_with_an_error_at_the_field_and_then_sent(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any
) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "¿Tenéis hora mañana?")
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (_, page):
        await page.goto(f"{product.url}/inbox/{row.conversation_id}")
        await page.locator("#plus summary").click()
        await looked_at(page, f"plus-{name}-{scheme}")
        await page.keyboard.press("Escape")
        await opens(page, "buttons")
        await page.locator("#extra-text").fill("¿A qué hora le viene bien?")
        await page.locator("#extra-button1").fill("A las diez de la mañana")
        await page.locator("#extra button[type=submit]").click()
        await expect(page.locator("#extra-button1")).to_have_attribute("aria-invalid", "true")
        await expect(page.locator("#extra-button1-error")).to_contain_text("20 caracteres")
        await expect(page.locator("#extra-text")).to_have_value("¿A qué hora le viene bien?")
        await looked_at(page, f"buttons-{name}-{scheme}")
        await page.locator("#extra-button1").fill("10:00")
        await page.locator("#extra-button2").fill("11:00")
        await page.locator("#extra button[type=submit]").click()
        await expect(page.locator("#extra")).not_to_be_visible()
        sent = await last_out(product, shop, "interactive")
        bubble = page.locator(f"#m-{sent.id}")
        await expect(bubble.locator(".msg-buttons li")).to_have_text(["10:00", "11:00"])
        await looked_at(page, f"sent-{name}-{scheme}")


async def test_every_form_of_the_menu_sends_its_message(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "hola")
    forms = {
        "location": ("location", {"latitude": "40.4168, -3.7038", "name": "La tienda"}),
        "contact": ("contacts", {"name": "Ana López", "phone": "+34 600 000 001"}),
        "list": ("interactive", {"text": "Elija", "button": "Ver", "rows": "Corte | 30 min\nTinte"}),
        "link": ("interactive", {"text": "Reserve", "label": "Reservar", "url": "https://example.com/cita"}),
        "ask-location": ("interactive", {"text": "¿Dónde está?"}),
        "ask-phone": ("interactive", {"text": "¿Nos da su teléfono?"}),
        "catalogue": ("interactive", {"text": "Todo lo que tenemos"}),
        "products": (
            "interactive",
            {"catalog": "77", "products": "tarta-1\nvela", "heading": "Tartas", "text": "Ve"},
        ),
        "form": ("interactive", {"text": "Reserve", "label": "Abrir", "flow": "55", "screen": "START"}),
    }
    async with signed_in(chromium, product, shop) as (_, page):
        await page.goto(f"{product.url}/inbox/{row.conversation_id}")
        await page.locator("#reply").fill("un borrador")
        for number, (name, (_, fields)) in enumerate(forms.items(), start=1):
            await opens(page, name)
            for field, value in fields.items():
                await page.locator(f"#extra-{field}").fill(value)
            await looked_at(page, f"form-{name}")
            await page.locator("#extra button[type=submit]").click()
            await expect(page.locator("#extra")).not_to_be_visible()
            await expect(page.locator("#messages .msg-out")).to_have_count(number)
        await expect(page.locator("#reply")).to_have_value("un borrador")
        await looked_at(page, "all-sent")

    async def all_sent() -> bool:
        mine = await product.messages(shop, "out")
        return len(mine) == len(forms) and all(one.state in ("sent", "delivered") for one in mine)

    assert await eventually(all_sent)


async def test_a_message_is_quoted_and_reacted_to_by_the_keyboard(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "¿Abrís el domingo?")
    async with signed_in(chromium, product, shop) as (_, page):
        await page.goto(f"{product.url}/inbox/{row.conversation_id}")
        bubble = page.locator(f"#m-{row.id}")
        await bubble.locator(".msg-answer").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator(".answering")).to_contain_text("¿Abrís el domingo?")
        await looked_at(page, "answering")
        await page.locator(".emoji").first.focus()
        await page.keyboard.press("Enter")
        await expect(bubble.locator(".reactions")).to_contain_text("👍")
        await expect(page.locator(".answering")).to_have_count(0)
        await bubble.locator(".msg-answer").click()
        await expect(page.locator(".answering")).to_be_visible()
        await expect(page.locator("#reply")).to_be_focused()
        await page.keyboard.type("Sí, de diez a dos")
        await page.keyboard.press("Enter")
        quote = page.locator(".msg-out a.quote")
        await expect(quote).to_contain_text("¿Abrís el domingo?")
        await looked_at(page, "quoted")
        await quote.click()
        assert page.url.endswith(f"#m-{row.id}")
    sent = await last_out(product, shop, "text")
    assert sent.refers_to == row.wamid


async def test_without_script_a_link_leads_to_a_form_of_its_own_and_to_the_answer(
    chromium: Browser, product: Rig
) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "hola")
    async with signed_in(chromium, product, shop, java_script_enabled=False) as (_, page):
        await page.goto(f"{product.url}/inbox/{row.conversation_id}/send/ask-location")
        await page.locator("#extra-text").fill("x" * 1025)
        await page.locator("button[type=submit]").click()
        await expect(page.locator(".field-error")).to_contain_text("1024")
        await page.locator("#extra-text").fill("¿Dónde está?")
        await page.locator("button[type=submit]").click()
        assert page.url == f"{product.url}/inbox/{row.conversation_id}"
        await page.goto(f"{product.url}/inbox/{row.conversation_id}?answer={row.id}")
        await page.locator(".emoji").first.click()
        assert page.url == f"{product.url}/inbox/{row.conversation_id}"

    async def reacted() -> Any:
        return (await product.one(shop, row.id)).reactions

    assert (await eventually(reacted))["business"]["emoji"] == "👍"


async def test_what_meta_does_not_know_cannot_be_answered(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    product.misbehave(shop, error_code=131026)
    conversation_id = await product.heard(shop)
    status, answer = await product.send(shop, conversation_id, "hola")
    assert status == 202
    await product.becomes(shop, answer["message_id"], "failed")
    await product.post(as_body(meta.inbound(shop, PERSON, "otra")))
    async with signed_in(chromium, product, shop) as (_, page):
        await page.goto(f"{product.url}/inbox/{conversation_id}")
        await expect(page.locator(f"#m-{answer['message_id']} .msg-answer")).to_have_count(0)
        await expect(page.locator(".msg-in .msg-answer").first).to_be_visible()
