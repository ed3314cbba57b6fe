"""The pages of a site: named by its sitemap, or else linked on the page somebody begins with."""

import re
from collections.abc import Iterable
from html import unescape
from typing import Final
from urllib.parse import urljoin, urlsplit

from wacloud.modules.bot.domain.source import AddressRefused, checked_url

# No more of a map or a page is looked at than this: what was asked for may be anything.
_LONGEST: Final = 4 * 1024 * 1024
# Every part is bounded: a page made to be slow is read as fast as any other.
_LOC: Final = re.compile(r"<(?:\w{1,20}:)?loc>(?:\s{0,100}<!\[CDATA\[)?([^<\]]{1,2200})", re.IGNORECASE)
_LINK: Final = re.compile(
    r"<a\s[^<>]{0,1000}?\bhref\s*=\s*(?:\"([^\"<>]{1,2000})\"|'([^'<>]{1,2000})'|([^\s\"'<>]{1,2000}))", re.I
)
_NO_PAGE: Final = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|css|js|mjs|json|xml|rss|atom|gz|zip|rar|7z|mp[34]|m4[av]|mov|avi|webm|ogg"
    r"|wav|woff2?|ttf|eot|exe|dmg|apk|docx?|xlsx?|pptx?|csv)$",
    re.IGNORECASE,
)


def is_map(text: str) -> bool:
    """Whether this is a sitemap, or a list of them."""
    return bool(re.search(r"<(?:\w+:)?(?:urlset|sitemapindex)[\s>]", text[:5000], re.IGNORECASE))


def names_maps(text: str) -> bool:
    """Whether it is a list of other sitemaps."""
    return bool(re.search(r"<(?:\w+:)?sitemapindex[\s>]", text[:5000], re.IGNORECASE))


def named_in(text: str, base: str) -> list[str]:
    """The addresses a sitemap names that are of the site of `base`."""
    named = (unescape(found).strip() for found in _LOC.findall(text[:_LONGEST]))
    return of_site(filter(None, named), base)


def linked_in(text: str, base: str) -> list[str]:
    """The pages of the same site that a page links to, and itself first."""
    links = (unescape("".join(found)).strip() for found in _LINK.findall(text[:_LONGEST]))
    return pages_in([base, *of_site(links, base)])


def of_site(addresses: Iterable[str], base: str) -> list[str]:
    """Those of the same host, each once; with and without www. is one host."""
    host = _host(base)
    found: dict[str, None] = {}
    for address in addresses:
        try:
            whole = checked_url(urljoin(base, address.partition("#")[0]))
        except (AddressRefused, ValueError):
            continue
        if _host(whole) == host:
            found[whole] = None
    return list(found)


def pages_in(addresses: Iterable[str]) -> list[str]:
    """Those that look like pages, in their order, each once: no picture, no program."""
    return list(dict.fromkeys(one for one in addresses if not _NO_PAGE.search(urlsplit(one).path)))


def same_page(address: str) -> str:
    """Two spellings of one page become equal."""
    parts = urlsplit(address)
    return f"{_host(address)}{parts.path.rstrip('/')}?{parts.query}"


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "").lower().removeprefix("www.")
