"""A table of products as a file: taken whole, or refused with the row that cannot be read."""

import asyncio
from pathlib import Path
from typing import ClassVar

from wacloud.modules.bot.application.source_ports import NotExtracted, SourceDeps
from wacloud.modules.bot.domain.product import Product, products_in
from wacloud.modules.bot.domain.source import FileRefused, FileTooLarge
from wacloud.shared.domain.errors import AppError, Kind
from wacloud.shared.domain.ids import BusinessId

LARGEST_TABLE = 5 * 1024 * 1024


class ProductRowUnreadable(AppError):
    """A row of the table cannot be read: look at its name and price."""

    kind: ClassVar[Kind] = "invalid"


async def read_products(deps: SourceDeps, business_id: BusinessId, file: Path) -> list[Product]:
    """
    The products in a CSV file.

    :raises FileTooLarge: more than 5 MB.
    :raises FileRefused: it is no table.
    :raises NoProductColumns: its first row names no column a name.
    :raises ProductRowUnreadable: `row` says which, `problem` what is wrong with it.
    """
    size = (await asyncio.to_thread(file.stat)).st_size
    if size > LARGEST_TABLE:
        raise FileTooLarge(field="file", size=size, limit=LARGEST_TABLE)
    limits = await deps.limits(business_id)
    try:
        rows = await deps.extractor.table(file)
    except NotExtracted as problem:
        raise FileRefused(field="file", found=problem.problem) from problem
    products, wrong = products_in(rows, limits.products)
    if wrong or not products:
        row, what = wrong[0] if wrong else (1, "product_name_length")
        raise ProductRowUnreadable(field="file", row=row, problem=what)
    return products
