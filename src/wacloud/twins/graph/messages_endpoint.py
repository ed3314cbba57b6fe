"""POST /{phone_number_id}/messages: sending, read receipts and the typing sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wacloud.twins.graph.customers import Customer
from wacloud.twins.graph.errors import GraphRefusal, invalid, missing
from wacloud.twins.graph.health import refuse_blocked
from wacloud.twins.graph.interactive import check_interactive
from wacloud.twins.graph.limits import (
    MediaCheck,
    check_contacts,
    check_location,
    check_media,
    check_reaction,
    check_text,
    object_at,
    text_at,
)
from wacloud.twins.graph.misbehave import Do
from wacloud.twins.graph.templates import find_template, needs_phone, render
from wacloud.twins.graph.threads import TYPING_S, Bubble, Thread, new_wamid, text_of
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.wire import Answer, Request, as_json, decode
from wacloud.twins.graph.world import CustomerSpec, Number, Template, Waba

Json = dict[str, Any]

CALLBACK_DATA = 512
REACTION_AGE_S = 30 * 24 * 3600

_PHONE_SIGNS = str.maketrans("", "", " -()[].\u00a0")


@dataclass(slots=True)
class Draft:
    """What is to be sent, before it is known whether it may be."""

    kind: str
    content: Any
    template: Template | None = None
    rendered: Json | None = None


def post_messages(twin: Twin, request: Request, *, marketing_only: bool = False) -> Answer:
    """Answer one POST; every refusal is counted under its code."""
    waba, number = twin.access.number(request, request.parts[0])
    body = read_json_object(request)
    if body.get("messaging_product") != "whatsapp":
        raise GraphRefusal(100, message="(#100) The parameter messaging_product is required.")
    if "status" in body:
        return _mark_read(twin, number, body)
    if not number.registered:
        raise GraphRefusal(133010, "The phone number is not registered for the Cloud API.")
    refuse_blocked(twin, waba, number)
    now = twin.clock()
    draft = _read_draft(twin, waba, number, body, now)
    if marketing_only and (draft.template is None or draft.template.category != "MARKETING"):
        raise GraphRefusal(131055, "Only message templates of category MARKETING may be sent here.")

    customer, by_phone, reachable = _recipient(twin, waba, number, body)
    if draft.template is not None and not by_phone and needs_phone(draft.template):
        raise GraphRefusal(131062, "This authentication template can only be sent to a phone number.")
    _hold_back(twin, number, customer, now)
    thread = twin.threads.between(waba, number, customer)
    if draft.kind == "reaction":
        _check_target(twin, thread, draft.content, now)
    failure = _failure(twin, thread, draft.template, reachable, now)
    twin.throttle.count(number.phone_number_id, now)
    twin.throttle.count_pair(number.phone_number_id, customer.customer_id, now)

    context = body.get("context")
    bubble = Bubble(
        wamid=new_wamid(),
        thread=thread,
        is_inbound=False,
        type=draft.kind,
        content=draft.content,
        at=now,
        text=text_of(draft.kind, draft.content) if draft.rendered is None else draft.rendered["body"],
        status="accepted",
        reply_to=context.get("message_id") if isinstance(context, dict) else None,
        callback_data=body.get("biz_opaque_callback_data"),
        category="service" if draft.template is None else draft.template.category.lower(),
        addressed_by_phone=by_phone,
        rendered=draft.rendered,
    )
    _accept(twin, bubble, request.effects, failure)
    contact = {"input": body["to"] if by_phone else body["recipient"]}
    if by_phone:
        contact["wa_id"] = customer.wa_id
    else:
        contact["user_id"] = body["recipient"]
    message = {"id": bubble.wamid}
    if draft.template is not None:
        message["message_status"] = "accepted"
    return as_json({"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]})


def read_json_object(request: Request) -> Json:
    """:raises GraphRefusal: 100 for a body that is not one JSON object."""
    try:
        body = decode(request.body)
    except ValueError as error:
        raise GraphRefusal(100, f"The body is not valid JSON: {error}") from error
    if not isinstance(body, dict):
        raise GraphRefusal(100, "The body must be a JSON object.")
    return body


def _read_draft(twin: Twin, waba: Waba, number: Number, body: Json, now: float) -> Draft:
    """The checked content of a send; type may be left out for a text."""
    if body.get("recipient_type", "individual") != "individual":
        raise GraphRefusal(131041, "This number cannot write to groups.")
    kind = body.get("type", "text")
    if not isinstance(kind, str):
        raise invalid("The parameter type must be a string.")
    if body.get("biz_opaque_callback_data") is not None:
        text_at(body, "biz_opaque_callback_data", "message", most=CALLBACK_DATA, needed=False)

    def media(media_id: str, used_as: str) -> None:
        twin.media.check_usable(media_id, used_as, number.phone_number_id, now)

    if kind == "template":
        content = object_at(body, kind)
        template = find_template(waba, content)
        return Draft(kind, content, template, render(template, content, media))
    check = _CHECKS.get(kind)
    if check is None:
        raise GraphRefusal(131051, f"The message type {kind!r} is not known.")
    content = _content_of(body, kind)
    check(content, media)
    return Draft(kind, content)


def _content_of(body: Json, kind: str) -> Any:
    if kind == "contacts":
        if body.get("contacts") is None:
            raise missing("contacts")
        return body["contacts"]
    return object_at(body, kind)


# The check of each type that is not a template.
_CHECKS: dict[str, Callable[[Any, MediaCheck], None]] = {
    "text": lambda content, media: check_text(content),
    "image": lambda content, media: check_media("image", content, media),
    "video": lambda content, media: check_media("video", content, media),
    "audio": lambda content, media: check_media("audio", content, media),
    "document": lambda content, media: check_media("document", content, media),
    "sticker": lambda content, media: check_media("sticker", content, media),
    "location": lambda content, media: check_location(content),
    "contacts": lambda content, media: check_contacts(content),
    "reaction": lambda content, media: check_reaction(content),
    "interactive": check_interactive,
}


def _recipient(twin: Twin, waba: Waba, number: Number, body: Json) -> tuple[Customer, bool, bool]:
    """Who it is for, whether by phone, and whether there is WhatsApp at all. With both keys, `to` wins."""
    to, bsuid = body.get("to"), body.get("recipient")
    if to is None and bsuid is None:
        raise GraphRefusal(100, message="(#100) The parameter to is required.")
    if to is None:
        found = twin.people.find_by_bsuid(bsuid, waba.business_id) if isinstance(bsuid, str) else None
        if found is None:
            raise invalid("The parameter recipient is not a user id of this business portfolio.")
        return found, False, found.on_whatsapp
    written = to.translate(_PHONE_SIGNS) if isinstance(to, str) else ""
    digits = written.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 15):
        raise invalid("The parameter to is not a phone number.")
    if not written.startswith("+"):
        twin.ledger.without_plus += 1
    if digits == number.digits:
        raise GraphRefusal(131021, "The recipient is the sending number itself.")
    customer = twin.people.find_by_phone(digits)
    if customer is not None:
        return customer, True, customer.on_whatsapp
    reachable = twin.world.defaults.unknown_recipients == "create"
    spec = CustomerSpec(name=f"+{digits}", wa_id=digits, on_whatsapp=reachable)
    return twin.add_customer(spec), True, reachable


def _hold_back(twin: Twin, number: Number, customer: Customer, now: float) -> None:
    """:raises GraphRefusal: 130429 above the number's throughput, 131056 above the limit of this pair."""
    if not twin.throttle.number_has_room(number.phone_number_id, number.throughput, now):
        raise GraphRefusal(130429, f"More than {number.throughput} messages a second for this phone number.")
    if twin.world.defaults.pair_limit and not twin.throttle.pair_has_room(
        number.phone_number_id, customer.customer_id, now
    ):
        raise GraphRefusal(131056, "Too many messages from this phone number to this person.", subcode=2494055)


