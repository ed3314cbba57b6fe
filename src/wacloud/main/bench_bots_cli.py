"""`wacloud bench answers` and `knowledge`: whether a bot finds what it was taught, how fast, and what it says."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from wacloud.bench.tables import show_answers, show_knowledge
from wacloud.main.bench_answers import run_answers
from wacloud.main.bench_knowledge import run_knowledge
from wacloud.main.bench_rig import Rig
from wacloud.main.measured import Data, Database, Json, Redis, console, measured
from wacloud.main.turn_cli import turn

bots_app = typer.Typer()
bots_app.command()(turn)


@bots_app.command()
def answers(
    model: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Weights as GGUF, served here; needs `pip install xllamacpp`."),
    ] = None,
    model_url: Annotated[str, typer.Option(help="A server that speaks OpenAI's API, instead.")] = "",
    model_name: Annotated[str, typer.Option(help="Which of its models.")] = "local",
    data: Data = None,
    database_url: Database = "",
    redis_url: Redis = "",
    json_file: Json = Path("bench-answers.json"),
) -> None:
    """Questions of customers of three businesses: right, invented, not answered; recall of the search."""

    def measure(rig: Rig) -> dict[str, Any]:
        return asyncio.run(run_answers(rig, model, model_url, model_name))

    show_answers(console, measured(measure, data, database_url, redis_url, json_file))


@bots_app.command()
def knowledge(
    pieces: Annotated[int, typer.Option(min=50, max=10_000, help="In each business.")] = 10_000,
    businesses: Annotated[int, typer.Option(min=1, max=50)] = 4,
    questions: Annotated[int, typer.Option(min=10)] = 300,
    data: Data = None,
    database_url: Database = "",
    redis_url: Redis = "",
    json_file: Json = Path("bench-knowledge.json"),
) -> None:
    """A search of the knowledge, the making of its vector included: how long it takes and whether it finds."""
    measure = partial(run_knowledge, pieces, businesses, questions)
    show_knowledge(console, measured(measure, data, database_url, redis_url, json_file))
