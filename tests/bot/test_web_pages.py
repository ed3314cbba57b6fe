"""Pages of the web, polite and hostile: what is fetched, and where nothing ever goes."""

import asyncio
import contextlib
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from wacloud.modules.bot.application.source_ports import PageNotFetched
from wacloud.modules.bot.domain.source import AddressRefused, checked_url
from wacloud.modules.bot.infra.web_pages import LARGEST_PAGE, WebPages
from wacloud.shared.domain.addresses import is_public
from wacloud.shared.infra.public_http import AddressNotPublic, open_public_egress

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Site:
    """A web server that answers as a test says, and notes what it was asked."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)
    port: int = 0

    def says(self, path: str, text: str, **more: object) -> None:
        async def answer(_: web.Request) -> web.Response:
            told = {"content_type": "text/html", **more}
            return web.Response(text=text, **told)  # type: ignore[arg-type]

        self.answers[path] = answer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        answer = self.answers.get(request.path)
        return await answer(request) if answer else web.Response(status=404)

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.asked]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", site.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    site.port = runner.addresses[0][1]
    yield site
    await runner.cleanup()


@asynccontextmanager
async def pages_of(site: Site) -> AsyncIterator[WebPages]:
    async with open_public_egress(also={"olmo.test": ("127.0.0.1", site.port)}, total_s=3) as egress:
        yield WebPages(egress)


async def problem(site: Site, url: str = "http://olmo.test/") -> str:
    async with pages_of(site) as pages:
        with pytest.raises(PageNotFetched) as refused:
            await pages.fetch(url)
    return refused.value.problem


async def test_a_page_is_fetched_with_what_tells_its_next_version(site: Site) -> None:
    site.says("/", "<p>hola", headers={"ETag": '"1"', "Last-Modified": "Thu, 26 Nov 2026 10:00:00 GMT"})
    async with pages_of(site) as pages:
        page = await pages.fetch("http://olmo.test/")
    assert (page.raw, page.content_type, page.charset, page.etag) == (b"<p>hola", "text/html", "utf-8", '"1"')
    assert site.paths == ["/robots.txt", "/"]
    assert "wacloud" in site.asked[-1].headers["user-agent"]
    assert "cookie" not in site.asked[-1].headers


async def test_what_has_not_changed_is_not_sent_again(site: Site) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=304 if request.headers.get("if-none-match") == '"1"' else 200)

    site.answers["/"] = answer
    async with pages_of(site) as pages:
        assert (await pages.fetch("http://olmo.test/", '"1"')).raw is None


async def test_robots_are_obeyed_and_asked_once(site: Site) -> None:
    site.says("/robots.txt", "User-agent: *\nDisallow: /privado\n", content_type="text/plain")
    site.says("/privado", "no")
    site.says("/abierto", "sí")
    async with pages_of(site) as pages:
        with pytest.raises(PageNotFetched, match="robots"):
            await pages.fetch("http://olmo.test/privado")
        assert (await pages.fetch("http://olmo.test/abierto")).raw == "sí".encode()
    assert site.paths == ["/robots.txt", "/abierto"]


async def test_while_robots_cannot_be_read_nothing_is(site: Site) -> None:
    site.says("/robots.txt", "", status=503)
    site.says("/", "hola")
    assert await problem(site) == "site_error"
    assert site.paths == ["/robots.txt"]


async def test_redirects_are_followed_one_by_one_and_not_without_end(site: Site) -> None:
    async def on(request: web.Request) -> web.Response:
        number = int(request.path[1:])
        return web.Response(status=302, headers={"Location": f"/{number + 1}"})

    site.answers |= {f"/{n}": on for n in range(20)}
    site.says("/3", "llegado")
    async with pages_of(site) as pages:
        page = await pages.fetch("http://olmo.test/1")
    assert (page.raw, page.url) == (b"llegado", "http://olmo.test/3")
    assert await problem(site, "http://olmo.test/4") == "too_many_redirects"


@pytest.mark.parametrize(
    "where",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1/",
        "http://localhost/",
        "file:///etc/passwd",
        "gopher://olmo.test/",
        "http://olmo.test:8080/",
        "http://user:pass@olmo.test/",
    ],
)
async def test_a_redirect_to_what_is_not_public_is_not_followed(site: Site, where: str) -> None:
    async def away(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": where})

    site.answers["/"] = away
    assert await problem(site) == "address_refused"


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (404, "gone"),
        (410, "gone"),
        (401, "needs_login"),
        (403, "needs_login"),
        (500, "site_error"),
        (429, "site_error"),
    ],
)
async def test_what_a_site_answers_is_told_in_our_words(site: Site, status: int, wanted: str) -> None:
    site.says("/", "", status=status)
    assert await problem(site) == wanted


async def test_what_is_no_page_is_not_read(site: Site) -> None:
    site.says("/", "MZ", content_type="application/octet-stream")
    assert await problem(site) == "not_a_page"


async def test_a_page_without_end_is_given_up(site: Site) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"content-type": "text/html"})
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):
            for _ in range(10_000):
                await answer.write(b"x" * 65536)
        return answer

    site.answers["/"] = endless
    assert await problem(site) == "too_large"


async def test_a_page_that_unpacks_to_much_more_is_given_up(site: Site) -> None:
    async def bomb(_: web.Request) -> web.Response:
        packed = gzip.compress(b"0" * (LARGEST_PAGE * 20))
        return web.Response(body=packed, headers={"content-type": "text/html", "content-encoding": "gzip"})

    async def broken(_: web.Request) -> web.Response:
        return web.Response(body=b"no gzip", headers={"content-type": "text/html", "content-encoding": "gzip"})

    async def packed(_: web.Request) -> web.Response:
        body = zlib.compress(b"<p>hola")
        return web.Response(body=body, headers={"content-type": "text/html", "content-encoding": "deflate"})

    site.answers |= {"/": bomb, "/broken": broken, "/packed": packed}
    assert await problem(site) == "too_large"
    assert await problem(site, "http://olmo.test/broken") == "damaged"
    async with pages_of(site) as pages:
        assert (await pages.fetch("http://olmo.test/packed")).raw == b"<p>hola"


async def test_a_site_that_says_nothing_is_given_up(site: Site) -> None:
    async def silent(_: web.Request) -> web.Response:
        await asyncio.sleep(2)
        return web.Response()

    site.answers["/"] = silent
    async with open_public_egress(also={"olmo.test": ("127.0.0.1", site.port)}, total_s=0.3) as egress:
        with pytest.raises(PageNotFetched, match="unreachable"):
            await WebPages(egress).fetch("http://olmo.test/")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost.localdomain/",
        "http://127.0.0.1/",
        "http://2130706433.nip/",
        "http://127.1.invalid/",
    ],
)
async def test_names_that_lead_into_a_network_of_ours_are_not_called(site: Site, url: str) -> None:
    assert await problem(site, url) in ("address_refused", "unreachable")
    assert site.asked == []


async def test_the_way_out_itself_refuses_numbers_however_they_are_written(site: Site) -> None:
    async with open_public_egress() as egress:
        for host in ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "localhost", "0.0.0.0"):
            with pytest.raises((AddressNotPublic, aiohttp.ClientError, OSError)):
                await egress.get(f"http://{host}:{site.port}/")
    assert site.asked == []


async def test_a_name_that_changes_its_mind_gains_nothing(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    """Whatever a name leads to is looked at where the connection is made."""

    async def rebound(*_: object, **__: object) -> list[dict[str, object]]:
        return [
            {"hostname": "evil.test", "host": address, "port": site.port, "family": 2, "proto": 0, "flags": 0}
            for address in ("93.184.215.14", "127.0.0.1")
        ]

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", rebound)
    async with open_public_egress() as egress:
        with pytest.raises(aiohttp.ClientConnectorError) as refused:
            await egress.get("http://evil.test/")
    assert isinstance(refused.value.os_error, AddressNotPublic)
    assert site.asked == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("10.0.0.1", False),
        ("172.16.3.4", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("198.18.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("no address", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://casaolmo.es", "https://casaolmo.es/"),
        ("HTTP://CasaOlmo.es:80/a?b=1#c", "http://casaolmo.es/a?b=1"),
        ("http://93.184.215.14/carta", "http://93.184.215.14/carta"),
        ("http://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/", "http://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/"),
        ("https://ñandú.es/é", "https://xn--and-6ma2c.es/é"),
    ],
)
def test_an_address_is_kept_in_one_form(typed: str, url: str) -> None:
    assert checked_url(typed) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "casaolmo.es",
        "ftp://casaolmo.es/",
        "javascript:alert(1)",
        "https://localhost/",
        "https://user@casaolmo.es/",
        "https://casaolmo.es:8443/",
        "http://casaolmo.es:443/",
        "https://casa olmo.es/",
        "https://casaolmo.es/\u202egpj",
        "https://[::1",
        "http://169.254.169.254/",
        "http://[fe80::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://127.0.0.1/",
        "http://127.0.0.1./",
        "http://127.1/",
        "http://0177.0.0.1/",
        "http://10.0.0.0x1/",
        "http://2130706433/",
        "http://192.168.1.10/carta",
        "https://casaolmo.es/" + "a" * 2000,
    ],
)
def test_what_is_no_public_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        checked_url(url)
