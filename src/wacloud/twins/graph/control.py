"""The twin's own paths, `/_twin/...`: people, inbound messages, phones, misbehaviour and the ledger.

POST   customers                    a CustomerSpec -> the person with phone and BSUIDs; GET lists
POST   inbound                      {phone_number_id, customer, message, seconds_ago?, wait?}
POST   echo                         {phone_number_id, customer, message} the owner writes in the phone app
POST   webhook                      {body | body_base64} is signed and sent unchanged -> {callback}
GET    webhooks                     what is undelivered; POST webhooks/retry tries it now; DELETE forgets it
POST   callback                     {callback_url, verify_token?, handshake?} replaces where webhooks go
GET    phones/{customer}            the screen; ?reading=1 also reads what is there
GET    phones/{customer}/events     a stream of its changes; ?reading=1 [&phone_number_id=] reads all along
GET    media/{id}                   the bytes of a photo or sound, as the phone shows it
POST   phones/{customer}/read       {phone_number_id?} the person looks at the thread
POST   window                       {phone_number_id, customer, seconds_ago | null} when the person last wrote
POST   misbehave                    a Rule -> {rule_id}; GET lists; DELETE [?rule_id=] removes
POST   statuses/release             sends the statuses that rules held back
GET    ledger                       counts; ?brief=1, ?customer=, ?callback_data=; DELETE starts anew
POST   wabas, templates             a Waba; {waba_id, template} adds or changes one and announces it
POST   templates/decide             {waba_id, name, language?, event | quality | category, reason?, title?, info?}
POST   tokens                       {access_token, revoked?, subcode?, expires_at?, scopes?, target_ids?, app_id?}
PATCH  numbers, wabas               {phone_number_id | waba_id, ...} changes fields of the world: status, health, ...
PATCH  app                          {app_fields?, app_health?}
GET    signup                       the dialog of Embedded Signup; POST {how, name?, feature?} -> {code?, session?}
GET    world                        the world without its secrets; PATCH defaults changes how it behaves
DELETE throttle                     forgets what was sent, for the speed limits
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import msgspec

from wacloud.twins.graph import signup
from wacloud.twins.graph import templates_endpoint as templates
from wacloud.twins.graph.access import TokenFacts
from wacloud.twins.graph.customers import Customer
from wacloud.twins.graph.inbound import deliver, echo, write
from wacloud.twins.graph.misbehave import Rule
from wacloud.twins.graph.threads import Thread
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.webhooks import Delivery
from wacloud.twins.graph.wire import Answer, Request, Stream, as_json
from wacloud.twins.graph.world import CustomerSpec, Defaults, Template, Waba

Json = dict[str, Any]
Reply = Answer | Stream


class BadControl(ValueError):
    """The control call makes no sense; its text says why."""


async def answer_control(twin: Twin, request: Request) -> Reply:
    """Answer one control call; what is wrong with it is said with status 400, what is not there with 404."""
    parts = request.parts[1:]
    if len(parts) == 2 and parts[0] == "media" and request.method == "GET":
        return _show_media(twin, request, parts[1])
    if len(parts) >= 2 and parts[0] == "phones":
        return _phone(twin, request, parts)
    handler = _CALLS.get((request.method, "/".join(parts)))
    if handler is None:
        return as_json({"error": f"no such control call: {request.method} /{'/'.join(request.parts)}"}, 404)
    try:
        return await handler(twin, request)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        return as_json({"error": str(error)}, 400)


def _body(request: Request) -> Json:
    # Not msgspec: a person may send half a surrogate pair, and only this reader lets it through.
    body = json.loads(request.body or b"{}")
    if not isinstance(body, dict):
        raise BadControl("the body must be a JSON object")
    return body


def _customer(twin: Twin, key: object) -> Customer:
    customer = twin.people.find(str(key))
    if customer is None:
        raise BadControl(f"nobody is known as {key!r}: POST /_twin/customers makes people")
    return customer


def _thread(twin: Twin, body: Json) -> Thread:
    found = twin.access.numbers.get(str(body.get("phone_number_id")))
    if found is None:
        raise BadControl(f"no such phone_number_id: {body.get('phone_number_id')!r}")
    return twin.threads.between(*found, _customer(twin, body.get("customer")))


async def _callback_answer(twin: Twin, delivery: Delivery | None, wait: object) -> Json | None:
    if delivery is None or wait is False:
        return None
    return asdict(await twin.webhooks.first_attempt(delivery))


async def _add_customer(twin: Twin, request: Request) -> Answer:
    customer = twin.add_customer(msgspec.json.decode(request.body, type=CustomerSpec))
    return as_json(customer.as_json(), 201)


async def _list_customers(twin: Twin, request: Request) -> Answer:
    return as_json({"customers": [c.as_json() for c in twin.people.customers.values()]})


async def _inbound(twin: Twin, request: Request) -> Answer:
    body = _body(request)
    thread = _thread(twin, body)
    message = body.get("message")
    if not isinstance(message, dict):
        raise BadControl("message is required")
    at = twin.clock() - float(body["seconds_ago"]) if body.get("seconds_ago") else None
    written = write(twin, thread, message, request.base_url, at)
    written.bubble.status = "sent"
    text = json.dumps(message)
    address = {"to": thread.customer.wa_id, "recipient": thread.customer.bsuid}
    effects = twin.misbehaviour.pick("inbound", thread.number.phone_number_id, address, text)
    if effects is not None and effects.delay_ms:
        await asyncio.sleep(effects.delay_ms / 1000)
    delivery = deliver(twin, written, effects)
    answer = await _callback_answer(twin, delivery, body.get("wait"))
    return as_json({"wamid": written.bubble.wamid, "payload": written.payload, "callback": answer})


async def _echo(twin: Twin, request: Request) -> Answer:
    body = _body(request)
    message = body.get("message")
    if not isinstance(message, dict):
        raise BadControl("message is required")
    wamid, delivery = echo(twin, _thread(twin, body), message)
    return as_json({"wamid": wamid, "callback": await _callback_answer(twin, delivery, body.get("wait"))})


async def _raw_webhook(twin: Twin, request: Request) -> Answer:
    body = _body(request)
    if isinstance(body.get("body_base64"), str):
        try:
            raw = base64.b64decode(body["body_base64"], validate=True)
        except binascii.Error as error:
            raise BadControl("body_base64 is not base64") from error
    elif isinstance(body.get("body"), str):
        raw = body["body"].encode()
    else:
        raise BadControl("body (text) or body_base64 is required")
    answer = await _callback_answer(twin, twin.webhooks.send_raw(raw), body.get("wait"))
    return as_json({"callback": answer})


async def _list_webhooks(twin: Twin, request: Request) -> Answer:
    return as_json({"undelivered": [d.as_json() for d in twin.webhooks.undelivered.values()]})


async def _retry_webhooks(twin: Twin, request: Request) -> Answer:
    return as_json({"retried": twin.webhooks.retry_now()})


async def _forget_webhooks(twin: Twin, request: Request) -> Answer:
    twin.webhooks.forget_undelivered()
    return as_json({"undelivered": []})


async def _set_callback(twin: Twin, request: Request) -> Answer:
    """The address changes even where the handshake fails, unlike at Meta; the answer says how it went."""
    body = _body(request)
    if not isinstance(body.get("callback_url"), str):
        raise BadControl("callback_url is required")
    twin.world.callback_url = body["callback_url"]
    if isinstance(body.get("verify_token"), str):
        twin.world.verify_token = body["verify_token"]
    handshake = None
    if body.get("handshake"):
        handshake = asdict(await twin.webhooks.shake_hands(twin.world.callback_url, twin.world.verify_token))
    retried = twin.webhooks.retry_now()
    return as_json({"callback_url": twin.world.callback_url, "handshake": handshake, "retried": retried})


def _phone(twin: Twin, request: Request, parts: list[str]) -> Reply:
    customer = twin.people.find(parts[1])
    if customer is None:
        return as_json({"error": f"nobody is known as {parts[1]!r}"}, 404)
    query = request.query
    reads = (query.get("phone_number_id") or "*") if query.get("reading") == "1" else None
    if parts[2:] == ["read"] and request.method == "POST":
        reads = str(_body(request).get("phone_number_id") or "*")
    if reads is not None:
        for thread in twin.threads.of(customer):
            if reads in ("*", thread.number.phone_number_id):
                for bubble in thread.bubbles:
                    if not bubble.is_inbound:
                        twin.statuses.read_by_customer(bubble)
    if parts[2:] == ["events"]:
        return Stream(*twin.phones.watch(customer, reads))
    return as_json(twin.phones.screen(customer))


def _show_media(twin: Twin, request: Request, media_id: str) -> Answer:
    """A photo or sound as it lies on a phone: for the page that draws the phone, which has no token."""
    file = twin.media.find(media_id, twin.clock())
    if file is None or request.query.get("phone_number_id", file.phone_number_id) != file.phone_number_id:
        return as_json({"error": "no such media"}, 404)
    return Answer(200, file.content, [(b"content-type", file.mime_type.encode("latin-1", "replace"))])


async def _set_window(twin: Twin, request: Request) -> Answer:
    body = _body(request)
    thread = _thread(twin, body)
    ago = body.get("seconds_ago")
    thread.last_inbound_at = None if ago is None else twin.clock() - float(ago)
    return as_json({"window_open": thread.window_is_open(twin.clock())})


async def _add_rule(twin: Twin, request: Request) -> Answer:
    entry = twin.misbehaviour.add(msgspec.json.decode(request.body, type=Rule))
    return as_json({"rule_id": entry.rule_id}, 201)


async def _list_rules(twin: Twin, request: Request) -> Answer:
    return as_json({"rules": msgspec.to_builtins(twin.misbehaviour.entries), "held": twin.statuses.held})


async def _remove_rules(twin: Twin, request: Request) -> Answer:
    rule_id = request.query.get("rule_id")
    twin.misbehaviour.remove(int(rule_id) if rule_id and rule_id.isdigit() else None)
    return await _list_rules(twin, request)


async def _release(twin: Twin, request: Request) -> Answer:
    return as_json({"released": twin.statuses.release()})


async def _ledger(twin: Twin, request: Request) -> Answer:
    query = request.query
    if "callback_data" in query:
        return as_json({"accepted": twin.ledger.by_callback_data[query["callback_data"]]})
    content = twin.ledger.as_json(
        undelivered=len(twin.webhooks.undelivered), brief="brief" in query or "customer" in query
    )
    if "customer" in query:
        customer = _customer(twin, query["customer"])
        content["texts"] = twin.ledger.texts.get(customer.customer_id, [])
    return as_json(content)


async def _reset_ledger(twin: Twin, request: Request) -> Answer:
    twin.ledger.clear()
    return as_json(twin.ledger.as_json(undelivered=len(twin.webhooks.undelivered), brief=True))


async def _add_waba(twin: Twin, request: Request) -> Answer:
    waba = msgspec.json.decode(request.body, type=Waba)
    twin.world.wabas[:] = [w for w in twin.world.wabas if w.waba_id != waba.waba_id] + [waba]
    twin.access.learn()
    return as_json({"waba_id": waba.waba_id}, 201)


async def _put_template(twin: Twin, request: Request) -> Answer:
    """Add or replace a template, and tell the business what became of it."""
    body = _body(request)
    waba = twin.access.wabas.get(str(body.get("waba_id")))
    if waba is None:
        raise BadControl(f"no such waba_id: {body.get('waba_id')!r}")
    template = msgspec.convert(body.get("template"), type=Template)
    same = [t for t in waba.templates if (t.name, t.language) == (template.name, template.language)]
    template.id = template.id or (same[0].id if same else twin.next_template_id())
    waba.templates[:] = [t for t in waba.templates if t not in same] + [template]
    delivery = templates.decide(twin, waba, template, template.status, reason=template.rejected_reason)
    return as_json({"id": template.id, "callback": await _callback_answer(twin, delivery, body.get("wait"))}, 201)


async def _decide_template(twin: Twin, request: Request) -> Answer:
    """What Meta's review or its customers make of a template."""
    body = _body(request)
    waba = twin.access.wabas.get(str(body.get("waba_id")))
    named = [
        t
        for t in (waba.templates if waba else ())
        if t.name == body.get("name") and body.get("language") in (None, t.language)
    ]
    if waba is None or not named:
        raise BadControl(f"no template {body.get('name')!r} of {body.get('waba_id')!r}")
    if isinstance(body.get("quality"), str):
        delivery = templates.rate(twin, waba, named[0], body["quality"])
    elif isinstance(body.get("category"), str):
        delivery = templates.categorise(twin, waba, named[0], body["category"])
    elif isinstance(body.get("event"), str):
        more = {key: body[key] for key in ("reason", "title", "info") if key in body}
        delivery = templates.decide(twin, waba, named[0], body["event"], **more)
    else:
        raise BadControl("event, quality or category is required")
    return as_json({"id": named[0].id, "callback": await _callback_answer(twin, delivery, body.get("wait"))})


