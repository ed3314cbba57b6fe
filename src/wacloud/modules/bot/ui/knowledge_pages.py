"""The pages of what the bot knows: `/bot/knowledge`. All of it works without script; with it readings are followed."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.bot.application.edit_sources import (
    add_file,
    add_page,
    add_product,
    add_products,
    add_text,
    change_product,
    change_source,
    list_products,
    list_sources,
    preview_source,
    read_again,
    remove_product,
    remove_source,
    source_text,
)
from wacloud.modules.bot.application.knowledge import add_knowledge, list_knowledge, remove_knowledge, replace_knowledge
from wacloud.modules.bot.application.read_products import read_products
from wacloud.modules.bot.application.try_question import TryDeps, try_question
from wacloud.modules.bot.domain.knowledge import KnowledgeItemId, KnowledgeText, has_gap
from wacloud.modules.bot.domain.product import Product, price_in_words, product_of
from wacloud.modules.bot.domain.source import LARGEST_FILE, Refresh, SourceUnknown
from wacloud.modules.bot.ui import knowledge_words as told
from wacloud.modules.bot.ui.editor import editor_of
from wacloud.modules.bot.ui.knowledge_files import LARGEST_FORM, sent_file
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.pages import render, wants_fragment
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF

Reader = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_READ))]
Writer = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_WRITE))]
Line = Annotated[str, Form(max_length=3000)]
Long = Annotated[str, Form(max_length=600_000)]
ITEMS_SHOWN = 100
# What a form that was refused shows again.
_TYPED = (
    *("adding", "item", "question", "answer", "title", "text", "url"),
    *("name", "price", "description", "availability"),
)
PIECES_SHOWN = 20
LARGEST_TEXT_FORM = 4 * 1024 * 1024


def routes(deps: TryDeps) -> APIRouter:
    """The list, what is added to it, and one source."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_TEXT_FORM)
    _add_list(router, deps)
    _add_items(router, deps)
    _add_source(router, deps)
    _add_products(router, deps)
    uploads = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)
    _add_uploads(uploads, deps)
    router.include_router(uploads)
    return router


async def list_page(
    request: Request, member: Member, deps: TryDeps, refused: AppError | None = None, **given: Any
) -> Response:
    """All that is known, and above it what was refused with what was typed."""
    sources, room, limits = await list_sources(deps.sources, member.business_id)
    items = await list_knowledge(deps.sources.knowledge, member.business_id)
    find = request.query_params.get("find", "").strip().lower()[:100]
    found = [item for item in items if not find or find in f"{item.question} {item.answer}".lower()]
    return render(
        request,
        "bot/_sources.html" if wants_fragment(request) else "bot/knowledge.html",
        STATUS_OF[refused.kind] if refused else 200,
        member=member,
        told=told,
        sources=sources,
        is_reading=any(source.is_under_way for source in sources),
        room=room,
        limits=limits,
        items=found[:ITEMS_SHOWN],
        hidden=len(found) - len(found[:ITEMS_SHOWN]),
        find=find,
        has_gap=has_gap,
        may_change=member.may(Permission.KNOWLEDGE_WRITE),
        largest_file=LARGEST_FILE,
        refused=refused,
        saved="saved" in request.query_params,
        pages=_number(request.query_params.get("pages")),
        pages_left=_number(request.query_params.get("left")),
        given=dict.fromkeys(_TYPED, "") | given,
    )


def _number(told: str | None) -> int | None:
    return int(told) if told and told.isascii() and told.isdigit() and len(told) < 4 else None


