"""The bot's turn: one answer to everything that waits, or a person, never both, never two."""

import asyncio
import random
import re
import time
from collections import defaultdict
from datetime import timedelta

import pytest

from builders import meta
from builders.thinking import Thinking, new_messages
from rig import Rig, Shop, as_body, eventually
from wacloud.main.wiring import Swaps, open_house
from wacloud.main.worker import Worker
from wacloud.modules.bot.application.knowledge import index_knowledge
from wacloud.modules.bot.application.model import ModelReply
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.whatsapp.application.mend import wake_stale_mailboxes
from wacloud.modules.whatsapp.application.take_over import give_back, take_over
from wacloud.shared.application.jobs import Lane, NewJob

ROSA, PACO = "34600111222", "34600333444"


async def writes(rig: Rig, shop: Shop, body: str, wa_id: str = ROSA, **more) -> None:
    assert await rig.post(as_body(meta.inbound(shop, wa_id, body, **more))) == 200


async def has_stored(rig: Rig, shop: Shop, number: int) -> None:
    async def look():
        return (await rig.ledger(shop)).inbound["stored"] >= number

    await eventually(look)


async def turns(rig: Rig, shop: Shop):
    return await rig.rows(
        shop, "select * from app.bot_turns where business_id = %s order by decided_at, id", (shop.business_id,)
    )


def ends(messages) -> set[tuple[str, str | None]]:
    return {(message.state, message.reason) for message in messages}


async def test_a_burst_of_four_messages_gets_one_answer_to_all_four(rig: Rig):
    shop = await rig.shop(quiet_ms=600)
    thinking = Thinking()
    thinking.let_go.set()
    rig.says(shop, thinking)
    for word in ("uno", "dos", "tres", "cuatro"):
        await writes(rig, shop, word)
        await asyncio.sleep(0.15)
    await rig.settled(shop, webhooks=4)
    assert rig.accepted(shop) == ["Sobre uno, dos, tres, cuatro"]
    [reply] = await rig.messages(shop, "out")
    assert {(m.state, m.answered_by) for m in await rig.messages(shop)} == {("answered", reply.id)}


async def test_four_messages_in_one_body_get_one_answer(rig: Rig):
    shop = await rig.shop(quiet_ms=200)
    thinking = Thinking()
    thinking.let_go.set()
    rig.says(shop, thinking)
    messages = [meta.text(ROSA, word) for word in ("uno", "dos", "tres", "cuatro")]
    await rig.post(as_body(meta.envelope(shop.waba_id, meta.value(shop.phone_number_id, messages=messages))))
    await rig.settled(shop, webhooks=1)
    assert rig.accepted(shop) == ["Sobre uno, dos, tres, cuatro"]
    assert thinking.questions == ["uno, dos, tres, cuatro"]


async def test_text_that_comes_while_the_model_thinks_restarts_the_draft(rig: Rig):
    shop = await rig.shop()
    thinking = Thinking()
    rig.says(shop, thinking)
    await writes(rig, shop, "¿Tenéis tarta?")
    await thinking.asked()
    await writes(rig, shop, "De queso, digo.")
    await has_stored(rig, shop, 2)
    thinking.let_go.set()
    await rig.settled(shop, webhooks=2)
    assert rig.accepted(shop) == ["Sobre ¿Tenéis tarta?, De queso, digo."]
    [turn] = await turns(rig, shop)
    assert (turn.message_count, turn.detail["drafts"]) == (2, 2)


async def test_whoever_never_stops_writing_gets_answers_all_the_same(rig: Rig):
    shop = await rig.shop()
    written = 1

    async def interrupted(prompt) -> str:
        nonlocal written
        if written < 7:
            written += 1
            await writes(rig, shop, f"mensaje {written}.")
            await has_stored(rig, shop, written)
        return f"Sobre {new_messages(prompt)}"

    rig.says(shop, interrupted)
    await writes(rig, shop, "mensaje 1.")
    await has_stored(rig, shop, 7)
    ledger = await rig.settled(shop, webhooks=7)
    assert ledger.inbound == {"stored": 7, "answered": 7, "handed_over": 0, "ignored": 0, "pending": 0}
    answered = [re.findall(r"\d", text) for text in rig.accepted(shop)]
    # Each message is answered once, in order; the third draft goes out even if it is late again.
    assert [n for numbers in answered for n in numbers] == list("1234567")
    assert len(answered) == len(await turns(rig, shop)) < 7


