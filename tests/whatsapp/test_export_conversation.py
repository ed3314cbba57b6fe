"""A conversation as a file: everything in order, nothing of others, written down in the log."""

import csv
import io
import time
from uuid import UUID

from builders import meta
from rig import Rig, Shop, as_body

ROSA = "34600111222"


async def file(rig: Rig, shop: Shop, conversation: UUID, kind: str) -> tuple[int, str]:
    async with rig.http.get(f"{rig.url}/inbox/{conversation}/export.{kind}", headers=rig.bearer(shop)) as answer:
        return answer.status, await answer.text()


async def test_a_conversation_is_a_text_with_a_line_for_each_message(rig: Rig):
    shop = await rig.shop(enabled=False)
    at = time.time() - 60
    conversation = await rig.heard(shop, ROSA, at=at)
    wrong = "=cmd|' /C calc'!A0\nen dos líneas"
    assert await rig.post(as_body(meta.inbound(shop, ROSA, wrong, at=at + 10))) == 200
    await rig.settled(shop, webhooks=2)
    _, sent = await rig.send(shop, conversation, "Ya está")
    await rig.becomes(shop, UUID(sent["message_id"]), "delivered")
    status, text = await file(rig, shop, conversation, "txt")
    lines = text.splitlines()
    assert status == 200
    assert [line.partition("] ")[2] for line in lines] == [
        "Rosa: hola",
        "Rosa: =cmd|' /C calc'!A0",
        "",
        "Marta: Ya está",
    ]
    assert lines[2] == "en dos líneas"
    _, table = await file(rig, shop, conversation, "csv")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["direction"], row["author"], row["state"]) for row in rows] == [
        ("in", "Rosa", "handed_over"),
        ("in", "Rosa", "handed_over"),
        ("out", "Marta", "delivered"),
    ]
    assert rows[1]["text"] == "'" + wrong, "no spreadsheet takes it for a formula"
    log = await rig.rows(shop, "select action from app.audit_log where business_id = %s", (shop.business_id,))
    assert [row.action for row in log] == ["whatsapp.conversation_exported"] * 2


async def test_a_long_conversation_is_read_to_its_end(rig: Rig):
    shop = await rig.shop(enabled=False)
    at = time.time() - 5000
    many = [meta.text(ROSA, f"n{n}", at=at + n) for n in range(1203)]
    assert await rig.post(as_body(meta.inbound_of(shop, *many, contacts=[meta.contact(ROSA)]))) == 200
    await rig.settled(shop, webhooks=1)
    conversation = (await rig.messages(shop))[0].conversation_id
    _, table = await file(rig, shop, conversation, "csv")
    assert [row["text"] for row in csv.DictReader(io.StringIO(table))] == [f"n{n}" for n in range(1203)]


async def test_another_business_s_conversation_is_not_there(rig: Rig):
    shop, other = await rig.shop(enabled=False), await rig.shop(enabled=False)
    conversation = await rig.heard(shop, ROSA)
    for kind in ("txt", "csv"):
        assert (await file(rig, other, conversation, kind))[0] == 404
    log = await rig.rows(other, "select action from app.audit_log where business_id = %s", (other.business_id,))
    assert log == []


async def test_an_agent_may_not(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation = await rig.heard(shop, ROSA)
    async with rig.house.db.system("test: the owner is an agent now") as tx:
        await tx.execute("delete from app.members where business_id = %s", (shop.business_id,))
        await tx.execute(
            "insert into app.members (business_id, user_id, role) values (%s, %s, 'agent')",
            (shop.business_id, shop.user_id),
        )
    assert (await file(rig, shop, conversation, "txt"))[0] == 403
