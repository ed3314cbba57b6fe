"""What `wacloud bench answers` starts: a model of this machine where a file of weights is named, and the bot itself."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wacloud.bench.answers import measure_answers
from wacloud.bench.places import conditions
from wacloud.main.bench_rig import Rig
from wacloud.main.child import CannotStart, free_port
from wacloud.modules.bot.application.model import AnswerDeps, KnowledgeDeps
from wacloud.modules.bot.infra.embeddings import LocalEmbedder
from wacloud.modules.bot.infra.knowledge_items import KnowledgeItems
from wacloud.modules.bot.infra.knowledge_search import CachedKnowledge
from wacloud.modules.bot.infra.openai_responses import open_model
from wacloud.shared.application.clock import system_clock

# What is measured is what it answers: a model of this machine may take its time.
_MODEL_DEADLINE_S = 600.0


async def run_answers(rig: Rig, model_file: Path | None, model_url: str, model_name: str) -> dict[str, Any]:
    """
    Ask all questions of `wacloud.bench.golden`.

    :raises CannotStart: the file cannot be served.
    """
    embedder = LocalEmbedder()
    try:
        async with rig.database() as db:
            with _served(model_file, rig) as own_url:
                url = own_url or model_url
                store = KnowledgeItems()
                model = open_model([], url, model_name, _MODEL_DEADLINE_S) if url else None
                knowledge = KnowledgeDeps(db, store, embedder)
                answers = AnswerDeps(CachedKnowledge(db, store, embedder), model, system_clock)
                measured = await measure_answers(db, knowledge, answers, rig.say)
                if model is not None:
                    await model.aclose()
            return {**measured, "conditions": await conditions(db, rig.stores)}
    finally:
        await embedder.aclose()


@contextmanager
def _served(model_file: Path | None, rig: Rig) -> Iterator[str]:
    """The weights of a file, served on loopback as OpenAI's API by llama.cpp's own server."""
    if model_file is None:
        yield ""
        return
    try:
        xllamacpp = importlib.import_module("xllamacpp")  # a hundred megabytes that only this measurement wants
    except ImportError:
        raise CannotStart("a model of this machine needs `pip install xllamacpp`") from None
    rig.say("loading the model")
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(model_file)
    wanted.n_ctx, wanted.n_parallel = 8192, 1
    wanted.hostnames, wanted.port = ["127.0.0.1"], free_port()
    wanted.cpuparams.n_threads = 2
    server = xllamacpp.Server(wanted)
    try:
        yield f"http://127.0.0.1:{wanted.port}/v1"
    finally:
        del server
