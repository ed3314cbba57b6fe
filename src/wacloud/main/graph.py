"""The ways to Meta's Graph API, all by one address, version and proof."""

from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp

from wacloud.main.settings import LOOPBACK, Settings
from wacloud.modules.whatsapp.application.checkup_ports import CheckupDeps
from wacloud.modules.whatsapp.application.connecting_ports import ConnectingDeps
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.template_ports import MessageTemplateDeps
from wacloud.modules.whatsapp.infra.checkups import PostgresCheckups
from wacloud.modules.whatsapp.infra.cloud_api import GraphApi
from wacloud.modules.whatsapp.infra.connections import PostgresConnections, PostgresNumberBook
from wacloud.modules.whatsapp.infra.graph_accounts import GraphAccounts
from wacloud.modules.whatsapp.infra.graph_checkup import GraphCheckup
from wacloud.modules.whatsapp.infra.graph_templates import GraphTemplates
from wacloud.modules.whatsapp.infra.graph_uploads import GraphUploads
from wacloud.modules.whatsapp.infra.message_templates import PostgresMessageTemplates
from wacloud.modules.whatsapp.infra.simulated_sign_up import TwinSignUp
from wacloud.shared.infra.crypto import SecretBox

Graph = TypeVar("Graph", GraphApi, GraphTemplates)


def graph_of(kind: type[Graph], settings: Settings, egress: aiohttp.ClientSession, secrets: SecretBox) -> Graph:
    """A client of this kind."""
    return kind(
        egress,
        base_url=settings.meta_graph_url,
        version=settings.meta_graph_version,
        decrypt=secrets.decrypt,
        proof_secret=settings.meta_app_secret[0] if settings.meta_appsecret_proof else None,
    )


def uploads_of(settings: Settings, egress: aiohttp.ClientSession, secrets: SecretBox) -> GraphUploads:
    """Files Meta keeps for our app."""
    return GraphUploads(
        egress,
        base_url=settings.meta_graph_url,
        version=settings.meta_graph_version,
        decrypt=secrets.decrypt,
        app_id=settings.meta_app_id,
        proof_secret=settings.meta_app_secret[0] if settings.meta_appsecret_proof else None,
    )


def templates_of(
    settings: Settings, egress: aiohttp.ClientSession, secrets: SecretBox, whatsapp: WhatsappDeps
) -> MessageTemplateDeps:
    """All that message templates need."""
    meta = graph_of(GraphTemplates, settings, egress, secrets)
    return MessageTemplateDeps(whatsapp, PostgresMessageTemplates(), meta, uploads_of(settings, egress, secrets))


def graph_checkup(settings: Settings, egress: aiohttp.ClientSession, secrets: SecretBox) -> GraphCheckup:
    """What Meta tells of our numbers, and our own endpoint as it is seen from outside."""
    return GraphCheckup(
        egress,
        base_url=settings.meta_graph_url,
        version=settings.meta_graph_version,
        decrypt=secrets.decrypt,
        proof_secret=settings.meta_app_secret[0] if settings.meta_appsecret_proof else None,
        app_id=settings.meta_app_id,
        app_secret=settings.meta_app_secret[0] if settings.meta_app_secret else "",
        own_url=settings.base_url,
        verify_token=settings.meta_verify_token,
    )


def checkup_of(
    settings: Settings, egress: aiohttp.ClientSession, secrets: SecretBox, whatsapp: WhatsappDeps
) -> CheckupDeps:
    """All that looking after numbers needs."""
    meta = graph_checkup(settings, egress, secrets)
    return CheckupDeps(whatsapp, PostgresCheckups(), meta, settings.meta_app_id, settings.base_url)


def connecting_deps(
    settings: Settings, whatsapp: WhatsappDeps, egress: aiohttp.ClientSession, secrets: SecretBox
) -> ConnectingDeps:
    """What connecting numbers needs. Where a twin plays Meta, its window stands in for Facebook's."""
    is_twin = settings.is_play and urlsplit(settings.meta_graph_url).hostname in LOOPBACK
    return ConnectingDeps(
        whatsapp=whatsapp,
        connections=PostgresConnections(),
        numbers=PostgresNumberBook(),
        meta=GraphAccounts(
            egress,
            base_url=settings.meta_graph_url,
            version=settings.meta_graph_version,
            decrypt=secrets.decrypt,
            app_id=settings.meta_app_id,
            app_secret=settings.meta_app_secret[0],
            with_proof=settings.meta_appsecret_proof,
        ),
        simulated=TwinSignUp(egress, settings.meta_graph_url) if is_twin and settings.meta_app_id else None,
        seal=secrets.encrypt,
        unseal=secrets.decrypt,
        app_id=settings.meta_app_id,
        config_id=settings.meta_es_config_id,
        uploads=uploads_of(settings, egress, secrets),
        graph_version=settings.meta_graph_version,
        dialog_url=f"{settings.meta_graph_url.rstrip('/')}/_twin/signup" if is_twin else None,
    )
