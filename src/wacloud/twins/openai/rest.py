"""Embeddings, moderations and the list of models."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from wacloud.twins.openai import checks
from wacloud.twins.openai.answers import estimate_tokens, vector
from wacloud.twins.openai.state import MODELS, State
from wacloud.twins.openai.texts import SMALL_NAME, read
from wacloud.twins.openai.wire import Refused, error, identity, misbehave

DIMENSIONS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072}
MODERATORS = ("omni-moderation-latest", "omni-moderation-2024-09-26")
CATEGORIES = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip


class Rest:
    """What is not a text."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def embeddings(self, request: web.Request) -> web.StreamResponse:
        state = self._state
        try:
            asked = await read(request)
            state.requests.append(asked)
            checks.check_key(state, request.headers.get("authorization", ""))
            if state.small:
                raise Refused("This server does not support embeddings.", status=501)
            if state.embedding_steps:
                instead = await misbehave(state.embedding_steps.pop(0), state, request)
                if instead is not None:
                    return instead
            longest = DIMENSIONS.get(str(asked.get("model")))
            if longest is None:
                raise Refused("The model does not exist.", status=404, code="model_not_found")
            texts = asked.get("input")
            texts = [texts] if isinstance(texts, str) else texts
            if not isinstance(texts, list) or not texts or not all(isinstance(t, str) and t for t in texts):
                raise Refused("'$.input' is invalid.", param="input")
            wanted = asked.get("dimensions", longest)
            if not isinstance(wanted, int) or not 1 <= wanted <= longest:
                raise Refused("Invalid 'dimensions'.", param="dimensions")
        except Refused as refused:
            return error(refused, state)
        # In another order than asked: the index counts.
        data = [
            {"object": "embedding", "index": index, "embedding": vector(texts[index], wanted)}
            for index in reversed(range(len(texts)))
        ]
        tokens = sum(estimate_tokens(text) for text in texts)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        told = {"object": "list", "model": asked["model"], "data": data, "usage": usage}
        return web.json_response(told, headers=identity(state))

    async def moderations(self, request: web.Request) -> web.StreamResponse:
        state = self._state
        try:
            asked = await read(request)
            state.moderated.append(asked)
            checks.check_key(state, request.headers.get("authorization", ""))
            if state.small:
                raise Refused("File Not Found", status=404)
            if state.moderation_steps:
                instead = await misbehave(state.moderation_steps.pop(0), state, request)
                if instead is not None:
                    return instead
            if asked.get("model", MODERATORS[0]) not in MODERATORS:
                raise Refused("Invalid value for 'model'.", param="model")
            texts = asked.get("input")
            if not texts:
                raise Refused("'$.input' is invalid.", param="input")
        except Refused as refused:
            return error(refused, state)
        listed = [texts] if isinstance(texts, str) else texts
        told = {
            "id": f"modr-{state.number()}",
            "model": MODERATORS[0],
            "results": [self._judged(str(text)) for text in listed],
        }
        return web.json_response(told, headers=identity(state))

    def _judged(self, text: str) -> dict[str, Any]:
        found = {category for word, category in self._state.flagged.items() if word.lower() in text.lower()}
        return {
            "flagged": bool(found),
            "categories": {category: category in found for category in CATEGORIES},
            "category_scores": {category: 0.98 if category in found else 0.0001 for category in CATEGORIES},
            "category_applied_input_types": {category: ["text"] for category in CATEGORIES},
        }

    async def models(self, request: web.Request) -> web.StreamResponse:
        state = self._state
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            if key in state.refused_keys:
                refusal = await misbehave(state.refused_keys[key], state, request)
                if refusal is not None:
                    return refusal
            checks.check_key(state, request.headers.get("authorization", ""))
        except Refused as refused:
            return error(refused, state)
        living = [model.name for model in MODELS.values() if model.ends is None or state.day() < model.ends]
        names = [SMALL_NAME] if state.small else [*living, *DIMENSIONS, MODERATORS[0]]
        rows = [{"id": name, "object": "model", "created": 1, "owned_by": "openai"} for name in names]
        return web.json_response({"object": "list", "data": rows}, headers=identity(state))
