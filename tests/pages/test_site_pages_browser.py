"""The pages of a site in a real browser: found, ticked, added."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Browser, expect
from test_doctor_browser import VIEWS, fits
from test_files_browser import looked_at, signed_in

from rig import Rig, ScriptedModel, open_rig
from wacloud.shared.infra.public_http import open_public_egress

pytestmark = pytest.mark.browser

NAMES = (
    "",
    "envios-y-devoluciones",
    "horario",
    "quienes-somos",
    "blog/como-elegir-el-pan-de-masa-madre-para-cada-comida",
)


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/sitemap.xml":
            inside = "".join(f"<url><loc>http://olmo.test/{name}</loc></url>" for name in NAMES)
            return web.Response(text=f"<urlset>{inside}</urlset>", content_type="text/xml")
        if request.path == "/":
            return web.Response(text="<p>Casa Olmo</p>", content_type="text/html")
        return web.Response(status=404)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here = {"olmo.test": ("127.0.0.1", runner.addresses[0][1])}
    async with (
        open_public_egress(also=here) as egress,
        open_rig(own_database.app_dsn, redis_url, model=ScriptedModel()) as rig,
    ):
        pages: Any = rig.house.sources.web
        pages._egress = egress
        yield rig
    await runner.cleanup()


@pytest.mark.parametrize(("name", "size", "scheme", "language"), [VIEWS[0], VIEWS[2], VIEWS[3]])
async def test_pages_are_chosen_from_a_list_and_added(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any, language: str
) -> None:
    shop = await product.shop(enabled=False)
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await context.add_cookies([{"name": "lang", "value": language, "url": product.url}])
        await page.goto(f"{product.url}/bot/knowledge")
        await page.locator("details:has(#site-url) summary").click()
        await page.locator("#site-url").fill("http://olmo.test")
        await page.locator("form[action='/bot/knowledge/site'] button").click()
        await expect(page.locator(".site-pages input")).to_have_count(len(NAMES))
        await page.locator(".site-pages label", has_text="envios").click()
        await page.locator(".site-pages label", has_text="horario").click()
        await fits(page)
        await looked_at(page, f"site-{name}-{scheme}-{language}")
        await page.locator(".site .button-main").click()
        await expect(page.get_by_role("status").first).to_contain_text("2")
        await expect(page.locator(".sources > li")).to_have_count(2)
        await looked_at(page, f"site-added-{name}-{scheme}-{language}")
