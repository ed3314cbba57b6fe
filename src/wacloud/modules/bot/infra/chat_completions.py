"""The model by Chat Completions, which nearly every server speaks, small ones included."""

from collections.abc import Mapping, Sequence
from typing import Any

import openai
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion, ChatCompletionMessage

from wacloud.modules.bot.application.model import ModelReply
from wacloud.modules.bot.domain.picture import Picture
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.bot.domain.prompt import Prompt
from wacloud.modules.bot.domain.tools import Round, Tool, ToolCall
from wacloud.modules.bot.infra.model_habits import FORM, Habits
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
        self._habits: dict[str, Habits] = {}

    async def ask(self, prompt: Prompt) -> ModelReply:
        model = prompt.model or self.name
        habits = self._habits.get(model)
        if habits is None:
            habits = self._habits[model] = Habits.of(model, form=not self._basics_only)
            habits.newer = not self._basics_only
        completion, ms, failed = await self._client.call(lambda client: self._create(client, prompt, model, habits))
        choice = completion.choices[0]
        refused = bool(choice.message.refusal) or choice.finish_reason == "content_filter"
        calls = _calls(choice.message)
        return ModelReply(
            text=choice.message.content if isinstance(choice.message.content, str) else "",
            end="refused" if refused else "incomplete" if choice.finish_reason == "length" else "complete",
            model=str(completion.model or model)[:100],
            usage=_usage(completion),
            ms=ms,
            failed=failed,
            request_id=completion._request_id,
            calls=calls,
            carried=_carried(calls),
            formed=bool(prompt.decision_rules) and habits.form,
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _create(self, client: AsyncOpenAI, prompt: Prompt, model: str, habits: Habits) -> ChatCompletion:
        while True:
            try:
                completion: Any = await client.chat.completions.create(**self._request(prompt, model, habits))
            except openai.BadRequestError as error:
                if not habits.learn(error, prompt):
                    raise
                continue
            if not isinstance(completion, ChatCompletion) or not completion.choices:
                raise BrokenReply
            if completion.choices[0].message is None:
                raise BrokenReply
            return completion

    def _request(self, prompt: Prompt, model: str, habits: Habits) -> dict[str, Any]:
        formed = bool(prompt.decision_rules) and habits.form
        request: dict[str, Any] = {
            "model": model,
            "messages": [
                {"role": "system", "content": prompt.instructions + (prompt.decision_rules if formed else "")},
                {"role": "user", "content": _content(prompt.input, habits.shows(prompt))},
                *_rounds(prompt.so_far),
            ],
        }
        if not habits.newer:
            return request | {"max_tokens": prompt.max_output_tokens}
        request |= {"max_completion_tokens": prompt.max_output_tokens}
        if self._basics_only:
            return request
        request |= {
            "store": False,
            "prompt_cache_key": prompt.cache_key,
            "safety_identifier": prompt.safety_identifier,
        }
        # Here GPT-6 calls tools only where it is told not to think.
        effort = habits.effort("none" if prompt.tools else prompt.effort)
        if effort:
            request["reasoning_effort"] = effort
        if (temperature := habits.temperature(prompt)) is not None:
            request["temperature"] = temperature
        if formed:
            request["response_format"] = {"type": "json_schema", "json_schema": FORM}
        if prompt.tools:
            request["tools"] = [{"type": "function", "function": _function(tool)} for tool in prompt.tools]
            request["parallel_tool_calls"] = False
        return request


def _content(text: str, pictures: Sequence[Picture]) -> str | list[Mapping[str, Any]]:
    if not pictures:
        return text
    shown = [{"type": "image_url", "image_url": {"url": picture.as_url()}} for picture in pictures]
    return [{"type": "text", "text": text}, *shown]


def _rounds(so_far: Sequence[Round]) -> list[Mapping[str, Any]]:
    messages: list[Mapping[str, Any]] = []
    for one in so_far:
        messages += one.carried
        messages += [
            {"role": "tool", "tool_call_id": call.id, "content": output}
            for call, output in zip(one.calls, one.outputs, strict=True)
        ]
    return messages


def _function(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
        "strict": True,
    }


def _calls(message: ChatCompletionMessage) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(call.id, call.function.name, call.function.arguments)
        for call in message.tool_calls or ()
        if call.type == "function"
    )


def _carried(calls: Sequence[ToolCall]) -> tuple[Mapping[str, Any], ...]:
    if not calls:
        return ()
    return (
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in calls
            ],
        },
    )


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
