"""What a page of the inbox costs the server with years of messages in one business, row level security on."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, get_args

from wacloud.bench.figures import latency
from wacloud.bench.places import Say
from wacloud.modules.whatsapp.application.inbox import Filter
from wacloud.modules.whatsapp.infra.inbox_reader import PostgresInbox
from wacloud.shared.domain.ids import BusinessId, UserId
from wacloud.shared.infra.postgres import PostgresDatabase

SEARCHES: Final = ("tarta", "albaran", "Lucia Garcia", "34600001234", "no hay nada asi")


@dataclass(frozen=True, slots=True)
class InboxPlan:
    """How many messages and conversations are stored first, and how often each page is read."""

    messages: int = 1_000_000
    conversations: int = 200_000
    times: int = 50


async def measure_inbox(db: PostgresDatabase, business_id: BusinessId, plan: InboxPlan, say: Say) -> dict[str, Any]:
    """Seconds of the server for each view, its next page, a thread, the counts and a search, as a member reads them."""
    async with db.tenant(business_id, read_only=True) as tx:
        row = await tx.row("select user_id from app.members where business_id = %s limit 1", (business_id,))
    if row is None:
        raise LookupError(business_id)
    inbox, user_id = PostgresInbox(db), UserId(row.user_id)
    reads: dict[str, Any] = {}

    async def measure(name: str, times: int, read: Callable[[], Awaitable[object]]) -> None:
        taken = []
        await read()
        for _ in range(times):
            began = time.perf_counter()
            await read()
            taken.append(time.perf_counter() - began)
        reads[name] = asdict(latency(taken))
        say(name)

    for show in get_args(Filter):
        page = await inbox.page(user_id, business_id, show=show)
        await measure(show, plan.times, lambda show=show: inbox.page(user_id, business_id, show=show))  # type: ignore[misc]
        if page.next_cursor:
            after = page.next_cursor
            await measure(
                f"{show}, second page",
                plan.times,
                lambda show=show, after=after: inbox.page(user_id, business_id, show=show, cursor=after),  # type: ignore[misc]
            )
    first = (await inbox.page(user_id, business_id)).rows[0]
    await measure("thread", plan.times, lambda: inbox.thread(user_id, business_id, first.id))
    await measure("counts", plan.times, lambda: inbox.counts(user_id, business_id))
    for words in SEARCHES:
        await measure(
            f"search “{words}”",
            max(1, plan.times // 5),
            lambda words=words: inbox.page(user_id, business_id, search=words),  # type: ignore[misc]
        )
    return {"plan": asdict(plan), "reads": reads}
