"""The command line: `wacloud --help` tells it all."""

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from wacloud.main.bench_cli import bench_app
from wacloud.main.bot_cli import bot_app
from wacloud.main.check import CHECK_HELP
from wacloud.main.command import run as _run
from wacloud.main.command import settings_of as _settings
from wacloud.main.command import stop as _stop
from wacloud.main.doctor_cli import doctor
from wacloud.main.rates_cli import rates_app
from wacloud.main.secrets_cli import secrets_app
from wacloud.main.settings import BadSettings, use_env_file
from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.infra.migrations import CannotMigrate
from wacloud.shared.infra.migrations import migrate as run_migrations

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="WhatsApp Cloud Landing."
)
jobs_app = typer.Typer(no_args_is_help=True, help="Queued work: what waits, what was parked, what to try again.")
webhooks_app = typer.Typer(no_args_is_help=True, help="Raw webhooks: what failed, what to process again.")
app.add_typer(jobs_app, name="jobs")
app.add_typer(webhooks_app, name="webhooks")
mails_app = typer.Typer(
    no_args_is_help=True, help="Mails to our own people: where they stand, whom we may not write to."
)
app.add_typer(mails_app, name="mails")
app.add_typer(rates_app, name="rates")
app.add_typer(secrets_app, name="secrets")
users_app = typer.Typer(no_args_is_help=True, help="People who can sign in.")
app.add_typer(users_app, name="users")
app.add_typer(bench_app, name="bench")
app.add_typer(bot_app, name="bot")
app.command("doctor")(doctor)
console = Console()


class Language(StrEnum):
    """What the pages are written in."""

    SPANISH = "es"
    ENGLISH = "en"


@app.callback()
def options(
    env_file: Annotated[
        Path | None,
        typer.Option(help="Settings of another installation, in place of .env; it wins over the environment."),
    ] = None,
) -> None:
    """Every message of your customers, accounted for."""
    if env_file is not None:
        try:
            use_env_file(env_file)
        except BadSettings as error:
            _stop(f"settings: {error}")


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve the API, the pages and the webhooks."""
    from wacloud.main.web import serve as run_server  # noqa: PLC0415 - `wacloud --help` need not load the web

    _run(run_server(_settings(serving=True), host, port))


@app.command()
def worker() -> None:
    """Process webhooks and run jobs."""
    from wacloud.main.worker import work  # noqa: PLC0415

    _run(work(_settings(serving=True)))


@app.command()
def demo(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="8000; a check takes any free one.")] = None,
    data: Annotated[Path | None, typer.Option(help="Where the demo keeps its data: .data/demo.")] = None,
    check: Annotated[bool, typer.Option(help=CHECK_HELP)] = False,
    model_twin: Annotated[bool, typer.Option(help="Answer with a language model that is played here.")] = False,
) -> None:
    """Run everything at once on this machine, with a seeded business and a phone to play its customers."""
    from wacloud.main.demo import DEFAULT_FOLDER, run_demo  # noqa: PLC0415

    raise typer.Exit(run_demo(port=port, data_dir=data or DEFAULT_FOLDER, check=check, model_twin=model_twin))


@app.command()
def migrate(
    url: Annotated[
        str,
        typer.Option(envvar="MIGRATION_DATABASE_URL", help="A direct connection as the owner of the schema."),
    ],
) -> None:
    """Bring the database's schema up to date. APP_DATABASE_PASSWORD, where set, becomes the app role's password."""
    try:
        applied = run_migrations(url, app_password=os.environ.get("APP_DATABASE_PASSWORD"))
    except CannotMigrate as error:
        _stop(str(error))
    print(*(f"applied {name}" for name in applied), "the schema is up to date", sep="\n")


@app.command()
def seed(
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
    messages: Annotated[int, typer.Option(min=0, max=100_000_000, help="About so many more, for measuring.")] = 0,
    conversations: Annotated[int | None, typer.Option(min=1, help="In so many: a fifth of the messages.")] = None,
    business: Annotated[UUID | None, typer.Option(help="Of this business, which has a number: the demo's.")] = None,
) -> None:
    """Make the demo's business: a shop with people, questions and answers, and some history."""
    from wacloud.main.seed import seed_demo  # noqa: PLC0415
    from wacloud.main.volume_cli import fill  # noqa: PLC0415
    from wacloud.main.wiring import open_house  # noqa: PLC0415
    from wacloud.modules.bot.application.knowledge import index_knowledge  # noqa: PLC0415

    async def run() -> None:
        async with open_house(settings) as house:
            if business is not None:
                await fill(house.db, BusinessId(business), messages, conversations)
                return
            seeded = await seed_demo(
                house.db,
                encrypt=house.secrets.encrypt,
                clock=house.clock,
                password=os.environ.get("DEMO_PASSWORD"),
            )
            await index_knowledge(house.knowledge, seeded.business_id)
            if messages:
                await fill(house.db, seeded.business_id, messages, conversations)
        print(seeded.as_json() if as_json else f"{seeded.verified_name}: sign in as {seeded.email}")

    settings = _settings()
    if not settings.is_play:
        _stop("the demo's business belongs to demo and development, not here")
    _run(run())


