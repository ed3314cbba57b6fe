"""Several keys, one deadline, and a provider that is left alone when it keeps failing."""

from collections.abc import AsyncIterator

import pytest
from bot_builders import question
from model_twin import ModelTwin, body, error, model_twin

from wacloud.modules.bot.application.model import EmbedderUnavailable, ModelUnavailable
from wacloud.modules.bot.domain.prompt import Prompt, build_prompt
from wacloud.modules.bot.infra.chat_completions import ChatCompletions
from wacloud.modules.bot.infra.embeddings import OpenAIEmbedder
from wacloud.modules.bot.infra.model_keys import KeyedClient
from wacloud.modules.bot.infra.openai_responses import OpenAIResponses, open_model
from wacloud.twins.openai.answers import vector


class Watch:
    """A clock that moves when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def stub() -> AsyncIterator[ModelTwin]:
    async with model_twin() as running:
        yield running


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def model(stub: ModelTwin, watch: Watch) -> AsyncIterator[OpenAIResponses]:
    opened = OpenAIResponses(KeyedClient(["one", "two"], stub.url, 5.0, watch), "gpt-6-luna")
    yield opened
    await opened.aclose()


@pytest.fixture
def prompt() -> Prompt:
    return build_prompt(question("¿A qué hora abrís?"), (), "contact")


@pytest.mark.parametrize(
    ("refusal", "rests"),
    [
        (error(401, "invalid_api_key"), 600),
        (error(429, "insufficient_quota"), 600),
        (error(429, "rate_limit_exceeded"), 10),
        (error(429, "rate_limit_exceeded", **{"retry-after": "45"}), 45),
    ],
    ids=["refused", "no-money", "limited", "limited-with-a-time"],
)
async def test_a_key_that_cannot_be_used_rests_while_the_other_works(
    stub: ModelTwin, watch: Watch, model: OpenAIResponses, prompt: Prompt, refusal: object, rests: int
) -> None:
    stub.refused_keys["one"] = refusal  # type: ignore[assignment]
    reply = await model.ask(prompt)
    assert [(attempt.key, attempt.status) for attempt in reply.failed] == [(0, refusal.status)]  # type: ignore[attr-defined]
    assert stub.keys == ["one", "two"]
    watch.now += rests - 1
    await model.ask(prompt)
    assert stub.keys == ["one", "two", "two"]
    watch.now += 2
    stub.refused_keys.clear()
    await model.ask(prompt)
    assert stub.keys[-1] == "one"


async def test_no_key_left_is_said_at_once(stub: ModelTwin, model: OpenAIResponses, prompt: Prompt) -> None:
    stub.refused_keys = {key: error(429, "insufficient_quota") for key in ("one", "two")}
    with pytest.raises(ModelUnavailable, match="insufficient_quota") as first:
        await model.ask(prompt)
    assert [attempt.code for attempt in first.value.failed] == ["insufficient_quota"] * 2
    with pytest.raises(ModelUnavailable, match="no_usable_key"):
        await model.ask(prompt)
    assert len(stub.requests) == 2


async def test_a_short_limit_is_waited_for(stub: ModelTwin, prompt: Prompt) -> None:
    model = OpenAIResponses(KeyedClient(["only"], stub.url, 5.0), "gpt-6-luna")
    stub.script = [error(429, "rate_limit_exceeded", **{"retry-after-ms": "80"})]
    assert (await model.ask(prompt)).failed[0].code == "rate_limit_exceeded"
    stub.script = [error(429, "rate_limit_exceeded", **{"retry-after": "30"})]
    with pytest.raises(ModelUnavailable):
        await model.ask(prompt)
    assert len(stub.requests) == 3
    await model.aclose()


async def test_a_provider_that_keeps_failing_is_left_alone_and_tried_by_one(
    stub: ModelTwin, watch: Watch, model: OpenAIResponses, prompt: Prompt
) -> None:
    stub.script = [error(500, "server_error")] * 4
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="server_error"):
            await model.ask(prompt)
    with pytest.raises(ModelUnavailable, match="provider_rests"):
        await model.ask(prompt)
    assert len(stub.requests) == 4
    watch.now += 16
    await model.ask(prompt)
    await model.ask(prompt)
    assert len(stub.requests) == 6


async def test_a_model_that_cannot_think_less_is_asked_in_its_own_way(
    stub: ModelTwin, model: OpenAIResponses, prompt: Prompt
) -> None:
    stub.state.efforts = ("low", "medium")
    reply = await model.ask(prompt)
    assert reply.failed == ()
    assert [asked["reasoning"]["effort"] for asked in stub.requests] == ["none", "low"]
    stub.state.efforts = ("medium",)
    await model.ask(prompt)
    await model.ask(prompt)
    assert [asked.get("reasoning") for asked in stub.requests[2:]] == [{"effort": "low"}, None, None]


async def test_which_way_a_provider_is_spoken_to() -> None:
    assert open_model([], None, "m") is None
    assert open_model([" "], None, "m") is None
    opened = [
        open_model(["k"], None, "m"),
        open_model([], "http://127.0.0.1:1/v1", "m"),
        open_model(["k"], None, "m", api="chat"),
        open_model(["k"], "http://127.0.0.1:1/v1", "m", api="responses"),
    ]
    assert [type(model) for model in opened] == [
        OpenAIResponses,
        ChatCompletions,
        ChatCompletions,
        OpenAIResponses,
    ]
    for model in opened:
        assert model
        await model.aclose()


async def test_the_newer_names_are_used_with_openai_itself(stub: ModelTwin, prompt: Prompt) -> None:
    model = ChatCompletions(KeyedClient(["k"], stub.url, 5.0), "gpt-6-luna", basics_only=False)
    await model.ask(prompt)
    assert stub.requests[0]["max_completion_tokens"] == 1200
    assert stub.requests[0]["store"] is False
    await model.aclose()


async def test_vectors_by_openai(stub: ModelTwin) -> None:
    embedder = OpenAIEmbedder("k", stub.url)
    vectors = await embedder.embed(["uno", "", "tres"])
    # They come in another order than asked.
    assert vectors == [tuple(vector(text, 512)) for text in ("uno", " ", "tres")]
    assert stub.requests[0]["input"] == ["uno", " ", "tres"]
    stub.state.embedding_steps = [error(401, "invalid_api_key"), body('{"object": "list", "data": []}')]
    for _ in range(2):
        with pytest.raises(EmbedderUnavailable):
            await embedder.embed(["uno"])
    await embedder.aclose()
