"""Internal notes: the team sees them in the thread, the customer never; who is mentioned is told."""

from uuid import UUID, uuid4

from test_team_inbox import colleague, seeded

from rig import Rig, Shop
from wacloud.modules.user.api import Notifications, ProfileChange, change_profile
from wacloud.modules.whatsapp.application.take_over import mark_seen
from wacloud.modules.whatsapp.application.write_note import write_note
from wacloud.modules.whatsapp.domain.note import Teammate, mentioned_in
from wacloud.shared.domain.ids import UserId, new_id


async def first_conversation(rig: Rig, shop: Shop) -> UUID:
    return (await rig.house.whatsapp.inbox.page(shop.user_id, shop.business_id)).rows[0].id


async def outbox(rig: Rig, shop: Shop) -> int:
    return len(await rig.messages(shop, "out"))


async def test_a_note_stands_in_the_thread_and_nothing_is_sent(rig: Rig):
    shop = await seeded(rig)
    conversation, before = await first_conversation(rig, shop), await outbox(rig, shop)
    path = f"{rig.url}/api/whatsapp/conversations/{conversation}/notes"
    async with rig.http.post(path, json={"text": "Prefiere por la tarde"}, headers=rig.bearer(shop)) as answer:
        assert answer.status == 201
        note = await answer.json()
    async with rig.http.get(path, headers=rig.bearer(shop)) as answer:
        assert [one["id"] for one in (await answer.json())["notes"]] == [note["id"]]
    thread = await rig.house.whatsapp.inbox.thread(shop.user_id, shop.business_id, conversation)
    assert thread is not None
    assert (thread.messages[-1].kind, thread.messages[-1].body) == ("note", "Prefiere por la tarde")
    assert (await rig.house.whatsapp.inbox.newest(shop.business_id, conversation))[-1].kind == "note"
    assert await outbox(rig, shop) == before
    jobs = await rig.rows(
        shop, "select 1 from app.jobs where business_id = %s and kind like '%%dispatch%%'", (shop.business_id,)
    )
    assert jobs == []


async def test_the_note_form_never_sends_whatever_fields_it_is_given(rig: Rig):
    shop = await seeded(rig)
    conversation, before = await first_conversation(rig, shop), await outbox(rig, shop)
    form = {"key": "note-key-1", "text": "No se lo digas", "media": str(uuid4()), "reply_to": str(uuid4())}
    for _ in range(2):  # a double click notes it once
        async with rig.http.post(
            f"{rig.url}/inbox/{conversation}/note", data=form, headers=rig.bearer(shop), allow_redirects=False
        ) as answer:
            assert answer.status == 303
    assert await outbox(rig, shop) == before
    [note] = await rig.rows(shop, "select text from app.conversation_notes where business_id = %s", (shop.business_id,))
    assert note.text == "No se lo digas"


async def test_who_is_mentioned_gets_a_notice_and_nobody_else_sees_it(rig: Rig):
    shop = await seeded(rig)
    ana, conversation = await colleague(rig, shop), await first_conversation(rig, shop)
    form = {"key": "note-key-2", "text": "@Ana ¿lo miras?"}
    async with rig.http.post(
        f"{rig.url}/inbox/{conversation}/note", data=form, headers=rig.bearer(shop), allow_redirects=False
    ) as answer:
        assert answer.status == 303
    [told] = await rig.house.notification.notices.newest(ana, shop.business_id)
    assert (told.code, told.details["name"], told.details["conversation"]) == ("mentioned", "Marta", str(conversation))
    assert await rig.house.notification.notices.newest(shop.user_id, shop.business_id) == []


MENTIONED = "select template, language, user_id from app.mails where business_id = %s and template = 'mentioned'"


async def test_who_is_mentioned_gets_one_mail_an_hour_in_their_own_language(rig: Rig):
    shop = await seeded(rig)
    ana, conversation = await colleague(rig, shop), await first_conversation(rig, shop)
    async with rig.house.db.system("a test's setting") as tx:
        await tx.execute("update app.users set language = 'en' where id = %s", (ana,))
    for text in ("@Ana ¿lo miras?", "@Ana ¿sigues ahí?"):
        await write_note(rig.house.whatsapp, shop.user_id, shop.business_id, conversation, text)
    mails = await rig.rows(shop, MENTIONED, (shop.business_id,))
    assert [(mail.language, mail.user_id) for mail in mails] == [("en", ana)]


async def test_no_mail_goes_to_who_looks_at_the_conversation_or_wants_none(rig: Rig):
    shop = await seeded(rig)
    ana, conversation = await colleague(rig, shop), await first_conversation(rig, shop)
    here = (rig.house.whatsapp, shop.user_id, shop.business_id, conversation)
    await write_note(*here, "@Ana ¿lo ves?", looking={ana})
    await change_profile(rig.house.user, ana, ProfileChange(notifications=Notifications(mentions=False)))
    await write_note(*here, "@Ana ¿y ahora?")
    assert await rig.rows(shop, MENTIONED, (shop.business_id,)) == []
    assert len(await rig.house.notification.notices.newest(ana, shop.business_id)) == 2


async def test_a_mention_stands_until_whoever_was_mentioned_looks(rig: Rig):
    shop = await seeded(rig)
    ana, conversation = await colleague(rig, shop), await first_conversation(rig, shop)
    await write_note(rig.house.whatsapp, shop.user_id, shop.business_id, conversation, "@Ana ¿lo miras?")
    await mark_seen(rig.house.whatsapp, shop.user_id, shop.business_id, conversation)
    [told] = await rig.house.notification.notices.newest(ana, shop.business_id)
    assert told.settled_at is None
    await mark_seen(rig.house.whatsapp, ana, shop.business_id, conversation)
    [told] = await rig.house.notification.notices.newest(ana, shop.business_id)
    assert told.settled_at is not None


async def test_somebody_who_does_not_work_in_the_inbox_cannot_be_mentioned(rig: Rig):
    shop = await seeded(rig)
    analyst, conversation = await colleague(rig, shop, "analyst"), await first_conversation(rig, shop)
    body = {"text": "mira", "mention_ids": [str(analyst)]}
    path = f"{rig.url}/api/whatsapp/conversations/{conversation}/notes"
    async with rig.http.post(path, json=body, headers=rig.bearer(shop)) as answer:
        assert (answer.status, (await answer.json())["code"]) == (404, "mention_unknown")


async def test_an_empty_note_is_refused_with_the_form(rig: Rig):
    shop = await seeded(rig)
    conversation = await first_conversation(rig, shop)
    form = {"key": "note-key-3", "text": "  "}
    async with rig.http.post(f"{rig.url}/inbox/{conversation}/note", data=form, headers=rig.bearer(shop)) as answer:
        assert answer.status == 422
        assert 'id="note-error"' in await answer.text()


def test_the_longest_name_is_meant():
    ana, lopez = Teammate(UserId(new_id()), "Ana"), Teammate(UserId(new_id()), "Ana López")
    assert mentioned_in("hola @ana lópez", [ana, lopez]) == (lopez.id,)
    assert mentioned_in("hola @Ana y @Ana López", [ana, lopez]) == (lopez.id, ana.id)
    assert mentioned_in("correo ana@example.com", [ana, lopez]) == ()
