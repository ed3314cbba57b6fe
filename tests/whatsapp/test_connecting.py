"""A number is connected step by step, through the API; what Meta refuses on the way is told with what mends it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from rig import APP_SECRET, Rig, Shop, as_body, eventually, open_rig, token
from wacloud.modules.auth.domain.token import Claims
from wacloud.modules.whatsapp.domain.connecting import LEASE
from wacloud.twins.graph import signup
from wacloud.twins.graph.access import TokenFacts
from wacloud.twins.graph.misbehave import Do, Match, Rule
from wacloud.twins.graph.world import Number, Waba

CODE = "123456"


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    settings = {"meta_app_id": "1", "meta_es_config_id": "77"}
    async with open_rig(own_database.app_dsn, redis_url, settings=settings) as made:
        yield made


class Owner:
    """A new business and its owner, who asks the API."""

    def __init__(self, rig: Rig, shop: Shop) -> None:
        self.rig, self.shop = rig, shop

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        url = f"{self.rig.url}/api/whatsapp/{path}"
        sent = self.rig.bearer(self.shop) | headers
        async with self.rig.http.request(method, url, json=body, headers=sent) as answer:
            return answer.status, await answer.json(content_type=None) if answer.status != 204 else None

    async def start(self, way: str = "token", **more: Any) -> str:
        status, made = await self.ask("POST", "connections", {"way": way, **more})
        assert status == 201, made
        return str(made["id"])

    async def go(self, id_: str, step: str, **given: Any) -> Any:
        status, now = await self.ask("POST", f"connections/{id_}/continue", {"step": step, **given})
        assert status == 200, now
        return now

    async def by_token(self, waba: Waba, **more: Any) -> tuple[str, Any]:
        id_ = await self.start(**more)
        return id_, await self.go(id_, "access", access_token=waba.access_token, account=waba.waba_id)

    async def row(self, id_: str) -> Any:
        [row] = await self.rig.rows(self.shop, "select * from app.number_connections where id = %s", (id_,))
        return row


@pytest.fixture
async def owner(rig: Rig) -> Owner:
    """With nothing connected: what the rig gave the shop is taken away again."""
    shop = await rig.shop(enabled=False)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("delete from app.phone_numbers where business_id = %s", (shop.business_id,))
        await tx.execute("delete from app.whatsapp_accounts where business_id = %s", (shop.business_id,))
    return Owner(rig, shop)


def account(rig: Rig, *numbers: Number, **more: Any) -> Waba:
    """An account of somebody at Meta."""
    waba = signup._account(f"Negocio {token()}")
    waba.numbers.extend(numbers)
    for name, value in more.items():
        setattr(waba, name, value)
    twin = rig.twin.twin
    twin.world.wabas.append(waba)
    twin.access.learn()
    return waba


def number(rig: Rig, **more: Any) -> Number:
    made = signup._number(rig.twin.twin, "Negocio", "finish")
    for name, value in more.items():
        setattr(made, name, value)
    return made


def dialog(rig: Rig, how: str = "finish") -> Any:
    """What Meta's dialog gives: a code, and what the window says."""
    return signup.sign_up(rig.twin.twin, {"how": how, "name": "Pan"})


async def writes(rig: Rig, phone_number_id: str, waba_id: str) -> None:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "34910000000", "phone_number_id": phone_number_id},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": "34600111222"}],
        "messages": [
            {
                "from": "34600111222",
                "id": f"wamid.{token()}",
                "timestamp": str(int(rig.house.clock().timestamp())),
                "type": "text",
                "text": {"body": "hola"},
            }
        ],
    }
    change = {"field": "messages", "value": value}
    body = {"object": "whatsapp_business_account", "entry": [{"id": waba_id, "changes": [change]}]}
    assert await rig.post(as_body(body)) == 200


# --- the ways ---------------------------------------------------------------------------------------------------------


