"""What the bot knows, for programs: `/api/bot/knowledge`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from wacloud.modules.bot.application.edit_sources import (
    add_page,
    add_products,
    add_text,
    change_source,
    find_source,
    list_products,
    list_sources,
    preview_source,
    read_again,
    remove_source,
)
from wacloud.modules.bot.application.knowledge import (
    add_knowledge,
    list_knowledge,
    remove_knowledge,
    replace_knowledge,
)
from wacloud.modules.bot.application.try_question import TryDeps, try_question
from wacloud.modules.bot.domain.knowledge import KnowledgeItemId, KnowledgeText
from wacloud.modules.bot.domain.product import product_of
from wacloud.modules.bot.ui.editor import editor_of
from wacloud.modules.bot.ui.knowledge_bodies import (
    ItemBody,
    ItemList,
    ItemOut,
    KnowledgeOut,
    PageBody,
    PieceList,
    PieceOut,
    ProductList,
    ProductsBody,
    QuestionBody,
    SourceChange,
    SourceOut,
    TextBody,
    TriedOut,
    item_out,
    product_out,
    room_of,
    source_out,
    tried_out,
)
from wacloud.shared.ui.bodies import StrictJsonRoute
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_READ))]
Writer = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_WRITE))]
# A text of 500,000 characters, each of them escaped.
LARGEST_BODY = 4 * 1024 * 1024
_PIECES = 50


def routes(deps: TryDeps) -> APIRouter:
    """The routes of sources, items and the trial."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_BODY, tags=["bot"])
    _add_items(router, deps)
    _add_sources(router, deps)
    _add_one(router, deps)
    return router


def _add_items(router: APIRouter, deps: TryDeps) -> None:
    knowledge = deps.sources.knowledge

    @router.get(
        "/api/bot/knowledge/items",
        operation_id="list_knowledge_items",
        summary="List your questions and answers",
        response_model=ItemList,
        response_description="All of them.",
    )
    async def listed(member: Reader) -> object:
        """An answer with `[[...]]` in it waits for you and is given to nobody."""
        return ItemList(items=[item_out(item) for item in await list_knowledge(knowledge, member.business_id)])

    @router.post(
        "/api/bot/knowledge/items",
        operation_id="add_knowledge_item",
        summary="Add a question with its answer",
        response_model=ItemOut,
        response_description="It answers from now on.",
        responses=problems(422, _409="conflict", _429="too_much_knowledge"),
        status_code=201,
    )
    async def add(request: Request, body: ItemBody, member: Writer, _: Annotated[Once, idempotent()]) -> object:
        """Customers may ask it in other words."""
        text = KnowledgeText.typed(body.question, body.answer)
        [item] = await add_knowledge(knowledge, member.business_id, [text], by=editor_of(request, member))
        return item_out(item)

    @router.put(
        "/api/bot/knowledge/items/{item_id}",
        operation_id="change_knowledge_item",
        summary="Change a question or its answer",
        response_model=ItemOut,
        response_description="As it is now.",
        responses=problems(422, _404="not_found"),
    )
    async def change(request: Request, item_id: UUID, body: ItemBody, member: Writer) -> object:
        """In the place of what it was."""
        text = KnowledgeText.typed(body.question, body.answer)
        return item_out(
            await replace_knowledge(
                knowledge, member.business_id, KnowledgeItemId(item_id), text, by=editor_of(request, member)
            )
        )

    @router.delete(
        "/api/bot/knowledge/items/{item_id}",
        operation_id="remove_knowledge_item",
        summary="Remove a question",
        response_description="It answers no more.",
        responses=problems(_404="not_found"),
        status_code=204,
    )
    async def remove(request: Request, item_id: UUID, member: Writer) -> None:
        """What was answered with it stays written."""
        await remove_knowledge(knowledge, member.business_id, KnowledgeItemId(item_id), by=editor_of(request, member))


