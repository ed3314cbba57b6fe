"""
A webhook body of Meta, opened: every entry, every change, every element becomes one item of our own.

The files meta_*.py are the only ones that know the names Meta uses in what it sends. Nothing that is valid
JSON raises and nothing is dropped: an unknown field is an account change, an element that is not as it
should be is kept as it came, and `problems` says where.
"""

from dataclasses import dataclass
from datetime import datetime

from wacloud.modules.whatsapp.domain.inbound import AccountChange, Item
from wacloud.modules.whatsapp.ui.meta_change import Change, Found
from wacloud.modules.whatsapp.ui.meta_fields import READ_BY_FIELD
from wacloud.modules.whatsapp.ui.meta_values import (
    NestedTooDeeply,
    UnreadableWebhook,
    clean_object,
    cut_deep,
    decode,
    ident,
    obj,
    whole,
)

__all__ = ["ParsedWebhook", "UnreadableWebhook", "parse_webhook"]

OUR_OBJECT = "whatsapp_business_account"
_SURROUNDINGS = frozenset({"messaging_product", "metadata", "contacts"})


@dataclass(frozen=True, slots=True)
class ParsedWebhook:
    """
    The items of one body in its order (which says nothing about time), and what of it could not be read.
    """

    items: tuple[Item, ...]
    problems: tuple[str, ...]


def parse_webhook(body: bytes, received_at: datetime) -> ParsedWebhook:
    """
    Read one body. `received_at` (UTC) stands in for a missing time and bounds those that lie ahead.

    A system message that tells of a new phone or BSUID yields two items: the message, then the identity
    change.

    :raises UnreadableWebhook: the body is not JSON.
    """
    found = Found(received_at)
    try:
        envelope = decode(body)
    except NestedTooDeeply:
        envelope = decode(cut_deep(body))
        found.problem("body", "nested too deeply, so a part was left out")
    if not isinstance(envelope, dict) or envelope.get("object") != OUR_OBJECT:
        return ParsedWebhook((), (f"object: not {OUR_OBJECT}",))
    entries = envelope.get("entry")
    if not isinstance(entries, list):
        found.problem("entry", "not a list")
        _keep_broken(found, "", entries, "entry")
        entries = ()
    broken = []
    for index, entry in enumerate(entries):
        if isinstance(entry, dict):
            _read_entry(found, entry, f"entry[{index}]")
        else:
            broken.append(entry)
    if broken:
        found.problem("entry", f"{len(broken)} elements are no objects")
        _keep_broken(found, "", broken, "entry")
    return ParsedWebhook(tuple(found.items), tuple(found.problems))


def _read_entry(found: Found, entry: dict[str, object], path: str) -> None:
    waba_id = ident(entry.get("id")) or ""
    if not waba_id:
        found.problem(path, "no id")
    changes = entry.get("changes")
    if not isinstance(changes, list):
        found.problem(path, "changes is not a list")
        _keep_broken(found, waba_id, entry, "entry")
        return
    broken = []
    for index, change in enumerate(changes):
        if isinstance(change, dict):
            _read_change(found, waba_id, entry.get("time"), change, f"{path}.changes[{index}]")
        else:
            broken.append(change)
    if broken:
        found.problem(f"{path}.changes", f"{len(broken)} elements are no objects")
        _keep_broken(found, waba_id, broken, "changes")


def _read_change(found: Found, waba_id: str, entry_time: object, raw_change: dict[str, object], path: str) -> None:
    field, value = ident(raw_change.get("field")), raw_change.get("value")
    if field is None or not isinstance(value, dict):
        found.problem(path, "no field" if field is None else "value is not an object")
        change = Change(found, waba_id, entry_time=entry_time, field_name=field or "unknown", value={}, path=path)
        change.keep_as_account_change(raw_change if field is None else value)
        return
    if field == "account_update":
        # For partner events the entry carries the partner's own id; the account stands inside.
        waba_id = ident(obj(value.get("waba_info")).get("waba_id")) or waba_id
    change = Change(found, waba_id, entry_time=entry_time, field_name=field, value=value, path=path)
    readers = READ_BY_FIELD.get(field)
    if readers is None:
        change.keep_as_account_change(value, _event_of(value))
        return
    before = len(found.items)
    for key, element in value.items():
        read = readers.get(key)
        if read is not None:
            change.each(key, element, read)
        elif key not in _SURROUNDINGS:
            change.leftover[key] = element
    if not isinstance(value.get("contacts"), (list, type(None))):
        found.problem(f"{path}.contacts", "not a list")
        change.leftover["contacts"] = value["contacts"]
    if change.leftover:
        change.keep_as_account_change(change.leftover)
    elif len(found.items) == before:
        # Nothing but surroundings or empty lists: still one change that came, still accounted for.
        change.keep_as_account_change(value)
    if not change.phone_number_id:
        found.problem(path, "no phone number id")


def _event_of(value: dict[str, object]) -> str | None:
    return ident(value.get("event")) or ident(value.get("decision"))


def _keep_broken(found: Found, waba_id: str, value: object, field: str) -> None:
    time = value.get("time") if isinstance(value, dict) else None
    found.items.append(
        AccountChange(
            field=field,
            waba_id=waba_id,
            phone_number_id=None,
            event=None,
            at=found.received_at,
            value=clean_object(value),
            entry_time=whole(time),
        )
    )
