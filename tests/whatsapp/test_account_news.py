"""What Meta says of accounts, numbers and templates changes them, and is told to the business in plain words."""

import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rig import Rig, Shop, as_body, eventually
from wacloud.modules.notification.domain.notice import SEVERITIES
from wacloud.modules.notification.ui.notice_words import WORDS, notice_words
from wacloud.modules.whatsapp.ui.meta_account import read_account_news

NOW = int(time.time()) - 100
FIXTURES = Path(__file__).parents[3] / "shared" / "fixtures" / "whatsapp"


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def news(rig: Rig, shop: Shop, field: str, value: dict[str, Any], at: int = NOW) -> None:
    """Deliver it, and wait until it is acted upon."""
    body = {"id": shop.waba_id, "time": at, "changes": [{"field": field, "value": value}]}
    await rig.post(as_body({"object": "whatsapp_business_account", "entry": [body]}))

    async def applied() -> bool:
        rows = await rig.rows(shop, "select at, applied_at from app.account_events where field = %s", (field,))
        there = [row for row in rows if int(row.at.timestamp()) == at]
        return bool(there) and all(row.applied_at for row in there)

    await eventually(applied)


async def notices(rig: Rig, shop: Shop, language: str = "es") -> list[dict[str, Any]]:
    url = f"{rig.url}/api/notices?lang={language}"
    async with rig.http.get(url, headers=rig.bearer(shop)) as answer:
        assert answer.status == 200
        items: list[dict[str, Any]] = (await answer.json())["items"]
        return items


async def codes(rig: Rig, shop: Shop, *, open_only: bool = False) -> list[str]:
    return [one["code"] for one in await notices(rig, shop) if not open_only or one["settled_at"] is None]


async def mails(rig: Rig, shop: Shop) -> int:
    rows = await rig.rows(shop, "select 1 from app.mails where template = 'notice'")
    return len(rows)


async def number(rig: Rig, shop: Shop) -> Any:
    [row] = await rig.rows(shop, "select * from app.phone_numbers where id = %s", (shop.number_id,))
    return row


async def account(rig: Rig, shop: Shop) -> Any:
    [row] = await rig.rows(shop, "select * from app.whatsapp_accounts where waba_id = %s", (shop.waba_id,))
    return row


def template(**more: Any) -> dict[str, Any]:
    return {
        "message_template_id": 1234,
        "message_template_name": "pickup_ready",
        "message_template_language": "es-MX",
        **more,
    }


async def test_a_rejected_template_keeps_its_reason_and_the_owner_gets_a_mail(rig: Rig, shop: Shop):
    refused = {"reason": "It starts with a variable.", "recommendation": "Put words before it."}
    value = template(event="REJECTED", reason="INVALID_FORMAT", rejection_info=refused)
    await news(rig, shop, "message_template_status_update", value)
    [row] = await rig.rows(shop, "select * from app.message_templates")
    assert (row.name, row.language, row.status, row.reason) == ("pickup_ready", "es_MX", "REJECTED", "INVALID_FORMAT")
    assert row.advice == "Put words before it."
    [told] = await notices(rig, shop)
    assert (told["severity"], told["told"]) == ("warning", "Put words before it.")
    assert told["text"] == "Meta ha rechazado la plantilla pickup_ready."
    assert (await notices(rig, shop, "en"))[0]["text"] == "Meta rejected the template pickup_ready."
    assert await mails(rig, shop) == 1


async def test_news_told_again_are_told_once(rig: Rig, shop: Shop):
    for _ in range(3):
        await news(rig, shop, "message_template_status_update", template(event="DISABLED"))
    assert await codes(rig, shop) == ["template_disabled"]
    assert await mails(rig, shop) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_the_latest_by_metas_time_holds_in_whatever_order_they_come(rig: Rig, shop: Shop, order: tuple[int, ...]):
    told = [("PAUSED", NOW), ("DISABLED", NOW + 1), ("APPROVED", NOW + 2)]
    for one in order:
        event, at = told[one]
        await news(rig, shop, "message_template_status_update", template(event=event), at)
    [row] = await rig.rows(shop, "select status from app.message_templates")
    assert row.status == "APPROVED"
    assert await codes(rig, shop, open_only=True) == ["template_approved"]


async def test_status_quality_and_category_of_a_template_do_not_undo_each_other(rig: Rig, shop: Shop):
    begins = NOW + 86_400
    change = template(new_category="UTILITY", correct_category="MARKETING", category_update_timestamp=begins)
    await news(rig, shop, "template_category_update", change, NOW + 5)
    quality = template(previous_quality_score="GREEN", new_quality_score="RED")
    await news(rig, shop, "message_template_quality_update", quality, NOW + 3)
    await news(rig, shop, "message_template_status_update", template(event="APPROVED"), NOW + 1)
    [row] = await rig.rows(shop, "select * from app.message_templates")
    assert (row.status, row.quality, row.category, row.next_category) == ("APPROVED", "RED", "UTILITY", "MARKETING")
    assert row.next_category_at == datetime.fromtimestamp(begins, UTC)
    done = template(previous_category="UTILITY", new_category="MARKETING")
    await news(rig, shop, "template_category_update", done, NOW + 86_500)
    [row] = await rig.rows(shop, "select * from app.message_templates")
    assert (row.category, row.next_category, row.next_category_at) == ("MARKETING", None, None)


