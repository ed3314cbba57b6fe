"""F2: whatever fits the description, or almost does, is answered as the description says, and never with a 5xx."""

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from rig import Rig, Shop, nothing_counted, open_rig
from wacloud.modules.notification.api import Notice, tell_business
from wacloud.modules.whatsapp.application.start_connection import start_connection

sys.path.insert(0, str(Path(__file__).parents[1] / "business"))
sys.path.insert(0, str(Path(__file__).parents[1] / "architecture"))

from business_people import People, Someone
from described import Description, Operation, Slot, application

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# The application runs beside the strategies, in another thread of this process, and may use `random` while they draw.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisWarning")
# Of each kind: what fits, and what does not.
EXAMPLES = 15
# What is let in only with a password, a mailed secret or a name typed again.
NEEDS_MORE = {
    "login",
    "refresh",
    "reset_password",
    "verify_email",
    "verify_email_by_code",
    "change_password",
    "change_email",
    "confirm_email",
    "accept_invitation",
    # The same in the words of Supabase's API; and there are no providers, so nobody is led to one.
    "supabase_sign_up",
    "supabase_token",
    "supabase_verify",
    "supabase_verify_factor",
    "supabase_verify_link",
    "supabase_resend",
    "supabase_authorize",
    "transfer_ownership",
    "set_model_key",
    "find_site_pages",
    "verify_second_factor",
    "confirm_factor",
    "disable_second_factor",
    "make_backup_codes",
    "confirm_backup_codes",
    "step_up",
    # Passkeys are not possible where the tests are served; `test_passkeys.py` tries them.
    "begin_passkey",
    "add_passkey",
    "begin_passkey_login",
    "login_by_passkey",
    "begin_step_up_by_passkey",
    "step_up_by_passkey",
    # Whether a conversation is found and its window open hangs on more than the body; `test_sending.py` tries it.
    "send_message",
    # A time to come, within a year; `test_team_inbox.py` tries it.
    "snooze_conversation",
    # What is no phone number, tag or filter of this business is refused; `test_contacts.py` tries what is.
    "add_contact",
    "add_segment",
    "merge_contact",
    "note_consent",
    # Refused to whoever alone owns a business, as all who try here do.
    "leave",
    "leave_business",
    # Refused whatever the time is but the coming year; `test_scheduled.py` tries that.
    "schedule_message",
    # What Meta's rules let through is tried in `test_message_templates.py`.
    "create_template",
    "edit_template",
    "delete_template",
    # Each step needs what it stands at, and Meta; `test_connecting.py` walks them.
    "continue_connection",
    # Meta's limits and sectors; `test_numbers.py` tries what is within them.
    "change_number_profile",
    # Prices, and addresses of the public web; `test_sources.py` tries what is within the rules.
    "add_knowledge_page",
    "add_knowledge_products",
    # Public addresses, and a schema of its own; `test_actions.py` tries what is within the rules.
    "add_bot_action",
    "change_bot_action",
    # What may be changed hangs on the kind of a source.
    "change_knowledge_source",
    # Of a turn that had no answer; `test_unanswered.py` makes them.
    "get_unanswered_question",
    "answer_unanswered_question",
    "dismiss_unanswered_question",
    "snooze_unanswered_question",
    # A picture of some size; `test_template_files.py` sends one.
    "change_number_photo",
    # Only of a number that was registered here.
    "reveal_number_pin",
    # Everybody here has published what there is already; `test_studio_api.py` goes on from there.
    "publish_bot",
    "restore_bot_version",
    # No model answers here; `test_assist.py` has one that does.
    "rewrite_reply",
    "translate_reply",
    "summarise_conversation",
}
API = Description(application().openapi())
SCHEMA = schemathesis.openapi.from_dict(API.told)


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


