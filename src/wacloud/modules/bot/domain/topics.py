"""The menu of topics: what the knowledge has an answer to, as a WhatsApp list that can be pressed."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wacloud.modules.bot.domain.answer_text import cut
from wacloud.modules.bot.domain.knowledge import KnowledgeItem, has_gap
from wacloud.modules.bot.domain.small_talk import phrase

MOST: Final = 10
_PREFIX: Final = "topic:"
_TITLE: Final = 24
_DESCRIPTION: Final = 72
_BODY: Final = 1024
_FIRST_LETTER: Final = re.compile(r"^[¿¡(«\"' ]*\w")


@dataclass(frozen=True, slots=True)
class Topic:
    """One row of the list."""

    item_id: str
    title: str
    description: str | None


def topics_of(items: Iterable[KnowledgeItem], nearest: Sequence[KnowledgeItem] = ()) -> tuple[Topic, ...]:
    """At most ten questions with an answer: those nearest to what was asked first, then as the owner ordered them."""
    ordered = {item.id: item for item in (*nearest, *items) if not has_gap(item.answer)}
    return tuple(_topic(item) for item in list(ordered.values())[:MOST])


def as_list(text: str, topics: Sequence[Topic], language: str) -> dict[str, Any]:
    """The list as Meta takes it, under these words."""
    invitation = f"\n\n{phrase('topics', language)}"
    rows = [
        {"id": f"{_PREFIX}{topic.item_id}", "title": topic.title}
        | ({"description": topic.description} if topic.description else {})
        for topic in topics
    ]
    return {
        "type": "list",
        "body": {"text": cut(text, _BODY - len(invitation)) + invitation},
        "action": {"button": phrase("topics_button", language), "sections": [{"rows": rows}]},
    }


def topic_id(reply_id: str | None) -> str | None:
    """The item of a pressed row, where the row is one of ours."""
    return reply_id.removeprefix(_PREFIX) if reply_id and reply_id.startswith(_PREFIX) else None


def brings_more(topics: Sequence[Topic], shown: Collection[str]) -> bool:
    """Whether a menu says anything that the one right above it does not."""
    return not {topic.item_id for topic in topics} <= set(shown)


def _topic(item: KnowledgeItem) -> Topic:
    question = _FIRST_LETTER.sub(lambda first: first[0].upper(), " ".join(item.question.split()), count=1)
    title = _shortened(question, _TITLE)
    return Topic(str(item.id), title, None if title == question else _shortened(question, _DESCRIPTION))


def _shortened(question: str, most: int) -> str:
    if len(question) <= most:
        return question
    start = question[: most - 1]
    if question[most - 1] != " " and (space := start.rfind(" ")) > most // 2:
        start = start[:space]
    return start.rstrip(" ,;:¿¡(") + "…"
