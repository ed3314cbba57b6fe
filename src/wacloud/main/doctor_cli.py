"""`wacloud doctor`: whether this installation stands on firm ground."""

import json
import logging
from dataclasses import asdict
from typing import Annotated, Final

import typer

from wacloud.main.command import run
from wacloud.main.doctor import Line, exit_code, look_at_everything, read_settings
from wacloud.main.doctor_outside import look_at_address, look_at_files, look_at_mail, look_at_meta, look_at_models
from wacloud.main.doctor_store import look_at_contents, look_at_database, look_at_valkey
from wacloud.shared.infra.logging import set_up_logging

LOOKS: Final = (
    ("database", look_at_database),
    ("valkey", look_at_valkey),
    ("contents", look_at_contents),
    ("address", look_at_address),
    ("meta", look_at_meta),
    ("mail", look_at_mail),
    ("model", look_at_models),
    ("files", look_at_files),
)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False) -> None:
    """Look at everything the installation stands on; ends with 1 where something is broken."""
    set_up_logging("CRITICAL")
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    settings, lines = read_settings()
    if settings is not None:
        lines += run(look_at_everything(settings, LOOKS))
    if as_json:
        print(json.dumps({"ok": not exit_code(lines), "checks": [asdict(line) for line in lines]}, ensure_ascii=False))
    else:
        for line in lines:
            print(_told(line))
        broken, odd = (sum(line.state == state for line in lines) for state in ("broken", "warning"))
        print(f"\n{len(lines)} looked at: {broken} broken, {odd} to look at")
    raise typer.Exit(exit_code(lines))


def _told(line: Line) -> str:
    fix = f"\n{'':26}-> {line.fix}" if line.fix else ""
    return f"{line.state:<8} {line.check:<16} {line.text}{fix}"
