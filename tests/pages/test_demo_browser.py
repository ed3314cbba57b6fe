"""The demo as its user meets it: `wacloud demo` in processes of its own, a phone and an inbox in a real browser."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parents[2] / "docs" / "images"
SCREENSHOTS = Path(__file__).parents[1] / "artifacts"


@pytest.fixture
async def demo() -> AsyncIterator[dict[str, Any]]:
    """A demo of its own; yields what it writes to demo.json."""
    folder = Path(tempfile.mkdtemp(prefix="wacloud-demo-"))
    folder.chmod(0o711)
    quiet = {k: v for k, v in os.environ.items() if not k.startswith(("META_", "OPENAI_"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import sys; from wacloud.main.demo import run_demo, free_port; "
        "sys.exit(run_demo(port=free_port(), data_dir=sys.argv[1]))",
        str(folder),
        env=quiet,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        for _ in range(1200):
            if (folder / "demo.json").exists() or process.returncode is not None:
                break
            await asyncio.sleep(0.1)
        if process.returncode is not None or not (folder / "demo.json").exists():
            if process.returncode is None:
                process.terminate()
            said, _ = await process.communicate()
            pytest.fail(f"the demo did not start: {said.decode()[-2000:]}")
        yield json.loads((folder / "demo.json").read_text())
        process.send_signal(signal.SIGINT)
        said, _ = await process.communicate()
        assert process.returncode == 0, f"Ctrl-C stops the demo cleanly: {said.decode()[-2000:]}"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        shutil.rmtree(folder, ignore_errors=True)


async def sign_in(chromium: Browser, demo: dict[str, Any], **options: Any) -> Page:
    context = await chromium.new_context(
        locale="es-ES", timezone_id="Europe/Madrid", base_url=demo["base_url"], **options
    )
    page = await context.new_page()
    page.set_default_timeout(20_000)
    await page.goto("/login")
    await page.get_by_label("Correo electrónico").fill(demo["email"])
    await page.get_by_label("Contraseña").fill(demo["password"])
    await page.get_by_role("button", name="Iniciar sesión").click()
    await page.wait_for_url("**/inbox")
    return page


async def answers_of_long_ago(phone: Page) -> int:
    """How many answers the conversation on the phone shows before anything is asked; the demo begins with some."""
    await expect(phone.locator("#ph-list .ph-row").first).to_be_visible()
    return await phone.locator("#ph-list .ph-row.is-theirs > .ph-bubble").count()


async def test_the_phone_sends_the_inbox_shows_the_bot_answers_and_the_phone_shows_it(
    chromium: Browser, demo: dict[str, Any]
):
    inbox = await sign_in(chromium, demo, viewport={"width": 1280, "height": 800})
    # Whom the assistant answers waits for nobody.
    await inbox.get_by_role("link", name="Todas", exact=True).click()
    phone = await inbox.context.new_page()
    await phone.goto("/simulator")
    await phone.get_by_role("button", name=re.compile("^Rosa")).or_(phone.get_by_text("Rosa").first).first.click()
    answer = phone.locator("#ph-list .ph-row.is-theirs > .ph-bubble")
    told = await answers_of_long_ago(phone)
    await phone.locator("#ph-composer textarea").fill("Hola, ¿a qué hora abrís mañana?")
    await phone.locator("#ph-composer textarea").press("Enter")
    await expect(answer).to_have_count(told + 1, timeout=20_000)

    # The inbox, open all along, shows both without being reloaded.
    row = inbox.locator("li.conv", has_text="Rosa").first
    await expect(row).to_be_visible()
    await row.locator("a").first.click()
    thread = inbox.locator("li.msg")
    await expect(thread.filter(has_text="a qué hora abrís").first).to_be_visible()
    bot = thread.and_(inbox.locator(".by-bot")).last
    await expect(bot).to_be_visible()
    await expect(bot).to_have_attribute("data-state", re.compile("delivered|read"), timeout=15_000)
    await expect(bot.locator("details.why")).to_have_count(1)
    SCREENSHOTS.mkdir(exist_ok=True)
    await inbox.screenshot(path=SCREENSHOTS / "demo-inbox.png")
    await phone.screenshot(path=SCREENSHOTS / "demo-phone.png")
    if os.environ.get("UPDATE_PICTURES") == "1":
        PICTURES.mkdir(exist_ok=True)
        await inbox.screenshot(path=PICTURES / "inbox.png")
        await phone.screenshot(path=PICTURES / "phone.png")

    # A person takes over by writing; the phone shows it, and the bot stays silent from then on.
    composer = inbox.locator("#reply")
    await composer.fill("Soy Marta: te guardo una de queso.")
    await composer.press("Enter")
    await expect(answer.filter(has_text="Soy Marta")).to_be_visible(timeout=15_000)
    await phone.locator("#ph-composer textarea").fill("¿Dónde estáis?")
    await phone.locator("#ph-composer textarea").press("Enter")
    await expect(thread.filter(has_text="¿Dónde estáis?")).to_be_visible(timeout=15_000)
    await phone.wait_for_timeout(2500)
    assert await answer.count() == told + 2

    # Given back, it answers again.
    await inbox.get_by_role("button", name=re.compile("Devolver al asistente")).click()
    await phone.locator("#ph-composer textarea").fill("¿Dónde estáis?")
    await phone.locator("#ph-composer textarea").press("Enter")
    await expect(answer).to_have_count(told + 3, timeout=20_000)

    # And the ledger adds up, with nothing pending.
    await inbox.goto("/ledger")
    await expect(inbox.get_by_text("Cuadra", exact=True).or_(inbox.locator(".is-balanced")).first).to_be_visible()
    await inbox.context.close()


async def test_a_burst_from_the_phone_gets_one_answer(chromium: Browser, demo: dict[str, Any]):
    phone = await sign_in(chromium, demo, viewport={"width": 390, "height": 844})
    await phone.goto("/simulator")
    await phone.get_by_text("Dani").first.click()
    answer = phone.locator("#ph-list .ph-row.is-theirs > .ph-bubble")
    told = await answers_of_long_ago(phone)
    for text in ("hola", "buenas tardes", "una pregunta", "¿a qué hora cerráis hoy?"):
        await phone.locator("#ph-composer textarea").fill(text)
        await phone.locator("#ph-composer textarea").press("Enter")
    await expect(answer).to_have_count(told + 1, timeout=20_000)
    await phone.wait_for_timeout(3000)
    assert await answer.count() == told + 1
    await phone.context.close()
