"""The model by Chat Completions, which nearly every server speaks, small ones included."""

from typing import Any

from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion

from wacloud.modules.bot.application.model import ModelReply
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.bot.domain.prompt import Prompt
from wacloud.modules.bot.infra.model_keys import BrokenReply, KeyedClient


class ChatCompletions:
    """
    See `application.model.ModelPort`.

    `basics_only` sends nothing but model, messages and max_tokens. OpenAI itself wants the newer names.
    """

    def __init__(self, client: KeyedClient, model: str, *, basics_only: bool) -> None:
        self.name = model
        self._client = client
        self._basics_only = basics_only

    async def ask(self, prompt: Prompt) -> ModelReply:
        completion, ms, failed = await self._client.call(lambda client: self._create(client, prompt))
        choice = completion.choices[0]
        refused = bool(choice.message.refusal) or choice.finish_reason == "content_filter"
        return ModelReply(
            text=choice.message.content if isinstance(choice.message.content, str) else "",
            end="refused" if refused else "incomplete" if choice.finish_reason == "length" else "complete",
            model=str(completion.model or self.name)[:100],
            usage=_usage(completion),
            ms=ms,
            failed=failed,
            request_id=completion._request_id,
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _create(self, client: AsyncOpenAI, prompt: Prompt) -> ChatCompletion:
        request: dict[str, Any] = {
            "model": self.name,
            "messages": [
                {"role": "system", "content": prompt.instructions},
                {"role": "user", "content": prompt.input},
            ],
        }
        if self._basics_only:
            request["max_tokens"] = prompt.max_output_tokens
        else:
            request |= {
                "max_completion_tokens": prompt.max_output_tokens,
                "store": False,
                "prompt_cache_key": prompt.cache_key,
                "safety_identifier": prompt.safety_identifier,
            }
        completion: Any = await client.chat.completions.create(**request)
        if not isinstance(completion, ChatCompletion) or not completion.choices:
            raise BrokenReply
        if completion.choices[0].message is None:
            raise BrokenReply
        return completion


def _usage(completion: ChatCompletion) -> Usage | None:
    usage = completion.usage
    if usage is None:
        return None
    read, wrote = usage.prompt_tokens_details, usage.completion_tokens_details
    return Usage(
        input_tokens=usage.prompt_tokens or 0,
        output_tokens=usage.completion_tokens or 0,
        cached_tokens=getattr(read, "cached_tokens", None) or 0,
        cache_write_tokens=getattr(read, "cache_write_tokens", None) or 0,
        reasoning_tokens=getattr(wrote, "reasoning_tokens", None) or 0,
    )