async def objects(rig: Rig, operation: Operation) -> tuple[Someone, dict[str, list[str]]]:
    """
    Somebody who owns a business, and ids of its own: with random ones nothing but 404 would be seen.

    Everybody tries with a business of their own, so that no operation ends the session of another's test.
    """
    await nothing_counted(rig.house)
    people = People(rig)
    owner = await people.business()
    of_a_number = ("conversation_id", "scheduled_id", "template_id", "waba_id", "number_id", "connection_id")
    if operation.path.endswith(("/templates", "/entries")) or any(slot.name in of_a_number for slot in operation.slots):
        shop = await rig.shop(enabled=False)
        owner = Someone(shop.user_id, "", shop.business_id, shop.session_id)
        conversations, numbers = [str(await rig.heard(shop))], [shop.phone_number_id]
        template, waba = await a_template(rig, shop), shop.waba_id
        connection = await start_connection(rig.house.connecting, shop.user_id, shop.business_id, "token")
        number, connecting = str(shop.number_id), str(connection.id)
    else:
        template, waba = str(uuid4()), "900100200300"
        number, connecting = str(uuid4()), str(uuid4())
        numbers = ["700800900100200"]
        conversations = [str(uuid4())]
    agent, analyst = await people.join(owner, "agent"), await people.join(owner, "analyst")
    sorted_by = await sorting(people, owner)
    if operation.path.endswith("/entries"):
        await two_entries(rig, owner, sorted_by["form_id"][0], conversations[0])
    enrolled = await people.ask(owner, "POST", "/api/auth/2fa/enroll", {})
    made, _ = await people.invite(owner, f"{agent.user_id}@invited.test")
    async with rig.house.db.tenant(owner.business_id) as tx:
        notice = Notice(owner.business_id, "a test", "account_reinstated", "ban", datetime.now(UTC))
        await tell_business(rig.house.notification, tx, notice)
        [told] = await tx.rows("select id from app.notices where business_id = %s", (owner.business_id,))
    await people.ask(owner, "POST", "/api/bot/publish", {})
    key = await people.here(owner, "POST", "/api-keys", {"name": "A key", "scopes": ["business.read"]})
    return owner, {
        "business_id": [str(owner.business_id)],
        "user_id": [str(agent.user_id), str(analyst.user_id), str(owner.user_id)],
        "actor_id": [str(owner.user_id)],
        "invitation_id": [made.json["id"]],
        "key_id": [key.json["id"]],
        "session_id": [str(owner.session_id)],
        "challenge_id": [str(uuid4())],
        "factor_id": [enrolled.json["id"]],
        "set_id": [str(uuid4())],
        "conversation_id": conversations,
        "phone_number_id": numbers,
        "number_id": [number],
        "reply_to": [str(uuid4())],
        "media_id": [str(uuid4())],
        "flow_id": ["700000000000001"],
        "notice_id": [str(told.id)],
        "template_id": [template],
        "waba_id": [waba],
        "connection_id": [connecting],
        "version": ["1"],
        "other": ["1"],
        "scheduled_id": [await scheduled(rig, owner, conversations[0])],
        "conversation_ids": [conversations],
        "group_id": [str(uuid4())],
        **await knowledge(people, owner),
        "mention_ids": [[str(agent.user_id)], [str(owner.user_id)]],
        **sorted_by,
    }


async def a_template(rig: Rig, shop: Shop) -> str:
    """One of two message templates of this shop, as Meta's news make them known."""
    template_id = uuid4()
    async with rig.house.db.tenant(shop.business_id) as tx:
        for one, name in ((template_id, "hello"), (uuid4(), "bye")):
            await tx.execute(
                "insert into app.message_templates (business_id, id, waba_id, name, language, status, changed_at) "
                "values (%s, %s, %s, %s, 'es', 'APPROVED', now())",
                (shop.business_id, one, shop.waba_id, name),
            )
    return str(template_id)


async def two_entries(rig: Rig, owner: Someone, form_id: str, conversation_id: str) -> None:
    """What a customer gave in this form."""
    async with rig.house.db.tenant(owner.business_id) as tx:
        for name in ("Rosa", "Ana"):
            await tx.execute(
                'insert into app.bot_form_entries (business_id, form_id, conversation_id, title, fields, "values") '
                "select business_id, id, %s, title, fields, jsonb_build_object('name', %s::text) from app.bot_forms "
                "where business_id = %s and id = %s",
                (conversation_id, name, owner.business_id, form_id),
            )