async def portfolio_of(rig: Rig, owner: Owner, waba: Waba) -> str | None:
    """Whose limit the account's numbers share."""
    [row] = await rig.rows(
        owner.shop, "select portfolio_id from app.whatsapp_accounts where waba_id = %s", (waba.waba_id,)
    )
    found: str | None = row.portfolio_id
    return found


async def test_a_verified_number_is_connected_by_a_token(rig: Rig, owner: Owner) -> None:
    waba = account(rig, number(rig), number(rig))
    id_, now = await owner.by_token(waba)
    assert (now["step"], len(now["numbers"])) == ("number", 2)
    now = await owner.go(id_, "number", number=waba.numbers[1].phone_number_id)
    assert (now["step"], now["problem"]) == ("test", None)
    assert waba.subscribed
    assert waba.numbers[1].registered
    _, listed = await owner.ask("GET", "numbers")
    [row] = listed["numbers"]
    assert (row["state"], row["has_pin"]) == ("connected", True)
    assert row["phone_number_id"] == waba.numbers[1].phone_number_id
    assert row["messaging_limit"] == "TIER_2K"
    assert await portfolio_of(rig, owner, waba) == waba.business_id


async def test_the_test_message_ends_it(rig: Rig, owner: Owner) -> None:
    waba = account(rig, number(rig))
    id_, _ = await owner.by_token(waba)
    await owner.go(id_, "number", number=waba.numbers[0].phone_number_id)
    assert (await owner.go(id_, "test"))["state"] == "open"
    await writes(rig, waba.numbers[0].phone_number_id, waba.waba_id)

    async def done() -> bool:
        status, now = await owner.ask("POST", f"connections/{id_}/continue", {"step": "test"})
        return status == 200 and now["state"] == "done"

    await eventually(done)
    row = await owner.row(id_)
    assert (row.access_token, row.facts["heard"]) == (None, True)


async def test_one_may_do_without_the_test_message(rig: Rig, owner: Owner) -> None:
    waba = account(rig, number(rig))
    id_, _ = await owner.by_token(waba)
    await owner.go(id_, "number", number=waba.numbers[0].phone_number_id)
    assert (await owner.go(id_, "test", skip=True))["state"] == "done"
    [step] = await rig.rows(owner.shop, "select state from app.onboarding_steps where step = 'whatsapp'")
    assert step.state == "done"


async def test_the_dialogs_code_alone_is_enough(rig: Rig, owner: Owner) -> None:
    id_ = await owner.start("embedded")
    now = await owner.go(id_, "access", code=dialog(rig, "no_session")["code"])
    assert (now["step"], now["problem"]) == ("test", None)


async def test_ids_the_browser_told_do_not_count(rig: Rig, owner: Owner) -> None:
    other = account(rig, number(rig))
    id_ = await owner.start("embedded")
    told = {"waba_id": other.waba_id, "phone_number_id": other.numbers[0].phone_number_id}
    async with rig.house.db.tenant(owner.shop.business_id) as tx:
        noted = {**told, "event": "FINISH"}
        await rig.house.connecting.connections.note_session(tx, owner.shop.business_id, id_, noted)  # type: ignore[arg-type]
    now = await owner.go(id_, "access", code=dialog(rig)["code"])
    assert now["waba_id"] not in (None, other.waba_id)
    assert now["step"] == "test"


async def test_the_simulator_connects_at_once(rig: Rig, owner: Owner) -> None:
    id_ = await owner.start("simulator")
    now = await owner.go(id_, "access", name="Panadería nueva")
    assert (now["step"], now["problem"]) == ("test", None)


