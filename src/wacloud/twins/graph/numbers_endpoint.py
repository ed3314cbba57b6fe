"""Business phone numbers: reading, registering, verifying, and the profile customers see."""

from __future__ import annotations

from typing import Any

from wacloud.twins.graph import health
from wacloud.twins.graph.errors import GraphRefusal, invalid
from wacloud.twins.graph.limits import text_at
from wacloud.twins.graph.messages_endpoint import read_json_object
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.wire import Answer, Request, as_json
from wacloud.twins.graph.world import Number, Waba

Json = dict[str, Any]

REGISTRATIONS = 10
REGISTRATIONS_WITHIN_S = 72 * 3600
PROFILE_LENGTHS = {"about": 139, "address": 256, "description": 512, "email": 128}
PROFILE_KEYS = {*PROFILE_LENGTHS, "websites", "vertical", "profile_picture_handle", "messaging_product"}
USUAL_FIELDS = (
    "id",
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
    "platform_type",
    "throughput",
    "last_onboarded_time",
    "webhook_configuration",
)


def describe_number(twin: Twin, waba: Waba, number: Number) -> Json:
    """Every field of a number that may be asked for."""
    return {
        "id": number.phone_number_id,
        "verified_name": number.verified_name,
        "display_phone_number": number.display_phone_number,
        "code_verification_status": "VERIFIED" if number.code_verified else "NOT_VERIFIED",
        "quality_rating": number.quality_rating,
        "platform_type": number.platform_type or ("CLOUD_API" if number.registered else "NOT_APPLICABLE"),
        "throughput": {"level": "HIGH" if number.throughput > 80 else "STANDARD"},
        "last_onboarded_time": "2026-01-15T09:00:00+0000",
        "webhook_configuration": health.webhook_configuration(twin, waba, number),
        "status": number.status or ("CONNECTED" if number.registered else "PENDING"),
        "name_status": number.name_status,
        "new_name_status": "NONE",
        "account_mode": "LIVE",
        "is_official_business_account": False,
        "is_pin_enabled": number.pin is not None,
        "is_on_biz_app": False,
        "whatsapp_business_manager_messaging_limit": number.messaging_limit,
        "health_status": health.of_number(twin.world, waba, number),
    }


def choose_fields(whole: Json, asked: str | None, usual: tuple[str, ...]) -> Json:
    """What `fields=` names, nested braces ignored; always with the id."""
    names = ["id", *usual]
    if asked:
        names = ["id", *(part.partition("{")[0].partition(".")[0].strip() for part in asked.split(","))]
    return {name: whole[name] for name in dict.fromkeys(names) if name in whole}


def read_number(twin: Twin, request: Request) -> Answer:
    waba, number = twin.access.number(request, request.parts[0])
    return as_json(choose_fields(describe_number(twin, waba, number), request.query.get("fields"), USUAL_FIELDS))


async def change_number(twin: Twin, request: Request) -> Answer:
    """POST on the number itself: the two-step PIN, or where its webhooks go."""
    _, number = twin.access.number(request, request.parts[0])
    body = read_json_object(request)
    if "pin" in body:
        number.pin = _pin(body)
    configuration = body.get("webhook_configuration")
    if isinstance(configuration, dict):
        url = configuration.get("override_callback_uri")
        if url:
            await prove_callback(twin, url, configuration.get("verify_token"))
        number.callback_url = url or None
    return as_json({"success": True})


async def prove_callback(twin: Twin, url: object, verify_token: object) -> None:
    """:raises GraphRefusal: 100 where the callback does not answer the handshake."""
    if not isinstance(url, str) or not isinstance(verify_token, str) or len(url) > 200:
        raise GraphRefusal(100, "An address of at most 200 characters and its verify_token are required.")
    answer = await twin.webhooks.shake_hands(url, verify_token)
    if answer.status != 200:
        raise GraphRefusal(
            100,
            f"The callback answered {answer.status}: {answer.error or answer.body}",
            subcode=2200,
            message="(#2200) Callback verification failed.",
        )


