"""Texts judged by OpenAI's moderation, which is free and which no other server has."""

import asyncio
from typing import Any

import openai
from openai.types import ModerationCreateResponse

from wacloud.modules.bot.application.guards import Moderated, ModerationAway
from wacloud.modules.bot.application.model import ModelUnavailable
from wacloud.modules.bot.infra.model_keys import BrokenReply, KeyedClient

MODEL = "omni-moderation-latest"
_LONGEST = 8000
_DEADLINE_S = 3.0


class OpenAIModerator:
    """See `application.guards.Moderator`. A server that has none is asked once."""

    def __init__(self, client: KeyedClient) -> None:
        self._client = client
        self._never = False

    async def judge(self, text: str) -> Moderated:
        if self._never:
            raise ModerationAway
        try:
            async with asyncio.timeout(_DEADLINE_S):
                found, _, _ = await self._client.call(lambda client: self._create(client, text[-_LONGEST:]), aside=True)
        except ModelUnavailable as away:
            self._never = bool(away.failed) and away.failed[-1].status in (404, 405, 501)
            raise ModerationAway from away
        except TimeoutError as error:
            raise ModerationAway from error
        return found

    async def _create(self, client: openai.AsyncOpenAI, text: str) -> Moderated:
        reply: Any = await client.moderations.create(model=MODEL, input=text)
        if not isinstance(reply, ModerationCreateResponse) or not isinstance(reply.results, list):
            raise BrokenReply
        found = set()
        for result in reply.results:
            if result.flagged:
                found |= {name for name, is_so in result.categories.model_dump(by_alias=True).items() if is_so}
                found = found or {"flagged"}
        return Moderated(frozenset(found))