async def test_several_accounts_of_one_token_are_chosen_from(rig: Rig, owner: Owner) -> None:
    one, two = account(rig, number(rig)), account(rig, number(rig))
    two.access_token = one.access_token
    rig.twin.twin.access.learn()
    rig.twin.twin.world.codes["two-accounts"] = one.access_token
    rig.twin.twin.codes_made_at["two-accounts"] = rig.twin.twin.clock()
    id_ = await owner.start("embedded")
    now = await owner.go(id_, "access", code="two-accounts")
    assert (now["step"], {a["waba_id"] for a in now["accounts"]}) == ("account", {one.waba_id, two.waba_id})
    now = await owner.go(id_, "account", account=two.waba_id)
    assert (now["step"], now["waba_id"]) == ("test", two.waba_id)
    assert await portfolio_of(rig, owner, two) == two.business_id


async def test_all_pages_of_numbers_are_read(rig: Rig, owner: Owner) -> None:
    waba = account(rig, *(number(rig) for _ in range(130)))
    _, now = await owner.by_token(waba)
    assert len(now["numbers"]) == 130


async def test_a_new_number_is_added_verified_and_registered(rig: Rig, owner: Owner) -> None:
    waba = account(rig)
    id_, now = await owner.by_token(waba)
    assert (now["step"], now["problem"]["why"]) == ("number", "account_without_number")
    local = f"91{rig.twin.twin.clock():.0f}"[-9:]
    now = await owner.go(id_, "number", country_code="34", phone_number=local, verified_name="Pan Nuevo")
    assert (now["step"], now["problem"]) == ("code", None)
    assert (await owner.go(id_, "code", method="SMS"))["step"] == "verify"
    now = await owner.go(id_, "verify", verification_code="000000")
    assert (now["step"], now["problem"]["why"]) == ("verify", "code_wrong")
    now = await owner.go(id_, "verify", verification_code="123-456")
    assert (now["step"], now["problem"]) == ("test", None)


# --- what stops it ----------------------------------------------------------------------------------------------------


async def test_a_wrong_pin_stays_and_the_right_one_goes_on(rig: Rig, owner: Owner) -> None:
    waba = account(rig, number(rig, pin="246810"))
    id_, _ = await owner.by_token(waba)
    now = await owner.go(id_, "number", number=waba.numbers[0].phone_number_id)
    assert (now["step"], now["needs_pin"], now["problem"]) == ("register", True, None)
    now = await owner.go(id_, "register", pin="111111")
    assert (now["step"], now["problem"]["why"], now["registrations"]) == ("register", "pin_wrong", 1)
    assert (await owner.row(id_)).pin is None
    now = await owner.go(id_, "register", pin="246810")
    assert (now["step"], now["problem"]) == ("test", None)


@pytest.mark.parametrize(
    ("code", "why", "waits"),
    [
        (133008, "pin_wait", True),
        (133009, "pin_wait", True),
        (133015, "deleted_recently", True),
        (133016, "registered_too_often", True),
        (131045, "certificate", False),
        (131037, "name_not_approved", False),
        (190, "token_refused", False),
        (200, "permission_missing", False),
        (10, "permission_missing", False),
        (3, "permission_missing", False),
        (1, "meta_away", False),
        (987654, "meta_refused", False),
    ],
)
async def test_what_meta_says_at_registering_is_told(rig: Rig, owner: Owner, code: int, why: str, waits: bool) -> None:
    waba = account(rig, number(rig))
    phone_number_id = waba.numbers[0].phone_number_id
    match = Match(kind="register", phone_number_id=phone_number_id)
    rig.twin.twin.misbehaviour.add(Rule(do=Do(error_code=code), match=match, times=1))
    id_, _ = await owner.by_token(waba)
    now = await owner.go(id_, "number", number=phone_number_id)
    assert (now["step"], now["problem"]["why"], now["problem"]["retry_at"] is not None) == ("register", why, waits)
    now = await owner.go(id_, "register", **({"pin": "123456"} if why == "pin_wait" else {}))
    assert (now["step"], now["problem"]) == ("test", None)


