"""Sending within Meta's limits, with the twin's own count as the judge."""

from datetime import timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from wacloud.modules.whatsapp.application.limits import Wish
from wacloud.modules.whatsapp.domain.sending_limits import (
    BULK_LEAD_MS,
    PAIR_BURST,
    WINDOW_MS,
    NumberPace,
    people_a_day,
)
from wacloud.modules.whatsapp.infra.throttle import OwnThrottle, ValkeyThrottle
from wacloud.twins.graph.throttle import Throttle as MetasCount

NOW = timedelta()
SHOP = UUID(int=7)


def wish(number: str, recipient: str = "34600111222", per_second: int = 80, **more) -> Wish:
    return Wish(
        SHOP, more.pop("portfolio", f"p{number}"), more.pop("waba", f"w{number}"), number, recipient, per_second, **more
    )


def people(number: str, count: int, **more) -> list[Wish]:
    return [wish(number, f"3460{n:07}", **more) for n in range(count)]


async def nobody(_: Wish) -> dict[str, int]:
    return {}


@pytest.fixture(params=["valkey", "own"])
def throttle(request, rig):
    return ValkeyThrottle(rig.house.redis, nobody) if request.param == "valkey" else OwnThrottle()


@pytest.fixture
def number() -> str:
    return uuid4().hex


async def test_one_person_gets_45_messages_at_once_and_then_one_every_six_seconds(throttle, number):
    answers = await throttle.ask([wish(number, per_second=1000) for _ in range(PAIR_BURST + 2)])
    assert [a.granted for a in answers] == [True] * PAIR_BURST + [False] * 2
    assert all(
        a.limit == "pair" and timedelta(seconds=5) < a.after < timedelta(seconds=6.1) for a in answers[PAIR_BURST:]
    )
    [other] = await throttle.ask([wish(number, "34600333444", per_second=1000)])
    assert other.granted


async def test_a_number_uses_its_second_at_once_and_what_comes_then_is_given_a_place_in_the_next(throttle, number):
    answers = await throttle.ask(people(number, 12, per_second=5))
    assert [a.granted for a in answers[:5]] == [True] * 5
    assert all(a.after < timedelta(milliseconds=20) for a in answers[:5])
    # A window later, not before.
    assert not any(a.granted for a in answers[5:])
    assert all(a.limit == "number" for a in answers[5:])
    assert all(timedelta(seconds=0.9) < a.after for a in answers[5:])
    [other] = await throttle.ask([wish(uuid4().hex)])
    assert other.granted


async def test_those_who_are_refused_do_not_all_come_back_at_once(throttle, number):
    answers = await throttle.ask(people(number, 60, per_second=10))
    refused = [a.after for a in answers if not a.granted]
    assert refused == sorted(refused)
    assert len(set(refused)) == len(refused) > 10


async def test_a_campaign_is_spread_over_the_second(throttle, number):
    answers = await throttle.ask(people(number, 30, per_second=100, bulk=True))
    granted = [a.after.total_seconds() for a in answers if a.granted]
    assert granted[0] >= BULK_LEAD_MS / 1000 * 0.9
    steps = [b - a for a, b in pairwise(granted)]
    assert 9 <= len(granted) <= 19
    assert all(0.007 < step < 0.013 for step in steps)


async def test_an_answer_waits_for_no_campaign_on_the_same_number(throttle, number):
    for _ in range(3):
        await throttle.ask(people(number, 100, bulk=True))
    [answer] = await throttle.ask([wish(number, "34699000111")])
    assert answer.granted
    assert answer.after < timedelta(milliseconds=300)


async def test_a_number_that_meta_stopped_waits_is_slower_then_and_recovers(number):
    now = [0.0]
    throttle = OwnThrottle(lambda: now[0])
    await throttle.stop(wish(number), "number", NOW)
    [stopped] = await throttle.ask([wish(number)])
    assert stopped.after == timedelta(seconds=0.06)
    now[0] = 300.0
    assert sum(a.granted and a.after < timedelta(seconds=0.1) for a in await throttle.ask(people(number, 100))) == 78
    now[0] = 60_000.0
    assert sum(a.granted and a.after < timedelta(seconds=0.1) for a in await throttle.ask(people(number, 100))) == 80


async def test_stops_that_follow_each_other_grow_and_what_was_under_way_together_counts_once(number):
    now = [0.0]
    throttle = OwnThrottle(lambda: now[0])
    waits = []
    for _ in range(4):
        for _ in range(20):
            await throttle.stop(wish(number), "number", NOW)
        [answer] = await throttle.ask([wish(number)])
        waits.append(round(answer.after.total_seconds(), 3))
        now[0] += answer.after.total_seconds() * 1000 + 60
    assert waits == [0.06, 0.12, 0.24, 0.48]


async def test_stopped_by_number_all_wait(throttle, number):
    await throttle.stop(wish(number), "number", NOW)
    [answer] = await throttle.ask([wish(number, "34600333444")])
    assert timedelta(milliseconds=20) < answer.after <= timedelta(milliseconds=60)


async def test_a_stop_of_a_person_is_theirs_alone(throttle, number):
    await throttle.stop(wish(number), "pair", timedelta(seconds=4))
    stopped, other = await throttle.ask([wish(number), wish(number, "34600333444")])
    assert timedelta(seconds=3) < stopped.after <= timedelta(seconds=4.1)
    assert (stopped.limit, other.granted) == ("pair", True)


