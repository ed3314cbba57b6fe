"""The OpenAI twin refuses what OpenAI refuses, answers from what it is given, and misbehaves when told to."""

import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from wacloud.twins.openai.server import RunningTwin, open_twin

GIVEN = (
    "<knowledge>\n[1] Q: ¿Cuál es vuestro horario?\nA: De 9:30 a 20:30.\n[2] Q: ¿Hacéis envíos?\nA: Sí, por 4,90 €.\n"
    "</knowledge>\n<new_messages>\ncustomer: {}\n</new_messages>\n"
)
SCHEMA = {
    "type": "object",
    "properties": {
        "decision": {"type": "string", "enum": ["answer", "unknown"]},
        "text": {"type": "string"},
        "reason": {"type": ["string", "null"]},
        "sources": {"type": "array", "items": {"type": "integer"}},
    },
    "required": ["decision", "text", "reason", "sources"],
    "additionalProperties": False,
}
TOOL = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


@pytest.fixture
async def twin() -> AsyncIterator[RunningTwin]:
    async with open_twin(key="sk-good") as running:
        yield running


@pytest.fixture
async def client(twin: RunningTwin) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key="sk-good", base_url=twin.url, max_retries=0) as opened:
        yield opened


async def test_it_answers_from_the_knowledge_it_is_given(client: AsyncOpenAI) -> None:
    for question, answer in [
        ("¿qué horario hacéis?", "De 9:30 a 20:30."),
        ("hacéis envios??", "Sí, por 4,90 €."),
        ("¿vendéis motos?", "NO_LO_SE"),
    ]:
        response = await client.responses.create(model="gpt-6-luna", input=GIVEN.format(question), store=False)
        assert response.output_text == answer
        chat = await client.chat.completions.create(
            model="gpt-6-luna", messages=[{"role": "user", "content": GIVEN.format(question)}]
        )
        assert chat.choices[0].message.content == answer
    assert response.usage
    assert response.usage.input_tokens > 0


async def test_a_schema_is_filled(client: AsyncOpenAI) -> None:
    form: Any = {"format": {"type": "json_schema", "name": "decision", "strict": True, "schema": SCHEMA}}
    known = await client.responses.create(model="gpt-6-luna", input=GIVEN.format("¿horario?"), text=form)
    assert json.loads(known.output_text) == {
        "decision": "answer",
        "text": "De 9:30 a 20:30.",
        "reason": None,
        "sources": [1],
    }
    unknown = await client.responses.create(model="gpt-6-luna", input=GIVEN.format("¿motos?"), text=form)
    assert json.loads(unknown.output_text)["decision"] == "unknown"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"model": "gpt-99"}, "model_not_found"),
        ({"model": "gpt-4-turbo"}, "model_not_found"),
        ({"temperature": 0.5}, "unsupported_parameter"),
        ({"temperature": 0.5, "reasoning": {"effort": "low"}}, "unsupported_parameter"),
        ({"model": "gpt-4.1", "reasoning": {"effort": "low"}}, "unsupported_parameter"),
        ({"reasoning": {"effort": "frantic"}}, "unsupported_value"),
        ({"max_output_tokens": 1}, "integer_out_of_range"),
        ({"safety_identifier": "x" * 65}, "string_above_max_length"),
        ({"input": [{"role": "boss", "content": "hi"}]}, "invalid_value"),
        ({"input": []}, "empty_array"),
        ({"input": "é" * 2_200_000}, "context_length_exceeded"),
        (
            {"text": {"format": {"type": "json_schema", "name": "x", "strict": True, "schema": {"type": "object"}}}},
            "invalid_json_schema",
        ),
        ({"tools": [{"type": "function", "name": "a b", "parameters": TOOL, "strict": True}]}, "invalid_value"),
        (
            {"tools": [{"type": "function", "name": "a", "parameters": {"type": "object"}, "strict": True}]},
            "invalid_json_schema",
        ),
        ({"input": [{"type": "function_call_output", "call_id": "call_9", "output": "x"}]}, None),
    ],
)
async def test_it_refuses_what_openai_refuses(client: AsyncOpenAI, more: dict[str, Any], code: str | None) -> None:
    with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as refused:
        await client.responses.create(**{"model": "gpt-6-luna", "input": "hola", **more})
    assert refused.value.code == code
    assert refused.value.request_id


@pytest.mark.parametrize(
    "more",
    [
        {"reasoning": {"effort": "none"}, "temperature": 0.5},
        {"model": "gpt-4.1", "temperature": 0.5},
        {"model": "gpt-6-luna-2026-10-01"},
    ],
)
async def test_it_takes_what_openai_takes(client: AsyncOpenAI, more: dict[str, Any]) -> None:
    assert (await client.responses.create(**{"model": "gpt-6-luna", "input": "hola", **more})).status == "completed"


async def test_a_model_is_served_until_its_last_day(twin: RunningTwin, client: AsyncOpenAI) -> None:
    twin.state.today = date(2027, 1, 13)
    assert (await client.responses.create(model="gpt-4.1", input="hola")).status == "completed"
    assert "gpt-4.1" in [model.id async for model in client.models.list()]
    twin.state.today = date(2027, 1, 14)
    with pytest.raises(openai.NotFoundError):
        await client.responses.create(model="gpt-4.1", input="hola")
    assert "gpt-4.1" not in [model.id async for model in client.models.list()]


