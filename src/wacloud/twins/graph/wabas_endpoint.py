"""WhatsApp Business Accounts and the app: templates, subscriptions, tokens."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from wacloud.twins.graph.errors import GraphRefusal, object_unknown
from wacloud.twins.graph.messages_endpoint import read_json_object
from wacloud.twins.graph.numbers_endpoint import choose_fields, list_numbers, prove_callback
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.wire import Answer, Request, as_json
from wacloud.twins.graph.world import Template, Waba

Json = dict[str, Any]

PAGE = 25
LARGEST_PAGE = 1000
TEMPLATE_FIELDS = ("name", "parameter_format", "components", "language", "status", "category")


def describe_template(template: Template) -> Json:
    return {
        "id": template.id,
        "name": template.name,
        "parameter_format": template.parameter_format,
        "components": template.components,
        "language": template.language,
        "status": template.status,
        "category": template.category,
        "quality_score": {"score": "UNKNOWN"},
        "rejected_reason": "NONE",
    }


def list_templates(twin: Twin, request: Request) -> Answer:
    """One page, filtered by name, status, category and language, with cursors to its neighbours."""
    waba = twin.access.waba(request, request.parts[0])
    query = request.query
    rows = [describe_template(t) for t in waba.templates]
    for key in ("name", "status", "category", "language"):
        if key in query:
            rows = [row for row in rows if str(row[key]).lower() == query[key].lower()]
    limit = _whole_number(query.get("limit"), PAGE)
    start = 0
    if "after" in query:
        start = _from_cursor(query["after"]) + 1
    elif "before" in query:
        start = max(0, _from_cursor(query["before"]) - limit)
    page = rows[start : start + limit]
    answer: Json = {"data": [choose_fields(row, query.get("fields"), TEMPLATE_FIELDS) for row in page]}
    if page:
        first, last = start, start + len(page) - 1
        paging: Json = {"cursors": {"before": _to_cursor(first), "after": _to_cursor(last)}}
        address = f"{request.base_url}{request.raw_path}?limit={limit}"
        if last + 1 < len(rows):
            paging["next"] = f"{address}&after={_to_cursor(last)}"
        if first > 0:
            paging["previous"] = f"{address}&before={_to_cursor(first)}"
        answer["paging"] = paging
    return as_json(answer)


def _whole_number(given: str | None, otherwise: int) -> int:
    if given is None:
        return otherwise
    if not given.isdigit() or not 1 <= int(given) <= LARGEST_PAGE:
        raise GraphRefusal(100, f"The parameter limit must be between 1 and {LARGEST_PAGE}.")
    return int(given)


def _to_cursor(position: int) -> str:
    return base64.urlsafe_b64encode(str(position).encode()).decode("ascii")


def _from_cursor(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor))
    except (ValueError, binascii.Error) as error:
        raise GraphRefusal(100, "The cursor is not valid.") from error


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
            "health_status": {"can_send_message": "AVAILABLE", "entities": []},
        }
        usual = ("name", "currency", "timezone_id", "message_template_namespace")
        return as_json(choose_fields(whole, query.get("fields"), usual))
    for waba in twin.world.wabas:
        for template in waba.templates:
            if template.id == node_id:
                twin.access.waba(request, waba.waba_id)
                row = describe_template(template)
                return as_json(choose_fields(row, query.get("fields"), TEMPLATE_FIELDS))
    twin.access.token_of(request)
    raise object_unknown(node_id)


def read_numbers(twin: Twin, request: Request) -> Answer:
    return list_numbers(twin, twin.access.waba(request, request.parts[0]), request.query)


def read_subscriptions(twin: Twin, request: Request) -> Answer:
    waba = twin.access.waba(request, request.parts[0])
    if not waba.subscribed:
        return as_json({"data": []})
    row: Json = {"whatsapp_business_api_data": {"id": twin.world.app_id, "name": "app", "link": ""}}
    if waba.callback_url is not None:
        row["override_callback_uri"] = waba.callback_url
    return as_json({"data": [row]})


async def subscribe(twin: Twin, request: Request) -> Answer:
    """Subscribe the app; with override_callback_uri, messages go there once it has proved itself."""
    waba = twin.access.waba(request, request.parts[0])
    body = read_json_object(request) if request.body else {}
    url = body.get("override_callback_uri")
    if url is not None:
        await prove_callback(twin, url, body.get("verify_token"))
    waba.callback_url = url
    waba.subscribed = True
    return as_json({"success": True})


def unsubscribe(twin: Twin, request: Request) -> Answer:
    waba = twin.access.waba(request, request.parts[0])
    waba.subscribed = False
    waba.callback_url = None
    return as_json({"success": True})


async def set_app_callback(twin: Twin, request: Request) -> Answer:
    """POST /{app-id}/subscriptions with the app's own token."""
    if request.parts[0] != twin.world.app_id or not twin.access.is_app(request):
        raise object_unknown(request.parts[0])
    body = {**request.query, **(read_json_object(request) if request.body else {})}
    await prove_callback(twin, body.get("callback_url"), body.get("verify_token"))
    twin.world.callback_url = str(body["callback_url"])
    twin.world.verify_token = str(body["verify_token"])
    return as_json({"success": True})


def debug_token(twin: Twin, request: Request) -> Answer:
    twin.access.token_of(request)
    inspected = request.query.get("input_token", "")
    wabas = sorted(twin.access.wabas_of(inspected))
    data: Json = {"app_id": twin.world.app_id, "is_valid": bool(wabas), "scopes": []}
    if wabas:
        scopes = ["whatsapp_business_management", "whatsapp_business_messaging"]
        data |= {
            "type": "SYSTEM_USER",
            "application": "app",
            "expires_at": 0,
            "scopes": scopes,
            "granular_scopes": [{"scope": scope, "target_ids": wabas} for scope in scopes],
        }
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
    token = twin.world.codes.pop(str(query.get("code", "")), None)
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
