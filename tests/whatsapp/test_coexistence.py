"""One number in the WhatsApp Business app and here: earlier chats come in, and the app's address book is followed."""

import itertools
import time
from typing import Any

import pytest

from builders import meta
from rig import Rig, Shop, as_body, eventually

ROSA, PACO = "34600111222", "34600333444"
NOW = int(time.time()) - 3600
DELIVERIES = itertools.count()


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def arrive(rig: Rig, shop: Shop, body: dict[str, Any]) -> None:
    """Deliver it, and wait until it is processed. The very same bytes would not be looked at a second time."""
    before = (await rig.ledger(shop)).webhooks["processed"]
    assert await rig.post(as_body({**body, "of_no_meaning": next(DELIVERIES)})) == 200

    async def done() -> bool:
        return bool((await rig.ledger(shop)).webhooks["processed"] > before)

    await eventually(done)


def value(shop: Shop, **parts: Any) -> dict[str, Any]:
    told = meta.value(shop.phone_number_id, **parts)
    told["metadata"]["display_phone_number"] = shop.display.replace(" ", "").strip("+")
    return told


async def history(rig: Rig, shop: Shop, *chunks: Any, at: int = NOW) -> None:
    """One webhook with these chunks."""
    body = meta.envelope(shop.waba_id, value(shop, history=list(chunks)), field="history")
    body["entry"][0]["time"] = at
    await arrive(rig, shop, body)


def chunk(phase: Any, order: Any, progress: Any, *messages: dict[str, Any]) -> dict[str, Any]:
    threads = [{"id": ROSA, "messages": list(messages)}] if messages else []
    return {"metadata": {"phase": phase, "chunk_order": order, "progress": progress}, "threads": threads}


def refusal(words: str = "Not shared") -> dict[str, Any]:
    error = {"code": 2593109, "title": words, "message": words, "error_data": {"details": "The owner declined."}}
    return {"errors": [error]}


async def stored(rig: Rig, shop: Shop) -> tuple[Any, ...]:
    [row] = await rig.rows(
        shop,
        "select history_phase, history_chunk, history_progress from app.phone_numbers where id = %s",
        (shop.number_id,),
    )
    return tuple(row)


async def notices(rig: Rig, shop: Shop, language: str = "es") -> list[dict[str, Any]]:
    async with rig.http.get(f"{rig.url}/api/notices?lang={language}", headers=rig.bearer(shop)) as answer:
        assert answer.status == 200
        items: list[dict[str, Any]] = (await answer.json())["items"]
        return items


# --- earlier chats --------------------------------------------------------------------------------


async def test_how_far_the_earlier_chats_are_is_kept_and_told_in_one_notice(rig: Rig, shop: Shop):
    await history(rig, shop, chunk(0, 1, 12, meta.text(ROSA, "¿Abrís hoy?", at=NOW - 9000)))
    assert await stored(rig, shop) == (0, 1, 12)
    [told] = await notices(rig, shop)
    assert (told["code"], told["severity"], told["settled_at"]) == ("history_coming", "info", None)
    assert told["text"] == f"Están llegando los chats anteriores del número {shop.display}: ya está aquí el 12 %."
    await history(rig, shop, chunk(1, 1, 55), at=NOW + 60)
    assert await stored(rig, shop) == (1, 1, 55)
    [told] = await notices(rig, shop, "en")
    assert told["text"] == f"Earlier chats of the number {shop.display} are coming in: 55 % of them are here."
    await history(rig, shop, chunk(2, 4, 100), at=NOW + 120)
    assert await stored(rig, shop) == (2, 4, 100)
    [told] = await notices(rig, shop)
    assert (told["code"], told["text"]) == (
        "history_complete",
        f"Los chats anteriores del número {shop.display} ya están aquí.",
    )
    assert [m.body for m in await rig.messages(shop)] == ["¿Abrís hoy?"]


