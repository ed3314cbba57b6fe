"""What a search of the knowledge costs and finds, with thousands of pieces in one business and others beside it."""

import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from wacloud.bench.figures import latency
from wacloud.bench.places import Say
from wacloud.modules.bot.application.edit_sources import add_text
from wacloud.modules.bot.application.knowledge_limits import knowledge_limits
from wacloud.modules.bot.application.model import KnowledgeDeps
from wacloud.modules.bot.application.read_source import embed_chunks, read_source
from wacloud.modules.bot.application.source_ports import FileStore, SourceDeps
from wacloud.modules.bot.infra.confined_extractor import ConfinedExtractor
from wacloud.modules.bot.infra.embeddings import LocalEmbedder
from wacloud.modules.bot.infra.knowledge_items import KnowledgeItems
from wacloud.modules.bot.infra.knowledge_search import CachedKnowledge
from wacloud.modules.bot.infra.source_rows import PostgresSources
from wacloud.modules.bot.infra.web_pages import WebPages
from wacloud.shared.application.clock import system_clock
from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.infra.postgres import PostgresDatabase
from wacloud.shared.infra.public_http import open_public_egress

# Half of the questions are typed as people type in a chat.
_THINGS: Final = (
    "sartén de hierro", "olla exprés", "cazo de acero", "plancha de inducción", "batidora de vaso", "tostadora doble",
    "cafetera italiana", "hervidor eléctrico", "cuchillo jamonero", "tabla de olivo", "molde de silicona",
    "báscula de cocina", "mantel de lino", "vajilla de loza", "cubertería de acero", "paellera esmaltada",
    "exprimidor manual", "molinillo de café", "fuente de horno", "bandeja de mimbre",
)  # fmt: skip
_MAKES: Final = (
    "Olmo", "Sierra", "Duero", "Alba", "Encina", "Ribera", "Jara", "Tajo", "Brezo", "Cierzo", "Ebro", "Nogal",
    "Pinar", "Lucero", "Retama", "Genil", "Almena", "Castro", "Vega", "Moncayo", "Abedul", "Trébol", "Faro", "Ancla",
    "Cobre", "Niebla", "Tormes", "Bruma", "Laurel", "Salvia", "Romero", "Tomillo", "Hinojo", "Azahar", "Limón",
    "Naranjo", "Granada", "Higuera", "Avellano", "Castaño",
)  # fmt: skip
_ASKS: Final = (
    ("precio", "cuánto cuesta la {thing} {make}", "kuanto vale la {thing} {make}"),
    ("garantía", "¿qué garantía tiene la {thing} {make}?", "la {thing} {make} tiene garantia?"),
    ("limpieza", "¿cómo se limpia la {thing} {make}?", "como limpio la {thing} {make} xfa"),
    ("entrega", "¿cuándo me llega la {thing} {make}?", "cuando yega la {thing} {make}"),
    ("color", "¿en qué colores hay la {thing} {make}?", "q colores ay de {thing} {make}"),
    ("medidas", "¿qué medidas tiene la {thing} {make}?", "medidas d la {thing} {make}"),
    ("recambio", "¿hay recambios de la {thing} {make}?", "ai recambios pa la {thing} {make}"),
    ("devolución", "¿puedo devolver la {thing} {make}?", "puedo debolver la {thing} {make}"),
    ("existencias", "¿queda alguna {thing} {make}?", "keda alguna {thing} {make}"),
    ("peso", "¿cuánto pesa la {thing} {make}?", "cuanto pesa {thing} {make}"),
    ("regalo", "¿envolvéis para regalo la {thing} {make}?", "la {thing} {make} la embolveis pa regalo"),
    ("uso", "¿para qué sirve la {thing} {make}?", "pa q sirbe la {thing} {make}"),
    ("oferta", "¿hay oferta de la {thing} {make}?", "ay oferta en {thing} {make}"),
)  # fmt: skip
_SOURCES: Final = 20


@dataclass(frozen=True, slots=True)
class KnowledgePlan:
    """How many pieces one business has, how many businesses have as many, how many questions are asked."""

    pieces: int = 10_000
    businesses: int = 4
    questions: int = 300


@dataclass(frozen=True, slots=True)
class _Fact:
    title: str
    text: str
    plainly: str
    in_chat: str


async def measure_knowledge(
    db: PostgresDatabase, businesses: Sequence[BusinessId], plan: KnowledgePlan, files: FileStore, say: Say
) -> dict[str, Any]:
    """How long a search takes, the making of its vector included, for one after the other; and what it found."""
    embedder = LocalEmbedder()
    first, *others = businesses
    facts = _facts(plan.pieces)
    try:
        async with _deps(db, embedder, files) as deps:
            began = time.perf_counter()
            sources = await _teach(deps, first, facts, say)
            taught_s = time.perf_counter() - began
        for other in others:
            say("teaching the same to the neighbours")
            await _copy(db, first, other, sources)
        async with db.system("bench: statistics of what was stored") as tx:
            await tx.rows("select private.analyze_grown()")
        say("asking")
        return {
            "plan": asdict(plan),
            "taught_s": round(taught_s, 1),
            **await _ask(db, embedder, first, facts, plan.questions),
        }
    finally:
        await embedder.aclose()


