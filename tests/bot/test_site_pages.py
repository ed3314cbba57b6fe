"""The pages of a whole site are found politely, chosen by a person, and added as far as there is room."""

import gzip
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from rig import Rig, open_rig
from wacloud.modules.bot.application.find_pages import add_pages, find_pages
from wacloud.modules.bot.domain.site_map import linked_in, named_in
from wacloud.modules.bot.domain.source import KnowledgeLimits
from wacloud.shared.infra.public_http import open_public_egress

sys.path.insert(0, str(Path(__file__).parents[1] / "business"))

from business_people import People, Someone, Told

OLMO = "http://olmo.test"


class Site:
    """A web server of the tests: what stands at each path, and what was asked for."""

    def __init__(self) -> None:
        self.says: dict[str, tuple[bytes, str]] = {}
        self.asked: list[str] = []
        self.port = 0

    def put(self, path: str, text: str | bytes, kind: str = "text/html") -> None:
        self.says[path] = (text.encode() if isinstance(text, str) else text, kind)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.host}{request.path}")
        if request.path not in self.says:
            return web.Response(status=404)
        raw, kind = self.says[request.path]
        return web.Response(body=raw, content_type=kind)


def a_map(*addresses: str, kind: str = "urlset", one: str = "url") -> str:
    inside = "".join(f"<{one}><loc>{address}</loc></{one}>" for address in addresses)
    return f'<?xml version="1.0"?><{kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inside}</{kind}>'


@pytest.fixture(scope="module")
async def site() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", site.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.port = runner.addresses[0][1]
    yield site
    await runner.cleanup()


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str, site: Site) -> AsyncIterator[Rig]:
    here = ("127.0.0.1", site.port)
    names = dict.fromkeys(("olmo.test", "www.olmo.test", "otro.test", "malo.test", "lleno.test"), here)
    async with (
        open_public_egress(also=names) as egress,
        open_rig(own_database.app_dsn, redis_url, with_worker=False) as rig,
    ):
        rig.house.db.taker = None
        pages: Any = rig.house.sources.web
        pages._egress = egress
        yield rig


@pytest.fixture(autouse=True)
def fresh(rig: Rig, site: Site) -> None:
    site.says.clear()
    site.asked.clear()
    pages: Any = rig.house.sources.web
    pages._rules.clear()


@pytest.fixture
async def owner(rig: Rig) -> Someone:
    return await People(rig).business()


async def find(rig: Rig, owner: Someone, url: str) -> Told:
    return await People(rig).ask(owner, "POST", "/api/bot/knowledge/site", {"url": url})


async def found(rig: Rig, owner: Someone, url: str) -> list[str]:
    told = await find(rig, owner, url)
    assert told.status == 200, told.text
    return [page["url"] for page in told.json["pages"]]


async def test_a_sitemap_names_the_pages_of_its_own_site_and_no_pictures(rig: Rig, owner: Someone, site: Site) -> None:
    inside = (f"{OLMO}/", f"{OLMO}/envios", f"{OLMO}/a.jpg", "https://otro.test/x", "javascript:alert(1)")
    site.put("/sitemap.xml", a_map(*inside, f"{OLMO}/envios#costes", "http://www.olmo.test/?a=1&amp;b=2"), "text/xml")
    assert await found(rig, owner, f"{OLMO}/sitemap.xml") == [
        f"{OLMO}/",
        f"{OLMO}/envios",
        "http://www.olmo.test/?a=1&b=2",
    ]
    # No page is asked for, only what may be.
    assert site.asked == ["olmo.test/robots.txt", "olmo.test/sitemap.xml", "www.olmo.test/robots.txt"]


async def test_a_start_page_leads_to_the_sitemap_its_robots_name(rig: Rig, owner: Someone, site: Site) -> None:
    site.put("/robots.txt", f"User-agent: *\nDisallow: /cuenta\nSitemap: {OLMO}/mapa.xml\n", "text/plain")
    site.put("/", "<a href='/solo-enlace'>x</a>")
    site.put("/mapa.xml", a_map(f"{OLMO}/horario", f"{OLMO}/cuenta/pedidos"), "application/xml")
    # What robots.txt keeps from us is not offered.
    assert await found(rig, owner, f"{OLMO}/") == [f"{OLMO}/horario"]


async def test_a_list_of_packed_sitemaps_is_followed_on_its_own_site_only(rig: Rig, owner: Someone, site: Site) -> None:
    maps = (f"{OLMO}/a.xml.gz", "http://malo.test/b.xml", f"{OLMO}/fehlt.xml", f"{OLMO}/sitemap.xml")
    site.put("/sitemap.xml", a_map(*maps, kind="sitemapindex", one="sitemap"), "text/xml")
    site.put("/a.xml.gz", gzip.compress(a_map(f"{OLMO}/uno", "http://malo.test/dos").encode()), "application/gzip")
    assert await found(rig, owner, f"{OLMO}/sitemap.xml") == [f"{OLMO}/uno"]
    assert not any(asked.startswith("malo.test") for asked in site.asked)