async def scheduled(rig: Rig, owner: Someone, conversation_id: str) -> str:
    """A text that waits in this conversation, where it is one."""
    path = f"/api/whatsapp/conversations/{conversation_id}/scheduled"
    at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = await People(rig).ask(owner, "POST", path, {"text": "Hola", "send_at": at})
    return str(made.json.get("id", uuid4()))


async def knowledge(people: People, owner: Someone) -> dict[str, list[Any]]:
    """An answer and a text."""
    item = await people.ask(owner, "POST", "/api/bot/knowledge/items", {"question": "¿Hola?", "answer": "Hola."})
    text = await people.ask(owner, "POST", "/api/bot/knowledge/texts", {"text": "Abrimos a las nueve."})
    return {"item_id": [item.json["id"]], "source_id": [text.json["id"]]}


async def sorting(people: People, owner: Someone) -> dict[str, list[Any]]:
    """Contacts, a tag, a label and a segment."""
    contacts = [
        await people.ask(owner, "POST", "/api/contacts", {"phone": phone}) for phone in ("+34600555111", "+34600555222")
    ]
    tag = await people.ask(owner, "POST", "/api/contact-tags", {"name": "VIP"})
    label = await people.ask(owner, "POST", "/api/whatsapp/labels", {"name": "VIP"})
    segment = await people.ask(owner, "POST", "/api/segments", {"name": "All", "filter": {"rules": []}})
    reply = await people.ask(owner, "POST", "/api/whatsapp/replies", {"shortcut": "hi", "text": "Hola"})
    golden = await people.ask(owner, "POST", "/api/bot/golden-questions", {"question": "¿Qué?", "facts": ["x"]})
    action = await people.ask(
        owner,
        "POST",
        "/api/bot/actions",
        {"name": "order_status", "description": "Where an order is", "url": "https://actions.invalid/"},
    )
    form = {"title": "Booking", "used_when": "To book a table", "fields": [{"label": "Name"}]}
    form_made = await people.ask(owner, "POST", "/api/bot/forms", form)
    evaluation = await people.ask(owner, "POST", "/api/bot/evaluations")
    ids = [one.json["id"] for one in contacts]
    tags = [tag.json["id"]]
    return {
        "contact_id": ids[:1],
        "other_id": ids[1:],
        "tag_id": tags,
        "tag_ids": [tags],
        "label_id": [label.json["id"]],
        "label_ids": [[label.json["id"]]],
        "reply_id": [reply.json["id"]],
        "segment_id": [segment.json["id"]],
        "question_id": [golden.json["id"]],
        "action_id": [action.json["id"]],
        "form_id": [form_made.json["id"]],
        "evaluation_id": [evaluation.json["id"]],
    }


def strategy(operation: Operation, mode: GenerationMode, own: dict[str, list[str]]) -> Any:
    """Cases of an operation, two thirds of them with ids of the caller's own."""
    cases = SCHEMA[operation.path][operation.method].as_strategy(generation_mode=mode)
    ids = st.fixed_dictionaries({slot: st.sampled_from(own[slot.name]) for slot in operation.slots})
    return st.tuples(cases, st.sampled_from([True, True, False]), ids).map(lambda drawn: _with_own(*drawn))


def _with_own(case: Any, is_own: bool, ids: dict[Slot, str]) -> Any:
    if not is_own:
        return case
    for slot, id_ in ids.items():
        if slot.where == "path":
            case.path_parameters = {**case.path_parameters, slot.name: id_}
        elif slot.where == "body" and isinstance(case.body, dict) and slot.name in case.body:
            case.body = {**case.body, slot.name: id_}
    return case


def try_out(operation: Operation, mode: GenerationMode, url: str, headers: dict[str, str], own: Any) -> set[int]:
    """Which statuses there were."""
    seen = set()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy(operation, mode, own))
    def every(case: Any) -> None:
        seen.add(case.call_and_validate(base_url=url, headers=headers, checks=CHECKS, timeout=20).status_code)

    every()
    return seen


