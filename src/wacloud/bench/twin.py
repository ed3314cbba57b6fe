"""The Graph twin as a witness: which replies reached it, and when."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import aiohttp

from wacloud.bench.bodies import bsuid_of, marks_in

_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Reply:
    """A POST the twin accepted: to whom, when it arrived there, and which messages it answers."""

    wa_id: str
    at: float
    marks: tuple[int, ...]


class Witness:
    """Asks the twin through its control paths; none of it happens while a load is measured, but for a brief look."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session = session
        self._url = f"http://127.0.0.1:{port}/_twin"

    async def introduce(self, wa_ids: Iterable[str]) -> None:
        """Tell the twin who these people are, so that it speaks of them by the ids the webhooks show."""
        room = asyncio.Semaphore(_AT_ONCE)

        async def add(wa_id: str) -> None:
            person = {"name": "Cliente", "wa_id": wa_id, "bsuid": bsuid_of(wa_id)}
            async with room, self._session.post(f"{self._url}/customers", json=person) as answer:
                answer.raise_for_status()

        await asyncio.gather(*(add(wa_id) for wa_id in wa_ids))

    async def ledger(self) -> dict[str, Any]:
        """The counts since the last `forget`."""
        return await self._get({"brief": "1"})

    async def forget(self) -> None:
        """Start the counts anew."""
        async with self._session.delete(f"{self._url}/ledger") as answer:
            answer.raise_for_status()

    async def replies(self, wa_ids: Iterable[str]) -> list[Reply]:
        """What reached these people, each one's in the order of arrival."""
        room = asyncio.Semaphore(_AT_ONCE)

        async def of(wa_id: str) -> list[Reply]:
            async with room:
                texts = (await self._get({"customer": wa_id}))["texts"]
            return [Reply(wa_id, text["at"], tuple(marks_in(text["text"] or ""))) for text in texts]

        found = await asyncio.gather(*(of(wa_id) for wa_id in wa_ids))
        return [reply for own in found for reply in own]

    async def _get(self, query: dict[str, str]) -> dict[str, Any]:
        async with self._session.get(f"{self._url}/ledger", params=query) as answer:
            answer.raise_for_status()
            content: dict[str, Any] = await answer.json()
            return content
