"""Who somebody is when any of their ids may be missing, and what the business's own people do elsewhere."""

import itertools
import time

import pytest

from builders import meta
from builders.thinking import Thinking
from rig import Rig, Shop, as_body, eventually

ROSA, PACO = "34600111222", "34600333444"
NOW = int(time.time()) - 600


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


def bsuid() -> str:
    return f"ES.{meta.wamid()[-16:]}"


def message(body: str, *, phone: str | None = None, user_id: str | None = None, **more):
    """A text of somebody who shows these ids."""
    text = meta.text(phone or "", body, **more)
    if phone is None:
        del text["from"]
    return {**text, "from_user_id": user_id} if user_id else text


async def arrive(rig: Rig, shop: Shop, *bodies) -> None:
    for body in bodies:
        before = (await rig.ledger(shop)).webhooks["processed"]
        assert await rig.post(as_body(body)) == 200

        async def done(before: int = before):
            return (await rig.ledger(shop)).webhooks["processed"] > before

        await eventually(done)


async def write(rig: Rig, shop: Shop, *messages, **parts) -> None:
    await arrive(rig, shop, *(meta.inbound_of(shop, one, **parts) for one in messages))


async def contacts(rig: Rig, shop: Shop):
    """The people there are; those who turned out to be somebody else are left out."""
    return await rig.rows(
        shop,
        "select c.*, (select array_agg(i.kind || ':' || i.value order by i.kind, i.value) "
        "from app.contact_identities i where i.business_id = c.business_id and i.contact_id = c.id) as ids "
        "from app.contacts c where business_id = %s and merged_into is null order by created_at, id",
        (shop.business_id,),
    )


async def inbox(rig: Rig, shop: Shop):
    return (await rig.house.whatsapp.inbox.page(shop.user_id, shop.business_id)).rows


async def change(rig: Rig, shop: Shop, field: str, **parts) -> None:
    await arrive(rig, shop, meta.envelope(shop.waba_id, meta.value(shop.phone_number_id, **parts), field=field))


async def test_somebody_without_a_phone_is_found_again_and_answered_by_their_id(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "Abrimos cada día.")
    control = f"{rig.house.settings.meta_graph_url}/_twin"
    spec = {"name": "Rosa", "username": "rosa.bakes", "hides_phone": True, "wa_id": "34600777001"}
    async with rig.http.post(f"{control}/customers", json=spec) as answer:
        person = await answer.json()
    for n in (1, 2):
        written = {"type": "text", "text": {"body": f"¿A qué hora abrís? ({n})"}}
        body = {"phone_number_id": shop.phone_number_id, "customer": person["customer_id"], "message": written}
        async with rig.http.post(f"{control}/inbound", json=body) as answer:
            assert answer.status == 200
        await rig.settled(shop, webhooks=n)
    [contact] = await contacts(rig, shop)
    assert contact.phone is None
    assert (contact.profile_name, contact.username) == ("Rosa", "rosa.bakes")
    assert len(rig.accepted(shop)) == 2
    assert {m.state for m in await rig.messages(shop, "out")} <= {"sent", "delivered"}


async def test_phone_alone_both_and_id_alone_are_one_person(rig: Rig, shop: Shop):
    user_id = bsuid()
    await write(
        rig,
        shop,
        message("uno", phone=ROSA),
        message("dos", phone=ROSA, user_id=user_id),
        message("tres", user_id=user_id),
    )
    [contact] = await contacts(rig, shop)
    assert contact.ids == [f"bsuid:{user_id}", f"phone:{ROSA}", f"wa_id:{ROSA}"]
    assert [m.body for m in await rig.messages(shop)] == ["uno", "dos", "tres"]
    assert len(await inbox(rig, shop)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("551187654321", "5511987654321"), ("5491123456789", "541123456789"), ("5215512345678", "525512345678")],
    ids=["BR", "AR", "MX"],
)
async def test_two_ways_of_writing_a_number_are_one_person(rig: Rig, shop: Shop, one, other):
    await write(rig, shop, message("uno", phone=one), message("dos", phone=other))
    assert len(await contacts(rig, shop)) == 1
    assert len(await inbox(rig, shop)) == 1


