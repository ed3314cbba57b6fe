"""Message templates are read from Meta: every page, what changed, what is gone, and how each came to stand there."""

from typing import Any

import pytest

from rig import Rig, Shop, as_body, eventually
from wacloud.modules.whatsapp.application.sync_templates import sync_all_templates, sync_job, sync_templates
from wacloud.modules.whatsapp.domain.message_template import MetaAway
from wacloud.twins.graph import templates_endpoint
from wacloud.twins.graph.misbehave import Do, Match, Rule
from wacloud.twins.graph.world import Template, Waba

BODY = {"type": "BODY", "text": "Hola {{1}}, tu pedido ya está listo.", "example": {"body_text": [["Ana"]]}}


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


def account(rig: Rig, shop: Shop) -> Waba:
    return rig.twin.twin.access.wabas[shop.waba_id]


def at_meta(rig: Rig, shop: Shop, name: str, **more: Any) -> Template:
    """Meta has it; nobody was told."""
    said: dict[str, Any] = {"language": "es", "components": [BODY], **more}
    template = Template(name=name, id=rig.twin.twin.next_template_id(), **said)
    account(rig, shop).templates.append(template)
    return template


async def sync(rig: Rig, shop: Shop) -> None:
    await sync_templates(rig.house.message_templates, shop.business_id)


async def kept(rig: Rig, shop: Shop) -> dict[str, Any]:
    rows = await rig.rows(shop, "select * from app.message_templates")
    return {row.name: row for row in rows}


async def history(rig: Rig, shop: Shop, name: str) -> list[tuple[str, str | None, str | None]]:
    rows = await rig.rows(
        shop,
        "select c.what, c.before, c.after from app.message_template_changes c join app.message_templates t "
        "on t.business_id = c.business_id and t.id = c.template_id where t.name = %s order by c.id",
        (name,),
    )
    return [tuple(row) for row in rows]


async def test_all_pages_are_read(rig: Rig, shop: Shop):
    for n in range(230):
        at_meta(rig, shop, f"t{n}")
    await sync(rig, shop)
    found = await kept(rig, shop)
    assert len(found) == 230
    assert found["t229"].components == [BODY]
    assert (found["t0"].status, found["t0"].category, found["t0"].parameter_format) == (
        "APPROVED",
        "UTILITY",
        "POSITIONAL",
    )


async def test_one_that_is_gone_at_meta_is_marked_and_comes_back(rig: Rig, shop: Shop):
    template = at_meta(rig, shop, "vieja")
    await sync(rig, shop)
    account(rig, shop).templates.remove(template)
    await sync(rig, shop)
    assert (await kept(rig, shop))["vieja"].deleted_at is not None
    account(rig, shop).templates.append(template)
    await sync(rig, shop)
    assert (await kept(rig, shop))["vieja"].deleted_at is None
    assert [what for what, _, _ in await history(rig, shop, "vieja")].count("deleted") == 2


async def test_changes_of_status_category_quality_and_text_are_a_history(rig: Rig, shop: Shop):
    template = at_meta(rig, shop, "pedido", status="PENDING")
    await sync(rig, shop)
    template.status, template.category, template.quality = "REJECTED", "MARKETING", "RED"
    template.rejected_reason = "INCORRECT_CATEGORY"
    template.components = [{**BODY, "text": "Buenas {{1}}, tu pedido ya está listo."}]
    await sync(rig, shop)
    row = (await kept(rig, shop))["pedido"]
    assert (row.status, row.category, row.quality, row.reason) == ("REJECTED", "MARKETING", "RED", "INCORRECT_CATEGORY")
    told = await history(rig, shop, "pedido")
    assert ("status", None, "PENDING") in told
    assert ("status", "PENDING", "REJECTED") in told
    assert ("category", "UTILITY", "MARKETING") in told
    assert ("quality", "UNKNOWN", "RED") in told
    assert [what for what, _, _ in told].count("components") == 1


async def test_reading_what_did_not_change_changes_nothing(rig: Rig, shop: Shop):
    at_meta(rig, shop, "pedido")
    await sync(rig, shop)
    before = (await kept(rig, shop))["pedido"]
    steps = await history(rig, shop, "pedido")
    await sync(rig, shop)
    after = (await kept(rig, shop))["pedido"]
    assert (after.id, after.changed_at) == (before.id, before.changed_at)
    assert await history(rig, shop, "pedido") == steps


