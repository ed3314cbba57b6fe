"""Settings, read from the environment in one place and passed on. `.env.example` explains each."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from wacloud.modules.notification.application.accept_report import read_secrets
from wacloud.modules.notification.infra.mime import read_sender
from wacloud.modules.notification.infra.smtp import read_smtp_url
from wacloud.shared.application.limits import Limit
from wacloud.shared.ui.caller import trusted_networks


class AppEnv(StrEnum):
    """Where we run. Twins, the phone page and sample secrets exist outside of production only."""

    PRODUCTION = "production"
    STAGING = "staging"
    DEVELOPMENT = "development"
    DEMO = "demo"
    TEST = "test"


class BadSettings(Exception):
    """The environment is not fit to run with."""


# Who may do what how often; RATE_LIMITS changes the numbers. The webhook's counts what bears no signature of Meta's and
# nothing else: what Meta signed is never refused.
LIMITS = (
    Limit("login", 5, 60, "address", closes=True),
    Limit("register", 3, 60, "address", closes=True),
    # Supabase's own numbers: tokens by refresh or code, what was mailed, what sends mails.
    Limit("supabase_token", 150, 300, "address"),
    Limit("supabase_verify", 30, 300, "address", closes=True),
    Limit("supabase_mail", 30, 300, "address"),
    Limit("send", 100, 60, "user"),
    Limit("upload", 60, 60, "user"),
    # What costs tokens of a model: trying the bot out, help with replies.
    Limit("bot_try", 30, 60, "user"),
    Limit("site_pages", 10, 60, "user"),
    Limit("assist", 30, 60, "user"),
    Limit("unsigned_webhook", 1000, 60, "everybody"),
    Limit("analytics_event", 200, 60, "user"),
)
JWKS_PATH = "/.well-known/jwks.json"
ENV_FILE = "WACLOUD_ENV_FILE"
SAMPLE_SECRETS = frozenset({"change-me", "dev-secret", "secret", "test"})
LISTS = (
    "auth_redirect_urls",
    "secret_keys",
    "meta_app_secret",
    "openai_api_keys",
    "openai_models_offered",
    "trusted_proxies",
    "resend_webhook_secret",
)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
Listed = Annotated[list[str], NoDecode]


class ModelPrice(BaseModel):
    """US dollars for a million tokens, as listed on that day."""

    input: Decimal = Field(ge=0)
    cached: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    listed_on: date = date(2026, 1, 1)


class Settings(BaseSettings):
    """Field names are the environment's names in lower case; lists are separated by commas."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    app_env: AppEnv = AppEnv.PRODUCTION
    base_url: str = "http://127.0.0.1:8000"
    log_level: str = "INFO"

    database_url: str = ""
    database_replica_url: str = ""
    database_listen_url: str = ""
    db_pool_mode: str = Field("session", pattern="^(session|transaction)$")
    db_pool_min: int = Field(5, ge=1, le=20)
    db_pool_max: int = Field(20, ge=2, le=100)
    redis_url: str = ""
    trusted_proxies: Listed = []
    rate_limits: dict[str, Annotated[int, Field(ge=1)]] = {}
    secret_keys: Listed = []
    auth_redirect_urls: Listed = []

    meta_app_id: str = ""
    meta_app_secret: Listed = []
    meta_verify_token: str = ""
    meta_graph_url: str = "https://graph.facebook.com"
    meta_graph_version: str = Field("v26.0", pattern=r"^v\d+\.\d+$")
    meta_appsecret_proof: bool = False
    meta_es_config_id: str = Field("", pattern=r"^\d*$")

    openai_api_keys: Listed = []
    openai_base_url: str = ""
    openai_model: str = "gpt-6-luna"
    openai_vision: bool | None = None
    openai_api: str = Field("", pattern="^(responses|chat|)$")
    openai_models_offered: Listed = []
    openai_own_key_url: str = ""
    openai_embeddings: bool = False
    model_prices: dict[str, ModelPrice] = {}
    model_tokens_per_minute: int = Field(1_000_000, ge=1000)
    model_deadline_s: float = Field(20, gt=0, le=120)

    undo_send_s: float = Field(5, ge=0, le=60)

    openai_transcribe_model: str = ""

    media_url: str = ""
    media_quota_gb: float = Field(20, gt=0)
    media_retention_days: int = Field(0, ge=0)
    ffmpeg: str = ""
    aws_access_key_id: str = ""
    aws_secret_access_key: str = ""
    aws_session_token: str = ""
    aws_region: str = ""
    aws_endpoint_url: str = ""

    queue_driver: str = Field("postgres", pattern="^(postgres|bullmq)$")
    worker_turns_at_once: int = Field(512, ge=1)
    worker_sends_at_once: int = Field(200, ge=1)
    worker_campaigns_at_once: int = Field(600, ge=1)
    worker_files_at_once: int = Field(6, ge=1)

    stripe_secret_key: str = ""
    stripe_webhook_secret: str = ""
    stripe_api_url: str = ""
    mail_from: str = ""
    mail_reply_to: str = ""
    resend_api_key: str = ""
    resend_api_url: str = "https://api.resend.com"
    resend_webhook_secret: Listed = []
    smtp_url: str = ""
    sentry_dsn: str = ""
    supabase_jwks_url: str = ""
    supabase_jwt_issuer: str = ""
    supabase_jwt_secret: str = ""
    kafka_bootstrap_servers: str = ""

    @model_validator(mode="before")
    @classmethod
    def _split_lists(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for name in LISTS:
                if isinstance(values.get(name), str):
                    values[name] = [part.strip() for part in values[name].split(",") if part.strip()]
        return values

    @field_validator("base_url")
    @classmethod
    def _without_slash(cls, base_url: str) -> str:
        return base_url.rstrip("/")

    @property
    def limits(self) -> dict[str, Limit]:
        """The limits by name."""
        return {limit.name: replace(limit, most=self.rate_limits.get(limit.name, limit.most)) for limit in LIMITS}

    @property
    def is_play(self) -> bool:
        """Whether the phone page and the twins may be there."""
        return self.app_env in (AppEnv.DEMO, AppEnv.DEVELOPMENT, AppEnv.TEST)

    def check(self) -> None:
        """:raises BadSettings: something is missing, or not good enough for where we run."""
        problems = [
            f"{name.upper()} is not set"
            for name in ("database_url", "redis_url", "secret_keys", "meta_app_secret", "meta_verify_token")
            if not getattr(self, name)
        ]
        try:
            trusted_networks(self.trusted_proxies)
        except ValueError as error:
            problems.append(f"TRUSTED_PROXIES: {error}")
        if unknown := sorted(self.rate_limits.keys() - self.limits.keys()):
            problems.append(f"RATE_LIMITS: there is no limit {', '.join(unknown)}")
        if self.queue_driver == "bullmq" and find_spec("bullmq") is None:
            problems.append("QUEUE_DRIVER=bullmq needs the package's extra: pip install 'wacloud[bullmq]'")
        if bad := [url for url in self.auth_redirect_urls if not urlsplit(url).scheme or not urlsplit(url).netloc]:
            problems.append(f"AUTH_REDIRECT_URLS: {', '.join(bad)} is no address like https://app.example.com/")
        if self.media_url and urlsplit(self.media_url).scheme not in ("file", "s3"):
            problems.append("MEDIA_URL: it reads file:///folder or s3://bucket/prefix")
        problems += self._mail_problems()
        problems += self._supabase_problems()
        if not self.is_play:
            problems += self._production_problems()
        if problems:
            raise BadSettings("; ".join(problems))

    @property
    def has_mail(self) -> bool:
        """Whether somebody takes our mails. Without it nobody can sign up or get back in."""
        return bool(self.resend_api_key or self.smtp_url)

    def _mail_problems(self) -> list[str]:
        """No mail at all is possible, and warned of at start; half of a set-up would be found out mail by mail."""
        checks: list[tuple[str, Callable[[], object]]] = [
            ("SMTP_URL", lambda: self.smtp_url and read_smtp_url(self.smtp_url)),
            ("RESEND_WEBHOOK_SECRET", lambda: read_secrets(self.resend_webhook_secret)),
            ("MAIL_FROM", lambda: self.mail_from and read_sender(self.mail_from)),
            ("MAIL_REPLY_TO", lambda: self.mail_reply_to and read_sender(self.mail_reply_to)),
        ]
        problems = []
        for name, read in checks:
            try:
                read()
            except ValueError as error:
                problems.append(f"{name}: {error}")
        if self.has_mail and not self.mail_from:
            problems.append("MAIL_FROM is not set: say who the mails come from")
        if self.resend_api_key and self.smtp_url:
            problems.append("RESEND_API_KEY and SMTP_URL are both set: which one shall send?")
        return problems

    @property
    def supabase_issuer(self) -> str:
        """Who writes a project's tokens: where its keys are published, unless it is said."""
        return self.supabase_jwt_issuer or self.supabase_jwks_url.removesuffix(JWKS_PATH)

    def _supabase_problems(self) -> list[str]:
        problems = []
        if not self.supabase_jwks_url:
            if self.supabase_jwt_issuer or self.supabase_jwt_secret:
                problems.append("SUPABASE_JWKS_URL is not set")
            return problems
        url = urlsplit(self.supabase_jwks_url)
        if not self.supabase_jwt_issuer and not self.supabase_jwks_url.endswith(JWKS_PATH):
            problems.append(f"SUPABASE_JWKS_URL does not end with {JWKS_PATH}: set SUPABASE_JWT_ISSUER as well")
        if self.supabase_issuer == f"{self.base_url}/auth/v1":
            problems.append("SUPABASE_JWKS_URL is our own: it has to be a Supabase project's")
        if url.scheme != "https" and not (self.is_play and url.scheme == "http"):
            problems.append("SUPABASE_JWKS_URL must be https")
        if self.supabase_jwt_secret and len(self.supabase_jwt_secret) < 32:
            problems.append("SUPABASE_JWT_SECRET must be at least 32 characters long")
        return problems

    def _production_problems(self) -> list[str]:
        problems = []
        if any(len(key) < 32 or key.lower() in SAMPLE_SECRETS for key in self.secret_keys):
            problems.append("SECRET_KEYS must be random and at least 32 characters long")
        if any(secret.lower() in SAMPLE_SECRETS for secret in (*self.meta_app_secret, self.meta_verify_token)):
            problems.append("META_APP_SECRET and META_VERIFY_TOKEN must not be sample values")
        if "base_url" not in self.model_fields_set:
            problems.append("BASE_URL is not set")
        elif urlsplit(self.base_url).scheme != "https":
            problems.append("BASE_URL must be https: Meta calls nothing else, and cookies need it")
        if urlsplit(self.meta_graph_url).hostname in LOOPBACK:
            problems.append("META_GRAPH_URL points to a twin on this machine, which production refuses")
        resend = urlsplit(self.resend_api_url)
        if self.resend_api_key and (resend.scheme != "https" or resend.hostname in LOOPBACK):
            problems.append("RESEND_API_URL points to a twin or is not https, which production refuses")
        own = urlsplit(self.openai_own_key_url)
        if self.openai_own_key_url and (own.scheme != "https" or own.hostname in LOOPBACK):
            problems.append("OPENAI_OWN_KEY_URL points to a twin or is not https, which production refuses")
        if self.smtp_url and "security=none" in self.smtp_url:
            problems.append("SMTP_URL speaks in clear, which production refuses")
        return problems


def load_settings(**overrides: Any) -> Settings:
    """
    Read the environment, and `.env` or the file that was named instead.

    :raises BadSettings: a value is not of its kind, or something needed is missing.
    """
    overrides.setdefault("_env_file", os.environ.get(ENV_FILE, ".env"))
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        told = (f"{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors())
        raise BadSettings("; ".join(told)) from None
    except ValueError as error:
        raise BadSettings(str(error)) from error
    settings.check()
    return settings


def use_env_file(file: Path) -> None:
    """
    Take the settings of this file from now on, in this process and its children.

    Whoever names a file means one installation: what the environment says of another must not mix with it.

    :raises BadSettings: it cannot be read.
    """
    try:
        with file.open() as lines:
            values = dotenv_values(stream=lines, interpolate=False)
    except (OSError, UnicodeDecodeError) as problem:
        raise BadSettings(f"{file} cannot be read: {getattr(problem, 'strerror', None) or problem}") from None
    os.environ.update({name: value for name, value in values.items() if value is not None})
    os.environ[ENV_FILE] = str(file)