async def test_a_new_name_and_a_new_username_are_taken_over(rig: Rig, shop: Shop):
    user_id = bsuid()
    for name, username in (("Rosa", "rosa.1"), ("Rosa María", "rosa.2")):
        card = {"profile": {"name": name, "username": username}, "wa_id": ROSA, "user_id": user_id}
        await write(rig, shop, message("hola", phone=ROSA, user_id=user_id), contacts=[card])
    [contact] = await contacts(rig, shop)
    assert (contact.profile_name, contact.username) == ("Rosa María", "rosa.2")
    await write(rig, shop, message("hola", phone=ROSA))
    [contact] = await contacts(rig, shop)
    assert (contact.profile_name, contact.username) == ("Rosa María", "rosa.2")


async def test_a_customer_of_two_businesses_is_a_stranger_to_each_other(rig: Rig, shop: Shop):
    other = await rig.shop(enabled=False)
    await write(rig, shop, message("a uno", phone=ROSA))
    await write(rig, other, message("a otro", phone=ROSA))
    [mine], [theirs] = await contacts(rig, shop), await contacts(rig, other)
    assert mine.id != theirs.id


async def test_two_who_turn_out_to_be_one_are_joined_and_nothing_is_lost(rig: Rig, shop: Shop):
    user_id = bsuid()
    await write(
        rig,
        shop,
        message("por teléfono", phone=ROSA, at=NOW),
        message("sin teléfono", user_id=user_id, at=NOW + 1),
        message("otra vez sin", user_id=user_id, at=NOW + 2),
    )
    assert len(await contacts(rig, shop)) == 2
    await write(rig, shop, message("con los dos", phone=ROSA, user_id=user_id, at=NOW + 3))
    [contact] = await contacts(rig, shop)
    assert set(contact.ids) == {f"bsuid:{user_id}", f"phone:{ROSA}", f"wa_id:{ROSA}"}
    messages = await rig.messages(shop)
    assert [m.body for m in messages] == ["por teléfono", "sin teléfono", "otra vez sin", "con los dos"]
    assert len({m.conversation_id for m in messages}) == 1
    [row] = await inbox(rig, shop)
    assert (row.unread, row.last_preview, row.handler) == (4, "con los dos", "waiting")
    await write(rig, shop, message("y sigue", user_id=user_id))
    assert len({m.conversation_id for m in await rig.messages(shop)}) == 1


async def test_two_are_joined_in_the_very_body_in_which_one_of_them_also_writes_alone(rig: Rig, shop: Shop):
    user_id = bsuid()
    await write(rig, shop, message("uno", phone=ROSA), message("dos", phone=PACO, user_id=user_id))
    both = [message("tres", phone=ROSA, user_id=user_id), message("cuatro", phone=PACO)]
    await arrive(rig, shop, meta.inbound_of(shop, *both))
    [contact] = await contacts(rig, shop)
    messages = await rig.messages(shop)
    assert {m.body for m in messages} == {"uno", "dos", "tres", "cuatro"}
    assert len({m.conversation_id for m in messages}) == 1
    [row] = await inbox(rig, shop)
    assert row.contact_id == contact.id


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_a_chain_of_ids_in_one_body_is_one_person(rig: Rig, shop: Shop, order):
    user_id = bsuid()
    chain = [
        message("uno", phone=ROSA, user_id=user_id),
        message("dos", phone=PACO),
        message("tres", phone=PACO, user_id=user_id),
    ]
    await arrive(rig, shop, meta.inbound_of(shop, *(chain[n] for n in order)))
    assert len(await contacts(rig, shop)) == 1
    assert len({m.conversation_id for m in await rig.messages(shop)}) == 1


async def test_what_waited_for_an_answer_is_answered_in_the_conversation_it_was_joined_to(rig: Rig):
    shop = await rig.shop()
    thinking = Thinking()
    thinking.let_go.set()
    rig.says(shop, thinking)
    old, new = bsuid(), bsuid()
    await write(rig, shop, message("¿Abrís hoy?", user_id=old))
    await rig.settled(shop, webhooks=1)
    thinking.let_go.clear()
    await write(rig, shop, message("¿Y mañana?", user_id=new))
    await thinking.asked(2)
    update = {"user_id": {"previous": old, "current": new}, "timestamp": str(NOW)}
    await change(rig, shop, "user_id_update", user_id_update=[update])
    thinking.let_go.set()
    await rig.settled(shop, webhooks=3, seconds=10)
    [contact] = await contacts(rig, shop)
    assert set(contact.ids) == {f"bsuid:{old}", f"bsuid:{new}"}
    [first, second] = await rig.messages(shop, "out")
    assert (second.body, second.conversation_id) == ("Sobre ¿Y mañana?", first.conversation_id)


