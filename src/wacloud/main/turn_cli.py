"""`wacloud bench turn`: what a turn of the bot costs without the model's own time."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from wacloud.bench.turn import TurnPlan, measure_turn
from wacloud.main.child import free_port

console = Console(highlight=False)


def turn(
    turns: Annotated[int, typer.Option(min=10)] = 200,
    items: Annotated[int, typer.Option(min=1, max=60, help="Questions and answers, all given to the model.")] = 60,
    history: Annotated[int, typer.Option(min=0, max=100, help="Messages before.")] = 20,
    json_file: Annotated[Path, typer.Option("--json", help="Where the figures go.")] = Path("bench-turn.json"),
) -> None:
    """A turn that asks a model, without the model's own time: CPU of prompt, masking, moderation, requests, answer."""
    port = free_port()
    argv = [sys.executable, "-P", "-m", "wacloud.twins.openai", "--port", str(port)]
    twin = subprocess.Popen(argv, stdout=subprocess.PIPE)
    try:
        assert twin.stdout is not None
        twin.stdout.readline()  # it says that it is ready
        report = asyncio.run(measure_turn(TurnPlan(turns, items, history), f"http://127.0.0.1:{port}/v1"))
    finally:
        twin.terminate()
        twin.wait(10)
    json_file.write_text(json.dumps(report, indent=2))
    console.print_json(data=report)
