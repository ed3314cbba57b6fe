"""What `wacloud doctor` sees of the world outside: our own address, Meta, mail, models and files."""

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import aiohttp
import aiosmtplib
from redis.asyncio import Redis

from wacloud.main.doctor import Line
from wacloud.main.graph import graph_checkup
from wacloud.main.media import DEFAULT_FOLDER, media_files
from wacloud.main.settings import BadSettings, Settings
from wacloud.modules.bot.domain.models import ends_on
from wacloud.modules.bot.infra.key_health import ValkeyKeyHealth
from wacloud.modules.notification.infra.smtp import read_smtp_url
from wacloud.modules.whatsapp.application.media_ports import StoreOfFilesAway
from wacloud.modules.whatsapp.domain.checkup import CALLBACK_PATH
from wacloud.modules.whatsapp.infra.media_tools import find_ffmpeg
from wacloud.shared.domain.ids import new_id
from wacloud.shared.infra.crypto import SecretBox
from wacloud.shared.infra.http import open_egress

# When Meta takes a version away; a removed one is served as the oldest that lives, without a word.
REMOVED: Final = {
    "v20.0": date(2026, 9, 24),
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
}
OLDEST_KNOWN: Final = 20
SOON_DAYS: Final = 90
NEEDED_FIELDS: Final = ("messages",)
# Without these the product works, and learns late or never what they tell.
WANTED_FIELDS: Final = (
    "message_template_status_update",
    "template_category_update",
    "phone_number_quality_update",
    "phone_number_name_update",
    "account_update",
    "account_alerts",
    "account_review_update",
    "business_capability_update",
    "security",
    "user_preferences",
    "user_id_update",
)
LITTLE_ROOM: Final = 1024**3


async def look_at_address(settings: Settings) -> Sequence[Line]:
    """As Meta asks it: the handshake, at the address that Meta is told."""
    url, lines = settings.base_url, []
    if urlsplit(url).scheme == "https":
        lines.append(Line("address", "ok", f"BASE_URL is {url}"))
    elif settings.is_play:
        lines.append(Line("address", "ok", f"BASE_URL is {url}: enough for {settings.app_env}, not for Meta"))
    else:
        lines.append(Line("address", "broken", f"BASE_URL is {url}", "it has to be https: Meta calls nothing else"))
    if not settings.meta_verify_token:
        return [*lines, Line("webhook", "broken", "META_VERIFY_TOKEN is not set", "set it in .env and at Meta")]
    async with open_egress(total_s=8, connect_s=4) as egress:
        found = await graph_checkup(settings, egress, SecretBox(settings.secret_keys or ["none"])).own_endpoint()
    if found.state == "ok":
        lines.append(Line("webhook", "ok", "answers the handshake at BASE_URL"))
    elif found.cause == "endpoint_unreachable":
        fix = "start `wacloud serve`, and see that the proxy leads to it and its certificate is good"
        lines.append(Line("webhook", "broken", "BASE_URL cannot be reached from here", fix))
    else:
        fix = "see that BASE_URL leads to this installation, with the same META_VERIFY_TOKEN"
        lines.append(Line("webhook", "broken", f"answers {found.details.get('value')} to the handshake", fix))
    return lines


async def look_at_meta(settings: Settings) -> Sequence[Line]:
    lines = [_version(settings.meta_graph_version)]
    if not settings.meta_app_secret:
        return [
            *lines,
            Line("meta app", "broken", "META_APP_SECRET is not set: no webhook is let in", "set it in .env"),
        ]
    if not settings.meta_app_id:
        fix = "set META_APP_ID: then subscriptions and tokens can be checked"
        return [*lines, Line("meta app", "warning", "META_APP_ID is not set", fix)]
    url = f"{settings.meta_graph_url.rstrip('/')}/{settings.meta_graph_version}/{settings.meta_app_id}/subscriptions"
    headers = {"Authorization": f"Bearer {settings.meta_app_id}|{settings.meta_app_secret[0]}"}
    try:
        status, answer = await _get_json(url, headers)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        told = f"Meta cannot be reached: {type(error).__name__}"
        return [*lines, Line("meta app", "broken", told, "see that this machine may call graph.facebook.com")]
    if status >= 500 or answer is None:
        return [*lines, Line("meta app", "warning", f"Meta answered {status}", "try again later")]
    if "error" in answer:
        fix = "compare META_APP_ID and META_APP_SECRET with the app's dashboard"
        return [*lines, Line("meta app", "broken", "Meta does not accept the app's id and secret", fix)]
    rows = answer.get("data")
    return [*lines, *_subscription(rows if isinstance(rows, list) else [], settings.base_url + CALLBACK_PATH)]


