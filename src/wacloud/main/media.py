"""Puts together what keeps, fetches and looks into files of messages."""

from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import aiohttp

from wacloud.main.settings import BadSettings, Settings
from wacloud.modules.whatsapp.application.media_ports import MediaDeps, Transcriber
from wacloud.modules.whatsapp.infra.graph_media import GraphMedia
from wacloud.modules.whatsapp.infra.media import PostgresMedia
from wacloud.modules.whatsapp.infra.media_files import ObjectFiles, open_files
from wacloud.modules.whatsapp.infra.media_tools import MediaTools, find_ffmpeg
from wacloud.modules.whatsapp.infra.openai_transcriber import OpenAITranscriber
from wacloud.shared.infra.crypto import SecretBox

GB = 1024**3
DEFAULT_FOLDER = Path(".data") / "media"


def media_files(settings: Settings) -> ObjectFiles:
    """
    The store that MEDIA_URL names; without one a folder of the place we run in.

    :raises BadSettings: it cannot be opened.
    """
    s3 = {
        "access_key_id": settings.aws_access_key_id,
        "secret_access_key": settings.aws_secret_access_key,
        "session_token": settings.aws_session_token,
        "region": settings.aws_region,
        "endpoint": settings.aws_endpoint_url,
    }
    try:
        return open_files(
            settings.media_url or DEFAULT_FOLDER.absolute().as_uri(), {name: said for name, said in s3.items() if said}
        )
    except (ValueError, OSError) as problem:
        raise BadSettings(f"MEDIA_URL: {problem}") from None


def media_deps(
    settings: Settings,
    files: ObjectFiles,
    egress: aiohttp.ClientSession,
    secrets: SecretBox,
    stack: AsyncExitStack,
    transcriber: Transcriber | None,
) -> MediaDeps:
    """Over Meta, and the model that hears where one is named."""
    if transcriber is None and settings.openai_transcribe_model and settings.openai_api_keys:
        heard = OpenAITranscriber(
            settings.openai_api_keys[0], settings.openai_base_url or None, settings.openai_transcribe_model
        )
        stack.push_async_callback(heard.aclose)
        transcriber = heard
    return MediaDeps(
        rows=PostgresMedia(),
        files=files,
        meta=GraphMedia(
            egress,
            base_url=settings.meta_graph_url,
            version=settings.meta_graph_version,
            decrypt=secrets.decrypt,
            proof_secret=settings.meta_app_secret[0] if settings.meta_appsecret_proof else None,
        ),
        tools=MediaTools(find_ffmpeg(settings.ffmpeg)),
        transcriber=transcriber,
        quota=int(settings.media_quota_gb * GB),
        retention=timedelta(days=settings.media_retention_days) if settings.media_retention_days else None,
    )
