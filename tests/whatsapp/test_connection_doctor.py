"""Every way a connected number can be broken is seen, told once, held where it must be, and told when it is mended."""

import socket
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from rig import Rig, Shop, eventually, open_rig
from wacloud.modules.whatsapp.application.check_numbers import (
    CHECK_NUMBERS,
    check_all_numbers,
    check_held_numbers,
    check_numbers,
)
from wacloud.modules.whatsapp.domain.checkup import CHECKS
from wacloud.shared.application.jobs import Again
from wacloud.twins.graph.access import TokenFacts
from wacloud.twins.graph.misbehave import Do, Match, Rule
from wacloud.twins.graph.world import Fault, Number, Waba


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str, unused_port: int) -> AsyncIterator[Rig]:
    """Served where it says it is, so that its own endpoint can be asked."""
    told = {"base_url": f"http://127.0.0.1:{unused_port}", "meta_app_id": "1"}
    async with open_rig(own_database.app_dsn, redis_url, settings=told) as rig:
        yield rig


@pytest.fixture(scope="module")
def unused_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
async def shop(rig: Rig) -> AsyncIterator[Shop]:
    shop = await rig.shop(enabled=False)
    yield shop
    rig.twin.twin.access.revoked.pop(token_of(rig, shop), None)
    rig.twin.twin.access.facts.pop(token_of(rig, shop), None)
    rig.twin.twin.misbehaviour.remove(None)


def account(rig: Rig, shop: Shop) -> Waba:
    return rig.twin.twin.access.wabas[shop.waba_id]


def number(rig: Rig, shop: Shop) -> Number:
    return rig.twin.twin.access.numbers[shop.phone_number_id][1]


def token_of(rig: Rig, shop: Shop) -> str:
    return account(rig, shop).access_token


def facts(rig: Rig, shop: Shop, **told: Any) -> None:
    rig.twin.twin.access.facts[token_of(rig, shop)] = TokenFacts(**told)


async def look(rig: Rig, shop: Shop) -> dict[str, Any]:
    """As the job does it, without its pauses; what was found, by check."""
    await check_numbers(rig.house.checkups, shop.business_id, shop.number_id)
    rows = await rig.rows(shop, "select * from app.number_checks where number_id = %s", (shop.number_id,))
    return {row.code: row for row in rows}


async def notices(rig: Rig, shop: Shop, *, open_only: bool = True) -> list[str]:
    rows = await rig.rows(shop, "select code, settled_at from app.notices order by at, code")
    return [row.code for row in rows if not open_only or row.settled_at is None]


async def mails(rig: Rig, shop: Shop) -> int:
    return len(await rig.rows(shop, "select 1 from app.mails where template = 'notice'"))


async def state(rig: Rig, shop: Shop) -> tuple[str, str | None]:
    [row] = await rig.rows(shop, "select state, held_because from app.phone_numbers where id = %s", (shop.number_id,))
    return row.state, row.held_because


async def api(rig: Rig, shop: Shop, method: str, path: str, **more: Any) -> tuple[int, Any]:
    headers = {**rig.bearer(shop), **more.pop("headers", {})}
    async with rig.http.request(method, f"{rig.url}{path}", headers=headers, **more) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_number_that_works_has_nothing_broken(rig: Rig, shop: Shop):
    await rig.heard(shop)
    found = await look(rig, shop)
    assert set(found) == set(CHECKS)
    assert {code: (row.state, row.cause) for code, row in found.items() if row.state != "ok"} == {
        "registration": ("warning", "no_pin")
    }
    assert await notices(rig, shop) == []


async def test_a_new_limit_of_the_portfolio_is_kept_even_where_its_news_were_lost(rig: Rig, shop: Shop):
    number(rig, shop).messaging_limit = "TIER_10K"
    await look(rig, shop)
    [row] = await rig.rows(shop, "select messaging_limit from app.whatsapp_accounts")
    assert row.messaging_limit == "TIER_10K"


async def test_a_number_nobody_has_written_to_yet_says_so(rig: Rig, shop: Shop):
    assert (await look(rig, shop))["webhooks"].cause == "nothing_heard_yet"


def on_number(**changes: Any) -> Callable[[Rig, Shop], None]:
    return lambda rig, shop: [setattr(number(rig, shop), name, value) for name, value in changes.items()].clear()


def on_account(**changes: Any) -> Callable[[Rig, Shop], None]:
    return lambda rig, shop: [setattr(account(rig, shop), name, value) for name, value in changes.items()].clear()


def on_token(**told: Any) -> Callable[[Rig, Shop], None]:
    return lambda rig, shop: facts(rig, shop, **told)