def _version(version: str) -> Line:
    ends = REMOVED.get(version)
    fix = "set META_GRAPH_VERSION to v26.0"
    if ends is None and float(version[1:]) < OLDEST_KNOWN:
        return Line("graph version", "broken", f"{version} was removed long ago: Meta answers as another one", fix)
    if ends is None:
        return Line("graph version", "ok", f"{version}, no end announced")
    left = (ends - datetime.now(UTC).date()).days
    if left <= 0:
        return Line("graph version", "broken", f"{version} was removed on {ends}: Meta answers as another one", fix)
    if left < SOON_DAYS:
        return Line("graph version", "warning", f"{version} is removed on {ends}, in {left} days", fix)
    return Line("graph version", "ok", f"{version}, until {ends}")


def _subscription(rows: list[Any], wanted: str) -> list[Line]:
    ours = [row for row in rows if isinstance(row, dict) and row.get("object") == "whatsapp_business_account"]
    fix = f"in the app's dashboard, WhatsApp, Configuration: {wanted}"
    if not ours:
        return [Line("meta app", "broken", "the app has no webhook for WhatsApp", fix)]
    places = [str(row.get("callback_url", "")).rstrip("/") for row in ours]
    if wanted not in places:
        return [Line("meta app", "broken", f"the app's webhooks go to {places[0][:200]}", fix)]
    row = ours[places.index(wanted)]
    fields = row.get("fields")
    listed = fields if isinstance(fields, list) else []
    names = {str(one.get("name") if isinstance(one, dict) else one) for one in listed}
    lines = [Line("meta app", "ok", "its id and secret are good, its webhooks come here")]
    if row.get("active") is False:
        lines = [Line("meta app", "broken", "the app's webhook is switched off", fix)]
    if missing := [name for name in NEEDED_FIELDS if name not in names]:
        told = f"not subscribed to {', '.join(missing)}: nothing comes in"
        lines.append(Line("meta fields", "broken", told, "subscribe to it in the app's dashboard"))
    elif missing := [name for name in WANTED_FIELDS if name not in names]:
        told = f"not subscribed to {', '.join(missing)}"
        lines.append(Line("meta fields", "warning", told, "subscribe to them in the app's dashboard"))
    else:
        lines.append(Line("meta fields", "ok", f"subscribed to {len(names)}"))
    return lines


async def look_at_mail(settings: Settings) -> Sequence[Line]:
    if settings.resend_api_key:
        return [await _resend(settings)]
    if settings.smtp_url:
        return [await _smtp(settings)]
    if settings.is_play:
        return [Line("mail", "ok", "kept on this machine: /dev/mails shows them")]
    fix = "set RESEND_API_KEY or SMTP_URL, and MAIL_FROM"
    return [Line("mail", "warning", "nobody takes mails: nobody can sign up or get a new password", fix)]


async def _resend(settings: Settings) -> Line:
    headers = {"Authorization": f"Bearer {settings.resend_api_key}"}
    try:
        status, answer = await _get_json(f"{settings.resend_api_url.rstrip('/')}/domains", headers)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        told = f"Resend cannot be reached: {type(error).__name__}"
        return Line("mail", "broken", told, "see that this machine may call api.resend.com")
    if status == 401 and answer is not None and answer.get("name") == "restricted_api_key":
        return Line("mail", "ok", "Resend knows the key; it may only send, so the domain cannot be looked at")
    if status in (400, 401, 403):
        return Line("mail", "broken", "Resend does not accept RESEND_API_KEY", "make a new key at Resend")
    if status != 200 or answer is None:
        return Line("mail", "warning", f"Resend answered {status}", "try again later")
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2].lower()
    rows = answer.get("data")
    states = {
        str(row.get("name", "")).lower(): str(row.get("status", "?"))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    }
    if domain not in states:
        fix = "add the domain at Resend, or change MAIL_FROM"
        return Line("mail", "broken", f"Resend does not know the domain {domain or '(none)'} of MAIL_FROM", fix)
    if states[domain] != "verified":
        fix = "set the DNS records that Resend shows"
        return Line("mail", "broken", f"the domain {domain} is {states[domain]} at Resend", fix)
    return Line("mail", "ok", f"Resend, from the verified domain {domain}")


async def _smtp(settings: Settings) -> Line:
    place = read_smtp_url(settings.smtp_url)
    client = aiosmtplib.SMTP(
        hostname=place.host,
        port=place.port,
        timeout=6,
        use_tls=place.security == "tls",
        start_tls=place.security == "starttls",
    )
    try:
        await client.connect()
        if place.user:
            await client.login(place.user, place.password)
        await client.quit()
    except aiosmtplib.SMTPAuthenticationError:
        return Line("mail", "broken", f"{place.host} does not accept the user of SMTP_URL", "correct SMTP_URL")
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        told = f"{place.host}:{place.port} cannot be reached: {type(error).__name__}"
        return Line("mail", "broken", told, "correct SMTP_URL, or let this machine out")
    return Line("mail", "ok", f"{place.host} lets us in")


