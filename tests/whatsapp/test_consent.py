"""What people allow: words that say it, proof that stays, and a database that refuses promotions to who said no."""

import time

import psycopg
import pytest

from builders import meta
from builders.people import Desk
from rig import Rig, as_body, eventually
from wacloud.modules.whatsapp.domain.consent import ConsentSettings, WordNotPossible, language_for, plain, read_choice
from wacloud.shared.domain.ids import new_id

ROSA = "34600111222"


@pytest.fixture
async def desk(rig: Rig) -> Desk:
    shop = await rig.shop()
    rig.says(shop, "Abrimos cada día.")
    return Desk(rig, shop)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("BAJA", "opted_out"), ("  baja. ", "opted_out"), ("¡Baja!", "opted_out"), ("Darme de baja", "opted_out"),
        ("STOP", "opted_out"), ("stop 🛑", "opted_out"), ("PARAR", "opted_out"), ("Sair", "opted_out"),
        ("CANCELAR", "opted_out"), ("Unsubscribe", "opted_out"), ("UNSUBSCRIBE ME!!!", "opted_out"),
        ("No quiero recibir más mensajes", "opted_out"), ("Não quero receber mensagens", "opted_out"),
        ("ALTA", "opted_in"), ("start", "opted_in"), ("Cadastrar", "opted_in"), ("Quiero darme de alta", "opted_in"),
        ("Detener promociones", "marketing_stopped"), ("Stop promotions", "marketing_stopped"),
        ("Parar promoções", "marketing_stopped"),
        ("no quiero dar de baja el pedido", None), ("¿Me das de baja la cita?", None), ("baja temporal", None),
        ("stop by tomorrow?", None), ("la marea está baja", None), ("quiero cancelar mi reserva", None),
        ("alta cocina", None), ("", None), ("🛑", None), ("baja " * 30, None), (None, None),
    ],
)  # fmt: skip
def test_only_a_message_that_is_nothing_but_the_word_counts(text: str | None, change: str | None):
    found = read_choice(text)
    assert (found[0] if found else None) == change


def test_words_are_compared_without_accents_signs_and_pictures():
    assert plain("  ¡¡PARÁR—promoções!! 🛑 ") == "parar promocoes"


def test_words_of_the_businesss_own_count_and_none_means_both():
    settings = ConsentSettings.typed(["Adiós  Velas!", ""], ["quiero velas"], {"opted_out.es": " Hasta luego. "})
    assert read_choice("adios velas", settings) == ("opted_out", "")
    assert read_choice("QUIERO VELAS", settings) == ("opted_in", "")
    assert settings.confirmation("opted_out", "es") == "Hasta luego."
    assert settings.confirmation("opted_out", "pt").startswith("Pronto")
    for out, into in ((["hola"], ["hola"]), (["alta"], []), ([], ["baja"]), (["x"], []), (["a" * 41], [])):
        with pytest.raises(WordNotPossible):
            ConsentSettings.typed(out, into, {})


def test_the_answer_is_in_the_language_of_the_word_else_of_the_person_else_of_the_business():
    assert language_for("en", "BR", "es") == "en"
    assert language_for("", "BR", "es") == "pt"
    assert language_for("", "MX", "en") == "en"


async def test_baja_is_confirmed_once_and_then_the_bot_is_silent(desk: Desk):
    said = await desk.hears(ROSA, "BAJA")
    assert (said.state, said.reason) == ("ignored", "consent")
    assert desk.rig.accepted(desk.shop) == ["Hecho: no te escribiremos más. Si cambias de idea, responde ALTA."]
    again = await desk.hears(ROSA, "Baja!")
    assert again.state == "ignored"
    question = await desk.hears(ROSA, "¿Abrís hoy?")
    assert (question.state, question.reason) == ("ignored", "opted_out")
    assert len(desk.rig.accepted(desk.shop)) == 1
    contact = await desk.get(await desk.contact_of(ROSA))
    assert contact["consent"]["opted_out_at"]
    [proof] = contact["consent_events"]
    assert (proof["change"], proof["source"], proof["words"], proof["wamid"]) == (
        "opted_out", "message", "BAJA", said.wamid,
    )  # fmt: skip


