"""A customer talks to a shop, and a test looks at what came of it."""

from datetime import UTC, datetime, timedelta

from builders import meta
from rig import Rig, Shop, as_body, eventually

ROSA, PACO = "34600111222", "34600333444"
OTHER_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ALWAYS_OPEN = {"hours": {day: [["00:00", "24:00"]] for day in OTHER_DAYS}}


async def writes(rig: Rig, shop: Shop, body: str, wa_id: str = ROSA, **more) -> str:
    """One text; returns its wamid."""
    message = meta.text(wa_id, body, **more)
    await sends(rig, shop, message, wa_id)
    return message["id"]


async def sends(rig: Rig, shop: Shop, message: dict, wa_id: str = ROSA) -> None:
    """One message of any kind."""
    body = meta.inbound_of(shop, message, contacts=[meta.contact(wa_id)])
    assert await rig.post(as_body(body)) == 200


async def turns(rig: Rig, shop: Shop):
    """The records of what the bot decided, oldest first."""
    return await rig.rows(
        shop, "select * from app.bot_turns where business_id = %s order by decided_at, id", (shop.business_id,)
    )


async def at_rest(rig: Rig, shop: Shop, webhooks: int):
    """The ledger, once everything is processed and no job of the shop is left."""

    async def no_jobs():
        # What is to run in some hours is no work that is under way.
        soon = datetime.now(UTC) + timedelta(seconds=30)
        return not [job for job in await rig.jobs(shop) if job.run_at < soon]

    await rig.settled(shop, webhooks=webhooks)
    await eventually(no_jobs)
    return await rig.ledger(shop)


def ends(messages) -> set[tuple[str, str | None]]:
    """How messages ended, and why."""
    return {(message.state, message.reason) for message in messages}
