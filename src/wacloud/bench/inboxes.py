"""The two inboxes the real one is compared with: one that stores nothing, one that stores each webhook by itself."""

import hashlib
import json
from enum import StrEnum

import psycopg
from psycopg_pool import AsyncConnectionPool

from wacloud.shared.application.db import StoreAway
from wacloud.shared.application.webhooks import RawWebhook
from wacloud.shared.infra.postgres import Connection, PostgresDatabase
from wacloud.shared.infra.webhook_inbox import PostgresWebhookInbox

# Leaner than what the real inbox does for a row: no look back over nine days, no bell, one trip.
_KEEP_ONE = """
insert into app.webhook_inbox (provider, lane, business_id, body, headers, digest)
values (%s, %s, (select business_id from app.whatsapp_accounts where waba_id = %s), %s, %s::jsonb, %s)
on conflict do nothing
"""


class Storage(StrEnum):
    """What a server under measurement does with a verified webhook."""

    BATCHED = "batched"
    NONE = "none"
    SINGLE = "single"


class ForgetfulInbox(PostgresWebhookInbox):
    """Stores nothing: what is left is HTTP, the signature and the route."""

    def __init__(self, db: PostgresDatabase) -> None:
        super().__init__(db)

    async def keep(self, webhook: RawWebhook) -> None:
        """Forget it."""


class OneByOneInbox(PostgresWebhookInbox):
    """One INSERT and one commit for each webhook, in the cheapest way there is: one trip, no transaction around it."""

    def __init__(self, db: PostgresDatabase, pool: "AsyncConnectionPool[Connection]") -> None:
        super().__init__(db)
        self._pool = pool

    async def keep(self, webhook: RawWebhook) -> None:
        row = (
            webhook.provider,
            webhook.lane,
            webhook.account,
            webhook.body,
            json.dumps(dict(webhook.headers)),
            hashlib.sha256(webhook.body).digest(),
        )
        try:
            async with self._pool.connection() as conn:
                await conn.execute(_KEEP_ONE, row)
        except psycopg.Error as error:
            raise StoreAway(str(error)) from error


def single_insert_pool(dsn: str) -> "AsyncConnectionPool[Connection]":
    """As many connections as the real server has, which are the storing role once and for all. Not opened yet."""
    return AsyncConnectionPool(
        dsn,
        min_size=20,
        max_size=20,
        timeout=5,
        open=False,
        kwargs={"autocommit": True, "prepare_threshold": 1, "options": "-c role=wacloud_system"},
    )
