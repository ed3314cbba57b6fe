"""Canned replies: kept with known variables only, filled for the person one writes to, never sent unfilled."""

import pytest
from test_notes import first_conversation, outbox
from test_team_inbox import seeded

from rig import Rig
from wacloud.modules.whatsapp.domain.canned import VariableNotFilled, check_filled, filled, values_of


async def test_a_reply_is_made_changed_listed_and_removed(rig: Rig):
    shop = await rig.shop()
    url, headers = f"{rig.url}/api/whatsapp/replies", rig.bearer(shop)
    body = {"shortcut": "hola", "text": "Hola {{contact.first_name}}, soy {{agent.name}}"}
    async with rig.http.post(url, json=body, headers=headers) as answer:
        assert answer.status == 201
        made = await answer.json()
    async with rig.http.post(url, json={**body, "shortcut": "HOLA"}, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (409, "canned_exists")
    async with rig.http.put(f"{url}/{made['id']}", json={**body, "text": "Buenas"}, headers=headers) as answer:
        assert answer.status == 204
    async with rig.http.get(url, headers=headers) as answer:
        assert [one["text"] for one in (await answer.json())["replies"]] == ["Buenas"]
    async with rig.http.delete(f"{url}/{made['id']}", headers=headers) as answer:
        assert answer.status == 204
    async with rig.http.delete(f"{url}/{made['id']}", headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (404, "canned_unknown")


async def test_an_unknown_variable_is_refused_and_the_page_keeps_what_was_written(rig: Rig):
    shop = await rig.shop()
    body = {"shortcut": "x", "text": "Hola {{contact.nombre}}"}
    async with rig.http.post(f"{rig.url}/api/whatsapp/replies", json=body, headers=rig.bearer(shop)) as answer:
        assert (answer.status, (await answer.json())["code"]) == (422, "variable_unknown")
    async with rig.http.post(f"{rig.url}/replies", data=body, headers=rig.bearer(shop)) as answer:
        assert answer.status == 422
        assert "Hola {{contact.nombre}}" in await answer.text()


async def test_the_thread_offers_it_filled_and_without_script_a_link_puts_it_into_the_composer(rig: Rig):
    shop = await seeded(rig)
    conversation = await first_conversation(rig, shop)
    body = {"shortcut": "firma", "text": "Soy {{agent.name}} de {{business.name}}"}
    async with rig.http.post(f"{rig.url}/api/whatsapp/replies", json=body, headers=rig.bearer(shop)) as answer:
        made = await answer.json()
    url = f"{rig.url}/inbox/{conversation}?canned={made['id']}"
    async with rig.http.get(url, headers=rig.bearer(shop) | {"accept": "text/html"}) as answer:
        page = await answer.text()
    if 'id="reply"' in page:  # the 24 hours are open
        assert ">Soy Marta de Tienda" in page
    assert "{{agent.name}}" not in page


async def test_a_text_with_an_unfilled_variable_is_not_sent(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation, before = await rig.heard(shop), await outbox(rig, shop)
    form = {"key": "canned-key-1", "text": "Hola {{contact.name}}"}
    async with rig.http.post(f"{rig.url}/inbox/{conversation}/reply", data=form, headers=rig.bearer(shop)) as answer:
        assert answer.status == 422
        assert "«contact.name» entre llaves dobles" in await answer.text()
    assert await outbox(rig, shop) == before


async def test_a_program_names_the_variable_it_did_not_fill_in_and_may_say_that_braces_are_meant(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation = await rig.heard(shop)
    body = {"conversation_id": str(conversation), "type": "text", "text": {"body": "Escribe {{nombre}} en el campo"}}
    path = f"{rig.url}/api/whatsapp/send"
    async with rig.http.post(path, json=body, headers=rig.bearer(shop)) as answer:
        [error] = (await answer.json(content_type=None))["errors"]
    assert (answer.status, error["field"], error["code"]) == (422, "text.body", "variable_not_filled")
    assert "nombre" in error["message"]
    async with rig.http.post(path, json={**body, "literal_braces": True}, headers=rig.bearer(shop)) as answer:
        assert answer.status == 202
    later = {"text": "Hola {{nombre}}", "send_at": "2099-01-01T10:00:00Z"}
    path = f"{rig.url}/api/whatsapp/conversations/{conversation}/scheduled"
    async with rig.http.post(path, json=later, headers=rig.bearer(shop)) as answer:
        assert (await answer.json(content_type=None))["code"] == "variable_not_filled"


def test_what_has_no_value_keeps_its_mark_and_is_not_let_out():
    text = filled("Hola {{ contact.first_name }} de {{business.name}}", values_of("+34600111222", "Ana", "Sol"))
    assert text == "Hola {{ contact.first_name }} de Sol"
    with pytest.raises(VariableNotFilled):
        check_filled(text)
    check_filled(filled("Hola {{contact.first_name}}", values_of("Rosa María", "Ana", "Sol")))


def test_a_customer_called_like_a_variable_fills_in_no_other():
    assert filled("{{contact.name}}", values_of("{{agent.name}}", "Ana", "Sol")) == "agent.name"
