"""POST /v1/responses and POST /v1/chat/completions."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from wacloud.twins.openai import checks
from wacloud.twins.openai.answers import estimate_tokens, fill, from_knowledge
from wacloud.twins.openai.state import State, Step
from wacloud.twins.openai.wire import Refused, error, identity, misbehave

SMALL_NAME = "small-model.gguf"
_PICTURE = re.compile(r"data:image/[a-z]+;base64,[A-Za-z0-9+/=]*")
ROLES = ("system", "developer", "user", "assistant")


class Texts:
    """The two ways to ask for a text."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def responses(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, self._response)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, self._completion)

    async def _serve(self, request: web.Request, answer: Any) -> web.StreamResponse:
        state = self._state
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            asked = await read(request)
            state.requests.append(asked)
            state.keys.append(key)
            if key in state.refused_keys:
                refusal = await misbehave(state.refused_keys[key], state, request)
                if refusal is not None:
                    return refusal
            checks.check_key(state, request.headers.get("authorization", ""))
            said = answer(asked)
            step = state.next_step()
            instead = await misbehave(step, state, request)
            if instead is not None:
                return instead
            return web.json_response(said(step), headers=identity(state))
        except Refused as refused:
            return error(refused, state)

    def _response(self, asked: dict[str, Any]) -> Any:
        state = self._state
        if not state.small:
            self._check_response(asked)
        items = asked.get("input")
        given = items if isinstance(items, str) else _given(items)
        text_format = (asked.get("text") or {}).get("format") or {}
        schema = text_format.get("schema") if text_format.get("type") == "json_schema" else None
        counted = _counted(asked)
        checks.check_size(counted)

        def said(step: Step) -> dict[str, Any]:
            text = _text(step, given, schema)
            output = [self._function_call(call) for call in step.calls] or [self._message(step, text)]
            why = {"incomplete": "max_output_tokens", "filtered": "content_filter"}.get(step.end)
            return {
                "id": f"resp_{state.number()}",
                "object": "response",
                "created_at": int(time.time()),
                "model": asked.get("model"),
                "status": "incomplete" if why else "completed",
                "incomplete_details": {"reason": why} if why else None,
                "output": output,
                "parallel_tool_calls": True,
                "tool_choice": "auto",
                "tools": [],
                "store": asked.get("store", True),
                "usage": self._usage(counted, text, ("input_tokens", "output_tokens")),
            }

        return said

    def _message(self, step: Step, text: str) -> dict[str, Any]:
        part: dict[str, Any] = {"type": "output_text", "text": text, "annotations": []}
        if step.end == "refused":
            part = {"type": "refusal", "refusal": text}
        identity = {"id": f"msg_{self._state.number()}", "status": "completed"}
        return {"type": "message", **identity, "role": "assistant", "content": [part]}

    def _function_call(self, call: Mapping[str, Any]) -> dict[str, Any]:
        number = self._state.number()
        return {
            "type": "function_call",
            "id": f"fc_{number}",
            "call_id": call.get("id") or f"call_{number}",
            "name": call["name"],
            "arguments": _arguments(call),
            "status": "completed",
        }

    def _check_response(self, asked: Mapping[str, Any]) -> None:
        model = checks.check_model(self._state, asked.get("model"))
        effort = (asked.get("reasoning") or {}).get("effort")
        checks.check_thinking(self._state, model, effort, asked, "reasoning.effort")
        checks.check_common(asked, asked.get("max_output_tokens"), "max_output_tokens")
        text_format = (asked.get("text") or {}).get("format") or {}
        if text_format.get("type") == "json_schema":
            if not self._state.schemas:
                raise Refused("Unsupported parameter.", code="unsupported_parameter", param="text.format")
            if text_format.get("strict"):
                checks.check_schema(text_format.get("schema"), "text.format.schema")
        for at, tool in enumerate(asked.get("tools") or ()):
            checks.check_tool(tool.get("name"), tool.get("parameters"), tool.get("strict"), f"tools[{at}].name")
        items = asked.get("input")
        if isinstance(items, str):
            return
        asked_for = set()
        for at, item in enumerate(checks.check_roles(items, ROLES, "input")):
            checks.check_pictures(item.get("content"), "responses", f"input[{at}].content")
            if item.get("type") == "function_call":
                asked_for.add(item.get("call_id"))
            elif item.get("type") == "function_call_output" and item.get("call_id") not in asked_for:
                told = f"No tool call found for function call output with call_id {item.get('call_id')}."
                raise Refused(told, param=f"input[{at}]")

    def _completion(self, asked: dict[str, Any]) -> Any:
        state = self._state
        if not state.small:
            self._check_completion(asked)
        messages = asked.get("messages") or []
        if state.small and any(isinstance(message.get("content"), list) for message in messages):
            raise Refused("image input is not supported - hint: you may need to provide the mmproj")
        given = _given([message for message in messages if message.get("role") == "user"])
        response_format = asked.get("response_format") or {}
        schema = None
        if response_format.get("type") == "json_schema" and not state.small:
            schema = response_format["json_schema"].get("schema")
        counted = _counted(asked)
        checks.check_size(counted)

        def said(step: Step) -> dict[str, Any]:
            text = _text(step, given, schema)
            message: dict[str, Any] = {"role": "assistant", "content": text}
            if step.end == "refused":
                message = {"role": "assistant", "content": None, "refusal": text}
            finish = {"incomplete": "length", "filtered": "content_filter"}.get(step.end, "stop")
            if step.calls and not state.small:
                finish = "tool_calls"
                message = {"role": "assistant", "content": None, "tool_calls": [
                    {"id": call.get("id") or f"call_{state.number()}", "type": "function",
                     "function": {"name": call["name"], "arguments": _arguments(call)}} for call in step.calls
                ]}  # fmt: skip
            return {
                "id": f"chatcmpl-{state.number()}",
                "object": "chat.completion",
                "created": int(time.time()),
                "model": SMALL_NAME if state.small else asked.get("model"),
                "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
                "usage": self._usage(counted, text, ("prompt_tokens", "completion_tokens")),
            }

        return said

    def _check_completion(self, asked: Mapping[str, Any]) -> None:
        model = checks.check_model(self._state, asked.get("model"))
        effort = asked.get("reasoning_effort")
        checks.check_thinking(self._state, model, effort, asked, "reasoning_effort")
        if model.thinks and "max_tokens" in asked:
            told = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
            raise Refused(told, code="unsupported_parameter", param="max_tokens")
        checks.check_common(asked, asked.get("max_completion_tokens"), "max_completion_tokens")
        response_format = asked.get("response_format") or {}
        if response_format.get("type") == "json_schema":
            if not self._state.schemas:
                raise Refused("Unsupported parameter.", code="unsupported_parameter", param="response_format")
            asked_schema = response_format.get("json_schema") or {}
            if asked_schema.get("strict"):
                checks.check_schema(asked_schema.get("schema"), "response_format")
        tools = asked.get("tools") or ()
        if tools and str(asked.get("model")).startswith("gpt-6") and effort != "none":
            told = "Function tools with this model need reasoning_effort 'none' in /v1/chat/completions."
            raise Refused(told, param="reasoning_effort")
        for at, tool in enumerate(tools):
            function = tool.get("function") or {}
            checks.check_tool(function.get("name"), function.get("parameters"), function.get("strict"), f"tools[{at}]")
        asked_for: set[object] = set()
        for at, message in enumerate(checks.check_roles(asked.get("messages"), (*ROLES, "tool"), "messages")):
            checks.check_pictures(message.get("content"), "chat", f"messages[{at}].content")
            asked_for |= {call.get("id") for call in message.get("tool_calls") or ()}
            if message.get("role") == "tool" and message.get("tool_call_id") not in asked_for:
                told = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
                raise Refused(told, param=f"messages.[{at}].role")

    def _usage(self, counted: int, text: str, names: tuple[str, str]) -> dict[str, Any]:
        read, cached, wrote_cache, wrote = self._state.usage or (counted, 0, 0, estimate_tokens(text))
        usage: dict[str, Any] = {names[0]: read, names[1]: wrote, "total_tokens": read + wrote}
        if not self._state.small:
            usage[f"{names[0]}_details"] = {"cached_tokens": cached, "cache_write_tokens": wrote_cache}
            usage[f"{names[1]}_details"] = {"reasoning_tokens": 0}
        return usage


