"""Every body Meta may send becomes typed items; nothing is lost and nothing that is JSON raises."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wacloud.modules.whatsapp.domain.identity import Sender
from wacloud.modules.whatsapp.domain.inbound import (
    AccountChange,
    ContactChange,
    EchoMessage,
    HistoryChunk,
    HistoryMessage,
    IdentityChange,
    InboundMessage,
    Item,
    MetaError,
    NumberError,
    Preference,
    StatusUpdate,
)
from wacloud.modules.whatsapp.ui.meta_payload import ParsedWebhook, UnreadableWebhook, parse_webhook
from wacloud.modules.whatsapp.ui.meta_values import CUT_BELOW, cut_deep
from wacloud.modules.whatsapp.ui.webhook_glance import Glance, glance

PUBLIC = Path(__file__).parents[3] / "shared" / "fixtures" / "whatsapp"
OURS = Path(__file__).parent / "payloads"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

# file -> what its items are, in order
EXPECTED = {
    "account_alerts_limit_deferred": ["account:account_alerts:None"],
    "account_review_approved": ["account:account_review_update:APPROVED"],
    "account_update_disabled": ["account:account_update:DISABLED_UPDATE"],
    "account_update_partner_removed": ["account:account_update:PARTNER_REMOVED"],
    "account_update_restriction": ["account:account_update:ACCOUNT_RESTRICTION"],
    "account_update_volume_tier": ["account:account_update:VOLUME_BASED_PRICING_TIER_UPDATE"],
    "bsuid_msg_text_no_phone": ["message:text"],
    "bsuid_status_delivered_no_phone": ["status:delivered"],
    "bsuid_status_delivered_with_phone": ["status:delivered"],
    "bsuid_system_user_changed_user_id": ["message:system", "identity:user_changed_user_id"],
    "bsuid_user_id_update": ["identity:user_id_update"],
    "business_capability_update": ["account:business_capability_update:None"],
    "calls_connect_user_initiated": ["message:call"],
    "edge_bad_timestamp": ["message:text"],
    "edge_bsuid_in_from_and_wa_id": ["message:text"],
    "edge_duplicate_in_one_post": ["message:text", "message:text"],
    "edge_nfm_reply_non_object": ["message:interactive"],
    "edge_no_sender_at_all": ["message:text"],
    "edge_status_deleted": ["status:deleted"],
    "edge_unknown_status": ["status:in_orbit"],
    "edge_value_errors_minimal": ["error:0"],
    "flows_status_change": ["account:flows:FLOW_STATUS_CHANGE"],
    "history_chunk": [
        "history:outbound:text",
        "history:outbound:media_placeholder",
        "history:inbound:text",
        "history:outbound:text",
        "chunk:0:1:55",
    ],
    "msg_audio": ["message:audio"],
    "msg_button_quick_reply": ["message:button"],
    "msg_contacts": ["message:contacts"],
    "msg_document": ["message:document"],
    "msg_edit": ["message:edit"],
    "msg_group_text": ["message:text"],
    "msg_image": ["message:image"],
    "msg_interactive_button_reply": ["message:interactive"],
    "msg_interactive_list_reply": ["message:interactive"],
    "msg_interactive_nfm_reply": ["message:interactive"],
    "msg_location": ["message:location"],
    "msg_order": ["message:order"],
    "msg_reaction": ["message:reaction"],
    "msg_revoke": ["message:revoke"],
    "msg_sticker": ["message:sticker"],
    "msg_system_number_changed": ["message:system", "identity:user_changed_number"],
    "msg_text": ["message:text"],
    "msg_text_ctwa_referral": ["message:text"],
    "msg_text_message_business_button": ["message:text"],
    "msg_unsupported": ["message:unsupported"],
    "msg_unsupported_deleted_legacy": ["message:unsupported"],
    "phone_number_name_update": ["account:phone_number_name_update:APPROVED"],
    "phone_number_quality_throughput_upgrade": ["account:phone_number_quality_update:THROUGHPUT_UPGRADE"],
    "security_pin_reset_request": ["account:security:PIN_RESET_REQUEST"],
    "smb_app_state_sync_add": ["contact:add"],
    "smb_message_echo_text": ["echo:text"],
    "status_failed_131047": ["status:failed"],
    "status_failed_131049": ["status:failed"],
    "status_sent_pricing_pmp": ["status:sent"],
    "status_sent_v24_no_pricing": ["status:sent"],
    "template_category_changed": ["account:template_category_update:None"],
    "template_category_scheduled": ["account:template_category_update:None"],
    "template_quality_update_docs_bug": ["account:message_template_status_update:None"],
    "template_status_approved": ["account:message_template_status_update:APPROVED"],
    "template_status_rejected_with_advice": ["account:message_template_status_update:REJECTED"],
    "user_preferences_stop": ["preference:resume"],
    "value_level_errors": ["error:130429"],
}


def parse(payload: object) -> ParsedWebhook:
    return parse_webhook(json.dumps(payload).encode(), NOW)


def ours(name: str) -> ParsedWebhook:
    return parse_webhook((OURS / f"{name}.json").read_bytes(), NOW)


def public(name: str) -> ParsedWebhook:
    path = PUBLIC / f"{name}.json"
    if not path.exists():
        pytest.skip(f"no public payloads at {PUBLIC}")
    return parse_webhook(path.read_bytes(), NOW)


def messages(parsed: ParsedWebhook) -> list[InboundMessage]:
    return [item for item in parsed.items if isinstance(item, InboundMessage)]


def only(parsed: ParsedWebhook) -> Any:
    assert len(parsed.items) == 1
    return parsed.items[0]


def told(item: Item) -> str:
    match item:
        case InboundMessage(kind=kind):
            return f"message:{kind}"
        case EchoMessage(kind=kind):
            return f"echo:{kind}"
        case HistoryMessage(kind=kind, direction=direction):
            return f"history:{direction}:{kind}"
        case HistoryChunk(phase=phase, chunk_order=order, progress=progress):
            return f"chunk:{phase}:{order}:{progress}"
        case StatusUpdate(status=status):
            return f"status:{status}"
        case IdentityChange(reason=reason):
            return f"identity:{reason}"
        case NumberError(error=error):
            return f"error:{error.code}"
        case ContactChange(action=action):
            return f"contact:{action}"
        case Preference(value=value):
            return f"preference:{value}"
        case AccountChange(field=field, event=event):
            return f"account:{field}:{event}"


def elements(payload: Any) -> int:
    """How many things happened, counted in Meta's own JSON: list elements, else changes."""
    total = 0
    for entry in payload["entry"]:
        for change in entry["changes"]:
            value = change["value"]
            lists = [
                *(v for k, v in value.items() if isinstance(v, list) and k not in ("contacts", "history")),
                *(thread["messages"] for chunk in value.get("history", []) for thread in chunk["threads"]),
                value.get("history", []),
            ]
            is_message_like = "metadata" in value
            total += sum(map(len, lists)) if is_message_like else 1
    return total