@app.command("create-business")
def create_business(
    name: Annotated[str, typer.Option(prompt="Your name")],
    email: Annotated[str, typer.Option(prompt="E-mail")],
    business: Annotated[str, typer.Option(prompt="Name of the business")],
    password: Annotated[
        str, typer.Option(prompt="Password", hide_input=True, confirmation_prompt=True, envvar="OWNER_PASSWORD")
    ],
    language: Annotated[Language, typer.Option(help="Of the person and of the business.")] = Language.SPANISH,
    time_zone: str = "Europe/Madrid",
) -> None:
    """Make a person who can sign in, and their business; prints its id."""
    from wacloud.main.wiring import open_house  # noqa: PLC0415
    from wacloud.modules.auth.application.open_account import open_account  # noqa: PLC0415

    async def run() -> None:
        async with open_house(settings) as house:
            account = await open_account(
                house.auth,
                name=name,
                email=email,
                password=password,
                business_name=business,
                language=language.value,
                time_zone=time_zone,
            )
        print(account.business_id)

    settings = _settings()
    _run(run())


@app.command("connect-number")
def connect_number(
    business: Annotated[UUID, typer.Option(help="The business's id.")],
    waba_id: Annotated[str, typer.Option(help="Meta's id of its WhatsApp Business Account.")],
    phone_number_id: Annotated[str, typer.Option(help="Meta's id of the number.")],
    token: Annotated[str, typer.Option(prompt="Access token", hide_input=True, envvar="WHATSAPP_TOKEN")],
) -> None:
    """Connect a number: the token is checked at Meta, kept encrypted, and its webhooks are subscribed."""
    from wacloud.main.wiring import open_house  # noqa: PLC0415
    from wacloud.modules.business.api import business_profile  # noqa: PLC0415
    from wacloud.modules.whatsapp.application.connect_number import connect_number as connect  # noqa: PLC0415

    async def run() -> None:
        async with open_house(settings) as house:
            async with house.db.tenant(business_id, read_only=True) as tx:
                await business_profile(house.business, tx, business_id)
            number = await connect(
                house.whatsapp,
                house.secrets.encrypt,
                business_id,
                waba_id=waba_id,
                phone_number_id=phone_number_id,
                access_token=token,
            )
        print(f"{number.display_phone_number} ({number.verified_name or 'no verified name'}) is connected")

    business_id = BusinessId(business)
    settings = _settings()
    _run(run())


@users_app.command("list")
def users_list() -> None:
    """Show the newest people, and who of them is kept out."""
    from wacloud.main.wiring import open_house  # noqa: PLC0415
    from wacloud.modules.user.application.list_users import list_users  # noqa: PLC0415

    async def run() -> None:
        async with open_house(settings) as house:
            people = await list_users(house.user)
        table = Table("e-mail", "name", "since", "address verified", "disabled")
        for one in people:
            verified = f"{one.email_verified_at:%Y-%m-%d}" if one.email_verified_at else "no"
            disabled = f"{one.disabled_at:%Y-%m-%d %H:%M}" if one.disabled_at else ""
            table.add_row(one.email, one.name, f"{one.created_at:%Y-%m-%d}", verified, disabled)
        console.print(table)

    settings = _settings()
    _run(run())


@app.command("disable-user")
def disable_user(email: Annotated[str, typer.Argument(help="The person's address.")]) -> None:
    """Sign a person out everywhere, and let them in no more."""
    from wacloud.main.wiring import open_house  # noqa: PLC0415
    from wacloud.modules.auth.application.disable_user import disable_user as disable  # noqa: PLC0415

    async def run() -> None:
        async with open_house(settings) as house:
            await disable(house.auth, email)
        print("signed out everywhere, and kept out")

    settings = _settings()
    _run(run())


@app.command("enable-user")
def enable_user(email: Annotated[str, typer.Argument(help="The person's address.")]) -> None:
    """Let a person in again who was kept out."""
    from wacloud.main.wiring import open_house  # noqa: PLC0415
    from wacloud.modules.auth.application.disable_user import enable_user as enable  # noqa: PLC0415

    async def run() -> None:
        async with open_house(settings) as house:
            await enable(house.auth, email)
        print("may sign in again")

    settings = _settings()
    _run(run())