async def _sign_up(twin: Twin, request: Request) -> Answer:
    return as_json(signup.sign_up(twin, _body(request)), 201)


async def _set_token(twin: Twin, request: Request) -> Answer:
    """Revoked, unless other things are said of it; then those hold until others are said."""
    body = _body(request)
    token = str(body.get("access_token"))
    told = {name: body[name] for name in ("expires_at", "scopes", "target_ids", "app_id") if name in body}
    if told:
        twin.access.facts[token] = msgspec.convert(told, type=TokenFacts)
    if body.get("revoked", not told):
        twin.access.revoked[token] = body.get("subcode", 460)
    else:
        twin.access.revoked.pop(token, None)
    return as_json({"revoked": token in twin.access.revoked})


async def _change_number(twin: Twin, request: Request) -> Answer:
    body = _body(request)
    found = twin.access.numbers.get(str(body.get("phone_number_id")))
    if found is None:
        raise BadControl(f"no such phone_number_id: {body.get('phone_number_id')!r}")
    return _changed(found[1], body)


async def _change_waba(twin: Twin, request: Request) -> Answer:
    body = _body(request)
    waba = twin.access.wabas.get(str(body.get("waba_id")))
    if waba is None:
        raise BadControl(f"no such waba_id: {body.get('waba_id')!r}")
    for fixed in ("numbers", "templates", "access_token"):
        body.pop(fixed, None)
    return _changed(waba, body)


