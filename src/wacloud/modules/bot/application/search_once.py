"""What the knowledge holds on a burst of messages. A turn asks for it up to three times, and searches once."""

from collections.abc import Sequence
from typing import Final

from wacloud.modules.bot.application.model import Knowledge
from wacloud.modules.bot.domain.answer_text import LONGEST_TEXT
from wacloud.modules.bot.domain.price_question import names_no_thing
from wacloud.modules.bot.domain.question import Question
from wacloud.modules.bot.domain.ranking import Asked, Hit, asked_in

# Of a flood the newest are read; WhatsApp itself ends a text at this length.
MOST_READ: Final = 30
# A model reads them all, whoever answers without one the first.
MOST_HITS: Final = 8

Results = Sequence[Sequence[Hit]]


def texts_of(question: Question) -> tuple[str, ...]:
    """The newest messages that say something, as far as they are read."""
    return tuple(read for text in question.texts[-MOST_READ:] if (read := text[:LONGEST_TEXT].strip()))


class SearchOnce:
    """
    Of the newest messages of one question: `texts` as they are read, `asked` what is looked up for them.

    Without a text nothing is found.
    """

    def __init__(self, knowledge: Knowledge, question: Question) -> None:
        self._knowledge = knowledge
        self._business_id = question.business_id
        self.texts = texts_of(question)
        self._before = next((line.text for line in reversed(question.history) if line.author == "contact"), None)
        self.asked = asked_in(self.texts)
        if self._before and names_no_thing(self.asked.whole):
            # "¿Lleváis a domicilio?", and then "¿y cuánto cuesta?"
            self.asked = Asked(f"{asked_in([self._before[:LONGEST_TEXT]]).whole} {self.asked.whole}", ())
        self._found: Results | None = None
        self._with_before: Results | None = None

    async def hits(self) -> Results:
        """The best for each of `asked.lookups`, best first."""
        if self._found is None:
            self._found = await self._search(self.asked.lookups)
        return self._found

    async def with_before(self) -> Results:
        """The same, and for the messages with the customer's one before them: "¿y los sábados?"."""
        if self._with_before is None:
            lookups = self.asked.lookups
            more = (asked_in([self._before[:LONGEST_TEXT], *self.texts]).whole,) if self._before else ()
            if self._found is None:
                found = await self._search((*lookups, *more))
                self._found, self._with_before = found[: len(lookups)], found
            else:
                self._with_before = (*self._found, *(await self._search(more) if more else ()))
        return self._with_before

    async def _search(self, lookups: Sequence[str]) -> Results:
        return await self._knowledge.search(self._business_id, lookups, MOST_HITS) if self.texts else ()
