"""People whom a Supabase project lets in: whose tokens are good here, and for whom."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import pytest
from signing_up import log_in, new_email, sign_up
from supabase_project import SECRET, Project, running_project

from wacloud.modules.auth.application.outside import Outside
from wacloud.modules.auth.domain.outsider import SupabaseAway
from wacloud.modules.auth.infra.acquaintances import PostgresAcquaintances
from wacloud.modules.auth.infra.personal_data import AuthPersonalData
from wacloud.shared.application.clock import system_clock
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.infra.http import open_egress


@dataclass(slots=True)
class Both:
    """The project, and the house that takes its tokens."""

    project: Project
    house: Any

    async def me(self, token: str) -> Any:
        return await self.house.get("/api/users/me", token=token)


@pytest.fixture
async def both(open_house: Any) -> AsyncIterator[Both]:
    async with running_project() as project, open_egress() as http:
        outside = Outside(project.reader(http), PostgresAcquaintances())
        async with open_house(outside=outside) as house:
            yield Both(project, house)


@pytest.fixture
async def project() -> AsyncIterator[Project]:
    async with running_project() as project:
        yield project


async def test_somebody_seen_first_gets_a_profile_and_is_known_by_their_subject_from_then_on(both: Both) -> None:
    claims = both.project.claims()
    first = await both.me(both.project.token(claims))
    assert (first.status, first.json["email"], first.json["name"]) == (200, claims["email"], "Ana de Fuera")
    # Another address there is another address there: nobody is found or lost by it.
    later = await both.me(both.project.token(claims | {"email": new_email(), "session_id": str(claims["sub"])}))
    assert (later.json["id"], later.json["email"]) == (first.json["id"], claims["email"])
    assert first.json["id"] != claims["sub"]
    [entry] = await both.house.rows(
        "select action, detail from app.audit_log where user_id = %s and action like 'auth.supabase%%'",
        first.json["id"],
    )
    assert (entry.action, entry.detail["subject"]) == ("auth.supabase_admitted", claims["sub"])


async def test_twenty_requests_at_once_make_one_person(both: Both) -> None:
    token = both.project.token()
    answers = await asyncio.gather(*(both.me(token) for _ in range(20)))
    assert {one.status for one in answers} == {200}
    assert len({one.json["id"] for one in answers}) == 1
    assert both.project.asked == 1


@pytest.mark.parametrize("proved", [True, False])
async def test_an_address_somebody_here_has_lets_nobody_in(both: Both, proved: bool) -> None:
    if proved:
        email = (await both.house.account("owner")).email
    else:
        email = new_email()
        await sign_up(both.house, email)
    claims = both.project.claims(email=email.upper())
    for _ in range(3):
        answer = await both.me(both.project.token(claims))
        assert (answer.status, answer.json["code"]) == (403, "supabase_email_taken")
    entries = await both.house.rows(
        "select 1 from app.audit_log where action = 'auth.supabase_refused' and detail ->> 'subject' = %s",
        claims["sub"],
    )
    assert len(entries) == 1
    # Once the address is free they are let in.
    await both.house.do("update app.users set email = %s where email = %s", new_email(), email)
    assert (await both.me(both.project.token(claims))).status == 200


async def test_membership_is_the_databases(both: Both) -> None:
    claims = both.project.claims(app_metadata={"role": "owner", "business_id": "x"})
    token = both.project.token(claims)
    user_id = (await both.me(token)).json["id"]
    refused = await both.house.get("/api/inbox", token=token)
    assert (refused.status, refused.json["code"]) == (403, "no_business")
    business = (await both.house.account("owner")).businesses[0]
    await both.house.do("insert into app.members values (%s, %s, 'agent', now())", business, user_id)
    inside = await both.house.get("/api/inbox", token=token)
    assert (inside.json["business_id"], inside.json["role"]) == (str(business), "agent")


async def test_a_disabled_person_is_refused_at_once(both: Both) -> None:
    token = both.project.token()
    user_id = (await both.me(token)).json["id"]
    await both.house.do("update app.users set disabled_at = now() where id = %s", user_id)
    assert (await both.me(token)).status == 401


async def test_whoever_left_comes_back_only_by_signing_in_again(both: Both) -> None:
    claims = both.project.claims()
    user_id = (await both.me(both.project.token(claims))).json["id"]
    db = both.house.deps.db
    exported = cast(Any, await AuthPersonalData(db).export(user_id))
    assert exported["supabase"][0]["subject"] == UUID(claims["sub"])
    async with db.system("a test lets somebody leave") as tx:
        await AuthPersonalData(db).forget(tx, user_id)
    await both.house.do("update app.users set email = %s where id = %s", new_email(), user_id)
    renewed = both.project.token(claims | {"iat": int(time.time()) + 1})
    assert (await both.me(renewed)).status == 401
    again = claims | {"amr": [{"method": "password", "timestamp": int(time.time()) + 2}]}
    answer = await both.me(both.project.token(again))
    assert answer.status == 200
    assert answer.json["id"] != user_id


async def test_a_session_of_theirs_is_not_ours_to_end(both: Both) -> None:
    token = both.project.token()
    for path in ("/api/auth/logout", "/auth/v1/logout"):
        assert (await both.house.post(path, token=token)).status in (401, 403)
    assert (await both.me(token)).status == 200
    assert (await both.house.get("/auth/v1/user", token=token)).status == 200


async def test_it_is_no_cookie_and_no_token_of_the_house(both: Both) -> None:
    token = both.project.token()
    assert (await both.house.get("/api/users/me", headers={"Cookie": f"wacloud_session={token}"})).status == 401
    person = await both.house.account("owner")
    mine = (await log_in(both.house, person.email)).json["access_token"]
    assert (await both.me(mine)).status == 200


async def test_without_a_project_nobody_elses_token_is_good(house: Any, project: Project) -> None:
    assert (await house.get("/api/users/me", token=project.token())).status == 401


@pytest.mark.parametrize(
    "more",
    [
        {"iss": "https://another.supabase.co/auth/v1"},
        {"aud": "anon"},
        {"aud": ["authenticated"]},
        {"aud": None},
        {"role": "service_role"},
        {"role": "anon"},
        {"exp": -61},
        {"exp": None},
        {"iat": 3600},
        {"nbf": 3600},
        {"sub": "nobody"},
        {"sub": None},
        {"session_id": None},
        {"aal": "aal3"},
        {"aal": None},
        {"amr": [5]},
        {"amr": "password"},
        {"user_metadata": "x"},
    ],
    ids=str,
)
async def test_a_token_meant_for_something_else_is_refused(both: Both, more: dict[str, Any]) -> None:
    # Times are told from now on.
    told = {name: value + int(time.time()) if isinstance(value, int) else value for name, value in more.items()}
    answer = await both.me(both.project.token(both.project.claims(**told)))
    assert (answer.status, answer.json["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize(
    "more",
    [{"is_anonymous": True}, {"email": ""}, {"email": None}, {"email": "a b@example.com"},
     {"user_metadata": {"email_verified": False}}],
    ids=str,
)  # fmt: skip
async def test_an_account_without_a_confirmed_address_is_refused(both: Both, more: dict[str, Any]) -> None:
    answer = await both.me(both.project.token(both.project.claims(**more)))
    assert (answer.status, answer.json["code"]) == (403, "supabase_account_not_fit")


# Keys and algorithms.


async def test_every_kind_of_key_signs_with_its_own_algorithm(project: Project) -> None:
    async with open_egress() as http:
        reader = project.reader(http)
        for kind in ("EC", "RSA"):
            kid = project.new_key(kind)
            project.now += 31
            assert (await reader.read(project.token(kid=kid), system_clock())).aal == "aal1"
        for header in ({"alg": "none"}, {"jku": project.jwks_url}, {"crit": ["exp"]}, {"x5u": "https://evil.example"}):
            forged = _with_header(project.token(), header)
            with pytest.raises(NotSignedIn):
                await reader.read(forged, system_clock())


async def test_a_public_key_is_no_shared_secret(project: Project) -> None:
    [kid] = project.keys
    public = project.keys[kid]
    stolen = (
        public.as_pem(private=False),
        public.as_der(private=False),
        json.dumps(project.jwks()["keys"][0]).encode(),
        base64.urlsafe_b64decode(public.as_dict(private=False)["x"] + "="),
    )
    async with open_egress() as http:
        for secret in ("", SECRET):
            reader = project.reader(http, secret)
            for material in stolen:
                for header in ({"kid": kid}, {}):
                    with pytest.raises(NotSignedIn):
                        await reader.read(project.shared(project.claims(), material, **header), system_clock())


async def test_a_shared_secret_counts_only_where_it_is_set(project: Project) -> None:
    token = project.shared(project.claims())
    async with open_egress() as http:
        with pytest.raises(NotSignedIn):
            await project.reader(http).read(token, system_clock())
        assert (await project.reader(http, SECRET).read(token, system_clock())).email
        with pytest.raises(NotSignedIn):
            await project.reader(http, SECRET).read(project.shared(project.claims(), "x" * 40), system_clock())
    assert project.asked == 0


async def test_weak_and_foreign_keys_are_left_out(project: Project) -> None:
    project.new_key("weak RSA")
    async with open_egress() as http:
        reader = project.reader(http)
        with pytest.raises(NotSignedIn):
            await reader.read(project.token(), system_clock())
        good = project.jwks()["keys"][0]
        for foreign in (
            {**good, "use": "enc"},
            {**good, "alg": "HS256"},
            {"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": good["kid"], "alg": "HS256"},
        ):
            project.published = {"keys": [foreign]}
            with pytest.raises((NotSignedIn, SupabaseAway)):
                await project.reader(http).read(project.token(kid=good["kid"]), system_clock())


async def test_a_rotated_key_is_asked_for_once_and_the_old_one_is_gone(project: Project) -> None:
    async with open_egress() as http:
        reader = project.reader(http)
        old = project.token()
        await reader.read(old, system_clock())
        gone = next(iter(project.keys))
        kid = project.new_key()
        new = project.token(kid=kid)
        del project.keys[gone]
        project.now += 31
        await asyncio.gather(*(reader.read(new, system_clock()) for _ in range(20)))
        assert project.asked == 2
        with pytest.raises(NotSignedIn):
            await reader.read(old, system_clock())


async def test_unknown_keys_do_not_make_us_ask_again_and_again(project: Project) -> None:
    async with open_egress() as http:
        reader = project.reader(http)
        good = project.token()
        await reader.read(good, system_clock())
        flood = [_with_header(good, {"kid": f"unknown-{n}"}) for n in range(50)]
        for forged in flood:
            with pytest.raises(NotSignedIn):
                await reader.read(forged, system_clock())
        assert project.asked == 1
        project.now += 31
        results = await asyncio.gather(
            *(reader.read(forged, system_clock()) for forged in flood), return_exceptions=True
        )
        assert {type(one) for one in results} == {NotSignedIn}
        assert project.asked == 2


@pytest.mark.parametrize("how", ["status", "empty", "nonsense"])
async def test_the_last_good_keys_count_while_the_project_is_away(project: Project, how: str) -> None:
    async with open_egress() as http:
        reader = project.reader(http)
        token = project.token()
        await reader.read(token, system_clock())
        match how:
            case "status":
                project.status = 503
            case "empty":
                project.published = {"keys": []}
            case _:
                project.published = ["not", "a", "set"]
        project.now += 601
        for _ in range(5):
            await reader.read(token, system_clock())
        assert project.asked == 2
        project.status, project.published = 200, None
        project.now += 31
        await reader.read(token, system_clock())
        assert project.asked == 3
        # Within ten minutes a key that was taken back counts no more.
        project.keys.clear()
        project.new_key()
        project.now += 600
        with pytest.raises(NotSignedIn):
            await reader.read(token, system_clock())


async def test_without_any_keys_nobody_can_be_known(both: Both) -> None:
    both.project.status = 500
    answer = await both.me(both.project.token())
    assert (answer.status, answer.json["code"]) == (503, "supabase_away")
    assert int(answer.headers["Retry-After"]) > 0
    both.project.status = 200
    assert (await both.me(both.project.token())).status == 503
    both.project.now += 31
    assert (await both.me(both.project.token())).status == 200


async def test_a_project_that_hangs_is_not_waited_for_long(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wacloud.modules.auth.infra.supabase_tokens.ANSWER_WITHIN_S", 0.05)
    project.hangs_s = 0.5
    async with open_egress() as http:
        with pytest.raises(SupabaseAway):
            await project.reader(http).read(project.token(), system_clock())


def _with_header(token: str, more: dict[str, Any]) -> str:
    """The same with another header, and so without a good signature."""
    header, _, rest = token.partition(".")
    told = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))) | more
    return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode() + "." + rest
