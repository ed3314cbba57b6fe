"""What Meta charges: every delivered message counted once, in its month, at the price of its country."""

import itertools
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from test_statuses import sent, tell

from builders import meta
from rig import Rig, Shop, as_body, eventually
from wacloud.modules.whatsapp.application.import_rates import RatesNotReadable, import_rates
from wacloud.modules.whatsapp.domain.cost import Tally
from wacloud.modules.whatsapp.infra.costs import PostgresRates
from wacloud.modules.whatsapp.ui.cost_words import pricing_in_words
from wacloud.shared.ui.i18n import translator

NOW = int(time.time()) - 100
THIS_MONTH = datetime.fromtimestamp(NOW, UTC).date().replace(day=1)
CHARGED = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "service"}
FREE = {"billable": False, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"}


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def counted(rig: Rig, shop: Shop) -> list[tuple[str, str, str, int]]:
    costs = await rig.house.whatsapp.costs.since(shop.business_id, date(2020, 1, 1))
    return [(tally.country, tally.category, tally.type, tally.messages) for tally in costs.tallies]


async def read_costs(rig: Rig, shop: Shop, query: str = "") -> Any:
    async with rig.http.get(f"{rig.url}/api/whatsapp/costs{query}", headers=rig.bearer(shop)) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read"])))
@pytest.mark.parametrize("priced", ["sent", "delivered", "read"])
async def test_a_message_is_charged_once_whichever_status_brings_its_price_and_in_whatever_order(
    rig: Rig, shop: Shop, order: tuple[str, ...], priced: str
):
    [message] = await sent(rig, shop)
    for again, status in enumerate((*order, *order)):
        price = {"pricing": CHARGED} if status == priced else {}
        await tell(rig, shop, meta.status(message.wamid, status, at=NOW, again=again, **price))
    assert await counted(rig, shop) == [("ES", "service", "regular", 1)]


async def test_what_was_only_sent_or_failed_costs_nothing(rig: Rig, shop: Shop):
    first, second = await sent(rig, shop, 2)
    await tell(rig, shop, meta.status(first.wamid, "sent", at=NOW, pricing=CHARGED))
    failed = {"errors": [{"code": 131026, "title": "Message undeliverable"}], "pricing": CHARGED}
    await tell(rig, shop, meta.status(second.wamid, "failed", at=NOW, **failed))
    assert await counted(rig, shop) == []


async def test_free_ones_count_into_the_free_tier_of_their_number(rig: Rig, shop: Shop):
    messages = await sent(rig, shop, 3)
    statuses = [meta.status(m.wamid, "delivered", at=NOW, pricing=FREE) for m in messages[:2]]
    from_ad = {**FREE, "type": "free_entry_point"}
    statuses.append(meta.status(messages[2].wamid, "delivered", at=NOW, pricing=from_ad))
    await rig.post(as_body(meta.statuses(shop, *statuses)))

    async def all_counted():
        return len(await counted(rig, shop)) == 2

    await eventually(all_counted)
    answer = await read_costs(rig, shop)
    assert answer["free_tiers"] == [{"number": shop.display, "used": 2, "most": 1000}]
    assert (answer["totals"], answer["messages_without_rate"]) == ({"USD": "0"}, 0)
    assert {(t["type"], t["messages"], t["cost"]) for t in answer["tallies"]} == {
        ("free_customer_service", 2, "0"),
        ("free_entry_point", 1, "0"),
    }


async def test_a_price_without_a_type_is_what_it_says_of_being_billable(rig: Rig, shop: Shop):
    first, second, third = await sent(rig, shop, 3)
    await tell(
        rig,
        shop,
        meta.status(first.wamid, "delivered", at=NOW, pricing={"billable": False, "category": "utility"}),
        meta.status(second.wamid, "delivered", at=NOW, pricing={"billable": True, "category": "utility"}),
        meta.status(third.wamid, "delivered", at=NOW, pricing={"type": "of tomorrow", "category": "group-service"}),
    )
    assert await counted(rig, shop) == [
        ("ES", "group_service", "of tomorrow", 1),
        ("ES", "utility", "free", 1),
        ("ES", "utility", "regular", 1),
    ]
    # What is new at Meta counts as charged, at a price nobody knows yet.
    assert (await read_costs(rig, shop))["messages_without_rate"] == 2


async def test_the_month_is_that_of_the_delivery_in_the_time_zone_of_the_account(rig: Rig, shop: Shop):
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.whatsapp_accounts set time_zone = 'America/Mexico_City' where business_id = %s",
            (shop.business_id,),
        )
    first, second = await sent(rig, shop, 2)
    await tell(
        rig,
        shop,
        meta.status(first.wamid, "delivered", at=datetime(2026, 11, 1, 5, 59, tzinfo=UTC).timestamp(), pricing=FREE),
        meta.status(second.wamid, "delivered", at=datetime(2026, 11, 1, 6, 1, tzinfo=UTC).timestamp(), pricing=FREE),
    )
    costs = await rig.house.whatsapp.costs.since(shop.business_id, date(2026, 10, 1))
    assert [(tally.month, tally.messages) for tally in costs.tallies] == [
        (date(2026, 10, 1), 1),
        (date(2026, 11, 1), 1),
    ]