def assert_storable(parsed: ParsedWebhook) -> None:
    encoded = json.dumps([asdict(item) for item in parsed.items], default=datetime.isoformat, ensure_ascii=False)
    encoded.encode("utf-8")
    json.dumps(json.loads(encoded), allow_nan=False)
    for text in strings(json.loads(encoded)):
        assert not CONTROL.search(text), text


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for element in value:
            yield from strings(element)
    elif isinstance(value, dict):
        for key, element in value.items():
            yield key
            yield from strings(element)


# --- the public payloads --------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXPECTED)
def test_a_public_payload_becomes_the_expected_items(name: str) -> None:
    parsed = public(name)
    assert [told(item) for item in parsed.items] == EXPECTED[name]
    payload = json.loads((PUBLIC / f"{name}.json").read_bytes())
    # The system line that tells of new ids is two items: the line itself and the change.
    assert sum(not (isinstance(i, IdentityChange) and i.reason != "user_id_update") for i in parsed.items) == (
        elements(payload)
    )
    assert {item.waba_id for item in parsed.items} == {payload["entry"][0]["id"]}
    metadata = payload["entry"][0]["changes"][0]["value"].get("metadata", {})
    assert {item.phone_number_id for item in parsed.items} == {metadata.get("phone_number_id")}
    assert_storable(parsed)


def test_every_public_payload_is_in_the_table() -> None:
    if not PUBLIC.exists():
        pytest.skip(f"no public payloads at {PUBLIC}")
    assert {path.stem for path in PUBLIC.glob("*.json")} == set(EXPECTED)


def test_only_payloads_that_are_odd_report_problems() -> None:
    if not PUBLIC.exists():
        pytest.skip(f"no public payloads at {PUBLIC}")
    reported = {path.stem for path in PUBLIC.glob("*.json") if parse_webhook(path.read_bytes(), NOW).problems}
    assert reported == {"edge_bad_timestamp"}


def test_a_person_without_phone_is_known_by_their_user_id() -> None:
    message = only(public("bsuid_msg_text_no_phone"))
    assert message.sender == Sender(
        wa_id=None,
        bsuid="US.13491208655302741918",
        parent_bsuid="US.ENT.11815799212886844830",
        username="realsheenanelson",
        name="Sheena Nelson",
    )
    assert message.sent_at == datetime(2025, 6, 8, 20, 59, 43, tzinfo=UTC)


