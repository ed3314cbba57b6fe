"""`wacloud bench`: what this machine holds, as figures."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from wacloud.bench.api import ApiPlan, fill, measure_api, sign_in_owners
from wacloud.bench.businesses import add_numbers, business_called, make_businesses, world_of
from wacloud.bench.e2e import E2e, E2ePlan
from wacloud.bench.inbox import InboxPlan, measure_inbox
from wacloud.bench.inboxes import Storage
from wacloud.bench.ingest import Ingest, IngestPlan
from wacloud.bench.live import QUIET_VIEWERS, Live, LivePlan
from wacloud.bench.members import Seat, seat_members
from wacloud.bench.model import InstantModel
from wacloud.bench.paint import first_paints, missing, on_screen
from wacloud.bench.places import Server, conditions, store_pids
from wacloud.bench.send import Send, SendPlan
from wacloud.bench.tables import (
    show_api,
    show_e2e,
    show_inbox,
    show_ingest,
    show_live,
    show_search,
    show_send,
    show_terms,
)
from wacloud.bench.twin import Witness
from wacloud.main.bench_bots_cli import bots_app
from wacloud.main.bench_rig import BASE_URL, Rig
from wacloud.main.child import free_port
from wacloud.main.measured import Data, Database, Json, Redis, console, measured, stop
from wacloud.main.settings import BadSettings, Settings, load_settings
from wacloud.main.volume_cli import fill as fill_volume
from wacloud.main.wiring import Swaps
from wacloud.shared.infra.http import open_egress
from wacloud.shared.infra.logging import set_up_logging
from wacloud.shared.ui.serving import most_connections

bench_app = typer.Typer(no_args_is_help=True, help="Measure this machine: everything starts and ends by itself.")
bench_app.add_typer(bots_app)


@bench_app.command()
def ingest(
    seconds: Annotated[float, typer.Option(min=0.1, help="For each server, round and kind of load.")] = 3,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    rate: Annotated[float, typer.Option(min=1, help="Webhooks a second for the latencies.")] = 500,
    connections: Annotated[int, typer.Option(min=1)] = 64,
    data: Data = None,
    database_url: Database = "",
    redis_url: Redis = "",
    json_file: Json = Path("bench-ingest.json"),
) -> None:
    """Durable accepts a second, beside the same server storing nothing and storing one by one."""
    plan = IngestPlan(rounds, seconds, rate, connections)

    def measure(rig: Rig) -> dict[str, Any]:
        servers = {
            Storage.BATCHED: rig.start_server("serve", "serve"),
            **{
                storage: rig.start_server(f"serve-{storage}", "bench", "server", "--storage", storage)
                for storage in (Storage.NONE, Storage.SINGLE)
            },
        }

        async def run() -> dict[str, Any]:
            async with rig.database() as db:
                stated = await conditions(db, rig.stores)
                accounts = await make_businesses(db, rig.encrypt, 1)
                stores = await store_pids(rig.stores)
                secret = rig.secrets.app_secret
                bench = Ingest(db, servers, stores, accounts=accounts, app_secret=secret, plan=plan, say=rig.say)
                return {**await bench.run(), "conditions": stated}

        return asyncio.run(run())

    report = measured(measure, data, database_url, redis_url, json_file)
    show_ingest(console, report)


@bench_app.command()
def e2e(
    rate: Annotated[float, typer.Option(min=1, help="Customers' messages a second.")] = 100,
    seconds: Annotated[float, typer.Option(min=0.5)] = 20,
    conversations: Annotated[
        int, typer.Option(min=0, help="0: so many that each gets a message every five seconds.")
    ] = 0,
    businesses: Annotated[int, typer.Option(min=1, max=100)] = 4,
    model_ms: Annotated[int, typer.Option(min=0, help="How long the model takes; not counted.")] = 0,
    rate_search: Annotated[
        bool, typer.Option("--rate-search", help="Find the highest sustained rate, from --rate upwards.")
    ] = False,
    most: Annotated[float, typer.Option(help="Where the search ends.")] = 2000,
    data: Data = None,
    database_url: Database = "",
    redis_url: Redis = "",
    json_file: Json = Path("bench-e2e.json"),
) -> None:
    """A customer's message in, the bot's answer POSTed, three statuses back: latency, cost, and what must be zero."""
    plan = E2ePlan(rate, seconds, conversations, model_ms)

    def measure(rig: Rig) -> dict[str, Any]:
        graph_port = free_port()
        graph_url = f"http://127.0.0.1:{graph_port}"
        serve = rig.start_server("serve", "serve", graph_url=graph_url)
        worker = rig.start_worker("bench", "worker", "--model-ms", str(model_ms), graph_url=graph_url)

        async def run() -> dict[str, Any]:
            async with rig.database() as db, open_egress() as session:
                stated = await conditions(db, rig.stores)
                accounts = await make_businesses(db, rig.encrypt, businesses)
                world = world_of(
                    accounts,
                    app_secret=rig.secrets.app_secret,
                    verify_token=rig.secrets.verify_token,
                    callback_url=f"http://127.0.0.1:{serve.port}/api/webhooks/whatsapp",
                )
                twin = rig.start_twin(world, graph_port)
                pids = {"serve": serve.pid, "worker": worker, **await store_pids(rig.stores), "twin": twin.pid}
                bench = E2e(
                    db,
                    Witness(session, graph_port),
                    serve=serve,
                    processes=pids,
                    accounts=accounts,
                    app_secret=rig.secrets.app_secret,
                    say=rig.say,
                )
                measured = await (bench.search(plan, most) if rate_search else bench.run(plan))
                return {**measured, "deliberate_wait_ms": 0, "conditions": stated}

        return asyncio.run(run())

    report = measured(measure, data, database_url, redis_url, json_file)
    if rate_search:
        show_search(console, report)
    else:
        show_e2e(console, report)
    show_terms(console, report)


@bench_app.command()
def api(
    rate: Annotated[float, typer.Option(min=1, help="Reads a second.")] = 500,
    seconds: Annotated[float, typer.Option(min=0.5, help="For each route.")] = 10,
    messages: Annotated[int, typer.Option(min=0, help="Stored before, over all businesses.")] = 100_000,
    businesses: Annotated[int, typer.Option(min=1, max=100)] = 4,
    data: Data = None,
    database_url: Database = "",
    redis_url: Redis = "",
    json_file: Json = Path("bench-api.json"),
) -> None:
    """Reads of the JSON API at a rate, by members, with messages stored and row level security on."""
    plan = ApiPlan(rate, seconds, messages)

    def measure(rig: Rig) -> dict[str, Any]:
        serve = rig.start_server("serve", "serve")

        async def run() -> dict[str, Any]:
            async with rig.database() as db, open_egress() as session:
                stated = await conditions(db, rig.stores)
                accounts = await make_businesses(db, rig.encrypt, businesses)
                await fill(db, accounts, plan.messages, rig.say)
                tokens = await sign_in_owners(db, session, serve, accounts)
                processes = {"serve": serve.pid, **await store_pids(rig.stores)}
                return {**await measure_api(serve, processes, tokens, plan, rig.say), "conditions": stated}

        return asyncio.run(run())

    show_api(console, measured(measure, data, database_url, redis_url, json_file))


@bench_app.command()
def inbox(
    messages: Annotated[int, typer.Option(min=1, help="Stored before, in one business.")] = 1_000_000,
    conversations: Annotated[int, typer.Option(min=1)] = 200_000,
    times: Annotated[int, typer.Option(min=1, help="How often each page is read.")] = 50,
    data: Data = None,
    database_url: Database = "",
    redis_url: Redis = "",
    json_file: Json = Path("bench-inbox.json"),
) -> None:
    """
    Every view of the inbox, a thread and searches in a business of any size, as the server sees them.

    With --data or a database of your own the business stays, and the next run measures it without filling it again.
    """
    plan = InboxPlan(messages, conversations, times)

    def measure(rig: Rig) -> dict[str, Any]:
        async def run() -> dict[str, Any]:
            async with rig.database() as db:
                stated = await conditions(db, rig.stores)
                name = f"Bench of {messages} messages in {conversations} conversations"
                business_id = await business_called(db, rig.encrypt, name)
                await fill_volume(db, business_id, plan.messages, plan.conversations)
                return {**await measure_inbox(db, business_id, plan, rig.say), "conditions": stated}

        return asyncio.run(run())

    show_inbox(console, measured(measure, data, database_url, redis_url, json_file))


@bench_app.command()
def live(
    viewers: Annotated[int, typer.Option(min=1, max=5000, help="Open pages, of a member each.")] = 1000,
    rate: Annotated[float, typer.Option(min=1, help="Customers' messages a second.")] = 20,
    seconds: Annotated[float, typer.Option(min=0.5)] = 20,
    conversations: Annotated[int, typer.Option(min=1, help="That take turns.")] = 400,
    businesses: Annotated[int, typer.Option(min=1, max=100)] = 20,
    paints: Annotated[int, typer.Option(min=0, help="How often the inbox is opened in Chromium.")] = 5,
    data: Data = None,
    database_url: Database = "",
    redis_url: Redis = "",
    json_file: Json = Path("bench-live.json"),
) -> None:
    """From commit to every open page, beside one page alone; then the inbox in Chromium, where there is one."""
    plan = LivePlan(viewers, rate, seconds, conversations)
    if most_connections() < viewers + QUIET_VIEWERS:
        stop(f"{viewers} viewers need more open files than this process may have: raise `ulimit -n` first")

    def measure(rig: Rig) -> dict[str, Any]:
        serve = rig.start_server("serve", "serve")
        worker = rig.start_worker("bench", "worker")

        async def run() -> dict[str, Any]:
            async with rig.database() as db:
                stated = await conditions(db, rig.stores)
                accounts = await make_businesses(db, rig.encrypt, businesses + 1)
                key = rig.secrets.secret_key
                seats = await seat_members(db, key, BASE_URL, accounts[:-1], viewers)
                quiet = await seat_members(db, key, BASE_URL, accounts[-1:], min(viewers, QUIET_VIEWERS))
                processes = {"serve": serve.pid, "worker": worker, **await store_pids(rig.stores)}
                secret = rig.secrets.app_secret
                bench = Live(db, serve=serve, processes=processes, accounts=accounts, app_secret=secret, say=rig.say)
                await bench.prepare(plan)
                told = await bench.run(plan, seats, quiet)
                return {**told, "browser": await _in_browser(rig, serve, bench, plan, seats), "conditions": stated}

        return asyncio.run(run())

    async def _in_browser(rig: Rig, serve: Server, bench: Live, plan: LivePlan, seats: list[Seat]) -> dict[str, Any]:
        skipped = "not asked for" if not paints else missing()
        if skipped:
            return {"skipped": skipped}
        painted = await first_paints(serve, seats[0], paints, rig.say)
        rig.say(f"a page in Chromium beside {len(seats):,} others")
        async with bench.crowd(seats):
            drawn = await on_screen(serve, seats[0], lambda: bench.write(plan))
        return {"first_paint": painted, "on_screen": drawn}

    show_live(console, measured(measure, data, database_url, redis_url, json_file))


@bench_app.command()
def send(
    numbers: Annotated[int, typer.Option(min=1, max=20, help="Of the business that has a campaign.")] = 4,
    per_second: Annotated[int, typer.Option(min=1, max=1000, help="Messages Meta allows each of them.")] = 80,
    seconds: Annotated[float, typer.Option(min=1)] = 60,
    live_rate: Annotated[float, typer.Option(min=1, help="Messages a second of the other business's customers.")] = 20,
    data: Data = None,
    database_url: Database = "",
    redis_url: Redis = "",
    json_file: Json = Path("bench-send.json"),
) -> None:
    """A campaign at Meta's limit, while another business's customers are answered."""
    plan = SendPlan(numbers, per_second, seconds, live_rate)

    def measure(rig: Rig) -> dict[str, Any]:
        graph_port = free_port()
        graph_url = f"http://127.0.0.1:{graph_port}"
        serve = rig.start_server("serve", "serve", graph_url=graph_url)
        worker = rig.start_worker("bench", "worker", graph_url=graph_url)

        async def run() -> dict[str, Any]:
            async with rig.database() as db, open_egress() as session:
                stated = await conditions(db, rig.stores)
                live, campaign = await make_businesses(db, rig.encrypt, 2)
                own = await add_numbers(db, rig.encrypt, campaign, numbers, per_second)
                world = world_of(
                    [live],
                    app_secret=rig.secrets.app_secret,
                    verify_token=rig.secrets.verify_token,
                    callback_url=f"http://127.0.0.1:{serve.port}/api/webhooks/whatsapp",
                    throughput=per_second,
                    slower=own,
                )
                twin = rig.start_twin(world, graph_port)
                pids = {"serve": serve.pid, "worker": worker, **await store_pids(rig.stores), "twin": twin.pid}
                witness = Witness(session, graph_port)
                answers = E2e(
                    db,
                    witness,
                    serve=serve,
                    processes=pids,
                    accounts=[live],
                    app_secret=rig.secrets.app_secret,
                    say=lambda _: None,
                )
                bench = Send(db, witness, answers, processes=pids, numbers=own, say=rig.say)
                return {**await bench.run(plan), "conditions": stated}

        return asyncio.run(run())

    show_send(console, measured(measure, data, database_url, redis_url, json_file))


@bench_app.command(hidden=True)
def server(storage: Annotated[Storage, typer.Option()], port: Annotated[int, typer.Option()]) -> None:
    """`wacloud serve` with another inbox behind the webhook's route."""
    from wacloud.main.bench_server import serve_with  # noqa: PLC0415 - the other commands need not load the web

    uvloop.run(serve_with(_settings(), storage, port))


@bench_app.command(hidden=True)
def worker(model_ms: Annotated[int, typer.Option(min=0)] = 0) -> None:
    """`wacloud worker` with a model that answers at once, or after so many milliseconds."""
    from wacloud.main.worker import work  # noqa: PLC0415

    uvloop.run(work(_settings(), Swaps(model=InstantModel(model_ms))))


def _settings() -> Settings:
    try:
        settings = load_settings()
    except BadSettings as error:
        stop(f"settings: {error}")
    set_up_logging(settings.log_level)
    return settings
