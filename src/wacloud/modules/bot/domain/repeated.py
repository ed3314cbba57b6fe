"""Questions that come again and again, and what has to be the same for the same answer."""

import hashlib
import re
from collections.abc import Sequence

from wacloud.modules.bot.domain.form import Form
from wacloud.modules.bot.domain.knowledge import KnowledgeItem
from wacloud.modules.bot.domain.question import Question
from wacloud.modules.bot.domain.spelling import plain

_LONGEST = 300
# Today's answer is not tomorrow's, and a number may be an order's or a person's.
_OF_THE_HOUR = re.compile(
    r"\d|\b(?:hoy|manana|ayer|ahora|abiert[oa]s?|cerrad[oa]s?|today|tomorrow|yesterday|now|open|closed|hoje|amanha|agora"
    r"|mi|mis|me|yo|my|i|meu|minha)\b"
)


def place_of(question: Question, knowledge: Sequence[KnowledgeItem], forms: Sequence[Form] = ()) -> str | None:
    """
    Where the answer to this question would be kept, or None where it must be thought of anew.

    Only the first words of a conversation, in which nothing is about the person or the hour. It changes with the bot's
    version, the knowledge, the forms and the facts of the business.
    """
    if (
        question.history
        or question.earlier
        or question.customer
        or question.version is None
        or len(question.texts) != 1
    ):
        return None
    if set(question.kinds) - {"text"}:
        return None
    if "@" in question.texts[0]:
        return None
    asked = " ".join(re.sub(r"[^\w\s]", " ", plain(question.texts[0])).split())
    if not asked or len(asked) > _LONGEST or _OF_THE_HOUR.search(asked):
        return None
    facts = question.facts
    rests_on = [
        str(question.version),
        *(facts.name, facts.sector, facts.language, facts.time_zone, repr(facts.profile)),
        *(part for item in knowledge for part in (str(item.id), item.question, item.answer)),
        *(repr(form) for form in forms),
        asked,
    ]
    return hashlib.sha256("\x1f".join(rests_on).encode("utf-8", "replace")).hexdigest()
