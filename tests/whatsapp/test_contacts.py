"""People as a business keeps them: fields, tags, segments, merges, blocking, and erasing one for good."""

import json
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from builders import meta
from builders.people import Desk, eventually
from rig import Rig, as_body
from wacloud.modules.whatsapp.application.media_ports import FileGone
from wacloud.modules.whatsapp.domain.person import ContactField, FieldValueWrong
from wacloud.modules.whatsapp.domain.segment import SegmentNotReadable, read_filter
from wacloud.modules.whatsapp.infra.word_index import PostgresWordIndex
from wacloud.shared.domain.ids import new_id

ROSA, PACO = "34600111222", "34600333444"


@pytest.fixture
async def desk(rig: Rig) -> Desk:
    return Desk(rig, await rig.shop(enabled=False))


async def field(desk: Desk, label: str, kind: str = "text", choices: str = "") -> None:
    form = {"label": label, "kind": kind, "choices": choices}
    answer = await desk.page("POST", "/contacts/fields", form)
    assert answer.status == 303, answer.text


async def tag(desk: Desk, name: str) -> str:
    answer = await desk.ask("POST", "/api/contact-tags", {"name": name, "colour": "blue"})
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def bsuid() -> str:
    return f"ES.{meta.wamid()[-16:]}"


def hidden(user_id: str, body: str, name: str = "Rosa Pérez") -> dict[str, Any]:
    """A text of somebody who shows no phone."""
    text = meta.text("", body)
    del text["from"]
    return {
        "messages": [{**text, "from_user_id": user_id}],
        "contacts": [{"profile": {"name": name}, "user_id": user_id}],
    }


async def hears_hidden(desk: Desk, user_id: str, body: str, **more: Any) -> UUID:
    told = hidden(user_id, body, **more)
    await desk.webhook(meta.envelope(desk.shop.waba_id, meta.value(desk.shop.phone_number_id, **told)))
    [row] = await desk.rig.rows(
        desk.shop,
        "select contact_id from app.contact_identities where business_id = %s and value = %s",
        (desk.shop.business_id, user_id),
    )
    return UUID(str(row.contact_id))


# What is written down.


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("text", " hola ", "hola"), ("number", "1.234,50", 1234.5), ("number", "1,234.50", 1234.5), ("number", "7", 7),
        ("date", "26/11/2026", "2026-11-26"), ("date", "2026-11-26", "2026-11-26"), ("yes_no", "Sí", True),
        ("yes_no", "no", False), ("choice", "ORO", "Oro"), ("text", "", None), ("yes_no", True, True),
    ],
)  # fmt: skip
def test_a_field_reads_what_people_type(kind: str, typed: object, stored: object):
    assert ContactField(new_id(), "x", "X", kind, ("Oro", "Plata")).read(typed) == stored


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("number", "doce"), ("number", "1e9"), ("date", "31/02/2026"), ("yes_no", "quizá"), ("choice", "Bronce"),
     ("text", "x" * 1001), ("text", "a\x00b")],
)  # fmt: skip
def test_a_field_refuses_what_does_not_fit(kind: str, typed: str):
    with pytest.raises(FieldValueWrong):
        ContactField(new_id(), "x", "X", kind, ("Oro", "Plata")).read(typed)


async def test_somebody_is_added_by_hand_and_found_when_they_write(desk: Desk):
    made = await desk.add("+34 600 11 12 22", name="Rosa")
    assert made["phone"] == f"+{ROSA}"
    taken = await desk.ask("POST", "/api/contacts", {"phone": "+34600111222"})
    assert (taken.status, taken.json["code"]) == (409, "phone_taken")
    await desk.hears(ROSA, "hola")
    [contact] = await desk.all()
    assert (contact["id"], contact["name"]) == (made["id"], "Rosa")
    assert [one["kind"] for one in (await desk.get(made["id"]))["identities"]] == ["phone", "wa_id"]


