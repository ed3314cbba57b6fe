"""WhatsApp Business Accounts and the app: subscriptions, tokens."""

from __future__ import annotations

import secrets
import time
from typing import Any

from wacloud.twins.graph import health
from wacloud.twins.graph.access import TokenFacts
from wacloud.twins.graph.errors import GraphRefusal, object_unknown
from wacloud.twins.graph.messages_endpoint import read_json_object
from wacloud.twins.graph.numbers_endpoint import choose_fields, list_numbers, prove_callback
from wacloud.twins.graph.templates_endpoint import read_template
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.wire import Answer, Request, as_json
from wacloud.twins.graph.world import Number, Waba, digits_of

Json = dict[str, Any]

CODE_LIVES_S = 30
MOST_NUMBERS = 20
MOST_UNVERIFIED = 2  # of a portfolio that is not verified


def read_node(twin: Twin, request: Request) -> Answer:
    """GET on a WABA or a template."""
    node_id = request.parts[0]
    query = request.query
    if node_id in twin.access.wabas:
        waba = twin.access.waba(request, node_id)
        whole: Json = {
            "id": waba.waba_id,
            "name": waba.name,
            "currency": waba.currency,
            "timezone_id": waba.timezone_id,
            "message_template_namespace": f"ns_{waba.waba_id}",
            "account_review_status": "APPROVED",
            "owner_business_info": {"id": waba.business_id, "name": waba.name},
            "health_status": health.of_waba(twin.world, waba),
        }
        usual = ("name", "currency", "timezone_id", "message_template_namespace")
        return as_json(choose_fields(whole, query.get("fields"), usual))
    if (found := read_template(twin, request)) is not None:
        return found
    twin.access.token_of(request)
    raise object_unknown(node_id)


def read_numbers(twin: Twin, request: Request) -> Answer:
    return list_numbers(twin, twin.access.waba(request, request.parts[0]), request)


def add_number(twin: Twin, request: Request) -> Answer:
    """A number nobody has yet: it has to be verified by a code, and its name is reviewed."""
    waba = twin.access.waba(request, request.parts[0])
    body = {**request.query, **(read_json_object(request) if request.body else {})}
    body.setdefault("country_code", body.get("cc"))  # its name in older versions
    for name in ("country_code", "phone_number", "verified_name"):
        if not isinstance(body.get(name), str) or not body[name].strip():
            raise GraphRefusal(100, message=f"(#100) The parameter {name} is required.")
    digits = digits_of(body["country_code"]) + digits_of(body["phone_number"])
    if not 8 <= len(digits) <= 15:
        raise GraphRefusal(100, "The phone number is not valid.")
    # The subcodes of these two are not verified.
    if any(number.digits == digits for one in twin.world.wabas for number in one.numbers):
        raise GraphRefusal(
            100,
            subcode=2388001,
            user=("Phone number already registered", "This phone number is in use by another WhatsApp account."),
        )
    if len(waba.numbers) >= (MOST_NUMBERS if waba.is_verified else MOST_UNVERIFIED):
        raise GraphRefusal(100, subcode=2388103, user=("Phone number limit", "You have reached the limit of numbers."))
    number = Number(
        phone_number_id="7" + "".join(secrets.choice("0123456789") for _ in range(14)),
        display_phone_number=f"+{digits_of(body['country_code'])} {digits_of(body['phone_number'])}",
        verified_name=body["verified_name"].strip(),
        registered=False,
        code_verified=False,
        name_status="PENDING_REVIEW",
    )
    waba.numbers.append(number)
    twin.access.learn()
    twin.keep_waba(waba)
    return as_json({"id": number.phone_number_id})


def read_subscriptions(twin: Twin, request: Request) -> Answer:
    """A page at a time, as everything that is listed."""
    waba = twin.access.waba(request, request.parts[0])
    rows: list[Json] = [
        {"whatsapp_business_api_data": {"id": app_id, "name": "another app", "link": ""}} for app_id in waba.other_apps
    ]
    if waba.subscribed:
        row: Json = {"whatsapp_business_api_data": {"id": twin.world.app_id, "name": "app", "link": ""}}
        if waba.callback_url is not None:
            row["override_callback_uri"] = waba.callback_url
        rows.append(row)
    after, limit = request.query.get("after", "0"), request.query.get("limit", "25")
    begin, most = int(after) if after.isdigit() else 0, int(limit) if limit.isdigit() else 25
    page: Json = {"data": rows[begin : begin + most]}
    if begin + most < len(rows):
        page["paging"] = {"cursors": {"after": str(begin + most)}, "next": "https://graph.facebook.com/next"}
    return as_json(page)