SOON = int(time.time()) + 86_400
LIMITED = Fault(error_code=141010, error_description="Not verified.", can_send_message="LIMITED")
BREAKS: dict[str, tuple[Callable[[Rig, Shop], None], str, str, str]] = {
    "token that ended": (on_token(expires_at=9), "token", "broken", "token_expired"),
    "token that ends soon": (on_token(expires_at=SOON), "token", "warning", "token_ends_soon"),
    "token of another app": (on_token(app_id="77"), "token", "broken", "token_of_another_app"),
    "no permission": (on_token(scopes=("business_management",)), "permissions", "broken", "scopes_missing"),
    "another account granted": (on_token(target_ids=("5",)), "permissions", "broken", "account_not_granted"),
    "app not subscribed": (on_account(subscribed=False), "subscription", "broken", "not_subscribed"),
    "number elsewhere": (on_number(callback_url="https://old.test/h"), "callback", "broken", "override_of_number"),
    "account elsewhere": (on_account(callback_url="https://old.test/h"), "callback", "broken", "override_of_account"),
    "number banned": (on_number(status="BANNED"), "number_status", "broken", "number_banned"),
    "number flagged": (on_number(status="FLAGGED"), "number_status", "warning", "number_flagged"),
    "status of tomorrow": (on_number(status="DREAMING"), "number_status", "unknown", "value_new"),
    "not registered": (on_number(registered=False), "registration", "broken", "not_registered"),
    "name declined": (on_number(name_status="DECLINED"), "display_name", "broken", "name_declined"),
    "quality red": (on_number(quality_rating="RED"), "quality", "broken", "quality_red"),
    "quality of tomorrow": (on_number(quality_rating="BLUE"), "quality", "unknown", "value_new"),
    "limit of tomorrow": (on_number(messaging_limit="TIER_9"), "limits", "unknown", "value_new"),
    "payment missing": (on_account(payment_missing=True), "payment", "broken", "payment_problem"),
    "portfolio limited": (on_account(business_health=[LIMITED]), "sending", "warning", "meta_blocks"),
}


@pytest.mark.parametrize("how", BREAKS)
async def test_what_is_broken_is_found(rig: Rig, shop: Shop, how: str):
    break_it, code, state_of, cause = BREAKS[how]
    break_it(rig, shop)
    row = (await look(rig, shop))[code]
    assert (row.state, row.cause) == (state_of, cause)
    if cause == "value_new":
        assert row.details["value"]


async def test_metas_own_words_about_a_block_are_kept(rig: Rig, shop: Shop):
    account(rig, shop).payment_missing = True
    row = (await look(rig, shop))["payment"]
    assert row.details["code"] == "141006"
    assert "payment method" in row.details["told"]
    assert "add a new payment method" in row.details["solution"]


async def test_ours_is_found_on_the_second_page_of_subscribed_apps(rig: Rig, shop: Shop):
    account(rig, shop).other_apps = [f"9{n}" for n in range(60)]
    assert (await look(rig, shop))["subscription"].cause == "subscribed"


