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
PINS_WITHIN_S = 3600
WRONG_PINS = 5  # how many Meta lets pass is not published
CODES_WITHIN_S = 3600
CODES = 5  # neither is this
SYNC_WITHIN_S = 24 * 3600
SYNC_TYPES = ("smb_app_state_sync", "history")
NUMBERS_PAGE = 25
VERTICALS = {
    *(
        "UNDEFINED",
        "OTHER",
        "AUTO",
        "BEAUTY",
        "APPAREL",
        "EDU",
        "ENTERTAIN",
        "EVENT_PLAN",
        "FINANCE",
        "GROCERY",
        "GOVT",
    ),
    *("HOTEL", "HEALTH", "NONPROFIT", "PROF_SERVICES", "RETAIL", "TRAVEL", "RESTAURANT", "NOT_A_BIZ"),
}
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
        "is_on_biz_app": number.on_biz_app,
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
    waba, number = twin.access.number(request, request.parts[0])
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
    guesses = [t for t in twin.wrong_pins.get(number.phone_number_id, []) if now - t < PINS_WITHIN_S]
    if len(guesses) >= WRONG_PINS:
        raise GraphRefusal(133008, "Try again in an hour.")
    if number.pin is not None and number.pin != pin:
        twin.wrong_pins[number.phone_number_id] = [*guesses, now]
        raise GraphRefusal(133005, "The PIN is not the one of this number.")
    number.pin = pin
    number.registered = True
    twin.keep_waba(waba)
    return as_json({"success": True})


def deregister(twin: Twin, request: Request) -> Answer:
    _, number = twin.access.number(request, request.parts[0])
    number.registered = False
    return as_json({"success": True})


def request_code(twin: Twin, request: Request) -> Answer:
    """The subcodes of these refusals are not verified."""
    _, number = twin.access.number(request, request.parts[0])
    body = {**request.query, **(read_json_object(request) if request.body else {})}
    if body.get("code_method") not in ("SMS", "VOICE"):
        raise GraphRefusal(100, "The parameter code_method must be SMS or VOICE.")
    if not body.get("language"):
        raise GraphRefusal(100, "The parameter language is required.")
    if number.code_verified:
        raise GraphRefusal(
            100, subcode=136023, user=("Already verified", "You have already verified ownership of this phone number.")
        )
    now = twin.clock()
    asked = [t for t in twin.codes_asked.get(number.phone_number_id, []) if now - t < CODES_WITHIN_S]
    if len(asked) >= CODES:
        raise GraphRefusal(100, subcode=136024, user=("Code could not be sent", "Please try again after some time."))
    twin.codes_asked[number.phone_number_id] = [*asked, now]
    return as_json({"success": True})


def verify_code(twin: Twin, request: Request) -> Answer:
    """Wrong, or over: how Meta numbers the latter is not documented, so the subcode is a guess."""
    waba, number = twin.access.number(request, request.parts[0])
    body = {**request.query, **(read_json_object(request) if request.body else {})}
    defaults, code = twin.world.defaults, str(body.get("code", "")).replace("-", "")
    asked = twin.codes_asked.get(number.phone_number_id, [])
    is_over = bool(asked) and twin.clock() - asked[-1] > defaults.verification_code_s
    if code == defaults.expired_verification_code or (is_over and code == defaults.verification_code):
        raise GraphRefusal(
            100, subcode=136026, user=("Code expired", "This code has expired. Please request a new one and try again.")
        )
    if code != defaults.verification_code:
        raise GraphRefusal(100, "The code is not the one that was sent.", subcode=136025)
    number.code_verified = True
    twin.keep_waba(waba)
    return as_json({"success": True})


def ask_app_for(twin: Twin, request: Request) -> Answer:
    """Coexistence: the app's address book, or its chats, once each and within a day."""
    waba, number = twin.access.number(request, request.parts[0])
    body = read_json_object(request)
    wanted = body.get("sync_type")
    if body.get("messaging_product") != "whatsapp" or wanted not in SYNC_TYPES:
        raise GraphRefusal(100, f"The parameter sync_type must be one of {', '.join(SYNC_TYPES)}.")
    if not number.on_biz_app:
        raise GraphRefusal(100, "This number is not in the WhatsApp Business app.")
    if wanted in number.synced:
        raise GraphRefusal(100, "This was asked for before.", subcode=2593107)
    if twin.clock() - (number.onboarded_at or 0) > SYNC_WITHIN_S:
        raise GraphRefusal(100, "This may be asked for within 24 hours of the onboarding.", subcode=2593108)
    number.synced.append(wanted)
    twin.keep_waba(waba)
    return as_json({"messaging_product": "whatsapp", "request_id": f"sync-{wanted}-{number.phone_number_id}"})


def read_profile(twin: Twin, request: Request) -> Answer:
    _, number = twin.access.number(request, request.parts[0])
    profile: Json = {"messaging_product": "whatsapp", **number.profile}
    asked = request.query.get("fields")
    if asked:
        names = {"messaging_product", *asked.split(",")}
        profile = {k: v for k, v in profile.items() if k in names}
    return as_json({"data": [profile]})


def write_profile(twin: Twin, request: Request) -> Answer:
    waba, number = twin.access.number(request, request.parts[0])
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
    if any(not str(w).startswith(("http://", "https://")) for w in websites):
        raise GraphRefusal(100, "A website begins with http:// or https://.")
    if body.get("email") and "@" not in body["email"]:
        raise GraphRefusal(100, "The e-mail address is not valid.")
    if "about" in body and not body["about"].strip():
        raise GraphRefusal(100, "The parameter about must not be empty.")
    if "vertical" in body and body["vertical"] not in VERTICALS:
        raise GraphRefusal(100, f"There is no vertical {body['vertical']!r}.")
    if "profile_picture_handle" in body:
        twin.uploads.check(body["profile_picture_handle"], "IMAGE")
        number.profile["profile_picture_url"] = f"https://pps.whatsapp.net/v/t61/{number.phone_number_id}.jpg"
    number.profile |= {k: v for k, v in body.items() if k not in ("messaging_product", "profile_picture_handle")}
    twin.keep_waba(waba)
    return as_json({"success": True})


def list_numbers(twin: Twin, waba: Waba, request: Request) -> Answer:
    """By pages, as Graph lists; the cursors are positions."""
    query = request.query
    usual = ("verified_name", "code_verification_status", "display_phone_number", "quality_rating")
    limit = int(query["limit"]) if query.get("limit", "").isdigit() else NUMBERS_PAGE
    start = int(query["after"]) if query.get("after", "").isdigit() else 0
    page = waba.numbers[start : start + limit]
    rows = [
        choose_fields(describe_number(twin, waba, number), query.get("fields"), (*usual, "platform_type", "throughput"))
        for number in page
    ]
    end = start + len(page)
    paging: Json = {"cursors": {"before": str(start), "after": str(end)}}
    if end < len(waba.numbers):
        paging["next"] = f"{request.base_url}{request.raw_path}?limit={limit}&after={end}"
    return as_json({"data": rows, "paging": paging})


def _pin(body: Json) -> str:
    pin = body.get("pin")
    if not isinstance(pin, str) or len(pin) != 6 or not pin.isdigit():
        raise invalid("The parameter pin must be six digits.")
    return pin