def test_a_message_of_nobody_takes_the_name_of_the_only_contact() -> None:
    message = only(public("edge_no_sender_at_all"))
    assert (message.sender.name, message.sender.is_known, message.text) == (
        "Kerry Fisher",
        False,
        "Hello World",
    )


def test_a_time_that_is_none_is_the_time_of_arrival_and_a_problem() -> None:
    parsed = public("edge_bad_timestamp")
    assert only(parsed).sent_at == NOW
    assert only(parsed).sender.wa_id == "bla"
    assert parsed.problems == ("entry[0].changes[0].messages[0]: timestamp is no time",)


def test_media_keep_what_is_needed_to_fetch_them() -> None:
    message = only(public("msg_document"))
    assert message.text == "my receipt"
    assert message.content["media"]["media_id"] == "622684793477189"
    assert message.content["media"]["filename"] == "receipt.pdf"
    assert message.raw is None
    assert only(public("msg_audio")).content["media"]["voice"] is True
    assert only(public("msg_sticker")).content["media"]["animated"] is True


def test_an_order_has_decimals_as_text() -> None:
    order = only(public("msg_order")).content["order"]
    assert order["items"][0] == {
        "retailer_id": "di9ozbzfi4",
        "quantity": "2",
        "price": "30",
        "currency": "USD",
    }


def test_taps_and_quotes_refer_to_what_was_tapped() -> None:
    tap = only(public("msg_interactive_list_reply"))
    assert tap.text == "Priority Mail Express"
    assert tap.content["reply"]["kind"] == "list"
    assert tap.content["reply"]["id"] == "priority_express"
    assert tap.quoted
    assert tap.refers_to.startswith("wamid.")
    assert only(public("msg_button_quick_reply")).content["reply"]["kind"] == "template_button"


def test_a_form_is_data_where_it_is_an_object_and_raw_where_not() -> None:
    assert only(public("msg_interactive_nfm_reply")).content["flow"]["data"]["first_name"] == "Bob"
    odd = only(public("edge_nfm_reply_non_object")).content["flow"]
    assert "data" not in odd
    assert json.loads(odd["raw"]) == ["not", "an", "object"]


def test_an_edit_carries_the_new_text_and_ignores_the_placeholder() -> None:
    edit = only(public("msg_edit"))
    assert (edit.text, edit.refers_to, edit.quoted) == ("Two boxes, not one", "wamid.TESTORIGINAL0007", False)
    assert edit.content == {"edit": {"kind": "text", "content": {}}}


@pytest.mark.parametrize(
    ("name", "is_answerable"),
    [
        ("msg_text", True),
        ("msg_contacts", True),
        ("msg_interactive_nfm_reply", True),
        ("msg_unsupported_deleted_legacy", True),
        ("msg_unsupported", False),
        ("msg_reaction", False),
        ("msg_edit", False),
        ("msg_revoke", False),
        ("msg_group_text", False),
        ("calls_connect_user_initiated", False),
    ],
)
def test_who_waits_for_an_answer(name: str, is_answerable: bool) -> None:
    assert only(public(name)).is_answerable is is_answerable


def test_the_advert_that_brought_a_person_is_kept_under_our_names() -> None:
    message = only(public("msg_text_ctwa_referral"))
    assert message.content["referral"]["source_kind"] == "ad"
    assert message.content["referral"]["click_id"].startswith("Aff-")
    assert message.content["referral"]["greeting"] == "Hi there! Let us know how we can help!"
    product = only(public("msg_text_message_business_button")).content["referred_product"]
    assert product["retailer_id"] == "di9ozbzfi4"


def test_a_new_phone_links_the_old_person_to_the_new_one() -> None:
    _, change = public("msg_system_number_changed").items
    assert isinstance(change, IdentityChange)
    assert (change.previous.wa_id, change.current.wa_id) == ("16505551234", "12195555358")


def test_a_new_user_id_links_both_and_keeps_the_phone() -> None:
    update = only(public("bsuid_user_id_update"))
    assert update.previous == Sender(bsuid="US.13491208655302741918")
    assert update.current == Sender(wa_id="16505551234", bsuid="US.20000000000000000001", name="Test Customer")
    _, told_by_system = public("bsuid_system_user_changed_user_id").items
    assert isinstance(told_by_system, IdentityChange)
    assert told_by_system.current == Sender(wa_id="16505551234", bsuid="US.20000000000000000001")


def test_a_status_tells_price_window_and_recipient() -> None:
    status = only(public("status_sent_pricing_pmp"))
    assert status.pricing == {"billable": True, "model": "PMP", "type": "regular", "category": "marketing"}
    assert status.conversation["origin"] == "marketing"
    assert status.conversation["expires_at"] == "2025-06-16T23:28:00+00:00"
    bare = only(public("status_sent_v24_no_pricing"))
    assert (bare.pricing, bare.conversation, bare.errors) == (None, None, ())
    nameless = only(public("bsuid_status_delivered_no_phone"))
    assert nameless.recipient.bsuid == "US.13491208655302741918"
    assert nameless.recipient.username == "pablomorales"


