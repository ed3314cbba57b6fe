"""A number passes to somebody else: two people, two conversations, and nothing of the one reaches the other."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_people import NOW, PACO, ROSA, arrive, bsuid, change, contacts, message, write

from builders import meta
from rig import Rig, Shop
from wacloud.modules.whatsapp.application.identify_contacts import Person, identify_contacts
from wacloud.modules.whatsapp.domain.identity import Sender


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


def system(kind: str, *, phone: str | None = None, user_id: str | None = None):
    """WhatsApp tells something about somebody."""
    said = message("", phone=phone, user_id=user_id)
    del said["text"]
    return {**said, "type": "system", "system": {"type": kind, "body": "prose"}}


async def test_the_new_owner_of_a_number_is_a_new_person_and_the_old_one_keeps_what_they_said(rig: Rig, shop: Shop):
    old, new = bsuid(), bsuid()
    await write(rig, shop, message("Mi DNI es 1234", phone=ROSA, user_id=old))
    await write(rig, shop, message("Hola, soy Borja", phone=ROSA, user_id=new), message("¿Estáis?", phone=ROSA))
    before, after = await contacts(rig, shop)
    assert (before.ids, before.phone) == ([f"bsuid:{old}"], None)
    assert (after.ids, after.phone) == ([f"bsuid:{new}", f"phone:{ROSA}", f"wa_id:{ROSA}"], ROSA)
    first, second, third = await rig.messages(shop)
    assert first.conversation_id != second.conversation_id == third.conversation_id


async def test_what_is_written_to_the_old_owner_does_not_go_to_the_number(rig: Rig, shop: Shop):
    old, new = bsuid(), bsuid()
    await write(rig, shop, message("Soy Ana", phone=ROSA, user_id=old), message("Soy Borja", phone=ROSA, user_id=new))
    # Nothing leaves, so that what is about to leave can be looked at.
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("update app.phone_numbers set state = 'held' where id = %s", (shop.number_id,))
    to = {}
    for question in await rig.messages(shop):
        _, answer = await rig.send(shop, question.conversation_id, "Para ti")
        async with rig.house.db.tenant(shop.business_id, read_only=True) as tx:
            [out] = await rig.house.whatsapp.deliveries.to_send(tx, [(shop.business_id, UUID(answer["message_id"]))])
        to[question.body] = (out.recipient_phone, out.recipient_bsuid)
    assert to == {"Soy Ana": (None, old), "Soy Borja": (ROSA, new)}


@pytest.mark.parametrize("together", [False, True], ids=["later", "in one body"])
async def test_a_late_message_of_the_old_owner_leaves_the_number_where_it_is(rig: Rig, shop: Shop, together):
    old, new = bsuid(), bsuid()
    said = [
        message("uno", phone=ROSA, user_id=old, at=NOW),
        message("dos", phone=ROSA, user_id=new, at=NOW + 9),
        message("tres", phone=ROSA, user_id=old, at=NOW + 3),
    ]
    if together:
        await arrive(rig, shop, meta.inbound_of(shop, *said))
    else:
        await write(rig, shop, *said)
    before, after = sorted(await contacts(rig, shop), key=lambda one: one.phone or "")
    assert (before.ids, before.phone) == ([f"bsuid:{old}"], None)
    assert (after.ids, after.phone) == ([f"bsuid:{new}", f"phone:{ROSA}", f"wa_id:{ROSA}"], ROSA)
    by_conversation: dict[UUID, list[str]] = {}
    for one in await rig.messages(shop):
        by_conversation.setdefault(one.conversation_id, []).append(one.body)
    assert sorted(by_conversation.values()) == [["dos"], ["uno", "tres"]]


async def test_every_way_to_write_the_number_passes_with_it(rig: Rig, shop: Shop):
    long, short = "5511987654321", "551187654321"
    old, new = bsuid(), bsuid()
    await write(rig, shop, message("uno", phone=long, user_id=old), message("dos", phone=short, user_id=new))
    await write(rig, shop, message("tres", phone=long), message("cuatro", phone=short))
    before, after = await contacts(rig, shop)
    assert before.ids == [f"bsuid:{old}"]
    assert after.ids == [f"bsuid:{new}", f"phone:{long}", f"wa_id:{short}", f"wa_id:{long}"]
    assert {m.body for m in await rig.messages(shop) if m.conversation_id} == {"uno", "dos", "tres", "cuatro"}


async def test_a_number_of_which_nothing_else_was_known_is_still_the_same_person(rig: Rig, shop: Shop):
    await write(rig, shop, message("uno", phone=ROSA), message("dos", phone=ROSA, user_id=bsuid()))
    assert len(await contacts(rig, shop)) == 1


async def test_a_new_id_told_after_it_was_first_used_joins_the_two(rig: Rig, shop: Shop):
    old, new = bsuid(), bsuid()
    await write(rig, shop, message("antes", phone=ROSA, user_id=old), message("después", phone=ROSA, user_id=new))
    assert len(await contacts(rig, shop)) == 2
    update = {"wa_id": ROSA, "user_id": {"previous": old, "current": new}, "timestamp": str(NOW)}
    await change(rig, shop, "user_id_update", user_id_update=[update])
    [contact] = await contacts(rig, shop)
    assert contact.phone == ROSA
    assert len({m.conversation_id for m in await rig.messages(shop)}) == 1


@pytest.mark.parametrize("shows", ["old", "new", "none"])
async def test_a_changed_id_told_by_a_system_message_is_the_same_person_under_whichever_id_it_comes(
    rig: Rig, shop: Shop, shows
):
    ids = {"old": bsuid(), "new": bsuid(), "none": None}
    await write(rig, shop, message("antes", phone=ROSA, user_id=ids["old"]))
    told = system("user_changed_user_id", phone=ROSA, user_id=ids[shows])
    told["system"] |= {"user_id": ids["new"]}
    await write(rig, shop, told, message("después", phone=ROSA, user_id=ids["new"]))
    [contact] = await contacts(rig, shop)
    assert {f"bsuid:{ids['old']}", f"bsuid:{ids['new']}"} <= set(contact.ids)


async def test_a_person_with_a_new_number_is_reached_there_and_the_next_owner_of_the_old_one_is_not_them(
    rig: Rig, shop: Shop
):
    old, new, stranger = bsuid(), bsuid(), bsuid()
    await write(rig, shop, message("antes", phone=ROSA, user_id=old))
    told = system("user_changed_number", phone=ROSA, user_id=old)
    told["system"] |= {"wa_id": PACO, "user_id": new}
    await write(rig, shop, told)
    [contact] = await contacts(rig, shop)
    assert contact.phone == PACO
    await write(rig, shop, message("soy otra", phone=ROSA, user_id=stranger))
    await write(rig, shop, message("sigo aquí", phone=PACO, user_id=new))
    person, other = await contacts(rig, shop)
    assert (person.phone, other.phone) == (PACO, ROSA)
    assert set(person.ids) == {f"bsuid:{old}", f"bsuid:{new}", f"phone:{PACO}", f"wa_id:{PACO}"}


async def test_a_new_security_code_does_not_say_that_a_new_owner_is_the_old_one(rig: Rig, shop: Shop):
    old, new = bsuid(), bsuid()
    await write(rig, shop, message("antes", phone=ROSA, user_id=old))
    await write(rig, shop, system("customer_identity_changed", phone=ROSA, user_id=new))
    assert len(await contacts(rig, shop)) == 2


# ---- whatever happens to numbers, people stay who they are

PEOPLE, NUMBERS = 4, 3


@dataclass(slots=True)
class Town:
    """People with an id each, and numbers that pass between them."""

    holder: dict[int, int] = field(default_factory=dict)
    word: str = field(default_factory=lambda: bsuid()[3:])

    def sender(self, person: int, number: int | None) -> Sender:
        wa_id = None if number is None else self.number(number)
        return Sender(wa_id=wa_id, bsuid=f"ES.{self.word}{person}")

    def number(self, number: int) -> str:
        # Letters, so that numbers of one example are no phones of another.
        return f"{self.word}-{number}"


# Somebody writes, with or without the number they hold; a number given is first taken from whoever had it.
STEP = st.tuples(st.integers(0, PEOPLE - 1), st.none() | st.integers(0, NUMBERS - 1))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, min_size=1, max_size=10), st.integers(1, 10))
async def test_one_id_is_one_person_in_whatever_batches_and_a_number_leads_to_who_had_it_last(rig: Rig, steps, size):
    shop = await shop_of_this_test(rig)
    town = Town()
    # A number somebody lost does not come back to them: with a number a person gets a new id.
    lost: set[tuple[int, int]] = set()
    told: list[Sender] = []
    for person, wish in steps:
        number = None if wish is None or (person, wish) in lost else wish
        if number is not None:
            before = town.holder.get(number)
            if before not in (None, person):
                lost.add((before, number))
            town.holder[number] = person
        told.append(town.sender(person, number))
    met: dict[str, UUID] = {}
    for start in range(0, len(told), size):
        people: list[Person] = [(shop.business_id, sender) for sender in told[start : start + size]]
        async with rig.house.db.tenant(shop.business_id) as tx:
            found = await identify_contacts(rig.house.whatsapp, tx, people)
        for (_, sender), contact_id in found.items():
            assert sender.bsuid is not None
            assert met.setdefault(sender.bsuid, contact_id) == contact_id
    assert len(set(met.values())) == len(met)
    for number, person in town.holder.items():
        who: Person = (shop.business_id, Sender(wa_id=town.number(number)))
        async with rig.house.db.tenant(shop.business_id) as tx:
            found = await identify_contacts(rig.house.whatsapp, tx, [who])
        holders_since = [one for one in told if one.wa_id == town.number(number)]
        assert found[who] in {met[one.bsuid or ""] for one in holders_since}
        if met_in_order(told, number):
            assert found[who] == met[town.sender(person, None).bsuid or ""]


def met_in_order(told: list[Sender], number: int) -> bool:
    """Whether each new holder of the number was first met after the one before."""
    first: dict[str | None, int] = {}
    for place, one in enumerate(told):
        first.setdefault(one.bsuid, place)
    holders = [one.bsuid for one in told if one.wa_id is not None and one.wa_id.endswith(f"-{number}")]
    return [first[one] for one in holders] == sorted(first[one] for one in holders)


SHOPS: list[Shop] = []


async def shop_of_this_test(rig: Rig) -> Shop:
    if not SHOPS:
        SHOPS.append(await rig.shop(enabled=False))
    return SHOPS[0]
