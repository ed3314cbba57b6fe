"""Message templates at Graph: listed, made, changed, deleted, and what became of them told by webhooks."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import random
from typing import Any

from wacloud.twins.graph.errors import GraphRefusal, object_unknown
from wacloud.twins.graph.messages_endpoint import read_json_object
from wacloud.twins.graph.numbers_endpoint import choose_fields
from wacloud.twins.graph.template_kinds import refused
from wacloud.twins.graph.template_rules import as_kept, check_components, check_names
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.webhooks import Delivery
from wacloud.twins.graph.wire import Answer, Request, as_json
from wacloud.twins.graph.world import Template, Waba

Json = dict[str, Any]

PAGE = 25
LARGEST_PAGE = 1000
HOUR_S = 3600
DAY_S = 24 * HOUR_S
MADE_IN_AN_HOUR = 100
EDITS_IN_A_MONTH = 10
EDITABLE = ("APPROVED", "REJECTED", "PAUSED")
TEMPLATE_FIELDS = ("name", "parameter_format", "components", "language", "status", "category")


def describe_template(template: Template) -> Json:
    return {
        "id": template.id,
        "name": template.name,
        "parameter_format": template.parameter_format,
        "components": [_as_listed(one) for one in template.components],
        "language": template.language,
        "status": template.status,
        "category": template.category,
        "quality_score": {"score": template.quality},
        "rejected_reason": template.rejected_reason,
    }


def _as_listed(component: Json) -> Json:
    """Once it has a file, Meta lists an address of its own for it, another every time; the handle is told nowhere."""
    if "cards" in component:
        cards = [{**card, "components": list(map(_as_listed, card["components"]))} for card in component["cards"]]
        return {**component, "cards": cards}
    example = component.get("example")
    if not isinstance(example, dict) or "header_handle" not in example:
        return component
    address = f"https://scontent.whatsapp.net/v/t61/{random.randrange(10**9)}_n.jpg?oh={random.randrange(10**9)}"
    return {**component, "example": {**example, "header_handle": [address]}}


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


def read_template(twin: Twin, request: Request) -> Answer | None:
    """GET on a template; None where the id is none."""
    found = find(twin, request.parts[0])
    if found is None:
        return None
    waba, template = found
    twin.access.waba(request, waba.waba_id)
    return as_json(choose_fields(describe_template(template), request.query.get("fields"), TEMPLATE_FIELDS))


def find(twin: Twin, template_id: str) -> tuple[Waba, Template] | None:
    for waba in twin.world.wabas:
        for template in waba.templates:
            if template.id == template_id:
                return waba, template
    return None


def create_template(twin: Twin, request: Request) -> Answer:
    """
    Take a template for review.

    :raises GraphRefusal: what is wrong with it, or that there is no room for another one.
    """
    waba = twin.access.waba(request, request.parts[0])
    body = read_json_object(request)
    name, language, category = check_names(body)
    now = twin.clock()
    recent = [at for at in waba.templates_made_at if now - at < HOUR_S]
    if len(recent) >= MADE_IN_AN_HOUR:
        raise GraphRefusal(80007, f"More than {MADE_IN_AN_HOUR} templates were created within an hour.")
    if len(waba.templates) >= (6000 if waba.is_verified else 250):
        raise refused(2388019, "Message template limit exceeded", "This account cannot have more message templates.")
    if now - waba.templates_deleted_at.get(name, -40 * DAY_S) < 30 * DAY_S:
        raise refused(
            2388023,
            "Message template language is being deleted",
            f"New {language} content can't be added while the existing {language} content is being deleted. "
            "Try again in 4 weeks or create a new message template.",
        )
    if any((t.name, t.language) == (name, language) for t in waba.templates):
        raise refused(
            2388024,
            "Content in this language already exists",
            f"There is already {language} content for this template. You can create a new template and try again.",
        )
    parameter_format = str(body.get("parameter_format") or "POSITIONAL").upper()
    check_components(body.get("components"), parameter_format, category, twin.uploads)
    template = Template(
        name=name,
        language=language,
        id=twin.next_template_id(),
        category=category,
        status="PENDING",
        parameter_format=parameter_format,
        components=as_kept(body["components"], language, category),
    )
    waba.templates_made_at[:] = [*recent, now]
    waba.templates.append(template)
    _review(twin, waba, template)
    return as_json({"id": template.id, "status": template.status, "category": template.category})


def edit_template(twin: Twin, request: Request) -> Answer:
    """
    Other components or another category: it is reviewed again.

    :raises GraphRefusal: it is being reviewed, or was changed too often.
    """
    found = find(twin, request.parts[0])
    if found is None:
        twin.access.token_of(request)
        raise object_unknown(request.parts[0])
    waba, template = found
    twin.access.waba(request, waba.waba_id)
    body = read_json_object(request)
    now = twin.clock()
    if template.status not in EDITABLE:
        raise refused(2388025, "Message template can't be edited", f"Its status is {template.status}.")
    if template.status == "APPROVED":
        month = [at for at in template.edited_at if now - at < 30 * DAY_S]
        if len(month) >= EDITS_IN_A_MONTH or any(now - at < DAY_S for at in month):
            raise refused(
                2388026,
                "Message template can't be edited",
                "An approved message template can be edited once a day and ten times in 30 days.",
            )
        if body.get("category") not in (None, template.category):
            raise GraphRefusal(100, "The category of an approved template cannot be changed.")
    category = str(body.get("category") or template.category).upper()
    if "components" in body:
        check_components(body["components"], template.parameter_format, category, twin.uploads)
        template.components = as_kept(body["components"], template.language, category)
    template.category = category
    template.edited_at = [*template.edited_at[-20:], now]
    template.status, template.rejected_reason = "PENDING", "NONE"
    _review(twin, waba, template)
    return as_json({"success": True})


def unpause_template(twin: Twin, request: Request) -> Answer:
    """POST /{template-id}/unpause."""
    found = find(twin, request.parts[0])
    if found is None:
        twin.access.token_of(request)
        raise object_unknown(request.parts[0])
    waba, template = found
    twin.access.waba(request, waba.waba_id)
    if template.status != "PAUSED":
        raise GraphRefusal(100, "The template is not paused.")
    decide(twin, waba, template, "APPROVED", title="UNPAUSED")
    return as_json({"success": True})


def delete_templates(twin: Twin, request: Request) -> Answer:
    """By name all its languages; with hsm_id one of them; by hsm_ids up to a hundred."""
    waba = twin.access.waba(request, request.parts[0])
    query = request.query
    name, hsm_id = query.get("name"), query.get("hsm_id")
    ids: list[str] = []
    if "hsm_ids" in query:
        try:
            ids = [str(one) for one in json.loads(query["hsm_ids"])]
        except (ValueError, TypeError) as error:
            raise GraphRefusal(100, "hsm_ids is not a list of ids.") from error
        if len(ids) > 100:
            raise GraphRefusal(100, "At most 100 hsm_ids.")
    elif not name:
        raise GraphRefusal(100, message="(#100) The parameter name is required.")
    gone = [
        t for t in waba.templates if t.id in ids or (t.name == name and (hsm_id is None or t.id == hsm_id) and not ids)
    ]
    if not gone:
        raise refused(2593002, "Message template not found", "There is no message template with this name or id.")
    for template in gone:
        waba.templates.remove(template)
        if not any(t.name == template.name for t in waba.templates):
            waba.templates_deleted_at[template.name] = twin.clock()
        decide(twin, waba, template, "PENDING_DELETION")
    return as_json({"success": True})


def decide(
    twin: Twin,
    waba: Waba,
    template: Template,
    event: str,
    *,
    reason: str = "NONE",
    title: str | None = None,
    info: Json | None = None,
) -> Delivery | None:
    """What Meta decided about a template, and the webhook that says so."""
    states = {"FLAGGED": template.status, "REINSTATED": "APPROVED"}
    template.status = states.get(event, event)
    template.rejected_reason = reason if event == "REJECTED" else "NONE"
    value: Json = {
        "event": event,
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
        "message_template_category": template.category,
        "reason": reason,
    }
    if event == "REJECTED" and info:
        value["rejection_info"] = info
    elif title is not None:
        value["other_info"] = {"title": title, "description": (info or {}).get("description", "")}
    return twin.webhooks.send(waba, "message_template_status_update", value)


def rate(twin: Twin, waba: Waba, template: Template, quality: str) -> Delivery | None:
    """How people like it, told by message_template_quality_update."""
    before, template.quality = template.quality, quality
    return twin.webhooks.send(
        waba,
        "message_template_quality_update",
        {"previous_quality_score": before, "new_quality_score": quality, **_named(template)},
    )


def categorise(twin: Twin, waba: Waba, template: Template, category: str) -> Delivery | None:
    """Meta files it elsewhere, told by template_category_update."""
    before, template.category = template.category, category
    return twin.webhooks.send(
        waba,
        "template_category_update",
        {"previous_category": before, "new_category": category, **_named(template)},
    )


def _named(template: Template) -> Json:
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
    }


def _review(twin: Twin, waba: Waba, template: Template) -> None:
    wait = twin.world.defaults.template_review_ms
    if wait is not None:
        asyncio.get_running_loop().call_later(wait / 1000, _approve, twin, waba, template)


def _approve(twin: Twin, waba: Waba, template: Template) -> None:
    # Deleted or decided upon in the meantime: nothing is left to say.
    if template.status == "PENDING" and template in waba.templates:
        decide(twin, waba, template, "APPROVED")
