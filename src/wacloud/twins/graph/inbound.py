"""A customer writes: Meta's payload of every inbound type, made from what the person did on the phone."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from wacloud.twins.graph.customers import Customer
from wacloud.twins.graph.media import INBOUND_LIVES_S
from wacloud.twins.graph.misbehave import Do
from wacloud.twins.graph.samples import sample_for
from wacloud.twins.graph.threads import Bubble, Thread, new_wamid, text_of
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.webhooks import Delivery

Json = dict[str, Any]

MEDIA_TYPES = {"image", "video", "audio", "document", "sticker"}
# What each of these has to contain; any other type is passed on as it was given.
NEEDED = {
    "text": "body",
    "location": "latitude",
    "reaction": "message_id",
    "edit": "original_message_id",
    "revoke": "original_message_id",
    "interactive": "type",
    "button": "text",
    "order": "product_items",
}
# Whether these open the 24 hours is not established; the twin says no, so that nobody builds on it.
OPENS_NO_WINDOW = {"reaction", "edit", "revoke", "system", "unsupported"}


class BadInbound(ValueError):
    """What the customer is told to send cannot be sent."""


@dataclass(frozen=True, slots=True)
class Written:
    bubble: Bubble
    payload: Json


def write(twin: Twin, thread: Thread, message: Json, base_url: str, at: float | None = None) -> Written:
    """
    Make the element of value.messages, and put it on the customer's phone.

    Besides Meta's own shapes it takes three short forms: `base64` with `mime_type` inside a media object
    (without them a sample is made), `context: {"message_id": ...}` for a reply, and
    `{"type": "tap", "message_id", "id"}` for pressing a button or row of a message the business sent.

    :raises BadInbound: says what is missing or wrong.
    """
    if message.get("type") == "tap":
        message = _tap(twin, thread, message)
    kind = message.get("type")
    if not isinstance(kind, str):
        raise BadInbound("message.type is required")
    content = message.get(kind)
    if kind in NEEDED and (not isinstance(content, dict) or content.get(NEEDED[kind]) is None):
        raise BadInbound(f"message.{kind}.{NEEDED[kind]} is required")
    if kind in MEDIA_TYPES:
        content = _with_media(twin, thread, kind, content or {}, base_url)
    now = twin.clock() if at is None else at
    payload = _common(twin, thread, message, now)
    payload |= {k: v for k, v in message.items() if k not in ("type", "context", kind)}
    payload["type"] = kind
    if content is not None:
        payload[kind] = content
    bubble = Bubble(
        wamid=payload["id"],
        thread=thread,
        is_inbound=True,
        type=kind,
        content=content,
        at=now,
        text=text_of(kind, content),
        status="waiting",
        reply_to=payload.get("context", {}).get("id"),
        payload=payload,
    )
    if kind not in OPENS_NO_WINDOW:
        thread.heard_from_customer(now, by_ad="referral" in message)
    _put_on_phone(twin, bubble)
    return Written(bubble, payload)


def deliver(twin: Twin, written: Written, effects: Do | None = None) -> Delivery | None:
    """Send the webhook, but for who is blocked; its acknowledgement gives the person's message the second tick."""
    bubble = written.bubble
    thread = bubble.thread
    if twin.is_blocked(thread):
        return None
    business_id = thread.waba.business_id
    value: Json = {"messaging_product": "whatsapp", "metadata": twin.metadata(thread.number)}
    if bubble.type != "system":
        value["contacts"] = [
            twin.people.contact(
                thread.customer, business_id, with_username=True, with_phone=not thread.customer.hides_phone
            )
        ]
    value["messages"] = [written.payload]

    def acknowledged() -> None:
        bubble.payload = None
        if bubble.advance("delivered"):
            twin.show_status(bubble)
        else:
            twin.keep_bubble(bubble)

    twin.ledger.inbound += 1
    twin.throttle.count(thread.number.phone_number_id, twin.clock())
    return twin.webhooks.send(
        thread.waba,
        "messages",
        value,
        override=thread.number.callback_url,
        copies=effects.duplicate_webhooks if effects else 0,
        on_acknowledged=acknowledged,
    )


def go_on(twin: Twin) -> None:
    """What a twin before this one began and did not end: webhooks nobody acknowledged, statuses that never came."""
    for thread in twin.threads.all():
        for bubble in thread.bubbles:
            if bubble.is_inbound and bubble.payload is not None:
                deliver(twin, Written(bubble, bubble.payload))
            # The callback data shows that it was sent here, and is none of the history.
            elif bubble.callback_data is not None and bubble.status in ("accepted", "sent"):
                twin.statuses.plan(bubble, None)


def echo(twin: Twin, thread: Thread, message: Json) -> tuple[str, Delivery | None]:
    """The owner writes from the phone app of a number used in both places; businesses are told by an echo."""
    kind = message.get("type", "text")
    content = message.get(kind)
    if content is None:
        raise BadInbound(f"message.{kind} is required")
    customer: Customer = thread.customer
    now = twin.clock()
    bubble = Bubble(new_wamid(), thread, False, kind, content, now, text_of(kind, content), "delivered")
    thread.answered(now)
    twin.threads.add(bubble)
    twin.show_message(bubble)
    payload: Json = {"from": thread.number.digits}
    if not customer.hides_phone:
        payload["to"] = customer.wa_id
    payload["to_user_id"] = twin.people.bsuid(customer, thread.waba.business_id)
    payload |= {"id": bubble.wamid, "timestamp": str(int(now)), "type": kind, kind: content}
    value: Json = {"messaging_product": "whatsapp", "metadata": twin.metadata(thread.number)}
    value["message_echoes"] = [payload]
    override = thread.number.callback_url
    return bubble.wamid, twin.webhooks.send(thread.waba, "smb_message_echoes", value, override=override)