# What does not fit needs a place to put it.
CASES = [
    pytest.param(operation, mode, id=f"{operation}-{mode.value}")
    for operation in API.operations
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or operation.body is not None or operation.told.get("parameters")
]


@pytest.mark.parametrize(("operation", "mode"), CASES)
async def test_f2_an_operation_answers_as_it_is_described(rig: Rig, operation: Operation, mode: GenerationMode) -> None:
    owner, own = await objects(rig, operation)
    seen = await asyncio.to_thread(try_out, operation, mode, rig.url, rig.bearer(cast(Any, owner)), own)
    if mode is GenerationMode.POSITIVE and operation.told["operationId"] not in NEEDS_MORE:
        assert any(200 <= status < 300 for status in seen), f"nothing was let in: {seen}"


HOSTILE = [
    '"\\u0000"',
    '"\\ud800"',
    '"\\u202e\\ufeff\\uffff"',
    '"0000-00-00T00:00:00Z"',
    '"9999-12-31T23:59:59.999999+14:00"',
    '"' + "x" * 20_000 + '"',
    "9" * 400,
    "-1e400",
    "NaN",
    "-0.0",
    "null",
    "true",
    "[]",
    "{}",
    "[" * 2000 + "]" * 2000,
    '{"$ne": null}',
]
PLACE = '"the place of what is hostile"'


@pytest.mark.parametrize("operation", [one for one in API.operations if one.body is not None], ids=str)
async def test_f2_no_field_takes_what_is_hostile_without_an_answer(rig: Rig, operation: Operation) -> None:
    owner, own = await objects(rig, operation)
    ids = {slot: own[slot.name][0] for slot in operation.slots if slot.where == "path"}
    url = rig.url + operation.url(ids, API.choices(operation))
    headers = {**rig.bearer(cast(Any, owner)), "content-type": "application/json"}
    names = API.properties(operation.body)
    assert names
    for name in names:
        known = {key: values[0] for key, values in own.items()} | {name: json.loads(PLACE)}
        body = json.dumps(API.sample(operation.body, known.get))
        assert PLACE in body
        for value in HOSTILE:
            sent = body.replace(PLACE, value).encode()
            async with rig.http.request(operation.method, url, data=io.BytesIO(sent), headers=headers) as answer:
                text = await answer.text()
                assert str(answer.status) in operation.told["responses"], (name, value[:50], answer.status, text)
                assert answer.status < 500, (name, value[:50], text)


@pytest.mark.parametrize("operation", [one for one in API.operations if one.takes("limit")], ids=str)
@pytest.mark.parametrize("limit", ["-1", "0", "1000000000", "9" * 400, "1.5", "NaN", "x", ""])
async def test_f3_no_list_is_asked_for_without_end(rig: Rig, operation: Operation, limit: str) -> None:
    owner, own = await objects(rig, operation)
    ids = {slot: own[slot.name][0] for slot in operation.slots if slot.where == "path"}
    told = await People(rig).ask(owner, operation.method, operation.url(ids, {}) + f"?limit={limit}")
    assert told.status == 422, told.text


@pytest.mark.parametrize("operation", [one for one in API.operations if one.takes("cursor")], ids=str)
async def test_f3_an_edited_cursor_is_refused_or_finds_nothing_else(rig: Rig, operation: Operation) -> None:
    owner, own = await objects(rig, operation)
    ids = {slot: own[slot.name][0] for slot in operation.slots if slot.where == "path"}
    url = operation.url(ids, {})
    first = await People(rig).ask(owner, operation.method, url + "?limit=1")
    cursor = first.json["next_cursor"]
    assert cursor
    for edited in ("x", cursor[:-2], cursor + "x", cursor[::-1], "A" * 200, quote("0001-01-01T00:00:00+00:00")):
        told = await People(rig).ask(owner, operation.method, f"{url}?cursor={quote(edited)}")
        assert told.status in (200, 404, 422), (edited, told.text)
