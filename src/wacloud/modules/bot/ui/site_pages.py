"""The pages of a site, to choose from: `/bot/knowledge/site`, and the same list for programs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from wacloud.modules.bot.application.find_pages import SHOWN, FoundPages, add_pages, find_pages
from wacloud.modules.bot.application.try_question import TryDeps
from wacloud.modules.bot.domain.source import LONGEST_URL, Refresh
from wacloud.modules.bot.ui import knowledge_words as told
from wacloud.modules.bot.ui.editor import editor_of
from wacloud.modules.bot.ui.knowledge_pages import list_page
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.limits import limited
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.pages import render
from wacloud.shared.ui.permissions import Permission

Writer = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_WRITE))]
Counted = Annotated[None, limited("site_pages")]
_LARGEST_FORM = 2 * 1024 * 1024


class SiteBody(BaseModel):
    """Where a site begins, or its sitemap."""

    model_config = ConfigDict(extra="forbid")
    url: Annotated[str, Field(min_length=8, max_length=LONGEST_URL, examples=["https://shop.example/sitemap.xml"])]


class FoundPageOut(BaseModel):
    """A page; `is_known`: your bot reads it already."""

    url: str
    is_known: bool


class FoundPagesOut(BaseModel):
    """Three hundred at most: `more` were found beside these, and there is room for `room`."""

    pages: list[FoundPageOut]
    more: int
    room: int

    @classmethod
    def of(cls, found: FoundPages) -> "FoundPagesOut":
        pages = [FoundPageOut(url=page.url, is_known=page.is_known) for page in found.pages]
        return cls(pages=pages, more=found.more, room=found.room)


def routes(deps: TryDeps) -> APIRouter:
    """The page and its forms, and the list for programs."""
    router = APIRouter(include_in_schema=False, max_body_size=_LARGEST_FORM)

    @router.post("/bot/knowledge/site")
    async def look(
        request: Request, member: Writer, _: Counted, url: Annotated[str, Form(max_length=3000)] = ""
    ) -> Response:
        """Its pages, to be chosen from."""
        # As people write addresses.
        address = url.strip() if "://" in url else f"https://{url.strip()}"
        try:
            found = await find_pages(deps.sources, member.business_id, address)
        except AppError as refused:
            return await list_page(request, member, deps, refused, adding="site", url=url)
        return render(request, "bot/site_pages.html", member=member, told=told, found=found, url=address)

    @router.post("/bot/knowledge/site/pages")
    async def add(
        request: Request,
        member: Writer,
        url: Annotated[list[str] | None, Form(max_length=SHOWN)] = None,
        refresh: Annotated[Refresh, Form()] = "weekly",
    ) -> Response:
        """Those that were ticked."""
        done = await add_pages(deps.sources, member.business_id, url or (), refresh, editor_of(request, member))
        return RedirectResponse(f"/bot/knowledge?pages={done.added}&left={done.refused}", 303)

    programs = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["bot"])

    @programs.post(
        "/api/bot/knowledge/site",
        operation_id="find_site_pages",
        summary="Find the pages of a site",
        response_model=FoundPagesOut,
        response_description="Its pages; nothing is added.",
        responses=problems(422, 429),
    )
    async def find(body: SiteBody, member: Writer, _: Counted) -> object:
        """
        By its sitemap, else by the links of the page, on the same host and as far as its robots.txt lets us. Where it
        cannot be read the code is `site_not_read`. Add those you want by `/api/bot/knowledge/pages`.
        """
        return FoundPagesOut.of(await find_pages(deps.sources, member.business_id, body.url))

    both = APIRouter()
    both.include_router(router)
    both.include_router(programs)
    return both
