"""Codes for signing in: none is sent that is of no use any more, none that Meta refuses or that misleads."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from test_known_templates import button, faults, open_number
from test_known_templates import send as send_template
from test_message_templates import page
from test_template_sync import at_meta, sync

from rig import Rig, Shop, eventually
from wacloud.modules.whatsapp.application.dispatch_messages import DispatchMessages
from wacloud.modules.whatsapp.application.limits import Answer
from wacloud.modules.whatsapp.domain.delivery import may_be_sent_again
from wacloud.shared.application.jobs import Job, Outcome
from wacloud.shared.domain.errors import Fault
from wacloud.shared.ui.problems import rule_in_words

BODY = {"type": "BODY", "text": "*{{1}}* es tu código de verificación."}
BUTTONS = {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copiar código"}]}
MINUTES = {"type": "FOOTER", "code_expiration_minutes": 5}
AT = "template.components"


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


def values(read: str, copied: str | None = None) -> list[dict[str, Any]]:
    text = {"type": "body", "parameters": [{"type": "text", "text": read}]}
    return [text, button(0, "url", type="text", text=read if copied is None else copied)]


async def approved(rig: Rig, shop: Shop, *more: dict[str, Any]) -> None:
    at_meta(rig, shop, "codigo", category="AUTHENTICATION", components=[BODY, *more, BUTTONS])
    await sync(rig, shop)


async def sent(rig: Rig, shop: Shop) -> str:
    status, answer = await send_template(rig, shop, values("777888"), "codigo")
    assert status == 202, answer
    return str(answer["message_id"])


async def held(rig: Rig, shop: Shop) -> str:
    """One that waits for its number."""
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.phone_numbers set state = 'held', held_because = 'account_review' where business_id = %s",
            (shop.business_id,),
        )
    message_id = await sent(rig, shop)

    async def waits() -> bool:
        return str((await rig.one(shop, message_id)).reason).startswith("number_held")

    await eventually(waits)
    return message_id


async def good_for(rig: Rig, shop: Shop, message_id: str, more: timedelta) -> None:
    """Its code is good for so long from now on: nobody waits for minutes in a test."""
    age = rig.house.clock() - (await rig.one(shop, message_id)).created_at
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.message_templates set components = jsonb_set(components, '{1,code_expiration_minutes}', "
            "to_jsonb(%s::float8))",
            ((age + more) / timedelta(minutes=1),),
        )


async def hurried_to_its_end(rig: Rig, shop: Shop, message_id: str) -> None:
    async def has_failed() -> bool:
        await rig.hurry(shop)
        return bool((await rig.one(shop, message_id)).state == "failed")

    await eventually(has_failed)


async def is_over(rig: Rig, shop: Shop, message_id: str) -> None:
    row = await rig.becomes(shop, message_id, "failed")
    assert row.reason == "code_expired"
    assert rig.accepted(shop) == []


async def test_a_code_that_waited_for_longer_than_it_is_good_is_not_sent(rig: Rig, shop: Shop):
    await approved(rig, shop, MINUTES)
    message_id = await held(rig, shop)
    await good_for(rig, shop, message_id, timedelta())
    await open_number(rig, shop)
    await hurried_to_its_end(rig, shop, message_id)
    await is_over(rig, shop, message_id)


async def test_a_code_that_is_over_says_so_in_both_languages_in_the_ledger_and_to_programs(rig: Rig, shop: Shop):
    await approved(rig, shop, MINUTES)
    message_id = await held(rig, shop)
    await good_for(rig, shop, message_id, timedelta())
    await hurried_to_its_end(rig, shop, message_id)
    row = await rig.becomes(shop, message_id, "failed")
    _, spanish = await page(rig, shop, f"/inbox/{row.conversation_id}?lang=es")
    assert "el código ya no es válido: pide uno nuevo" in spanish
    _, english = await page(rig, shop, f"/inbox/{row.conversation_id}?lang=en")
    assert "its code is not good any more: ask for a new one" in english
    rows, _ = await rig.house.whatsapp.inbox.ledger_rows(
        shop.business_id, group="outbound", state="failed", reason="code_expired"
    )
    assert [str(one.id) for one in rows] == [message_id]
    async with rig.http.get(f"{rig.url}/api/whatsapp/ledger", headers=rig.bearer(shop)) as answer:
        told = await answer.json()
    assert told["reasons"]["failed"] == {"code_expired": 1}


async def test_a_code_that_has_to_wait_for_longer_than_it_is_good_ends_at_once(rig: Rig, shop: Shop):
    await approved(rig, shop, MINUTES)
    rig.misbehave(shop, times=None, error_code=133015)  # again in five minutes
    await is_over(rig, shop, await sent(rig, shop))


async def test_a_code_that_says_nothing_is_good_for_as_long_as_meta_would_try(rig: Rig, shop: Shop):
    await approved(rig, shop)
    rig.misbehave(shop, times=1, error_code=133015)
    waiting = await sent(rig, shop)

    async def waits() -> bool:
        row = await rig.one(shop, waiting)
        return (row.state, row.reason) == ("queued", "meta:133015")

    await eventually(waits)
    rig.misbehave(shop, times=None, error_code=134101)  # again in ten minutes
    await hurried_to_its_end(rig, shop, waiting)
    await is_over(rig, shop, waiting)


async def test_a_code_is_looked_at_again_when_its_turn_has_come(rig: Rig, shop: Shop):
    await approved(rig, shop, MINUTES)
    message_id = await held(rig, shop)
    await open_number(rig, shop)
    await good_for(rig, shop, message_id, timedelta(seconds=0.5))
    job = Job(
        0, "whatsapp.dispatch_message", "send", shop.business_id, {"message_id": message_id}, 1, 1, 8, rig.house.clock()
    )
    ended: list[Outcome] = []
    dispatch = DispatchMessages(replace(rig.house.whatsapp, throttle=Slow()))
    await dispatch([job], lambda _, outcome: ended.append(outcome))
    assert len(ended) == 1
    await is_over(rig, shop, message_id)


class Slow:
    """Limits that let each leave somewhat later."""

    async def ask(self, wishes: Any) -> list[Answer]:
        return [Answer(timedelta(seconds=0.8), True, None, str(uuid4())) for _ in wishes]


def test_a_code_that_is_over_is_not_offered_again():
    assert not may_be_sent_again("failed", None, "code_expired")


async def test_a_code_that_is_good_is_sent(rig: Rig, shop: Shop):
    await approved(rig, shop, MINUTES)
    await rig.becomes(shop, UUID(await sent(rig, shop)), "sent", "delivered", "read")


WRONG = [
    (
        values("1234567890123456"),
        [(f"{AT}.0.parameters.0.text", "text_too_long", 15), (f"{AT}.1.parameters.0.text", "text_too_long", 15)],
    ),
    (values("1", "2"), [(f"{AT}.1.parameters.0.text", "code_differs", None)]),
]


@pytest.mark.parametrize(("given", "wrong"), WRONG, ids=["too long", "another on the button"])
async def test_a_code_meta_refuses_or_that_misleads_is_refused(rig: Rig, shop: Shop, given: Any, wrong: Any):
    await approved(rig, shop)
    status, answer = await send_template(rig, shop, given, "codigo")
    assert (status, faults(answer)) == (422, wrong)


async def test_a_code_of_a_template_we_have_not_read_is_looked_at_where_the_sender_says_what_it_is(
    rig: Rig, shop: Shop
):
    given, wrong = WRONG[1]
    status, answer = await send_template(rig, shop, given, "codigo", category="authentication")
    assert (status, faults(answer)) == (422, wrong)


def test_a_code_that_differs_is_told_in_spanish():
    told = rule_in_words(Fault("template.components.1.parameters.0.text", "code_differs"), "es")
    assert told == "El código del botón tiene que ser el del texto."
