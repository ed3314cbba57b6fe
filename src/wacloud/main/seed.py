"""
The demo's business: an invented shop with people, questions and answers, and some days of conversations.

It may be run any number of times. Everything has a fixed id, and what exists already is left as it is, so
that nothing people changed or deleted comes back.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from wacloud.main import seed_bot, seed_phones
from wacloud.main.seed_data import shop
from wacloud.main.seed_data.chats import CHATS, GUESTS
from wacloud.main.seed_data.script import Guest
from wacloud.main.seed_data.story import Message, Story, Turn, demo_id, tell
from wacloud.modules.auth.infra.passwords import Argon2Passwords
from wacloud.modules.business.domain.onboarding import STEPS
from wacloud.modules.whatsapp.domain.identity import Sender
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId, UserId

BUSINESS_ID = BusinessId(demo_id("business"))
NUMBER_ID = demo_id("number")
MEMBERS = {key: UserId(demo_id("user", key)) for key, _, _ in (shop.OWNER, shop.AGENT)}


@dataclass(frozen=True, slots=True)
class Seeded:
    """How to get in, and what the Graph twin must know. The password is None where an earlier run set it."""

    email: str
    password: str | None
    business_id: BusinessId
    waba_id: str
    phone_number_id: str
    access_token: str
    display_phone_number: str
    verified_name: str
    is_new: bool
    # As the database has them: so that the windows are open there as they are here, and the phones show the inbox.
    customers: tuple[dict[str, object], ...] = ()
    history: tuple[dict[str, object], ...] = ()

    def as_json(self) -> str:
        """One line for the program that started this one."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, default=str, ensure_ascii=False)


async def seed_demo(
    db: Database, *, encrypt: Callable[[str], str], clock: Clock, password: str | None = None
) -> Seeded:
    """
    Make what is missing of the demo's business.

    `password` is for both of its people; without one it is generated. In a database where they have one
    already it stays as it is, and the password told is the one given.
    """
    now = clock()
    is_new = await _is_missing(db)
    chosen = password or (secrets.token_urlsafe(12) if is_new else None)
    if is_new and chosen is not None:
        await _add_business(db, now, encrypt, await _hashes(chosen))
    await _add_content(db, now)
    return Seeded(
        email=shop.OWNER[2],
        password=chosen,
        business_id=BUSINESS_ID,
        waba_id=shop.WABA_ID,
        phone_number_id=shop.PHONE_NUMBER_ID,
        access_token=shop.ACCESS_TOKEN,
        display_phone_number=shop.DISPLAY_PHONE,
        verified_name=shop.NAME,
        is_new=is_new,
        customers=await seed_phones.customers(db, BUSINESS_ID),
        history=await seed_phones.history(db, BUSINESS_ID),
    )


async def _is_missing(db: Database) -> bool:
    async with db.system("seed the demo") as tx:
        return await tx.row("select 1 from app.businesses where id = %s", (BUSINESS_ID,)) is None


async def _hashes(password: str) -> dict[str, str]:
    passwords = Argon2Passwords()
    return {key: await passwords.hash(password) for key in MEMBERS}


async def _add_business(db: Database, now: datetime, encrypt: Callable[[str], str], hashes: dict[str, str]) -> None:
    """The business, its people and its number, in one transaction: either all of it is there or nothing."""
    async with db.system("seed the demo") as tx:
        for key, name, email in (shop.OWNER, shop.AGENT):
            user_id = MEMBERS[key]
            await _insert(tx, "users", id=user_id, name=name, email=email, language="es", email_verified_at=now)
            await _insert(tx, "credentials", user_id=user_id, password_hash=hashes[key])
        await _insert(
            tx,
            "businesses",
            id=BUSINESS_ID,
            owner_id=MEMBERS[shop.OWNER[0]],
            name=shop.NAME,
            sector=shop.SECTOR,
            phone=shop.PHONE,
            employee_count="1-10",
            language="es",
            time_zone=shop.TIME_ZONE,
            profile=json.dumps(shop.profile(now.date())),
        )
        for (key, _, _), role in ((shop.OWNER, "owner"), (shop.AGENT, "agent")):
            await _insert(tx, "members", business_id=BUSINESS_ID, user_id=MEMBERS[key], role=role)
        for step in STEPS:
            await _insert(tx, "onboarding_steps", business_id=BUSINESS_ID, step=step, state="done", at=now)
        await _insert(tx, "whatsapp_accounts", business_id=BUSINESS_ID, waba_id=shop.WABA_ID, name=shop.NAME)
        await _insert(
            tx,
            "phone_numbers",
            business_id=BUSINESS_ID,
            id=NUMBER_ID,
            waba_id=shop.WABA_ID,
            phone_number_id=shop.PHONE_NUMBER_ID,
            display_phone_number=shop.DISPLAY_PHONE,
            verified_name=shop.NAME,
            access_token=encrypt(shop.ACCESS_TOKEN),
        )


