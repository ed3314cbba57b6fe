"""Blue ticks and "typing…" for the customer: nice to have, never in the way."""

import asyncio
from typing import Protocol

from wacloud.modules.whatsapp.application.stored import Mailbox, Newest

AT_ONCE = 20


class MarksRead(Protocol):
    """The part of Meta's Graph API that is needed here."""

    async def mark_read(self, phone_number_id: str, access_token: str, wamid: str, *, typing: bool) -> None:
        """See `ports.CloudApi`."""
        ...


class ReadMarks:
    """
    Marks messages read at Meta, in the background. Call it with no transaction open.

    A lost or skipped mark costs nothing, so it has no row and no retry; when many are under way, new ones are left
    out rather than queued.
    """

    def __init__(self, cloud_api: MarksRead) -> None:
        self._cloud_api = cloud_api
        self._tasks: set[asyncio.Task[None]] = set()

    def typing(self, mailbox: Mailbox) -> None:
        """The bot has read these messages and is about to say something."""
        wamids = [waiting.wamid for waiting in mailbox.messages if waiting.wamid]
        if wamids:
            self._mark(Newest(mailbox.phone_number_id, mailbox.access_token, wamids[-1]), typing=True)

    def read(self, newest: Newest | None) -> None:
        """A person has looked at a conversation up to this message; None: there is none to mark."""
        if newest is not None:
            self._mark(newest, typing=False)

    def _mark(self, newest: Newest, *, typing: bool) -> None:
        if newest.wamid.startswith("unidentified.") or len(self._tasks) >= AT_ONCE:
            return
        task = asyncio.create_task(
            self._cloud_api.mark_read(newest.phone_number_id, newest.access_token, newest.wamid, typing=typing)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Drop what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