async def test_a_restriction_on_answers_holds_the_numbers_until_it_ends_and_what_waits_goes_out(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    until = int(time.time()) + 3600
    listed = [{"restriction_type": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING", "expiration": str(until)}]
    await news(rig, shop, "account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": listed})
    row = await number(rig, shop)
    assert (row.state, row.held_because) == ("held", "account_restricted")
    assert row.held_until == datetime.fromtimestamp(until, UTC)
    await rig.send(shop, conversation, "¿Sigues ahí?")
    await news(rig, shop, "account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": []}, NOW + 1)
    assert (await number(rig, shop)).state == "connected"

    async def went_out() -> bool:
        await rig.hurry(shop)
        return "¿Sigues ahí?" in rig.accepted(shop)

    await eventually(went_out)


async def test_a_restriction_on_first_messages_lets_answers_through(rig: Rig, shop: Shop):
    listed = [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": NOW + 9000}]
    await news(rig, shop, "account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": listed})
    assert (await number(rig, shop)).state == "connected"
    assert [one["type"] for one in (await account(rig, shop)).restrictions] == ["RESTRICTED_BIZ_INITIATED_MESSAGING"]
    assert await codes(rig, shop) == ["account_may_not_begin"]


@pytest.mark.parametrize(
    ("field", "bad", "good", "why"),
    [
        (
            "account_update",
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": "May 1, 2027"}},
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}},
            "account_disabled",
        ),
        ("account_review_update", {"decision": "REJECTED"}, {"decision": "APPROVED"}, "account_review"),
        ("account_update", {"event": "ACCOUNT_OFFBOARDED"}, {"event": "ACCOUNT_RECONNECTED"}, "account_offboarded"),
    ],
)
async def test_what_stops_an_account_holds_its_numbers_and_what_mends_it_frees_them(
    rig: Rig, shop: Shop, field: str, bad: dict[str, Any], good: dict[str, Any], why: str
):
    await news(rig, shop, field, bad)
    row = await number(rig, shop)
    assert (row.state, row.held_because) == ("held", why)
    [told] = await notices(rig, shop)
    assert (told["severity"], told["settled_at"]) == ("critical", None)
    await news(rig, shop, field, good, NOW + 1)
    assert (await number(rig, shop)).state == "connected"
    # The good news settle the bad.
    assert {one["severity"]: one["settled_at"] is None for one in await notices(rig, shop)} == {
        "critical": False,
        "info": True,
    }


async def test_access_that_was_removed_disconnects_the_numbers(rig: Rig, shop: Shop):
    value = {"event": "PARTNER_REMOVED", "waba_info": {"waba_id": shop.waba_id, "owner_business_id": "77"}}
    body = {"id": "a portfolio", "time": NOW, "changes": [{"field": "account_update", "value": value}]}
    await rig.post(as_body({"object": "whatsapp_business_account", "entry": [body]}))

    async def disconnected() -> bool:
        return bool((await number(rig, shop)).state == "disconnected")

    await eventually(disconnected)
    assert await codes(rig, shop) == ["account_access_removed"]


async def test_numbers_learn_their_name_their_speed_and_their_quality(rig: Rig, shop: Shop):
    shown = {"display_phone_number": shop.display.replace(" ", "").removeprefix("+")}
    named = {**shown, "decision": "APPROVED", "requested_verified_name": "Tienda de Marta"}
    await news(rig, shop, "phone_number_name_update", named)
    await news(rig, shop, "phone_number_quality_update", {**shown, "event": "THROUGHPUT_UPGRADE"})
    await news(rig, shop, "phone_number_quality_update", {**shown, "event": "FLAGGED"}, NOW + 1)
    row = await number(rig, shop)
    assert (row.verified_name, row.name_status, row.throughput, row.quality) == (
        "Tienda de Marta",
        "APPROVED",
        1000,
        "RED",
    )


@pytest.mark.parametrize(
    ("limit", "kept", "said"),
    [("TIER_10K", "TIER_10K", "10.000"), (2000, "2000", "2.000"), (-1, "TIER_UNLIMITED", "∞")],
)
async def test_the_daily_limit_is_kept_however_meta_writes_it(rig: Rig, shop: Shop, limit: Any, kept: str, said: str):
    await news(rig, shop, "business_capability_update", {"max_daily_conversations_per_business": limit})
    assert (await account(rig, shop)).messaging_limit == kept
    assert said in (await notices(rig, shop))[0]["text"]