def _add_list(router: APIRouter, deps: TryDeps) -> None:
    @router.get("/bot/knowledge")
    async def listed(request: Request, member: Reader) -> Response:
        return await list_page(request, member, deps)

    @router.get("/bot/knowledge/try")
    async def tried(request: Request, member: Reader, q: Annotated[str, Query(max_length=1000)] = "") -> Response:
        """What would be found for a question."""
        found = await try_question(deps, member.business_id, q) if q.strip() else None
        return render(
            request,
            "bot/_tried.html" if wants_fragment(request) else "bot/try.html",
            member=member,
            told=told,
            q=q,
            found=found,
        )

    @router.post("/bot/knowledge/texts")
    async def text(request: Request, member: Writer, title: Line = "", text: Long = "") -> Response:
        try:
            made = await add_text(deps.sources, member.business_id, title, text, by=editor_of(request, member))
        except AppError as refused:
            return await list_page(request, member, deps, refused, adding="text", title=title, text=text)
        return RedirectResponse(f"/bot/knowledge/sources/{made.id}", 303)

    @router.post("/bot/knowledge/pages")
    async def page(
        request: Request,
        member: Writer,
        url: Line = "",
        title: Line = "",
        refresh: Annotated[Refresh, Form()] = "weekly",
    ) -> Response:
        # As people write addresses.
        address = url.strip() if "://" in url else f"https://{url.strip()}"
        try:
            made = await add_page(
                deps.sources, member.business_id, address, refresh, title, by=editor_of(request, member)
            )
        except AppError as refused:
            return await list_page(request, member, deps, refused, adding="page", url=url, title=title)
        return RedirectResponse(f"/bot/knowledge/sources/{made.id}", 303)


def _add_items(router: APIRouter, deps: TryDeps) -> None:
    knowledge = deps.sources.knowledge

    @router.post("/bot/knowledge/items")
    async def add(request: Request, member: Writer, question: Line = "", answer: Long = "") -> Response:
        try:
            await add_knowledge(
                knowledge, member.business_id, [KnowledgeText.typed(question, answer)], by=editor_of(request, member)
            )
        except AppError as refused:
            return await list_page(request, member, deps, refused, adding="item", question=question, answer=answer)
        return RedirectResponse("/bot/knowledge?saved#items", 303)

    @router.post("/bot/knowledge/items/{item_id}")
    async def change(
        request: Request, member: Writer, item_id: UUID, question: Line = "", answer: Long = ""
    ) -> Response:
        try:
            text = KnowledgeText.typed(question, answer)
            await replace_knowledge(
                knowledge, member.business_id, KnowledgeItemId(item_id), text, by=editor_of(request, member)
            )
        except AppError as refused:
            return await list_page(request, member, deps, refused, item=item_id, question=question, answer=answer)
        return RedirectResponse("/bot/knowledge?saved#items", 303)

    @router.post("/bot/knowledge/items/{item_id}/remove")
    async def remove(request: Request, member: Writer, item_id: UUID) -> Response:
        await remove_knowledge(knowledge, member.business_id, KnowledgeItemId(item_id), by=editor_of(request, member))
        return RedirectResponse("/bot/knowledge?saved#items", 303)


async def _source_page(
    request: Request, member: Member, deps: TryDeps, source_id: UUID, refused: AppError | None = None, **given: Any
) -> Response:
    first = request.query_params.get("first", "0")
    place = int(first) if first.isascii() and first.isdigit() and len(first) < 8 else 0
    source, pieces = await preview_source(deps.sources, member.business_id, source_id, place, PIECES_SHOWN + 1)
    is_product = source.kind == "product"
    return render(
        request,
        "bot/_source.html" if wants_fragment(request) else "bot/source.html",
        STATUS_OF[refused.kind] if refused else 200,
        member=member,
        told=told,
        source=source,
        pieces=pieces[:PIECES_SHOWN],
        following=pieces[PIECES_SHOWN].position if len(pieces) > PIECES_SHOWN else None,
        first=place,
        text=await source_text(deps.sources, member.business_id, source_id) if source.kind == "text" else None,
        products=await list_products(deps.sources, member.business_id, source_id) if is_product else [],
        price_in_words=price_in_words,
        may_change=member.may(Permission.KNOWLEDGE_WRITE),
        refused=refused,
        saved="saved" in request.query_params,
        given=dict.fromkeys(_TYPED, "") | given,
    )


