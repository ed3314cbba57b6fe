"""However Meta packs messages into a body, each is read as if it had come alone."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from wacloud.modules.whatsapp.domain.inbound import InboundMessage, Item
from wacloud.modules.whatsapp.ui.meta_payload import parse_webhook

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

# Everything a person may be known by: phone only, user id only, both; with a username or without.
PEOPLE: list[dict[str, Any]] = [
    {"wa_id": "5511987654321", "profile": {"name": "Bia"}},
    {"user_id": "BR.bia2", "profile": {"name": "Bia", "username": "bia.2"}},
    {"wa_id": "5491123456789", "user_id": "AR.juan1", "profile": {"name": "Juan"}},
    {"wa_id": "5215512345678", "user_id": "MX.lupe1", "profile": {"name": "Lupe", "username": "lupe"}},
]
CONTENTS: list[dict[str, Any]] = [
    {"type": "text", "text": {"body": "Hola"}},
    {"type": "image", "image": {"id": "5550001", "mime_type": "image/jpeg", "caption": "esta"}},
    {"type": "order", "order": {"catalog_id": "77", "product_items": [{"product_retailer_id": "c", "quantity": 2}]}},
    {"type": "reaction", "reaction": {"message_id": "wamid.B2", "emoji": "👍"}},
    {"type": "revoke", "revoke": {"original_message_id": "wamid.B2"}},
    {"type": "unsupported", "errors": [{"code": 131051}], "unsupported": {"type": "poll"}},
    {"type": "hologram", "hologram": {"depth": [1, None]}},
]
TOLD = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(CONTENTS), st.sampled_from(["A1", "A2"]), st.integers(0, 2))


@settings(deadline=None)
@given(st.lists(TOLD, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_packing_and_order_change_nothing_of_what_is_read(told: list[Any], chance: Any) -> None:
    alone: list[Item] = []
    packed: dict[tuple[str, int], list[tuple[dict[str, Any], dict[str, Any]]]] = {}
    for index, (person, content, account, part) in enumerate(told):
        message = _message(index, person, content)
        alone.extend(_read([(account, [(message, person)])]))
        packed.setdefault((account, part), []).append((message, person))
    parts = [(account, members) for (account, _), members in packed.items()]
    chance.shuffle(parts)
    for _, members in parts:
        chance.shuffle(members)

    together = _read(parts, reverse_contacts=True)

    assert sorted(map(repr, together)) == sorted(map(repr, alone))
    assert sum(isinstance(item, InboundMessage) for item in together) == len(told)


def _message(index: int, person: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    sender = {key: person[name] for key, name in (("from", "wa_id"), ("from_user_id", "user_id")) if name in person}
    return {"id": f"wamid.P{index}", "timestamp": str(1795300000 + index), **sender, **content}


def _read(parts: list[Any], *, reverse_contacts: bool = False) -> list[Item]:
    entries = []
    for account, members in parts:
        contacts = [
            person for number, (_, person) in enumerate(members) if person not in [p for _, p in members[:number]]
        ]
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550100", "phone_number_id": f"7{account[1:]}"},
            "contacts": contacts[::-1] if reverse_contacts else contacts,
            "messages": [message for message, _ in members],
        }
        entries.append({"id": account, "changes": [{"field": "messages", "value": value}]})
    body = json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()
    return list(parse_webhook(body, NOW).items)
