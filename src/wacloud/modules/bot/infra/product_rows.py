"""The rows of products."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from wacloud.modules.bot.application.source_ports import StoredProduct
from wacloud.modules.bot.domain.product import Product
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


class PostgresProducts:
    """The part of `source_ports.SourceRows` that is about products."""

    async def products(self, tx: Tx, business_id: BusinessId, source_id: UUID) -> list[StoredProduct]:
        rows = await tx.rows(
            """
            select id, name, price, currency, description, url, availability from app.knowledge_products
            where business_id = %s and source_id = %s order by position, id
            """,
            (business_id, source_id),
        )
        return [StoredProduct(row[0], Product(*row[1:])) for row in rows]

    async def replace_products(
        self, tx: Tx, business_id: BusinessId, source_id: UUID, products: Sequence[Product]
    ) -> None:
        await tx.execute(
            "delete from app.knowledge_products where business_id = %s and source_id = %s", (business_id, source_id)
        )
        await tx.execute(
            """
            insert into app.knowledge_products
              (business_id, source_id, position, name, price, currency, description, url, availability)
            select %s, %s, position, name, price::numeric, currency, description, url, availability
            from unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
              as t(position, name, price, currency, description, url, availability)
            """,
            (
                business_id,
                source_id,
                list(range(len(products))),
                [one.name for one in products],
                [None if one.price is None else format(one.price, "f") for one in products],
                [one.currency for one in products],
                [one.description for one in products],
                [one.url for one in products],
                [one.availability for one in products],
            ),
        )

    async def add_product(self, tx: Tx, business_id: BusinessId, source_id: UUID, product: Product) -> UUID:
        row: Any = await tx.row(
            """
            insert into app.knowledge_products
              (business_id, source_id, position, name, price, currency, description, url, availability)
            select %(b)s, %(s)s, coalesce(max(position) + 1, 0), %(name)s, %(price)s, %(currency)s, %(description)s,
              %(url)s, %(availability)s
            from app.knowledge_products where business_id = %(b)s and source_id = %(s)s
            returning id
            """,
            {"b": business_id, "s": source_id, **_values(product)},
        )
        found: UUID = row.id
        return found

    async def change_product(self, tx: Tx, business_id: BusinessId, product_id: UUID, product: Product) -> UUID | None:
        row = await tx.row(
            """
            update app.knowledge_products set name = %(name)s, price = %(price)s, currency = %(currency)s,
              description = %(description)s, url = %(url)s, availability = %(availability)s
            where business_id = %(b)s and id = %(id)s returning source_id
            """,
            {"b": business_id, "id": product_id, **_values(product)},
        )
        return None if row is None else row.source_id

    async def remove_product(self, tx: Tx, business_id: BusinessId, product_id: UUID) -> UUID | None:
        row = await tx.row(
            "delete from app.knowledge_products where business_id = %s and id = %s returning source_id",
            (business_id, product_id),
        )
        return None if row is None else row.source_id


def _values(product: Product) -> dict[str, Any]:
    return {
        "name": product.name,
        "price": product.price,
        "currency": product.currency,
        "description": product.description,
        "url": product.url,
        "availability": product.availability,
    }