async def test_a_person_who_takes_over_while_the_model_thinks_silences_it(rig: Rig):
    shop = await rig.shop()
    thinking = Thinking()
    rig.says(shop, thinking)
    await writes(rig, shop, "¿Hay mesa?")
    await thinking.asked()
    [question] = await rig.messages(shop)
    await take_over(rig.house.whatsapp, shop.user_id, shop.business_id, question.conversation_id)
    thinking.let_go.set()
    await eventually(lambda: no_jobs(rig, shop))
    assert ends(await rig.messages(shop)) == {("handed_over", "taken_over")}
    assert await rig.messages(shop, "out") == []
    assert rig.accepted(shop) == []


async def no_jobs(rig: Rig, shop: Shop) -> bool:
    return not await rig.jobs(shop)


async def test_a_person_who_writes_while_the_model_thinks_is_the_only_one_heard(rig: Rig):
    shop = await rig.shop()
    thinking = Thinking()
    rig.says(shop, thinking)
    await writes(rig, shop, "¿Hay mesa?")
    await thinking.asked()
    [question] = await rig.messages(shop)
    status, _ = await rig.send(shop, question.conversation_id, "Sí, a las nueve.")
    assert status == 202
    thinking.let_go.set()
    await rig.settled(shop, webhooks=1)
    await eventually(lambda: no_jobs(rig, shop))
    assert rig.accepted(shop) == ["Sí, a las nueve."]
    assert ends(await rig.messages(shop)) == {("handed_over", "person_wrote")}


async def test_a_person_who_writes_in_the_phone_app_while_the_model_thinks_is_the_only_one_heard(rig: Rig):
    shop = await rig.shop()
    thinking = Thinking()
    rig.says(shop, thinking)
    await writes(rig, shop, "¿Hay mesa?")
    await thinking.asked()
    echo = {**meta.text(shop.display, "Sí, a las nueve."), "to": ROSA}
    change = meta.value(shop.phone_number_id, message_echoes=[echo])
    await rig.post(as_body(meta.envelope(shop.waba_id, change, field="smb_message_echoes")))
    await rig.settled(shop, webhooks=2)
    thinking.let_go.set()
    await eventually(lambda: no_jobs(rig, shop))
    assert rig.accepted(shop) == []
    assert ends(await rig.messages(shop)) == {("handed_over", "person_wrote")}
    [reply] = await rig.messages(shop, "out")
    assert (reply.author, reply.state, reply.handler) == ("phone_app", "sent", "person")