async def test_a_new_id_of_a_person_leads_to_the_same_conversation(rig: Rig, shop: Shop):
    old, new = bsuid(), bsuid()
    await write(rig, shop, message("antes", user_id=old))
    update = {"wa_id": ROSA, "user_id": {"previous": old, "current": new}, "timestamp": str(NOW)}
    await change(rig, shop, "user_id_update", user_id_update=[update])
    await write(rig, shop, message("después", user_id=new), message("por teléfono", phone=ROSA))
    [contact] = await contacts(rig, shop)
    assert contact.phone == ROSA
    assert len({m.conversation_id for m in await rig.messages(shop)}) == 1


@pytest.mark.parametrize("word", ["user_changed_number", "customer_changed_number"])
async def test_a_new_phone_told_by_a_system_message_is_the_same_person(rig: Rig, shop: Shop, word):
    await write(rig, shop, message("antes", phone=ROSA))
    told = message("", phone=ROSA)
    del told["text"]
    told |= {"type": "system", "system": {"type": word, "body": "Rosa changed", "wa_id": PACO}}
    await write(rig, shop, told, message("después", phone=PACO))
    [contact] = await contacts(rig, shop)
    assert contact.phone == PACO
    rows = await rig.messages(shop)
    assert len({m.conversation_id for m in rows}) == 1
    assert [(m.kind, m.state, m.reason) for m in rows if m.kind == "system"] == [("system", "ignored", "system")]