async def test_fields_and_tags_are_checked_and_kept(desk: Desk):
    await field(desk, "Cumpleaños", "date")
    await field(desk, "Nivel", "choice", "Oro\nPlata")
    vip = await tag(desk, "VIP")
    contact = await desk.add("+34600111222", fields={"cumpleanos": "03/04/1990"}, tag_ids=[vip])
    path = f"/api/contacts/{contact['id']}"
    changed = await desk.ask("PATCH", path, {"fields": {"nivel": "oro", "cumpleanos": None}, "name": "  Rosa   P. "})
    assert (changed.json["fields"], changed.json["name"]) == ({"nivel": "Oro"}, "Rosa P.")
    assert [one["name"] for one in changed.json["tags"]] == ["VIP"]
    for body, status, code in (
        ({"fields": {"nivel": "Bronce"}}, 422, "field_value_wrong"),
        ({"fields": {"otro": "x"}}, 422, "field_unknown"),
        ({"tag_ids": [str(uuid4())]}, 404, "tag_not_found"),
        ({"tag_ids": [], "colour": "x"}, 422, "invalid_request"),
    ):
        refused = await desk.ask("PATCH", path, body)
        assert (refused.status, refused.json["code"]) == (status, code)
    assert (await desk.ask("PATCH", path, {"tag_ids": []})).json["tags"] == []


async def test_the_search_form_may_leave_tag_and_segment_open(desk: Desk):
    await desk.add("+34600111222", name="Rosa")
    await desk.add("+34600333444", name="Paco")
    found = await desk.page("GET", "/contacts?q=rosa&tag=&segment=")
    assert found.status == 200
    assert "Rosa" in found.text
    assert "Paco" not in found.text


async def test_what_was_typed_stays_in_the_form_and_the_wrong_field_is_named(desk: Desk):
    await field(desk, "Puntos", "number")
    vip = await tag(desk, "VIP")
    contact = await desk.add("+34600111222")
    form = {"name": "Rosa", "f_puntos": "doce", "tag": vip}
    refused = await desk.page("POST", f"/contacts/{contact['id']}", form)
    assert refused.status == 422
    assert "“Puntos” does not fit" in refused.text
    assert 'value="doce"' in refused.text
    assert 'value="Rosa"' in refused.text
    assert re.search(rf'value="{vip}" checked', refused.text)


async def test_there_are_fifty_fields_and_no_more(desk: Desk):
    for n in range(50):
        await field(desk, f"Campo {n}")
    refused = await desk.page("POST", "/contacts/fields", {"label": "uno más"})
    assert refused.status == 422
    assert "fifty fields" in refused.text


async def test_markup_in_names_tags_and_fields_is_shown_as_text(desk: Desk):
    evil = "<img src=x onerror=alert(1)>"
    await field(desk, evil)
    made = await tag(desk, evil)
    contact = await desk.add("+34600111222", name=evil, tag_ids=[made])
    for path in ("/contacts", f"/contacts/{contact['id']}", "/contacts/settings", f"/contacts/{contact['id']}/panel"):
        page = await desk.page("GET", path)
        assert page.status == 200, path
        assert evil not in page.text
        assert "&lt;img" in page.text, path


async def test_the_list_goes_on_where_a_page_ends(desk: Desk):
    for n in range(5):
        await desk.add(f"+3460011122{n}")
    seen: list[str] = []
    cursor = ""
    while True:
        answer = (await desk.ask("GET", f"/api/contacts?limit=2{cursor}")).json
        seen += [one["phone"] for one in answer["contacts"]]
        if answer["next_cursor"] is None:
            break
        cursor = f"&cursor={answer['next_cursor']}"
    assert seen == [f"+3460011122{n}" for n in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("perez", 1),
        ("PÉREZ", 1),
        ("600 111", 1),
        ("+34600111222", 1),
        ("%", 0),
        ("_", 0),
        ("' or 1=1 --", 0),
        ("\\", 0),
    ],
)
async def test_a_search_finds_people_and_takes_nothing_for_sql(desk: Desk, search: str, found: int):
    await desk.add("+34600111222", name="Rosa Pérez")
    await desk.add("+34699999999", name="Paco")
    answer = await desk.rig.http.get(
        f"{desk.rig.url}/api/contacts", params={"q": search}, headers=desk.rig.bearer(desk.shop)
    )
    assert len((await answer.json())["contacts"]) == found


# Segments.


async def holds(desk: Desk, filter_: dict[str, Any]) -> set[str]:
    made = await desk.ask("POST", "/api/segments", {"name": uuid4().hex, "filter": filter_})
    assert made.status == 201, made.text
    counted = (await desk.ask("GET", f"/api/segments/{made.json['id']}/count")).json
    found = {one["name"] for one in await desk.all(f"&segment_id={made.json['id']}")}
    assert counted == {"count": len(found), "is_more": False}
    return found


