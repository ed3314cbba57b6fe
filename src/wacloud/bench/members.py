"""Members of businesses under measurement, each with a session of their own as after signing in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from wacloud.bench.bodies import Account
from wacloud.bench.businesses import ids_of
from wacloud.modules.auth.domain.session import ABSOLUTE
from wacloud.modules.auth.domain.token import Claims
from wacloud.modules.auth.infra.tokens import JwtTokens
from wacloud.shared.domain.ids import BusinessId, SessionId, UserId, new_id
from wacloud.shared.infra.postgres import PostgresDatabase

# Those whose pages are alike share one rendering; of those who may look at all, all may write.
_ROLES = ("admin", "agent", "agent", "agent")
_LANGUAGES = ("es", "es", "es", "en")


@dataclass(frozen=True, slots=True)
class Seat:
    """A member, and the token a browser of theirs holds in its cookie."""

    business_id: BusinessId
    token: str


async def seat_members(
    db: PostgresDatabase, secret_key: str, base_url: str, accounts: Sequence[Account], count: int
) -> list[Seat]:
    """
    New members, spread over the businesses in turns.

    Their sessions are written as signing in writes them: a thousand passwords would take a minute to hash.
    """
    tokens, now = JwtTokens([secret_key], base_url), datetime.now(UTC)
    businesses = ids_of(accounts)
    claims = [
        Claims(UserId(new_id()), businesses[place % len(businesses)], SessionId(new_id())) for place in range(count)
    ]
    # Each business gets its share of every kind.
    kinds = [place // len(businesses) for place in range(count)]
    users, acting_in = [one.user_id for one in claims], [one.business_id for one in claims]
    async with db.system("seat members to measure with") as tx:
        await tx.execute(
            "insert into app.users (id, name, email, language, email_verified_at) "
            "select id, 'Miembro ' || n, 'bench-' || id || '@example.invalid', language, now() "
            "from unnest(%s::uuid[], %s::text[]) with ordinality as new (id, language, n)",
            (users, [_LANGUAGES[kind // len(_ROLES) % len(_LANGUAGES)] for kind in kinds]),
        )
        await tx.execute(
            "insert into app.members (business_id, user_id, role) "
            "select * from unnest(%s::uuid[], %s::uuid[], %s::text[])",
            (acting_in, users, [_ROLES[kind % len(_ROLES)] for kind in kinds]),
        )
        await tx.execute(
            "insert into app.sessions (id, user_id, acting_in, verified_at, not_after) "
            "select id, user_id, acting_in, now(), %s from unnest(%s::uuid[], %s::uuid[], %s::uuid[]) "
            "as new (id, user_id, acting_in)",
            (now + ABSOLUTE, [one.session_id for one in claims], users, acting_in),
        )
    return [
        Seat(business_id, tokens.issue(one, "session", now))
        for one, business_id in zip(claims, acting_in, strict=True)
        if business_id is not None
    ]