def _add_sources(router: APIRouter, deps: TryDeps) -> None:
    sources = deps.sources
    made: dict[str, Any] = {
        "response_model": SourceOut,
        "response_description": "It is there, and will be read in a moment.",
        "status_code": 201,
    }

    @router.get(
        "/api/bot/knowledge",
        operation_id="get_knowledge",
        summary="See what the bot reads",
        response_model=KnowledgeOut,
        response_description="The sources, and the room they take.",
    )
    async def overview(member: Reader) -> object:
        """Questions with answers are listed by `/api/bot/knowledge/items`."""
        found, room, limits = await list_sources(sources, member.business_id)
        async with sources.knowledge.db.tenant(member.business_id, read_only=True) as tx:
            version = await sources.rows.version(tx, member.business_id)
        return KnowledgeOut(version=version, room=room_of(room, limits), sources=[source_out(one) for one in found])

    @router.post(
        "/api/bot/knowledge/texts",
        operation_id="add_knowledge_text",
        summary="Add a text",
        responses=problems(422, _409="conflict", _429="no_room_for_knowledge"),
        **made,
    )
    async def text(request: Request, body: TextBody, member: Writer, _: Annotated[Once, idempotent()]) -> object:
        """Paragraphs and headings (`# like this`) are kept together."""
        return source_out(
            await add_text(sources, member.business_id, body.title, body.text, by=editor_of(request, member))
        )

    @router.post(
        "/api/bot/knowledge/pages",
        operation_id="add_knowledge_page",
        summary="Add a page of the web",
        responses=problems(422, _409="page_known", _429="no_room_for_knowledge"),
        **made,
    )
    async def page(request: Request, body: PageBody, member: Writer, _: Annotated[Once, idempotent()]) -> object:
        """It is read as far as its robots.txt lets us. A page that is gone answers no more."""
        return source_out(
            await add_page(
                sources, member.business_id, body.url, body.refresh, body.title, by=editor_of(request, member)
            )
        )

    @router.post(
        "/api/bot/knowledge/products",
        operation_id="add_knowledge_products",
        summary="Add a list of products",
        responses=problems(422, _409="conflict", _429="no_room_for_knowledge"),
        **made,
    )
    async def products(
        request: Request, body: ProductsBody, member: Writer, _: Annotated[Once, idempotent()]
    ) -> object:
        """Prices keep the decimals you write."""
        listed = [product_of(**one.model_dump()) for one in body.products]
        return source_out(
            await add_products(sources, member.business_id, body.title, listed, by=editor_of(request, member))
        )

    @router.post(
        "/api/bot/knowledge/search",
        operation_id="search_knowledge",
        summary="Try a question",
        response_model=TriedOut,
        response_description="What is found for it.",
        responses=problems(422),
    )
    async def search(body: QuestionBody, member: Reader) -> object:
        """The same search the bot makes; nobody is written to."""
        return tried_out(await try_question(deps, member.business_id, body.text))


def _add_one(router: APIRouter, deps: TryDeps) -> None:
    sources = deps.sources
    unknown = problems(_404="source_unknown")

    @router.get(
        "/api/bot/knowledge/sources/{source_id}",
        operation_id="get_knowledge_source",
        summary="See one source",
        response_model=SourceOut,
        response_description="As it stands.",
        responses=unknown,
    )
    async def one(source_id: UUID, member: Reader) -> object:
        """Ask again while its state is `waiting` or `reading`."""
        return source_out(await find_source(sources, member.business_id, source_id))

    @router.patch(
        "/api/bot/knowledge/sources/{source_id}",
        operation_id="change_knowledge_source",
        summary="Change a source",
        response_model=SourceOut,
        response_description="As it is now.",
        responses=problems(422, _404="source_unknown", _409="not_of_this_kind", _429="no_room_for_knowledge"),
    )
    async def change(request: Request, source_id: UUID, body: SourceChange, member: Writer) -> object:
        """A source that is not enabled answers nothing, and keeps its place."""
        changed = await change_source(
            sources,
            member.business_id,
            source_id,
            title=body.title,
            is_enabled=body.is_enabled,
            refresh=body.refresh,
            text=body.text,
            by=editor_of(request, member),
        )
        return source_out(changed)

    @router.delete(
        "/api/bot/knowledge/sources/{source_id}",
        operation_id="remove_knowledge_source",
        summary="Remove a source",
        response_description="Nothing is answered from it any more.",
        responses=unknown,
        status_code=204,
    )
    async def remove(request: Request, source_id: UUID, member: Writer) -> None:
        """With all that was read of it."""
        await remove_source(sources, member.business_id, source_id, by=editor_of(request, member))

    @router.post(
        "/api/bot/knowledge/sources/{source_id}/read",
        operation_id="read_knowledge_source",
        summary="Read a source again",
        response_description="It will be read in a moment; asked twice it is read once.",
        responses=unknown,
        status_code=204,
    )
    async def again(request: Request, source_id: UUID, member: Writer) -> None:
        """What was read before answers until then."""
        await read_again(sources, member.business_id, source_id, by=editor_of(request, member))

    @router.get(
        "/api/bot/knowledge/sources/{source_id}/pieces",
        operation_id="list_knowledge_pieces",
        summary="See what was read of a source",
        response_model=PieceList,
        response_description="Fifty pieces at most.",
        responses=problems(422, _404="source_unknown"),
    )
    async def pieces(source_id: UUID, member: Reader, first: Annotated[int, Query(ge=0, le=1_000_000)] = 0) -> object:
        """In the order of the text."""
        _, found = await preview_source(sources, member.business_id, source_id, first, _PIECES + 1)
        told = [PieceOut(place=piece.position, heading=piece.heading, text=piece.body) for piece in found[:_PIECES]]
        return PieceList(pieces=told, next=found[_PIECES].position if len(found) > _PIECES else None)

    @router.get(
        "/api/bot/knowledge/sources/{source_id}/products",
        operation_id="list_knowledge_products",
        summary="List the products of a source",
        response_model=ProductList,
        response_description="All of them.",
        responses=unknown,
    )
    async def products(source_id: UUID, member: Reader) -> object:
        """None where it is no list of products."""
        await find_source(sources, member.business_id, source_id)
        found = await list_products(sources, member.business_id, source_id)
        return ProductList(products=[product_out(one.id, one.product) for one in found])
