"""A person is found by any of their ids, and variants of one phone meet in one key."""

import pytest

from wacloud.modules.whatsapp.domain.identity import NOBODY, IdentityKey, Sender
from wacloud.shared.domain.phone import canonical_phone, country_of_phone, display_phone, e164

SAME_PERSON = [
    pytest.param(["5511987654321", "551187654321", "+55 (11) 98765-4321"], "5511987654321", id="BR mobile"),
    pytest.param(["5531999887766", "553199887766"], "5531999887766", id="BR mobile outside Sao Paulo"),
    pytest.param(["551133445566"], "551133445566", id="BR landline gets no ninth digit"),
    pytest.param(["5511933445566"], "5511933445566", id="BR mobile that looks like a landline with a 9"),
    pytest.param(["5215512345678", "525512345678"], "525512345678", id="MX capital"),
    pytest.param(["5219981234567", "529981234567"], "529981234567", id="MX three-digit area"),
    pytest.param(
        ["5491123456789", "541123456789", "54111523456789", "549111523456789", "5401123456789"],
        "5491123456789",
        id="AR two-digit area and the 15",
    ),
    pytest.param(["5493514512345", "543514512345", "54351154512345"], "5493514512345", id="AR three digits"),
    pytest.param(["5492966123456", "542966123456", "54296615123456"], "5492966123456", id="AR four digits"),
    pytest.param(["34600000001", "+34 600 00 00 01"], "34600000001", id="ES has no variants"),
    pytest.param(["521551234567"], "521551234567", id="MX too short to say"),
]


@pytest.mark.parametrize(("variants", "canonical"), SAME_PERSON)
def test_variants_of_a_phone_share_one_canonical_form(variants: list[str], canonical: str) -> None:
    assert {canonical_phone(variant) for variant in variants} == {canonical}
    assert canonical_phone(canonical) == canonical


@pytest.mark.parametrize(("variants", "canonical"), [case for case in SAME_PERSON if len(case.values[0]) > 1])
def test_variants_of_a_phone_find_one_contact(variants: list[str], canonical: str) -> None:
    for variant in variants:
        keys = Sender.identified(address=variant).keys()
        assert IdentityKey("phone", canonical) in keys


def test_a_brazilian_mobile_and_the_landline_of_its_last_digits_are_two_people() -> None:
    assert canonical_phone("5511933445566") != canonical_phone("551133445566")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"address": "34600000001"}, Sender(wa_id="34600000001")),
        ({"address": "+34 600-00-00-01"}, Sender(wa_id="34600000001")),
        ({"address": "ES.9f3k"}, Sender(bsuid="ES.9f3k")),
        ({"address": "ES.9f3k", "user_id": "ES.9f3k"}, Sender(bsuid="ES.9f3k")),
        ({"address": "ES.other", "user_id": "ES.9f3k"}, Sender(bsuid="ES.9f3k")),
        ({"address": "ES.ENT.77"}, Sender(parent_bsuid="ES.ENT.77")),
        ({"user_id": "ES.ENT.77", "parent_user_id": "ES.ENT.78"}, Sender(parent_bsuid="ES.ENT.78")),
        ({"user_id": "34600000001"}, Sender(wa_id="34600000001")),
        ({"user_id": "whoever", "address": "34600000001"}, Sender(wa_id="34600000001")),
        ({"user_id": "ES.9f3k", "address": "34600000001"}, Sender(wa_id="34600000001", bsuid="ES.9f3k")),
        ({"address": "bla"}, Sender(wa_id="bla")),
        ({"address": "", "user_id": "", "parent_user_id": "", "username": "", "name": ""}, NOBODY),
        ({"address": "1", "username": "@rosa.bakes"}, Sender(wa_id="1", username="rosa.bakes")),
    ],
)
def test_ids_are_sorted_by_what_they_are(told: dict[str, str], expected: Sender) -> None:
    assert Sender.identified(**told) == expected


def test_keys_come_strongest_first_and_the_parent_last() -> None:
    person = Sender.identified(address="5215512345678", user_id="MX.a1", parent_user_id="MX.ENT.b2")
    assert person.keys() == (
        IdentityKey("bsuid", "MX.a1"),
        IdentityKey("wa_id", "5215512345678"),
        IdentityKey("phone", "525512345678"),
        IdentityKey("parent_bsuid", "MX.ENT.b2"),
    )


def test_what_is_no_phone_has_no_phone_key() -> None:
    for address in ("bla", "5678", "1" * 30):
        assert Sender.identified(address=address).keys() == (IdentityKey("wa_id", address),)


def test_nobody_is_not_known_even_with_a_name() -> None:
    assert not Sender(name="Kerry", username="kerry").is_known
    assert Sender(name="Kerry").keys() == ()
    assert Sender(parent_bsuid="ES.ENT.1").is_known


@pytest.mark.parametrize(
    ("person", "country"),
    [
        (Sender(wa_id="34600000001", bsuid="FR.1"), "ES"),
        (Sender(wa_id="551187654321"), "BR"),
        (Sender(wa_id="16505551234"), "US"),
        (Sender(wa_id="14165551234"), "CA"),
        (Sender(wa_id="77011234567"), "KZ"),
        (Sender(bsuid="fr.1"), "FR"),
        (Sender(parent_bsuid="DE.ENT.1"), "DE"),
        (Sender(wa_id="bla", bsuid="IT.1"), "IT"),
        (Sender(wa_id="99900000000"), None),
        (NOBODY, None),
    ],
)
def test_country_comes_from_the_phone_then_from_the_user_id(person: Sender, country: str | None) -> None:
    assert person.country == country


def test_a_second_view_of_a_person_fills_gaps_only() -> None:
    seen = Sender(wa_id="1", name="Ana").or_else(Sender(wa_id="2", bsuid="ES.1", name="Eva"))
    assert seen == Sender(wa_id="1", bsuid="ES.1", name="Ana")


@pytest.mark.parametrize(
    ("typed", "region", "expected"),
    [
        ("600 000 001", "ES", "+34600000001"),
        ("+34 600 00 00 01", None, "+34600000001"),
        ("0034600000001", "MX", "+34600000001"),
        ("34600000001", None, "+34600000001"),
        ("+52 1 55 1234 5678", None, "+525512345678"),
        ("011 15 2345-6789", "AR", "+5491123456789"),
        ("hola", "ES", None),
        ("12", "ES", None),
        ("", None, None),
    ],
)
def test_a_typed_number_becomes_e164_or_nothing(typed: str, region: str | None, expected: str | None) -> None:
    assert e164(typed, region) == expected


@pytest.mark.parametrize(
    ("digits", "shown"),
    [
        ("34600000001", "+34 600 00 00 01"),
        ("5215512345678", "+52 55 1234 5678"),
        ("bla", "bla"),
        ("99900000000", "+99900000000"),
    ],
)
def test_numbers_are_shown_the_way_people_write_them(digits: str, shown: str) -> None:
    assert display_phone(digits) == shown


def test_a_number_of_no_country_has_none() -> None:
    assert country_of_phone("870773111632") is None
    assert country_of_phone("") is None
