"""What every measurement does alike: start what it needs, measure, stop it again, and keep the figures."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import psycopg
import typer
from redis.exceptions import RedisError
from rich.console import Console

from wacloud.main.bench_rig import Rig, open_rig
from wacloud.main.child import CannotStart
from wacloud.main.supervisor import interruptible
from wacloud.shared.application.db import StoreAway
from wacloud.shared.infra.migrations import CannotMigrate

console = Console(highlight=False)

Data = Annotated[Path | None, typer.Option(help="Keep everything in this folder instead of a temporary one.")]
Database = Annotated[str, typer.Option(help="Another PostgreSQL: migrated, and free to be filled with measurements.")]
Redis = Annotated[str, typer.Option(help="Another Valkey or Redis.")]
Json = Annotated[Path, typer.Option("--json", help="Where the figures go.")]


def measured(
    measure: Callable[[Rig], dict[str, Any]],
    data: Path | None,
    database_url: str,
    redis_url: str,
    json_file: Path,
) -> dict[str, Any]:
    """Start what is needed, measure, stop it again, and keep the figures."""
    progress = Console(stderr=True, highlight=False)
    try:
        with interruptible(), progress.status("") as status:

            def say(line: str) -> None:
                status.update(line)
                if not progress.is_terminal:
                    progress.print(f"  {line} ...")

            with open_rig(data, database_url, redis_url, say) as rig:
                report = measure(rig)
                say("stopping")
    except (CannotStart, CannotMigrate, StoreAway, psycopg.Error, RedisError) as problem:
        stop(str(problem).strip())
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    try:
        json_file.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    except OSError as problem:
        stop(f"{json_file} cannot be written: {problem.strerror}")
    return report


def stop(message: str) -> NoReturn:
    """One clear line, and out."""
    print(f"wacloud bench: {message}", file=sys.stderr)
    raise typer.Exit(1)