async def test_a_webhook_about_a_template_has_the_rest_of_it_read(rig: Rig, shop: Shop):
    template = at_meta(rig, shop, "nueva", status="PENDING")
    templates_endpoint.decide(rig.twin.twin, account(rig, shop), template, "APPROVED")

    async def read() -> bool:
        await rig.hurry(shop)
        row = (await kept(rig, shop)).get("nueva")
        return row is not None and row.components == [BODY] and row.status == "APPROVED"

    await eventually(read)


async def test_a_list_that_cannot_be_read_deletes_nothing(rig: Rig, shop: Shop):
    for n in range(120):
        at_meta(rig, shop, f"t{n}")
    await sync(rig, shop)
    rule = Rule(do=Do(error_code=2), match=Match(kind="templates", phone_number_id=shop.waba_id), times=1)
    rig.twin.twin.misbehaviour.add(rule)
    with pytest.raises(MetaAway):
        await sync(rig, shop)
    assert not [name for name, row in (await kept(rig, shop)).items() if row.deleted_at]
    [state] = await rig.rows(shop, "select templates_trouble from app.whatsapp_accounts")
    assert state.templates_trouble == "meta_away"
    await sync(rig, shop)
    [state] = await rig.rows(shop, "select templates_trouble from app.whatsapp_accounts")
    assert state.templates_trouble is None


async def test_while_meta_is_away_the_job_waits_and_reads_the_list_when_it_is_back(rig: Rig, shop: Shop):
    at_meta(rig, shop, "pedido")
    rule = Rule(do=Do(error_code=2), match=Match(kind="templates", phone_number_id=shop.waba_id), times=4)
    entry = rig.twin.twin.misbehaviour.add(rule)
    async with rig.house.db.tenant(shop.business_id) as tx:
        tx.queue(sync_job(shop.business_id))

    async def read():
        await rig.hurry(shop)
        return await kept(rig, shop)

    assert set(await eventually(read)) == {"pedido"}
    assert entry.applied == 4


async def test_without_access_the_list_stays_as_it_was_and_it_is_told_why(rig: Rig, shop: Shop):
    at_meta(rig, shop, "pedido")
    await sync(rig, shop)
    rule = Rule(do=Do(error_code=190), match=Match(kind="templates", phone_number_id=shop.waba_id), times=1)
    rig.twin.twin.misbehaviour.add(rule)
    await sync(rig, shop)
    [state] = await rig.rows(shop, "select templates_trouble, templates_synced_at from app.whatsapp_accounts")
    assert state.templates_trouble == "meta_refused"
    assert state.templates_synced_at is not None
    assert (await kept(rig, shop))["pedido"].deleted_at is None


async def test_every_day_each_business_is_read_and_one_job_waits_for_it(rig: Rig, shop: Shop):
    at_meta(rig, shop, "pedido")
    assert await sync_all_templates(rig.house.whatsapp) >= 1

    async def read() -> bool:
        return "pedido" in await kept(rig, shop)

    await eventually(read)


async def test_another_business_sees_none_of_it(rig: Rig, shop: Shop):
    at_meta(rig, shop, "pedido")
    await sync(rig, shop)
    other = await rig.shop(enabled=False)
    assert await rig.rows(other, "select 1 from app.message_templates") == []
    assert await rig.rows(other, "select 1 from app.message_template_changes") == []


async def test_a_text_changed_at_meta_is_stale_until_it_is_read(rig: Rig, shop: Shop):
    template = at_meta(rig, shop, "pedido")
    await sync(rig, shop)
    template.components = [{"type": "BODY", "text": "Otro texto"}]
    value = {
        "message_template_id": int(template.id),
        "message_template_name": "pedido",
        "message_template_language": "es",
        "message_template_element": "Otro texto",
    }
    change = {"field": "message_template_components_update", "value": value}
    entry = {"id": shop.waba_id, "time": 1_790_000_000, "changes": [change]}
    await rig.post(as_body({"object": "whatsapp_business_account", "entry": [entry]}))

    async def read() -> bool:
        await rig.hurry(shop)
        row = (await kept(rig, shop))["pedido"]
        return row.components == template.components and not row.is_stale

    await eventually(read)