@jobs_app.command("list")
def jobs_list() -> None:
    """Show open jobs by lane, and the newest parked ones."""
    from wacloud.main.wiring import open_house  # noqa: PLC0415
    from wacloud.shared.infra.jobs import PostgresJobs  # noqa: PLC0415

    async def run() -> None:
        async with open_house(settings) as house:
            jobs = PostgresJobs(house.db, "cli")
            counts, parked = await jobs.counts(), await jobs.parked()
        if not counts:
            print("nothing waits")
            return
        table = Table("lane", "state", "jobs")
        for (lane, state), n in counts.items():
            table.add_row(lane, state, str(n))
        console.print(table)
        if parked:
            table = Table("id", "kind", "business", "tries", "parked", "why", title="parked")
            for job in parked:
                why = (job.error or "")[:120]
                parked_at = f"{job.parked_at:%Y-%m-%d %H:%M:%S}"
                table.add_row(str(job.id), job.kind, str(job.business_id), str(job.attempts), parked_at, why)
            console.print(table)

    settings = _settings()
    _run(run())


@jobs_app.command("replay")
def jobs_replay(
    ids: Annotated[list[int] | None, typer.Argument(help="Ids of parked jobs.")] = None,
    every: Annotated[bool, typer.Option("--all", "--failed", help="Every parked job.")] = False,
) -> None:
    """Give parked jobs a fresh set of tries."""
    from wacloud.main.wiring import open_house  # noqa: PLC0415
    from wacloud.shared.infra.jobs import PostgresJobs  # noqa: PLC0415

    async def run() -> Sequence[int]:
        async with open_house(settings) as house:
            return await PostgresJobs(house.db, "cli").replay(ids or (), every=every)

    if not ids and not every:
        _stop("name the jobs, or say --all")
    settings = _settings()
    _tell_replayed("job", ids, _run(run()), "is not parked")


@webhooks_app.command("list")
def webhooks_list() -> None:
    """Show webhooks by vendor and state, and the newest that failed."""
    from wacloud.main.wiring import open_house  # noqa: PLC0415

    async def run() -> None:
        async with open_house(settings) as house:
            counts, failed = await house.webhook_inbox.counts(), await house.webhook_inbox.failed()
        if not counts:
            print("no webhook has come yet, so nothing waits")
            return
        table = Table("vendor", "state", "webhooks")
        for (provider, state), n in sorted(counts.items()):
            table.add_row(provider, state, str(n))
        console.print(table)
        if failed:
            table = Table("id", "vendor", "received", "bytes", "why", title="failed")
            for one in failed:
                received = f"{one.received_at:%Y-%m-%d %H:%M:%S}"
                table.add_row(str(one.id), one.provider, received, str(one.bytes), (one.error or "")[:160])
            console.print(table)

    settings = _settings()
    _run(run())


@webhooks_app.command("replay")
def webhooks_replay(
    ids: Annotated[list[int] | None, typer.Argument(help="Ids of webhooks.")] = None,
    failed: Annotated[bool, typer.Option("--failed", "--all", help="Every failed webhook.")] = False,
) -> None:
    """Process webhooks again; what they already did is not done twice."""
    from wacloud.main.wiring import open_house  # noqa: PLC0415

    async def run() -> Sequence[int]:
        async with open_house(settings) as house:
            return await house.webhook_inbox.replay(ids=ids or (), failed=failed)

    if not ids and not failed:
        _stop("name the webhooks, or say --failed")
    settings = _settings()
    _tell_replayed("webhook", ids, _run(run()), "is not there, or waits already")


@mails_app.command("list")
def mails_list() -> None:
    """Show mails by state, and the newest that did not arrive."""
    from wacloud.main.wiring import open_house  # noqa: PLC0415
    from wacloud.modules.notification.application.mail_ledger import mail_ledger  # noqa: PLC0415

    async def run() -> None:
        async with open_house(settings) as house:
            counts, unsent = await mail_ledger(house.notification)
        table = Table("state", "mails")
        for state, n in counts.items():
            table.add_row(state, str(n))
        console.print(table)
        if unsent:
            table = Table("written", "mail", "to", "state", "why", title="not arrived")
            for mail in unsent:
                written = f"{mail.created_at:%Y-%m-%d %H:%M:%S}"
                table.add_row(written, mail.template, mail.recipient, mail.state, mail.reason or "")
            console.print(table)

    settings = _settings()
    _run(run())


@mails_app.command("lift")
def mails_lift(address: Annotated[str, typer.Argument(help="An address that bounced or complained.")]) -> None:
    """Write to an address again that mails are kept from."""
    from wacloud.main.wiring import open_house  # noqa: PLC0415
    from wacloud.modules.notification.application.lift_suppression import lift_suppression  # noqa: PLC0415

    async def run() -> bool:
        async with open_house(settings) as house:
            return await lift_suppression(house.notification, address)

    settings = _settings()
    print("mails go there again" if _run(run()) else "nothing kept mails from there")


def _tell_replayed(what: str, asked: Sequence[int] | None, replayed: Sequence[int], why_not: str) -> None:
    print(f"{len(replayed)} {what}{' is' if len(replayed) == 1 else 's are'} queued again")
    missed = [one for one in asked or () if one not in replayed]
    if missed:
        _stop("; ".join(f"{what} {one} {why_not}" for one in missed))
