"""
What a turn costs without the model's own time: prompt, masking, moderation, requests, and what becomes of the answer.

The model is OpenAI's twin in a process of its own; only the CPU of this process counts.
"""

import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from wacloud.bench.figures import latency
from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.application.guards import Guards
from wacloud.modules.bot.application.model import AnswerDeps, KnowledgeState
from wacloud.modules.bot.domain.knowledge import KnowledgeItem, KnowledgeItemId
from wacloud.modules.bot.domain.question import BusinessFacts, HistoryLine, Question
from wacloud.modules.bot.domain.ranking import Hit
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.bot.infra.openai_responses import open_provider
from wacloud.shared.domain.ids import BusinessId

ASKED_MS = 30.0
_WARM_UP = 20


@dataclass(frozen=True, slots=True)
class TurnPlan:
    """How many turns, over how much knowledge, after how long a conversation."""

    turns: int = 200
    items: int = 60
    history: int = 20


class _Knowledge:
    """Small enough to be given to the model whole."""

    def __init__(self, items: int) -> None:
        self._items = tuple(
            KnowledgeItem(
                KnowledgeItemId(uuid.uuid4()), f"¿Cuánto cuesta el artículo {n}?", f"Cuesta {n},90 € con envío. " * 4, n
            )
            for n in range(items)
        )

    async def items(self, business_id: BusinessId) -> tuple[KnowledgeItem, ...]:
        return self._items

    async def state(self, business_id: BusinessId) -> KnowledgeState:
        return KnowledgeState(1, 0)

    def forget(self, business_id: BusinessId) -> None:
        """It never changes."""

    async def search(self, business_id: BusinessId, texts: Sequence[str], limit: int = 5) -> list[tuple[Hit, ...]]:
        return [() for _ in texts]


async def measure_turn(plan: TurnPlan, url: str) -> dict[str, Any]:
    """Turn after turn against the twin at this address."""
    provider = open_provider(["sk-bench"], url, "gpt-6-luna", 20.0, "responses")
    assert provider is not None
    deps = AnswerDeps(_Knowledge(plan.items), provider.model, lambda: datetime.now(UTC), Guards(provider=provider))
    cpu: list[float] = []
    whole: list[float] = []
    answered = 0
    try:
        for number in range(-_WARM_UP, plan.turns):
            question = _question(plan, max(number, 0))
            began, cpu_began = time.perf_counter(), time.process_time()
            answer = await compose_answer(deps, question)
            if number >= 0:
                cpu.append(time.process_time() - cpu_began)
                whole.append(time.perf_counter() - began)
                answered += answer.source == "model"
    finally:
        await provider.model.aclose()
    figures = latency(cpu)
    return {
        "plan": asdict(plan),
        "cpu": asdict(figures),
        "with_the_twin": asdict(latency(whole)),
        "answered_by_the_model": answered,
        "asked_ms": ASKED_MS,
        "holds": figures.p50 is not None and figures.p50 < ASKED_MS,
    }


def _question(plan: TurnPlan, number: int) -> Question:
    said = [
        HistoryLine("contact" if n % 2 else "bot", f"Mensaje {n}: mi teléfono es 600 11{n % 10} 222 y quiero saber más")
        for n in range(plan.history)
    ]
    profile = {"address": "Calle Mayor 1", "hours": {"mon": [["09:00", "14:00"]]}, "payment": ["tarjeta", "efectivo"]}
    return Question(
        business_id=BusinessId(uuid.UUID(int=7)),
        contact_key=f"contact-{number}",
        texts=("hola", f"¿cuánto cuesta el artículo {number % plan.items}? mi DNI es 12345678Z"),
        kinds=("text", "text"),
        history=tuple(said),
        facts=BusinessFacts("Casa Olmo", "retail", "es", "Europe/Madrid", profile),
        settings=BotSettings(),
        version=1,
    )
