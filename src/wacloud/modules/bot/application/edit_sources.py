"""Sources are added, changed and removed; a job reads them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import UUID

from wacloud.modules.bot.application.log_changes import SYSTEM, Editor, log_change
from wacloud.modules.bot.application.read_source import read_later
from wacloud.modules.bot.application.source_ports import NewSource, SourceDeps, StoredChunk, StoredProduct
from wacloud.modules.bot.domain.product import Product
from wacloud.modules.bot.domain.source import (
    LARGEST_FILE,
    FileRefused,
    FileTooLarge,
    KnowledgeLimits,
    NotOfThisKind,
    PageKnown,
    Refresh,
    Room,
    Source,
    SourceUnknown,
    check_room,
    checked_text,
    checked_title,
    checked_url,
)
from wacloud.modules.whatsapp.api import StoreOfFilesAway, clean_name, file_type
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import Unavailable
from wacloud.shared.domain.ids import BusinessId, new_id

_HEAD: Final = 4096
_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_HTML_ENDS: Final = (".html", ".htm", ".xhtml")
BY_HAND: Final = "Productos"


async def list_sources(deps: SourceDeps, business_id: BusinessId) -> tuple[list[Source], Room, KnowledgeLimits]:
    """All sources, what they take, and what there may be."""
    async with deps.knowledge.db.tenant(business_id, read_only=True) as tx:
        sources = await deps.rows.listed(tx, business_id)
        room = await deps.rows.room(tx, business_id)
    return sources, room, await deps.limits(business_id)


async def find_source(deps: SourceDeps, business_id: BusinessId, source_id: UUID) -> Source:
    """:raises SourceUnknown: there is none."""
    async with deps.knowledge.db.tenant(business_id, read_only=True) as tx:
        return await _found(deps, tx, business_id, source_id)


async def preview_source(
    deps: SourceDeps, business_id: BusinessId, source_id: UUID, first: int, most: int
) -> tuple[Source, list[StoredChunk]]:
    """What was read, in the pieces the search sees; `first` is the place to begin at."""
    async with deps.knowledge.db.tenant(business_id, read_only=True) as tx:
        source = await _found(deps, tx, business_id, source_id)
        return source, await deps.rows.chunks(tx, business_id, source_id, first, most)


async def source_text(deps: SourceDeps, business_id: BusinessId, source_id: UUID) -> str:
    """The text a person typed, to be changed."""
    async with deps.knowledge.db.tenant(business_id, read_only=True) as tx:
        found = await deps.rows.to_read(tx, business_id, source_id)
    if found is None:
        raise SourceUnknown
    return found.body or ""


async def add_text(deps: SourceDeps, business_id: BusinessId, title: str, text: str, by: Editor = SYSTEM) -> Source:
    """
    Add a text.

    :raises TextLength: there is none, or too much of it.
    :raises NoRoomForKnowledge: the plan has no room for it.
    """
    body = checked_text(text)
    told = checked_title(title, otherwise=body.split("\n", 1)[0])
    new = NewSource(kind="text", title=told, body=body, size_bytes=len(body.encode()))
    return await _add(deps, business_id, new, by)


async def add_page(
    deps: SourceDeps, business_id: BusinessId, url: str, refresh: Refresh, title: str = "", by: Editor = SYSTEM
) -> Source:
    """
    Add a page of the web; it is fetched soon, and again as often as `refresh` says.

    :raises AddressRefused: it is no address of the public web.
    :raises PageKnown: it is there.
    :raises NoRoomForKnowledge: the plan has no room for it.
    """
    address = checked_url(url)
    told = checked_title(title, otherwise=address.partition("://")[2])
    return await _add(deps, business_id, NewSource(kind="page", title=told, url=address, refresh=refresh), by)


async def add_file(
    deps: SourceDeps, business_id: BusinessId, file: Path, name: str, title: str = "", by: Editor = SYSTEM
) -> Source:
    """
    Keep a file, to be read by a job that can be harmed by nothing in it.

    :raises FileRefused: it is no document we read, by its bytes.
    :raises FileTooLarge: there is more of it than may be.
    :raises NoRoomForKnowledge: the plan has no room for it.
    """
    size = (await asyncio.to_thread(file.stat)).st_size
    if size > LARGEST_FILE:
        raise FileTooLarge(field="file", size=size, limit=LARGEST_FILE)
    content_type = await asyncio.to_thread(document_type, file, name)
    shown = clean_name(name) or "documento"
    limits = await deps.limits(business_id)
    async with deps.knowledge.db.tenant(business_id, read_only=True) as tx:
        # Once before the bytes go anywhere; what counts is the look when the row is written.
        check_room(await deps.rows.room(tx, business_id), limits, kind="file", size_bytes=size)
    new = NewSource(
        kind="file",
        title=checked_title(title, otherwise=shown),
        file_key=f"b/{business_id}/knowledge/{new_id().hex}",
        file_name=shown[:200],
        content_type=content_type,
        size_bytes=size,
    )
    try:
        await deps.files.put(new.file_key or "", file)
    except StoreOfFilesAway as away:
        raise Unavailable from away
    try:
        return await _add(deps, business_id, new, by)
    except BaseException:
        await _forget_file(deps, new.file_key)
        raise


_NO_TEXT_ENDS: Final = (".pdf", ".docx", ".doc", ".odt", ".rtf", ".xlsx", ".xls", ".jpg", ".jpeg", ".png", ".zip")
_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8")


def document_type(file: Path, name: str) -> str:
    """
    What a document is by its bytes; the name tells a table or a page from other text, nothing more.

    :raises FileRefused: it is none.
    """
    with file.open("rb") as opened:
        head = opened.read(_HEAD)
    found = file_type(head, name=name)
    lower = name.lower()
    if found.content_type in ("application/pdf", _DOCX):
        return found.content_type
    is_text = found.active or found.content_type == "text/plain" or _is_windows_text(head)
    # What calls itself a document or begins as a picture is no text, however much of it can be read as one.
    is_another = lower.endswith(_NO_TEXT_ENDS) or head.startswith(_PICTURES)
    if not is_text or is_another or not head.strip():
        raise FileRefused(field="file", found=found.content_type)
    if lower.endswith((".csv", ".tsv")):
        return "text/csv"
    # A drawing or a program is no text, whatever it is written in.
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml", b"<script")) and b"<html" not in head.lower():
        raise FileRefused(field="file", found=found.content_type)
    return "text/html" if lower.endswith(_HTML_ENDS) or found.active else "text/plain"


def _is_windows_text(head: bytes) -> bool:
    """Text of an old program: no UTF-8, and nothing in it that no text has."""
    return not any(byte < 32 and byte not in (9, 10, 12, 13) for byte in head)


async def add_products(
    deps: SourceDeps, business_id: BusinessId, title: str, products: Sequence[Product], by: Editor = SYSTEM
) -> Source:
    """
    A list of products as one source.

    :raises NoRoomForKnowledge: the plan has no room for so many.
    """
    new = NewSource(kind="product", title=checked_title(title, otherwise=BY_HAND), size_bytes=_size(products))
    return await _add(deps, business_id, new, by, products)


async def add_product(deps: SourceDeps, business_id: BusinessId, product: Product, by: Editor = SYSTEM) -> Source:
    """
    One product typed by hand, into the list of those.

    :raises NoRoomForKnowledge: the plan has no room for it.
    """
    limits = await deps.limits(business_id)
    async with deps.knowledge.db.tenant(business_id) as tx:
        await deps.rows.lock(tx, business_id)
        lists = [s for s in await deps.rows.listed(tx, business_id) if s.kind == "product" and s.title == BY_HAND]
        room = await deps.rows.room(tx, business_id)
        if lists:
            check_room(replace(room, sources=room.sources - 1), limits, kind="product", products=1)
            source_id = lists[0].id
        else:
            check_room(room, limits, kind="product", products=1)
            made = await deps.rows.add(tx, business_id, NewSource(kind="product", title=BY_HAND))
            assert made is not None
            source_id = made
        await deps.rows.add_product(tx, business_id, source_id, product)
        await read_later(deps, tx, business_id, source_id)
        source = await _found(deps, tx, business_id, source_id)
        await _log(deps, tx, business_id, by, "product_added", source, name=product.name)
        return source


async def change_product(
    deps: SourceDeps, business_id: BusinessId, product_id: UUID, product: Product, by: Editor = SYSTEM
) -> UUID:
    """:raises SourceUnknown: there is no such product."""
    async with deps.knowledge.db.tenant(business_id) as tx:
        source_id = await deps.rows.change_product(tx, business_id, product_id, product)
        if source_id is None:
            raise SourceUnknown
        await read_later(deps, tx, business_id, source_id)
        source = await _found(deps, tx, business_id, source_id)
        await _log(deps, tx, business_id, by, "product_changed", source, name=product.name)
    return source_id


async def remove_product(deps: SourceDeps, business_id: BusinessId, product_id: UUID, by: Editor = SYSTEM) -> UUID:
    """:raises SourceUnknown: there is no such product."""
    async with deps.knowledge.db.tenant(business_id) as tx:
        source_id = await deps.rows.remove_product(tx, business_id, product_id)
        if source_id is None:
            raise SourceUnknown
        await read_later(deps, tx, business_id, source_id)
        source = await _found(deps, tx, business_id, source_id)
        await _log(deps, tx, business_id, by, "product_removed", source)
    return source_id


async def list_products(deps: SourceDeps, business_id: BusinessId, source_id: UUID) -> list[StoredProduct]:
    """Of one list."""
    async with deps.knowledge.db.tenant(business_id, read_only=True) as tx:
        return await deps.rows.products(tx, business_id, source_id)


async def change_source(
    deps: SourceDeps,
    business_id: BusinessId,
    source_id: UUID,
    *,
    title: str | None = None,
    is_enabled: bool | None = None,
    refresh: Refresh | None = None,
    text: str | None = None,
    by: Editor = SYSTEM,
) -> Source:
    """
    What is not None; a new text is read again, and the old one answers until it is.

    :raises SourceUnknown: there is no such source.
    :raises NotOfThisKind: only texts have a text, only pages are refreshed.
    :raises NoRoomForKnowledge: the plan has no room for the new text.
    """
    body = None if text is None else checked_text(text)
    told = None if title is None else checked_title(title)
    limits = await deps.limits(business_id)
    async with deps.knowledge.db.tenant(business_id) as tx:
        await deps.rows.lock(tx, business_id)
        source = await _found(deps, tx, business_id, source_id)
        if (body is not None and source.kind != "text") or (refresh is not None and source.kind != "page"):
            raise NotOfThisKind
        size = None if body is None else len(body.encode())
        if size is not None:
            room = await deps.rows.room(tx, business_id)
            without = replace(room, sources=room.sources - 1, size_bytes=room.size_bytes - source.size_bytes)
            check_room(without, limits, kind="text", size_bytes=size)
        due = deps.clock() if refresh in ("daily", "weekly") and refresh != source.refresh else None
        await deps.rows.change(
            tx,
            business_id,
            source_id,
            title=told,
            is_enabled=is_enabled,
            refresh=refresh,
            body=body,
            size_bytes=size,
            next_refresh_at=due if refresh != source.refresh else source.next_refresh_at,
        )
        if body is not None:
            await read_later(deps, tx, business_id, source_id)
        changed = await _found(deps, tx, business_id, source_id)
        fields = [
            name for name in ("title", "is_enabled", "refresh") if getattr(changed, name) != getattr(source, name)
        ]
        if body is not None:
            fields.append("text")
        if fields:
            await _log(deps, tx, business_id, by, "source_changed", changed, fields=fields)
        return changed


async def read_again(deps: SourceDeps, business_id: BusinessId, source_id: UUID, by: Editor = SYSTEM) -> None:
    """:raises SourceUnknown: there is no such source."""
    async with deps.knowledge.db.tenant(business_id) as tx:
        source = await _found(deps, tx, business_id, source_id)
        await read_later(deps, tx, business_id, source_id)
        await _log(deps, tx, business_id, by, "source_read_again", source)


async def remove_source(deps: SourceDeps, business_id: BusinessId, source_id: UUID, by: Editor = SYSTEM) -> None:
    """
    With all that was read of it; nothing is answered from it any more.

    :raises SourceUnknown: there is no such source.
    """
    async with deps.knowledge.db.tenant(business_id) as tx:
        source = await _found(deps, tx, business_id, source_id)
        key = await deps.rows.remove(tx, business_id, source_id)
        await _log(deps, tx, business_id, by, "source_removed", source)
    await _forget_file(deps, key)


async def _add(
    deps: SourceDeps, business_id: BusinessId, new: NewSource, by: Editor, products: Sequence[Product] = ()
) -> Source:
    limits = await deps.limits(business_id)
    async with deps.knowledge.db.tenant(business_id) as tx:
        await deps.rows.lock(tx, business_id)
        room = await deps.rows.room(tx, business_id)
        check_room(room, limits, kind=new.kind, size_bytes=new.size_bytes, products=len(products))
        source_id = await deps.rows.add(tx, business_id, new)
        if source_id is None:
            raise PageKnown(field="url")
        if products:
            await deps.rows.replace_products(tx, business_id, source_id, products)
        await read_later(deps, tx, business_id, source_id)
        source = await _found(deps, tx, business_id, source_id)
        await _log(deps, tx, business_id, by, "source_added", source)
        return source


async def _found(deps: SourceDeps, tx: Tx, business_id: BusinessId, source_id: UUID) -> Source:
    source = await deps.rows.find(tx, business_id, source_id)
    if source is None:
        raise SourceUnknown
    return source


async def _log(
    deps: SourceDeps, tx: Tx, business_id: BusinessId, by: Editor, done: str, source: Source, **detail: object
) -> None:
    told = {"source_id": str(source.id), "title": source.title, "kind": source.kind, **detail}
    await log_change(deps.knowledge.business, tx, business_id, by, f"bot.{done}", **told)


async def _forget_file(deps: SourceDeps, key: str | None) -> None:
    """What cannot be deleted now goes with the business at the latest: nothing leads to it any more."""
    if key is not None:
        try:
            await deps.files.delete([key])
        except StoreOfFilesAway:
            return


def _size(products: Sequence[Product]) -> int:
    return sum(len(product.told().encode()) for product in products)