def test_a_failure_tells_its_code_and_details() -> None:
    (error,) = only(public("status_failed_131047")).errors
    assert error.code == 131047
    assert error.details.startswith("Message failed to send because more than 24 hours")


def test_old_chats_know_who_wrote_and_with_whom() -> None:
    found = public("history_chunk").items
    assert [(i.contact.wa_id, i.status) for i in found if isinstance(i, HistoryMessage)] == [
        ("16505551234", "READ"),
        ("16505551234", "PLAYED"),
        ("16505551234", "READ"),
        ("12125557890", "DELIVERED"),
    ]


# --- our own oddities -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(OURS.glob("*.json")), ids=lambda path: path.stem)
def test_our_own_payloads_are_storable_and_read_the_same_twice(path: Path) -> None:
    parsed = parse_webhook(path.read_bytes(), NOW)
    assert parsed.items
    assert_storable(parsed)
    assert parse_webhook(path.read_bytes(), NOW) == parsed


def test_messages_statuses_and_errors_of_one_value_all_arrive() -> None:
    assert [told(item) for item in ours("messages_and_statuses_in_one_value").items] == [
        "message:text",
        "status:delivered",
        "status:read",
        "error:131000",
    ]


def test_every_entry_and_every_change_is_read() -> None:
    parsed = ours("many_entries_and_changes")
    assert [(item.waba_id[-1], told(item)) for item in parsed.items] == [
        ("0", "message:text"),
        ("0", "status:sent"),
        ("1", "account:account_review_update:APPROVED"),
        ("1", "message:text"),
        ("1", "message:text"),
    ]


def test_contacts_are_matched_by_id_and_not_by_place() -> None:
    first, second, third, fourth, fifth = messages(ours("contacts_out_of_order"))
    assert first.sender == Sender(wa_id="34600000001", name="Ana")
    assert second.sender == Sender(bsuid="ES.bbb2", name="Berta")
    assert third.sender == Sender(wa_id="34600000099", bsuid="ES.ccc3", name="Carla")
    assert fourth.sender == Sender(wa_id="551187654321", name="Dora")
    assert fifth.sender == Sender()


def test_numbers_may_be_text_and_text_may_be_numbers() -> None:
    parsed = ours("numbers_as_strings_and_strings_as_numbers")
    text, place, order = messages(parsed)
    assert (text.wamid, text.text, text.sender.name, text.sender.wa_id) == (
        "12345",
        "2026",
        "42",
        "34600000001",
    )
    assert {item.waba_id for item in parsed.items} == {"900100200300400"}
    assert {item.phone_number_id for item in parsed.items} == {"700800900100200"}
    assert place.sender.wa_id == "34600000001"
    assert place.sent_at == datetime(2026, 11, 21, 22, 30, 0, 123000, tzinfo=UTC)
    assert place.content["location"] == {"latitude": 40.41, "longitude": -3.7}
    assert order.content["order"] == {
        "catalog_id": "77",
        "items": [
            {"retailer_id": "cake-1", "quantity": "2", "price": "12.50", "currency": "EUR"},
            {"retailer_id": "3", "quantity": "1.5", "price": "0.1", "currency": "EUR"},
        ],
    }
    status = parsed.items[-1]
    assert isinstance(status, StatusUpdate)
    assert status.errors == (MetaError(code=131026, title="x", details="beside the code"),)
    assert status.pricing == {"billable": True, "category": "authentication_international"}
    assert parsed.problems == ()


def test_nulls_lose_nothing_that_is_there() -> None:
    parsed = ours("nulls_everywhere")
    assert [m.text for m in messages(parsed)] == [None, None, None, "visible"]
    assert [m.kind for m in messages(parsed)] == ["unsupported", "unsupported", "unsupported", "text"]
    assert messages(parsed)[0].wamid.startswith("unidentified.")
    assert len(parsed.problems) >= 10


def test_wrong_types_are_kept_as_they_came() -> None:
    parsed = ours("wrong_types_everywhere")
    kinds = Counter(told(item).split(":")[0] for item in parsed.items)
    assert kinds["message"] == 12
    assert kinds["status"] == 1
    kept = json.dumps([asdict(item) for item in parsed.items], default=str)
    for word in ("wamid.NOLIST", "nested", "button_reply", "Rosa", "north"):
        assert word in kept
    broken = [m for m in messages(parsed) if m.kind == "unsupported"]
    assert len(broken) == 11
    assert all(m.raw is not None for m in broken)