async def read(request: web.Request) -> dict[str, Any]:
    """The request's JSON object."""
    try:
        asked = json.loads(await request.text())
    except ValueError:
        raise Refused("We could not parse the JSON body of your request.") from None
    if not isinstance(asked, dict):
        raise Refused("Invalid type for request body.")
    return asked


def _counted(asked: Mapping[str, Any]) -> int:
    """A picture counts by its size in pixels, not by how long it is written."""
    written = json.dumps(asked, ensure_ascii=False)
    shown, pictures = _PICTURE.subn("", written)
    return estimate_tokens(shown) + 800 * pictures


def _given(items: Any) -> str:
    texts = []
    for item in items or ():
        content = item.get("content")
        if isinstance(content, str):
            texts.append(content)
        elif isinstance(content, list):
            texts += [str(part.get("text", "")) for part in content]
    return "\n".join(texts)


def _text(step: Step, given: str, schema: Mapping[str, Any] | None) -> str:
    if step.say is not None:
        said, source = step.say, None
    else:
        said, source = from_knowledge(given)
    if schema is None or (step.say is not None and step.say.lstrip().startswith("{")):
        return said
    return fill(schema, said, source)


def _arguments(call: Mapping[str, Any]) -> str:
    arguments = call.get("arguments", {})
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