async def test_a_segment_holds_whoever_fits(desk: Desk):
    await field(desk, "Puntos", "number")
    await field(desk, "Nivel", "choice", "Oro\nPlata")
    await field(desk, "Boletín", "yes_no")
    await field(desk, "Alta", "date")
    vip = await tag(desk, "VIP")
    rosa = {"puntos": 10, "nivel": "Oro", "boletin": True, "alta": "2026-01-31"}
    await desk.add(f"+{ROSA}", name="Rosa", fields=rosa, tag_ids=[vip])
    await desk.add("+525512345678", name="Lupe", fields={"puntos": 3, "nivel": "Plata", "boletin": False})
    await desk.add(f"+{PACO}", name="Paco")
    await desk.hears(PACO, "hola", at=time.time() - 3 * 86400)
    await desk.hears(ROSA, "BAJA")
    everybody = {"Rosa", "Lupe", "Paco"}
    for rule, found in [
        ({"field": "tag", "op": "has", "value": vip}, {"Rosa"}),
        ({"field": "tag", "op": "has_not", "value": vip}, {"Lupe", "Paco"}),
        ({"field": "country", "op": "is", "value": "mx"}, {"Lupe"}),
        ({"field": "name", "op": "contains", "value": "RÓS"}, {"Rosa"}),
        ({"field": "name", "op": "contains", "value": "%"}, set()),
        ({"field": "phone", "op": "contains", "value": "+34 60"}, {"Rosa", "Paco"}),
        ({"field": "created", "op": "within_days", "value": 1}, everybody),
        ({"field": "last_inbound", "op": "within_days", "value": 2}, {"Rosa"}),
        ({"field": "last_inbound", "op": "not_within_days", "value": 2}, {"Lupe", "Paco"}),
        ({"field": "last_inbound", "op": "before", "value": "2099-01-01"}, {"Rosa", "Paco"}),
        ({"field": "window_open", "op": "yes"}, {"Rosa"}),
        ({"field": "opted_out", "op": "yes"}, {"Rosa"}),
        ({"field": "opted_in", "op": "no"}, everybody),
        ({"field": "blocked", "op": "yes"}, set()),
        ({"field": "field:puntos", "op": "more", "value": 5}, {"Rosa"}),
        ({"field": "field:puntos", "op": "is", "value": 3}, {"Lupe"}),
        ({"field": "field:puntos", "op": "empty"}, {"Paco"}),
        ({"field": "field:nivel", "op": "is_not", "value": "Oro"}, {"Lupe", "Paco"}),
        ({"field": "field:nivel", "op": "filled"}, {"Rosa", "Lupe"}),
        ({"field": "field:boletin", "op": "yes"}, {"Rosa"}),
        ({"field": "field:boletin", "op": "no"}, {"Lupe", "Paco"}),
        ({"field": "field:alta", "op": "before", "value": "2026-02-01"}, {"Rosa"}),
        ({"field": "field:alta", "op": "after", "value": "2026-02-01"}, set()),
    ]:
        assert await holds(desk, {"match": "all", "rules": [rule]}) == found, rule
    either = {
        "match": "any",
        "rules": [{"field": "opted_out", "op": "yes"}, {"field": "country", "op": "is", "value": "MX"}],
    }
    assert await holds(desk, either) == {"Rosa", "Lupe"}
    nested = {"match": "all", "rules": [either, {"field": "name", "op": "is", "value": "lupe"}]}
    assert await holds(desk, nested) == {"Lupe"}
    assert await holds(desk, {"match": "all", "rules": []}) == everybody


@pytest.mark.parametrize(
    "filter_",
    [
        [], {"match": "none", "rules": []}, {"rules": [{"field": "password", "op": "is", "value": "x"}]},
        {"rules": [{"field": "name", "op": "= ''; drop table app.contacts; --", "value": "x"}]},
        {"rules": [{"field": "name", "op": "within_days", "value": 3}]}, {"rules": [{"field": "name", "op": "is"}]},
        {"rules": [{"field": "created", "op": "within_days", "value": 10**9}]},
        {"rules": [{"field": "created", "op": "before", "value": "mañana"}]},
        {"rules": [{"field": "tag", "op": "has", "value": "x"}]},
        {"rules": [{"field": "name", "op": "is", "value": 3}]},
        {"rules": [{"field": "field:nada", "op": "filled"}]}, {"rules": [{"field": "name", "op": "filled"}] * 21},
        {"rules": [{"rules": [{"rules": [{"rules": []}]}]}]}, {"rules": [{"field": ["name"], "op": "filled"}]},
    ],
)  # fmt: skip
def test_a_filter_knows_its_fields_and_operators_and_no_others(filter_: object):
    with pytest.raises(SegmentNotReadable):
        read_filter(filter_, [])