async def test_without_a_sitemap_the_links_of_the_page_are_offered(rig: Rig, owner: Someone, site: Site) -> None:
    site.put(
        "/", '<a href="/envios">a</a> <A class=x HREF=faq>b</A> <a href="mailto:x@y.z">c</a> <a href="//otro.test/">'
    )
    assert await found(rig, owner, OLMO) == [f"{OLMO}/", f"{OLMO}/envios", f"{OLMO}/faq"]


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("http://localhost/", 422, "address_refused"),
        ("http://192.168.1.10/", 422, "address_refused"),
        ("ftp://olmo.test/", 422, "address_refused"),
        (f"{OLMO}/nada", 422, "site_not_read"),
        (f"{OLMO}/bomba.xml.gz", 422, "site_not_read"),
    ],
)
async def test_what_is_no_public_site_is_refused(
    rig: Rig, owner: Someone, site: Site, url: str, status: int, code: str
) -> None:
    site.put("/bomba.xml.gz", b"\x1f\x8bno", "application/gzip")
    told = await find(rig, owner, url)
    assert (told.status, told.code) == (status, code)


async def test_a_site_that_does_not_want_to_be_read_is_left_alone(rig: Rig, owner: Someone, site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /\n", "text/plain")
    site.put("/", "<a href=/x>x</a>")
    page = await People(rig).ask(owner, "POST", "/bot/knowledge/site?lang=es", page=True, url=OLMO)
    assert page.status == 422
    assert "No quiere que la lean (robots.txt)." in page.text
    assert site.asked == ["olmo.test/robots.txt"]


async def test_what_is_ticked_is_added_once_and_marked_afterwards(rig: Rig, owner: Someone, site: Site) -> None:
    people = People(rig)
    site.put("/sitemap.xml", a_map(*(f"{OLMO}/{name}" for name in ("envios", "horario", "aviso"))), "text/xml")
    page = await people.ask(owner, "POST", "/bot/knowledge/site?lang=es", page=True, url=f"{OLMO}/sitemap.xml")
    assert page.text.count('type="checkbox" name="url"') == 3
    ticked = [f"{OLMO}/envios", f"{OLMO}/horario"]
    for times in ("pages=2&left=0", "pages=0&left=0"):
        added = await people.ask(owner, "POST", "/bot/knowledge/site/pages", page=True, url=ticked, refresh="daily")
        assert (added.status, added.headers["location"]) == (303, f"/bot/knowledge?{times}")
    listed = (await people.ask(owner, "GET", "/api/bot/knowledge")).json["sources"]
    assert sorted((one["url"], one["refresh"]) for one in listed) == [(url, "daily") for url in ticked]
    again = (await find(rig, owner, f"{OLMO}/sitemap.xml")).json["pages"]
    assert [page["is_known"] for page in again] == [True, True, False]
    told = await people.ask(owner, "GET", "/bot/knowledge?pages=2&left=0&lang=es", page=True)
    assert "Se han añadido 2 páginas." in told.text


async def test_more_than_the_plan_has_room_for_is_not_added(rig: Rig, owner: Someone, site: Site) -> None:
    async def two(_: object) -> KnowledgeLimits:
        return KnowledgeLimits(pages=2)

    sources = replace(rig.house.sources, limits=two)
    ticked = [f"{OLMO}/{n}" for n in range(5)]
    added = await add_pages(sources, owner.business_id, ticked, "never")
    assert (added.added, added.refused, added.is_full) == (2, 3, True)
    site.put("/sitemap.xml", a_map(*ticked), "text/xml")
    assert (await find_pages(sources, owner.business_id, f"{OLMO}/sitemap.xml")).room == 0


async def test_who_may_only_read_neither_looks_nor_adds(rig: Rig, site: Site) -> None:
    people = People(rig)
    team = await people.team()
    assert (await find(rig, team["agent"], OLMO)).status == 403
    assert (await people.ask(team["agent"], "POST", "/bot/knowledge/site/pages", page=True, url=OLMO)).status == 403
    assert site.asked == []


def test_hostile_pages_are_read_in_a_moment() -> None:
    assert linked_in("<a " * 300_000, OLMO) == [OLMO]
    assert linked_in("<a " + "x " * 300_000 + "href=", OLMO) == [OLMO]
    assert named_in("<loc>" * 200_000 + " " * 200_000, OLMO) == []
