"""Whom a number has blocked: POST, DELETE and GET on its block_users, with the refusals Meta has for them."""

from __future__ import annotations

from typing import Any

from wacloud.twins.graph.customers import Customer
from wacloud.twins.graph.errors import CODES, GraphRefusal, missing, trace_id
from wacloud.twins.graph.messages_endpoint import read_json_object
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.wire import Answer, Request, as_json
from wacloud.twins.graph.world import Waba, digits_of

Json = dict[str, Any]

MOST_AT_ONCE = 1000
NOT_WRITTEN = 131047  # the code Meta gives for who has not written within 24 hours
PARTIAL, ALL_FAILED = 139100, 139101


def block(twin: Twin, request: Request) -> Answer:
    """Only who wrote within 24 hours, and nobody by a parent BSUID."""
    waba, number = twin.access.number(request, request.parts[0])
    added: list[Json] = []
    failed: list[Json] = []
    for told in _users(request):
        customer, named = _find(twin, waba, told)
        if customer is None or not twin.threads.between(waba, number, customer).window_is_open(twin.clock()):
            failed.append(named | {"errors": [_error(NOT_WRITTEN if customer else 131021)]})
            continue
        twin.blocked.setdefault(number.phone_number_id, set()).add(customer.customer_id)
        added.append(named | _ids(twin, waba, customer))
    return _told("added_users", added, failed)


def unblock(twin: Twin, request: Request) -> Answer:
    """Who is not on the list is no failure."""
    waba, number = twin.access.number(request, request.parts[0])
    removed: list[Json] = []
    failed: list[Json] = []
    for told in _users(request):
        customer, named = _find(twin, waba, told)
        if customer is None:
            failed.append(named | {"errors": [_error(131021)]})
            continue
        twin.blocked.get(number.phone_number_id, set()).discard(customer.customer_id)
        removed.append(named | _ids(twin, waba, customer))
    return _told("removed_users", removed, failed)


def read(twin: Twin, request: Request) -> Answer:
    waba, number = twin.access.number(request, request.parts[0])
    people = [twin.people.customers[id_] for id_ in sorted(twin.blocked.get(number.phone_number_id, ()))]
    return as_json({"data": [{"messaging_product": "whatsapp", **_ids(twin, waba, one)} for one in people]})


def _users(request: Request) -> list[Json]:
    users = read_json_object(request).get("block_users")
    if not isinstance(users, list) or not users or len(users) > MOST_AT_ONCE:
        raise missing("block_users")
    if not all(isinstance(user, dict) for user in users):
        raise missing("block_users")
    return users


def _find(twin: Twin, waba: Waba, told: Json) -> tuple[Customer | None, Json]:
    if isinstance(told.get("user_id"), str):
        user_id = told["user_id"]
        found = None if ".ENT." in user_id else twin.people.find_by_bsuid(user_id, waba.business_id)
        return found, {"input": user_id}
    phone = str(told.get("user", ""))
    return twin.people.find_by_phone(digits_of(phone)), {"input": phone}


def _ids(twin: Twin, waba: Waba, customer: Customer) -> Json:
    phone = {} if customer.hides_phone else {"wa_id": customer.wa_id}
    return {**phone, "user_id": twin.people.bsuid(customer, waba.business_id)}


def _told(done_key: str, done: list[Json], failed: list[Json]) -> Answer:
    told: Json = {"messaging_product": "whatsapp", "block_users": {done_key: done}}
    if not failed:
        return as_json(told)
    told["block_users"]["failed_users"] = failed
    code = PARTIAL if done else ALL_FAILED
    told["error"] = {"message": f"(#{code}) {CODES[code].title}", "type": "OAuthException", "code": code}
    told["error"]["fbtrace_id"] = trace_id()
    return as_json(told, GraphRefusal(code).status)


def _error(code: int) -> Json:
    return {"message": CODES[code].title, "code": code, "error_data": {"details": CODES[code].title}}
