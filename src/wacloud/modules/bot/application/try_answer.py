"""Try the bot out: the same way to an answer as for a customer, but nothing is stored of it and nothing is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Any, Literal

from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.application.paying import within_budget
from wacloud.modules.bot.application.read_question import known_of, language_so_far
from wacloud.modules.bot.application.studio_ports import Call, StudioDeps
from wacloud.modules.bot.domain.answer import Answer
from wacloud.modules.bot.domain.question import Before, HistoryLine, Question
from wacloud.modules.bot.domain.ranking import is_sure
from wacloud.modules.bot.domain.topics import as_list
from wacloud.modules.bot.domain.turn import Arrival, settled_at
from wacloud.modules.business.api import BusinessNotFound
from wacloud.shared.domain.errors import Fault, FaultyFields
from wacloud.shared.domain.ids import BusinessId, UserId

MOST_MESSAGES, LONGEST_MESSAGE, MOST_HISTORY = 20, 4096, 40
NOTHING_BEFORE = Before()
Which = Literal["draft", "published"]


@dataclass(frozen=True, slots=True)
class FoundItem:
    """
    A question of the knowledge that was found, or a piece of a source; how sure that is, and whether it is sure enough
    to answer.
    """

    question: str
    score: float
    is_sure: bool
    source: str | None = None  # of a piece: the id of its source, and which piece
    piece: str = "0"


@dataclass(frozen=True, slots=True)
class Trial:
    """
    What the bot would have said, and how it came to it.

    `asked` are the words it answered; `menu` is the list that would be sent, with topics to press. `version` is None
    where the draft or, never having published, the defaults answered. `waits` is how long it would have waited for
    more.
    """

    asked: tuple[str, ...]
    answer: Answer
    menu: Mapping[str, Any] | None
    which: Which
    version: int | None
    took_ms: int
    waits: timedelta
    found: tuple[FoundItem, ...]

    @property
    def says(self) -> str | None:
        """What would stand in the chat; of a list the words above its button."""
        return str(self.menu["body"]["text"]) if self.menu else self.answer.text


async def try_answer(
    deps: StudioDeps,
    actor: UserId,
    business_id: BusinessId,
    messages: Sequence[str],
    history: Sequence[HistoryLine] = (),
    which: Which = "draft",
    customer: Mapping[str, str] | None = None,
    before: Before = NOTHING_BEFORE,
    topic: str | None = None,
) -> Trial:
    """
    Answer these messages as a customer's, by the draft or by what is published. What it costs is written down.

    `customer` is an example of what could be noted of them; a model is told of it what the settings let it know.
    `before` is what earlier answers of this try came to. `topic` is the row of a menu that was pressed, which says its
    question where there are no messages.

    :raises FaultyFields: there is nothing to answer, or too much.
    """
    items = {str(item.id): item for item in await deps.bot.answers.knowledge.items(business_id)}
    if topic in items and not any(message.strip() for message in messages):
        messages = (items[topic].question,)
    texts = _checked(messages, history)
    briefing = (await deps.bot.briefings.of([business_id])).get(business_id)
    if briefing is None:
        raise BusinessNotFound
    async with deps.db.tenant(business_id, read_only=True) as tx:
        bench = await deps.benches.of(tx, business_id)
    settings = within_budget(bench.settings, bench.published) if which == "draft" else bench.published
    question = Question(
        business_id=business_id,
        contact_key=f"member:{actor}",
        texts=texts,
        kinds=("text",) * len(texts),
        history=tuple(history),
        facts=briefing.facts,
        settings=settings,
        customer=known_of(customer or {}, settings.contact_fields),
        topic=topic if len(texts) == 1 else None,
        language=language_so_far(settings.language_policy, texts, history, briefing.facts.language),
        before=before,
    )
    began = monotonic()
    answer = await compose_answer(deps.bot.answers, question)
    took_ms = round((monotonic() - began) * 1000)
    async with deps.db.tenant(business_id) as tx:
        await deps.calls.add(tx, Call.of(business_id, actor, "try", answer))
    now = deps.clock()
    return Trial(
        asked=texts,
        answer=replace(answer, text=answer.text or None),
        menu=as_list(answer.text, answer.topics, question.speaks) if answer.text and answer.topics else None,
        which=which,
        version=bench.number if which == "published" or bench.draft is None else None,
        took_ms=took_ms,
        waits=settled_at([Arrival(now, texts[-1])], settings) - now,
        found=_found(answer.detail, {id_: item.question for id_, item in items.items()}),
    )


def _found(detail: Mapping[str, Any], known: Mapping[str, str]) -> tuple[FoundItem, ...]:
    """What the record of an answer says of the search, with the words of the questions put back in."""
    hits = [hit for of_one in detail.get("hits", ()) for hit in of_one]
    least = detail.get("threshold", 1.0)
    return tuple(
        FoundItem(
            known.get(hit.get("item"), hit.get("title", "")),
            hit["score"],
            is_sure(hit["score"], hit.get("words", 1.0), least, is_piece="source" in hit),
            hit.get("source"),
            hit.get("piece", "0"),
        )
        for hit in hits
    )


def _checked(messages: Sequence[str], history: Sequence[HistoryLine]) -> tuple[str, ...]:
    texts = tuple(text.strip() for text in messages if text.strip())
    faults: list[Fault] = []
    if not texts:
        faults.append(Fault("messages", "text_missing"))
    if len(texts) > MOST_MESSAGES:
        faults.append(Fault("messages", "too_many", MOST_MESSAGES))
    faults += [
        Fault(f"messages.{at}", "text_too_long", LONGEST_MESSAGE)
        for at, text in enumerate(texts)
        if len(text) > LONGEST_MESSAGE
    ]
    if len(history) > MOST_HISTORY:
        faults.append(Fault("history", "too_many", MOST_HISTORY))
    faults += [
        Fault(f"history.{at}.text", "text_too_long", LONGEST_MESSAGE)
        for at, line in enumerate(history)
        if len(line.text) > LONGEST_MESSAGE
    ]
    if faults:
        raise FaultyFields(faults)
    return texts