def test_each_participant_of_a_group_has_a_status() -> None:
    first, second = ours("group_status_of_each_participant").items
    assert isinstance(first, StatusUpdate)
    assert isinstance(second, StatusUpdate)
    assert (first.participant, first.group_id) == ("34600000001", "GROUP1")
    assert first.recipient == Sender(wa_id="34600000001", bsuid="ES.aaa1")
    assert (second.participant, second.recipient.wa_id) == ("ES.bbb2", None)


def test_a_refusal_to_share_old_chats_is_an_error_of_the_number() -> None:
    refusal = only(ours("history_declined"))
    assert isinstance(refusal, NumberError)
    assert (refusal.error.code, refusal.source) == (2593109, "history")


def test_media_of_old_chats_are_old_and_wake_nobody() -> None:
    parsed = ours("history_media_follow_up")
    assert [told(item) for item in parsed.items] == [
        "history:inbound:image",
        "history:outbound:video",
        "chunk:2:3:100",
    ]


def test_an_old_chat_with_a_person_without_phone() -> None:
    theirs, business, chunk = ours("history_thread_without_phone").items
    assert told(chunk) == "chunk:1:2:70"
    assert isinstance(theirs, HistoryMessage)
    assert isinstance(business, HistoryMessage)
    assert (theirs.direction, business.direction) == ("inbound", "outbound")
    assert theirs.contact == business.contact == Sender(bsuid="ES.aaa1")


def test_what_people_send_from_the_phone_is_an_echo() -> None:
    revoke, text = ours("echo_revoke_to_a_person_without_phone").items
    assert isinstance(revoke, EchoMessage)
    assert isinstance(text, EchoMessage)
    assert (revoke.kind, revoke.refers_to, revoke.to) == ("revoke", "wamid.OUT1", Sender(bsuid="ES.aaa1"))
    assert (text.source, text.to.wa_id, text.text) == ("message_echoes", "34600000001", "Ya le contesto yo")


def test_calls_that_are_no_question_are_account_changes() -> None:
    parsed = ours("call_ended_and_call_by_the_business")
    assert [told(item) for item in parsed.items] == [
        "account:calls:terminate",
        "account:calls:connect",
        "status:RINGING",
    ]
    assert isinstance(parsed.items[2], StatusUpdate)
    assert parsed.items[2].kind == "call"


def test_ids_are_never_read_from_prose() -> None:
    parsed = ours("system_phone_and_user_id_changed")
    changes = [item for item in parsed.items if isinstance(item, IdentityChange)]
    assert changes[0].previous == Sender(wa_id="34600000001", bsuid="ES.old1")
    assert changes[0].current == Sender(wa_id="34600000002", bsuid="ES.new2", parent_bsuid="ES.ENT.new2")
    assert changes[1].previous == changes[1].current == Sender(wa_id="34600000001")
    assert len(changes) == 2
    assert len(messages(parsed)) == 3
    assert "victim" not in repr([(c.previous, c.current) for c in changes])


def test_a_partner_event_belongs_to_the_account_inside() -> None:
    assert only(ours("partner_event_carries_the_partner_as_entry")).waba_id == "900100200300400"


def test_unknown_fields_and_keys_are_kept() -> None:
    parsed = ours("unknown_field_and_unknown_key")
    assert [told(item) for item in parsed.items] == [
        "account:quantum_settings_update:None",
        "message:text",
        "account:messages:None",
        "account:standby:None",
    ]
    assert parsed.items[2].value == {"holograms": [{"id": "h1"}]}  # type: ignore[union-attr]
    assert parsed.items[0].phone_number_id == "700800900100200"


def test_types_of_tomorrow_are_unsupported_with_their_raw() -> None:
    found = messages(ours("message_types_of_tomorrow"))
    assert [(m.kind, m.content.get("unsupported_kind"), m.raw is not None, m.is_answerable) for m in found] == [
        ("unsupported", "poll", True, True),
        ("unsupported", "view_once", True, True),
        ("unsupported", "interactive", True, True),
        ("request_welcome", None, False, False),
        ("audio", None, False, True),
        ("text", None, False, True),
        ("edit", None, True, False),
        ("unsupported", "document", True, True),
        ("unsupported", "edit", True, False),
    ]
    assert found[4].content["media"] == {
        "media_id": "5550003",
        "mime_type": "audio/ogg; codecs=opus",
        "voice": True,
    }
    assert found[7].content["errors"] == [{"code": 131052, "title": "Media download error"}]


