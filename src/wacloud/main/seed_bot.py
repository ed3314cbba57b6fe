"""The demo's bot: its versions, what it knows beside its questions and answers, how it is checked, what it missed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from wacloud.main.seed_data import shop
from wacloud.main.seed_data.bot import FILLED, FILLED_BY, FORM, GOLDEN, PRODUCTS, PRODUCTS_TITLE, TEXT, TEXT_TITLE
from wacloud.main.seed_data.story import Story, Turn, demo_id
from wacloud.modules.bot.application.evaluate_bot import queue_evaluation
from wacloud.modules.bot.application.evaluation_ports import Evaluation
from wacloud.modules.bot.application.model import Published
from wacloud.modules.bot.application.read_source import queue_reading
from wacloud.modules.bot.application.source_ports import NewSource
from wacloud.modules.bot.application.unanswered import gather_later
from wacloud.modules.bot.domain.evaluation import MOST_QUESTIONS, GoldenQuestion, Score
from wacloud.modules.bot.domain.form import FilledForm, Form, FormField, machine_name
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.bot.domain.unanswered import UNANSWERED
from wacloud.modules.bot.infra.bot_versions import PostgresBotVersions
from wacloud.modules.bot.infra.evaluations import PostgresEvaluations
from wacloud.modules.bot.infra.form_rows import PostgresEntries, PostgresForms
from wacloud.modules.bot.infra.source_rows import PostgresSources
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId

# Whose open questions are worth an answer for all; what the others said was the rest of an order.
_ASKED_WHAT_NOBODY_WROTE_DOWN = ("dani", "rosa")


async def publish_versions(tx: Tx, business_id: BusinessId, owner: UserId) -> Published:
    """Two versions, so that there is something to compare and to go back to; the second answers."""
    first = BotSettings(name=shop.BOT_NAME, instructions=shop.FIRST_INSTRUCTIONS)
    bot = replace(first, instructions=shop.BOT_INSTRUCTIONS, fallback_text=shop.FALLBACK_TEXT)
    versions = PostgresBotVersions()
    await versions.publish(tx, business_id, first, by=owner, note="Para empezar")
    number = await versions.publish(tx, business_id, bot, by=owner, note="Más cercana, y cauta con las alergias")
    return Published(enabled=True, number=number, settings=bot)


async def add_sources(tx: Tx, business_id: BusinessId) -> None:
    """A text and a list of products, read by the worker once it runs."""
    rows = PostgresSources()
    text = NewSource(kind="text", title=TEXT_TITLE, body=TEXT, size_bytes=len(TEXT.encode()))
    size = sum(len(product.told().encode()) for product in PRODUCTS)
    products = NewSource(kind="product", title=PRODUCTS_TITLE, size_bytes=size)
    for new in (text, products):
        source_id = await rows.add(tx, business_id, new)
        assert source_id is not None
        if new is products:
            await rows.replace_products(tx, business_id, source_id, PRODUCTS)
        queue_reading(tx, business_id, source_id)


async def add_form(tx: Tx, business_id: BusinessId, stories: Sequence[Story], now: datetime) -> None:
    """A form for cakes made to order, and one that was filled in."""
    form = Form(
        id=demo_id("form"),
        name=machine_name(FORM["title"]),
        title=FORM["title"],
        used_when=FORM["used_when"],
        fields=tuple(FormField.read(field) for field in FORM["fields"]),
    )
    await PostgresForms().add(tx, business_id, form)
    for story in stories:
        if story.guest == FILLED_BY:
            at = max(message.sent_at for message in story.messages)
            saturday = at.date() + timedelta(days=(5 - at.weekday()) % 7)
            filled = FilledForm(form, FILLED | {"date": saturday.isoformat()})
            await PostgresEntries().add(tx, business_id, story.id, filled, min(at, now))


async def put_to_the_test(tx: Tx, business_id: BusinessId, bot: Published, owner: UserId, now: datetime) -> None:
    """Golden questions, and a run over them that the worker makes."""
    golden = [
        GoldenQuestion(
            demo_id("golden", position),
            question,
            expects="person" if source is None else "answer",
            facts=facts,
            source=None if source is None else demo_id("knowledge", source),
        )
        for position, (question, facts, source) in enumerate(GOLDEN)
    ]
    evaluations = PostgresEvaluations()
    await evaluations.add(tx, business_id, golden, MOST_QUESTIONS)
    run = Evaluation(
        id=demo_id("evaluation"),
        version=bot.number,
        settings=bot.settings,
        state="waiting",
        total=len(golden),
        done=0,
        score=Score(),
        model=None,
        cost_usd=Decimal(),
        asked_by=owner,
        asked_at=now,
        finished_at=None,
    )
    await evaluations.begin(tx, business_id, run)
    queue_evaluation(tx, business_id, run.id)


async def gather_board(tx: Tx, business_id: BusinessId, stories: Sequence[Story], owner: UserId, now: datetime) -> None:
    """The board of questions: the worker gathers what is worth an answer, the rest was put away by the owner."""
    for story in stories:
        if story.guest not in _ASKED_WHAT_NOBODY_WROTE_DOWN:
            for turn in story.turns:
                if turn.why in UNANSWERED:
                    await _put_away(tx, business_id, story, turn, owner, now)
    gather_later(tx, business_id)


async def _put_away(tx: Tx, business_id: BusinessId, story: Story, turn: Turn, owner: UserId, now: datetime) -> None:
    group_id = demo_id("question", turn.id)
    await tx.execute(
        "insert into app.question_groups (business_id, id, state, settled_by, settled_at) "
        "values (%s, %s, 'dismissed', %s, %s)",
        (business_id, group_id, owner, now),
    )
    await tx.execute(
        "insert into app.unanswered_questions (business_id, turn_id, group_id, conversation_id, asked_at, decided_at) "
        "values (%s, %s, %s, %s, %s, %s)",
        (business_id, turn.id, group_id, story.id, turn.opened_at, turn.decided_at),
    )
