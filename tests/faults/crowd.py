"""A crowd of customers: a steady stream of webhooks, delivered as Meta does, with every acknowledgement noted."""

import asyncio
import io
import itertools
import math
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from builders import meta
from rig import Shop, as_body, sign

PATIENCE_S = 20.0
WAITS_S = (0.1, 0.3, 0.6, 1.0)
FAQ = (
    ("¿Cuál es vuestro horario?", "De lunes a viernes de 9:30 a 14:00 y de 17:00 a 20:30."),
    ("¿Dónde está la tienda?", "Estamos en la calle Olmo 14, en el centro de Valladolid."),
    ("¿Hacéis envíos a domicilio?", "Sí, a toda la península en 48-72 horas."),
    ("¿Cómo puedo devolver un producto?", "Tienes 30 días para devolverlo, sin usar y con ticket."),
)
# Mostly what the knowledge answers; now and then something only a person can.
ASKED = (*(question for question, _ in FAQ), *(question for question, _ in FAQ), "hola!", "¿Vendéis submarinos?")


@dataclass(slots=True)
class Crowd:
    """
    `rate` bodies a second. One in ten bodies carries three messages, one in eight is posted again, at once or later.

    Whatever is not answered 200 is posted again until it is, to the next of `urls`.
    """

    http: aiohttp.ClientSession
    urls: Sequence[str]
    shops: Sequence[Shop]
    rate: float
    random: random.Random
    # So many that nobody gets more than Meta allows one person: 45 at once, then one every six seconds.
    contacts_each: int = 80 if not os.environ.get("FAULTS_LONG") else 600
    acknowledged: dict[str, Shop] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    repeats: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    acks_at: list[float] = field(default_factory=list)
    slowest: dict[str, float] = field(default_factory=dict)
    without_retry_after: int = 0
    _posting: set["asyncio.Task[None]"] = field(default_factory=set)
    _number: "itertools.count[int]" = field(default_factory=itertools.count)

    async def write(self, seconds: float = math.inf) -> None:
        """Keep the stream up for so long, whatever becomes of it."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for n in itertools.count():
            due = begun + n / self.rate
            if due > begun + seconds:
                return
            await asyncio.sleep(max(due - loop.time(), 0))
            self._deliver()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """The stream flows for as long as the block lasts."""
        stream = asyncio.create_task(self.write())
        try:
            yield
        finally:
            stream.cancel()
            await asyncio.gather(stream, return_exceptions=True)

    async def everything_delivered(self, within: float) -> None:
        """Wait until every body written has been acknowledged."""
        async with asyncio.timeout(within):
            while self._posting:
                await asyncio.gather(*self._posting)

    async def close(self) -> None:
        for task in self._posting:
            task.cancel()
        await asyncio.gather(*self._posting, return_exceptions=True)

    def _deliver(self) -> None:
        shop = self.random.choice(self.shops)
        contact = f"346{self.shops.index(shop)}{self.random.randrange(self.contacts_each):07}"
        texts = [self._text(contact) for _ in range(3 if self.random.random() < 0.1 else 1)]
        wamids = [text["id"] for text in texts]
        self.written.update(wamids)
        value = meta.value(shop.phone_number_id, contacts=[meta.contact(contact)], messages=texts)
        body = as_body(meta.envelope(shop.waba_id, value))
        self._start(self._post(shop, body, wamids, 0.0))
        if self.random.random() < 0.125:
            self.repeats += 1
            self._start(self._post(shop, body, wamids, self.random.choice((0.0, 0.0, 0.5, 2.0))))

    def _text(self, contact: str) -> dict[str, Any]:
        return meta.text(contact, self.random.choice(ASKED))

    def _start(self, posting: Any) -> None:
        task = asyncio.create_task(posting)
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def _post(self, shop: Shop, body: bytes, wamids: Sequence[str], after: float) -> None:
        await asyncio.sleep(after)
        for attempt in itertools.count():
            url = self.urls[(next(self._number) if attempt else hash(wamids[0])) % len(self.urls)]
            if await self._try(url, body):
                self.acknowledged.update((wamid, shop) for wamid in wamids)
                return
            await asyncio.sleep(WAITS_S[min(attempt, len(WAITS_S) - 1)] * self.random.uniform(0.8, 1.2))

    async def _try(self, url: str, body: bytes) -> bool:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        headers = {"content-type": "application/json", "x-hub-signature-256": sign(body)}
        try:
            async with self.http.post(
                f"{url}/api/webhooks/whatsapp",
                data=io.BytesIO(body),
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
            ) as answer:
                await answer.read()
                outcome = str(answer.status)
                if answer.status == 503 and not answer.headers.get("retry-after", "").isdigit():
                    self.without_retry_after += 1
        except TimeoutError:
            outcome = "no answer"
        except (aiohttp.ClientError, OSError):
            outcome = "cut"
        self.answers[outcome] += 1
        self.slowest[outcome] = max(self.slowest.get(outcome, 0.0), loop.time() - begun)
        if outcome == "200":
            self.acks_at.append(loop.time())
        return outcome == "200"