async def test_a_country_has_its_own_price_from_the_day_it_begins(rig: Rig, shop: Shop):
    mexican = await rig.heard(shop, "5215512345678")
    [message] = await sent(rig, shop, 1, mexican)
    await tell(rig, shop, meta.status(message.wamid, "delivered", at=NOW, pricing=CHARGED))
    answer = await read_costs(rig, shop)
    assert (answer["tallies"][0]["country"], answer["tallies"][0]["rate"]) == ("MX", "0.008500")
    assert answer["totals"] == {"USD": "0.008500"}
    lines = ["countries,category,currency,effective_from,amount", f"mx zz,service,usd,{THIS_MONTH},0.5"]
    assert await import_rates(rig.house.db, PostgresRates(), lines, "a test") == 2
    try:
        assert (await read_costs(rig, shop))["totals"] == {"USD": "0.500000"}
    finally:
        async with rig.house.db.system("test: the rates as they were") as tx:
            await tx.execute("update app.message_rates set amount = 0.0085 where amount = 0.5")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ESP,service,USD,2027-01-01,0.1", "two letters"),
        (",service,USD,2027-01-01,0.1", "two letters"),
        ("ES,service,USD,someday,0.1", "none"),
        ("ES,service,USD,2027-01-01,much", "none"),
        ("ES,service,USD,2027-01-01,-1", "between 0 and 100"),
        ("ES,service,USD,2027-01-01,NaN", "between 0 and 100"),
        ("ES,service,dollars,2027-01-01,1", "currency"),
        ("ES,ser vice,USD,2027-01-01,1", "category"),
    ],
)
async def test_a_price_list_with_a_wrong_line_changes_nothing_and_names_it(rig: Rig, line: str, why: str):
    lines = ["countries,category,currency,effective_from,amount", "DE,service,USD,2027-01-01,0.1", line]
    with pytest.raises(RatesNotReadable) as refused:
        await import_rates(rig.house.db, PostgresRates(), lines, "a test")
    assert "line 3" in (refused.value.detail or "")
    assert why in (refused.value.detail or "")
    async with rig.house.db.system("test: look at rates") as tx:
        assert not [rate for rate in await PostgresRates().all(tx) if rate.country == "DE"]