async def test_an_unverified_number_goes_back_to_the_code(rig: Rig, owner: Owner) -> None:
    waba = account(rig, number(rig))
    id_, _ = await owner.by_token(waba)
    match = Match(kind="register", phone_number_id=waba.numbers[0].phone_number_id)
    rig.twin.twin.misbehaviour.add(Rule(do=Do(error_code=133006), match=match, times=1))
    now = await owner.go(id_, "number", number=waba.numbers[0].phone_number_id)
    assert (now["step"], now["problem"]["why"]) == ("code", "not_verified")


async def test_too_many_codes_are_told(rig: Rig, owner: Owner) -> None:
    waba = account(rig, number(rig, code_verified=False))
    id_, _ = await owner.by_token(waba)
    await owner.go(id_, "number", number=waba.numbers[0].phone_number_id)
    for _ in range(5):
        assert (await owner.go(id_, "code", method="SMS"))["step"] == "verify"
        assert (await owner.go(id_, "verify", skip=True))["step"] == "code"
    now = await owner.go(id_, "code", method="VOICE")
    assert (now["step"], now["problem"]["why"]) == ("code", "code_too_often")


async def test_a_code_that_is_over_leads_back_to_asking_for_a_new_one(rig: Rig, owner: Owner) -> None:
    waba = account(rig, number(rig, code_verified=False))
    id_, _ = await owner.by_token(waba)
    await owner.go(id_, "number", number=waba.numbers[0].phone_number_id)
    await owner.go(id_, "code", method="SMS")
    now = await owner.go(id_, "verify", verification_code="999999")
    assert (now["step"], now["problem"]["why"]) == ("code", "code_over")
    assert now["problem"]["meta_words"] == "This code has expired. Please request a new one and try again."
    now = await owner.go(id_, "code", method="VOICE")
    assert (now["step"], now["problem"]) == ("verify", None)
    now = await owner.go(id_, "verify", verification_code="123456")
    assert (now["step"], now["problem"]) == ("test", None)


async def test_a_code_that_comes_too_late_is_over_even_where_meta_only_says_that_it_is_wrong(
    rig: Rig, owner: Owner
) -> None:
    waba = account(rig, number(rig, code_verified=False))
    id_, _ = await owner.by_token(waba)
    await owner.go(id_, "number", number=waba.numbers[0].phone_number_id)
    await owner.go(id_, "code", method="SMS")
    assert (await owner.go(id_, "verify", verification_code="000000"))["problem"]["why"] == "code_wrong"
    async with rig.house.db.system("test: eleven minutes pass") as tx:
        await tx.execute(
            "update app.number_connections set facts = facts || jsonb_build_object('code_asked_at', "
            "to_char(now() at time zone 'utc' - interval '11 minutes', 'YYYY-MM-DD\"T\"HH24:MI:SS\"+00:00\"')) "
            "where id = %s",
            (id_,),
        )
    now = await owner.go(id_, "verify", verification_code="000000")
    assert (now["step"], now["problem"]["why"]) == ("code", "code_over")


async def test_the_twin_takes_no_code_ten_minutes_after_it_was_asked_for(rig: Rig, owner: Owner) -> None:
    waba = account(rig, number(rig, code_verified=False))
    phone_number_id = waba.numbers[0].phone_number_id
    id_, _ = await owner.by_token(waba)
    await owner.go(id_, "number", number=phone_number_id)
    await owner.go(id_, "code", method="SMS")
    rig.twin.twin.codes_asked[phone_number_id] = [rig.twin.twin.clock() - 601]
    now = await owner.go(id_, "verify", verification_code="123456")
    assert (now["step"], now["problem"]["why"]) == ("code", "code_over")


