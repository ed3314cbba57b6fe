"""The bot, with whom it asks and what stands around that."""

from contextlib import AsyncExitStack

from redis.asyncio import Redis

from wacloud.main.settings import Settings
from wacloud.modules.bot.application.action_ports import ActionDeps, ActionSender
from wacloud.modules.bot.application.form_ports import FormDeps
from wacloud.modules.bot.application.guards import Guards, Provider
from wacloud.modules.bot.application.model import AnswerDeps, Knowledge, ModelPort
from wacloud.modules.bot.application.own_key import OwnKeyDeps
from wacloud.modules.bot.application.ports import BotDeps, Briefings
from wacloud.modules.bot.domain.prices import PRICES, Price
from wacloud.modules.bot.infra.action_rows import PostgresActions, PostgresToolCalls
from wacloud.modules.bot.infra.action_sender import EgressActionSender
from wacloud.modules.bot.infra.answer_memory import ValkeyAnswerMemory
from wacloud.modules.bot.infra.conversation_summaries import PostgresSummaries
from wacloud.modules.bot.infra.form_rows import PostgresBegunForms, PostgresEntries, PostgresForms
from wacloud.modules.bot.infra.key_health import ValkeyKeyHealth
from wacloud.modules.bot.infra.openai_responses import open_provider
from wacloud.modules.bot.infra.own_providers import OpenAIKeyTrial, OpenOwnProviders
from wacloud.modules.bot.infra.provider_keys import PostgresProviderKeys
from wacloud.modules.bot.infra.sent_pictures import StoredPictures
from wacloud.modules.bot.infra.spending import PostgresSpending
from wacloud.modules.bot.infra.token_buckets import ValkeyTokenBuckets
from wacloud.modules.bot.infra.turns import PostgresTurns
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.shared.infra.crypto import SecretBox
from wacloud.shared.infra.public_http import open_public_egress


def bot_deps(
    settings: Settings,
    whatsapp: WhatsappDeps,
    redis: "Redis",
    secrets: SecretBox,
    knowledge: Knowledge,
    briefings: Briefings,
    stack: AsyncExitStack,
    model: ModelPort | None,
    sender: ActionSender | None = None,
) -> BotDeps:
    """`model` and `sender`, where they are given, in place of what the settings name and of the way out."""
    health = ValkeyKeyHealth(redis)
    stack.push_async_callback(health.drained)
    provider = (
        Provider(model)
        if model is not None
        else open_provider(
            settings.openai_api_keys,
            settings.openai_base_url or None,
            settings.openai_model,
            settings.model_deadline_s,
            settings.openai_api or None,
            tell=health.tell,
            vision=settings.openai_vision,
        )
    )
    if provider is not None:
        stack.push_async_callback(provider.model.aclose)
    own = OpenOwnProviders(
        whatsapp.db,
        PostgresProviderKeys(),
        secrets.decrypt,
        base_url=settings.openai_own_key_url or None,
        model=settings.openai_model,
        deadline_s=settings.model_deadline_s,
    )
    stack.push_async_callback(own.aclose)
    guards = Guards(
        provider=provider,
        own=own,
        # What stands in for a model has no limits that could be used up.
        buckets=ValkeyTokenBuckets(redis, settings.model_tokens_per_minute) if model is None else None,
        spending=PostgresSpending(whatsapp.db, whatsapp.notification),
        memory=ValkeyAnswerMemory(redis),
        pictures=StoredPictures(whatsapp),
        offered=frozenset(settings.openai_models_offered),
        prices=prices_of(settings),
    )
    if sender is None:
        egress = open_public_egress()
        stack.push_async_callback(egress.close)
        sender = EgressActionSender(egress)
    actions = ActionDeps(
        db=whatsapp.db,
        clock=whatsapp.clock,
        actions=PostgresActions(),
        calls=PostgresToolCalls(),
        sender=sender,
        business=whatsapp.business,
        seal=secrets.encrypt,
        unseal=secrets.decrypt,
    )
    forms = FormDeps(
        db=whatsapp.db,
        clock=whatsapp.clock,
        forms=PostgresForms(),
        entries=PostgresEntries(),
        begun=PostgresBegunForms(),
        business=whatsapp.business,
        notification=whatsapp.notification,
        whatsapp=whatsapp,
    )
    return BotDeps(
        db=whatsapp.db,
        clock=whatsapp.clock,
        briefings=briefings,
        turns=PostgresTurns(),
        summaries=PostgresSummaries(),
        answers=AnswerDeps(knowledge, provider.model if provider else None, whatsapp.clock, guards, actions, forms),
        whatsapp=whatsapp,
    )


def own_key_deps(settings: Settings, whatsapp: WhatsappDeps, secrets: SecretBox) -> OwnKeyDeps:
    """What keeping a business's own key needs."""
    trial = OpenAIKeyTrial(settings.openai_own_key_url or None)
    return OwnKeyDeps(whatsapp.db, PostgresProviderKeys(), trial, whatsapp.business, secrets.encrypt)


def prices_of(settings: Settings) -> tuple[Price, ...]:
    """Those we know, and those the operator names: theirs count."""
    theirs = tuple(
        Price(name, told.listed_on, told.input, told.cached, told.output)
        for name, told in settings.model_prices.items()
    )
    named = {price.model for price in theirs}
    return theirs + tuple(price for price in PRICES if price.model not in named)
