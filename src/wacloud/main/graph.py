"""The ways to Meta's Graph API, all by one address, version and proof."""

from typing import TypeVar

import aiohttp

from wacloud.main.settings import Settings
from wacloud.modules.whatsapp.infra.cloud_api import GraphApi
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