@asynccontextmanager
async def _deps(db: PostgresDatabase, embedder: LocalEmbedder, files: FileStore) -> AsyncIterator[SourceDeps]:
    async with open_public_egress() as egress:
        yield SourceDeps(
            knowledge=KnowledgeDeps(db, KnowledgeItems(), embedder),
            rows=PostgresSources(),
            files=files,
            extractor=ConfinedExtractor(),
            web=WebPages(egress),
            sites=WebPages(egress),
            limits=knowledge_limits,
            clock=system_clock,
        )


async def _teach(deps: SourceDeps, business_id: BusinessId, facts: Sequence[_Fact], say: Say) -> list[UUID]:
    sources = []
    share = -(-len(facts) // _SOURCES)
    for start in range(0, len(facts), share):
        say(f"teaching {start:,} of {len(facts):,}")
        text = "\n\n".join(f"# {fact.title}\n{fact.text}" for fact in facts[start : start + share])
        source = await add_text(deps, business_id, f"Catálogo {start // share + 1}", text)
        await read_source(deps, business_id, source.id)
        await embed_chunks(deps, business_id, source.id, 1)
        sources.append(source.id)
    return sources


async def _copy(db: PostgresDatabase, one: BusinessId, other: BusinessId, sources: Sequence[UUID]) -> None:
    async with db.tenant(one, other) as tx:
        for table, columns in (
            (
                "knowledge_sources",
                "id, kind, title, state, size_bytes, revision, live_revision, live_chunks, embedding_model, signs",
            ),
            ("knowledge_chunks", "source_id, revision, position, heading, body, embedding_model, embedding, signs"),
            ("knowledge_words", "sound, stem, source_id, revision, positions"),
        ):
            await tx.execute(
                f"insert into app.{table} (business_id, {columns}) select %s, {columns} from app.{table} "
                f"where business_id = %s and {'id' if table == 'knowledge_sources' else 'source_id'} = any (%s)",
                (other, one, list(sources)),
            )


async def _ask(
    db: PostgresDatabase, embedder: LocalEmbedder, business_id: BusinessId, facts: Sequence[_Fact], questions: int
) -> dict[str, Any]:
    knowledge = CachedKnowledge(db, KnowledgeItems(), embedder, ttl_s=3600)
    await knowledge.search(business_id, ["hola"])
    chosen = random.Random(7).sample(range(len(facts)), min(questions, len(facts)))
    report: dict[str, Any] = {}
    for name, told in (("plain", [facts[n].plainly for n in chosen]), ("chat", [facts[n].in_chat for n in chosen])):
        taken, places = [], []
        for place, text in zip(chosen, told, strict=True):
            began = time.perf_counter()
            (hits,) = await knowledge.search(business_id, [text])
            taken.append(time.perf_counter() - began)
            right = [n for n, hit in enumerate(hits) if hit.item.answer == facts[place].text]
            places.append(right[0] if right else 99)
        report[name] = {
            **asdict(latency(taken)),
            "recall@1": round(sum(place < 1 for place in places) / len(places), 3),
            "recall@3": round(sum(place < 3 for place in places) / len(places), 3),
        }
    taken = []
    for place in range(0, len(chosen) - 3, 3):
        texts = [facts[n].plainly + " " for n in chosen[place : place + 3]]
        began = time.perf_counter()
        await knowledge.search(business_id, texts)
        taken.append(time.perf_counter() - began)
    report["three at once"] = asdict(latency(taken))
    return report


def _facts(count: int) -> list[_Fact]:
    """So many different things one may ask about; the same for the same number."""
    chance = random.Random(1)
    facts = []
    for asks, plainly, in_chat in _ASKS:
        for thing in _THINGS:
            for make in _MAKES:
                number = chance.randrange(3, 900)
                text = (
                    f"Sobre {asks} de la {thing} {make}: la referencia es {number}-{chance.randrange(100, 999)}, "
                    f"y lo que pedimos o damos son {number},{chance.randrange(10, 99)} según el catálogo de este año. "
                    f"Si quieres saber más de la {thing} {make}, pregunta en la tienda o escríbenos."
                )
                named = {"thing": thing, "make": make}
                facts.append(
                    _Fact(
                        f"{asks.capitalize()} de la {thing} {make}",
                        text,
                        plainly.format(**named),
                        in_chat.format(**named),
                    )
                )
    chance.shuffle(facts)
    return facts[:count]