async def test_a_message_of_nobody_is_stored_and_waits_for_a_person(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    await write(rig, shop, message("¿quién soy?"))
    [row] = await rig.messages(shop)
    assert (row.state, row.reason, row.handler) == ("handed_over", "sender_unknown", "waiting")
    assert rig.accepted(shop) == []
    [listed] = (await rig.house.whatsapp.inbox.page(shop.user_id, shop.business_id, show="waiting")).rows
    assert listed.handed_over_because == "sender_unknown"


def preference(value: str, at: int):
    return {"wa_id": ROSA, "category": "marketing_messages", "value": value, "timestamp": str(at), "detail": value}


async def stopped_at(rig: Rig, shop: Shop):
    [contact] = await contacts(rig, shop)
    return contact.marketing_stopped_at and contact.marketing_stopped_at.timestamp()


async def test_who_stops_promotions_is_remembered_and_who_resumes_is_welcome(rig: Rig, shop: Shop):
    await change(rig, shop, "user_preferences", user_preferences=[preference("stop", NOW)])
    assert await stopped_at(rig, shop) == NOW
    await change(rig, shop, "user_preferences", user_preferences=[preference("resume", NOW + 5)])
    assert await stopped_at(rig, shop) is None


async def test_an_old_wish_that_comes_late_does_not_undo_a_newer_stop(rig: Rig, shop: Shop):
    await change(rig, shop, "user_preferences", user_preferences=[preference("stop", NOW + 5)])
    await change(rig, shop, "user_preferences", user_preferences=[preference("resume", NOW)])
    assert await stopped_at(rig, shop) == NOW + 5


async def test_the_newest_of_several_wishes_in_one_body_counts(rig: Rig, shop: Shop):
    wishes = [preference("resume", NOW + 9), preference("stop", NOW + 5), preference("resume", NOW)]
    await change(rig, shop, "user_preferences", user_preferences=wishes)
    assert await stopped_at(rig, shop) is None


async def test_the_name_in_the_address_book_wins_over_the_profile(rig: Rig, shop: Shop):
    await write(rig, shop, message("hola", phone=ROSA), contacts=[meta.contact(ROSA, "~rosita~")])
    card = {"full_name": "Rosa Panadera", "first_name": "Rosa", "phone_number": ROSA}
    entry = {"type": "contact", "action": "add", "contact": card, "metadata": {"timestamp": str(NOW)}}
    await change(rig, shop, "smb_app_state_sync", state_sync=[entry])
    [row] = await inbox(rig, shop)
    assert row.contact_name == "Rosa Panadera"


async def test_an_echo_opens_the_conversation_as_a_persons(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    echo = {**meta.text(shop.display, "Le llamo mañana."), "to": ROSA}
    await change(rig, shop, "smb_message_echoes", message_echoes=[echo])
    await write(rig, shop, message("Vale, gracias. ¿A qué hora?", phone=ROSA))
    [out], [question] = await rig.messages(shop, "out"), await rig.messages(shop)
    assert (out.author, out.state, out.body) == ("phone_app", "sent", "Le llamo mañana.")
    assert (question.state, question.reason) == ("handed_over", "person_has_it")
    assert rig.accepted(shop) == []


async def test_an_echo_told_twice_is_one_message(rig: Rig, shop: Shop):
    echo = {**meta.text(shop.display, "Le llamo mañana."), "to": ROSA}
    await change(rig, shop, "smb_message_echoes", message_echoes=[echo])
    await change(rig, shop, "smb_message_echoes", message_echoes=[echo, echo])
    assert len(await rig.messages(shop, "out")) == 1


def history(shop: Shop, *messages):
    chunk = {
        "metadata": {"phase": 0, "chunk_order": 1, "progress": 55},
        "threads": [{"id": ROSA, "messages": list(messages)}],
    }
    value = {**meta.value(shop.phone_number_id), "history": [chunk]}
    value["metadata"]["display_phone_number"] = shop.display.replace(" ", "").strip("+")
    return value


async def test_an_imported_past_is_shown_in_order_and_never_answered(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    ours = shop.display.replace(" ", "").strip("+")
    past = [
        {**meta.text(ROSA, "¿Abrís el domingo?", at=NOW - 90_000), "history_context": {"status": "READ"}},
        {**meta.text(ours, "Sí, hasta las dos.", at=NOW - 89_000), "to": ROSA, "history_context": {"status": "READ"}},
        {**meta.text(ROSA, "¿Y el lunes?", at=NOW), "history_context": {"status": "DELIVERED"}},
    ]
    body = meta.envelope(shop.waba_id, history(shop, *past), field="history")
    await arrive(rig, shop, body)
    ledger = await rig.settled(shop, webhooks=1)
    assert (ledger.inbound["stored"], ledger.ignored_because) == (2, {"history": 2})
    assert ledger.outbound["read"] == 1
    assert rig.asked(shop) == []
    assert rig.accepted(shop) == []
    [row] = await inbox(rig, shop)
    assert (row.unread, row.handler, row.window_closes_at) == (0, "bot", None)
    thread = await rig.house.whatsapp.inbox.thread(shop.user_id, shop.business_id, row.id)
    assert thread is not None
    assert [m.body for m in thread.messages] == ["¿Abrís el domingo?", "Sí, hasta las dos.", "¿Y el lunes?"]
    await write(rig, shop, message("¿Hola?, ¿abrís hoy?", phone=ROSA))
    ledger = await rig.settled(shop, webhooks=2)
    assert ledger.inbound["answered"] == 1


@pytest.mark.parametrize("together", [False, True])
async def test_the_photo_of_an_imported_past_takes_the_place_kept_for_it(rig: Rig, shop: Shop, together):
    place = meta.text(ROSA, "", at=NOW - 90_000)
    del place["text"]
    photo = {**place, "type": "image", "image": {"id": "5550001", "mime_type": "image/jpeg", "caption": "la tarta"}}
    first = history(shop, {**place, "type": "media_placeholder", "history_context": {"status": "READ"}})
    second = meta.value(shop.phone_number_id, messages=[photo])
    if together:
        await arrive(rig, shop, meta.envelope(shop.waba_id, first, second, field="history"))
    else:
        for value in (first, second):
            await arrive(rig, shop, meta.envelope(shop.waba_id, value, field="history"))
    [row] = await rig.messages(shop)
    assert (row.kind, row.body, row.state, row.reason) == ("image", "la tarta", "ignored", "history")
