"""
Reads of the JSON API by members of several businesses, at a rate, with messages stored and row level security on.

Every read goes the whole way: token, membership as the database knows it now, the query in the member's own rights.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import aiohttp
from argon2 import PasswordHasher

from wacloud.bench.bodies import Account
from wacloud.bench.businesses import ids_of
from wacloud.bench.cpu import readings, spent
from wacloud.bench.figures import latency, rounded
from wacloud.bench.load import Load, send
from wacloud.bench.places import Say, Server
from wacloud.bench.reads import Reads
from wacloud.shared.infra.postgres import PostgresDatabase

ROUTES = ("/api/users/me", "/api/businesses")
WARM_UP_S = 1.0
_A_BATCH = 20_000

_CONVERSATIONS = """
with people as (
  insert into app.contacts (business_id, id, profile_name, phone)
  select %(business)s, gen_random_uuid(), 'Cliente ' || n, (34700000000 + n)::text
  from generate_series(1, %(conversations)s) n returning id)
insert into app.conversations (business_id, contact_id, number_id, last_message_at)
select %(business)s, p.id, n.id, now()
from people p cross join (select id from app.phone_numbers where business_id = %(business)s limit 1) n
"""
_MESSAGES = """
insert into app.messages (business_id, conversation_id, direction, author, kind, body, sent_at, state)
select %(business)s, c.id, case when n %% 2 = 0 then 'in' else 'out' end,
       case when n %% 2 = 0 then 'contact' else 'bot' end, 'text', 'mensaje ' || n,
       now() - n * interval '1 second', case when n %% 2 = 0 then 'answered' else 'read' end
from generate_series(1, %(messages)s) n
join (select id, row_number() over () as place, count(*) over () as places from app.conversations
      where business_id = %(business)s) c on c.place = n %% c.places + 1
"""


@dataclass(frozen=True, slots=True)
class ApiPlan:
    """How to measure: `messages` are stored first, spread over the businesses."""

    rate: float = 500.0
    seconds: float = 10.0
    messages: int = 100_000
    connections: int = 32


async def fill(db: PostgresDatabase, accounts: Sequence[Account], messages: int, say: Say) -> None:
    """Store conversations with messages in these businesses."""
    each = messages // len(accounts)
    for place, business_id in enumerate(ids_of(accounts)):
        async with db.tenant(business_id) as tx:
            # The app's role goes by index alone; this is a statement over everything.
            await tx.execute("select set_config('enable_hashjoin', 'on', true)")
            await tx.execute(_CONVERSATIONS, {"business": business_id, "conversations": max(each // 50, 1)})
        done = 0
        while done < each:
            many = min(_A_BATCH, each - done)
            async with db.tenant(business_id) as tx:
                await tx.execute("select set_config('enable_hashjoin', 'on', true)")
                await tx.execute(_MESSAGES, {"business": business_id, "messages": many})
            done += many
            say(f"storing messages: {place * each + done:,} of {each * len(accounts):,}")
    async with db.system("know what was stored") as tx:
        await tx.rows("select private.analyze_grown()")


async def sign_in_owners(
    db: PostgresDatabase, http: aiohttp.ClientSession, server: Server, accounts: Sequence[Account]
) -> list[str]:
    """A token of each business's owner, by the way everybody signs in."""
    password = secrets.token_urlsafe(16)
    password_hash = PasswordHasher().hash(password)
    async with db.system("let the owners sign in") as tx:
        owners = await tx.rows(
            "insert into app.credentials (user_id, password_hash) select owner_id, %s from app.businesses "
            "where id = any(%s) returning (select email from app.users u where u.id = user_id)",
            (password_hash, ids_of(accounts)),
        )
    tokens: list[str] = []
    for (email,) in owners:
        url = f"http://127.0.0.1:{server.port}/api/auth/login"
        async with http.post(url, json={"email": email, "password": password}) as answer:
            answer.raise_for_status()
            tokens.append((await answer.json())["access_token"])
    return tokens


async def measure_api(
    server: Server, processes: Mapping[str, int | None], tokens: Sequence[str], plan: ApiPlan, say: Say
) -> dict[str, Any]:
    """Each route by itself, then all of them in turns."""
    routes: dict[str, Any] = {}
    for route in (*ROUTES, "all in turns"):
        paths = ROUTES if route not in ROUTES else (route,)
        reads = Reads(tokens=list(tokens), paths=list(paths), rate=plan.rate)
        await send(Load(reads, server.port, WARM_UP_S, plan.connections))
        say(f"{route}: {plan.rate:g} reads/s for {plan.seconds:g} s")
        before, started = readings(processes), time.time()
        sent = await send(Load(reads, server.port, plan.seconds, plan.connections))
        used, took = spent(before, readings(processes)), time.time() - started
        routes[route] = {
            **asdict(latency([us / 1e6 for us in sent.latencies_us])),
            "refused": len(sent.refused),
            "share_of_a_core": {name: rounded(None if s is None else s / took, 3) for name, s in used.items()},
        }
    return {"plan": asdict(plan), "businesses": len(tokens), "routes": routes}
