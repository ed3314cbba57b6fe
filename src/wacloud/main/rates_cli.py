"""`wacloud rates`: what Meta charges for a message, by country and category."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from wacloud.main.command import run, settings_of, stop
from wacloud.main.wiring import open_house
from wacloud.modules.whatsapp.application.import_rates import import_rates
from wacloud.modules.whatsapp.infra.costs import PostgresRates

rates_app = typer.Typer(no_args_is_help=True, help="What Meta charges for a message, by country and category.")
console = Console()


@rates_app.command("list")
def rates_list(country: Annotated[str, typer.Argument(help="Two letters, as in MX; all of them.")] = "") -> None:
    """Show the rates there are."""

    async def work() -> Table:
        table = Table("country", "category", "from", "one message", "source")
        async with open_house(read) as house, house.db.system("rates of messages") as tx:
            for rate in await PostgresRates().all(tx):
                if rate.country == (country.upper() or rate.country):
                    amount = f"{rate.amount.normalize():f} {rate.currency}"
                    table.add_row(rate.country, rate.category, f"{rate.effective_from}", amount, rate.source)
        return table

    read = settings_of()
    console.print(run(work()))


@rates_app.command("import")
def rates_import(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="CSV: countries,category,currency,effective_from,amount ('ES PT' is two)."
        ),
    ],
) -> None:
    """Take in a price list; what is there of the same country, category, currency and day is replaced."""

    async def work() -> int:
        async with open_house(read) as house:
            return await import_rates(house.db, PostgresRates(), text.splitlines(), f"imported from {file.name}")

    read = settings_of()
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        stop(f"{file} is no text in UTF-8")
    print(f"{run(work())} rates are in")
