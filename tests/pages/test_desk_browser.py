"""A team's work in its inbox, in a real browser over the whole product: views, labels, snooze, close, whose it is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from test_compose_browser import writes
from test_files_browser import DESKTOP, PHONE, looked_at, signed_in

from rig import Rig, Shop, eventually, open_rig
from wacloud.modules.whatsapp.application.write_reply import write_reply
from wacloud.shared.domain.ids import SessionId, UserId, new_id

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


def rows(page: Page) -> Any:
    return page.locator("#conversations > li")


async def menu(page: Page) -> None:
    # The answer to what was done before puts in a new head, with its menu closed.
    await expect(page.locator(".htmx-request")).to_have_count(0)
    await page.locator("#desk-more summary").click()
    await expect(page.locator(".desk-menu")).to_be_visible()


async def test_the_inbox_begins_with_those_who_wait_and_says_so_when_there_is_nobody(
    chromium: Browser, product: Rig
) -> None:
    shop = await product.shop(enabled=False)
    async with signed_in(chromium, product, shop) as (_, page):
        await page.goto(f"{product.url}/inbox")
        await expect(page.locator(".nothing")).to_contain_text("Nadie espera tu respuesta")
        message = await writes(product, shop, "¿Hay alguien?")
        row = page.locator(f"#c-{message.conversation_id}")
        await expect(row).to_be_visible()
        await expect(page.locator(".filters [data-count=due]")).to_have_text("1")
        await expect(page.locator(".rail-count")).to_have_text("1")
        await row.locator("a").click()
        await page.locator("#reply").fill("Sí, dígame.")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Escape")
        await page.goto(f"{product.url}/inbox")
        await expect(rows(page)).to_have_count(0)
        await page.get_by_role("link", name="Ver todas las conversaciones").click()
        await expect(rows(page)).to_have_count(1)


@pytest.mark.parametrize(("name", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_labels_are_made_where_they_are_put_on(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any
) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "Quiero hacer un pedido grande")
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (_, page):
        await page.goto(f"{product.url}/inbox/{row.conversation_id}")
        for label, colour in (("Pedido grande", "Morado"), ("Mayorista", "Azul")):
            await menu(page)
            await looked_at(page, f"desk-menu-{name}-{scheme}")
            await page.locator(".desk-menu").get_by_role("link", name="Etiquetas").click()
            await page.locator("#label-name").fill(label)
            await page.get_by_label(colour).check()
            await looked_at(page, f"labels-{name}-{scheme}")
            await page.locator("#extra button[type=submit]").click()
            await expect(page.locator("#extra")).not_to_be_visible()
            await expect(page.locator("#thread-head")).to_contain_text(label)
        await menu(page)
        await page.locator(".desk-menu").get_by_role("link", name="Etiquetas").click()
        await page.locator("#label-name").fill("mayorista")
        await page.locator("#extra button[type=submit]").click()
        await expect(page.locator("#extra .field-error")).to_contain_text("Ya hay una etiqueta")
        await page.locator("#label-name").fill("")
        await page.get_by_label("Mayorista").uncheck()
        await page.locator("#extra button[type=submit]").click()
        await expect(page.locator("#thread-head")).not_to_contain_text("Mayorista")
        await expect(page.locator("#thread-head")).to_contain_text("Pedido grande")
        await looked_at(page, f"labelled-{name}-{scheme}")
        await page.goto(f"{product.url}/inbox")
        await page.locator(".views summary").click()
        await looked_at(page, f"views-{name}-{scheme}")
        await page.keyboard.press("Escape")
        await expect(page.locator(".views-menu")).not_to_be_visible()


async def test_what_one_does_the_other_sees_without_asking(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "Se me ha roto la pulsera")
    async with (
        signed_in(chromium, product, shop) as (_, ours),
        signed_in(chromium, product, shop) as (_, theirs),
    ):
        await ours.goto(f"{product.url}/inbox/{row.conversation_id}")
        await theirs.goto(f"{product.url}/inbox")
        seen = theirs.locator(f"#c-{row.conversation_id}")
        await expect(seen).to_be_visible()
        await menu(ours)
        await ours.get_by_role("button", name="Urgente", exact=True).click()
        await expect(seen.locator(".priority")).to_contain_text("Urgente")
        await menu(ours)
        await ours.locator(".desk-menu [data-key=a]").click()
        await expect(seen.locator(".chip-person")).to_be_visible()
        await menu(ours)
        await ours.get_by_role("button", name="4 horas", exact=True).click()
        await expect(ours.locator("#thread-head")).to_contain_text("Abrir de nuevo")
        await expect(seen).to_have_count(0)
        await ours.get_by_role("button", name="Abrir de nuevo", exact=True).click()
        await expect(seen).to_be_visible()
        await ours.locator("#thread-head h2").click()
        await ours.keyboard.press("e")
        await expect(seen).to_have_count(0)
        await theirs.goto(f"{product.url}/inbox?show=closed")
        await expect(seen).to_be_visible()


async def colleague(rig: Rig, shop: Shop, name: str) -> Shop:
    """The same shop, as somebody else of its team sees it."""
    user_id, session_id = UserId(new_id()), SessionId(new_id())
    async with rig.house.db.system("test: a colleague") as tx:
        await tx.execute(
            "insert into app.users (id, name, email, email_verified_at) values (%s, %s, %s, now())",
            (user_id, name, f"{user_id}@example.test"),
        )
        await tx.execute(
            "insert into app.members (business_id, user_id, role) values (%s, %s, 'agent')", (shop.business_id, user_id)
        )
        await tx.execute(
            "insert into app.sessions (id, user_id, not_after) values (%s, %s, now() + interval '1 day')",
            (session_id, user_id),
        )
    return replace(shop, user_id=user_id, session_id=session_id)


async def test_two_agents_at_one_conversation_see_each_other_and_do_not_answer_twice(
    chromium: Browser, product: Rig
) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "¿Me lo podéis enviar?")
    ana = await colleague(product, shop, "Ana Ríos")
    async with (
        signed_in(chromium, product, shop) as (_, ours),
        signed_in(chromium, product, ana) as (_, anas),
    ):
        for page in (ours, anas):
            await page.goto(f"{product.url}/inbox/{row.conversation_id}")
        await expect(ours.locator("#here")).to_have_text("Ana Ríos también está aquí.")
        await anas.locator("#reply").press_sequentially("Sí, mañana", delay=10)
        await expect(ours.locator("#here")).to_have_text("Ana Ríos está escribiendo…")
        await looked_at(ours, "here-typing")
        await ours.locator("#reply").fill("Claro que sí")
        await ours.keyboard.press("Enter")
        await expect(ours.locator("#here")).to_contain_text("también está escribiendo. Envía otra vez")
        await looked_at(ours, "here-warning")
        await expect(ours.locator("#reply")).to_have_value("Claro que sí")
        await anas.close()
        await expect(ours.locator("#here")).to_be_hidden()
        await ours.keyboard.press("Enter")
        await expect(ours.locator(".msg.by-member")).to_have_count(1)


async def test_an_answer_the_page_has_not_shown_yet_stops_a_second_one_once(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "¿Tenéis mesa?")
    ana = await colleague(product, shop, "Ana Ríos")
    async with signed_in(chromium, product, shop, java_script_enabled=False) as (_, page):
        await page.goto(f"{product.url}/inbox/{row.conversation_id}")
        await write_reply(product.house.whatsapp, ana.user_id, shop.business_id, row.conversation_id, "Sí, a las nueve")
        await page.locator("#reply").fill("No, está lleno")
        send = page.get_by_role("button", name="Enviar", exact=True)
        await send.click()
        await expect(page.locator("#composer-error")).to_contain_text("ha respondido entretanto")
        await expect(page.locator("#reply")).to_have_value("No, está lleno")
        await expect(page.locator(".msg.by-member")).to_have_count(1)
        await send.click()
        await expect(page.locator(".msg.by-member")).to_have_count(2)


async def test_it_is_given_to_a_colleague_by_name(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "¿Me atiende Lola?")
    lola = await colleague(product, shop, "Lola Marín")
    async with signed_in(chromium, product, shop) as (_, page):
        await page.goto(f"{product.url}/inbox/{row.conversation_id}")
        await menu(page)
        await page.locator(".desk-menu").get_by_role("link", name="Alguien del equipo").click()
        await expect(page.locator("#extra")).to_be_visible()
        await looked_at(page, "give-it-to")
        await page.locator("#extra").get_by_role("button", name="Lola Marín").click()
        await expect(page.locator("#extra")).not_to_be_visible()
        await expect(page.locator("#thread-head .chip-person")).to_have_text("Lola Marín")
    [found] = await product.rows(
        shop, "select assigned_to from app.conversations where id = %s", (row.conversation_id,)
    )
    assert found.assigned_to == lola.user_id


async def test_all_of_it_works_without_script(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "Buenas tardes")
    async with signed_in(chromium, product, shop, java_script_enabled=False) as (_, page):
        await page.goto(f"{product.url}/inbox/{row.conversation_id}")
        await menu(page)
        await page.locator(".desk-menu").get_by_role("link", name="Etiquetas").click()
        await page.locator("#label-name").fill("VIP")
        await page.get_by_role("button", name="Guardar").click()
        await expect(page.locator("#thread-head")).to_contain_text("VIP")
        await page.get_by_role("button", name="Cerrar", exact=True).click()
        await expect(page.locator("#thread-head")).to_contain_text("Cerrada")

    async def is_closed() -> bool:
        [found] = await product.rows(shop, "select status from app.conversations where id = %s", (row.conversation_id,))
        return bool(found.status == "closed")

    await eventually(is_closed)