async def subscribe(twin: Twin, request: Request) -> Answer:
    """Subscribe the app; with override_callback_uri, messages go there once it has proved itself."""
    waba = twin.access.waba(request, request.parts[0])
    body = read_json_object(request) if request.body else {}
    url = body.get("override_callback_uri")
    if url is not None:
        await prove_callback(twin, url, body.get("verify_token"))
    waba.callback_url = url
    waba.subscribed = True
    twin.keep_waba(waba)
    return as_json({"success": True})


def unsubscribe(twin: Twin, request: Request) -> Answer:
    waba = twin.access.waba(request, request.parts[0])
    waba.subscribed = False
    waba.callback_url = None
    twin.keep_waba(waba)
    return as_json({"success": True})


async def set_app_callback(twin: Twin, request: Request) -> Answer:
    """POST /{app-id}/subscriptions with the app's own token."""
    _check_app(twin, request)
    body = {**request.query, **(read_json_object(request) if request.body else {})}
    await prove_callback(twin, body.get("callback_url"), body.get("verify_token"))
    twin.world.callback_url = str(body["callback_url"])
    twin.world.verify_token = str(body["verify_token"])
    if body.get("fields"):
        told = body["fields"]
        twin.world.app_fields = [str(one) for one in (told.split(",") if isinstance(told, str) else told)]
    return as_json({"success": True})


def read_app_callback(twin: Twin, request: Request) -> Answer:
    """GET /{app-id}/subscriptions with the app's own token."""
    _check_app(twin, request)
    if not twin.world.callback_url:
        return as_json({"data": []})
    row: Json = {
        "object": "whatsapp_business_account",
        "callback_url": twin.world.callback_url,
        "active": True,
        "fields": [{"name": name, "version": "v26.0"} for name in twin.world.app_fields],
    }
    return as_json({"data": [row]})


def _check_app(twin: Twin, request: Request) -> None:
    if request.parts[0] != twin.world.app_id or not twin.access.is_app(request):
        raise object_unknown(request.parts[0])


def debug_token(twin: Twin, request: Request) -> Answer:
    twin.access.token_of(request)
    inspected = request.query.get("input_token", "")
    wabas = sorted(twin.access.wabas_of(inspected))
    facts = twin.access.facts.get(inspected, TokenFacts())
    is_over = 0 < facts.expires_at <= time.time()
    data: Json = {"app_id": facts.app_id or twin.world.app_id, "is_valid": bool(wabas) and not is_over, "scopes": []}
    if wabas:
        targets = wabas if facts.target_ids is None else list(facts.target_ids)
        data |= {
            "type": "SYSTEM_USER",
            "application": "app",
            "expires_at": facts.expires_at,
            "data_access_expires_at": 0,
            "scopes": list(facts.scopes),
            "granular_scopes": [{"scope": scope, "target_ids": targets} for scope in facts.scopes],
        }
        if is_over:
            data["error"] = {"code": 190, "message": "Session has expired.", "subcode": 463}
    elif inspected in twin.access.revoked:
        subcode = twin.access.revoked[inspected]
        data["error"] = {"code": 190, "message": "The token was revoked.", "subcode": subcode}
    else:
        data["error"] = {"code": 190, "message": "The access token could not be decrypted"}
    return as_json({"data": data})


def exchange_code(twin: Twin, request: Request) -> Answer:
    """An Embedded Signup code for a token, once; or the app's own token by client credentials."""
    query = {**request.query, **(read_json_object(request) if request.body else {})}
    if query.get("client_id") != twin.world.app_id or query.get("client_secret") != twin.world.app_secret:
        raise GraphRefusal(
            1, message="Error validating client secret or application.", kind="OAuthException", status=400
        )
    if query.get("grant_type") == "client_credentials":
        return as_json({"access_token": twin.access.app_token, "token_type": "bearer"})
    code = str(query.get("code", ""))
    token = twin.world.codes.pop(code, None)
    if token is not None and twin.clock() - twin.codes_made_at.pop(code, 0.0) > CODE_LIVES_S:
        raise GraphRefusal(100, message="This authorization code has expired.", subcode=36007)
    if token is None:
        raise GraphRefusal(100, message="This authorization code is unknown or has been used.", subcode=36009)
    return as_json({"access_token": token, "token_type": "bearer"})


def usage_of(waba: Waba | None) -> bytes:
    """The header X-Business-Use-Case-Usage: percent of the hourly management calls."""
    if waba is None:
        return b'{"call_count":0,"total_time":0,"total_cputime":0}'
    used = min(100, waba.management_calls * 100 // 5000)
    return (
        f'{{"{waba.business_id}":[{{"type":"whatsapp","call_count":{used},"total_cputime":1,'
        f'"total_time":1,"estimated_time_to_regain_access":0}}]}}'
    ).encode("ascii")
