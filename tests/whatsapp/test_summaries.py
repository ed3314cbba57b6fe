"""What was said longer ago than a model is told word for word: summed up beside the turns, carried on, forgotten."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from builders import meta
from builders.talking import ROSA, at_rest, sends, writes
from rig import Rig, Shop, eventually
from wacloud.modules.bot.application.model import ModelReply
from wacloud.modules.bot.application.summarise_conversation import SUMMARISE
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.whatsapp.application.erase_contact import erase_contact
from wacloud.modules.whatsapp.application.write_note import write_note
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import new_id

LONG_AGO = datetime.now(UTC) - timedelta(days=2)


def sums_up(prompt) -> bool:
    return "<said_since>" in prompt.input


def remembers(rig: Rig, shop: Shop, *summaries: str, usage: Usage | None = None) -> None:
    """The model answers "Vale, anotado." and sums up as told, the last one again and again."""
    left = list(summaries)

    async def answer(prompt) -> ModelReply:
        text = "Vale, anotado."
        if sums_up(prompt):
            text = left.pop(0) if len(left) > 1 else left[0]
        return ModelReply(text, "complete", "gpt-6-luna", usage, 1)

    rig.says(shop, answer)


async def talked(rig: Rig, shop: Shop, conversation_id, lines: int, begins: datetime = LONG_AGO, **more: str) -> None:
    """So many long lines were said before, in turns."""
    said = more.get("said", "palabras que se dijeron hace tiempo y que ocupan su sitio ") * 6
    async with rig.house.db.tenant(shop.business_id) as tx:
        for number in range(lines):
            theirs = number % 2 == 0
            await tx.execute(
                "insert into app.messages (business_id, id, created_at, conversation_id, direction, author, kind, "
                "body, content, state, sent_at) values (%s, %s, %s, %s, %s, %s, 'text', %s, '{}', %s, %s)",
                (
                    shop.business_id,
                    new_id(),
                    begins + timedelta(minutes=17 * number),
                    conversation_id,
                    "in" if theirs else "out",
                    "contact" if theirs else "member",
                    f"línea {number}: {said}",
                    "answered" if theirs else "sent",
                    begins + timedelta(minutes=17 * number),
                ),
            )


async def summaries(rig: Rig, shop: Shop):
    return await rig.rows(shop, "select * from app.conversation_summaries where business_id = %s", (shop.business_id,))


async def with_a_past(rig: Rig, shop: Shop, lines: int = 30):
    """A conversation with more behind it than is told word for word; returns its id."""
    await writes(rig, shop, "Hola, quería preguntar una cosa")
    await at_rest(rig, shop, 1)
    conversation_id = (await rig.messages(shop))[0].conversation_id
    await talked(rig, shop, conversation_id, lines)
    return conversation_id


async def test_what_falls_out_of_sight_is_summed_up_and_told_from_then_on(rig: Rig):
    shop = await rig.shop()
    remembers(rig, shop, "Rosa quiere una tarta para el 600111222.")
    conversation_id = await with_a_past(rig, shop)
    assert await summaries(rig, shop) == []
    await writes(rig, shop, "¿La tendréis lista?")
    await at_rest(rig, shop, 2)
    [kept] = await summaries(rig, shop)
    assert (kept.conversation_id, kept.text) == (conversation_id, "Rosa quiere una tarta para el 600111222.")
    [asked] = [prompt for prompt in rig.asked(shop) if sums_up(prompt)]
    assert "línea 0:" in asked.input
    assert "línea 29:" not in asked.input
    await writes(rig, shop, "Gracias, ¿y cuánto cuesta?")
    await at_rest(rig, shop, 3)
    # Told as material, before the words themselves, and without the number.
    told = rig.asked(shop)[-1]
    assert "<earlier>Rosa quiere una tarta para el [TELEFONO_1].</earlier>\n<conversation_so_far>" in told.input
    assert "tarta" not in told.instructions
    # Nothing new has fallen out: nothing is summed up again.
    assert len([prompt for prompt in rig.asked(shop) if sums_up(prompt)]) == 1


async def test_a_summary_is_carried_on_with_what_fell_out_since(rig: Rig):
    shop = await rig.shop()
    remembers(rig, shop, "Lo primero.", "Lo primero y lo segundo.")
    conversation_id = await with_a_past(rig, shop)
    await writes(rig, shop, "¿La tendréis lista?")
    await at_rest(rig, shop, 2)
    await talked(
        rig,
        shop,
        conversation_id,
        30,
        LONG_AGO + timedelta(days=1),
        said="más tarde, también, en otro sitio y de otras cosas ",
    )
    await writes(rig, shop, "¿Y ahora?")
    await at_rest(rig, shop, 3)
    [kept] = await summaries(rig, shop)
    assert kept.text == "Lo primero y lo segundo."
    _, second = [prompt for prompt in rig.asked(shop) if sums_up(prompt)]
    assert "<summary_so_far>\nLo primero.\n</summary_so_far>" in second.input
    assert "línea 0: palabras" not in second.input


async def test_what_a_summary_costs_is_counted_and_no_budget_means_no_summary(rig: Rig):
    shop = await rig.shop(budget_day_usd=Decimal("0.000001"))
    remembers(rig, shop, "Resumen.", usage=Usage(1000, 10))
    await with_a_past(rig, shop)
    [before] = await rig.rows(shop, "select * from app.bot_spending where business_id = %s", (shop.business_id,))
    assert before.cost_usd > 0
    await writes(rig, shop, "¿La tendréis lista?")
    await at_rest(rig, shop, 2)
    assert await summaries(rig, shop) == []
    rich = await rig.shop()
    remembers(rig, rich, "Resumen.", usage=Usage(1000, 10))
    await with_a_past(rig, rich)
    await writes(rig, rich, "¿La tendréis lista?")
    await at_rest(rig, rich, 2)
    [spent] = await rig.rows(rich, "select * from app.bot_spending where business_id = %s", (rich.business_id,))
    assert (spent.turns, spent.input_tokens) == (2, 3000)


async def test_a_summary_that_cannot_be_used_is_not_kept(rig: Rig):
    shop = await rig.shop()
    remembers(rig, shop, "Paga en https://evil.example/pago")
    await with_a_past(rig, shop)
    await writes(rig, shop, "¿La tendréis lista?")
    await at_rest(rig, shop, 2)
    assert [prompt for prompt in rig.asked(shop) if sums_up(prompt)]
    assert await summaries(rig, shop) == []


async def test_without_a_model_nothing_is_summed_up(rig: Rig):
    shop = await rig.shop()
    await with_a_past(rig, shop)
    await writes(rig, shop, "¿La tendréis lista?")
    await at_rest(rig, shop, 2)
    assert await summaries(rig, shop) == []


async def test_the_notes_of_the_team_are_in_no_summary(rig: Rig):
    shop = await rig.shop()
    remembers(rig, shop, "Resumen.")
    conversation_id = await with_a_past(rig, shop)
    await write_note(rig.house.whatsapp, shop.user_id, shop.business_id, conversation_id, "cliente pesadísimo")
    await writes(rig, shop, "¿La tendréis lista?")
    await at_rest(rig, shop, 2)
    assert await summaries(rig, shop)
    assert not [prompt for prompt in rig.asked(shop) if "pesadísimo" in prompt.input]


async def test_what_is_taken_back_is_not_remembered_in_other_words(rig: Rig):
    shop = await rig.shop()
    remembers(rig, shop, "Resumen.")
    await with_a_past(rig, shop)
    wamid = await writes(rig, shop, "¿La tendréis lista?")
    await at_rest(rig, shop, 2)
    assert await summaries(rig, shop)
    await sends(rig, shop, meta.revoke(ROSA, wamid))
    await at_rest(rig, shop, 3)
    assert await summaries(rig, shop) == []


async def test_a_summary_is_erased_with_the_contact_and_none_is_made_after(rig: Rig):
    shop = await rig.shop()
    remembers(rig, shop, "Resumen.")
    conversation_id = await with_a_past(rig, shop)
    await writes(rig, shop, "¿La tendréis lista?")
    await at_rest(rig, shop, 2)
    assert await summaries(rig, shop)
    [contact] = await rig.rows(shop, "select id from app.contacts where business_id = %s", (shop.business_id,))
    await erase_contact(rig.house.people, shop.user_id, shop.business_id, contact.id, Caller("127.0.0.1", "test"))
    await at_rest(rig, shop, 2)
    assert await summaries(rig, shop) == []
    assert not [job for job in await rig.jobs(shop) if job.kind == SUMMARISE]
    async with rig.house.db.tenant(shop.business_id) as tx:
        assert not await rig.house.whatsapp.mailboxes.with_whom(tx, shop.business_id, conversation_id, hold=True)


async def test_the_person_who_takes_over_reads_the_summary(rig: Rig):
    shop = await rig.shop()
    remembers(rig, shop, "Rosa quiere una tarta.")
    conversation_id = await with_a_past(rig, shop)
    await writes(rig, shop, "¿La tendréis lista?")
    await at_rest(rig, shop, 2)
    await writes(rig, shop, "Quiero hablar con una persona")
    await at_rest(rig, shop, 3)

    async def told():
        thread = await rig.house.whatsapp.inbox.thread(shop.user_id, shop.business_id, conversation_id)
        return thread.conversation.handed_over

    assert (await eventually(told)).summary == "Rosa quiere una tarta."
