"""What is wrong with a number, as Meta's `health_status` tells it, and what of it refuses a send."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wacloud.twins.graph.errors import GraphRefusal
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.world import Fault, Number, Waba, World

Json = dict[str, Any]

MAY_SEND = ("CONNECTED", "FLAGGED")
PAYMENT = Fault(
    error_code=141006,
    error_description="There is an error with the payment method. This will block business initiated conversations.",
    possible_solution="There was an error with your payment method. Please add a new payment method to the account.",
)
_WORST = ("AVAILABLE", "LIMITED", "BLOCKED")


def of_number(world: World, waba: Waba, number: Number) -> Json:
    """The number, and everything above it."""
    own = _entity("PHONE_NUMBER", number.phone_number_id, number.health)
    if not number.registered or (number.status and number.status not in MAY_SEND):
        own["can_send_message"] = "BLOCKED"
    return _whole([own, *_above(world, waba)])


def of_waba(world: World, waba: Waba) -> Json:
    """The account, its portfolio and the app."""
    return _whole(_above(world, waba))


def webhook_configuration(twin: Twin, waba: Waba, number: Number) -> Json:
    """Where webhooks of a number go: overrides are told beside the app's own address."""
    told = {"application": twin.world.callback_url}
    if waba.callback_url:
        told["whatsapp_business_account"] = waba.callback_url
    if number.callback_url:
        told["phone_number"] = number.callback_url
    return told


def refuse_blocked(twin: Twin, waba: Waba, number: Number) -> None:
    """:raises GraphRefusal: this number, or its account, may not send."""
    if waba.payment_missing:
        raise GraphRefusal(131042, "The payment method of the account has a problem.")
    if number.status in ("BANNED", "RESTRICTED"):
        raise GraphRefusal(131031, "The account of this number is locked.")
    if number.status == "RATE_LIMITED":
        raise GraphRefusal(131048, "Too many people blocked or reported this number.")
    if number.status and number.status not in MAY_SEND:
        raise GraphRefusal(133010, "The phone number is not registered for the Cloud API.")
    if number.digits.startswith("1555") and number.name_status not in ("APPROVED", "AVAILABLE_WITHOUT_REVIEW"):
        raise GraphRefusal(131037, "The display name of this number has to be approved first.")


def _above(world: World, waba: Waba) -> list[Json]:
    faults = [*waba.health, PAYMENT] if waba.payment_missing else waba.health
    return [
        _entity("WABA", waba.waba_id, faults),
        _entity("BUSINESS", waba.business_id, waba.business_health),
        _entity("APP", world.app_id, world.app_health),
    ]


def _entity(kind: str, entity_id: str, faults: Sequence[Fault]) -> Json:
    told: Json = {"entity_type": kind, "id": entity_id, "can_send_message": "AVAILABLE"}
    if faults:
        told["can_send_message"] = max((one.can_send_message for one in faults), key=_WORST.index)
        told["errors"] = [
            {
                "error_code": one.error_code,
                "error_description": one.error_description,
                "possible_solution": one.possible_solution,
            }
            for one in faults
        ]
    return told


def _whole(entities: list[Json]) -> Json:
    return {
        "can_send_message": max((one["can_send_message"] for one in entities), key=_WORST.index),
        "entities": entities,
    }