async def _add_content(db: Database, now: datetime) -> None:
    """Bot settings, knowledge and history, in one transaction; the settings' row tells that it was done."""
    async with db.tenant(BUSINESS_ID) as tx:
        is_first = await tx.execute(
            "insert into app.bot_settings (business_id) values (%s) on conflict do nothing", (BUSINESS_ID,)
        )
        if not is_first:
            return
        owner = MEMBERS[shop.OWNER[0]]
        published = await seed_bot.publish_versions(tx, BUSINESS_ID, owner)
        for position, (question, answer) in enumerate(shop.FAQ):
            await _insert(
                tx,
                "knowledge_items",
                business_id=BUSINESS_ID,
                id=demo_id("knowledge", position),
                question=question,
                answer=answer,
                position=position,
            )
        stories = [tell(chat, dict(MEMBERS), now) for chat in CHATS]
        began = {story.guest: story.messages[0].sent_at for story in stories}
        for guest in GUESTS:
            await _add_guest(tx, guest, began.get(guest.key, now))
        for story in stories:
            await _add_conversation(tx, story)
        # In the order in which they were said, so that their arrival numbers grow with time.
        for message in sorted((m for story in stories for m in story.messages), key=lambda m: m.sent_at):
            await _add_message(tx, message)
        for story in stories:
            for turn in story.turns:
                await _add_turn(tx, story, turn)
        await seed_bot.add_sources(tx, BUSINESS_ID)
        await seed_bot.put_to_the_test(tx, BUSINESS_ID, published, owner, now)
        await seed_bot.add_form(tx, BUSINESS_ID, stories, now)
        await seed_bot.gather_board(tx, BUSINESS_ID, stories, owner, now)


async def _add_guest(tx: Tx, guest: Guest, since: datetime) -> None:
    sender = Sender.identified(
        address=guest.wa_id, user_id=guest.bsuid, username=guest.username, name=guest.profile_name
    )
    contact_id = demo_id("contact", guest.key)
    await _insert(
        tx,
        "contacts",
        business_id=BUSINESS_ID,
        id=contact_id,
        name=guest.name,
        profile_name=sender.name,
        username=sender.username,
        phone=sender.wa_id,
        country=sender.country,
        created_at=since,
    )
    identities = sender.keys()
    for key in identities:
        await _insert(
            tx,
            "contact_identities",
            business_id=BUSINESS_ID,
            kind=key.kind,
            value=key.value,
            contact_id=contact_id,
            first_seen_at=since,
        )


async def _add_conversation(tx: Tx, story: Story) -> None:
    first, last = story.messages[0], story.last_message
    await _insert(
        tx,
        "conversations",
        business_id=BUSINESS_ID,
        id=story.id,
        contact_id=demo_id("contact", story.guest),
        number_id=NUMBER_ID,
        handler=story.handler,
        handler_since=story.handler_since or first.sent_at,
        handed_over_because=story.handed_over_because,
        assigned_to=story.assigned_to,
        last_inbound_at=story.last_inbound_at,
        last_message_at=last.sent_at,
        last_message_id=last.id,
        last_message_created_at=last.sent_at,
        unread=story.unread,
        created_at=first.sent_at,
    )


async def _add_message(tx: Tx, message: Message) -> None:
    is_ours = message.direction == "out"
    await _insert(
        tx,
        "messages",
        business_id=BUSINESS_ID,
        id=message.id,
        created_at=message.sent_at,
        conversation_id=message.conversation_id,
        direction=message.direction,
        author=message.author,
        author_id=message.author_id,
        kind=message.kind,
        body=message.body,
        # What the ledger needs to say that this came by no webhook.
        content=json.dumps({**message.content, "sample": True}),
        wamid=message.wamid,
        refers_to=message.refers_to,
        sent_at=message.sent_at,
        state=message.state,
        reason=message.reason,
        answered_by=message.answered_by,
        cause=message.cause,
        turn_id=message.turn_id,
        dispatch_attempt=1 if is_ours else 0,
        dispatched_at=message.sent_at if is_ours else None,
        accepted_at=message.accepted_at,
        delivered_at=message.delivered_at,
        read_at=message.read_at,
        failed_at=message.failed_at,
        error=_json(message.error),
        reactions=_json(message.reactions),
        edits=_json(message.edits),
        edited_at=message.edited_at,
    )
    keys = [f"wamid:{message.wamid}"] + ([f"cause:{message.cause}"] if message.cause else [])
    for key in keys:
        await _insert(
            tx,
            "message_keys",
            business_id=BUSINESS_ID,
            key=key,
            message_id=message.id,
            created_at=message.sent_at,
        )


async def _add_turn(tx: Tx, story: Story, turn: Turn) -> None:
    await _insert(
        tx,
        "bot_turns",
        business_id=BUSINESS_ID,
        id=turn.id,
        conversation_id=story.id,
        outcome=turn.outcome,
        source=turn.source,
        why=turn.why,
        detail=json.dumps(turn.detail),
        message_id=turn.message_id,
        message_count=turn.message_count,
        opened_at=turn.opened_at,
        decided_at=turn.decided_at,
    )


async def _insert(tx: Tx, table: str, **values: object) -> None:
    places = ", ".join(["%s"] * len(values))
    # Table and columns are names of this file, never input.
    sql = f"insert into app.{table} ({', '.join(values)}) values ({places})"
    await tx.execute(sql, list(values.values()))


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value)
