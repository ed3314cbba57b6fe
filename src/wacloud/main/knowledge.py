"""Puts together what reads the sources of the bot's knowledge."""

from contextlib import AsyncExitStack

from wacloud.main.settings import Settings
from wacloud.modules.bot.application.knowledge_limits import knowledge_limits
from wacloud.modules.bot.application.model import Embedder, KnowledgeDeps
from wacloud.modules.bot.application.source_ports import FileStore, SourceDeps
from wacloud.modules.bot.infra.confined_extractor import ConfinedExtractor
from wacloud.modules.bot.infra.embeddings import LocalEmbedder, OpenAIEmbedder
from wacloud.modules.bot.infra.source_rows import PostgresSources
from wacloud.modules.bot.infra.web_pages import AGENT, WebPages
from wacloud.shared.application.clock import Clock
from wacloud.shared.infra.public_http import open_public_egress


def embedder_of(settings: Settings) -> Embedder:
    """OpenAI's where that is wished for and there is a key, else the model that comes along."""
    if settings.openai_embeddings and settings.openai_api_keys:
        return OpenAIEmbedder(settings.openai_api_keys[0], settings.openai_base_url or None)
    return LocalEmbedder()


def source_deps(
    settings: Settings,
    knowledge: KnowledgeDeps,
    files: FileStore,
    clock: Clock,
    stack: AsyncExitStack,
) -> SourceDeps:
    """Pages come by a way out of its own, which leads to public addresses only."""
    egress = open_public_egress(user_agent=f"Mozilla/5.0 (compatible; {AGENT}/0.1; +{settings.base_url})")
    stack.push_async_callback(egress.close)
    web = WebPages(egress)
    return SourceDeps(
        knowledge=knowledge,
        rows=PostgresSources(),
        files=files,
        extractor=ConfinedExtractor(),
        web=web,
        sites=web,
        limits=knowledge_limits,
        clock=clock,
    )
