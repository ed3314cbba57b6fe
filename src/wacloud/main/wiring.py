"""Puts the house together: every port gets its adapter here, and nowhere else."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import aiohttp
import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from wacloud.main.bot import bot_deps, own_key_deps
from wacloud.main.graph import checkup_of, connecting_deps, graph_of, templates_of
from wacloud.main.knowledge import embedder_of, source_deps
from wacloud.main.mail import mail_shelf, mail_transport
from wacloud.main.media import media_deps, media_files
from wacloud.main.people import user_deps
from wacloud.main.settings import AppEnv, Settings
from wacloud.main.subscriptions import to_jobs
from wacloud.modules.auth.application.outside import Outside
from wacloud.modules.auth.application.passkey_ports import PasskeyDeps
from wacloud.modules.auth.application.ports import AuthDeps, Mails
from wacloud.modules.auth.infra.acquaintances import PostgresAcquaintances
from wacloud.modules.auth.infra.api_keys import PostgresApiKeys
from wacloud.modules.auth.infra.credentials import PostgresCredentials
from wacloud.modules.auth.infra.factors import PostgresBackupCodes, PostgresFactorHolders, PostgresFactors
from wacloud.modules.auth.infra.guess_limits import ValkeyGuessLimits
from wacloud.modules.auth.infra.mails import QueuedMails
from wacloud.modules.auth.infra.one_time_tokens import PostgresOneTimeTokens
from wacloud.modules.auth.infra.passkeys import PostgresPasskeys, ValkeyChallenges
from wacloud.modules.auth.infra.passwords import Argon2Passwords
from wacloud.modules.auth.infra.session_memory import ValkeySessionMemory
from wacloud.modules.auth.infra.sessions import PostgresRefreshTokens, PostgresSessions
from wacloud.modules.auth.infra.supabase_tokens import SupabaseTokens
from wacloud.modules.auth.infra.tokens import JwtTokens
from wacloud.modules.auth.infra.totp import PyOtp
from wacloud.modules.auth.infra.webauthn_ceremonies import PyWebAuthn
from wacloud.modules.bot.application.action_ports import ActionSender
from wacloud.modules.bot.application.apply_sector_template import TemplateDeps
from wacloud.modules.bot.application.model import KnowledgeDeps, ModelPort
from wacloud.modules.bot.application.own_key import OwnKeyDeps
from wacloud.modules.bot.application.ports import BotDeps
from wacloud.modules.bot.application.source_ports import SourceDeps
from wacloud.modules.bot.application.unanswered import BoardDeps
from wacloud.modules.bot.infra.bot_versions import PostgresBotVersions
from wacloud.modules.bot.infra.briefings import CachedBriefings
from wacloud.modules.bot.infra.knowledge_items import KnowledgeItems
from wacloud.modules.bot.infra.knowledge_search import CachedKnowledge
from wacloud.modules.bot.infra.question_board import PostgresBoard
from wacloud.modules.business.application.ports import BusinessDeps, Erase
from wacloud.modules.business.infra.audit_log import PostgresAuditLog
from wacloud.modules.business.infra.businesses import PostgresBusinesses
from wacloud.modules.business.infra.erasure import PostgresErasure
from wacloud.modules.business.infra.invitations import PostgresInvitations
from wacloud.modules.business.infra.members import PostgresMembers
from wacloud.modules.business.infra.onboarding_steps import PostgresOnboardingSteps
from wacloud.modules.business.infra.reader import PostgresBusinessReader
from wacloud.modules.notification.application.accept_report import read_secrets
from wacloud.modules.notification.application.ports import MailShelf, NotificationDeps, Transport
from wacloud.modules.notification.infra.mails import PostgresMails, PostgresSuppressions
from wacloud.modules.notification.infra.notices import PostgresNotices
from wacloud.modules.notification.ui.compose import JinjaComposer
from wacloud.modules.user.application.ports import UserDeps
from wacloud.modules.whatsapp.application.accept_webhook import WebhookKeys
from wacloud.modules.whatsapp.application.checkup_ports import CheckupDeps
from wacloud.modules.whatsapp.application.connecting_ports import ConnectingDeps
from wacloud.modules.whatsapp.application.media_ports import Transcriber
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps
from wacloud.modules.whatsapp.application.ports import CloudApi, WhatsappDeps
from wacloud.modules.whatsapp.application.read_marks import ReadMarks
from wacloud.modules.whatsapp.application.template_ports import MessageTemplateDeps
from wacloud.modules.whatsapp.infra.account_events import PostgresAccountEvents
from wacloud.modules.whatsapp.infra.account_states import PostgresAccountStates
from wacloud.modules.whatsapp.infra.canned import PostgresCanned
from wacloud.modules.whatsapp.infra.cloud_api import GraphApi
from wacloud.modules.whatsapp.infra.consents import PostgresConsents
from wacloud.modules.whatsapp.infra.contact_imports import PostgresImports
from wacloud.modules.whatsapp.infra.contacts import PostgresContacts
from wacloud.modules.whatsapp.infra.conversations import PostgresConversations
from wacloud.modules.whatsapp.infra.costs import PostgresCosts
from wacloud.modules.whatsapp.infra.deliveries import PostgresDeliveries
from wacloud.modules.whatsapp.infra.desk import PostgresDesk, PostgresLabels
from wacloud.modules.whatsapp.infra.inbox_reader import PostgresInbox
from wacloud.modules.whatsapp.infra.known_templates import PostgresKnownTemplates
from wacloud.modules.whatsapp.infra.mailboxes import PostgresMailboxes
from wacloud.modules.whatsapp.infra.messages import PostgresMessages
from wacloud.modules.whatsapp.infra.notes import PostgresNotes
from wacloud.modules.whatsapp.infra.numbers import PostgresNumbers
from wacloud.modules.whatsapp.infra.people import PostgresErasing, PostgresPeople
from wacloud.modules.whatsapp.infra.people_reader import PostgresPeopleReader
from wacloud.modules.whatsapp.infra.reached_people import PostgresReachedPeople
from wacloud.modules.whatsapp.infra.saved_views import PostgresSavedViews
from wacloud.modules.whatsapp.infra.scheduled import PostgresScheduled
from wacloud.modules.whatsapp.infra.throttle import ValkeyThrottle
from wacloud.modules.whatsapp.infra.transcripts import PostgresTranscripts
from wacloud.shared.application.cache import Cache, NoCache
from wacloud.shared.application.clock import Clock, system_clock
from wacloud.shared.application.db import Database, StoreAway
from wacloud.shared.application.limits import Limits
from wacloud.shared.infra.cache_valkey import ValkeyCache
from wacloud.shared.infra.crypto import SecretBox
from wacloud.shared.infra.database_check import check_database
from wacloud.shared.infra.http import open_egress
from wacloud.shared.infra.idempotency import PostgresIdempotency
from wacloud.shared.infra.limits_valkey import ValkeyLimiter
from wacloud.shared.infra.live_valkey import ValkeyAnnouncer
from wacloud.shared.infra.postgres import Connection, PostgresDatabase, make_pool
from wacloud.shared.infra.webhook_inbox import PostgresWebhookInbox

if TYPE_CHECKING:
    from wacloud.shared.infra.rings_bullmq import BullMqRings


@dataclass(frozen=True, slots=True)
class House:
    """Everything a process may need, connected. `rings` is there with QUEUE_DRIVER=bullmq only."""

    settings: Settings
    clock: Clock
    db: PostgresDatabase
    redis: "Redis"
    announcer: ValkeyAnnouncer
    egress: aiohttp.ClientSession
    secrets: SecretBox
    rings: "BullMqRings | None"
    webhook_inbox: PostgresWebhookInbox
    webhook_keys: WebhookKeys
    limits: Limits
    idempotency: PostgresIdempotency
    auth: AuthDeps
    user: UserDeps
    business: BusinessDeps
    notification: NotificationDeps
    mail_shelf: MailShelf | None
    report_keys: tuple[bytes, ...]
    whatsapp: WhatsappDeps
    people: PeopleDeps
    message_templates: MessageTemplateDeps
    checkups: CheckupDeps
    connecting: ConnectingDeps
    bot: BotDeps
    own_key: OwnKeyDeps
    knowledge: KnowledgeDeps
    sources: SourceDeps
    board: BoardDeps
    templates: TemplateDeps


@dataclass(frozen=True, slots=True)
class Swaps:
    """Parts a test or a measurement replaces; None keeps the real one."""

    clock: Clock | None = None
    model: ModelPort | None = None
    cloud_api: CloudApi | None = None
    mails: Mails | None = None
    mail_transport: Transport | None = None
    transcriber: Transcriber | None = None
    sender: ActionSender | None = None


@asynccontextmanager
async def open_house(settings: Settings, swaps: Swaps | None = None) -> AsyncIterator[House]:
    """
    Connect everything; close it in reverse order at the end.

    :raises DatabaseNotFit: the database is not safe to serve from.
    :raises StoreAway: it cannot be reached.
    """
    swaps = swaps or Swaps()
    clock = swaps.clock or system_clock
    async with AsyncExitStack() as stack:
        pool = make_pool(
            settings.database_url,
            smallest=settings.db_pool_min,
            largest=settings.db_pool_max,
            transaction_pooled=settings.db_pool_mode == "transaction",
        )
        redis = Redis.from_url(
            settings.redis_url,
            socket_timeout=2,
            socket_connect_timeout=2,
            health_check_interval=15,
            retry=Retry(NoBackoff(), 1),
        )
        stack.push_async_callback(redis.aclose)
        announcer = ValkeyAnnouncer(redis)
        stack.push_async_callback(announcer.drained)
        await stack.enter_async_context(pool)
        await _check(pool, settings.database_url, allow_no_fsync=settings.app_env is AppEnv.TEST)
        rings = _bullmq_rings(settings)
        if rings is not None:
            stack.push_async_callback(rings.close)
        cache = ValkeyCache(redis)
        db = PostgresDatabase(
            pool, to_jobs=to_jobs, announcer=announcer, cache=cache, ring=rings.jobs if rings else None
        )
        egress = open_egress()
        stack.push_async_callback(egress.close)
        secrets = SecretBox(settings.secret_keys)
        inbox = PostgresWebhookInbox(db, ring=rings.webhooks if rings else None)
        user = user_deps(db, clock)
        files = media_files(settings)
        business = wire_business(db, user, clock, cache, also_erase=[files.delete_all])
        cloud_api = swaps.cloud_api or graph_of(GraphApi, settings, egress, secrets)
        read_marks = ReadMarks(cloud_api)
        stack.push_async_callback(read_marks.close)
        notification = NotificationDeps(
            db=db,
            clock=clock,
            users=user,
            business=business,
            mails=PostgresMails(),
            suppressions=PostgresSuppressions(),
            notices=PostgresNotices(db),
            transport=swaps.mail_transport or mail_transport(settings, egress, db, clock),
            composer=JinjaComposer(),
            seal=secrets.encrypt,
            unseal=secrets.decrypt,
            base_url=settings.base_url,
        )
        briefings = CachedBriefings(db, clock, PostgresBotVersions(), business)
        whatsapp = WhatsappDeps(
            db=db,
            clock=clock,
            webhooks=inbox,
            numbers=PostgresNumbers(db),
            contacts=PostgresContacts(),
            consents=PostgresConsents(),
            conversations=PostgresConversations(),
            desk=PostgresDesk(),
            labels=PostgresLabels(),
            notes=PostgresNotes(),
            canned=PostgresCanned(),
            scheduled=PostgresScheduled(),
            known_templates=PostgresKnownTemplates(),
            saved_views=PostgresSavedViews(),
            messages=PostgresMessages(),
            mailboxes=PostgresMailboxes(),
            deliveries=PostgresDeliveries(),
            account_events=PostgresAccountEvents(),
            account_states=PostgresAccountStates(),
            inbox=PostgresInbox(db, back_rules=briefings),
            costs=PostgresCosts(db),
            transcripts=PostgresTranscripts(db),
            cloud_api=cloud_api,
            read_marks=read_marks,
            throttle=ValkeyThrottle(redis, PostgresReachedPeople(db)),
            media=media_deps(settings, files, egress, secrets, stack, swaps.transcriber),
            business=business,
            notification=notification,
            back_rules=briefings,
            undo_send=timedelta(seconds=settings.undo_send_s),
        )
        embedder = embedder_of(settings)
        stack.push_async_callback(embedder.aclose)
        knowledge = KnowledgeDeps(db, KnowledgeItems(), embedder, business)
        searched = CachedKnowledge(db, knowledge.store, embedder)
        yield House(
            settings=settings,
            clock=clock,
            db=db,
            redis=redis,
            announcer=announcer,
            egress=egress,
            secrets=secrets,
            rings=rings,
            webhook_inbox=inbox,
            webhook_keys=WebhookKeys(
                [secret.encode() for secret in settings.meta_app_secret], settings.meta_verify_token
            ),
            limits=Limits(settings.limits, ValkeyLimiter(redis)),
            idempotency=PostgresIdempotency(db, secrets.encrypt, secrets.decrypt),
            auth=AuthDeps(
                db=db,
                clock=clock,
                credentials=PostgresCredentials(),
                passwords=Argon2Passwords(),
                tokens=JwtTokens(settings.secret_keys, settings.base_url),
                sessions=PostgresSessions(),
                refresh_tokens=PostgresRefreshTokens(),
                one_time_tokens=PostgresOneTimeTokens(),
                factors=PostgresFactors(secrets.encrypt, secrets.decrypt),
                totp=PyOtp(),
                backup_codes=PostgresBackupCodes(),
                passkeys=PasskeyDeps(PostgresPasskeys(), PyWebAuthn(settings.base_url), ValkeyChallenges(redis)),
                api_keys=PostgresApiKeys(),
                memory=ValkeySessionMemory(redis),
                limits=ValkeyGuessLimits(redis),
                mails=swaps.mails or QueuedMails(notification),
                users=user,
                businesses=business,
                base_url=settings.base_url,
                outside=_outside(settings, egress),
                redirect_urls=settings.auth_redirect_urls,
            ),
            user=user,
            business=business,
            notification=notification,
            mail_shelf=mail_shelf(settings, egress, db),
            report_keys=read_secrets(settings.resend_webhook_secret),
            whatsapp=whatsapp,
            people=PeopleDeps(
                whatsapp=whatsapp,
                people=PostgresPeople(),
                erasing=PostgresErasing(),
                imports=PostgresImports(),
                reader=PostgresPeopleReader(db),
            ),
            message_templates=templates_of(settings, egress, secrets, whatsapp),
            checkups=checkup_of(settings, egress, secrets, whatsapp),
            connecting=connecting_deps(settings, whatsapp, egress, secrets),
            bot=bot_deps(settings, whatsapp, redis, secrets, searched, briefings, stack, swaps.model, swaps.sender),
            own_key=own_key_deps(settings, whatsapp, secrets),
            knowledge=knowledge,
            sources=source_deps(settings, knowledge, files, clock, stack),
            board=BoardDeps(knowledge, PostgresBoard(), whatsapp, clock),
            templates=TemplateDeps(knowledge, PostgresBotVersions(), business),
        )


def _outside(settings: Settings, egress: aiohttp.ClientSession) -> Outside | None:
    if not settings.supabase_jwks_url:
        return None
    tokens = SupabaseTokens(
        egress,
        jwks_url=settings.supabase_jwks_url,
        issuer=settings.supabase_issuer,
        secret=settings.supabase_jwt_secret,
    )
    return Outside(tokens, PostgresAcquaintances())


def _bullmq_rings(settings: Settings) -> "BullMqRings | None":
    if settings.queue_driver != "bullmq":
        return None
    from wacloud.shared.infra.rings_bullmq import BullMqRings  # noqa: PLC0415 - BullMQ is an extra

    return BullMqRings(settings.redis_url)


def wire_business(
    db: Database,
    users: UserDeps,
    clock: Clock = system_clock,
    cache: Cache | None = None,
    also_erase: Sequence[Erase] = (),
) -> BusinessDeps:
    """The business module over PostgreSQL; `also_erase` is what of a business lies elsewhere."""
    return BusinessDeps(
        db=db,
        businesses=PostgresBusinesses(),
        reader=PostgresBusinessReader(db, cache or NoCache()),
        audit_log=PostgresAuditLog(),
        members=PostgresMembers(),
        invitations=PostgresInvitations(),
        steps=PostgresOnboardingSteps(),
        erasure=PostgresErasure(db),
        factor_holders=PostgresFactorHolders(db),
        users=users,
        clock=clock,
        also_erase=also_erase,
    )


async def _check(pool: "AsyncConnectionPool[Connection]", url: str, *, allow_no_fsync: bool) -> None:
    try:
        async with pool.connection() as conn:
            await check_database(conn, allow_no_fsync=allow_no_fsync)
    except PoolTimeout as error:
        raise StoreAway(await _why_away(url)) from error
    except psycopg.OperationalError as error:
        raise StoreAway(str(error)) from error


async def _why_away(url: str) -> str:
    """What the pool, which tries again and again, does not say."""
    try:
        async with await psycopg.AsyncConnection.connect(url, connect_timeout=2):
            return "it has no free connection"
    except psycopg.OperationalError as error:
        return str(error)
    except psycopg.Error:
        # The driver quotes what it could not read, and there may be a password in it.
        return "DATABASE_URL is none: it reads postgresql://wacloud_app:password@host:5432/database"