@pytest.mark.parametrize("key", ["", "sk-bad"])
async def test_a_key_that_is_wrong_is_refused_everywhere(twin: RunningTwin, key: str) -> None:
    async with AsyncOpenAI(api_key=key or "x", base_url=twin.url, max_retries=0) as client:
        more: Any = {"extra_headers": {"authorization": ""}} if not key else {}
        for call in (
            client.responses.create(model="gpt-6-luna", input="hola", **more),
            client.chat.completions.create(model="gpt-6-luna", messages=[{"role": "user", "content": "h"}], **more),
            client.embeddings.create(model="text-embedding-3-small", input="hola", **more),
            client.moderations.create(model="omni-moderation-latest", input="hola", **more),
            client.models.list(**more),
        ):
            with pytest.raises(openai.AuthenticationError):
                await call


async def test_tools_in_both_ways(twin: RunningTwin, client: AsyncOpenAI) -> None:
    async def control(steps: Any) -> None:
        response = await client._client.post(twin.url.removesuffix("/v1") + "/_twin/steps", json=steps)
        assert response.status_code == 200

    await control({"calls": [{"name": "check_hours", "arguments": {"day": "monday"}}]})
    tool: Any = {"type": "function", "name": "check_hours", "parameters": TOOL, "strict": True}
    called = await client.responses.create(model="gpt-6-luna", input="hola", tools=[tool])
    (call,) = called.output
    assert call.type == "function_call"
    assert json.loads(call.arguments) == {"day": "monday"}
    told: Any = [call.model_dump(), {"type": "function_call_output", "call_id": call.call_id, "output": "open"}]
    assert (await client.responses.create(model="gpt-6-luna", input=told)).status == "completed"
    await control([{"calls": [{"name": "check_hours", "arguments": "{"}]}])
    function: Any = {"type": "function", "function": {"name": "check_hours", "parameters": TOOL, "strict": True}}
    messages: Any = [{"role": "user", "content": "hola"}]
    with pytest.raises(openai.BadRequestError):
        # Tools in Chat Completions want no thinking.
        await client.chat.completions.create(model="gpt-6-luna", messages=messages, tools=[function])
    chat = await client.chat.completions.create(
        model="gpt-6-luna", messages=messages, tools=[function], reasoning_effort="none"
    )
    assert chat.choices[0].finish_reason == "tool_calls"
    assert chat.choices[0].message.tool_calls
    orphan: Any = [*messages, {"role": "tool", "tool_call_id": "call_1", "content": "open"}]
    with pytest.raises(openai.BadRequestError):
        await client.chat.completions.create(model="gpt-6-luna", messages=orphan)


async def test_moderation_takes_offence_at_what_it_is_told(twin: RunningTwin, client: AsyncOpenAI) -> None:
    twin.state.flagged["pistola"] = "violence"
    bad = await client.moderations.create(model="omni-moderation-latest", input="dame una Pistola")
    assert bad.results[0].flagged
    assert bad.results[0].categories.violence
    assert not (await client.moderations.create(model="omni-moderation-latest", input="hola")).results[0].flagged


async def test_limits_are_told_in_headers(twin: RunningTwin, client: AsyncOpenAI) -> None:
    twin.state.left_requests = 0
    raw = await client.responses.with_raw_response.create(model="gpt-6-luna", input="hola")
    assert raw.headers["x-ratelimit-remaining-requests"] == "0"
    assert raw.headers["x-ratelimit-reset-requests"] == "20s"


async def test_a_small_server_knows_less() -> None:
    async with open_twin(small=True) as twin, AsyncOpenAI(api_key="none", base_url=twin.url, max_retries=0) as client:
        chat = await client.chat.completions.create(model="any", messages=[{"role": "user", "content": "hola"}])
        assert chat.model == "small-model.gguf"
        assert chat.usage
        assert chat.usage.prompt_tokens_details is None
        with pytest.raises(openai.NotFoundError):
            await client.moderations.create(model="omni-moderation-latest", input="hola")
        with pytest.raises(openai.InternalServerError):
            await client.embeddings.create(model="text-embedding-3-small", input="hola")


async def test_pages_of_other_sites_may_not_play_with_it(client: AsyncOpenAI, twin: RunningTwin) -> None:
    place = twin.url.removesuffix("/v1") + "/_twin/steps"
    refused = await client._client.post(place, json=[], headers={"origin": "https://evil.example"})
    assert refused.status_code == 403


def with_picture(url: object) -> list[dict[str, Any]]:
    """A question about a picture, as Responses takes it."""
    return [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": GIVEN.format("¿tenéis esta?")},
                {"type": "input_image", "image_url": url, "detail": "auto"},
            ],
        }
    ]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("data:image/png;base64,iVBORw0KGgo=", None),
        ("data:image/jpeg;base64,iVBORw0KGgo=", "invalid_image"),
        ("data:image/tiff;base64,iVBORw0KGgo=", "invalid_image_format"),
        ("data:image/png;base64,***", "invalid_base64"),
        ("ftp://example.org/x.png", "invalid_value"),
        (None, "invalid_value"),
    ],
)
async def test_it_looks_at_pictures_it_can_read(client: AsyncOpenAI, url: str | None, code: str | None) -> None:
    given: Any = with_picture(url)
    if code is None:
        assert (await client.responses.create(model="gpt-6-luna", input=given)).output_text
        return
    with pytest.raises(openai.BadRequestError) as refused:
        await client.responses.create(model="gpt-6-luna", input=given)
    assert refused.value.code == code