async def test_a_segment_of_a_field_that_is_gone_holds_nobody(desk: Desk):
    await field(desk, "Nivel")
    await desk.add(f"+{ROSA}", fields={"nivel": "x"})
    rule = {"field": "field:nivel", "op": "filled"}
    made = await desk.ask("POST", "/api/segments", {"name": "x", "filter": {"match": "all", "rules": [rule]}})
    [one] = (await desk.ask("GET", "/api/contact-fields")).json
    assert (await desk.page("POST", f"/contacts/fields/{one['id']}/remove")).status == 303
    assert await desk.all(f"&segment_id={made.json['id']}") == []
    [contact] = await desk.all()
    assert contact["fields"] == {}


async def test_the_builder_shows_whom_it_finds_and_saves(desk: Desk):
    await desk.add(f"+{ROSA}", name="Rosa")
    rule = {"field_0": "name", "kind_0": "name", "op_0": "contains", "value_0": "ros", "match": "all"}
    looked = await desk.page("POST", "/contacts/segments/new", {**rule, "name": "Rosas", "does": "look"})
    assert (looked.status, "1 contact now" in looked.text, "Rosa" in looked.text) == (200, True, True)
    other = await desk.page("POST", "/contacts/segments/new", {**rule, "field_0": "window_open", "does": "look"})
    assert 'value="yes"' in other.text
    unnamed = await desk.page("POST", "/contacts/segments/new", {**rule, "does": "save"})
    assert unnamed.status == 422
    saved = await desk.page("POST", "/contacts/segments/new", {**rule, "name": "Rosas", "does": "save"})
    assert saved.status == 303
    [segment] = (await desk.ask("GET", "/api/segments")).json
    assert (await desk.page("GET", f"/contacts/segments/{segment['id']}")).status == 200
    assert "Rosas" in (await desk.page("GET", "/contacts/segments")).text


# Who is who.


async def test_two_who_are_merged_by_hand_keep_all_they_had(desk: Desk):
    vip = await tag(desk, "VIP")
    await field(desk, "Nivel")
    await desk.hears(ROSA, "con teléfono", at=time.time() - 60)
    other = await hears_hidden(desk, bsuid(), "sin teléfono")
    keep = await desk.contact_of(ROSA)
    await desk.ask(
        "PATCH", f"/api/contacts/{other}", {"tag_ids": [vip], "fields": {"nivel": "Oro"}, "name": "Rosa Pérez"}
    )
    assert (await desk.ask("POST", f"/api/contacts/{keep}/merge", {"other_id": str(other)})).status == 204
    [contact] = await desk.all()
    assert (contact["id"], contact["name"], contact["fields"]) == (str(keep), "Rosa Pérez", {"nivel": "Oro"})
    assert [one["name"] for one in contact["tags"]] == ["VIP"]
    messages = await desk.rig.messages(desk.shop)
    assert [m.body for m in messages] == ["con teléfono", "sin teléfono"]
    assert len({m.conversation_id for m in messages}) == 1
    [row] = (await desk.rig.house.whatsapp.inbox.page(desk.shop.user_id, desk.shop.business_id)).rows
    assert row.unread == 2
    detail = await desk.get(other)
    assert detail["id"] == str(keep)
    [merge] = detail["merges"]
    assert (merge["name"], merge["merged_by"]) == ("Rosa Pérez", "Marta")
    assert "whatsapp.contacts_merged" in await desk.log()
    again = await desk.ask("POST", f"/api/contacts/{keep}/merge", {"other_id": str(other)})
    assert again.status == 404


