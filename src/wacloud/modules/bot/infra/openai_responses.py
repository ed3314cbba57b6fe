"""The model by OpenAI's Responses API, and the choice between it and Chat Completions."""

from collections.abc import Sequence
from typing import Any

import openai
from openai import AsyncOpenAI
from openai.types.responses import Response

from wacloud.modules.bot.application.model import ModelPort, ModelReply
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.bot.domain.prompt import Prompt
from wacloud.modules.bot.infra.chat_completions import ChatCompletions
from wacloud.modules.bot.infra.model_keys import BrokenReply, KeyedClient

# Least thinking first. A model that refuses one is asked with the next, and from then on always.
_EFFORTS = ("none", "low", None)


def open_model(
    api_keys: Sequence[str],
    base_url: str | None,
    model: str,
    deadline_s: float = 20.0,
    api: str | None = None,
) -> ModelPort | None:
    """
    Open the model these settings name, or None where there is neither a key nor a server.

    OpenAI itself is spoken to by Responses, any other server by Chat Completions; `api` ("responses", "chat")
    says otherwise.
    """
    keys = [key.strip() for key in api_keys if key.strip()]
    if not keys and not base_url:
        return None
    client = KeyedClient(keys, base_url, deadline_s)
    if (api or ("chat" if base_url else "responses")) == "chat":
        return ChatCompletions(client, model, basics_only=bool(base_url))
    return OpenAIResponses(client, model)


class OpenAIResponses:
    """See `application.model.ModelPort`."""

    def __init__(self, client: KeyedClient, model: str) -> None:
        self.name = model
        self._client = client
        self._effort = 0

    async def ask(self, prompt: Prompt) -> ModelReply:
        response, ms, failed = await self._client.call(lambda client: self._create(client, prompt))
        refused = _refuses(response)
        complete = response.status == "completed"
        filtered = getattr(response.incomplete_details, "reason", None) == "content_filter"
        return ModelReply(
            text=response.output_text,
            end="refused" if refused or filtered else "complete" if complete else "incomplete",
            model=str(response.model or self.name)[:100],
            usage=_usage(response),
            ms=ms,
            failed=failed,
            request_id=response._request_id,
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _create(self, client: AsyncOpenAI, prompt: Prompt) -> Response:
        while True:
            effort = self._effort
            request: dict[str, Any] = {
                "model": self.name,
                "instructions": prompt.instructions,
                "input": prompt.input,
                "max_output_tokens": prompt.max_output_tokens,
                # Customers' messages stay with us: the history goes along each time.
                "store": False,
                "prompt_cache_key": prompt.cache_key,
                "safety_identifier": prompt.safety_identifier,
            }
            if _EFFORTS[effort]:
                request["reasoning"] = {"effort": _EFFORTS[effort]}
            try:
                response: Any = await client.responses.create(**request)
            except openai.BadRequestError as error:
                if "reasoning" not in (error.param or "") or _EFFORTS[effort] is None:
                    raise
                self._effort = max(self._effort, effort + 1)
                continue
            # The SDK hands on whatever came with a 200, also a page of HTML.
            if not isinstance(response, Response) or response.status not in ("completed", "incomplete"):
                raise BrokenReply
            if not isinstance(response.output, list):
                raise BrokenReply
            return response


def _refuses(response: Response) -> bool:
    return any(
        part.type == "refusal" for item in response.output if item.type == "message" for part in item.content or ()
    )


def _usage(response: Response) -> Usage | None:
    # Servers that only resemble OpenAI leave out any of these.
    if response.usage is None:
        return None
    read, wrote = response.usage.input_tokens_details, response.usage.output_tokens_details
    return Usage(
        input_tokens=response.usage.input_tokens or 0,
        output_tokens=response.usage.output_tokens or 0,
        cached_tokens=getattr(read, "cached_tokens", None) or 0,
        cache_write_tokens=getattr(read, "cache_write_tokens", None) or 0,
        reasoning_tokens=getattr(wrote, "reasoning_tokens", None) or 0,
    )
