"""The pages of a whole site are found, for somebody to choose from; those that are chosen are added."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from wacloud.modules.bot.application.edit_sources import add_page
from wacloud.modules.bot.application.log_changes import SYSTEM, Editor
from wacloud.modules.bot.application.source_ports import PageNotFetched, SourceDeps
from wacloud.modules.bot.domain.site_map import is_map, linked_in, named_in, names_maps, pages_in, same_page
from wacloud.modules.bot.domain.source import NoRoomForKnowledge, PageKnown, Refresh, checked_url
from wacloud.shared.domain.errors import AppError, Kind
from wacloud.shared.domain.ids import BusinessId

SHOWN: Final = 300
_MOST_MAPS: Final = 10
_MOST_FOUND: Final = 5000
_DEADLINE_S: Final = 30.0


class SiteNotRead(AppError):
    """The site could not be read at this address."""

    kind: ClassVar[Kind] = "invalid"


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page of the site; `is_known`: the bot reads it already."""

    url: str
    is_known: bool


@dataclass(frozen=True, slots=True)
class FoundPages:
    """What may be read of a site. `more` were found beside these; `room` is for how many there still is some."""

    pages: tuple[FoundPage, ...]
    more: int
    room: int


@dataclass(frozen=True, slots=True)
class AddedPages:
    """How many were added; the others were there, are no addresses, or found no room."""

    added: int
    known: int
    refused: int
    is_full: bool = False


async def find_pages(deps: SourceDeps, business_id: BusinessId, url: str) -> FoundPages:
    """
    Look into the sitemap at this address; of a page into the sitemap of its site, else at its links.

    Nothing is kept of it. What robots.txt keeps from us is not among them. Call it with no transaction open.

    :raises AddressRefused: it is no address of the public web.
    :raises SiteNotRead: there is nothing to be had; `problem` says why.
    """
    address = checked_url(url)
    try:
        async with asyncio.timeout(_DEADLINE_S):
            found = await _found(deps, address)
            allowed = [one for one in found[:_MOST_FOUND] if await deps.sites.may_read(one)]
    except PageNotFetched as refused:
        raise SiteNotRead(field="url", problem=refused.problem) from refused
    except TimeoutError as slow:
        raise SiteNotRead(field="url", problem="unreachable") from slow
    async with deps.knowledge.db.tenant(business_id, read_only=True) as tx:
        known = {same_page(one.url) for one in await deps.rows.listed(tx, business_id) if one.url}
        room = await deps.rows.room(tx, business_id)
    limits = await deps.limits(business_id)
    pages = tuple(FoundPage(one, same_page(one) in known) for one in allowed[:SHOWN])
    left = min(limits.pages - room.pages, limits.sources - room.sources)
    return FoundPages(pages, len(allowed) - len(pages), max(left, 0))


async def add_pages(
    deps: SourceDeps, business_id: BusinessId, urls: Sequence[str], refresh: Refresh, by: Editor = SYSTEM
) -> AddedPages:
    """Add those there is room for, in this order; what is there already is passed over."""
    added = known = refused = 0
    for place, url in enumerate(urls[:SHOWN]):
        try:
            await add_page(deps, business_id, url, refresh, by=by)
            added += 1
        except PageKnown:
            known += 1
        except NoRoomForKnowledge:
            return AddedPages(added, known, refused + len(urls) - place, is_full=True)
        except AppError as error:
            if error.kind != "invalid":
                raise
            refused += 1
    return AddedPages(added, known, refused)


async def _found(deps: SourceDeps, address: str) -> list[str]:
    page = await deps.sites.fetch_text(address)
    if is_map(page.text):
        return await _of_maps(deps, [(page.url, page.text)])
    for at in await deps.sites.maps_of(page.url):
        try:
            one = await deps.sites.fetch_text(at)
        except PageNotFetched:
            continue
        if is_map(one.text) and (found := await _of_maps(deps, [(page.url, one.text)])):
            return found
    return linked_in(page.text, page.url)


async def _of_maps(deps: SourceDeps, maps: list[tuple[str, str]]) -> list[str]:
    """Of a map, and of those it names where it is a list of them; none of them leads to another site."""
    found: dict[str, None] = {}
    left, asked = list(maps), {url for url, _ in maps}
    while left and len(found) < _MOST_FOUND:
        base, text = left.pop(0)
        named = named_in(text, base)
        if not names_maps(text):
            found |= dict.fromkeys(pages_in(named))
            continue
        for at in named:
            if at in asked or len(asked) > _MOST_MAPS:
                continue
            asked.add(at)
            try:
                left.append((base, (await deps.sites.fetch_text(at)).text))
            except PageNotFetched:
                continue
    return list(found)
