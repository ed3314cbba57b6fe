"""A business with several WhatsApp accounts says for which a template is, and sees whose each is."""

from typing import Any

import pytest
from test_message_templates import ask, page
from test_template_sync import account, at_meta, sync

from rig import Rig, Shop
from wacloud.modules.whatsapp.ui.template_bodies import PICKUP
from wacloud.twins.graph.world import Number, Waba


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def second(rig: Rig, shop: Shop) -> Waba:
    """Another account of the same business, with a number that is connected."""
    digits = f"9{shop.waba_id[-9:]}"
    made = Waba(
        waba_id=f"88{digits}",
        name="Segunda",
        access_token=account(rig, shop).access_token,
        numbers=[Number(phone_number_id=f"77{digits}", display_phone_number=f"+34 {digits}", verified_name="Dos")],
    )
    rig.twin.twin.world.wabas.append(made)
    rig.twin.twin.access.learn()
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "insert into app.whatsapp_accounts (business_id, waba_id, name) values (%s, %s, 'Segunda')",
            (shop.business_id, made.waba_id),
        )
        await tx.execute(
            "insert into app.phone_numbers (business_id, id, waba_id, phone_number_id, display_phone_number, "
            "access_token, throughput) select business_id, gen_random_uuid(), %s, %s, %s, access_token, 80 "
            "from app.phone_numbers where business_id = %s",
            (made.waba_id, made.numbers[0].phone_number_id, made.numbers[0].display_phone_number, shop.business_id),
        )
    return made


def names(page: dict[str, Any]) -> set[str]:
    return {one["name"] for one in page["templates"]}


async def test_a_program_names_the_account_and_lists_by_it(rig: Rig, shop: Shop):
    other = await second(rig, shop)
    assert (await ask(rig, shop, "POST", "", {**PICKUP, "waba_id": other.waba_id}))[0] == 201
    assert [one.name for one in other.templates] == [PICKUP["name"]]
    assert account(rig, shop).templates == []
    at_meta(rig, shop, "de_la_primera")
    await sync(rig, shop)
    assert names((await ask(rig, shop, "GET"))[1]) == {PICKUP["name"], "de_la_primera"}
    assert names((await ask(rig, shop, "GET", f"?waba_id={other.waba_id}"))[1]) == {PICKUP["name"]}
    _, asked = await ask(rig, shop, "POST", "/sync")
    assert {one["name"] for one in asked["accounts"]} >= {"Segunda"}


async def test_a_program_that_names_no_account_is_asked_for_one(rig: Rig, shop: Shop):
    other = await second(rig, shop)
    status, refusal = await ask(rig, shop, "POST", "", PICKUP)
    assert (status, refusal["code"]) == (422, "account_not_named")
    assert account(rig, shop).templates == other.templates == []


async def test_the_form_offers_the_accounts_and_the_list_says_whose_each_is(rig: Rig, shop: Shop):
    other = await second(rig, shop)
    _, form = await page(rig, shop, "/templates/new")
    assert f'<option value="{other.waba_id}"' in form
    fields = {"name": "hola", "language": "es", "category": "UTILITY", "body": "Tu pedido ya está listo para recoger."}
    await page(rig, shop, "/templates", fields | {"waba_id": other.waba_id})
    assert [one.name for one in other.templates] == ["hola"]
    _, listed = await page(rig, shop, f"/templates?account={other.waba_id}")
    assert "hola" in listed
    assert '<p class="note">Segunda</p>' in listed
    _, none = await page(rig, shop, f"/templates?account={shop.waba_id}")
    assert 'class="shelf"' not in none


async def test_with_one_account_nobody_is_asked(rig: Rig, shop: Shop):
    _, form = await page(rig, shop, "/templates/new")
    assert 'name="waba_id"' not in form