async def test_a_pin_reset_nobody_expects_is_urgent(rig: Rig, shop: Shop):
    value = {"display_phone_number": shop.display, "event": "PIN_RESET_REQUEST", "requester": "615"}
    await news(rig, shop, "security", value)
    [told] = await notices(rig, shop)
    assert (told["code"], told["severity"]) == ("pin_reset_asked", "critical")
    assert await mails(rig, shop) == 1


async def test_a_notice_is_put_away_by_who_may_and_stays_in_the_list(rig: Rig, shop: Shop):
    await news(rig, shop, "message_template_status_update", template(event="PAUSED"))
    [told] = await notices(rig, shop)
    url = f"{rig.url}/api/notices/{told['id']}/put-away"
    async with rig.http.post(url, headers=rig.bearer(shop)) as answer:
        assert answer.status == 204
    [after] = await notices(rig, shop)
    assert after["settled_at"] is not None
    stranger = await rig.shop(enabled=False)
    async with rig.http.post(url, headers=rig.bearer(stranger)) as answer:
        assert answer.status == 404


async def test_the_page_says_what_happened_and_what_to_do(rig: Rig, shop: Shop):
    await news(rig, shop, "account_review_update", {"decision": "REJECTED"})
    async with rig.http.get(f"{rig.url}/notices?lang=es", headers=rig.bearer(shop)) as page:
        text = await page.text()
    assert "Meta ha rechazado tu cuenta de WhatsApp" in text
    assert "recurrir" in text


@pytest.mark.parametrize(
    ("code", "details", "said"),
    [
        ("template_category_changed", {"name": "cita", "told": "MARKETING"}, "la plantilla cita como Marketing."),
        ("account_violation", {"told": "SCAM"}, "incumple una norma: fraude."),
        ("account_violation", {"told": "NEW_RULE"}, "incumple una norma: New rule."),
        ("number_quality_low", {"name": "+34600000042"}, "del número +34 600 00 00 42 es baja"),
    ],
)
def test_what_meta_writes_in_capitals_is_told_in_words(code: str, details: dict[str, str], said: str):
    assert said in notice_words(code, details, "es")[0]


def test_every_notice_has_its_words():
    assert set(WORDS) == set(SEVERITIES)


HOSTILE = [
    {},
    {"event": None},
    {"event": {"a": 1}},
    {"event": "ACCOUNT_RESTRICTION", "restriction_info": "none"},
    {"event": "ACCOUNT_RESTRICTION", "restriction_info": [1, None, {"expiration": "never", "restriction_type": "X"}]},
    {"event": "DISABLED_UPDATE", "ban_info": []},
    {"event": "OF_TOMORROW"},
    {"decision": 7, "alert_info": "x", "rejection_info": [], "other_info": 3, "message_template_id": {}},
    {"max_daily_conversations_per_business": {"a": 1}, "display_phone_number": ["x"]},
]
FIELDS = [
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
    "phone_number_quality_update",
    "phone_number_name_update",
    "account_update",
    "account_review_update",
    "account_alerts",
    "business_capability_update",
    "security",
    "flows",
    "business_username_updates",
    "a field of tomorrow",
]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: json.dumps(value)[:40])
async def test_news_nobody_understands_change_nothing_and_break_nothing(
    rig: Rig, shop: Shop, field: str, value: dict[str, Any]
):
    read = read_account_news(field, value)
    assert read.told is None or read.told.code in SEVERITIES
    before = await number(rig, shop)
    await news(rig, shop, field, value)
    after = await number(rig, shop)
    assert (after.state, after.quality) == (before.state, before.quality)


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the fixtures are not beside this checkout")
def test_every_fixture_of_account_news_is_understood():
    understood = {}
    for path in sorted(FIXTURES.glob("*.json")):
        for entry in json.loads(path.read_text()).get("entry", []):
            for change in entry.get("changes", []):
                if change.get("field") in FIELDS:
                    understood[path.stem] = read_account_news(change["field"], change["value"])
    assert len(understood) >= 14
    silent = {name for name, read in understood.items() if not read.effects and read.told is None}
    assert silent == {"account_update_volume_tier", "flows_status_change"}
    assert all(read.told is None or read.told.code in WORDS for read in understood.values())


def test_a_restriction_lasts_as_long_as_its_longest_part():
    parts = [
        {"restriction_type": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING", "expiration": NOW + seconds}
        for seconds in (60, 600, 6)
    ]
    read = read_account_news("account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": parts})
    held = next(effect for effect in read.effects if type(effect).__name__ == "NumbersHeld")
    assert held.until == datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=600)  # type: ignore[union-attr]
