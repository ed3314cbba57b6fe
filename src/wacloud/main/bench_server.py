"""The server of `wacloud serve`, with the inbox of a comparison behind the webhook's route."""

from contextlib import AsyncExitStack
from dataclasses import replace

from wacloud.bench.inboxes import ForgetfulInbox, OneByOneInbox, Storage, single_insert_pool
from wacloud.main.settings import Settings
from wacloud.main.web import serve_house
from wacloud.main.wiring import open_house
from wacloud.shared.infra.webhook_inbox import PostgresWebhookInbox


async def serve_with(settings: Settings, storage: Storage, port: int) -> None:
    """Serve until SIGTERM; everything but the inbox is what `wacloud serve` runs."""
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(settings))
        inbox: PostgresWebhookInbox = house.webhook_inbox
        if storage is Storage.NONE:
            inbox = ForgetfulInbox(house.db)
        elif storage is Storage.SINGLE:
            pool = await stack.enter_async_context(single_insert_pool(settings.database_url))
            inbox = OneByOneInbox(house.db, pool)
        await serve_house(replace(house, webhook_inbox=inbox), "127.0.0.1", port)