async def test_the_page_of_notices_says_how_far_it_is(rig: Rig, shop: Shop):
    await history(rig, shop, chunk(1, 2, 41))
    async with rig.http.get(f"{rig.url}/notices?lang=es", headers=rig.bearer(shop)) as page:
        text = await page.text()
    assert "ya está aquí el 41 %" in text
    assert "El asistente no los responde" in text


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_chunks_in_any_order_and_twice_end_at_the_same(rig: Rig, shop: Shop, order: tuple[int, ...]):
    told = [(chunk(0, 2, 30), NOW), (chunk(1, 1, 60), NOW + 10), (chunk(2, 1, 100), NOW + 20)]
    furthest = -1
    for one in (*order, *order):
        await history(rig, shop, told[one][0], at=told[one][1])
        furthest = max(furthest, one)
        assert await stored(rig, shop) == [(0, 2, 30), (1, 1, 60), (2, 1, 100)][furthest]
    assert [(n["code"], n["settled_at"]) for n in await notices(rig, shop)] == [("history_complete", None)]


async def test_every_chunk_of_every_change_counts_not_only_the_first(rig: Rig, shop: Shop):
    texts = [meta.text(ROSA, f"mensaje {n}", at=NOW - 9000 + n) for n in range(4)]
    first = value(shop, history=[chunk(0, 1, 10, texts[0]), chunk(0, 2, 20, texts[1])])
    second = value(shop, history=[chunk(1, 1, 30, texts[2]), chunk(1, 2, 40, texts[3])])
    await arrive(rig, shop, meta.envelope(shop.waba_id, first, second, field="history"))
    assert await stored(rig, shop) == (1, 2, 40)
    assert [m.body for m in await rig.messages(shop)] == [f"mensaje {n}" for n in range(4)]


async def test_what_is_still_to_come_after_the_last_percent_reopens_nothing(rig: Rig, shop: Shop):
    await history(rig, shop, chunk(0, 1, 100))
    await history(rig, shop, chunk(1, 3, 70), at=NOW + 60)
    assert await stored(rig, shop) == (1, 3, 100)
    assert [n["code"] for n in await notices(rig, shop)] == ["history_complete"]


async def test_a_notice_that_was_put_away_stays_away_while_chats_come(rig: Rig, shop: Shop):
    await history(rig, shop, chunk(0, 1, 5))
    [told] = await notices(rig, shop)
    async with rig.http.post(f"{rig.url}/api/notices/{told['id']}/put-away", headers=rig.bearer(shop)) as answer:
        assert answer.status == 204
    await history(rig, shop, chunk(2, 1, 100), at=NOW + 60)
    [told] = await notices(rig, shop)
    assert (told["code"], told["settled_at"] is None) == ("history_complete", False)


async def test_each_number_has_its_own_progress(rig: Rig, shop: Shop):
    other = await rig.shop(enabled=False)
    body = meta.envelope(shop.waba_id, value(shop, history=[chunk(0, 1, 33)]), field="history")
    body["entry"] += meta.envelope(other.waba_id, value(other, history=[chunk(1, 7, 80)]), field="history")["entry"]
    assert await rig.post(as_body(body)) == 200

    async def both() -> bool:
        return await stored(rig, shop) == (0, 1, 33) and await stored(rig, other) == (1, 7, 80)

    await eventually(both)
    assert f"{shop.display}: ya está aquí el 33 %" in (await notices(rig, shop))[0]["text"]
    assert f"{other.display}: ya está aquí el 80 %" in (await notices(rig, other))[0]["text"]


