"""Blue ticks and "typing…" for the customer while an answer is being made: nice to have, never in the way."""

import asyncio

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import Mailbox

AT_ONCE = 20


class ShowTyping:
    """
    Marks the newest message of a mailbox read and shows typing, in the background.

    A lost or skipped one costs nothing, so it has no row and no retry; when many are under way, new ones are left
    out rather than queued.
    """

    def __init__(self, deps: WhatsappDeps) -> None:
        self._deps = deps
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, mailbox: Mailbox) -> None:
        wamids = [waiting.wamid for waiting in mailbox.messages if waiting.wamid]
        if not wamids or wamids[-1].startswith("unidentified.") or len(self._tasks) >= AT_ONCE:
            return
        task = asyncio.create_task(
            self._deps.cloud_api.mark_read(mailbox.phone_number_id, mailbox.access_token, wamids[-1], typing=True)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
