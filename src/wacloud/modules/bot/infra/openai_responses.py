"""The model by OpenAI's Responses API, and the choice between it and Chat Completions."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import openai
from openai import AsyncOpenAI
from openai.types.responses import Response

from wacloud.modules.bot.application.guards import Provider, TellHealth
from wacloud.modules.bot.application.model import ModelPort, ModelReply
from wacloud.modules.bot.domain.picture import Picture
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.bot.domain.prompt import Prompt
from wacloud.modules.bot.domain.tools import Round, Tool, ToolCall
from wacloud.modules.bot.infra.chat_completions import ChatCompletions
from wacloud.modules.bot.infra.model_habits import FORM, Habits
from wacloud.modules.bot.infra.model_keys import BrokenReply, KeyedClient
from wacloud.modules.bot.infra.moderation import OpenAIModerator


def open_model(
    api_keys: Sequence[str],
    base_url: str | None,
    model: str,
    deadline_s: float = 20.0,
    api: str | None = None,
) -> ModelPort | None:
    """The model these settings name; see `open_provider`."""
    provider = open_provider(api_keys, base_url, model, deadline_s, api)
    return provider.model if provider else None


def open_provider(
    api_keys: Sequence[str],
    base_url: str | None,
    model: str,
    deadline_s: float = 20.0,
    api: str | None = None,
    *,
    own: bool = False,
    tell: TellHealth | None = None,
    vision: bool | None = None,
) -> Provider | None:
    """
    Open the provider these settings name, or None where there is neither a key nor a server.

    OpenAI itself is spoken to by Responses, any other server by Chat Completions; `api` ("responses", "chat")
    says otherwise.
    """
    keys = [key.strip() for key in api_keys if key.strip()]
    if not keys and not base_url:
        return None
    client = KeyedClient(keys, base_url, deadline_s, tell=tell)
    chosen: ModelPort
    if (api or ("responses" if _is_openai(base_url) else "chat")) == "chat":
        chosen = ChatCompletions(client, model, basics_only=not _is_openai(base_url))
    else:
        chosen = OpenAIResponses(client, model)
    return Provider(chosen, OpenAIModerator(client), own, vision)


def _is_openai(base_url: str | None) -> bool:
    return not base_url or (urlsplit(base_url).hostname or "").endswith(".openai.com")


class OpenAIResponses:
    """See `application.model.ModelPort`."""

    def __init__(self, client: KeyedClient, model: str) -> None:
        self.name = model
        self._client = client
        self._habits: dict[str, Habits] = {}

    async def ask(self, prompt: Prompt) -> ModelReply:
        model = prompt.model or self.name
        habits = self._habits.setdefault(model, Habits.of(model))
        response, ms, failed = await self._client.call(lambda client: self._create(client, prompt, model, habits))
        filtered = getattr(response.incomplete_details, "reason", None) == "content_filter"
        complete = response.status == "completed"
        return ModelReply(
            text=response.output_text,
            end="refused" if _refuses(response) or filtered else "complete" if complete else "incomplete",
            model=str(response.model or model)[:100],
            usage=_usage(response),
            ms=ms,
            failed=failed,
            request_id=response._request_id,
            calls=tuple(
                ToolCall(item.call_id, item.name, item.arguments)
                for item in response.output
                if item.type == "function_call"
            ),
            carried=_carried(response),
            formed=bool(prompt.decision_rules) and habits.form,
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _create(self, client: AsyncOpenAI, prompt: Prompt, model: str, habits: Habits) -> Response:
        while True:
            try:
                response: Any = await client.responses.create(**_request(prompt, model, habits))
            except openai.BadRequestError as error:
                if not habits.learn(error, prompt):
                    raise
                continue
            # The SDK hands on whatever came with a 200, also a page of HTML.
            if not isinstance(response, Response) or response.status not in ("completed", "incomplete"):
                raise BrokenReply
            if not isinstance(response.output, list):
                raise BrokenReply
            return response


def _request(prompt: Prompt, model: str, habits: Habits) -> dict[str, Any]:
    formed = bool(prompt.decision_rules) and habits.form
    request: dict[str, Any] = {
        "model": model,
        "instructions": prompt.instructions + (prompt.decision_rules if formed else ""),
        "input": _input(prompt.input, habits.shows(prompt), prompt.so_far),
        "max_output_tokens": prompt.max_output_tokens,
        # Customers' messages stay with us: the history goes along each time.
        "store": False,
        "prompt_cache_key": prompt.cache_key,
        "safety_identifier": prompt.safety_identifier,
    }
    effort = habits.effort(prompt.effort)
    if effort:
        request["reasoning"] = {"effort": effort}
        if effort != "none" and prompt.tools:
            # What it thought comes back to it with the tools' outputs, since nothing is stored there.
            request["include"] = ["reasoning.encrypted_content"]
    if (temperature := habits.temperature(prompt)) is not None:
        request["temperature"] = temperature
    if formed:
        request["text"] = {"format": {"type": "json_schema", **FORM}}
    if prompt.tools:
        request["tools"] = [_tool(tool) for tool in prompt.tools]
        request["parallel_tool_calls"] = False
    return request


def _input(text: str, pictures: Sequence[Picture], so_far: Sequence[Round]) -> str | list[Mapping[str, Any]]:
    if not so_far and not pictures:
        return text
    shown = [{"type": "input_image", "image_url": picture.as_url(), "detail": "auto"} for picture in pictures]
    content = [{"type": "input_text", "text": text}, *shown] if shown else text
    items: list[Mapping[str, Any]] = [{"role": "user", "content": content}]
    for one in so_far:
        items += one.carried
        items += [
            {"type": "function_call_output", "call_id": call.id, "output": output}
            for call, output in zip(one.calls, one.outputs, strict=True)
        ]
    return items


def _tool(tool: Tool) -> dict[str, Any]:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
        "strict": True,
    }


def _carried(response: Response) -> tuple[Mapping[str, Any], ...]:
    if not any(item.type == "function_call" for item in response.output):
        return ()
    return tuple(
        item.model_dump(exclude_none=True, exclude={"status"})
        for item in response.output
        if item.type in ("function_call", "reasoning")
    )


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