async def test_meta_says_until_when_all_is_free_in_a_conversation_that_began_with_an_ad(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    first, second = await sent(rig, shop, 2, conversation)
    until = NOW + 72 * 3600
    window = {"id": "c1", "origin": {"type": "referral_conversion"}, "expiration_timestamp": str(until)}
    usual = {"id": "c2", "origin": {"type": "service"}, "expiration_timestamp": str(until + 5000)}
    await tell(rig, shop, meta.status(first.wamid, "sent", at=NOW, conversation=window))
    await tell(rig, shop, meta.status(second.wamid, "sent", at=NOW, conversation=usual))
    [row] = await rig.rows(shop, "select free_entry_until from app.conversations where id = %s", (conversation,))
    assert row.free_entry_until == datetime.fromtimestamp(until, UTC)


async def test_costs_are_a_businesss_own(rig: Rig, shop: Shop):
    stranger = await rig.shop(enabled=False)
    [message] = await sent(rig, shop)
    await tell(rig, shop, meta.status(message.wamid, "delivered", at=NOW, pricing=CHARGED))
    assert (await read_costs(rig, stranger))["tallies"] == []


async def test_the_page_shows_the_month_in_the_language_of_the_reader(rig: Rig, shop: Shop):
    messages = await sent(rig, shop, 2)
    await tell(rig, shop, *(meta.status(m.wamid, "delivered", at=NOW, pricing=CHARGED) for m in messages))
    for language, words in (
        ("es", ("España", "Respuestas", "se desconoce")),
        ("en", ("Spain", "Replies", "not known")),
    ):
        async with rig.http.get(f"{rig.url}/costs?lang={language}", headers=rig.bearer(shop)) as page:
            text = await page.text()
        assert [word for word in words if word not in text] == []
    async with rig.http.get(f"{rig.url}/costs?month=nonsense", headers=rig.bearer(shop)) as page:
        assert page.status == 200


def test_what_costs_and_has_no_rate_is_not_called_free():
    tally = Tally("+34", THIS_MONTH, "ES", "service", "regular", 3, "USD", None)
    assert tally.cost is None
    assert Tally("+34", THIS_MONTH, "ES", "service", "regular", 3, "USD", Decimal("0.01")).cost == Decimal("0.03")


async def test_a_message_says_of_what_kind_it_is_and_whether_it_is_charged(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation = await rig.heard(shop)
    _, sent = await rig.send(shop, conversation, "hola")
    await rig.becomes(shop, sent["message_id"], "delivered", "read")
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.messages set pricing = %s where business_id = %s and id = %s",
            (
                '{"billable": true, "category": "utility", "type": "regular", "pricing_model": "PMP"}',
                shop.business_id,
                sent["message_id"],
            ),
        )
    async with rig.http.get(f"{rig.url}/inbox/{conversation}", headers=rig.bearer(shop)) as answer:
        assert "Plantillas de utilidad: con cargo" in await answer.text()


@pytest.mark.parametrize(
    "pricing", [{}, {"category": None}, {"category": "of tomorrow", "type": 7}, {"billable": False}, {"type": ["x"]}]
)
def test_a_price_of_a_kind_nobody_knows_yet_is_told_all_the_same(pricing):
    told = pricing_in_words(pricing, translator("en"))
    assert told is None if not pricing else told


async def fragment(rig: Rig, shop: Shop, path: str) -> tuple[int, str]:
    async with rig.http.get(f"{rig.url}{path}", headers=rig.bearer(shop)) as answer:
        return answer.status, " ".join((await answer.text()).replace("\xa0", " ").split())


async def test_a_message_tells_what_it_will_cost_and_what_it_cost(rig: Rig, shop: Shop):
    mexican = await rig.heard(shop, "5215512345678")
    [message] = await sent(rig, shop, 1, mexican)
    path = f"/inbox/messages/{message.id}/cost"
    assert "Hasta 0,0085 US$" in (await fragment(rig, shop, path))[1]
    await tell(rig, shop, meta.status(message.wamid, "delivered", at=NOW, pricing=CHARGED))
    told = (await fragment(rig, shop, path))[1]
    assert "Respuestas: con cargo" in told
    assert "<strong>0,0085 US$</strong>" in told
    assert (await fragment(rig, await rig.shop(), path))[0] == 404


async def test_what_is_free_or_did_not_arrive_costs_nothing(rig: Rig, shop: Shop):
    free, failed = await sent(rig, shop, 2)
    await tell(rig, shop, meta.status(free.wamid, "delivered", at=NOW, pricing=FREE))
    wrong = {"errors": [{"code": 131026, "title": "Message undeliverable"}]}
    await tell(rig, shop, meta.status(failed.wamid, "failed", at=NOW, **wrong))
    told = [(await fragment(rig, shop, f"/inbox/messages/{one.id}/cost"))[1] for one in (free, failed)]
    assert "gratis" in told[0]
    assert "$" not in told[0] + told[1]


async def test_a_conversation_and_its_contact_tell_this_months_costs(rig: Rig, shop: Shop):
    mexican = await rig.heard(shop, "5215512345678")
    messages = await sent(rig, shop, 2, mexican)
    await tell(rig, shop, *(meta.status(one.wamid, "delivered", at=NOW, pricing=CHARGED) for one in messages))
    costs = await rig.house.whatsapp.costs.of_talk(shop.business_id, mexican, THIS_MONTH)
    assert costs.here.totals(THIS_MONTH) == costs.contact.totals(THIS_MONTH) == {"USD": Decimal("0.017")}
    told = (await fragment(rig, shop, f"/inbox/{mexican}/costs"))[1]
    assert told.count("0,0170 US$ <small>2 mensajes</small>") == 2
    other = await rig.shop()
    assert (await rig.house.whatsapp.costs.of_talk(other.business_id, mexican, THIS_MONTH)).contact.tallies == []
