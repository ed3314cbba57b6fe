"""The pages in a real browser: looks, keys, live updates, and what is left without JavaScript."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from frozen_shop import NOW, a_conversation, a_message, id_of
from page_rig import TOKEN, Rig
from playwright.async_api import Browser, Page, expect

from wacloud.modules.whatsapp.domain.conversation import OutsideServiceWindow
from wacloud.shared.ui.static_files import SHARED

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
LUCIA, MARCOS, ROSA = id_of("Lucía Fernández"), id_of("Marcos Ortega"), id_of("Rosa M.")
A_WEBHOOK = "/ledger/webhooks/7?" + urlencode({"at": NOW.isoformat()})
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}

Open = Callable[..., AbstractAsyncContextManager[Page]]


@pytest.fixture
def visit(chromium: Browser, rig: Rig) -> Open:
    """A signed-in page; whatever the browser complains about fails the test."""

    @asynccontextmanager
    async def opened(
        path: str, *, theme: str | None = None, language: str = "es", **options: Any
    ) -> AsyncIterator[Page]:
        options.setdefault("viewport", DESKTOP)
        context = await chromium.new_context(**options)
        cookies = {"wacloud_session": TOKEN, "lang": language} | ({"theme": theme} if theme else {})
        await context.add_cookies(
            [{"name": name, "value": value, "url": rig.base_url} for name, value in cookies.items()]
        )
        page = await context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        await page.goto(rig.base_url + path)
        yield page
        await context.close()
        assert [line for line in complaints if "status of 422" not in line] == []

    return opened


def new_message(rig: Rig, name: str, text: str, **changes: Any) -> None:
    """A customer writes, as the worker would store and announce it."""
    row = rig.inbox.conversations[id_of(name)]
    now = datetime.now(UTC)
    told = {"last_message_at": now, "last_inbound_at": now, "last_preview": text, "last_kind": "text"}
    changed = replace(row, last_author="contact", unread=row.unread + 1, **told, **changes)
    rig.inbox.put(changed, a_message(row, text, sent_at=now, state="pending"))
    rig.changes.say(row.id)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_nothing(visit: Open, theme: str, viewport: dict[str, int]) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed (bin/setup dev)")
    assert (SHARED / "vendor" / "tabler.min.css").exists(), "bin/setup puts the front-end files there"
    pages = (
        *("/inbox", "/inbox?show=all", f"/inbox/{LUCIA}", f"/inbox/{ROSA}", "/inbox?q=zzz", "/ledger"),
        *("/ledger/rows?group=inbound&state=handed_over", "/ledger/rows?group=webhooks&state=received", A_WEBHOOK),
    )
    async with visit(
        "/inbox?show=all", theme=theme, viewport=viewport, bypass_csp=True, reduced_motion="reduce"
    ) as page:
        for path in pages:
            await page.goto(page.url.split("/inbox")[0].split("/ledger")[0] + path)
            for details in await page.locator("details.why, details.edits").all():
                await details.evaluate("element => element.open = true")
            await page.add_script_tag(path=AXE)
            found = await page.evaluate(
                "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
            )
            told = [
                (one["id"], node["target"], node["any"][:1] and node["any"][0]["message"])
                for one in found["violations"]
                for node in one["nodes"]
            ]
            assert told == [], path


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE, {"width": 320, "height": 640}], ids=["desktop", "phone", "small"])
@pytest.mark.parametrize("language", ["es", "en"])
async def test_the_number_of_who_waits_leaves_its_icon_to_be_seen(
    visit: Open, viewport: dict[str, int], language: str
) -> None:
    async with visit("/ledger", viewport=viewport, language=language) as page:
        count = page.locator(".rail-count")
        await count.evaluate("element => { element.hidden = false; element.textContent = '99'; }")
        await expect(count).to_be_visible()
        over, seen = await count.evaluate(
            """element => {
                const [icon, badge] = [element.parentElement.querySelector('.icon'), element].map(
                    one => one.getBoundingClientRect());
                const width = Math.max(0, Math.min(icon.right, badge.right) - Math.max(icon.left, badge.left));
                const height = Math.max(0, Math.min(icon.bottom, badge.bottom) - Math.max(icon.top, badge.top));
                return [width * height, icon.width * icon.height];
            }"""
        )
        assert over < seen / 4


@pytest.mark.parametrize("width", [320, 360, 390])
async def test_the_filters_stay_on_one_line_with_counts_of_two_digits(visit: Open, width: int) -> None:
    async with visit("/inbox", viewport={"width": width, "height": 800}, language="es") as page:
        await page.evaluate(
            "document.querySelectorAll('.filters b').forEach(b => { b.textContent = '23'; b.hidden = false; })"
        )
        shown = page.locator(".filters-first a, .filters summary")
        tops = await shown.evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
        assert max(tops) - min(tops) < 4
        more = await page.locator(".filters summary").bounding_box()
        assert more is not None
        assert more["x"] + more["width"] <= width
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    "viewport",
    [DESKTOP, {"width": 1024, "height": 768}, {"width": 800, "height": 1000}, PHONE, {"width": 320, "height": 640}],
    ids=["desktop", "small desktop", "tablet", "phone", "small phone"],
)
async def test_nothing_is_wider_than_the_screen(visit: Open, viewport: dict[str, int]) -> None:
    async with visit("/inbox?show=all", viewport=viewport) as page:
        for path in (
            *("/inbox", f"/inbox/{LUCIA}", f"/inbox/{MARCOS}", "/ledger"),
            *("/ledger/rows?group=inbound&state=handed_over", A_WEBHOOK),
        ):
            await page.goto(page.url.split("/inbox")[0].split("/ledger")[0] + path)
            too_wide = await page.evaluate(
                """() => [...document.querySelectorAll('body *')].filter((one) => {
                    const right = one.getBoundingClientRect().right;
                    const is_meant = one.closest('.bar, .sr-only, .rows-table thead');
                    return right > innerWidth + 1 && one.checkVisibility() && !is_meant;
                }).map((one) => one.outerHTML.slice(0, 120))"""
            )
            assert too_wide == [], path


async def test_a_conversation_opens_in_place_and_the_way_back_works(visit: Open) -> None:
    async with visit("/inbox?show=all") as page:
        await page.evaluate("window.stayed = true")
        await page.get_by_role("link", name="Marcos Ortega").click()
        await expect(page.get_by_role("heading", name="Marcos Ortega")).to_be_visible()
        assert page.url.endswith(f"/inbox/{MARCOS}")
        assert await page.evaluate("window.stayed"), "without a reload"
        await page.go_back()
        await expect(page.get_by_role("heading", name="Elige una conversación")).to_be_visible()


async def test_a_list_without_conversations_says_why(visit: Open, rig: Rig) -> None:
    async with visit("/inbox?show=all") as page:
        nothing = page.locator(".nothing")
        await expect(nothing).to_be_hidden()
        await page.locator("#search").fill("zzz")
        await expect(nothing).to_be_visible()
        await expect(nothing).to_contain_text("No se ha encontrado nada para «zzz».")


AT_END = "one => one.scrollHeight - one.clientHeight - one.scrollTop < 2 && one.scrollHeight > one.clientHeight"


async def test_the_first_conversation_opened_shows_its_newest_message(visit: Open) -> None:
    async with visit("/inbox?show=all") as page:
        await page.get_by_role("link", name="Lucía Fernández").click()
        await expect(page.locator("#messages .msg").last).to_be_in_viewport()
        await page.wait_for_timeout(200)
        assert await page.locator("#scroller").evaluate(AT_END)


async def test_the_newest_message_stays_in_view_while_the_composer_grows(visit: Open) -> None:
    async with visit(f"/inbox/{LUCIA}") as page:
        height = await page.locator("#scroller").evaluate("one => one.clientHeight")
        await page.locator("#reply").fill("una\ndos\ntres\ncuatro")
        await page.wait_for_timeout(200)
        assert await page.locator("#scroller").evaluate("one => one.clientHeight") < height
        assert await page.locator("#scroller").evaluate(AT_END)


async def test_a_notice_leaves_the_composer_free(visit: Open, rig: Rig) -> None:
    async with visit(f"/inbox/{MARCOS}") as page:
        await page.evaluate("document.dispatchEvent(new CustomEvent('htmx:sendError'))")
        notice, composer = await page.locator(".notice").bounding_box(), await page.locator("#composer").bounding_box()
        assert notice is not None
        assert composer is not None
        assert notice["y"] + notice["height"] < composer["y"]


async def test_on_a_phone_the_buttons_say_what_they_do(visit: Open) -> None:
    async with visit(f"/inbox/{MARCOS}", viewport=PHONE) as page:
        for words in ("Atender yo", "Devolver al asistente"):
            await expect(page.locator("#thread-head .button").get_by_text(words)).to_be_visible()


async def test_a_new_message_shows_in_the_list_and_the_thread_within_moments(visit: Open, rig: Rig) -> None:
    async with visit(f"/inbox/{MARCOS}?show=all") as page:
        await expect(page.locator("[data-live-state=on]")).to_be_attached()
        new_message(rig, "Rosa M.", "¿Sigue abierto?")
        await expect(page.locator("#conversations > li").first).to_contain_text("¿Sigue abierto?")
        new_message(rig, "Marcos Ortega", "Sigo aquí")
        await expect(page.locator("#messages .msg").last).to_contain_text("Sigo aquí")
        await expect(page.locator("#conversations > li").first).to_contain_text("Marcos Ortega")
        await expect(page.locator("#announcer")).to_contain_text("Mensaje nuevo de Marcos Ortega: Sigo aquí")
        assert await page.locator("#conversations > li").count() == len(rig.inbox.conversations)


async def test_live_updates_leave_reading_writing_and_open_details_alone(visit: Open, rig: Rig) -> None:
    async with visit(f"/inbox/{LUCIA}") as page:
        await expect(page.locator("[data-live-state=on]")).to_be_attached()
        why = page.locator("details.why").first
        await why.evaluate("element => element.open = true")
        await page.locator("#reply").fill("Estoy escribiendo")
        await page.locator("#scroller").evaluate("element => element.scrollTop = 200")
        new_message(rig, "Lucía Fernández", "Otra cosa")
        jump = page.get_by_role("button", name="Mensajes nuevos")
        await expect(jump).to_be_visible()
        assert await page.locator("#scroller").evaluate("element => element.scrollTop") == 200
        await expect(page.locator("#reply")).to_have_value("Estoy escribiendo")
        await expect(page.locator("#reply")).to_be_focused()
        assert await why.evaluate("element => element.open")
        await jump.click()
        await expect(jump).to_be_hidden()
        await expect(page.locator("#messages .msg").last).to_be_in_viewport()


async def test_a_reply_is_sent_with_enter_and_shows_its_state(visit: Open, rig: Rig) -> None:
    async with visit(f"/inbox/{MARCOS}") as page:
        await page.keyboard.press("r")
        await page.keyboard.type("Hola")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("soy Carmen")
        await page.keyboard.press("Enter")
        last = page.locator("#messages .msg").last
        await expect(last).to_contain_text("soy Carmen")
        await expect(page.locator("#reply")).to_have_value("")
        await expect(page.locator("#reply")).to_be_focused()
        assert await page.locator("#messages .msg", has_text="soy Carmen").count() == 1
        assert [text for _, text, _ in rig.wrote.replies] == ["Hola\nsoy Carmen"]
        sent = rig.inbox.messages[MARCOS][-1]
        for state, label in (("sent", "Enviado"), ("delivered", "Entregado"), ("read", "Leído")):
            rig.inbox.change(sent.id, state=state)
            rig.changes.say(MARCOS)
            await expect(last.get_by_role("img", name=label)).to_be_visible()
        await page.keyboard.type("Y otra")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("#messages .msg").last).to_contain_text("Y otra")
        assert len({key for _, _, key in rig.wrote.replies}) == 2


async def test_a_refused_reply_stays_in_the_box(visit: Open, rig: Rig) -> None:
    rig.wrote.refuse_with = OutsideServiceWindow()
    async with visit(f"/inbox/{MARCOS}") as page:
        await page.locator("#reply").fill("No lo pierdas")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("Han pasado más de 24 horas")
        await expect(page.locator("#reply")).to_have_value("No lo pierdas")


async def test_taking_over_shows_at_once_everywhere(visit: Open) -> None:
    async with visit(f"/inbox/{MARCOS}") as one, visit("/inbox?show=waiting") as other:
        await expect(other.locator("[data-live-state=on]")).to_be_attached()
        await expect(other.locator("#conversations > li", has_text="Marcos")).to_be_visible()
        await one.get_by_role("button", name="Atender yo").click()
        await expect(one.get_by_role("button", name="Devolver al asistente")).to_be_visible()
        await expect(one.locator("#contact .chip-person")).to_contain_text("Carmen Ruiz")
        await expect(other.locator("#conversations > li", has_text="Marcos")).to_have_count(0)
        await expect(other.locator(".filters [data-count=waiting]")).to_have_text("1")


async def test_opening_a_conversation_marks_it_as_read(visit: Open, rig: Rig) -> None:
    async with visit("/inbox?show=all") as page:
        await expect(page.locator(f"#c-{MARCOS}")).to_have_class(r"conv is-waiting is-unread")
        await page.get_by_role("link", name="Marcos Ortega").click()
        await expect(page.locator(f"#c-{MARCOS} .unread")).to_have_count(0)
        assert ("mark_seen", MARCOS) in rig.wrote.asked


async def test_the_keyboard_is_enough(visit: Open) -> None:
    async with visit("/inbox?show=all") as page:
        await page.keyboard.press("j")
        await expect(page.locator(f"#c-{MARCOS} a")).to_be_focused()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("j")
        await page.keyboard.press("k")
        await expect(page.locator(f"#c-{LUCIA} a")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Lucía Fernández")).to_be_visible()
        await page.keyboard.press("r")
        await expect(page.locator("#reply")).to_be_focused()
        await page.keyboard.press("Escape")
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await page.keyboard.press("/")
        await page.keyboard.type("albarán")
        await expect(page.locator("#conversations > li")).to_have_count(1)


async def test_a_longer_list_and_thread_load_while_scrolling(visit: Open, rig: Rig) -> None:
    for number in range(30):
        rig.inbox.put(a_conversation(f"Cliente {number}", last_message_at=None))
    rig.inbox.page_size = 15
    rig.inbox.thread_size = 8
    async with visit(f"/inbox/{LUCIA}?show=all") as page:
        await expect(page.locator("#messages .msg").last).to_be_in_viewport()
        for _ in range(12):
            await page.locator("#scroller").evaluate("element => element.scrollTop = 0")
            await page.locator("#rows").evaluate("element => element.scrollTop = element.scrollHeight")
            await page.wait_for_timeout(60)
        await expect(page.locator("#messages > li:not(.day)")).to_have_count(len(rig.inbox.messages[LUCIA]))
        await expect(page.locator("#conversations > li")).to_have_count(len(rig.inbox.conversations))
        ids = await page.locator("#messages > li").evaluate_all("all => all.map((one) => one.id)")
        assert len(ids) == len(set(ids))
        orders = await page.locator("#messages > li").evaluate_all("all => all.map((one) => one.dataset.order)")
        assert orders == sorted(orders)


async def test_after_a_gap_the_page_looks_again(visit: Open, rig: Rig) -> None:
    async with visit(f"/inbox/{MARCOS}?show=all") as page:
        await expect(page.locator("[data-live-state=on]")).to_be_attached()
        row = rig.inbox.conversations[MARCOS]
        missed = a_message(row, "Nadie lo anunció", sent_at=datetime.now(UTC))
        rig.inbox.put(replace(row, last_preview="Nadie lo anunció", last_message_at=datetime.now(UTC)), missed)
        rig.changes.lose()
        await expect(page.locator("#messages .msg").last).to_contain_text("Nadie lo anunció")
        await expect(page.locator("#conversations > li").first).to_contain_text("Nadie lo anunció")


async def test_the_theme_changes_at_once_and_stays(visit: Open) -> None:
    async with visit("/inbox?show=all") as page:
        await page.locator("details.me summary").click()
        await page.get_by_role("button", name="Oscuro").click()
        assert await page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
        await page.reload()
        await expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        await page.locator("details.me summary").click()
        await page.get_by_role("button", name="English").click()
        await expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


async def test_the_system_decides_where_nobody_chose(visit: Open) -> None:
    async with visit("/inbox?show=all", color_scheme="dark") as page:
        dark = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        await page.emulate_media(color_scheme="light")
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


async def test_on_a_phone_there_is_the_list_or_the_thread(visit: Open) -> None:
    async with visit("/inbox?show=all", viewport=PHONE, has_touch=True) as page:
        await page.get_by_role("link", name="Marcos Ortega").click()
        await expect(page.get_by_role("heading", name="Marcos Ortega")).to_be_visible()
        await expect(page.locator("#conversations")).to_be_hidden()
        # The address is written a moment after the thread is there; nobody's finger is that quick.
        await expect(page).to_have_url(re.compile(r"/inbox/[0-9a-f-]{36}"))
        await page.get_by_role("link", name="Sobre este contacto").click()
        await expect(page.locator("#contact")).to_be_visible()
        await page.locator("#contact").get_by_role("link", name="Cerrar").click()
        await expect(page.locator("#contact")).to_be_hidden()
        await page.get_by_role("link", name="Volver a la lista").click()
        await expect(page.locator("#conversations")).to_be_visible()


async def test_on_a_phone_what_is_told_of_a_contact_stays_open_when_it_is_drawn_anew(visit: Open, rig: Rig) -> None:
    async with visit(f"/inbox/{id_of('Marcos Ortega')}?show=all#contact", viewport=PHONE, has_touch=True) as page:
        await expect(page.locator("#contact")).to_be_visible()
        await page.evaluate(
            "() => { const panel = document.getElementById('contact'); panel.outerHTML = panel.outerHTML;"
            " document.dispatchEvent(new CustomEvent('htmx:oobAfterSwap')); }"
        )
        await expect(page.locator("#contact")).to_be_visible()
        assert await page.evaluate("document.getElementById('contact').matches(':target')")


async def test_reading_and_writing_work_without_javascript(visit: Open, rig: Rig) -> None:
    async with visit("/inbox?show=all", java_script_enabled=False) as page:
        await page.get_by_role("link", name="Marcos Ortega").click()
        await page.get_by_role("button", name="Marcar como leída").click()
        await page.get_by_role("textbox", name="Responder a Marcos Ortega").fill("Sin guiones")
        await page.get_by_role("button", name="Enviar", exact=True).click()
        await expect(page.locator("#messages .msg").last).to_contain_text("Sin guiones")
        await page.get_by_role("button", name="Devolver al asistente").click()
        await expect(page.get_by_role("button", name="Atender yo")).to_be_visible()
    assert [name for name, _ in rig.wrote.asked] == ["mark_seen", "give_back"]


async def test_the_ledger_follows_what_happens(visit: Open, rig: Rig) -> None:
    async with visit("/ledger") as page:
        await expect(page.locator(".term-answered b")).to_have_text("131")
        await page.wait_for_timeout(300)
        rig.inbox.books.inbound.update(stored=185, answered=132)
        rig.changes.say(MARCOS)
        await expect(page.locator(".term-answered b")).to_have_text("132")
        await expect(page.get_by_text("Cuadra", exact=True)).to_be_visible()