async def test_what_two_wrote_is_found_after_they_are_merged_and_by_nothing_after_they_are_erased(desk: Desk):
    await desk.hears(ROSA, "una ensaimada", at=time.time() - 60)
    other = await hears_hidden(desk, bsuid(), "dos magdalenas")
    await desk.ask("PATCH", f"/api/contacts/{other}", {"name": "Begoña"})
    keep, business = await desk.contact_of(ROSA), desk.shop.business_id
    async with desk.rig.house.db.tenant(business) as tx:
        assert await PostgresWordIndex().add(tx, business, timedelta(0), 100) == 2
    assert (await desk.ask("POST", f"/api/contacts/{keep}/merge", {"other_id": str(other)})).status == 204
    async with desk.rig.house.db.tenant(business) as tx:
        index = PostgresWordIndex()
        found = [[*(await index.find(tx, business, word)).conversations] for word in ("ensaimada", "magdalenas")]
        assert found[0] == found[1] != []
    assert (await desk.ask("DELETE", f"/api/contacts/{keep}")).status in (202, 204)

    async def nothing_is_left() -> bool:
        tables = ("conversation_words", "contact_words", "near_words")
        asked = [f"select 1 from app.{table} where business_id = %s" for table in tables]
        return not any([await desk.rig.rows(desk.shop, one, (business,)) for one in asked])

    await eventually(nothing_is_left)


async def test_what_ids_prove_is_merged_by_itself_and_can_be_seen(desk: Desk):
    user_id = bsuid()
    await desk.hears(ROSA, "uno")
    await hears_hidden(desk, user_id, "dos")
    both = {**meta.text(ROSA, "tres"), "from_user_id": user_id}
    await desk.webhook(meta.inbound_of(desk.shop, both))
    [contact] = await desk.all()
    [merge] = (await desk.get(contact["id"]))["merges"]
    assert merge["merged_by"] is None
    assert f"bsuid:{user_id}" in merge["ids"]


async def test_a_merge_never_brings_back_who_said_no(desk: Desk):
    await desk.hears(ROSA, "BAJA")
    other = await hears_hidden(desk, bsuid(), "ALTA")
    keep = await desk.contact_of(ROSA)
    assert (await desk.ask("POST", f"/api/contacts/{other}/merge", {"other_id": str(keep)})).status == 204
    [contact] = await desk.all()
    assert contact["consent"]["opted_out_at"]
    assert contact["consent"]["opted_in_at"] is None
    assert len((await desk.get(contact["id"]))["consent_events"]) == 2


async def test_look_alikes_are_suggested_with_the_reason_until_told_apart(desk: Desk):
    await desk.add("+34600111222", name="Rosa Pérez")
    hiding = await hears_hidden(desk, bsuid(), "hola", name="rosa perez")
    await desk.add("+34611333222", name="Otra")
    page = await desk.page("GET", "/contacts/duplicates")
    assert "one of them shows no phone" in page.text
    found = await desk.rig.house.people.reader.suggestions(desk.shop.user_id, desk.shop.business_id)
    assert [one.reasons for one in found] == [("hides_phone",)]
    rosa = await desk.contact_of(ROSA)
    form = {"other": str(hiding), "back": "duplicates"}
    assert (await desk.page("POST", f"/contacts/{rosa}/different", form)).status == 303
    assert await desk.rig.house.people.reader.suggestions(desk.shop.user_id, desk.shop.business_id) == []


async def test_the_same_end_of_a_phone_is_a_reason_and_one_click_merges(desk: Desk):
    """As 600111222 was once written down with another country's code."""
    one = await desk.add("+34600111222", name="Rosa Pérez")
    other = await desk.add("+33600111222", name="Rosa Pérez")
    [found] = await desk.rig.house.people.reader.suggestions(desk.shop.user_id, desk.shop.business_id)
    assert set(found.reasons) == {"same_phone_end", "same_name"}
    assert (await desk.page("POST", f"/contacts/{one['id']}/merge", {"other": other["id"]})).status == 303
    assert len(await desk.all()) == 1


# Blocking.


async def customer(desk: Desk, wa_id: str) -> str:
    spec = {"name": "Rosa", "wa_id": wa_id}
    async with desk.rig.http.post(f"{desk.rig.house.settings.meta_graph_url}/_twin/customers", json=spec) as answer:
        return str((await answer.json())["customer_id"])


async def says(desk: Desk, customer_id: str, text: str) -> int:
    body = {
        "phone_number_id": desk.shop.phone_number_id,
        "customer": customer_id,
        "message": {"type": "text", "text": {"body": text}},
    }
    async with desk.rig.http.post(f"{desk.rig.house.settings.meta_graph_url}/_twin/inbound", json=body) as answer:
        return answer.status


