"""When the bot answers and when it leaves it to people: hours, age, machines, limits, and the way back."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from builders import meta
from builders.talking import ALWAYS_OPEN, OTHER_DAYS, PACO, ROSA, at_rest, ends, sends, turns, writes
from rig import Rig, Shop, as_body
from wacloud.modules.bot.application.knowledge import index_knowledge
from wacloud.modules.whatsapp.application.close_conversation import close_conversation
from wacloud.modules.whatsapp.application.give_back_silent import give_back_silent
from wacloud.modules.whatsapp.application.inbox import HandedOver
from wacloud.modules.whatsapp.application.take_over import give_back, take_over

FAQ = [("¿A qué hora abrís?", "Abrimos a las nueve."), ("¿Hacéis envíos a domicilio?", "Sí, por 4,90 €.")]


def closed_until(days: int) -> dict:
    """A profile that opens in so many days at nine, and never before."""
    day = (datetime.now(UTC) + timedelta(days=days)).weekday()
    return {"hours": {OTHER_DAYS[day]: [["09:00", "14:00"]]}}


async def test_at_night_the_contact_is_told_once_when_people_are_back(rig: Rig):
    shop = await rig.shop(hours_policy="only_open", profile=closed_until(3), fallback="")
    rig.says(shop, "De acuerdo.")
    await writes(rig, shop, "¿Tenéis tarta de queso?")
    await at_rest(rig, shop, 1)
    await writes(rig, shop, "Es para mañana")
    await at_rest(rig, shop, 2)
    [told] = rig.accepted(shop)
    assert told.startswith("Ahora estamos cerrados; abrimos el ")
    assert "a las 9:00" in told
    messages = await rig.messages(shop)
    assert ends(messages) == {("handed_over", "closed_now")}
    assert {m.handler for m in messages} == {"waiting"}
    assert rig.asked(shop) == []


async def test_the_own_words_for_the_night_are_said_with_the_opening(rig: Rig):
    shop = await rig.shop(hours_policy="only_open", profile=closed_until(3), closed_text="Estamos durmiendo.")
    await writes(rig, shop, "¿Tenéis tarta de queso?")
    await at_rest(rig, shop, 1)
    [told] = rig.accepted(shop)
    assert told.startswith("Estamos durmiendo.\nAbrimos el ")


async def test_a_nod_at_night_needs_no_word(rig: Rig):
    shop = await rig.shop(hours_policy="only_open", profile=closed_until(3))
    await writes(rig, shop, "ok")
    await at_rest(rig, shop, 1)
    assert rig.accepted(shop) == []
    assert ends(await rig.messages(shop)) == {("ignored", "nothing_to_answer")}


async def test_the_bot_of_the_night_leaves_the_day_to_people(rig: Rig):
    shop = await rig.shop(hours_policy="only_closed", profile=ALWAYS_OPEN)
    rig.says(shop, "De acuerdo.")
    await writes(rig, shop, "¿Tenéis tarta de queso?")
    await at_rest(rig, shop, 1)
    assert rig.accepted(shop) == []
    assert ends(await rig.messages(shop)) == {("handed_over", "people_are_there")}


async def test_the_bot_of_the_night_answers_at_night(rig: Rig):
    shop = await rig.shop(hours_policy="only_closed", profile=closed_until(3))
    rig.says(shop, "De acuerdo.")
    await writes(rig, shop, "¿Tenéis tarta de queso?")
    await at_rest(rig, shop, 1)
    assert rig.accepted(shop) == ["De acuerdo."]


async def test_a_business_that_told_no_hours_is_answered_for_always(rig: Rig):
    shop = await rig.shop(hours_policy="only_open")
    rig.says(shop, "De acuerdo.")
    await writes(rig, shop, "¿Tenéis tarta de queso?")
    await at_rest(rig, shop, 1)
    assert rig.accepted(shop) == ["De acuerdo."]


async def test_what_waited_too_long_is_a_persons_and_what_is_new_is_answered(rig: Rig):
    shop = await rig.shop(too_old_hours=6)
    rig.says(shop, _echo)
    old = meta.text(ROSA, "¿Abrís hoy?", at=time.time() - 8 * 3600)
    new = meta.text(ROSA, "¿Y mañana?")
    await rig.post(as_body(meta.inbound_of(shop, old, new)))
    await at_rest(rig, shop, 1)
    first, second = await rig.messages(shop)
    assert (first.state, first.reason) == ("handed_over", "too_old")
    assert second.state == "answered"
    assert [(turn.outcome, turn.why) for turn in await turns(rig, shop)] == [
        ("handed_over", "too_old"),
        ("answered", "model_answered"),
    ]
    assert len(rig.accepted(shop)) == 1


async def _echo(prompt) -> str:
    return f"Sobre {prompt.input.count('customer: ')}"


async def test_what_all_waited_too_long_is_said_nothing_to(rig: Rig):
    shop = await rig.shop(too_old_hours=1)
    rig.says(shop, "De acuerdo.")
    await writes(rig, shop, "¿Abrís hoy?", at=time.time() - 2 * 3600)
    await at_rest(rig, shop, 1)
    assert rig.accepted(shop) == []
    [message] = await rig.messages(shop)
    assert (message.state, message.reason, message.handler) == ("handed_over", "too_old", "waiting")


async def test_two_machines_stop_after_one_exchange(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "¡Hola! ¿En qué te puedo ayudar?")
    for number in range(1, 6):
        await writes(rig, shop, "Gracias por contactar con Talleres Pepe. En breve le atenderemos.")
        await at_rest(rig, shop, number)
    assert len(rig.accepted(shop)) == 1
    last = (await rig.messages(shop))[-1]
    assert (last.state, last.reason, last.handler) == ("handed_over", "looks_like_a_bot", "waiting")
    assert [turn.why for turn in await turns(rig, shop)] == ["model_answered", *["looks_like_a_bot"] * 4]
    [row] = (await rig.house.whatsapp.inbox.page(shop.user_id, shop.business_id, show="waiting")).rows
    assert row.handed_over_because == "looks_like_a_bot"


async def test_who_asks_the_same_again_and_again_hears_once_and_last_who_goes_on(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    for number in range(1, 6):
        await writes(rig, shop, "¿Cuándo traéis las ruedas?")
        await at_rest(rig, shop, number)
        await asyncio.sleep(1.1)  # Meta tells whole seconds
    said = rig.accepted(shop)
    assert "te dejo con una persona" in said[-1]
    assert [text for text in said if "te dejo con una persona" in text] == said[-1:]
    assert set(said[:-1]) == {"De acuerdo."}
    last = (await rig.messages(shop))[-1]
    assert (last.reason, last.handler) == ("looks_like_a_bot", "waiting")


async def test_a_machine_stays_one_until_somebody_gives_the_conversation_back(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    for number in range(1, 4):
        await writes(rig, shop, "Gracias por contactar con Talleres Pepe. En breve le atenderemos.")
        await at_rest(rig, shop, number)
    await writes(rig, shop, "¿Tenéis ruedas?")
    await at_rest(rig, shop, 4)
    last = (await rig.messages(shop))[-1]
    assert last.reason == "looks_like_a_bot"
    await give_back(rig.house.whatsapp, shop.user_id, shop.business_id, last.conversation_id)
    await writes(rig, shop, "¿Tenéis ruedas de invierno?")
    await at_rest(rig, shop, 5)
    assert (await rig.messages(shop))[-1].state == "answered"


async def test_after_the_days_replies_a_person_goes_on(rig: Rig):
    shop = await rig.shop(replies_per_day=3)
    rig.says(shop, "De acuerdo.")
    for number, thing in enumerate(("pan", "tarta de queso", "leche", "café", "zumo de naranja", "sal"), start=1):
        await writes(rig, shop, f"¿Hay {thing}?")
        await at_rest(rig, shop, number)
    assert rig.accepted(shop)[:3] == ["De acuerdo."] * 3
    [_, _, _, told] = rig.accepted(shop)
    assert told.startswith("Ya te he contestado muchas veces hoy")
    assert ends((await rig.messages(shop))[3:]) == {("handed_over", "too_many_replies")}
    assert len(rig.asked(shop)) == 3


async def test_one_contact_cannot_use_up_what_is_for_all(rig: Rig):
    shop = await rig.shop(replies_per_day=2)
    rig.says(shop, "De acuerdo.")
    for number in range(1, 4):
        await writes(rig, shop, f"pregunta {'x' * number}?", ROSA)
        await at_rest(rig, shop, number)
    await writes(rig, shop, "¿Y yo?", PACO)
    await at_rest(rig, shop, 4)
    assert (await rig.messages(shop))[-1].state == "answered"


async def test_closed_by_a_person_it_is_the_bots_again(rig: Rig):
    shop = await rig.shop(back_to_bot="after_close")
    assert await _handler_after_close(rig, shop) == "answered"


async def test_a_business_may_keep_what_its_people_had_even_after_closing(rig: Rig):
    shop = await rig.shop(back_to_bot="never")
    assert await _handler_after_close(rig, shop) == "handed_over"


async def _handler_after_close(rig: Rig, shop: Shop) -> str:
    rig.says(shop, "De acuerdo.")
    conversation = await rig.heard(shop)
    await take_over(rig.house.whatsapp, shop.user_id, shop.business_id, conversation)
    await close_conversation(rig.house.whatsapp, shop.user_id, shop.business_id, conversation)
    await writes(rig, shop, "¿Abrís mañana?")
    await at_rest(rig, shop, 2)
    return (await rig.messages(shop))[-1].state


async def test_what_nobody_had_is_the_bots_after_closing_by_any_rule(rig: Rig):
    shop = await rig.shop(back_to_bot="never")
    conversation = await rig.heard(shop)
    await close_conversation(rig.house.whatsapp, shop.user_id, shop.business_id, conversation)
    assert {m.handler for m in await rig.messages(shop)} == {"bot"}


async def had_by_a_person(rig: Rig, shop: Shop, hours: float):
    """A conversation a person has had for so many hours without writing, and in which something came in meanwhile."""
    conversation = await rig.heard(shop, at=time.time() - 3600)
    await take_over(rig.house.whatsapp, shop.user_id, shop.business_id, conversation)
    await writes(rig, shop, "¿Abrís mañana?")
    await at_rest(rig, shop, 2)
    ago = datetime.now(UTC) - timedelta(hours=hours)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.conversations set handler_since = %s, last_outbound_at = %s where business_id = %s",
            (ago, ago, shop.business_id),
        )
    return conversation


async def test_after_a_while_without_a_word_of_the_person_the_bot_answers_what_waits(rig: Rig):
    shop = await rig.shop(back_to_bot="after_a_while", back_after_hours=3)
    rig.says(shop, "Sí, cada día.")
    await had_by_a_person(rig, shop, hours=3.1)
    await give_back_silent(rig.house.whatsapp)
    await at_rest(rig, shop, 2)
    last = (await rig.messages(shop))[-1]
    assert (last.state, last.handler) == ("answered", "bot")


async def test_before_that_while_is_over_the_person_has_it(rig: Rig):
    shop = await rig.shop(back_to_bot="after_a_while", back_after_hours=3)
    rig.says(shop, "Sí, cada día.")
    conversation = await had_by_a_person(rig, shop, hours=2.9)
    await give_back_silent(rig.house.whatsapp)
    assert {m.handler for m in await rig.messages(shop)} == {"person"}
    thread = await rig.house.whatsapp.inbox.thread(shop.user_id, shop.business_id, conversation)
    returns = thread.conversation.bot_returns
    assert returns.rule == "after_a_while"
    assert timedelta() < returns.at - datetime.now(UTC) < timedelta(minutes=7)


async def test_what_a_person_keeps_for_good_no_clock_takes_away(rig: Rig):
    shop = await rig.shop(back_to_bot="never")
    await had_by_a_person(rig, shop, hours=100)
    await give_back_silent(rig.house.whatsapp)
    assert {m.handler for m in await rig.messages(shop)} == {"person"}


async def test_an_own_word_for_a_person_calls_one(rig: Rig):
    shop = await rig.shop(hand_over_words=("presupuesto",), fallback="")
    rig.says(shop, "De acuerdo.")
    await writes(rig, shop, "Quería un PRESUPUESTO para una boda")
    await at_rest(rig, shop, 1)
    assert ends(await rig.messages(shop)) == {("handed_over", "hand_over_word")}
    assert rig.asked(shop) == []
    [told] = rig.accepted(shop)
    assert told.startswith("Claro. Aviso a una persona")


async def test_who_is_upset_gets_a_person(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    await writes(rig, shop, "Esto es una vergüenza, llevo una semana esperando")
    await at_rest(rig, shop, 1)
    assert ends(await rig.messages(shop)) == {("handed_over", "customer_upset")}
    [told] = rig.accepted(shop)
    assert told.startswith("Siento mucho lo que ha pasado")


async def test_a_business_may_let_its_bot_talk_to_the_upset(rig: Rig):
    shop = await rig.shop(hand_over_when_upset=False)
    rig.says(shop, "De acuerdo.")
    await writes(rig, shop, "Esto es una vergüenza, llevo una semana esperando")
    await at_rest(rig, shop, 1)
    assert rig.accepted(shop) == ["De acuerdo."]


async def test_a_contact_is_answered_in_their_language_ever_after(rig: Rig):
    shop = await rig.shop(fallback="", offer_topics=False, hand_over_after=5)
    await writes(rig, shop, "Hi, do you have gluten free cakes?")
    await at_rest(rig, shop, 1)
    await writes(rig, shop, "XXL")
    await at_rest(rig, shop, 2)
    assert rig.accepted(shop) == ["I have not found the answer. Could you put it in other words?"] * 2
    assert [turn.language for turn in await turns(rig, shop)] == ["en", "en"]


async def test_a_place_alone_is_handed_over_and_told_as_received(rig: Rig):
    shop = await rig.shop(fallback="")
    order = {
        **meta.text(ROSA, ""),
        "type": "order",
        "order": {
            "catalog_id": "7",
            "product_items": [{"product_retailer_id": "TARTA", "quantity": 2, "item_price": 12.5, "currency": "EUR"}],
        },
    }
    del order["text"]
    await sends(rig, shop, order)
    await at_rest(rig, shop, 1)
    assert ends(await rig.messages(shop)) == {("handed_over", "sent_order")}
    assert rig.accepted(shop) == ["¡Recibido! Una persona del equipo lo mira y te contesta por aquí."]
    [turn] = await turns(rig, shop)
    assert turn.hand_over["asked"] == ["[sent an order] 2 × TARTA at 12.5 EUR; total 25.00 EUR"]


async def test_the_model_reads_what_a_message_means(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    await writes(rig, shop, "¿Tenéis tarta?")
    await at_rest(rig, shop, 1)
    [reply] = await rig.messages(shop, "out")
    await sends(rig, shop, meta.text(ROSA, "¿Seguro?", context={"id": reply.wamid, "from": shop.display}))
    await at_rest(rig, shop, 2)
    asked = rig.asked(shop)[-1].input
    assert 'customer: [replying to the business\'s message "De acuerdo."] ¿Seguro?' in asked


async def test_a_thumb_on_a_question_of_the_bot_is_a_yes(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "Es de queso. ¿Te la reservo?")
    await writes(rig, shop, "¿Tenéis tarta?")
    await at_rest(rig, shop, 1)
    [reply] = await rig.messages(shop, "out")
    rig.says(shop, "¡Hasta entonces!")
    await sends(rig, shop, meta.reaction(ROSA, reply.wamid, "👍"))
    await at_rest(rig, shop, 2)
    assert rig.accepted(shop) == ["Es de queso. ¿Te la reservo?", "¡Hasta entonces!"]
    assert "which means yes, to the business's message" in rig.asked(shop)[-1].input
    assert (await rig.messages(shop))[-1].state == "answered"


async def test_a_thumb_on_anything_else_is_a_thumb(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "Es de queso.")
    await writes(rig, shop, "¿Tenéis tarta?")
    await at_rest(rig, shop, 1)
    [reply] = await rig.messages(shop, "out")
    await sends(rig, shop, meta.reaction(ROSA, reply.wamid, "👍"))
    await at_rest(rig, shop, 2)
    assert (await rig.messages(shop))[-1].reason == "reaction"
    assert len(rig.accepted(shop)) == 1


async def test_a_heart_on_a_question_of_what_is_no_answer(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "¿Qué día te viene bien?")
    await writes(rig, shop, "Quería una cita")
    await at_rest(rig, shop, 1)
    [reply] = await rig.messages(shop, "out")
    await sends(rig, shop, meta.reaction(ROSA, reply.wamid, "❤️"))
    await at_rest(rig, shop, 2)
    assert (await rig.messages(shop))[-1].reason == "nothing_to_answer"
    assert len(rig.accepted(shop)) == 1


async def test_a_thumb_while_a_person_has_it_is_theirs(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "¿Te la reservo?")
    await writes(rig, shop, "¿Tenéis tarta?")
    await at_rest(rig, shop, 1)
    [reply] = await rig.messages(shop, "out")
    await take_over(rig.house.whatsapp, shop.user_id, shop.business_id, reply.conversation_id)
    await sends(rig, shop, meta.reaction(ROSA, reply.wamid, "👍"))
    await at_rest(rig, shop, 2)
    assert (await rig.messages(shop))[-1].reason == "reaction"


async def test_without_a_model_topics_are_offered_and_the_pressed_one_is_answered(rig: Rig):
    shop = await rig.shop(knowledge=FAQ, fallback="")
    await index_knowledge(rig.house.knowledge, shop.business_id)
    await writes(rig, shop, "¿Reparáis cohetes de dos etapas?")
    await at_rest(rig, shop, 1)
    [menu] = await rig.messages(shop, "out")
    asked = menu.content["interactive"]
    assert (menu.kind, asked["type"], asked["action"]["button"]) == ("interactive", "list", "Ver temas")
    assert menu.body.endswith("Quizá te sirva uno de estos temas:")
    rows = {row["title"]: row for row in asked["action"]["sections"][0]["rows"]}
    assert set(rows) == {"¿A qué hora abrís?", "¿Hacéis envíos a…"}
    [turn] = await turns(rig, shop)
    assert (turn.outcome, turn.why, turn.detail["topics"]) == ("handed_over", "model_unavailable_no_match", 2)
    pressed = rows["¿Hacéis envíos a…"]
    press = {**meta.text(ROSA, ""), "type": "interactive", "context": {"id": menu.wamid, "from": shop.display}}
    del press["text"]
    press["interactive"] = {"type": "list_reply", "list_reply": pressed}
    await sends(rig, shop, press)
    await at_rest(rig, shop, 2)
    assert (await rig.messages(shop, "out"))[-1].body == "Sí, por 4,90 €."
    assert (await turns(rig, shop))[-1].why == "chosen_topic"


async def test_the_same_topics_are_not_offered_twice_in_a_row_and_again_after_something_else(rig: Rig):
    shop = await rig.shop(knowledge=FAQ, hand_over_after=5)
    asked = ("¿Reparáis cohetes de dos etapas?", "¿Y submarinos de bolsillo?", "¿Y zepelines?")
    for number, said in enumerate(asked, start=1):
        await writes(rig, shop, said)
        await at_rest(rig, shop, number)
    assert [m.kind for m in await rig.messages(shop, "out")] == ["interactive", "text", "interactive"]


async def test_as_many_questions_as_was_said_go_without_an_answer_before_a_person_is_called(rig: Rig):
    shop = await rig.shop(hand_over_after=3)
    for number, thing in enumerate(("cohetes", "submarinos", "zepelines"), start=1):
        await writes(rig, shop, f"¿Reparáis {thing}?")
        await at_rest(rig, shop, number)
    assert [m.state for m in await rig.messages(shop)] == ["answered", "answered", "handed_over"]
    assert rig.accepted(shop)[-1] == "Te pasamos con una persona."


async def test_a_topic_the_business_refuses_is_refused_without_a_model(rig: Rig):
    shop = await rig.shop(refused_topics=("política",), refusal_text="De política no hablamos.", knowledge=FAQ)
    await writes(rig, shop, "¿Qué piensas de la politica?")
    await at_rest(rig, shop, 1)
    assert rig.accepted(shop) == ["De política no hablamos."]
    [turn] = await turns(rig, shop)
    assert (turn.outcome, turn.why) == ("answered", "refused_topic")


async def test_the_person_who_takes_over_sees_what_was_asked_and_what_to_say(rig: Rig):
    shop = await rig.shop(knowledge=FAQ, fallback="")
    await index_knowledge(rig.house.knowledge, shop.business_id)
    await writes(rig, shop, "¿Reparáis cohetes de dos etapas?")
    await at_rest(rig, shop, 1)
    [message] = await rig.messages(shop)
    inbox = rig.house.whatsapp.inbox
    thread = await inbox.thread(shop.user_id, shop.business_id, message.conversation_id)
    told = thread.conversation.handed_over
    assert (told.why, told.asked) == ("model_unavailable_no_match", ["¿Reparáis cohetes de dos etapas?"])
    assert told.tried == ["model", "knowledge", "topics"]
    assert told.reply.startswith("¡Hola, Rosa! Gracias por esperar.")
    status, _ = await rig.send(shop, message.conversation_id, "Cohetes no, lo siento.")
    assert status == 202
    await at_rest(rig, shop, 1)
    thread = await inbox.thread(shop.user_id, shop.business_id, message.conversation_id)
    assert thread.conversation.handed_over is None


async def test_what_was_handed_over_is_erased_with_the_contact(rig: Rig):
    from wacloud.modules.whatsapp.application.erase_contact import erase_contact  # noqa: PLC0415
    from wacloud.shared.application.caller import Caller  # noqa: PLC0415

    shop = await rig.shop()
    await writes(rig, shop, "¿Reparáis cohetes de dos etapas?")
    await at_rest(rig, shop, 1)
    [turn] = await turns(rig, shop)
    assert turn.hand_over is not None
    [contact] = await rig.rows(shop, "select id from app.contacts where business_id = %s", (shop.business_id,))
    await erase_contact(rig.house.people, shop.user_id, shop.business_id, contact.id, Caller("127.0.0.1", "test"))
    await at_rest(rig, shop, 1)
    [turn] = await turns(rig, shop)
    assert (turn.hand_over, turn.language) == (None, None)


def test_what_a_newer_worker_hands_over_is_shown_as_far_as_it_is_known_here():
    kept = {"asked": ["¿Abrís?"], "earlier": [], "tried": [], "nearest": None, "reply": "Hola", "mood": "upset"}
    told = HandedOver.read(uuid4(), "no_match", kept)
    assert (told.asked, told.reply, told.summary) == (["¿Abrís?"], "Hola", None)
