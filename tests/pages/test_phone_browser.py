"""The phone in a real browser, with a real twin behind it: writing, tapping, sending things, people, looks."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from simulator_rig import TOKEN, Shop, opened_shop

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
DESKTOP, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
# A folder for the pictures, for whoever wants to look at them.
PICTURES = os.environ.get("PHONE_SCREENSHOTS")

Open = Callable[..., AbstractAsyncContextManager[Page]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(chromium: Browser) -> AsyncIterator[Shop]:
    with tempfile.TemporaryDirectory() as folder:
        async with opened_shop(Path(folder)) as opened:
            opened.types_for_s = 0.4
            yield opened


@pytest.fixture
def visit(chromium: Browser, shop: Shop) -> Open:
    """The phone of somebody new; whatever the browser complains about fails the test."""

    @asynccontextmanager
    async def opened(
        *, theme: str = "light", language: str = "es", tolerates: str | None = None, **options: Any
    ) -> AsyncIterator[Page]:
        options.setdefault("viewport", DESKTOP)
        who = await shop.twin("POST", "customers", {"name": "Pilar Marín"})
        context = await chromium.new_context(reduced_motion="reduce", **options)
        cookies = {"wacloud_session": TOKEN, "lang": language, "theme": theme}
        await context.add_cookies(
            [{"name": name, "value": value, "url": shop.base_url} for name, value in cookies.items()]
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        await page.goto(f"{shop.base_url}/simulator?person={who['customer_id']}")
        online = "en línea" if language == "es" else "online"
        await expect(page.locator("#ph-state")).to_have_text(online)
        yield page
        await context.close()
        assert [line for line in complaints if tolerates is None or tolerates not in line] == []

    return opened


async def write(page: Page, text: str) -> None:
    await page.locator("#ph-composer textarea").fill(text)
    await page.locator("#ph-composer textarea").press("Enter")


def own(page: Page) -> Locator:
    return page.locator(".ph-row.is-own > .ph-bubble")


def theirs(page: Page) -> Locator:
    return page.locator("#ph-list .ph-row.is-theirs > .ph-bubble")


async def attach(page: Page, what: str) -> None:
    await page.locator("#ph-attach").click()
    await page.get_by_role("button", name=what, exact=True).and_(page.locator(".ph-tile")).click()


async def options_of(bubble: Locator) -> None:
    """By the keyboard, which needs no hovering."""
    await bubble.locator(".ph-more").focus()
    await bubble.page.keyboard.press("Enter")


async def test_a_text_is_answered_and_every_step_is_told(visit: Open) -> None:
    async with visit() as page:
        await write(page, "¿A qué hora abrís?")
        await expect(own(page)).to_contain_text("¿A qué hora abrís?")
        await expect(page.locator("#ph-state")).to_have_text("escribiendo…")
        await expect(own(page).locator(".ph-ticks")).to_have_attribute("aria-label", "Leído")
        await expect(theirs(page)).to_contain_text("Abrimos de lunes a sábado")
        await expect(theirs(page).locator("strong")).to_have_text("lunes a sábado")
        await expect(page.locator("#ph-state")).to_have_text("en línea")
        steps = page.locator("#ph-happenings")
        await expect(steps).to_contain_text("Webhook aceptado en")
        await expect(steps).to_contain_text("enviado · entregado · leído")
        await expect(page.locator(".ph-day")).to_have_count(1)


async def test_lists_and_buttons_of_the_business_are_tapped(visit: Open, shop: Shop) -> None:
    async with visit() as page:
        await write(page, "Quiero una tarta")
        await theirs(page).get_by_role("button", name="Ver tartas").click()
        await page.get_by_role("dialog").get_by_role("button", name="Tarta de queso").click()
        await expect(own(page).last).to_contain_text("Tarta de queso")
        await expect(theirs(page).last).to_contain_text("Apuntado: Tarta de queso")
        assert shop.calls[-1]["interactive"]["list_reply"]["id"] == "queso"
        await write(page, "¿Y cuándo la puedo recoger?")
        await theirs(page).last.get_by_role("button", name="Sábado").click()
        await expect(theirs(page).last).to_contain_text("Apuntado: Sábado")
        assert shop.calls[-1]["interactive"]["button_reply"]["id"] == "sat"
        await expect(page.get_by_role("button", name="Viernes")).to_be_disabled()


async def test_four_messages_at_once_get_one_answer(visit: Open, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    # Longer than the pause between two of them.
    monkeypatch.setattr(shop, "types_for_s", 2.0)
    async with visit() as page:
        await page.locator("button[data-burst]").click()
        await expect(own(page)).to_have_count(4)
        await expect(own(page).locator(".ph-ticks.is-read")).to_have_count(4)
        await expect(theirs(page)).to_have_count(1)
        await page.wait_for_timeout(700)
        await expect(theirs(page)).to_have_count(1)


async def called_with(shop: Shop, kind: str) -> Any:
    """What the shop was told of it, as soon as it has been."""
    async with asyncio.timeout(20):
        while kind not in shop.calls[-1]:
            await asyncio.sleep(0.05)
    return shop.calls[-1][kind]


async def test_photo_voice_place_and_contact_leave_the_phone(visit: Open, shop: Shop) -> None:
    async with visit() as page:
        await attach(page, "Foto")
        await page.locator(".ph-photo-choice").first.click()
        await expect(own(page).locator("img.ph-photo")).to_be_visible()
        await expect(theirs(page).last).to_contain_text("buena pinta")
        image = await called_with(shop, "image")
        assert image["mime_type"] == "image/jpeg"
        await attach(page, "Nota de voz")
        await expect(own(page).last.locator(".ph-length")).to_have_text("0:03")
        await expect(theirs(page).last).to_contain_text("He escuchado tu nota")
        audio = await called_with(shop, "audio")
        assert audio["voice"] is True
        paper = {"name": "carta.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}
        await page.locator("#ph-document").set_input_files(paper)
        await expect(own(page).last).to_contain_text("carta.pdf")
        document = await called_with(shop, "document")
        assert document["filename"] == "carta.pdf"
        await attach(page, "Ubicación")
        await page.get_by_role("button", name="Parque de El Retiro").click()
        await expect(own(page).last).to_contain_text("Parque de El Retiro")
        await expect(theirs(page).last).to_contain_text("6 minutos")
        await attach(page, "Contacto")
        await page.get_by_role("button", name="Lucía Campos").click()
        await expect(own(page).last).to_contain_text("+34 600 00 01 93")


async def test_a_file_that_is_no_photo_is_refused_in_words(visit: Open) -> None:
    async with visit() as page:
        photo = {"name": "x.png", "mimeType": "image/png", "buffer": b"nothing of a photo"}
        await page.locator("#ph-file").set_input_files(photo)
        await expect(page.locator("#ph-trouble")).to_be_visible()
        await expect(own(page)).to_have_count(0)


async def test_reply_react_edit_and_delete_by_keyboard(visit: Open) -> None:
    async with visit() as page:
        await write(page, "a las 10")
        await expect(theirs(page)).to_have_count(1)
        await options_of(theirs(page).first)
        await page.keyboard.press("Enter")
        await expect(page.locator(".ph-reactions")).to_have_text("👍")
        await options_of(theirs(page).first)
        await page.get_by_role("button", name="Responder", exact=True).press("Enter")
        await write(page, "esto no lo entiendo")
        await expect(own(page).last.locator(".ph-quote")).to_contain_text("Abrimos")
        await options_of(own(page).first)
        await page.get_by_role("button", name="Editar", exact=True).press("Enter")
        await write(page, "a las 11")
        await expect(own(page).first).to_contain_text("a las 11")
        await expect(own(page).first).to_contain_text("Editado")
        await options_of(own(page).first)
        await page.get_by_role("button", name="Eliminar para todos").press("Enter")
        await expect(own(page).first).to_contain_text("Eliminaste este mensaje")
        await expect(own(page).first.locator(".ph-more")).to_have_count(0)


async def test_escape_closes_a_sheet_and_gives_the_focus_back(visit: Open) -> None:
    async with visit() as page:
        await page.locator("#ph-attach").press("Enter")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await expect(page.locator("#ph-attach")).to_be_focused()


async def test_a_new_person_who_hides_the_phone_writes(visit: Open, shop: Shop) -> None:
    async with visit() as page:
        await page.locator("[data-new-person]:visible").first.click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Nombre", exact=True).fill("Núria Vidal")
        await dialog.get_by_label("Oculta su número").check()
        await dialog.get_by_role("button", name="Crear").click()
        await expect(page.locator("#ph-whose")).to_contain_text("Núria Vidal")
        await expect(page.locator(".ph-person[aria-current=true]")).to_contain_text("@nuria.vidal")
        await write(page, "Hola")
        await expect(theirs(page)).to_have_count(1)
        assert "from" not in shop.calls[-1]


async def test_each_person_has_a_chat_of_their_own(visit: Open) -> None:
    async with visit() as page:
        await write(page, "soy Pilar")
        await expect(theirs(page)).to_have_count(1)
        await page.locator(".ph-person", has_text="Hugo Blanco").click()
        await expect(own(page)).to_have_count(0)
        await page.locator(".ph-person", has_text="Pilar Marín").last.click()
        await expect(own(page)).to_contain_text("soy Pilar")


async def test_a_webhook_that_is_refused_leaves_one_tick_and_says_so(visit: Open, shop: Shop) -> None:
    async with visit() as page:
        shop.status = 500
        try:
            await write(page, "¿Hay alguien?")
            await expect(page.locator("#ph-happenings")).to_contain_text("500")
            await expect(own(page).locator(".ph-ticks")).to_have_attribute("aria-label", "Enviado")
        finally:
            shop.status = 200


async def test_a_phone_that_is_gone_says_so(visit: Open, shop: Shop) -> None:
    async with visit(tolerates="503") as page:
        graph_url = shop.phones.graph_url
        shop.phones.graph_url = "http://127.0.0.1:9"
        shop.phones.close()
        try:
            await expect(page.locator("#ph-trouble")).to_contain_text("Los teléfonos simulados no responden")
            await expect(page.locator("#ph-state")).to_have_text("conectando…")
        finally:
            shop.phones.graph_url = graph_url
        await expect(page.locator("#ph-state")).to_have_text("en línea", timeout=10_000)
        await expect(page.locator("#ph-trouble")).to_be_hidden()


async def test_what_a_person_writes_is_never_read_as_html(visit: Open) -> None:
    async with visit() as page:
        text = '<img src=x onerror="document.title=1"> _cursiva_ https://example.com/a?b=1.'
        await write(page, text)
        bubble = own(page).first
        await expect(bubble).to_contain_text('<img src=x onerror="document.title=1">')
        await expect(bubble.locator("em")).to_have_text("cursiva")
        await expect(bubble.locator("a")).to_have_attribute("href", "https://example.com/a?b=1")


async def test_on_a_narrow_screen_it_fills_the_screen(visit: Open) -> None:
    async with visit(viewport=NARROW, has_touch=True) as page:
        await write(page, "Hola")
        await expect(theirs(page)).to_have_count(1)
        assert await page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
        box = await page.locator(".ph-screen").bounding_box()
        assert box == {"x": 0, "y": 0, **NARROW}
        await page.locator("#ph-back").click()
        await expect(page.locator(".ph-people")).to_be_visible()
        await page.locator(".ph-person", has_text="Pilar Marín").last.click()
        await expect(own(page)).to_contain_text("Hola")


@pytest.mark.parametrize(
    ("viewport", "theme", "language"),
    [(DESKTOP, "light", "es"), (DESKTOP, "dark", "en"), (NARROW, "dark", "es")],
)
async def test_axe_finds_nothing(visit: Open, theme: str, language: str, viewport: dict[str, int]) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed (bin/setup dev)")
    async with visit(theme=theme, language=language, viewport=viewport, bypass_csp=True) as page:
        await page.add_script_tag(path=str(AXE))

        async def check(where: str) -> None:
            if PICTURES:
                name = f"{where}-{viewport['width']}-{theme}-{language}.png"
                await page.screenshot(path=Path(PICTURES) / name)
            # The shell around the phone has its own tests.
            found = await page.evaluate(f"axe.run('#simulator', {{runOnly: {RULES}}})")
            assert [(where, v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []

        await check("empty")
        await write(page, "Quiero una tarta, como la de la foto")
        await expect(theirs(page)).to_have_count(1)
        await page.locator("#ph-attach").click()
        await check("attach")
        await page.locator(".ph-tile").first.click()
        await page.locator(".ph-photo-choice").first.click()
        await expect(theirs(page)).to_have_count(2)
        await write(page, "¿Cuándo la puedo recoger?")
        await expect(theirs(page)).to_have_count(3)
        await theirs(page).first.locator(".ph-choice").click()
        await check("list")
        await page.keyboard.press("Escape")
        await check("chat")
        await options_of(own(page).last)
        await check("options")
        await page.keyboard.press("Escape")
        if viewport == NARROW:
            await page.locator("#ph-back").click()
            await check("people")
        await page.locator("[data-new-person]:visible").first.click()
        await check("person")


async def test_another_person_begins_with_the_first_suggestion(visit: Open) -> None:
    async with visit() as page:
        suggestions = page.locator("#ph-suggestions")
        await suggestions.evaluate("one => { one.scrollLeft = 200; }")
        assert await suggestions.evaluate("one => one.scrollLeft") > 0
        await page.locator(".ph-person").first.click()
        await expect(suggestions).to_have_js_property("scrollLeft", 0)
