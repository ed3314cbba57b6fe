"""`wacloud secrets`: under which key stored secrets are, and all of them under the newest."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from wacloud.main.command import run, settings_of, stop
from wacloud.main.wiring import open_house
from wacloud.shared.application.db import Database
from wacloud.shared.infra.crypto import CannotDecrypt, SecretBox

secrets_app = typer.Typer(no_args_is_help=True, help="Stored secrets and the keys they are encrypted with.")
console = Console()

# Every column that holds something encrypted with SECRET_KEYS; a test compares them with the code that seals.
SEALED: Final = (
    ("phone_numbers", "access_token"),
    ("phone_numbers", "pin"),
    ("number_connections", "access_token"),
    ("number_connections", "pin"),
    ("totp_factors", "secret"),
    ("bot_provider_keys", "sealed"),
    ("bot_actions", "sealed"),
    ("mails", "sealed"),
    ("idempotency_keys", "sealed"),
)
AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Step:
    """Some rows of a table: resealed now, and those that no key of ours opens."""

    table: str
    done: int
    lost: int


async def reseal(db: Database, box: SecretBox) -> AsyncIterator[Step]:
    """
    Encrypt anew, with the newest key, what an older one encrypted; some rows in each transaction.

    It may run while the product does, end half-way and run again. What somebody changes meanwhile stays theirs.
    """
    for table, column in SEALED:
        after = None
        while True:
            async with db.system("reseal secrets") as tx:
                rows = await tx.rows(
                    f"select id, {column} as sealed from app.{table} where {column} is not null "
                    f"and not starts_with({column}, %s) and (%s::uuid is null or id > %s) order by id limit %s",
                    (box.current_mark, after, after, AT_ONCE),
                )
                done = lost = 0
                for row in rows:
                    try:
                        fresh = box.encrypt(box.decrypt(row.sealed))
                    except CannotDecrypt:
                        lost += 1
                        continue
                    done += await tx.execute(
                        f"update app.{table} set {column} = %s where id = %s and {column} = %s",
                        (fresh, row.id, row.sealed),
                    )
            if not rows:
                break
            after = rows[-1].id
            yield Step(table, done, lost)


async def count(db: Database) -> list[tuple[str, str, int]]:
    """How many secrets of each table are under which key (its id, as it stands in them)."""
    found: list[tuple[str, str, int]] = []
    async with db.system("count secrets by key") as tx:
        for table, column in SEALED:
            rows = await tx.rows(
                f"select split_part({column}, '.', 2) as key, count(*) as n from app.{table} "
                f"where {column} is not null group by 1 order by 1"
            )
            found += [(table, row.key, row.n) for row in rows]
    return found


@secrets_app.command("list")
def listed() -> None:
    """How many stored secrets are under which key."""

    async def work() -> Table:
        table = Table("table", "key", "secrets", "")
        async with open_house(read) as house:
            for name, key, number in await count(house.db):
                table.add_row(name, key, f"{number:,}", house.secrets.told_of(key))
        return table

    read = settings_of()
    console.print(run(work()))


@secrets_app.command("reseal")
def resealed() -> None:
    """Encrypt everything with the first of SECRET_KEYS; the others may be taken out once this ends well."""

    async def work() -> tuple[int, int]:
        done = lost = 0
        async with open_house(read) as house:
            with Progress(console=console, transient=True) as progress:
                bars: dict[str, TaskID] = {}
                async for step in reseal(house.db, house.secrets):
                    bar = bars.get(step.table) or bars.setdefault(step.table, progress.add_task(step.table, total=None))
                    progress.advance(bar, step.done + step.lost)
                    done, lost = done + step.done, lost + step.lost
        return done, lost

    read = settings_of()
    done, lost = run(work())
    print(f"{done:,} secrets are under the newest key now")
    if lost:
        stop(f"{lost:,} are under keys that SECRET_KEYS does not hold: add them, or what they protect is lost")