async def look_at_models(settings: Settings) -> Sequence[Line]:
    if not settings.openai_api_keys and settings.openai_base_url:
        return [await _model(settings, settings.openai_base_url.rstrip("/"), None)]
    if not settings.openai_api_keys:
        text = "no OPENAI_API_KEYS: the bot answers from the business's own questions and answers"
        return [Line("model", "ok", text)]
    base = (settings.openai_base_url or "https://api.openai.com/v1").rstrip("/")
    tried = await asyncio.gather(*(_model(settings, base, n) for n in range(len(settings.openai_api_keys))))
    return [*tried, *_ending_models(settings), *await _resting_keys(settings)]


def _ending_models(settings: Settings) -> list[Line]:
    """Models that OpenAI stops serving, as far as it has said."""
    lines = []
    for name in (settings.openai_model, *settings.openai_models_offered):
        ends = ends_on(name)
        if ends is None:
            continue
        left = (ends - datetime.now(UTC).date()).days
        fix = "name another one in OPENAI_MODEL or OPENAI_MODELS_OFFERED"
        if left <= 0:
            lines.append(Line("model", "broken", f"{name} is not served any more since {ends}", fix))
        elif left < SOON_DAYS:
            lines.append(Line("model", "warning", f"{name} is served until {ends}, {left} more days", fix))
    return lines


async def _resting_keys(settings: Settings) -> list[Line]:
    """What the workers have told of the keys in the last minutes."""
    if not settings.redis_url:
        return []
    async with Redis.from_url(settings.redis_url, socket_timeout=4, socket_connect_timeout=4) as redis:
        health = await ValkeyKeyHealth(redis).read()
    return [
        Line("model", "warning", f"key {key.number} of OPENAI_API_KEYS rests in {worker}: {key.why}", "see its account")
        for worker, keys in health.items()
        for key in keys
        if key.why is not None
    ]


async def _model(settings: Settings, base: str, place: int | None) -> Line:
    """`place` None: a server that wants no key."""
    name = "OPENAI_BASE_URL" if place is None else f"key {place + 1} of OPENAI_API_KEYS"
    headers = {} if place is None else {"Authorization": f"Bearer {settings.openai_api_keys[place]}"}
    try:
        status, answer = await _get_json(f"{base}/models", headers)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        told = f"the model's address cannot be reached: {type(error).__name__}"
        return Line("model", "broken", told, "correct OPENAI_BASE_URL, or let this machine out")
    if status in (401, 403):
        return Line("model", "broken", f"{name} is not accepted", "make a new key")
    if status != 200 or answer is None:
        return Line("model", "warning", f"{name}: the answer was {status}", "try again later")
    rows = answer.get("data")
    known = {row.get("id") for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict)}
    if known and settings.openai_model not in known:
        fix = "correct OPENAI_MODEL"
        return Line("model", "warning", f"{name} is good, but lists no model {settings.openai_model}", fix)
    return Line("model", "ok", f"{name} is good")


async def look_at_files(settings: Settings) -> Sequence[Line]:
    fix = "see MEDIA_URL, and who may write there"
    try:
        files = await asyncio.to_thread(media_files, settings)
    except BadSettings as bad:
        return [Line("files", "broken", str(bad).split("@")[-1][:200], fix)]
    key = f"doctor/{new_id()}"
    try:
        with tempfile.NamedTemporaryFile() as sample:
            sample.write(b"wacloud doctor")
            sample.flush()
            await files.put(key, Path(sample.name))
        size = await files.size(key)
        await files.delete([key])
    except (StoreOfFilesAway, OSError) as error:
        return [Line("files", "broken", f"cannot be written: {type(error).__name__}", fix), _ffmpeg(settings)]
    parts = urlsplit(settings.media_url or DEFAULT_FOLDER.absolute().as_uri())
    if parts.scheme == "s3":
        lines = [Line("files", "ok", f"the store {parts.netloc} takes and gives files ({size} bytes tried)")]
    else:
        lines = [await asyncio.to_thread(_room, Path(unquote(parts.path)))]
    return [*lines, _ffmpeg(settings)]


def _room(folder: Path) -> Line:
    free = shutil.disk_usage(folder).free
    text = f"{folder} can be written, {free / 1024**3:.1f} GB free"
    if free < LITTLE_ROOM:
        return Line("files", "warning", text, "make room, or move MEDIA_URL")
    return Line("files", "ok", text)


def _ffmpeg(settings: Settings) -> Line:
    if find_ffmpeg(settings.ffmpeg):
        return Line("ffmpeg", "ok", "there: every voice note and sound can be sent")
    return Line("ffmpeg", "ok", "not there: sounds of other kinds than WhatsApp's are sent as files")


async def _get_json(url: str, headers: dict[str, str]) -> tuple[int, dict[str, Any] | None]:
    async with open_egress(total_s=8, connect_s=4) as egress, egress.get(url, headers=headers) as response:
        try:
            answer = await response.json(content_type=None)
        except ValueError:
            answer = None
        return response.status, answer if isinstance(answer, dict) else None