async def test_alta_brings_the_bot_back(desk: Desk):
    await desk.hears(ROSA, "STOP", at=time.time() - 60)
    await desk.hears(ROSA, "ALTA", at=time.time() - 40)
    await desk.hears(ROSA, "¿Abrís hoy?", at=time.time() - 20)
    out, into, answer = desk.rig.accepted(desk.shop)
    assert out.startswith("Hecho")
    assert into.startswith("Gracias")
    assert answer == "Abrimos cada día."
    contact = await desk.get(await desk.contact_of(ROSA))
    assert contact["consent"] | {"opted_in_at": None} == dict.fromkeys(contact["consent"])
    assert [event["change"] for event in contact["consent_events"]] == ["opted_in", "opted_out"]


async def test_an_alta_that_comes_late_does_not_undo_a_newer_baja(desk: Desk):
    await desk.hears(ROSA, "BAJA", at=time.time() - 30)
    await desk.hears(ROSA, "ALTA", at=time.time() - 60)
    assert (await desk.get(await desk.contact_of(ROSA)))["consent"]["opted_out_at"]
    assert len(desk.rig.accepted(desk.shop)) == 1


async def test_a_baja_of_yesterday_is_noted_and_not_answered(desk: Desk):
    await desk.hears(ROSA, "BAJA", at=time.time() - 25 * 3600)
    assert (await desk.get(await desk.contact_of(ROSA)))["consent"]["opted_out_at"]
    assert desk.rig.accepted(desk.shop) == []


async def test_words_and_answers_of_the_businesss_own_are_used(desk: Desk):
    form = {"opt_out": "adiós velas\nhasta nunca", "opt_in": "", "opted_out.es": "Sentimos que te vayas."}
    assert (await desk.page("POST", "/contacts/consent", form)).status == 303
    await desk.hears(ROSA, "Adios velas")
    assert desk.rig.accepted(desk.shop) == ["Sentimos que te vayas."]
    assert "whatsapp.consent_words_changed" in await desk.log()


async def preference(desk: Desk, value: str, at: float) -> None:
    told = {"wa_id": ROSA, "category": "marketing_messages", "value": value, "timestamp": str(int(at)), "detail": "x"}
    change = meta.value(desk.shop.phone_number_id, contacts=[meta.contact(ROSA)], user_preferences=[told])
    await desk.webhook(meta.envelope(desk.shop.waba_id, change, field="user_preferences"))


async def test_stop_and_resume_in_whatsapps_own_settings_are_noted_in_the_order_they_were_chosen(desk: Desk):
    now = time.time()
    await preference(desk, "resume", now - 10)
    await preference(desk, "stop", now - 20)
    contact = await desk.get(await desk.contact_of(ROSA))
    assert contact["consent"]["marketing_stopped_at"] is None
    await preference(desk, "stop", now)
    contact = await desk.get(await desk.contact_of(ROSA))
    assert contact["consent"]["marketing_stopped_at"]
    assert {event["source"] for event in contact["consent_events"]} == {"meta_preference"}
    # Only of promotions: the bot goes on.
    await desk.hears(ROSA, "¿Abrís hoy?")
    assert desk.rig.accepted(desk.shop) == ["Abrimos cada día."]


async def test_meta_saying_that_promotions_are_stopped_is_a_stop(desk: Desk):
    message = await desk.hears(ROSA, "¿Abrís hoy?")
    [sent] = await desk.rig.messages(desk.shop, "out")
    await desk.webhook(
        meta.statuses(
            desk.shop,
            meta.status(sent.wamid, "failed", recipient_id=ROSA, errors=[{"code": 131050, "title": "Stopped"}]),
        )
    )
    assert message.state == "answered"
    assert (await desk.get(await desk.contact_of(ROSA)))["consent"]["marketing_stopped_at"]


