"""Which call of Graph a request is, and the misbehaviour that was ordered for it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

from wacloud.twins.graph import block_list, uploads
from wacloud.twins.graph import numbers_endpoint as numbers
from wacloud.twins.graph import templates_endpoint as templates
from wacloud.twins.graph import wabas_endpoint as wabas
from wacloud.twins.graph.errors import GraphRefusal, object_unknown, trace_id
from wacloud.twins.graph.media import UPLOAD_LIVES_S, known_media, read_upload
from wacloud.twins.graph.messages_endpoint import post_messages
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.wire import Answer, CutConnection, Request, as_json, decode

Handler = Callable[[Twin, Request], Answer | Awaitable[Answer]]

_VERSION = re.compile(r"v\d{1,2}\.\d")


def split_path(path: str) -> list[str]:
    """The parts of a path, without the version."""
    parts = [part for part in path.split("/") if part]
    return parts[1:] if parts and _VERSION.fullmatch(parts[0]) else parts


async def answer_graph(twin: Twin, request: Request) -> Answer:
    """
    Answer a call as Graph does.

    :raises CutConnection: a rule says that the client shall get no answer.
    """
    kind, handler = _route(twin, request)
    is_send = kind == "messages"
    if is_send:
        twin.ledger.seen += 1
    try:
        if twin.misbehaviour.entries:
            spoiled = await _misbehave(twin, request, kind)
            if spoiled is not None:
                if is_send:
                    twin.ledger.answered_by_rule[spoiled.status] += 1
                return spoiled
        if twin.access.facts and kind in _SCOPE_OF:
            twin.access.check_scope(request, _SCOPE_OF[kind])
        answer = handler(twin, request)
        if not isinstance(answer, Answer):
            answer = await answer
    except GraphRefusal as refusal:
        if is_send:
            twin.ledger.refused[refusal.code] += 1
        answer = as_json(refusal.body(), refusal.status)
    if request.effects is not None and request.effects.accept_then_cut and answer.status == 200:
        if is_send:
            twin.ledger.cut_after += 1
        raise CutConnection
    found = twin.access.numbers.get(request.parts[0]) if request.parts else None
    waba = found[0] if found else twin.access.wabas.get(request.parts[0] if request.parts else "")
    answer.headers = [
        *answer.headers,
        (b"x-business-use-case-usage", wabas.usage_of(waba)),
        (b"x-fb-request-id", trace_id().encode("ascii")),
        (b"facebook-api-version", b"v26.0"),
    ]
    return answer


async def _misbehave(twin: Twin, request: Request, kind: str) -> Answer | None:
    try:
        body = decode(request.body) if request.body and kind not in _BYTES else {}
    except ValueError:
        body = {}
    raw_text = "" if kind in _BYTES else request.body.decode("utf-8", "replace")
    phone_number_id = request.parts[0] if request.parts else None
    # A file's own address names no number; the rule does.
    if (file := twin.media.find(request.query.get("mid") or phone_number_id or "", twin.clock())) is not None:
        phone_number_id = file.phone_number_id
    do = twin.misbehaviour.pick(kind, phone_number_id, body if isinstance(body, dict) else {}, raw_text)
    if do is None:
        return None
    if do.delay_ms:
        await asyncio.sleep(do.delay_ms / 1000)
    if do.cut_before:
        if kind == "messages":
            twin.ledger.cut_before += 1
        raise CutConnection
    if do.http_status is not None:
        page = do.body if do.body is not None else "<html><body><h1>Service unavailable</h1></body></html>"
        return Answer(do.http_status, page.encode(), [(b"content-type", b"text/html; charset=utf-8")])
    if do.error_code is not None:
        raise GraphRefusal(do.error_code, do.details or "A rule of the twin says so.", subcode=do.error_subcode)
    request.effects = do
    return None


def _route(twin: Twin, request: Request) -> tuple[str, Handler]:
    parts = request.parts
    if len(parts) == 2:
        if parts[1] == "messages" and request.method == "POST":
            return ("read" if _is_read_receipt(request.body) else "messages"), post_messages
        found = _EDGES.get((request.method, parts[1]))
        if found is not None:
            return found
        if parts == ["oauth", "access_token"]:
            return "token", wabas.exchange_code
    elif len(parts) == 1:
        return _NODES.get((request.method, _kind_of_node(twin, parts[0])), ("unknown", _unknown))
    return "unknown", _unknown


def _kind_of_node(twin: Twin, node_id: str) -> str:
    if node_id == "debug_token":
        return node_id
    if node_id.startswith(uploads.PREFIX):
        return "upload"
    if node_id in twin.access.numbers:
        return "number"
    return "media" if twin.media.find(node_id, twin.clock()) is not None else "other"


def _is_read_receipt(body: bytes) -> bool:
    # Cheap first: a text may contain these letters too, so only then is the body looked into.
    if b'"status"' not in body:
        return False
    try:
        content = decode(body)
    except ValueError:
        return False
    return isinstance(content, dict) and "status" in content


def _unknown(twin: Twin, request: Request) -> Answer:
    twin.access.token_of(request)
    if len(request.parts) == 1:
        raise object_unknown(request.parts[0])
    raise GraphRefusal(2500, message=f"Unknown path components: /{'/'.join(request.parts[1:])}")


async def _upload_media(twin: Twin, request: Request) -> Answer:
    _, number = twin.access.number(request, request.parts[0])
    mime_type, content = await read_upload(request)
    file = twin.keep_file(twin.media.keep(number.phone_number_id, mime_type, content, twin.clock() + UPLOAD_LIVES_S))
    return as_json({"id": file.media_id})


def _read_media(twin: Twin, request: Request) -> Answer:
    now = twin.clock()
    file = known_media(twin.media, request.parts[0], request.query, now)
    twin.access.number(request, file.phone_number_id)
    return as_json(file.as_json(request.base_url, twin.media.url_path(file.media_id, now)))


def _delete_media(twin: Twin, request: Request) -> Answer:
    file = known_media(twin.media, request.parts[0], request.query, twin.clock())
    twin.access.number(request, file.phone_number_id)
    twin.media.delete(file.media_id)
    return as_json({"success": True})


async def download_media(twin: Twin, request: Request) -> Answer:
    """
    The bytes behind an address from the metadata: 404 after five minutes, 401 without the bearer.

    :raises CutConnection: a rule says that the client shall get no answer.
    """
    if twin.misbehaviour.entries:
        try:
            spoiled = await _misbehave(twin, request, "download")
        except GraphRefusal as refusal:
            return as_json(refusal.body(), refusal.status)
        if spoiled is not None:
            return spoiled
    if request.effects is not None and request.effects.redirect_to is not None:
        return Answer(302, b"", [(b"location", request.effects.redirect_to.encode("latin-1", "replace"))])
    file = twin.media.at_url(request.query, twin.clock())
    try:
        if file is None:
            twin.access.token_of(request)
            return as_json({"error": "not found"}, 404)
        twin.access.number(request, file.phone_number_id)
    except GraphRefusal as refusal:
        return as_json(refusal.body(), 401)
    content = file.content[: request.effects.cut_body_at] if request.effects else file.content
    return Answer(200, content, [(b"content-type", file.mime_type.encode("latin-1", "replace"))])


def _marketing_messages(twin: Twin, request: Request) -> Answer:
    return post_messages(twin, request, marketing_only=True)


_BYTES = ("media", "uploads")
_SCOPE_OF = {
    "messages": "whatsapp_business_messaging",
    "media": "whatsapp_business_messaging",
    "templates": "whatsapp_business_management",
    "phone_numbers": "whatsapp_business_management",
    "subscribed_apps": "whatsapp_business_management",
}
_NODES: dict[tuple[str, str], tuple[str, Handler]] = {
    ("GET", "debug_token"): ("token", wabas.debug_token),
    ("GET", "number"): ("number", numbers.read_number),
    ("POST", "number"): ("number", numbers.change_number),
    ("GET", "media"): ("media", _read_media),
    ("DELETE", "media"): ("media", _delete_media),
    ("GET", "upload"): ("uploads", uploads.read),
    ("POST", "upload"): ("uploads", uploads.take),
    ("GET", "other"): ("templates", wabas.read_node),
    ("POST", "other"): ("templates", templates.edit_template),
}
_EDGES: dict[tuple[str, str], tuple[str, Handler]] = {
    ("POST", "marketing_messages"): ("messages", _marketing_messages),
    ("GET", "block_users"): ("block_users", block_list.read),
    ("POST", "block_users"): ("block_users", block_list.block),
    ("DELETE", "block_users"): ("block_users", block_list.unblock),
    ("POST", "media"): ("media", _upload_media),
    ("POST", "uploads"): ("uploads", uploads.begin),
    ("GET", "message_templates"): ("templates", templates.list_templates),
    ("POST", "message_templates"): ("templates", templates.create_template),
    ("DELETE", "message_templates"): ("templates", templates.delete_templates),
    ("POST", "unpause"): ("templates", templates.unpause_template),
    ("GET", "phone_numbers"): ("phone_numbers", wabas.read_numbers),
    ("POST", "phone_numbers"): ("phone_numbers", wabas.add_number),
    ("POST", "smb_app_data"): ("register", numbers.ask_app_for),
    ("POST", "register"): ("register", numbers.register),
    ("POST", "deregister"): ("register", numbers.deregister),
    ("POST", "request_code"): ("register", numbers.request_code),
    ("POST", "verify_code"): ("register", numbers.verify_code),
    ("GET", "whatsapp_business_profile"): ("profile", numbers.read_profile),
    ("POST", "whatsapp_business_profile"): ("profile", numbers.write_profile),
    ("GET", "subscribed_apps"): ("subscribed_apps", wabas.read_subscriptions),
    ("POST", "subscribed_apps"): ("subscribed_apps", wabas.subscribe),
    ("DELETE", "subscribed_apps"): ("subscribed_apps", wabas.unsubscribe),
    ("POST", "subscriptions"): ("app", wabas.set_app_callback),
    ("GET", "subscriptions"): ("app", wabas.read_app_callback),
}
