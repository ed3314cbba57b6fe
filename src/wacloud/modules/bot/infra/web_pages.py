"""Pages of the web: asked for by name, as robots.txt allows, never more of them than a page may be."""

import time
import zlib
from collections import OrderedDict
from collections.abc import Awaitable, Sequence
from typing import Final, TypeVar
from urllib.parse import urljoin, urlsplit

import aiohttp
from protego import Protego

from wacloud.modules.bot.application.source_ports import FetchedPage, FetchedText, PageNotFetched
from wacloud.modules.bot.domain.site_map import of_site
from wacloud.modules.bot.domain.source import AddressRefused, Problem, checked_url
from wacloud.shared.infra.public_http import AddressNotPublic

AGENT: Final = "wacloud"
LARGEST_PAGE: Final = 4 * 1024 * 1024
_LARGEST_ROBOTS: Final = 500 * 1024
_MOST_REDIRECTS: Final = 4
_ROBOTS_KEPT_S: Final = 600
_ROBOTS_KEPT: Final = 500
_PIECE: Final = 64 * 1024
_TAKES: Final = frozenset({"text/html", "application/xhtml+xml", "text/plain", "application/pdf"})
# A sitemap comes as XML, packed, or as what the server thinks of its name.
_TEXTS: Final = frozenset(
    {
        *("text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml"),
        *("application/gzip", "application/x-gzip", "application/octet-stream"),
    }
)
_MOST_MAPS: Final = 5
T = TypeVar("T")
_MOVED: Final = frozenset({301, 302, 303, 307, 308})


class WebPages:
    """See `source_ports.Web`. `egress` is one that goes to public addresses only."""

    def __init__(self, egress: aiohttp.ClientSession) -> None:
        self._egress = egress
        self._rules: OrderedDict[str, tuple[float, Protego | None]] = OrderedDict()

    async def fetch(self, url: str, etag: str | None = None, last_modified: str | None = None) -> FetchedPage:
        headers = {"Accept": "text/html, application/xhtml+xml, text/plain;q=0.8, application/pdf;q=0.8"}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        return await self._told(self._fetch(url, headers, _TAKES))

    async def fetch_text(self, url: str) -> FetchedText:
        """See `source_ports.Sites`."""
        headers = {"Accept": "application/xml, text/xml, text/html;q=0.9, text/plain;q=0.8"}
        page = await self._told(self._fetch(url, headers, _TEXTS))
        raw = page.raw or b""
        if raw.startswith(b"\x1f\x8b"):
            raw = _unpacked(raw)
        return FetchedText(page.url, raw.decode("utf-8", "replace"))

    async def may_read(self, url: str) -> bool:
        """See `source_ports.Sites`."""
        return await self._told(self._may_read(url))

    async def maps_of(self, url: str) -> Sequence[str]:
        """See `source_ports.Sites`."""
        rules = await self._told(self._rules_of(url))
        named = of_site(rules.sitemaps, url) if rules is not None else []
        return [*named[:_MOST_MAPS], urljoin(url, "/sitemap.xml")]

    async def _told(self, asked: Awaitable[T]) -> T:
        """What went wrong on the way, in our words."""
        try:
            return await asked
        except AddressNotPublic as refused:
            raise PageNotFetched("address_refused") from refused
        except aiohttp.ClientConnectorError as away:
            if isinstance(away.os_error, AddressNotPublic):
                raise PageNotFetched("address_refused") from away
            raise PageNotFetched("unreachable") from away
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as away:
            raise PageNotFetched("unreachable") from away

    async def _fetch(self, url: str, headers: dict[str, str], takes: frozenset[str]) -> FetchedPage:
        for _ in range(_MOST_REDIRECTS + 1):
            if not await self._may_read(url):
                raise PageNotFetched("robots")
            async with self._egress.get(url, headers=headers, allow_redirects=False) as answer:
                if answer.status in _MOVED:
                    url = _next(url, answer.headers.get("Location", ""))
                    continue
                if answer.status == 304:
                    return FetchedPage(None, "", None, url)
                if answer.status != 200:
                    raise PageNotFetched(_problem(answer.status))
                if answer.content_type not in takes:
                    raise PageNotFetched("not_a_page")
                return FetchedPage(
                    raw=await _body(answer, LARGEST_PAGE),
                    content_type="text/html" if "html" in answer.content_type else answer.content_type,
                    charset=answer.charset,
                    url=url,
                    etag=_kept(answer.headers.get("ETag")),
                    last_modified=_kept(answer.headers.get("Last-Modified")),
                )
        raise PageNotFetched("too_many_redirects")

    async def _may_read(self, url: str) -> bool:
        rules = await self._rules_of(url)
        return rules is None or rules.can_fetch(url, AGENT)

    async def _rules_of(self, url: str) -> Protego | None:
        """
        What robots.txt of a site says, None: everything may be read. As RFC 9309 has it.

        :raises PageNotFetched: nobody can say at the moment, so nothing may be read.
        """
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        kept = self._rules.get(site)
        if kept is not None and time.monotonic() - kept[0] < _ROBOTS_KEPT_S:
            return kept[1]
        at = f"{site}/robots.txt"
        rules: Protego | None = None
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._egress.get(at, allow_redirects=False) as answer:
                if answer.status in _MOVED:
                    at = _next(at, answer.headers.get("Location", ""))
                    continue
                if answer.status >= 500 or answer.status == 429:
                    raise PageNotFetched("site_error")
                if answer.status == 200:
                    raw = await _body(answer, _LARGEST_ROBOTS, cut=True)
                    rules = Protego.parse(raw.decode("utf-8", "replace"))
                break
        self._rules[site] = (time.monotonic(), rules)
        while len(self._rules) > _ROBOTS_KEPT:
            self._rules.popitem(last=False)
        return rules


def _next(url: str, location: str) -> str:
    """Where a redirect leads, checked like an address somebody typed."""
    try:
        return checked_url(urljoin(url, location.partition("#")[0]))
    except AddressRefused as refused:
        raise PageNotFetched("address_refused") from refused


def _problem(status: int) -> Problem:
    if status in (404, 410):
        return "gone"
    if status in (401, 402, 403, 407, 451):
        return "needs_login"
    return "site_error"


async def _body(answer: aiohttp.ClientResponse, most: int, *, cut: bool = False) -> bytes:
    """The body, unpacked as far as it may grow."""
    packing = answer.headers.get("Content-Encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise PageNotFetched("not_a_page")
    unpack = zlib.decompressobj(47) if packing not in ("", "identity") else None
    found = bytearray()
    try:
        async for piece in answer.content.iter_chunked(_PIECE):
            # One byte more than may be: so it shows that there is more.
            found += piece if unpack is None else unpack.decompress(piece, most + 1 - len(found))
            if len(found) > most:
                if cut:
                    return bytes(found[:most])
                raise PageNotFetched("too_large")
    except zlib.error as broken:
        raise PageNotFetched("damaged") from broken
    return bytes(found)


def _unpacked(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj(47).decompress(raw, LARGEST_PAGE)
    except zlib.error as broken:
        raise PageNotFetched("damaged") from broken


def _kept(header: str | None) -> str | None:
    return header if header and len(header) <= 300 and header.isprintable() else None