def _add_source(router: APIRouter, deps: TryDeps) -> None:
    @router.get("/bot/knowledge/sources/{source_id}")
    async def one(request: Request, member: Reader, source_id: UUID) -> Response:
        """What was read of it, and where it stands."""
        return await _source_page(request, member, deps, source_id)

    @router.post("/bot/knowledge/sources/{source_id}")
    async def change(
        request: Request,
        member: Writer,
        source_id: UUID,
        title: Line = "",
        enabled: Annotated[str, Form(max_length=5)] = "",
        refresh: Annotated[Refresh | None, Form()] = None,
        text: Annotated[str | None, Form(max_length=600_000)] = None,
    ) -> Response:
        try:
            await change_source(
                deps.sources,
                member.business_id,
                source_id,
                title=title,
                is_enabled=bool(enabled),
                refresh=refresh,
                text=text,
                by=editor_of(request, member),
            )
        except SourceUnknown:
            raise
        except AppError as refused:
            return await _source_page(request, member, deps, source_id, refused, title=title, text=text)
        return RedirectResponse(f"/bot/knowledge/sources/{source_id}?saved", 303)

    @router.post("/bot/knowledge/sources/{source_id}/read")
    async def again(request: Request, member: Writer, source_id: UUID) -> Response:
        await read_again(deps.sources, member.business_id, source_id, by=editor_of(request, member))
        return RedirectResponse(f"/bot/knowledge/sources/{source_id}", 303)

    @router.post("/bot/knowledge/sources/{source_id}/remove")
    async def remove(request: Request, member: Writer, source_id: UUID) -> Response:
        await remove_source(deps.sources, member.business_id, source_id, by=editor_of(request, member))
        return RedirectResponse("/bot/knowledge?saved", 303)


def _add_products(router: APIRouter, deps: TryDeps) -> None:
    @router.post("/bot/knowledge/products")
    async def add(
        request: Request,
        member: Writer,
        name: Line = "",
        price: Line = "",
        description: Line = "",
        url: Line = "",
        availability: Line = "",
    ) -> Response:
        try:
            product = product_of(name, price, description, url, availability)
            made = await add_product(deps.sources, member.business_id, product, by=editor_of(request, member))
        except AppError as refused:
            typed = {"name": name, "price": price, "description": description, "url": url}
            return await list_page(request, member, deps, refused, adding="product", availability=availability, **typed)
        return RedirectResponse(f"/bot/knowledge/sources/{made.id}", 303)

    @router.post("/bot/knowledge/products/{product_id}")
    async def change(
        request: Request,
        member: Writer,
        product_id: UUID,
        source_id: Annotated[UUID, Form()],
        name: Line = "",
        price: Line = "",
        description: Line = "",
        url: Line = "",
        availability: Line = "",
    ) -> Response:
        try:
            product: Product = product_of(name, price, description, url, availability)
            source_id = await change_product(
                deps.sources, member.business_id, product_id, product, by=editor_of(request, member)
            )
        except SourceUnknown:
            raise
        except AppError as refused:
            return await _source_page(request, member, deps, source_id, refused)
        return RedirectResponse(f"/bot/knowledge/sources/{source_id}?saved", 303)

    @router.post("/bot/knowledge/products/{product_id}/remove")
    async def remove(request: Request, member: Writer, product_id: UUID) -> Response:
        source_id = await remove_product(deps.sources, member.business_id, product_id, by=editor_of(request, member))
        return RedirectResponse(f"/bot/knowledge/sources/{source_id}?saved", 303)


def _add_uploads(router: APIRouter, deps: TryDeps) -> None:
    @router.post("/bot/knowledge/files")
    async def add(request: Request, member: Writer) -> Response:
        try:
            async with sent_file(request) as sent:
                made = await add_file(
                    deps.sources, member.business_id, sent.file, sent.name, sent.title, by=editor_of(request, member)
                )
        except AppError as refused:
            return await list_page(request, member, deps, refused, adding="file")
        return RedirectResponse(f"/bot/knowledge/sources/{made.id}", 303)

    @router.post("/bot/knowledge/product-files")
    async def products(request: Request, member: Writer) -> Response:
        """A table of products; nothing of it is taken where a row cannot be read."""
        try:
            async with sent_file(request) as sent:
                listed = await read_products(deps.sources, member.business_id, sent.file)
                title = sent.title or sent.name.rpartition(".")[0]
                made = await add_products(
                    deps.sources, member.business_id, title[:200], listed, by=editor_of(request, member)
                )
        except AppError as refused:
            return await list_page(request, member, deps, refused, adding="product-file")
        return RedirectResponse(f"/bot/knowledge/sources/{made.id}", 303)
