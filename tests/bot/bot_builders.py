"""What the tests of the bot are made of."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from wacloud.modules.bot.application.model import AnswerDeps, KnowledgeState, ModelPort
from wacloud.modules.bot.domain.knowledge import KnowledgeItem, KnowledgeItemId
from wacloud.modules.bot.domain.question import BusinessFacts, HistoryLine, Question
from wacloud.modules.bot.domain.ranking import Hit
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.infra.postgres import PostgresDatabase

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FALLBACK = "Eso lo tiene que ver una persona; te contestamos enseguida."


def an_item(question: str, answer: str, position: int = 0) -> KnowledgeItem:
    return KnowledgeItem(KnowledgeItemId(uuid.uuid4()), question, answer, position)


class FixedKnowledge:
    """A knowledge whose search gives each item the score the test says, by words of the text."""

    def __init__(self, *scored: tuple[KnowledgeItem, str, float]) -> None:
        self.scored = scored
        self.searched: list[str] = []
        self.searches = 0
        self.pieces = 0  # of sources, for a model to search in

    async def items(self, business_id: BusinessId) -> tuple[KnowledgeItem, ...]:
        return tuple(item for item, _, _ in self.scored)

    async def state(self, business_id: BusinessId) -> KnowledgeState:
        return KnowledgeState(1, self.pieces)

    def forget(self, business_id: BusinessId) -> None:
        """It keeps nothing."""

    async def search(self, business_id: BusinessId, texts: Sequence[str], limit: int = 5) -> list[tuple[Hit, ...]]:
        self.searches += 1
        self.searched.extend(texts)
        return [
            tuple(
                sorted(
                    (Hit(item, score, score, 0.0) for item, word, score in self.scored if word in text.lower()),
                    key=lambda hit: -hit.score,
                )
            )[:limit]
            for text in texts
        ]


HOURS = an_item("¿Cuál es vuestro horario?", "Abrimos de 9:30 a 20:30.")
SHIPPING = an_item("¿Hacéis envíos?", "Enviamos a toda la península por 4,90 €.", 1)


def shop_knowledge() -> FixedKnowledge:
    return FixedKnowledge((HOURS, "horario", 0.8), (HOURS, "abr", 0.5), (SHIPPING, "env", 0.7))


def deps(model: ModelPort | None = None, knowledge: FixedKnowledge | None = None) -> AnswerDeps:
    return AnswerDeps(knowledge=knowledge or shop_knowledge(), model=model, clock=lambda: NOW)


def question(
    *texts: str,
    kinds: tuple[str, ...] | None = None,
    history: tuple[HistoryLine, ...] = (),
    facts: BusinessFacts | None = None,
    settings: BotSettings | None = None,
) -> Question:
    return Question(
        business_id=BusinessId(uuid.uuid4()),
        contact_key="contact-7",
        texts=texts,
        kinds=kinds if kinds is not None else ("text",) * len(texts),
        history=history,
        facts=facts or BusinessFacts("Casa Olmo", "retail", "es", "Europe/Madrid", {"web": "https://casaolmo.es"}),
        settings=settings or BotSettings(fallback_text=FALLBACK),
    )


async def new_business(db: PostgresDatabase) -> BusinessId:
    """A business of its own for a test, with an owner and nothing else."""
    user, business = uuid.uuid4(), uuid.uuid4()
    async with db.system("test") as tx:
        await tx.execute(
            "insert into app.users (id, name, email) values (%s, 'Ana', %s)", (user, f"{user}@example.com")
        )
        await tx.execute(
            "insert into app.businesses (id, owner_id, name) values (%s, %s, 'Casa Olmo')", (business, user)
        )
    return BusinessId(business)