async def block_state(desk: Desk, contact_id: object, *states: str) -> dict[str, Any]:
    async def look() -> Any:
        contact = await desk.get(contact_id)
        return contact if contact["block_state"] in states else None

    found: dict[str, Any] = await eventually(look)
    return found


async def test_somebody_who_wrote_today_is_blocked_at_meta_and_unblocked_again(desk: Desk):
    wa_id = "34600777111"
    person = await customer(desk, wa_id)
    assert await says(desk, person, "hola") == 200
    await desk.rig.settled(desk.shop, webhooks=1)
    contact_id = await desk.contact_of(wa_id)
    assert (await desk.ask("PUT", f"/api/contacts/{contact_id}/block")).status == 204
    blocked = await block_state(desk, contact_id, "done")
    assert blocked["blocked_at"]
    assert desk.rig.twin.twin.blocked[desk.shop.phone_number_id] == {person}
    assert (await desk.ask("DELETE", f"/api/contacts/{contact_id}/block")).status == 204

    async def free() -> bool:
        return not desk.rig.twin.twin.blocked[desk.shop.phone_number_id]

    await eventually(free)
    assert (await desk.get(contact_id))["blocked_at"] is None
    assert {"whatsapp.contact_blocked", "whatsapp.contact_unblocked"} <= set(await desk.log())


async def test_who_did_not_write_within_a_day_is_blocked_here_alone(desk: Desk):
    contact = await desk.add("+34600777222")
    assert (await desk.ask("PUT", f"/api/contacts/{contact['id']}/block")).status == 204
    refused = await block_state(desk, contact["id"], "refused")
    assert (refused["block_reason"], bool(refused["blocked_at"])) == ("not_within_a_day", True)
    assert "only who wrote within the last day" in (await desk.page("GET", f"/contacts/{contact['id']}")).text


async def test_metas_own_refusal_is_kept_and_a_passing_trouble_is_tried_again(desk: Desk):
    """The window is open to us and closed to Meta: their clock counts."""
    await desk.hears("34600777333", "hola")
    contact_id = await desk.contact_of("34600777333")
    rule = desk.rig.misbehave(desk.shop, kind="block_users", error_code=139102)
    assert (await desk.ask("PUT", f"/api/contacts/{contact_id}/block")).status == 204

    async def struck() -> bool:
        return rule.applied == 1

    await eventually(struck)
    await desk.rig.hurry(desk.shop)
    refused = await block_state(desk, contact_id, "refused")
    assert refused["block_reason"] in ("meta:131021", "meta:131047")


async def test_what_a_blocked_person_writes_is_kept_and_not_answered(rig: Rig):
    desk = Desk(rig, await rig.shop())
    rig.says(desk.shop, "Abrimos cada día.")
    await desk.hears(ROSA, "hola")
    assert len(rig.accepted(desk.shop)) == 1
    await desk.ask("PUT", f"/api/contacts/{await desk.contact_of(ROSA)}/block")
    message = await desk.hears(ROSA, "¿Abrís hoy?")
    assert (message.state, message.reason) == ("ignored", "blocked")
    assert len(rig.accepted(desk.shop)) == 1


# One person's data.


async def test_one_persons_data_is_given_out_whole(desk: Desk):
    await desk.hears(ROSA, "mi <b>dirección</b> es Calle Mayor 1")
    contact_id = await desk.contact_of(ROSA)
    told = json.loads((await desk.page("GET", f"/contacts/{contact_id}/data.json")).text)
    assert told["contact"]["phone"] == f"+{ROSA}"
    assert [one["text"] for one in told["messages"]] == ["mi <b>dirección</b> es Calle Mayor 1"]
    page = (await desk.page("GET", f"/contacts/{contact_id}/data.html")).text
    assert "mi &lt;b&gt;dirección" in page
    assert "whatsapp.contact_exported" in await desk.log()