def test_answers_of_forms_cards_and_permissions() -> None:
    found = messages(ours("answers_of_forms_and_permissions"))
    permission, address, flow, cards, button, unreact, forwarded, checked = found
    assert permission.content["call_permission"]["expires_at"] == "2026-11-28T21:06:40+00:00"  # type: ignore[index]
    assert not permission.is_answerable
    assert address.content["flow"] == {"name": "address_message", "body": "Sent", "raw": "not json"}
    assert flow.content["flow"] == {"name": "flow", "data": {"day": "monday"}, "fields": ["day"]}
    assert cards.text == "Rosa Gil, Ana"
    assert cards.content["origin"] == "contact_request"
    assert cards.content["contacts"][0]["phones"] == [  # type: ignore[index]
        {"phone": "+34 600 00 00 01", "wa_id": "34600000001", "kind": "CELL"}
    ]
    assert button.content["reply"] == {"kind": "template_button", "id": "STOP_PROMO", "title": "Baja"}
    assert (unreact.content["reaction"], unreact.refers_to) == ({"emoji": None}, "wamid.OUT1")
    assert forwarded.content == {"forwarded": True, "frequently_forwarded": True}
    assert (forwarded.refers_to, forwarded.quoted) == (None, False)
    assert checked.content["identity"]["hash"] == "Hq7x"  # type: ignore[index]


def test_texts_lose_only_what_cannot_be_stored() -> None:
    first, empty, unknown = messages(ours("lone_surrogates_nul_and_control_characters"))
    assert first.text == "abcde\nf\tgh \U0001f600 \u200d"
    assert first.sender.name == "Rosa"
    assert first.sender.username == "rosa.bakes"
    assert (empty.kind, empty.text) == ("text", None)
    assert unknown.raw is not None
    assert unknown.raw["hologram"] == {"key": ["x", {"deep": ""}]}


def test_a_message_without_id_gets_one_that_repeats() -> None:
    parsed = ours("message_without_id_or_number")
    message = only(parsed)
    assert message.wamid.startswith("unidentified.")
    assert message.wamid == only(ours("message_without_id_or_number")).wamid
    assert (message.phone_number_id, message.text) == ("", "¿Me oís?")
    assert len(parsed.problems) == 2


def test_times_that_are_none_are_the_time_of_arrival() -> None:
    parsed = ours("times_that_are_none")
    assert {m.sent_at for m in messages(parsed)} == {NOW}
    assert len(parsed.problems) == len(parsed.items) == 9


# --- size, breakage, chance -----------------------------------------------------------------------


def envelope(*changes: object, **entry: object) -> dict[str, object]:
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "900100200300400", **entry, "changes": list(changes)}],
    }


def value(**parts: object) -> dict[str, object]:
    return {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "700800900100200"}, **parts}


def test_a_thousand_updates_in_one_body() -> None:
    contacts = [{"profile": {"name": f"P{i}"}, "wa_id": str(34600000000 + i)} for i in range(500)]
    written = [
        {
            "from": str(34600000000 + i),
            "id": f"wamid.{i}",
            "timestamp": "1795300200",
            "type": "text",
            "text": {"body": str(i)},
        }
        for i in range(500)
    ]
    statuses = [
        {
            "id": f"wamid.S{i}",
            "status": "read",
            "timestamp": "1795300200",
            "recipient_id": str(34600000000 + i),
        }
        for i in range(500)
    ]
    parts = value(contacts=contacts[::-1], messages=written, statuses=statuses)
    parsed = parse(envelope({"field": "messages", "value": parts}))
    assert len(parsed.items) == 1000
    assert parsed.problems == ()
    assert [m.sender.name for m in messages(parsed)] == [f"P{i}" for i in range(500)]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"NaN", b"[" * 100_000, b'{"a":1}x'])
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableWebhook):
        parse_webhook(body, NOW)


@pytest.mark.parametrize(
    "payload",
    [None, 1, "x", [], {}, {"object": "page", "entry": [{"id": "1", "changes": []}]}, {"entry": []}],
)
def test_a_body_that_is_not_ours_has_no_items_and_says_so(payload: object) -> None:
    parsed = parse(payload)
    assert parsed.items == ()
    assert parsed.problems == ("object: not whatsapp_business_account",)


@pytest.mark.parametrize(
    "number",
    ["1" + "0" * 5000, "1e999", "-1e999", "123456789012345678901234567890", "1" * 4300, "0.1e-999999"],
)
def test_numbers_beyond_any_type_are_still_json(number: str) -> None:
    body = json.dumps(
        envelope(
            {
                "field": "messages",
                "value": value(
                    messages=[
                        {
                            "id": "wamid.1",
                            "from": "34600000001",
                            "timestamp": "TIME",
                            "type": "order",
                            "order": {"product_items": [{"quantity": "TIME", "item_price": "TIME"}]},
                        },
                        {"id": "wamid.2", "type": "hologram", "hologram": "TIME"},
                    ]
                ),
            },
            time="TIME",
        )
    ).replace('"TIME"', number)
    parsed = parse_webhook(body.encode(), NOW)
    assert [m.kind for m in messages(parsed)] == ["order", "unsupported"]
    assert_storable(parsed)


