"""What is sent to `/api/bot/knowledge`, and what comes back."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.bot.application.try_question import Tried
from wacloud.modules.bot.domain.knowledge import LONGEST_ANSWER, LONGEST_QUESTION, KnowledgeItem
from wacloud.modules.bot.domain.product import Product, price_in_words
from wacloud.modules.bot.domain.source import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    LONGEST_URL,
    KnowledgeLimits,
    Problem,
    Refresh,
    Room,
    Source,
    SourceKind,
    SourceState,
)

_PRODUCTS_AT_ONCE = 1000


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ItemBody(_Body):
    """A question as customers ask it, and the answer they get."""

    question: Annotated[str, Field(min_length=2, max_length=LONGEST_QUESTION)]
    answer: Annotated[str, Field(min_length=1, max_length=LONGEST_ANSWER)]


class ItemOut(BaseModel):
    """A question with its answer."""

    id: UUID
    question: str
    answer: str


class ItemList(BaseModel):
    """In the owner's order."""

    items: list[ItemOut]


class TextBody(_Body):
    """A text; without a title its first line is that."""

    title: Annotated[str, Field(max_length=LONGEST_TITLE)] = ""
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class PageBody(_Body):
    """A public page of the web, and how often it is read again."""

    url: Annotated[str, Field(min_length=8, max_length=LONGEST_URL)]
    title: Annotated[str, Field(max_length=LONGEST_TITLE)] = ""
    refresh: Refresh = "weekly"


class ProductBody(_Body):
    """Something you sell; the price as you write it, `12,50 €` or `12.50`."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    price: Annotated[str, Field(max_length=30)] = ""
    currency: Annotated[str, Field(max_length=3)] = ""
    description: Annotated[str, Field(max_length=2000)] = ""
    url: Annotated[str, Field(max_length=LONGEST_URL)] = ""
    availability: Annotated[str, Field(max_length=200)] = ""


class ProductsBody(_Body):
    """A list of products, one source."""

    title: Annotated[str, Field(max_length=LONGEST_TITLE)] = ""
    products: Annotated[list[ProductBody], Field(min_length=1, max_length=_PRODUCTS_AT_ONCE)]


class SourceChange(_Body):
    """What is left out stays. `text` is of texts only, `refresh` of pages only."""

    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)] | None = None
    is_enabled: bool | None = None
    refresh: Refresh | None = None
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)] | None = None


class SourceOut(BaseModel):
    """A source; `reason` says why its newest reading failed. What was read before answers until then."""

    id: UUID
    kind: SourceKind
    title: str
    is_enabled: bool
    state: SourceState
    reason: Problem | None
    url: str | None
    file_name: str | None
    size_bytes: int
    pieces: int
    by_meaning: bool
    refresh: Refresh
    created_at: datetime
    refreshed_at: datetime | None
    next_refresh_at: datetime | None


class RoomOut(BaseModel):
    """What is taken, and what there may be."""

    taken: int
    most: int


class KnowledgeOut(BaseModel):
    """All sources, newest first. `version` grows with every change of what may be answered from."""

    version: int
    room: dict[Literal["items", "sources", "pages", "products", "size_bytes", "pieces"], RoomOut]
    sources: list[SourceOut]


class PieceOut(BaseModel):
    """As the search sees it."""

    place: int
    heading: str
    text: str


class PieceList(BaseModel):
    """Some pieces of a source; `next` is where to go on."""

    pieces: list[PieceOut]
    next: int | None


class ProductOut(BaseModel):
    """A product; `price` is exact, `told` is how the bot says it."""

    id: UUID
    name: str
    price: str | None
    currency: str
    told: str | None
    description: str
    url: str
    availability: str


class ProductList(BaseModel):
    """In their order."""

    products: list[ProductOut]


class QuestionBody(_Body):
    """A question as a customer would write it."""

    text: Annotated[str, Field(min_length=1, max_length=1000)]


class HitOut(BaseModel):
    """What was found: an answer of yours (`item_id`) or a piece of a source (`source_id`), with its scores in 0..1."""

    item_id: UUID | None
    source_id: UUID | None
    place: int | None
    title: str
    text: str
    url: str | None
    score: float
    meaning: float
    words: float
    answers: bool


class TriedOut(BaseModel):
    """Best first. `answers` marks what the bot would say without a model; `threshold` is what it takes."""

    threshold: float
    hits: list[HitOut]


def room_of(room: Room, limits: KnowledgeLimits) -> Any:
    """Each limit by its name."""
    names = ("items", "sources", "pages", "products", "size_bytes", "pieces")
    return {name: RoomOut(taken=getattr(room, name), most=getattr(limits, name)) for name in names}


def item_out(item: KnowledgeItem) -> ItemOut:
    return ItemOut(id=item.id, question=item.question, answer=item.answer)


def source_out(source: Source) -> SourceOut:
    return SourceOut(
        id=source.id,
        kind=source.kind,
        title=source.title,
        is_enabled=source.is_enabled,
        state=source.state,
        reason=source.reason,
        url=source.url,
        file_name=source.file_name,
        size_bytes=source.size_bytes,
        pieces=source.live_chunks,
        by_meaning=source.embedding_model is not None,
        refresh=source.refresh,
        created_at=source.created_at,
        refreshed_at=source.refreshed_at,
        next_refresh_at=source.next_refresh_at,
    )


def product_out(product_id: UUID, product: Product) -> ProductOut:
    return ProductOut(
        id=product_id,
        name=product.name,
        price=None if product.price is None else format(product.price, "f"),
        currency=product.currency,
        told=None if product.price is None else price_in_words(product.price, product.currency),
        description=product.description,
        url=product.url,
        availability=product.availability,
    )


def tried_out(tried: Tried) -> TriedOut:
    hits = []
    for hit in tried.hits:
        passage = hit.item.passage
        hits.append(
            HitOut(
                item_id=None if passage else hit.item.id,
                source_id=passage.source_id if passage else None,
                place=passage.place if passage else None,
                title=hit.item.question,
                text=hit.item.answer,
                url=passage.url if passage else None,
                score=round(hit.score, 3),
                meaning=round(hit.meaning, 3),
                words=round(hit.words, 3),
                answers=hit.item.id in tried.answers,
            )
        )
    return TriedOut(threshold=round(tried.threshold, 3), hits=hits)