async def test_a_number_that_was_verified_meanwhile_needs_no_code(rig: Rig, owner: Owner) -> None:
    waba = account(rig, number(rig, code_verified=False))
    id_, _ = await owner.by_token(waba)
    await owner.go(id_, "number", number=waba.numbers[0].phone_number_id)
    waba.numbers[0].code_verified = True
    assert (await owner.go(id_, "code", method="SMS"))["step"] == "test"


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (TokenFacts(app_id="2"), "token_of_another_app"),
        (TokenFacts(scopes=("whatsapp_business_management",)), "scopes_missing"),
        (TokenFacts(expires_at=1_600_000_000), "token_expired"),
        (None, "token_refused"),
    ],
)
async def test_a_token_that_is_not_good_enough_is_refused(
    rig: Rig, owner: Owner, facts: TokenFacts | None, why: str
) -> None:
    waba = account(rig, number(rig))
    if facts is None:
        rig.twin.twin.access.revoked[waba.access_token] = 460
    else:
        rig.twin.twin.access.facts[waba.access_token] = facts
    id_, now = await owner.by_token(waba)
    assert (now["step"], now["problem"]["why"]) == ("access", why)
    assert (await owner.row(id_)).access_token is None


async def test_an_account_the_token_was_not_granted_is_refused(rig: Rig, owner: Owner) -> None:
    waba, other = account(rig, number(rig)), account(rig, number(rig))
    id_ = await owner.start()
    now = await owner.go(id_, "access", access_token=waba.access_token, account=other.waba_id)
    assert (now["step"], now["problem"]["why"]) == ("access", "account_not_granted")


async def test_a_code_is_good_once_and_for_thirty_seconds(rig: Rig, owner: Owner) -> None:
    code = dialog(rig)["code"]
    first, second = await owner.start("embedded"), await owner.start("embedded")
    assert (await owner.go(first, "access", code=code))["step"] == "test"
    assert (await owner.go(second, "access", code=code))["problem"]["why"] == "signup_code_over"
    late = dialog(rig)["code"]
    rig.twin.twin.codes_made_at[late] -= 31
    now = await owner.go(second, "access", code=late)
    assert (now["step"], now["problem"]["why"]) == ("access", "signup_code_over")


async def test_a_number_of_another_business_is_refused_without_telling_whose(rig: Rig, owner: Owner) -> None:
    theirs = await rig.shop()
    waba = rig.twin.twin.access.wabas[theirs.waba_id]
    _, now = await owner.by_token(waba)
    assert (now["step"], now["problem"]["why"]) == ("number", "number_taken")
    assert str(theirs.business_id) not in str(now)
    assert await rig.rows(owner.shop, "select id from app.phone_numbers") == []


async def test_without_a_good_token_nobody_learns_that_a_number_is_taken(rig: Rig, owner: Owner) -> None:
    theirs, mine = await rig.shop(), account(rig, number(rig))
    id_ = await owner.start()
    taken = await owner.go(id_, "access", access_token=mine.access_token, account=theirs.waba_id)
    free = await owner.go(id_, "access", access_token=mine.access_token, account="900000000000001")
    assert taken["problem"] == free["problem"]


async def test_two_businesses_at_once_one_gets_the_number(rig: Rig, owner: Owner) -> None:
    waba = account(rig, number(rig))
    other = Owner(rig, await rig.shop(enabled=False))
    ids = [(await one.by_token(waba))[0] for one in (owner, other)]
    phone_number_id = waba.numbers[0].phone_number_id
    answers = await asyncio.gather(
        *(one.go(id_, "number", number=phone_number_id) for one, id_ in zip((owner, other), ids, strict=True))
    )
    assert [now["step"] for now in answers].count("test") == 1, answers
    # Whoever comes second is stopped by the other's PIN, or by us.
    assert {now["problem"]["why"] for now in answers if now["problem"]} <= {"number_taken", "pin_wrong"}
    counts = [
        len(await rig.rows(one.shop, "select id from app.phone_numbers where phone_number_id = %s", (phone_number_id,)))
        for one in (owner, other)
    ]
    assert sorted(counts) == [0, 1]


# --- coexistence ------------------------------------------------------------------------------------------------------


