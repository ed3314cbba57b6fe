"""Webhook payloads in Meta's form, for tests."""

import secrets
import time
from typing import Any


def wamid() -> str:
    """A fresh message id."""
    return f"wamid.{secrets.token_hex(16)}"


def envelope(waba_id: str, *values: dict[str, Any], field: str = "messages") -> dict[str, Any]:
    """One entry with one change for each value."""
    changes = [{"field": field, "value": value} for value in values]
    return {"object": "whatsapp_business_account", "entry": [{"id": waba_id, "changes": changes}]}


def value(phone_number_id: str, **parts: Any) -> dict[str, Any]:
    """A change of the field `messages`."""
    metadata = {"display_phone_number": "34910000000", "phone_number_id": phone_number_id}
    return {"messaging_product": "whatsapp", "metadata": metadata, **parts}


def contact(wa_id: str, name: str = "Rosa") -> dict[str, Any]:
    """The sender as Meta shows them beside their messages."""
    return {"profile": {"name": name}, "wa_id": wa_id}


def text(
    wa_id: str,
    body: str,
    *,
    id: str | None = None,  # noqa: A002 - Meta's own name for it
    at: float | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A text message."""
    return {
        "from": wa_id,
        "id": id or wamid(),
        "timestamp": str(int(at if at is not None else time.time())),
        "type": "text",
        "text": {"body": body},
        **more,
    }


def status(wamid: str, status: str, *, at: float | None = None, **more: Any) -> dict[str, Any]:
    """A status of a message we sent."""
    return {"id": wamid, "status": status, "timestamp": str(int(at if at is not None else time.time())), **more}


def inbound(shop: Any, wa_id: str, body: str, **more: Any) -> dict[str, Any]:
    """A whole webhook with one text."""
    return envelope(
        shop.waba_id, value(shop.phone_number_id, contacts=[contact(wa_id)], messages=[text(wa_id, body, **more)])
    )


def statuses(shop: Any, *items: dict[str, Any]) -> dict[str, Any]:
    """A whole webhook with statuses."""
    return envelope(shop.waba_id, value(shop.phone_number_id, statuses=list(items)))


def inbound_of(shop: Any, *messages: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A whole webhook with these messages."""
    return envelope(shop.waba_id, value(shop.phone_number_id, messages=list(messages), **parts))


def edit(wa_id: str, of: str, body: str, **more: Any) -> dict[str, Any]:
    """The text of an earlier message is another now."""
    return _of_kind(
        "edit", wa_id, {"original_message_id": of, "message": {"type": "text", "text": {"body": body}}}, more
    )


def revoke(wa_id: str, of: str, **more: Any) -> dict[str, Any]:
    """An earlier message is taken back."""
    return _of_kind("revoke", wa_id, {"original_message_id": of}, more)


def reaction(wa_id: str, of: str, emoji: str | None, **more: Any) -> dict[str, Any]:
    """A reaction to an earlier message; without an emoji it is taken off."""
    return _of_kind("reaction", wa_id, {"message_id": of, **({"emoji": emoji} if emoji else {})}, more)


def _of_kind(kind: str, wa_id: str, content: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    message = text(wa_id, "", **more)
    del message["text"]
    return {**message, "type": kind, kind: content}