async def test_what_comes_after_a_person_took_over_waits_for_that_person(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    conversation = await rig.heard(shop)
    await take_over(rig.house.whatsapp, shop.user_id, shop.business_id, conversation)
    await writes(rig, shop, "¿Sigues ahí?")
    await rig.settled(shop, webhooks=2)
    assert (await rig.messages(shop))[-1].reason == "person_has_it"
    await give_back(rig.house.whatsapp, shop.user_id, shop.business_id, conversation)
    await writes(rig, shop, "¿Y el bot?")
    await rig.settled(shop, webhooks=3)
    assert (await rig.messages(shop))[-1].state == "answered"


async def test_what_nobody_answered_while_a_person_had_it_is_the_bots_when_it_is_given_back(rig: Rig):
    shop = await rig.shop()
    thinking = Thinking()
    thinking.let_go.set()
    rig.says(shop, thinking)
    conversation = await rig.heard(shop, at=time.time() - 60)
    await take_over(rig.house.whatsapp, shop.user_id, shop.business_id, conversation)
    await rig.send(shop, conversation, "Soy Marta, dime.")
    await writes(rig, shop, "¿Abrís mañana?")
    await writes(rig, shop, "Es para diez.")
    ledger = await rig.settled(shop, webhooks=3)
    assert ledger.handed_over_because == {"person_has_it": 2}
    await give_back(rig.house.whatsapp, shop.user_id, shop.business_id, conversation)
    ledger = await rig.settled(shop, webhooks=3)
    assert ledger.inbound == {"stored": 3, "answered": 3, "handed_over": 0, "ignored": 0, "pending": 0}
    assert rig.accepted(shop)[-1] == "Sobre ¿Abrís mañana?, Es para diez."


async def test_what_a_person_answered_is_not_answered_again_when_it_is_given_back(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    conversation = await rig.heard(shop)
    await take_over(rig.house.whatsapp, shop.user_id, shop.business_id, conversation)
    await writes(rig, shop, "¿Abrís mañana?")
    await rig.settled(shop, webhooks=2)
    await rig.send(shop, conversation, "Mañana no.")
    await rig.settled(shop, webhooks=2)
    await give_back(rig.house.whatsapp, shop.user_id, shop.business_id, conversation)
    await eventually(lambda: no_jobs(rig, shop))
    assert (await rig.messages(shop))[-1].reason == "person_has_it"
    assert rig.accepted(shop) == ["De acuerdo.", "Mañana no."]


async def test_what_is_given_back_after_a_day_stays_with_the_person_who_had_it(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    yesterday = time.time() - 25 * 3600
    conversation = await rig.heard(shop, at=yesterday)
    await take_over(rig.house.whatsapp, shop.user_id, shop.business_id, conversation)
    await writes(rig, shop, "¿Sigues ahí?", at=yesterday + 60)
    await rig.settled(shop, webhooks=2)
    await give_back(rig.house.whatsapp, shop.user_id, shop.business_id, conversation)
    await eventually(lambda: no_jobs(rig, shop))
    assert (await rig.messages(shop))[-1].reason == "person_has_it"
    assert rig.accepted(shop) == []


async def test_a_slow_model_holds_up_neither_webhooks_nor_other_turns(rig: Rig):
    slow, quick = await rig.shop(), await rig.shop()
    thinking = Thinking()
    rig.says(quick, "De acuerdo.")

    async def half_a_minute(prompt) -> str:
        thinking.questions.append(new_messages(prompt))
        if "lenta" in prompt.input:
            async with asyncio.timeout(30):
                await thinking.let_go.wait()
        return "Por fin."

    rig.says(slow, half_a_minute)
    await writes(rig, slow, "La pregunta lenta.")
    await thinking.asked()
    await writes(rig, quick, "¿Y yo?")
    await rig.settled(quick, webhooks=1)
    await writes(rig, slow, "¿Y yo, del mismo negocio?", PACO)
    await has_stored(rig, slow, 2)

    async def paco_has_his():
        return [m.state for m in await rig.messages(slow) if "mismo" in m.body] == ["answered"]

    await eventually(paco_has_his)
    assert [m.state for m in await rig.messages(slow) if "lenta" in m.body] == ["pending"]
    thinking.let_go.set()
    ledger = await rig.settled(slow, webhooks=2)
    assert ledger.inbound["answered"] == 2


async def test_with_the_model_away_the_faq_answers_and_the_record_says_so(rig: Rig):
    shop = await rig.shop(knowledge=[("¿A qué hora abrís?", "Abrimos a las nueve de la mañana.")])
    await index_knowledge(rig.house.knowledge, shop.business_id)
    await writes(rig, shop, "¿A qué hora abrís?")
    await rig.settled(shop, webhooks=1)
    assert rig.accepted(shop) == ["Abrimos a las nueve de la mañana."]
    [turn] = await turns(rig, shop)
    assert (turn.outcome, turn.source, turn.why) == ("answered", "knowledge", "model_unavailable_faq_match")
    assert turn.detail["model_error"] == "no script for this business"


async def test_without_any_answer_the_customer_is_told_once_and_a_person_is_called(rig: Rig):
    shop = await rig.shop()
    await writes(rig, shop, "¿Reparáis cohetes de dos etapas?")
    await rig.settled(shop, webhooks=1)
    await writes(rig, shop, "¿Y submarinos de bolsillo?")
    await rig.settled(shop, webhooks=2)
    assert rig.accepted(shop) == ["Te pasamos con una persona."]
    messages = await rig.messages(shop)
    assert ends(messages) == {("handed_over", "model_unavailable_no_match")}
    assert {m.handler for m in messages} == {"waiting"}
    assert [turn.source for turn in await turns(rig, shop)] == ["fallback", "fallback"]
    [row] = (await rig.house.whatsapp.inbox.page(shop.user_id, shop.business_id, show="waiting")).rows
    assert row.handed_over_because == "model_unavailable_no_match"


async def test_who_does_not_want_messages_gets_none(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    await writes(rig, shop, "hola")
    await rig.settled(shop, webhooks=1)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("update app.contacts set opted_out_at = now() where business_id = %s", (shop.business_id,))
    await writes(rig, shop, "¿Qué precio tiene?")
    await rig.settled(shop, webhooks=2)
    assert len(rig.accepted(shop)) == 1
    assert ends(await rig.messages(shop)) == {("answered", None), ("ignored", "opted_out")}


async def test_a_message_of_yesterday_is_handed_over_and_nothing_is_sent(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    await writes(rig, shop, "¿Abrís hoy?", at=time.time() - 25 * 3600)
    await rig.settled(shop, webhooks=1)
    assert ends(await rig.messages(shop)) == {("handed_over", "window_closed")}
    assert await rig.messages(shop, "out") == []
    assert rig.asked(shop) == []


async def test_with_the_bot_off_everything_is_handed_over(rig: Rig):
    shop = await rig.shop(enabled=False)
    rig.says(shop, "De acuerdo.")
    await writes(rig, shop, "¿Abrís hoy?")
    await rig.settled(shop, webhooks=1)
    [message] = await rig.messages(shop)
    assert (message.state, message.reason, message.handler) == ("handed_over", "bot_is_off", "waiting")
    assert await rig.messages(shop, "out") == []


async def test_a_photo_alone_is_for_a_person_and_the_customer_is_told(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    photo = {
        "from": ROSA,
        "id": meta.wamid(),
        "timestamp": str(int(time.time())),
        "type": "image",
        "image": {"id": "5550001", "mime_type": "image/jpeg", "sha256": "q0a="},
    }
    await rig.post(as_body(meta.envelope(shop.waba_id, meta.value(shop.phone_number_id, messages=[photo]))))
    await rig.settled(shop, webhooks=1)
    assert ends(await rig.messages(shop)) == {("handed_over", "cannot_read_media")}
    assert rig.accepted(shop) == ["Te pasamos con una persona."]
    assert rig.asked(shop) == []


async def test_the_record_of_a_turn_says_who_answered_why_and_what_it_cost(rig: Rig):
    shop = await rig.shop()

    async def ask(prompt):
        return ModelReply("Sí, claro.", "complete", "gpt-6-luna", Usage(1000, 50, 200), 12)

    rig.says(shop, ask)
    await writes(rig, shop, "¿Hacéis envíos?")
    await rig.settled(shop, webhooks=1)
    [turn], [reply], [question] = await turns(rig, shop), await rig.messages(shop, "out"), await rig.messages(shop)
    assert (turn.outcome, turn.source, turn.why, turn.model) == ("answered", "model", "model_answered", "gpt-6-luna")
    assert (turn.input_tokens, turn.output_tokens, turn.cached_tokens) == (1000, 50, 200)
    assert turn.message_id == reply.id == question.answered_by
    assert reply.turn_id == turn.id
    assert turn.opened_at <= turn.decided_at


async def test_a_draft_thrown_away_is_counted_with_its_tokens(rig: Rig):
    shop = await rig.shop()
    drafts = 0

    async def ask(prompt):
        nonlocal drafts
        drafts += 1
        if drafts == 1:
            await writes(rig, shop, "y otra cosa.")
            await has_stored(rig, shop, 2)
        return ModelReply("Sí, claro.", "complete", "gpt-6-luna", Usage(1000, 50, 200), 12)

    rig.says(shop, ask)
    await writes(rig, shop, "¿Hacéis envíos?")
    await rig.settled(shop, webhooks=2)
    [turn] = await turns(rig, shop)
    assert (turn.detail["drafts"], turn.input_tokens, turn.output_tokens) == (2, 2000, 100)


async def test_tokens_of_an_answer_that_a_person_forestalled_are_counted(rig: Rig):
    shop = await rig.shop()

    async def ask(prompt):
        [question] = await rig.messages(shop)
        await take_over(rig.house.whatsapp, shop.user_id, shop.business_id, question.conversation_id)
        return ModelReply("Sí, claro.", "complete", "gpt-6-luna", Usage(1000, 50, 200), 12)

    rig.says(shop, ask)
    await writes(rig, shop, "¿Hacéis envíos?")
    await rig.settled(shop, webhooks=1)
    await eventually(lambda: no_jobs(rig, shop))
    [turn] = await turns(rig, shop)
    assert (turn.outcome, turn.why, turn.message_id, turn.message_count) == ("handed_over", "person_wrote", None, 0)
    assert (turn.input_tokens, turn.output_tokens) == (1000, 50)
    assert rig.accepted(shop) == []


async def test_a_turn_run_twice_at_once_answers_once(rig: Rig):
    shop = await rig.shop()
    thinking = Thinking()
    rig.says(shop, thinking)
    await writes(rig, shop, "¿Hay mesa?")
    await thinking.asked()
    [question] = await rig.messages(shop)
    again = NewJob(
        kind="bot.answer_turn",
        lane=Lane.TURNS,
        business_id=shop.business_id,
        payload={"conversation_id": str(question.conversation_id)},
    )
    async with rig.house.db.tenant(shop.business_id) as tx:
        tx.queue(again, again)
    await thinking.asked(3)
    thinking.let_go.set()
    await rig.settled(shop, webhooks=1)
    await eventually(lambda: no_jobs(rig, shop))
    async with rig.house.db.tenant(shop.business_id) as tx:
        tx.queue(again)
    await eventually(lambda: no_jobs(rig, shop))
    assert rig.accepted(shop) == ["Sobre ¿Hay mesa?"]
    assert len(await turns(rig, shop)) == 1


async def test_what_is_edited_while_the_model_thinks_is_answered_as_edited(rig: Rig):
    shop = await rig.shop()
    thinking = Thinking()
    rig.says(shop, thinking)
    question = meta.text(ROSA, "Mesa para dos.")
    await rig.post(as_body(meta.envelope(shop.waba_id, meta.value(shop.phone_number_id, messages=[question]))))
    await thinking.asked()
    await rig.post(as_body(meta.inbound_of(shop, meta.edit(ROSA, question["id"], "Mesa para seis."))))
    await has_stored(rig, shop, 2)
    thinking.let_go.set()
    await rig.settled(shop, webhooks=2)
    assert rig.accepted(shop) == ["Sobre Mesa para seis."]


async def test_what_is_taken_back_while_the_model_thinks_is_not_answered(rig: Rig):
    shop = await rig.shop()
    thinking = Thinking()
    rig.says(shop, thinking)
    secret = meta.text(ROSA, "Mi clave es 1234.")
    messages = [meta.text(ROSA, "¿Abrís hoy?"), secret]
    await rig.post(as_body(meta.envelope(shop.waba_id, meta.value(shop.phone_number_id, messages=messages))))
    await thinking.asked()
    await rig.post(as_body(meta.inbound_of(shop, meta.revoke(ROSA, secret["id"]))))
    await has_stored(rig, shop, 3)
    thinking.let_go.set()
    await rig.settled(shop, webhooks=2)
    assert rig.accepted(shop) == ["Sobre ¿Abrís hoy?"]


async def test_a_turn_that_fails_at_every_try_ends_with_a_person(rig: Rig, monkeypatch):
    shop = await rig.shop()

    async def broken(prompt):
        raise ZeroDivisionError("a bug")

    rig.says(shop, broken)
    await writes(rig, shop, "¿Abrís hoy?")

    async def is_parked():
        await rig.hurry(shop)
        return [job.state for job in await rig.jobs(shop)] == ["parked"]

    await eventually(is_parked)
    monkeypatch.setattr("wacloud.modules.whatsapp.application.mend.STALE_AFTER", timedelta(seconds=-1))
    await wake_stale_mailboxes(rig.house.whatsapp)
    [message] = await rig.messages(shop)
    assert (message.state, message.reason, message.handler) == ("handed_over", "turn_failed", "waiting")


async def test_messages_nobody_was_told_of_are_found_and_answered(rig: Rig, monkeypatch):
    shop = await rig.shop()
    thinking = Thinking()
    rig.says(shop, thinking)
    await writes(rig, shop, "¿Abrís hoy?")
    await thinking.asked()
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("delete from app.jobs where business_id = %s", (shop.business_id,))
    thinking.questions.clear()
    monkeypatch.setattr("wacloud.modules.whatsapp.application.mend.STALE_AFTER", timedelta(seconds=-1))
    await wake_stale_mailboxes(rig.house.whatsapp)
    await thinking.asked()
    thinking.let_go.set()
    await rig.settled(shop, webhooks=1)
    assert rig.accepted(shop) == ["Sobre ¿Abrís hoy?"]


async def test_two_workers_answer_a_hundred_conversations_once_and_in_order(rig: Rig):
    shop = await rig.shop()

    async def say(prompt) -> str:
        await asyncio.sleep(random.random() / 50)
        return f"Sobre {new_messages(prompt)}"

    rig.says(shop, say)
    people = [f"3460{n:07}" for n in range(100)]
    start = time.time() - 10
    waves = [
        [as_body(meta.inbound(shop, person, f"mensaje {n}.", at=start + n)) for person in people] for n in (1, 2, 3)
    ]
    rig.house.db.taker = None  # what the first one stores, both have to claim
    async with open_house(rig.house.settings, Swaps(model=rig.model)) as second_house:
        second = Worker(second_house)
        working = asyncio.create_task(second.run())
        try:
            for wave in waves:
                random.shuffle(wave)
                assert set(await asyncio.gather(*(rig.post(body) for body in wave))) == {200}
            ledger = await rig.settled(shop, webhooks=300, seconds=60)
        finally:
            second.stop()
            await working
    assert ledger.inbound == {"stored": 300, "answered": 300, "handed_over": 0, "ignored": 0, "pending": 0}
    assert second.runner.finished > 0
    by_person = defaultdict(list)
    for text in rig.accepted_whole(shop):
        by_person[text["customer"]].append(text["text"])
    answers = list(by_person.values())
    assert len(answers) == 100
    assert {"".join(re.findall(r"\d", " ".join(texts))) for texts in answers} == {"123"}
    assert sum(map(len, answers)) == len(await turns(rig, shop))
    data = [text["callback_data"] for text in rig.accepted_whole(shop)]
    assert len(data) == len(set(data))


@pytest.mark.parametrize("word", ["ok", "👍"])
async def test_a_mere_nod_needs_no_answer(rig: Rig, word):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    await writes(rig, shop, word)
    await rig.settled(shop, webhooks=1)
    assert ends(await rig.messages(shop)) == {("ignored", "nothing_to_answer")}
    assert rig.accepted(shop) == []