async def promote(desk: Desk, conversation_id: object) -> None:
    """As whoever sends promotions does, and as a program that forgot to ask."""
    whatsapp = desk.rig.house.whatsapp
    async with whatsapp.db.tenant(desk.shop.business_id) as tx:
        await tx.execute(
            "insert into app.messages (business_id, id, conversation_id, direction, author, kind, body, sent_at, "
            "state, category) values (%s, %s, %s, 'out', 'bot', 'template', 'Rebajas', now(), 'queued', 'marketing')",
            (desk.shop.business_id, new_id(), conversation_id),
        )


@pytest.mark.parametrize("how", ["word", "preference", "page"])
async def test_the_database_refuses_a_promotion_to_who_said_no(desk: Desk, how: str):
    message = await desk.hears(ROSA, "hola")
    await promote(desk, message.conversation_id)
    contact_id = await desk.contact_of(ROSA)
    if how == "word":
        await desk.hears(ROSA, "BAJA")
    elif how == "preference":
        await preference(desk, "stop", time.time())
    else:
        told = {"change": "marketing_stopped"}
        assert (await desk.ask("POST", f"/api/contacts/{contact_id}/consent", told)).status == 204
    with pytest.raises(psycopg.Error) as refused:
        await promote(desk, message.conversation_id)
    assert refused.value.sqlstate == "WA001"
    # What was queued before they said so is not sent either.
    [queued] = [m for m in await desk.rig.messages(desk.shop, "out") if m.category == "marketing"]
    assert (queued.state, queued.reason) == ("failed", "opted_out")


async def test_who_said_no_can_still_be_answered_by_a_person(desk: Desk):
    message = await desk.hears(ROSA, "BAJA")
    status, _ = await desk.rig.send(desk.shop, message.conversation_id, "Su pedido está en la tienda.")
    assert status == 202
    await eventually(lambda: _sent(desk, 2))


async def _sent(desk: Desk, count: int) -> bool:
    return len(desk.rig.accepted(desk.shop)) == count


async def test_a_choice_and_a_promotion_at_once_leave_no_promotion_behind(desk: Desk):
    """The promotion holds the contact; the choice waits for it and ends what it finds queued."""
    message = await desk.hears(ROSA, "hola")
    whatsapp = desk.rig.house.whatsapp
    async with whatsapp.db.tenant(desk.shop.business_id) as tx:
        promotion = new_id()
        await tx.execute(
            "insert into app.messages (business_id, id, conversation_id, direction, author, kind, body, sent_at, "
            "state, category) values (%s, %s, %s, 'out', 'bot', 'template', 'Rebajas', now(), 'queued', 'marketing')",
            (desk.shop.business_id, promotion, message.conversation_id),
        )
        assert await desk.rig.post(as_body(meta.inbound(desk.shop, ROSA, "BAJA"))) == 200
    queued = await desk.rig.becomes(desk.shop, promotion, "failed")
    assert queued.reason == "opted_out"


async def test_consent_given_elsewhere_needs_its_proof_and_the_proof_is_not_changed(desk: Desk):
    contact = await desk.add("+34600999888")
    path = f"/api/contacts/{contact['id']}/consent"
    refused = await desk.ask("POST", path, {"change": "opted_in"})
    assert (refused.status, refused.json["code"]) == (422, "proof_missing")
    assert (await desk.ask("POST", path, {"change": "opted_in", "proof": "Hoja firmada 12"})).status == 204
    [proof] = (await desk.get(contact["id"]))["consent_events"]
    assert (proof["words"], proof["noted_by"], proof["source"]) == ("Hoja firmada 12", "Marta", "api")
    for statement in (
        "update app.consent_events set words = 'otra cosa' where business_id = %s",
        "update app.consent_events set change = 'opted_out' where business_id = %s",
        "delete from app.consent_events where business_id = %s",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with desk.rig.house.db.tenant(desk.shop.business_id) as tx:
                await tx.execute(statement, (desk.shop.business_id,))