def test_nesting_without_end_is_cut() -> None:
    deep: object = "bottom"
    for _ in range(300):
        deep = [deep]
    nested_edit: dict[str, object] = {"type": "text", "text": {"body": "x"}}
    for _ in range(200):
        nested_edit = {"edit": {"original_message_id": "wamid.0", "message": nested_edit}}
    parsed = parse(
        envelope(
            {"field": "unknown", "value": {"deep": deep}},
            {"field": "messages", "value": value(messages=[{"id": "wamid.1", **nested_edit}])},
        )
    )
    assert [told(item) for item in parsed.items] == ["account:unknown:None", "message:edit"]
    assert_storable(parsed)


def test_an_id_too_long_for_an_index_stays_different_from_others() -> None:
    long = "wamid." + "A" * 5000
    same = [{"id": long + end, "type": "revoke", "revoke": {"original_message_id": long}} for end in ("", "B", "B")]
    first, second, third = messages(parse(envelope({"field": "messages", "value": value(messages=same)})))
    assert len(first.wamid) <= 512
    assert first.wamid == first.refers_to
    assert second.wamid == third.wamid != first.wamid


def test_a_body_of_broken_elements_is_one_item_with_all_of_them() -> None:
    parsed = parse(envelope({"field": "messages", "value": value(messages=[1] * 10_000)}))
    change = only(parsed)
    assert change.value == {"messages": [1] * 10_000}
    assert len(parsed.problems) == 1


def test_the_same_account_change_has_one_fingerprint() -> None:
    body = envelope({"field": "flows", "value": {"event": "X", "b": 1, "a": 2}}, time=1795300100)
    turned = envelope({"field": "flows", "value": {"a": 2, "b": 1, "event": "X"}}, time=1795300100)
    later = envelope({"field": "flows", "value": {"event": "X", "b": 1, "a": 2}}, time=1795300101)
    one, same, other = (only(parse(each)).fingerprint() for each in (body, turned, later))
    assert one == same != other


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    [
        "id",
        "from",
        "from_user_id",
        "to",
        "to_user_id",
        "wa_id",
        "user_id",
        "timestamp",
        "type",
        "text",
        "body",
        "image",
        "audio",
        "voice",
        "document",
        "location",
        "contacts",
        "name",
        "profile",
        "username",
        "interactive",
        "button_reply",
        "list_reply",
        "nfm_reply",
        "response_json",
        "button",
        "order",
        "product_items",
        "reaction",
        "system",
        "edit",
        "revoke",
        "message",
        "original_message_id",
        "context",
        "referral",
        "identity",
        "errors",
        "code",
        "error_data",
        "status",
        "recipient_id",
        "recipient_type",
        "pricing",
        "cost",
        "conversation",
        "origin",
        "group_id",
        "unsupported",
        "threads",
        "messages",
        "metadata",
        "contact",
        "action",
        "category",
        "value",
        "previous",
        "current",
        "event",
        "direction",
    ]
)
WORDS = st.sampled_from(
    [
        "text",
        "image",
        "audio",
        "voice",
        "location",
        "contacts",
        "interactive",
        "button_reply",
        "nfm_reply",
        "button",
        "order",
        "reaction",
        "system",
        "edit",
        "revoke",
        "unsupported",
        "group",
        "connect",
        "contact",
        "ES.a1",
        "ES.ENT.b",
        "34600000001",
        "1795300200",
        "{}",
        "[1]",
        "M0",
        "user_changed_number",
    ]
)
META_LIKE = st.recursive(
    WORDS | ANYTHING,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=40,
)
FIELDS = st.sampled_from(
    [
        "messages",
        "smb_message_echoes",
        "message_echoes",
        "history",
        "calls",
        "smb_app_state_sync",
        "user_preferences",
        "user_id_update",
        "account_update",
        "flows",
    ]
)
LISTS = (
    "messages",
    "statuses",
    "errors",
    "message_echoes",
    "history",
    "calls",
    "state_sync",
    "user_preferences",
    "user_id_update",
    "contacts",
    "metadata",
)
VALUES = st.dictionaries(
    st.sampled_from(LISTS),
    META_LIKE | st.lists(st.dictionaries(KEYS, META_LIKE, max_size=6), max_size=3),
    max_size=4,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(FIELDS | ANYTHING, VALUES | META_LIKE), max_size=4), ANYTHING)
def test_any_json_under_the_envelope_is_read_and_read_the_same_twice(changes: Any, entry_time: object) -> None:
    payload = envelope(*({"field": field, "value": content} for field, content in changes), time=entry_time)
    body = json.dumps(payload).encode()
    parsed = parse_webhook(body, NOW)
    assert len(parsed.items) >= len(changes)
    assert_storable(parsed)
    assert parse_webhook(body, NOW) == parsed