async def test_a_number_of_the_app_is_not_registered_and_shares_its_chats(rig: Rig, owner: Owner) -> None:
    id_ = await owner.start("embedded")
    now = await owner.go(id_, "access", code=dialog(rig, "coexistence")["code"])
    assert (now["step"], now["is_coexistence"], now["registrations"]) == ("test", True, 0)
    _, at_meta = rig.twin.twin.access.numbers[now["phone_number_id"]]
    assert at_meta.synced == ["smb_app_state_sync", "history"]
    _, listed = await owner.ask("GET", "numbers")
    assert (listed["numbers"][0]["is_coexistent"], listed["numbers"][0]["per_second"]) == (True, 20)


async def test_chats_that_are_asked_for_too_late_stop_nothing(rig: Rig, owner: Owner) -> None:
    told = dialog(rig, "coexistence")
    _, at_meta = rig.twin.twin.access.numbers[told["session"]["data"]["phone_number_id"]]
    at_meta.onboarded_at -= timedelta(hours=25).total_seconds()  # type: ignore[operator]
    id_ = await owner.start("embedded")
    now = await owner.go(id_, "access", code=told["code"])
    assert (now["step"], now["problem"]["why"]) == ("test", "sync_too_late")


async def test_chats_asked_for_before_are_not_an_error(rig: Rig, owner: Owner) -> None:
    told = dialog(rig, "coexistence")
    _, at_meta = rig.twin.twin.access.numbers[told["session"]["data"]["phone_number_id"]]
    at_meta.synced.append("smb_app_state_sync")
    id_ = await owner.start("embedded")
    now = await owner.go(id_, "access", code=told["code"])
    assert (now["step"], now["problem"]) == ("test", None)


# --- going on ---------------------------------------------------------------------------------------------------------

BROKEN = {
    "access": "account",
    "number": "numbers",
    "code": "request_code",
    "verify": "verify_code",
    "register": "register",
    "subscribe": "subscribe",
    "sync": "sync",
}


class Crash(Exception):
    """The process is gone."""