async def _change_app(twin: Twin, request: Request) -> Answer:
    body = _body(request)
    return _changed(twin.world, {name: body[name] for name in ("app_fields", "app_health") if name in body})


def _changed(thing: msgspec.Struct, changes: Json) -> Answer:
    whole = msgspec.convert(msgspec.to_builtins(thing) | changes, type=type(thing))
    for name in changes:
        setattr(thing, name, getattr(whole, name))
    return as_json({"changed": sorted(changes)})


async def _world(twin: Twin, request: Request) -> Answer:
    content = msgspec.to_builtins(twin.world)
    for waba in content["wabas"]:
        del waba["access_token"]
    for secret in ("app_secret", "verify_token", "codes", "customers", "history"):
        del content[secret]
    return as_json(content)


async def _set_defaults(twin: Twin, request: Request) -> Answer:
    defaults = twin.world.defaults
    changed = msgspec.convert(msgspec.to_builtins(defaults) | _body(request), type=Defaults)
    for name, value in msgspec.structs.asdict(changed).items():
        setattr(defaults, name, value)
    return as_json(msgspec.to_builtins(defaults))


async def _forget_throttle(twin: Twin, request: Request) -> Answer:
    twin.throttle.forget()
    return as_json({})


_CALLS: dict[tuple[str, str], Callable[[Twin, Request], Awaitable[Reply]]] = {
    ("POST", "customers"): _add_customer,
    ("GET", "customers"): _list_customers,
    ("POST", "inbound"): _inbound,
    ("POST", "echo"): _echo,
    ("POST", "webhook"): _raw_webhook,
    ("GET", "webhooks"): _list_webhooks,
    ("POST", "webhooks/retry"): _retry_webhooks,
    ("DELETE", "webhooks"): _forget_webhooks,
    ("POST", "callback"): _set_callback,
    ("POST", "window"): _set_window,
    ("POST", "misbehave"): _add_rule,
    ("GET", "misbehave"): _list_rules,
    ("DELETE", "misbehave"): _remove_rules,
    ("POST", "statuses/release"): _release,
    ("GET", "ledger"): _ledger,
    ("DELETE", "ledger"): _reset_ledger,
    ("POST", "wabas"): _add_waba,
    ("POST", "templates"): _put_template,
    ("POST", "templates/decide"): _decide_template,
    ("GET", "signup"): signup.show,
    ("POST", "signup"): _sign_up,
    ("POST", "tokens"): _set_token,
    ("PATCH", "numbers"): _change_number,
    ("PATCH", "wabas"): _change_waba,
    ("PATCH", "app"): _change_app,
    ("GET", "world"): _world,
    ("PATCH", "defaults"): _set_defaults,
    ("DELETE", "throttle"): _forget_throttle,
}