@settings(max_examples=60, deadline=None)
@given(ANYTHING)
def test_any_entry_is_read(entry: object) -> None:
    parsed = parse({"object": "whatsapp_business_account", "entry": entry})
    assert_storable(parsed)
    assert parsed.problems or entry == []


@pytest.mark.parametrize("depth", [200, 1_000, 5_000, 200_000])
@pytest.mark.parametrize("nest", ["[]", "{}"], ids=["lists", "objects"])
def test_an_element_nested_without_end_leaves_its_neighbours_whole(depth: int, nest: str) -> None:
    deep = "[" * depth + "]" * depth if nest == "[]" else '{"a":' * depth + '"]}\\""' + "}" * depth
    good, bad = ({"from": "34600000001", "id": f"wamid.{n}", "timestamp": "1795300200"} for n in (1, 2))
    good |= {"type": "text", "text": {"body": 'hola ]} "['}}
    bad |= {"type": "zzz", "zzz": "DEEP"}
    body = json.dumps(envelope({"field": "messages", "value": value(messages=[bad, good])}))
    parsed = parse_webhook(body.replace('"DEEP"', deep).encode(), NOW)
    assert [item.wamid for item in parsed.items if isinstance(item, InboundMessage)] == ["wamid.2", "wamid.1"]
    assert parsed.items[1].text == 'hola ]} "['
    assert_storable(parsed)


def without_depths(content: object, room: int) -> object:
    if not isinstance(content, list | dict):
        return content
    if room == 0:
        return None
    if isinstance(content, list):
        return [without_depths(element, room - 1) for element in content]
    return {key: without_depths(element, room - 1) for key, element in content.items()}


@settings(max_examples=200, deadline=None)
@given(ANYTHING, st.integers(0, 150))
def test_only_what_lies_too_deep_is_cut_off(content: object, depth: int) -> None:
    nested = "[" * depth + json.dumps(content) + "]" * depth
    assert json.loads(cut_deep(nested.encode())) == without_depths(json.loads(nested), CUT_BELOW)


@pytest.mark.parametrize(
    "broken", [b"[" * 2_000, b'{"a":' * 2_000 + b"}", b"[" * 2_000 + b'"' + b'\\"' * 500_000, b"]" * 2_000]
)
def test_what_is_broken_and_deep_is_unreadable_and_said_so_at_once(broken: bytes) -> None:
    with pytest.raises(UnreadableWebhook):
        parse_webhook(broken, NOW)


# --- the glance at the door -----------------------------------------------------------------------


@pytest.mark.parametrize("name", [*EXPECTED])
def test_a_glance_sees_the_account_and_whether_somebody_wrote(name: str) -> None:
    path = PUBLIC / f"{name}.json"
    if not path.exists():
        pytest.skip(f"no public payloads at {PUBLIC}")
    payload = json.loads(path.read_bytes())
    wrote = any(told.split(":")[0] in ("message", "echo") for told in EXPECTED[name]) and "calls" not in name
    expected = Glance(waba_id=payload["entry"][0]["id"], lane=0 if wrote else 1)
    assert glance(path.read_bytes()) == expected
    assert glance(json.dumps(payload, separators=(",", ":")).encode()) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", Glance(None, 1)),
        (b"not json at all", Glance(None, 1)),
        (b'{"entry":[{"time":1,"id":"77","changes":[]}]}', Glance("77", 1)),
        (b'{"entry" : [ { "id" : 77 , "changes":[{"value":{"messages" : [ {}]}}]}]}', Glance("77", 0)),
        (b'{"entry":[{"id":"1","changes":[{"value":{"messages":[ ]}}]}]}', Glance("1", 1)),
        (
            b'{"entry":[{"id":"1","changes":[{"value":{"messages":[],"message_echoes":[{}]}}]}]}',
            Glance("1", 0),
        ),
        (b'{"entry":[{"id":"1","changes":[{"value":{"statuses":[{"a":"messages"}]}}]}]}', Glance("1", 1)),
        (b'{"entry":[{"id":"1","changes":[{"body":"\\"messages\\":[{}]"}]}]}', Glance("1", 1)),
        (b'{"entry":[{"id":"1","changes":[{"history":[{"threads":[{"messages":[{}]}]}]}]}]}', Glance("1", 1)),
        # Where there may be two accounts, the body is nobody's until it is parsed.
        (b'{"entry":[{"id":"1","changes":[]},{"id":"2","changes":[{}]}]}', Glance(None, 1)),
    ],
)
def test_a_glance_is_not_fooled(body: bytes, expected: Glance) -> None:
    assert glance(body) == expected
