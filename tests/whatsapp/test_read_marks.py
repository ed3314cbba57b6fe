"""Blue ticks and "typing…": for what somebody has read, and where somebody is about to say something."""

from rig import Rig, Shop, as_body, eventually
from wacloud.twins.graph.threads import Bubble

ROSA = "34600111222"


async def phones(rig: Rig, shop: Shop, text: str | None = None, **message) -> Bubble:
    """Rosa writes on her phone: the twin has the message, and its ticks."""
    message = message or {"type": "text", "text": {"body": text}}
    body = {"phone_number_id": shop.phone_number_id, "customer": await rosa(rig), "message": message}
    async with rig.http.post(f"{rig.house.settings.meta_graph_url}/_twin/inbound", data=as_body(body)) as answer:
        assert answer.status == 200, await answer.text()
        bubble = rig.twin.twin.threads.find((await answer.json(content_type=None))["wamid"])
    assert bubble is not None
    return bubble


async def rosa(rig: Rig) -> str:
    customers = f"{rig.house.settings.meta_graph_url}/_twin/customers"
    async with rig.http.post(customers, data=as_body({"name": "Rosa", "wa_id": ROSA})) as answer:
        return str((await answer.json(content_type=None))["customer_id"])


async def page(rig: Rig, shop: Shop, path: str, **form) -> int:
    headers = {**rig.bearer(shop), "origin": rig.house.settings.base_url, "hx-request": "true"}
    async with rig.http.post(f"{rig.url}/inbox/{path}", data=form, headers=headers) as answer:
        return answer.status


async def becomes_read(bubble: Bubble) -> None:
    async def look():
        return bubble.status == "read"

    await eventually(look, 5)


async def test_who_is_answered_sees_that_it_was_read(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "A las nueve.")
    bubble = await phones(rig, shop, "¿A qué hora abrís?")
    await becomes_read(bubble)
    await rig.settled(shop, webhooks=1)


async def test_who_waits_for_a_person_sees_no_typing_that_leads_to_nothing(rig: Rig):
    shop = await rig.shop()
    first = await phones(rig, shop, "¿Reparáis relojes antiguos?")
    await becomes_read(first)
    await rig.settled(shop, webhooks=1)
    assert [message.handler for message in await rig.messages(shop)] == ["waiting"]
    second = await phones(rig, shop, "¿Y despertadores de péndulo?")
    await rig.settled(shop, webhooks=2)
    assert (second.status, second.thread.typing_until) == ("delivered", 0)
    assert len(rig.accepted(shop)) == 1


async def test_a_mere_nod_is_not_met_with_typing(rig: Rig):
    shop = await rig.shop()
    bubble = await phones(rig, shop, "vale")
    await rig.settled(shop, webhooks=1)
    assert (bubble.status, bubble.thread.typing_until) == ("delivered", 0)


async def test_a_person_who_opens_the_thread_gives_the_customer_blue_ticks(rig: Rig):
    shop = await rig.shop(enabled=False)
    bubble = await phones(rig, shop, "¿Hay alguien?")
    await rig.settled(shop, webhooks=1)
    assert bubble.status == "delivered"
    [message] = await rig.messages(shop)
    assert await page(rig, shop, f"{message.conversation_id}/seen") == 204
    await becomes_read(bubble)
    assert bubble.thread.typing_until == 0


async def test_a_person_who_replies_has_read_what_they_reply_to(rig: Rig):
    shop = await rig.shop(enabled=False)
    bubble = await phones(rig, shop, "¿Hay alguien?")
    await rig.settled(shop, webhooks=1)
    [message] = await rig.messages(shop)
    status, _ = await rig.send(shop, message.conversation_id, "Sí, dime.")
    assert status == 202
    await becomes_read(bubble)


async def test_a_page_opens_although_meta_does_not_answer(rig: Rig):
    shop = await rig.shop(enabled=False)
    bubble = await phones(rig, shop, "¿Hay alguien?")
    await rig.settled(shop, webhooks=1)
    [message] = await rig.messages(shop)
    rule = rig.misbehave(shop, kind="read", delay_ms=3000)
    assert await page(rig, shop, f"{message.conversation_id}/seen") == 204
    assert bubble.status == "delivered"
    await becomes_read(bubble)
    assert rule.applied == 1