@pytest.mark.parametrize("step", BROKEN)
async def test_a_crash_after_meta_did_it_is_visible_and_resumed(
    rig: Rig, owner: Owner, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Meta has done it, and nobody was left to note it."""
    deps = rig.house.connecting
    waba = account(rig, number(rig, code_verified=step not in ("code", "verify"), on_biz_app=step == "sync"))
    at_meta = waba.numbers[0]
    if step == "sync":
        at_meta.registered, at_meta.onboarded_at = True, rig.twin.twin.clock()
    id_ = await owner.start()
    real = getattr(deps.meta, BROKEN[step])

    async def dies(*args: Any, **more: Any) -> None:
        await real(*args, **more)
        raise Crash

    async def walk(until: str) -> Any:
        """The steps one after the other, as far as it stands."""
        now = (await owner.ask("GET", f"connections/{id_}"))[1]
        inputs: dict[str, dict[str, Any]] = {
            "access": {"access_token": waba.access_token, "account": waba.waba_id},
            "number": {"number": at_meta.phone_number_id},
            "code": {"method": "SMS"},
            "verify": {"verification_code": CODE},
        }
        while now["step"] != until:
            now = await owner.go(id_, now["step"], **inputs.get(now["step"], {}))
            assert now["problem"] is None
        return now

    monkeypatch.setattr(type(deps.meta), BROKEN[step], lambda self, *args, **more: dies(*args, **more))
    inputs = await _until_it_dies(owner, id_, waba)
    monkeypatch.undo()
    row = await owner.row(id_)
    assert (row.step, row.doing_since is not None) == (step, True)
    status, told = await owner.ask("POST", f"connections/{id_}/continue", {"step": step, **inputs})
    assert (status, told["code"]) == (409, "connection_busy")
    async with rig.house.db.tenant(owner.shop.business_id) as tx:
        await tx.execute("update app.number_connections set doing_since = doing_since - %s where id = %s", (LEASE, id_))
    _, seen = await owner.ask("GET", f"connections/{id_}")
    assert seen["was_interrupted"]
    await walk("test")
    assert at_meta.registered
    assert len(rig.twin.twin.registrations.get(at_meta.phone_number_id, [])) == (0 if step == "sync" else 1)
    if step != "sync":
        [pin] = await rig.rows(owner.shop, "select pin from app.phone_numbers")
        assert rig.house.secrets.decrypt(pin.pin) == at_meta.pin


async def _until_it_dies(owner: Owner, id_: str, waba: Waba) -> dict[str, Any]:
    """What was given for the step that died."""
    inputs: dict[str, dict[str, Any]] = {
        "access": {"access_token": waba.access_token, "account": waba.waba_id},
        "number": {"number": waba.numbers[0].phone_number_id},
        "code": {"method": "SMS"},
        "verify": {"verification_code": CODE},
    }
    for _ in range(9):
        step = (await owner.row(id_)).step
        given = inputs.get(step, {})
        status, _ = await owner.ask("POST", f"connections/{id_}/continue", {"step": step, **given})
        if status == 500:
            return inputs.get((await owner.row(id_)).step, {})
    raise AssertionError("it did not die")


async def test_two_who_press_at_once_register_once(rig: Rig, owner: Owner) -> None:
    waba = account(rig, number(rig))
    id_, _ = await owner.by_token(waba)
    body = {"step": "number", "number": waba.numbers[0].phone_number_id}
    answers = await asyncio.gather(*(owner.ask("POST", f"connections/{id_}/continue", body) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409, 409]
    assert len(rig.twin.twin.registrations[waba.numbers[0].phone_number_id]) == 1


async def test_it_is_begun_anew_and_left(rig: Rig, owner: Owner) -> None:
    waba = account(rig, number(rig))
    id_, _ = await owner.by_token(waba)
    status, now = await owner.ask("POST", f"connections/{id_}/restart")
    assert (status, now["step"], now["numbers"]) == (200, "access", [])
    assert (await owner.row(id_)).access_token is None
    assert (await owner.ask("DELETE", f"connections/{id_}"))[0] == 204
    status, told = await owner.ask("POST", f"connections/{id_}/continue", {"step": "access", "code": "x"})
    assert (status, told["code"]) == (409, "connection_moved_on")
    assert (await owner.ask("DELETE", f"connections/{id_}"))[0] == 409


async def test_a_step_that_is_over_is_not_done_again(rig: Rig, owner: Owner) -> None:
    waba = account(rig, number(rig))
    id_, _ = await owner.by_token(waba)
    status, told = await owner.ask(
        "POST", f"connections/{id_}/continue", {"step": "access", "access_token": "x", "account": waba.waba_id}
    )
    assert (status, told["code"]) == (409, "connection_moved_on")


async def test_what_is_missing_is_told_and_the_step_stays_free(rig: Rig, owner: Owner) -> None:
    id_ = await owner.start()
    status, told = await owner.ask("POST", f"connections/{id_}/continue", {"step": "access"})
    assert (status, told["errors"][0]["field"]) == (422, "access_token")
    assert (await owner.row(id_)).doing_since is None


async def test_meta_that_is_away_is_told_and_tried_again(rig: Rig, owner: Owner) -> None:
    waba = account(rig, number(rig))
    rule = Rule(do=Do(http_status=503), match=Match(kind="token"), times=1)
    rig.twin.twin.misbehaviour.add(rule)
    id_, now = await owner.by_token(waba)
    assert (now["step"], now["problem"]["why"]) == ("access", "meta_away")
    now = await owner.go(id_, "access", access_token=waba.access_token, account=waba.waba_id)
    assert now["step"] == "number"


# --- secrets, roles, neighbours ---------------------------------------------------------------------------------------


async def test_no_secret_is_answered_kept_in_clear_or_logged(
    rig: Rig, owner: Owner, capsys: pytest.CaptureFixture[str]
) -> None:
    waba = account(rig, number(rig, pin="246810"))
    id_, now = await owner.by_token(waba)
    answers = [now, await owner.go(id_, "number", number=waba.numbers[0].phone_number_id)]
    answers.append(await owner.go(id_, "register", pin="135791"))
    answers.append(await owner.go(id_, "register", pin="246810"))
    rows = await rig.rows(
        owner.shop,
        "select row_to_json(c)::text as all from app.number_connections c union all "
        "select row_to_json(n)::text from app.phone_numbers n union all "
        "select row_to_json(l)::text from app.audit_log l union all select row_to_json(j)::text from app.jobs j",
    )
    logged = capsys.readouterr()
    seen = f"{answers} {[row.all for row in rows]} {logged.out} {logged.err}"
    for secret in (waba.access_token, "246810", "135791", APP_SECRET):
        assert secret not in seen


async def test_an_agent_sees_numbers_and_connects_none(rig: Rig, owner: Owner) -> None:
    async with rig.house.db.tenant(owner.shop.business_id) as tx:
        await tx.execute("update app.members set role = 'agent' where business_id = %s", (owner.shop.business_id,))
    assert (await owner.ask("GET", "numbers"))[0] == 200
    assert (await owner.ask("POST", "connections", {"way": "token"}))[0] == 403
    assert (await owner.ask("GET", "connections"))[0] == 403


async def test_anothers_connection_does_not_exist(rig: Rig, owner: Owner) -> None:
    id_ = await owner.start()
    other = Owner(rig, await rig.shop(enabled=False))
    for method, path, body in (
        ("GET", f"connections/{id_}", None),
        ("POST", f"connections/{id_}/continue", {"step": "access"}),
        ("POST", f"connections/{id_}/restart", None),
        ("DELETE", f"connections/{id_}", None),
    ):
        status, told = await other.ask(method, path, body)
        assert (status, told["code"]) == (404, "connection_unknown")


async def test_the_same_key_starts_one(rig: Rig, owner: Owner) -> None:
    key = {"Idempotency-Key": token()}
    first = await owner.ask("POST", "connections", {"way": "token"}, **key)
    again = await owner.ask("POST", "connections", {"way": "token"}, **key)
    assert first == again


# --- the page that opens Meta's window --------------------------------------------------------------------------------


async def page_of(rig: Rig, owner: Owner, id_: str) -> tuple[str, Any]:
    claims = Claims(owner.shop.user_id, owner.shop.business_id, owner.shop.session_id)
    session = rig.house.auth.tokens.issue(claims, "session", rig.house.clock())
    url = f"{rig.url}/numbers/connections/{id_}"
    async with rig.http.get(url, headers={"cookie": f"wacloud_session={session}"}) as answer:
        return await answer.text(), answer.headers


async def test_facebooks_script_is_let_in_where_its_window_is_opened_and_nowhere_else(rig: Rig, owner: Owner) -> None:
    deps = rig.house.connecting
    id_, by_token = await owner.start("embedded"), await owner.start("token")
    dialog_url = deps.dialog_url
    object.__setattr__(deps, "dialog_url", None)
    try:
        page, headers = await page_of(rig, owner, id_)
        other, plain = await page_of(rig, owner, by_token)
    finally:
        object.__setattr__(deps, "dialog_url", dialog_url)
    assert 'src="https://connect.facebook.net/' in page
    assert "script-src 'self' https://connect.facebook.net;" in headers["content-security-policy"]
    assert headers["cross-origin-opener-policy"] == "same-origin-allow-popups"
    assert "facebook" not in plain["content-security-policy"]
    assert plain["cross-origin-opener-policy"] == "same-origin"
    assert "connect.facebook.net" not in other


async def test_without_a_configuration_there_is_no_window(rig: Rig, owner: Owner) -> None:
    deps = rig.house.connecting
    object.__setattr__(deps, "config_id", "")
    try:
        status, told = await owner.ask("POST", "connections", {"way": "embedded"})
    finally:
        object.__setattr__(deps, "config_id", "77")
    assert (status, told["code"]) == (409, "way_not_open")