async def test_a_dead_token_holds_the_number_and_once_mended_what_waited_goes_out_in_order(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    rig.twin.twin.access.revoked[token_of(rig, shop)] = 460
    found = await look(rig, shop)
    assert (found["token"].state, found["token"].cause) == ("broken", "token_password_changed")
    assert {row.cause for code, row in found.items() if code in ("quality", "number_status")} == {"needs_token"}
    assert await state(rig, shop) == ("held", "check:token")
    texts = [f"mensaje {n}" for n in range(4)]
    for text in texts:
        assert (await rig.send(shop, conversation, text))[0] in (200, 202)
    assert rig.accepted(shop) == []
    assert await notices(rig, shop) == ["check_token"]

    del rig.twin.twin.access.revoked[token_of(rig, shop)]
    assert (await look(rig, shop))["token"].state == "ok"
    assert await state(rig, shop) == ("connected", None)

    async def all_out() -> bool:
        await rig.hurry(shop)
        return len(rig.accepted(shop)) == len(texts)

    await eventually(all_out)
    assert rig.accepted(shop) == texts
    assert await notices(rig, shop) == ["check_mended"]


async def test_what_comes_in_while_a_number_is_broken_is_kept(rig: Rig, shop: Shop):
    rig.twin.twin.access.revoked[token_of(rig, shop)] = None
    await look(rig, shop)
    await rig.heard(shop)
    assert len(await rig.messages(shop)) == 1


async def test_a_number_held_for_another_reason_stays_held(rig: Rig, shop: Shop):
    async with rig.house.db.tenant(shop.business_id) as tx:
        await rig.house.whatsapp.numbers.hold(tx, shop.number_id, "account_restricted", None)
    await look(rig, shop)
    assert await state(rig, shop) == ("held", "account_restricted")


async def test_a_number_held_by_a_refused_send_goes_on_once_the_token_is_good(rig: Rig, shop: Shop):
    async with rig.house.db.tenant(shop.business_id) as tx:
        await rig.house.whatsapp.numbers.hold(tx, shop.number_id, "meta:190", None)
    await look(rig, shop)
    assert await state(rig, shop) == ("connected", None)


async def test_what_is_broken_is_told_once_however_often_it_is_seen(rig: Rig, shop: Shop):
    account(rig, shop).subscribed = False
    for _ in range(3):
        await look(rig, shop)
    assert await notices(rig, shop) == ["check_subscription"]
    assert await mails(rig, shop) == 1
    account(rig, shop).subscribed = True
    await look(rig, shop)
    account(rig, shop).subscribed = False
    await look(rig, shop)
    assert (await notices(rig, shop, open_only=False)).count("check_subscription") == 2


async def test_a_token_that_ends_soon_is_told_and_then_that_it_has_ended(rig: Rig, shop: Shop):
    facts(rig, shop, expires_at=int(time.time()) + 86_400)
    await look(rig, shop)
    assert await notices(rig, shop) == ["check_token_ends"]
    facts(rig, shop, expires_at=int(time.time()) - 5)
    await look(rig, shop)
    assert await notices(rig, shop) == ["check_token"]


async def test_a_hiccup_is_looked_at_again_before_it_is_told(rig: Rig, shop: Shop):
    fault = Fault(error_code=141000, error_description="A problem at Meta.")
    number(rig, shop).health.append(fault)
    assert (await look(rig, shop))["sending"].state == "broken"
    assert await notices(rig, shop) == []
    [waiting] = [job for job in await rig.jobs(shop) if job.kind == CHECK_NUMBERS]
    assert waiting.payload == {"number_id": str(shop.number_id)}
    number(rig, shop).health.clear()
    await look(rig, shop)
    assert await notices(rig, shop, open_only=False) == []


async def test_a_hiccup_that_stays_is_told(rig: Rig, shop: Shop):
    number(rig, shop).health.append(Fault(error_code=141000, error_description="A problem."))
    await look(rig, shop)
    await look(rig, shop)
    assert await notices(rig, shop) == ["check_sending"]


async def test_meta_being_away_breaks_nothing_and_mends_nothing(rig: Rig, shop: Shop):
    account(rig, shop).subscribed = False
    since = (await look(rig, shop))["subscription"].broken_since
    for kind in ("token", "number", "subscribed_apps"):
        rule = Rule(do=Do(http_status=503), match=Match(kind=kind), times=None)
        rig.twin.twin.misbehaviour.add(rule)
    found = await look(rig, shop)
    assert {row.state for code, row in found.items() if code not in ("verify_token", "webhooks")} == {"unknown"}
    assert found["subscription"].broken_since == since
    assert await state(rig, shop) == ("connected", None)
    rig.twin.twin.misbehaviour.remove(None)
    again = (await look(rig, shop))["subscription"]
    assert (again.state, again.broken_since, again.times) == ("broken", since, 2)
    assert await notices(rig, shop) == ["check_subscription"]


async def test_too_many_questions_put_the_look_off_for_an_hour(rig: Rig, shop: Shop):
    rule = Rule(do=Do(error_code=80007), match=Match(kind="number"), times=1)
    rig.twin.twin.misbehaviour.add(rule)
    outcome = await check_numbers(rig.house.checkups, shop.business_id, None)
    assert isinstance(outcome, Again)
    assert outcome.after == timedelta(hours=1)


async def test_a_silence_of_receipts_is_seen(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    async with rig.house.db.tenant(shop.business_id) as tx:
        for _ in range(3):
            await tx.execute(
                "insert into app.messages (business_id, conversation_id, direction, author, kind, body, sent_at, "
                "state, accepted_at) values (%s, %s, 'out', 'member', 'text', 'hola', now() - interval '1 hour', "
                "'sent', now() - interval '1 hour')",
                (shop.business_id, conversation),
            )
    row = (await look(rig, shop))["webhooks"]
    assert (row.state, row.cause, row.details["value"]) == ("broken", "no_statuses", "3")


async def test_changes_are_a_history(rig: Rig, shop: Shop):
    await look(rig, shop)
    account(rig, shop).subscribed = False
    await look(rig, shop)
    await look(rig, shop)
    rows = await rig.rows(
        shop, "select before, after from app.number_check_changes where code = 'subscription' order by id"
    )
    assert [tuple(row) for row in rows] == [(None, "ok"), ("ok", "broken")]


async def test_every_day_every_business_is_looked_at_each_at_its_own_time(rig: Rig, shop: Shop):
    others = [await rig.shop(enabled=False) for _ in range(3)]
    account(rig, others[1]).subscribed = False
    assert await check_all_numbers(rig.house.checkups) >= 4
    await check_all_numbers(rig.house.checkups)
    times = set()
    for one in (shop, *others):
        [job] = [job for job in await rig.jobs(one) if job.kind == CHECK_NUMBERS]
        times.add(job.run_at)
        await rig.hurry(one)
    assert len(times) == 4

    async def looked_at() -> bool:
        for one in (shop, *others):
            if not await rig.rows(one, "select 1 from app.number_checkups where finished_at >= asked_at"):
                return False
        return True

    await eventually(looked_at)
    assert await notices(rig, others[1]) == ["check_subscription"]
    assert await notices(rig, others[0]) == await notices(rig, others[2]) == []


async def test_an_endpoint_that_cannot_be_reached_is_told_as_such(
    rig: Rig, shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rig.house.checkups.meta, "_own_url", "http://127.0.0.1:9")
    row = (await look(rig, shop))["verify_token"]
    assert (row.state, row.cause) == ("unknown", "endpoint_unreachable")


async def test_another_verify_token_is_told_as_such(rig: Rig, shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rig.house.checkups.meta, "_verify_token", "another")
    row = (await look(rig, shop))["verify_token"]
    assert (row.state, row.cause, row.details["value"]) == ("broken", "handshake_refused", "403")


async def a_while_passes(rig: Rig, shop: Shop, how_long: str) -> None:
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.number_checkups set asked_at = asked_at - %s::interval, "
            "finished_at = finished_at - %s::interval",
            (how_long, how_long),
        )


async def held_and_due(rig: Rig, shop: Shop) -> bool:
    async with rig.house.db.tenant(shop.business_id) as tx:
        due = await rig.house.checkups.checkups.held_and_due(tx, shop.business_id, rig.house.clock())
    return shop.number_id in due


async def test_a_number_that_meta_refused_while_sending_is_told_soon_and_goes_on_when_mended(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    await look(rig, shop)
    rig.twin.twin.access.revoked[token_of(rig, shop)] = 463
    await rig.send(shop, conversation, "hola")

    async def is_held() -> bool:
        return await state(rig, shop) == ("held", "meta:190")

    await eventually(is_held)
    [waits] = await rig.messages(shop, "out")
    assert (waits.state, waits.reason, waits.held_until) == ("queued", "meta:190", None)
    assert not await held_and_due(rig, shop)
    await a_while_passes(rig, shop, "6 minutes")
    assert await held_and_due(rig, shop)
    await check_held_numbers(rig.house.checkups)

    async def is_told() -> bool:
        return await notices(rig, shop) == ["check_token"]

    await eventually(is_told)
    await a_while_passes(rig, shop, "6 minutes")
    assert not await held_and_due(rig, shop)
    del rig.twin.twin.access.revoked[token_of(rig, shop)]
    await a_while_passes(rig, shop, "1 hour")
    await check_held_numbers(rig.house.checkups)

    async def went_out() -> bool:
        await rig.hurry(shop)
        return rig.accepted(shop) == ["hola"]

    await eventually(went_out)


async def test_a_look_that_was_lost_may_be_asked_for_again(rig: Rig, shop: Shop):
    checkups, now = rig.house.checkups.checkups, rig.house.clock()
    async with rig.house.db.tenant(shop.business_id) as tx:
        await checkups.ask(tx, shop.business_id, [shop.number_id], now)
        latest = await checkups.latest(tx, shop.business_id, shop.number_id)
    assert latest is not None
    assert latest.is_running(now)
    assert not latest.is_running(now + timedelta(minutes=11))


async def test_what_was_found_of_a_token_that_was_replaced_meanwhile_counts_for_nothing(
    rig: Rig, shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    meta = rig.house.checkups.meta
    ask = meta.token

    async def replaced(access_token: str) -> Any:
        told = await ask(access_token)
        async with rig.house.db.system("test: connected again") as tx:
            await tx.execute(
                "update app.phone_numbers set access_token = %s where id = %s",
                (rig.house.secrets.encrypt(token_of(rig, shop)), shop.number_id),
            )
        del rig.twin.twin.access.revoked[token_of(rig, shop)]
        monkeypatch.undo()
        return told

    rig.twin.twin.access.revoked[token_of(rig, shop)] = None
    monkeypatch.setattr(type(meta), "token", lambda _, access_token: replaced(access_token))
    await look(rig, shop)

    async def looked_at_again() -> bool:
        return bool(await rig.rows(shop, "select 1 from app.number_checks where code = 'token' and state = 'ok'"))

    await eventually(looked_at_again)
    assert await state(rig, shop) == ("connected", None)
    assert await notices(rig, shop, open_only=False) == []