async def test_a_stop_of_the_account_is_for_all_its_numbers_and_no_other_account(throttle, number):
    mine, sister = wish(number, waba="w1", portfolio="p1"), wish(uuid4().hex, waba="w1", portfolio="p1")
    stranger = wish(uuid4().hex, waba="w2", portfolio="p1")
    await throttle.stop(mine, "account", timedelta(seconds=4))
    answers = await throttle.ask([mine, sister, stranger])
    assert [a.limit for a in answers] == ["account", "account", None]
    await throttle.stop(mine, "account", timedelta(seconds=0))


async def test_a_number_people_report_sends_nothing_to_many_and_still_answers(throttle, number):
    await throttle.stop(wish(number), "spam", timedelta(hours=4))
    one, other = await throttle.ask([wish(number, bulk=True), wish(number, "34600333444")])
    assert (one.granted, one.limit, one.after > timedelta(hours=3)) == (False, "spam", True)
    assert other.granted
    [elsewhere] = await throttle.ask([wish(f"{number}2", bulk=True, portfolio=f"p{number}", waba=f"w{number}")])
    assert elsewhere.granted


async def test_when_metas_calls_run_short_campaigns_wait_and_answers_go_on(throttle, number):
    await throttle.ease(wish(number), timedelta(seconds=4))
    campaign, answer = await throttle.ask([wish(number, bulk=True), wish(number, "34600333444")])
    assert (campaign.granted, campaign.limit, answer.granted) == (False, "account", True)


async def test_while_valkey_is_away_each_worker_keeps_its_own_count(number):
    away = Redis.from_url("redis://127.0.0.1:9", socket_connect_timeout=0.5)
    throttle = ValkeyThrottle(away, nobody)
    try:
        answers = await throttle.ask([wish(number) for _ in range(PAIR_BURST + 1)])
        assert [a.granted for a in answers] == [True] * PAIR_BURST + [False]
        await throttle.stop(wish("7002"), "number", NOW)
        assert (await throttle.ask([wish("7002")]))[0].after > NOW
        await throttle.ease(wish("7003"), timedelta(seconds=4))
        assert not (await throttle.ask([wish("7003", bulk=True)]))[0].granted
    finally:
        await away.aclose()


# ---- whom a portfolio may write to first in a day


async def test_a_portfolio_writes_first_to_so_many_people_a_day_whatever_the_number(rig):
    throttle, portfolio = ValkeyThrottle(rig.house.redis, nobody), uuid4().hex
    one, two = uuid4().hex, uuid4().hex
    first = [
        wish(n, f"3460{p:07}", portfolio=portfolio, opens=True, people_a_day=3)
        for p, n in enumerate([one, two, one, two])
    ]
    answers = await throttle.ask(first)
    assert [a.granted for a in answers] == [True, True, True, False]
    assert answers[3].limit == "portfolio"
    assert timedelta(hours=23, minutes=59) < answers[3].after <= timedelta(hours=24)
    # Whom it has written to is one of them already; whoever has written to us counts for nothing.
    again, reply = first[0], wish(one, "34699999999", portfolio=portfolio, people_a_day=3)
    assert [a.granted for a in await throttle.ask([again, reply])] == [True, True]


async def test_what_valkey_forgot_our_own_rows_know(rig):
    asked = []

    async def rows(of: Wish) -> dict[str, int]:
        asked.append(of.portfolio_id)
        seconds, _ = await rig.house.redis.time()
        return {"34600000001": seconds * 1000 - 1000, "34600000002": (seconds - 90_000) * 1000}

    throttle, portfolio, number = ValkeyThrottle(rig.house.redis, rows), uuid4().hex, uuid4().hex

    def opening(recipient: str) -> Wish:
        return wish(number, recipient, portfolio=portfolio, opens=True, people_a_day=2)

    answers = await throttle.ask([opening("34600000001"), opening("34600000003"), opening("34600000004")])
    # The second of the rows is older than a day.
    assert [a.granted for a in answers] == [True, True, False]
    await throttle.ask([opening("34600000005")])
    assert asked == [portfolio]


@pytest.mark.parametrize(
    ("tier", "people_"),
    [
        ("TIER_250", 250),
        ("TIER_2K", 2000),
        ("TIER_100K", 100_000),
        ("TIER_UNLIMITED", None),
        ("TIER_7", None),
        (None, None),
    ],
)
def test_tiers_meta_has_not_told_of_limit_nothing(tier, people_):
    assert people_a_day(tier) == people_


# ---- property: whatever is asked for, in no second more leaves than Meta allows


@given(
    st.integers(1, 120),
    st.lists(st.tuples(st.floats(0, 3000), st.booleans(), st.booleans()), min_size=1, max_size=400),
)
def test_no_second_ever_has_more_than_the_throughput(per_second, asks):
    pace, meta, left, now = NumberPace(), MetasCount(), [], 0.0
    for step, bulk, stopped in asks:
        now += step / max(1, len(asks) / 20)
        if stopped and step < 30:
            pace.stop(now)
        allowed = pace.allowed(per_second, now)
        slot = pace.next_slot(allowed, now, bulk=bulk)
        assert slot >= now
        if slot - now <= WINDOW_MS:
            pace.take(slot, allowed, bulk=bulk)
            left.append(slot / 1000)
    assert left == sorted(left)
    for at in left:
        assert meta.number_has_room("n", per_second, at)
        meta.count("n", at)