def _common(twin: Twin, thread: Thread, message: Json, now: float) -> Json:
    customer = thread.customer
    payload: Json = {}
    context = message.get("context")
    if isinstance(context, dict):
        if "message_id" in context:
            quoted = twin.threads.find(str(context["message_id"]))
            by_customer = quoted is not None and quoted.is_inbound
            sender = customer.wa_id if by_customer else thread.number.digits
            context = {"from": sender, "id": context["message_id"]}
            if by_customer and customer.hides_phone:
                del context["from"]
        payload["context"] = context
    if not customer.hides_phone:
        payload["from"] = customer.wa_id
    payload["from_user_id"] = twin.people.bsuid(customer, thread.waba.business_id)
    payload["id"] = message.get("id") or new_wamid()
    payload["timestamp"] = str(int(now))
    return payload


def _with_media(twin: Twin, thread: Thread, kind: str, given: Json, base_url: str) -> Json:
    """Keep the bytes and describe them as a webhook does: the hash in base64, and an address if so set."""
    if "id" in given:
        return given
    content = {k: v for k, v in given.items() if k != "base64"}
    if "base64" in given:
        try:
            data = base64.b64decode(given["base64"], validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise BadInbound(f"message.{kind}.base64 is not base64") from error
        if not isinstance(given.get("mime_type"), str):
            raise BadInbound(f"message.{kind}.mime_type is required with base64")
        mime_type = given["mime_type"]
    else:
        sample = sample_for(kind)
        if sample is None:
            raise BadInbound(f"there is no sample {kind}; give its bytes as base64 with a mime_type")
        data, mime_type, file_name = sample
        if kind == "document":
            content.setdefault("filename", file_name)
        if kind == "audio":
            content.setdefault("voice", True)
    now = twin.clock()
    file = twin.keep_file(twin.media.keep(thread.number.phone_number_id, mime_type, data, now + INBOUND_LIVES_S))
    content |= {
        "mime_type": mime_type,
        "sha256": base64.b64encode(file.sha256).decode("ascii"),
        "id": file.media_id,
    }
    if kind == "sticker":
        content.setdefault("animated", False)
    if twin.world.defaults.media_urls:
        content["url"] = base_url + twin.media.url_path(file.media_id, now)
    return content


def _put_on_phone(twin: Twin, bubble: Bubble) -> None:
    """Show it: as a bubble of its own, or as a change of the one it is about."""
    content = bubble.content if isinstance(bubble.content, dict) else {}
    about = content.get("message_id" if bubble.type == "reaction" else "original_message_id")
    target = twin.threads.find(str(about)) if bubble.type in ("reaction", "edit", "revoke") else None
    if target is None or target.thread is not bubble.thread:
        twin.threads.add(bubble)
        twin.show_message(bubble)
        return
    if bubble.type == "reaction":
        target.reactions["customer"] = bubble.text
        if not bubble.text:
            del target.reactions["customer"]
    elif bubble.type == "revoke":
        target.is_revoked = True
    else:
        edited = content.get("message")
        if isinstance(edited, dict) and isinstance(edited.get("type"), str):
            target.content = edited.get(edited["type"])
            target.text = text_of(edited["type"], target.content)
        target.is_edited = True
    twin.show_change(target)


def _tap(twin: Twin, thread: Thread, message: Json) -> Json:
    """Press a button or row: find it in the message it belongs to, and answer as the phone would."""
    wamid, choice = str(message.get("message_id")), str(message.get("id"))
    bubble = twin.threads.find(wamid)
    if bubble is None or bubble.thread is not thread or bubble.is_inbound:
        raise BadInbound("message.message_id is not a message of this business to this customer")
    context = {"context": {"message_id": wamid}}
    if bubble.rendered is not None:
        cards = bubble.rendered.get("cards") or ()
        for button in (*bubble.rendered["buttons"], *(one for card in cards for one in card["buttons"])):
            if button["type"] == "QUICK_REPLY" and choice in (button["payload"], button["text"]):
                reply = {"payload": button["payload"], "text": button["text"]}
                return {"type": "button", "button": reply, **context}
        raise BadInbound("that template has no such quick reply")
    action = bubble.content.get("action", {}) if isinstance(bubble.content, dict) else {}
    for button in action.get("buttons", ()):
        if button.get("reply", {}).get("id") == choice:
            answer = {"type": "button_reply", "button_reply": dict(button["reply"])}
            return {"type": "interactive", "interactive": answer, **context}
    for section in action.get("sections", ()):
        for row in section.get("rows", ()):
            if row.get("id") == choice:
                answer = {"type": "list_reply", "list_reply": dict(row)}
                return {"type": "interactive", "interactive": answer, **context}
    raise BadInbound("that message has no such button or row")
