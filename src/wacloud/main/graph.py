"""The ways to Meta's Graph API, all by one address, version and proof."""

from typing import TypeVar

import aiohttp

from wacloud.main.settings import Settings
from wacloud.modules.whatsapp.application.checkup_ports import CheckupDeps
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.infra.checkups import PostgresCheckups
from wacloud.modules.whatsapp.infra.cloud_api import GraphApi
from wacloud.modules.whatsapp.infra.graph_checkup import GraphCheckup
from wacloud.modules.whatsapp.infra.graph_templates import GraphTemplates
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