def register(twin: Twin, request: Request) -> Answer:
    """Needs the right PIN if there is one, and sets it if there is none."""
    _, number = twin.access.number(request, request.parts[0])
    now = twin.clock()
    tries = [t for t in twin.registrations.get(number.phone_number_id, []) if now - t < REGISTRATIONS_WITHIN_S]
    if len(tries) >= REGISTRATIONS:
        raise GraphRefusal(133016, f"At most {REGISTRATIONS} registrations in 72 hours.")
    twin.registrations[number.phone_number_id] = [*tries, now]
    body = read_json_object(request)
    if body.get("messaging_product") != "whatsapp":
        raise GraphRefusal(100, message="(#100) The parameter messaging_product is required.")
    pin = _pin(body)
    if not number.code_verified:
        raise GraphRefusal(133006, "The number has to be verified by a code first.")
    if number.pin is not None and number.pin != pin:
        raise GraphRefusal(133005, "The PIN is not the one of this number.")
    number.pin = pin
    number.registered = True
    return as_json({"success": True})


def deregister(twin: Twin, request: Request) -> Answer:
    _, number = twin.access.number(request, request.parts[0])
    number.registered = False
    return as_json({"success": True})


def request_code(twin: Twin, request: Request) -> Answer:
    twin.access.number(request, request.parts[0])
    body = {**request.query, **(read_json_object(request) if request.body else {})}
    if body.get("code_method") not in ("SMS", "VOICE"):
        raise GraphRefusal(100, "The parameter code_method must be SMS or VOICE.")
    if not body.get("language"):
        raise GraphRefusal(100, "The parameter language is required.")
    return as_json({"success": True})


def verify_code(twin: Twin, request: Request) -> Answer:
    _, number = twin.access.number(request, request.parts[0])
    body = {**request.query, **(read_json_object(request) if request.body else {})}
    if str(body.get("code", "")).replace("-", "") != twin.world.defaults.verification_code:
        raise GraphRefusal(100, "The code is not the one that was sent.", subcode=136025)
    number.code_verified = True
    return as_json({"success": True})


def read_profile(twin: Twin, request: Request) -> Answer:
    _, number = twin.access.number(request, request.parts[0])
    profile: Json = {"messaging_product": "whatsapp", **number.profile}
    asked = request.query.get("fields")
    if asked:
        names = {"messaging_product", *asked.split(",")}
        profile = {k: v for k, v in profile.items() if k in names}
    return as_json({"data": [profile]})


def write_profile(twin: Twin, request: Request) -> Answer:
    _, number = twin.access.number(request, request.parts[0])
    body = read_json_object(request)
    if body.get("messaging_product") != "whatsapp":
        raise GraphRefusal(100, message="(#100) The parameter messaging_product is required.")
    unknown = body.keys() - PROFILE_KEYS
    if unknown:
        raise GraphRefusal(100, f"The profile has no field {sorted(unknown)[0]!r}.")
    for name, most in PROFILE_LENGTHS.items():
        if name in body:
            text_at(body, name, "profile", most=most, needed=False)
    websites = body.get("websites", [])
    if not isinstance(websites, list) or len(websites) > 2 or any(len(str(w)) > 256 for w in websites):
        raise GraphRefusal(100, "At most 2 websites of at most 256 characters each.")
    number.profile |= {k: v for k, v in body.items() if k not in ("messaging_product", "profile_picture_handle")}
    return as_json({"success": True})


def list_numbers(twin: Twin, waba: Waba, query: dict[str, str]) -> Answer:
    usual = ("verified_name", "code_verification_status", "display_phone_number", "quality_rating")
    rows = [
        choose_fields(describe_number(twin, waba, number), query.get("fields"), (*usual, "platform_type", "throughput"))
        for number in waba.numbers
    ]
    return as_json({"data": rows, "paging": {"cursors": {"before": "MA==", "after": "MA=="}}})


def _pin(body: Json) -> str:
    pin = body.get("pin")
    if not isinstance(pin, str) or len(pin) != 6 or not pin.isdigit():
        raise invalid("The parameter pin must be six digits.")
    return pin