async def test_an_erased_person_leaves_counts_and_comes_back_as_somebody_new(desk: Desk):
    vip = await tag(desk, "VIP")
    said = [await desk.hears(ROSA, f"secreto {n}", id=f"wamid.{uuid4().hex}") for n in range(3)]
    contact_id = await desk.contact_of(ROSA)
    await desk.ask("PATCH", f"/api/contacts/{contact_id}", {"tag_ids": [vip], "name": "Rosa secreta"})
    await desk.hears(ROSA, "BAJA", at=time.time() + 1)
    before = await desk.rig.ledger(desk.shop)
    assert (await desk.ask("DELETE", f"/api/contacts/{contact_id}")).status == 204

    async def is_erased() -> bool:
        return "whatsapp.contact_erased" in await desk.log()

    await eventually(is_erased)
    assert await desk.all() == []
    assert (await desk.ask("GET", f"/api/contacts/{contact_id}")).status == 404
    assert (await desk.ask("DELETE", f"/api/contacts/{contact_id}")).status == 404
    for table in ("contacts", "contact_identities", "messages", "consent_events", "tagged_contacts", "contact_merges"):
        rows = await desk.rig.rows(
            desk.shop, f"select t::text as told from app.{table} t where business_id = %s", (desk.shop.business_id,)
        )
        told = " ".join(row.told for row in rows)
        assert "secret" not in told, table
        assert ROSA not in told, table
        assert said[0].wamid not in told, table
    after = await desk.rig.ledger(desk.shop)
    assert sum(after.inbound.values()) == sum(before.inbound.values())
    # A webhook that comes again brings nothing back.
    await desk.webhook(meta.inbound(desk.shop, ROSA, "secreto 0", id=said[0].wamid, at=time.time() - 9))
    assert await desk.all() == []
    await desk.hears(ROSA, "hola de nuevo")
    [contact] = await desk.all()
    assert contact["id"] != str(contact_id)
    assert contact["consent"]["opted_out_at"] is None


async def test_many_messages_are_erased_in_pieces(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wacloud.modules.whatsapp.application.erase_contact.AT_ONCE", 2)
    received = (await desk.rig.ledger(desk.shop)).webhooks["received"]
    for n in range(5):
        assert await desk.rig.post(as_body(meta.inbound(desk.shop, ROSA, f"uno {n}"))) == 200
    await desk.rig.settled(desk.shop, webhooks=received + 5)
    contact_id = await desk.contact_of(ROSA)
    assert (await desk.page("POST", f"/contacts/{contact_id}/erase", {"sure": "yes"})).status == 303

    async def is_erased() -> bool:
        return "whatsapp.contact_erased" in await desk.log()

    await eventually(is_erased)
    assert {m.body for m in await desk.rig.messages(desk.shop)} == {None}


async def test_files_of_an_erased_person_go_and_one_that_others_have_stays(desk: Desk, tmp_path: Path):
    whatsapp = desk.rig.house.whatsapp
    rosa, paco = await desk.hears(ROSA, "hola"), await desk.hears(PACO, "hola")
    files = {name: new_id() for name in ("theirs", "only", "both")}
    messages = [(rosa, "in", "theirs"), (rosa, "out", "only"), (rosa, "out", "both"), (paco, "out", "both")]
    for name in files:
        (tmp_path / name).write_bytes(b"a secret")
        await whatsapp.media.files.put(f"{desk.shop.business_id}/{name}", tmp_path / name)
    async with whatsapp.db.tenant(desk.shop.business_id) as tx:
        for name, id_ in files.items():
            await tx.execute(
                "insert into app.media (business_id, id, kind, state, key, file_name) "
                "values (%s, %s, 'document', 'stored', %s, 'nombre secreto.pdf')",
                (desk.shop.business_id, id_, f"{desk.shop.business_id}/{name}"),
            )
        for message, direction, name in messages:
            await tx.execute(
                "insert into app.messages (business_id, conversation_id, direction, author, kind, content, sent_at, "
                "state) values (%s, %s, %s, 'contact', 'document', %s, now(), 'read')",
                (
                    desk.shop.business_id,
                    message.conversation_id,
                    direction,
                    json.dumps({"media": {"id": str(files[name])}}),
                ),
            )
    assert (await desk.ask("DELETE", f"/api/contacts/{await desk.contact_of(ROSA)}")).status == 204

    async def is_erased() -> bool:
        return "whatsapp.contact_erased" in await desk.log()

    await eventually(is_erased)
    for name, is_left in {"theirs": False, "only": False, "both": True}.items():
        try:
            size = await whatsapp.media.files.size(f"{desk.shop.business_id}/{name}")
        except FileGone:
            size = 0
        assert bool(size) == is_left, name
    rows = await desk.rig.rows(desk.shop, "select state, file_name from app.media order by state, id")
    assert [(row.state, row.file_name) for row in rows] == [
        ("removed", None), ("removed", None), ("stored", "nombre secreto.pdf"),
    ]  # fmt: skip