async def test_earlier_chats_are_never_answered_however_new_they_are(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    fresh = [meta.text(ROSA, "¿A qué hora abrís?", at=time.time() - 5), meta.text(ROSA, "¿Hola?", at=time.time() - 1)]
    await history(rig, shop, chunk(0, 1, 100, *fresh))
    ledger = await rig.settled(shop, webhooks=1)
    assert ledger.ignored_because == {"history": 2}
    assert rig.asked(shop) == []
    assert rig.accepted(shop) == []


async def test_a_refusal_to_share_is_told_once_in_plain_words(rig: Rig, shop: Shop):
    for n, words in enumerate(("Not shared", "Not shared", "Sharing was declined")):
        await history(rig, shop, refusal(words), at=NOW + n)
    [told] = await notices(rig, shop)
    assert (told["code"], told["settled_at"]) == ("history_declined", None)
    assert told["text"] == f"No se han compartido los chats anteriores del número {shop.display}."
    assert "conéctalo de nuevo" in told["advice"]
    assert "2593109" not in str(told)
    assert await stored(rig, shop) == (None, None, None)
    # It is kept as an error of the number, too.
    kept = await rig.rows(shop, "select event from app.account_events where field = 'history.error'")
    assert {row.event for row in kept} == {"2593109"}


async def test_a_refusal_is_found_behind_other_errors_and_chunks(rig: Rig, shop: Shop):
    other = {"code": 1, "title": "something else"}
    await history(rig, shop, "no chunk", {"errors": [other, None, *refusal()["errors"]]}, {"errors": "none"})
    assert [n["code"] for n in await notices(rig, shop)] == ["history_declined"]


async def test_who_shares_after_a_refusal_sees_the_chats_come(rig: Rig, shop: Shop):
    await history(rig, shop, refusal())
    await history(rig, shop, chunk(0, 1, 20), at=NOW + 60)
    assert {n["code"]: n["settled_at"] is None for n in await notices(rig, shop)} == {
        "history_declined": False,
        "history_coming": True,
    }


@pytest.mark.parametrize(
    "broken",
    [
        chunk("x", [], {}),
        chunk(-1, 2**40, 101),
        chunk(None, None, None),
        chunk(True, 1.5, "55 %"),
        {"metadata": "none", "threads": "none", "errors": {}},
        {"metadata": [], "threads": [None, 1, {"id": 7, "messages": "x"}, {"messages": [None, {}]}]},
        {},
        7,
    ],
)
async def test_a_chunk_nobody_understands_breaks_nothing_and_its_neighbours_count(rig: Rig, shop: Shop, broken: Any):
    good = chunk("1", "2", "45", meta.text(ROSA, "hola", at=NOW - 9000))
    await history(rig, shop, broken, good)
    assert await stored(rig, shop) == (1, 2, 45)
    assert "hola" in [m.body for m in await rig.messages(shop)]
    assert [n["code"] for n in await notices(rig, shop)] == ["history_coming"]


# --- the app's address book -----------------------------------------------------------------------


def entry(action: Any, name: str | None, at: Any, phone: str = ROSA, **card: Any) -> dict[str, Any]:
    shown = {"full_name": name, "first_name": name.split()[0]} if name else {}
    return {
        "type": "contact",
        "action": action,
        "contact": {**shown, "phone_number": phone, **card},
        "metadata": {"timestamp": str(at)},
    }


async def book(rig: Rig, shop: Shop, *entries: Any) -> None:
    await arrive(
        rig, shop, meta.envelope(shop.waba_id, value(shop, state_sync=list(entries)), field="smb_app_state_sync")
    )


async def people(rig: Rig, shop: Shop) -> list[dict[str, Any]]:
    async with rig.http.get(f"{rig.url}/api/contacts", headers=rig.bearer(shop)) as answer:
        assert answer.status == 200
        found: list[dict[str, Any]] = (await answer.json())["contacts"]
        return found


async def person(rig: Rig, shop: Shop) -> dict[str, Any]:
    [one] = await people(rig, shop)
    return one


async def patch(rig: Rig, shop: Shop, contact: dict[str, Any], **changes: Any) -> None:
    url = f"{rig.url}/api/contacts/{contact['id']}"
    async with rig.http.patch(url, json=changes, headers=rig.bearer(shop)) as answer:
        assert answer.status == 200, await answer.text()


async def test_an_edit_in_the_app_changes_the_name_here_and_not_what_they_call_themselves(rig: Rig, shop: Shop):
    await arrive(rig, shop, meta.inbound(shop, ROSA, "hola"))
    await book(rig, shop, entry("add", "Rosa Panadera", NOW))
    assert ((await person(rig, shop))["name"], (await person(rig, shop))["profile_name"]) == ("Rosa Panadera", "Rosa")
    await book(rig, shop, entry("add", "Rosa Pastelera", NOW + 60))
    [row] = (await rig.house.whatsapp.inbox.page(shop.user_id, shop.business_id)).rows
    assert row.contact_name == "Rosa Pastelera"
    assert (await person(rig, shop))["profile_name"] == "Rosa"


async def test_an_older_edit_that_comes_late_or_again_changes_nothing(rig: Rig, shop: Shop):
    newer, older = entry("add", "Rosa Pastelera", NOW + 60), entry("add", "Rosa Panadera", NOW)
    for one in (older, newer, older, newer, older):
        await book(rig, shop, one)
    assert (await person(rig, shop))["name"] == "Rosa Pastelera"


async def test_a_name_given_here_by_hand_stays_until_it_is_taken_away(rig: Rig, shop: Shop):
    await book(rig, shop, entry("add", "Rosa Panadera", NOW))
    await patch(rig, shop, await person(rig, shop), name="Rosa, la de la esquina")
    await book(rig, shop, entry("add", "Rosa Pastelera", NOW + 60))
    assert (await person(rig, shop))["name"] == "Rosa, la de la esquina"
    await patch(rig, shop, await person(rig, shop), name="")
    await book(rig, shop, entry("add", "Rosa Repostera", NOW + 120))
    assert (await person(rig, shop))["name"] == "Rosa Repostera"


async def test_a_form_that_brings_back_the_name_as_it_was_does_not_hold_it(rig: Rig, shop: Shop):
    await book(rig, shop, entry("add", "Rosa Panadera", NOW))
    await patch(rig, shop, await person(rig, shop), name="Rosa Panadera")
    await book(rig, shop, entry("add", "Rosa Pastelera", NOW + 60))
    assert (await person(rig, shop))["name"] == "Rosa Pastelera"


async def test_who_was_written_down_here_keeps_the_name_they_were_given(rig: Rig, shop: Shop):
    wanted = {"phone": f"+{ROSA}", "name": "Rosa del mercado"}
    async with rig.http.post(f"{rig.url}/api/contacts", json=wanted, headers=rig.bearer(shop)) as answer:
        assert answer.status == 201
    await book(rig, shop, entry("add", "Rosa Panadera", NOW))
    assert (await person(rig, shop))["name"] == "Rosa del mercado"


async def test_who_is_removed_in_the_app_stays_here_with_all_that_was_said(rig: Rig, shop: Shop):
    await arrive(rig, shop, meta.inbound(shop, ROSA, "hola"))
    await book(rig, shop, entry("add", "Rosa Panadera", NOW))
    await book(rig, shop, entry("remove", None, NOW + 60))
    one = await person(rig, shop)
    assert (one["name"], one["removed_from_app_at"] is None) == ("Rosa Panadera", False)
    assert [m.body for m in await rig.messages(shop)] == ["hola"]
    async with rig.http.get(f"{rig.url}/contacts/{one['id']}?lang=es", headers=rig.bearer(shop)) as page:
        assert "Se quitó de los contactos de la app WhatsApp Business" in await page.text()
    # Saved again, they are back.
    await book(rig, shop, entry("add", "Rosa", NOW + 120))
    assert (await person(rig, shop))["removed_from_app_at"] is None


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_saving_editing_and_removing_end_the_same_in_any_order(rig: Rig, shop: Shop, order: tuple[int, ...]):
    await arrive(rig, shop, meta.inbound(shop, ROSA, "hola"))
    told = [entry("add", "Rosa", NOW), entry("add", "Rosa Panadera", NOW + 60), entry("remove", None, NOW + 120)]
    for one in (*order, *order):
        await book(rig, shop, told[one])
    await book(rig, shop, *(told[one] for one in order))
    one = await person(rig, shop)
    assert (one["name"], one["removed_from_app_at"] is None) == ("Rosa Panadera", False)


async def test_who_nobody_knows_is_not_made_a_contact_by_being_removed(rig: Rig, shop: Shop):
    await book(rig, shop, entry("remove", None, NOW), entry("remove", "Paco", NOW, PACO))
    assert await people(rig, shop) == []


async def test_every_entry_of_a_list_is_read_and_one_that_is_broken_harms_no_other(rig: Rig, shop: Shop):
    await book(
        rig,
        shop,
        entry("add", "Rosa Panadera", NOW),
        None,
        7,
        entry("archive", "Nadie", NOW, "34600555666"),
        entry({"a": 1}, "Nadie", "never", "34600555667"),
        {"type": "label", "action": "add", "label": {"name": "VIP"}},
        {"type": "contact", "action": "remove"},
        {"type": "contact", "action": "add", "contact": {"full_name": ["x"], "phone_number": {}}},
        entry("ADD", "Paco Frutero", "soon", PACO),
    )
    named = {one["name"] for one in await people(rig, shop)}
    assert {"Rosa Panadera", "Paco Frutero"} <= named
    kept = await rig.rows(shop, "select event from app.account_events where field = 'smb_app_state_sync'")
    assert "archive" in {row.event for row in kept}
    assert "34600555666" not in {one["phone"] for one in await people(rig, shop)}


async def test_a_removal_by_user_id_is_of_the_person_and_not_of_who_has_the_number_now(rig: Rig, shop: Shop):
    old, new = "ES.old0001", "ES.new0002"
    hers = {**meta.text(ROSA, "soy Rosa"), "from_user_id": old}
    his = {**meta.text(ROSA, "ahora es mío"), "from_user_id": new}
    for one in (hers, his):
        await arrive(rig, shop, meta.inbound_of(shop, one))
    await book(rig, shop, entry("remove", None, NOW, ROSA, user_id=old))
    rows = await rig.rows(
        shop,
        "select i.value, c.app_removed_at is not null as gone from app.contacts c join app.contact_identities i "
        "on i.business_id = c.business_id and i.contact_id = c.id where i.kind = 'bsuid'",
    )
    assert {row.value: row.gone for row in rows} == {old: True, new: False}


async def test_two_who_prove_to_be_one_keep_the_name_given_by_hand(rig: Rig, shop: Shop):
    await arrive(rig, shop, meta.inbound_of(shop, {**meta.text(ROSA, "hola"), "from_user_id": None}))
    await book(rig, shop, entry("add", "Rosa Panadera", NOW))
    user_id = "ES.rosa0001"
    hidden = meta.text(ROSA, "soy yo")
    del hidden["from"]
    await arrive(rig, shop, meta.inbound_of(shop, {**hidden, "from_user_id": user_id}))
    other = next(one for one in await people(rig, shop) if one["name"] is None)
    await patch(rig, shop, other, name="Rosa, la de siempre")
    both = {**meta.text(ROSA, "las dos soy yo"), "from_user_id": user_id}
    await arrive(rig, shop, meta.inbound_of(shop, both))
    await book(rig, shop, entry("add", "Rosa Pastelera", NOW + 60))
    assert (await person(rig, shop))["name"] == "Rosa, la de siempre"


# --- echoes ---------------------------------------------------------------------------------------


async def test_every_echo_of_a_list_is_stored_and_one_that_is_broken_harms_no_other(rig: Rig, shop: Shop):
    ours = shop.display.replace(" ", "").strip("+")
    echoes = [
        {**meta.text(ours, "uno", at=NOW), "to": ROSA},
        None,
        {"type": {"a": 1}, "to": [], "timestamp": "never"},
        {**meta.text(ours, "", at=NOW + 1), "to": PACO, "type": "hologram", "hologram": {"of": "tomorrow"}},
        {**meta.text(ours, "dos", at=NOW + 2), "to": PACO},
    ]
    await arrive(rig, shop, meta.envelope(shop.waba_id, value(shop, message_echoes=echoes), field="smb_message_echoes"))
    sent = await rig.messages(shop, "out")
    assert {"uno", "dos"} <= {m.body for m in sent}
    assert len(sent) == 4
