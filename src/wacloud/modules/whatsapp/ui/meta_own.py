"""The part of a webhook of Meta that belongs to one business: one body may carry several businesses' changes."""

from typing import Any

from wacloud.modules.whatsapp.application.inbox import OwnIds
from wacloud.modules.whatsapp.ui.meta_values import ident, obj


def own_part(body: Any, own: OwnIds) -> dict[str, Any]:
    """The envelope with only those changes that are this business's, by the rules by which a worker places them."""
    if not isinstance(body, dict):
        return {}
    entries = []
    listed = body.get("entry")
    for entry in listed if isinstance(listed, list) else ():
        changes = entry.get("changes") if isinstance(entry, dict) else None
        mine = [
            change
            for change in (changes if isinstance(changes, list) else ())
            if isinstance(change, dict) and _is_own(entry, change, own)
        ]
        if mine:
            entries.append({**entry, "changes": mine})
    return {"object": body.get("object"), "entry": entries}


def _is_own(entry: dict[str, Any], change: dict[str, Any], own: OwnIds) -> bool:
    value = obj(change.get("value"))
    number = ident(obj(value.get("metadata")).get("phone_number_id"))
    if number:
        return number in own.numbers
    account = ident(entry.get("id"))
    if change.get("field") == "account_update":
        account = ident(obj(value.get("waba_info")).get("waba_id")) or account
    return account in own.accounts