def _check_target(twin: Twin, thread: Thread, content: Json, now: float) -> None:
    target = twin.threads.find(content["message_id"])
    if target is None or target.thread is not thread:
        raise invalid("The message to react to is not known in this thread.")
    if target.type == "reaction" or now - target.at > REACTION_AGE_S:
        raise invalid("The message to react to is a reaction itself, or older than 30 days.")


def _failure(twin: Twin, thread: Thread, template: Template | None, reachable: bool, now: float) -> int | None:
    """
    The code with which the message will fail later, if it will.

    :raises GraphRefusal: 130403 for who is blocked; 131047 for free form outside the 24 hours, where the twin is set to
        say so at once.
    """
    customer = thread.customer
    if twin.is_blocked(thread):
        raise GraphRefusal(130403, "The business has blocked this user.")
    if not reachable or customer.blocks_business:
        return 131026
    if template is not None:
        return 131050 if template.category == "MARKETING" and customer.stopped_marketing else None
    window = twin.world.defaults.window
    if window == "off" or thread.window_is_open(now):
        return None
    if window == "failed_status":
        return 131047
    raise GraphRefusal(131047, "More than 24 hours have passed since this person last wrote to this number.")


def _accept(twin: Twin, bubble: Bubble, effects: Do | None, failure: int | None) -> None:
    thread = bubble.thread
    entry = {
        "wamid": bubble.wamid,
        "phone_number_id": thread.number.phone_number_id,
        "type": bubble.type,
        "text": bubble.text,
        "callback_data": bubble.callback_data,
        "at": bubble.at,
    }
    twin.ledger.accept(thread.customer.customer_id, bubble.callback_data, entry)
    if failure is None:
        thread.answered(bubble.at)
        if bubble.type == "reaction":
            _react(twin, bubble)
        else:
            twin.threads.add(bubble)
            twin.show_message(bubble)
    twin.statuses.plan(bubble, effects, failure)


def _react(twin: Twin, bubble: Bubble) -> None:
    target = twin.threads.find(bubble.content["message_id"])
    if target is not None:
        target.reactions["business"] = bubble.text
        if not bubble.text:
            del target.reactions["business"]
        twin.show_change(target)


def _mark_read(twin: Twin, number: Number, body: Json) -> Answer:
    """Tick the message and all earlier ones of its thread; show the typing sign when asked."""
    if body["status"] != "read":
        raise invalid("The parameter status must be read.")
    message_id = text_at(body, "message_id", "message", most=1024)
    bubble = twin.threads.find(message_id)
    if bubble is None or not bubble.is_inbound or bubble.thread.number is not number:
        raise invalid("The parameter message_id is not a message this number received.")
    typing = body.get("typing_indicator")
    if typing is not None and (not isinstance(typing, dict) or typing.get("type") != "text"):
        raise invalid("The parameter typing_indicator['type'] must be text.")
    twin.ledger.reads += 1
    for earlier in bubble.thread.bubbles:
        if earlier.is_inbound and earlier.at <= bubble.at and earlier.advance("read"):
            twin.show_status(earlier)
    if typing is not None:
        twin.ledger.typing += 1
        bubble.thread.typing_until = twin.clock() + TYPING_S
        sign = {"phone_number_id": number.phone_number_id, "seconds": TYPING_S}
        twin.phones.show(bubble.thread.customer, "typing", sign)
    return as_json({"success": True})
