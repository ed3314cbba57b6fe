"""The world file: which businesses, numbers, templates and people exist, and how the twin behaves by default.

The smallest world that works:

    {"app_id": "1", "app_secret": "s", "verify_token": "v", "callback_url": "http://127.0.0.1:8000/api/webhooks/whatsapp",
     "wabas": [{"waba_id": "900", "name": "Shop", "access_token": "t",
                "numbers": [{"phone_number_id": "700", "display_phone_number": "+34 910 000 001",
                             "verified_name": "Shop"}]}]}
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

APP_FIELDS = (
    "messages",
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
    "phone_number_quality_update",
    "phone_number_name_update",
    "account_update",
    "account_alerts",
    "account_review_update",
    "business_capability_update",
    "security",
    "flows",
    "history",
    "smb_message_echoes",
    "smb_app_state_sync",
    "user_preferences",
    "user_id_update",
)


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What Meta says is wrong with a number, a WABA, a portfolio or the app, in its health status."""

    error_code: int
    error_description: str
    possible_solution: str = ""
    can_send_message: Literal["LIMITED", "BLOCKED"] = "BLOCKED"


class Number(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """
    One business phone number. `pin`: its two-step code, if it has one; `throughput`: messages a second.

    `status` and `platform_type` left empty follow from whether it is registered. `health`: what is wrong with it.
    `on_biz_app`: it is in the WhatsApp Business app, too, since `onboarded_at`; `synced` is what was asked of the app.
    """

    phone_number_id: str
    display_phone_number: str
    verified_name: str
    pin: str | None = None
    throughput: int = 80
    registered: bool = True
    code_verified: bool = True
    quality_rating: str = "GREEN"
    name_status: str = "APPROVED"
    callback_url: str | None = None
    status: str = ""
    platform_type: str = ""
    messaging_limit: str = "TIER_2K"
    health: list[Fault] = msgspec.field(default_factory=list)
    profile: dict[str, Any] = msgspec.field(default_factory=dict)
    on_biz_app: bool = False
    onboarded_at: float | None = None
    synced: list[str] = msgspec.field(default_factory=list)

    @property
    def digits(self) -> str:
        return digits_of(self.display_phone_number)


class Template(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A message template as Graph lists it. `id` may be left out: one is made. `edited_at` counts for its limit."""

    name: str
    language: str
    id: str = ""
    category: str = "UTILITY"
    status: str = "APPROVED"
    parameter_format: str = "POSITIONAL"
    components: list[dict[str, Any]] = msgspec.field(default_factory=list)
    quality: str = "UNKNOWN"
    rejected_reason: str = "NONE"
    edited_at: list[float] = msgspec.field(default_factory=list)


class Waba(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One WhatsApp Business Account. `business_id` is its portfolio; left out, the WABA has one of its own.

    Webhooks go out only while the app is `subscribed`; `callback_url` overrides the app's for messages. A portfolio
    that is not `is_verified` may have 250 templates; `templates_deleted_at` says which names are taken for a while.
    `health` and `business_health` are what is wrong with it and with its portfolio. `other_apps` are subscribed too.
    `made_here`: somebody signed up in the twin's own dialog, so it is in no world file.
    """

    waba_id: str
    name: str
    access_token: str
    numbers: list[Number] = msgspec.field(default_factory=list)
    templates: list[Template] = msgspec.field(default_factory=list)
    business_id: str = ""
    subscribed: bool = True
    callback_url: str | None = None
    currency: str = "EUR"
    timezone_id: str = "1"
    management_calls: int = 0
    is_verified: bool = True
    payment_missing: bool = False
    health: list[Fault] = msgspec.field(default_factory=list)
    business_health: list[Fault] = msgspec.field(default_factory=list)
    other_apps: list[str] = msgspec.field(default_factory=list)
    templates_made_at: list[float] = msgspec.field(default_factory=list)
    templates_deleted_at: dict[str, float] = msgspec.field(default_factory=dict)
    made_here: bool = False


class CustomerSpec(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A person with WhatsApp. What is left out is made up.

    `bsuid` is the one the portfolio of the first WABA sees; other portfolios see another of the same person.
    `phones` are other ways to write the number (Brazil, Mexico, Argentina). `wrote_at` says when they last wrote to
    a number (phone_number_id to Unix seconds), which opens its service window. `hides_phone` is someone with a
    username whose phone is withheld from businesses.
    """

    name: str
    wa_id: str | None = None
    bsuid: str | None = None
    username: str | None = None
    hides_phone: bool = False
    phones: list[str] = msgspec.field(default_factory=list)
    wrote_at: dict[str, float] = msgspec.field(default_factory=dict)
    read_receipts: bool = True
    on_whatsapp: bool = True
    blocks_business: bool = False
    stopped_marketing: bool = False


class PastMessage(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """
    A message from before the twin began. `customer` is the person's phone or BSUID, `at` Unix seconds.

    `status` is how far its ticks have come, `type` and `content` are Meta's, `reactions` by who: customer, business.
    """

    phone_number_id: str
    customer: str
    wamid: str
    is_inbound: bool
    type: str
    content: Any
    at: float
    status: Literal["sent", "delivered", "read"]
    text: str = ""
    reply_to: str | None = None
    reactions: dict[str, str] = msgspec.field(default_factory=dict)
    is_edited: bool = False
    is_revoked: bool = False


class StatusDelays(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Milliseconds after the accepted POST; null means that status never comes by itself."""

    sent: int | None = 30
    delivered: int | None = 120
    read: int | None = None


class BatchStatuses(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Collect statuses of one number for `wait_ms` and send up to `most` of them in one POST."""

    most: int = 100
    wait_ms: int = 50


class Defaults(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How the twin behaves when no rule says otherwise; changeable while it runs (`PATCH /_twin/defaults`).

    - `window`: a free-form message outside the 24 hours is answered with error 131047 (`error`), accepted and
      then reported by a failed status (`failed_status`), or let through (`off`)
    - `unknown_recipients`: a phone nobody was made for has WhatsApp (`create`) or not (`undeliverable`)
    - `pricing_on`: the status that carries the price
    - `template_review_ms`: a new or changed template is approved after so long; null: `/_twin/templates/decide` does it
    - `webhook_concurrency`: how many webhooks are under way at once; read when the twin starts
    - `retry_delays_s`: waits before the second, third, ... attempt at a webhook; the last one repeats
    """

    status_delays_ms: StatusDelays = msgspec.field(default_factory=StatusDelays)
    window: Literal["error", "failed_status", "off"] = "error"
    pair_limit: bool = True
    pricing_on: Literal["sent", "delivered"] = "delivered"
    free_service_deliveries: int = 1000
    batch_statuses: BatchStatuses | None = None
    unknown_recipients: Literal["create", "undeliverable"] = "create"
    media_urls: bool = True
    template_review_ms: int | None = None
    verification_code: str = "123456"
    # The one that came some time ago: it is refused as over. So is any, so long after it was asked for.
    expired_verification_code: str = "999999"
    verification_code_s: int = 600
    webhook_timeout_s: float = 10.0
    webhook_concurrency: int = 100
    retry_delays_s: list[float] = msgspec.field(
        default_factory=lambda: [0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0]
    )


class World(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """
    Everything there is. `codes` maps an Embedded Signup code to the token it is exchanged for, once.

    `app_fields` are the webhook fields the app is subscribed to; `app_health` is what is wrong with the app.
    """

    app_id: str
    app_secret: str
    verify_token: str
    callback_url: str
    wabas: list[Waba]
    defaults: Defaults = msgspec.field(default_factory=Defaults)
    customers: list[CustomerSpec] = msgspec.field(default_factory=list)
    history: list[PastMessage] = msgspec.field(default_factory=list)
    codes: dict[str, str] = msgspec.field(default_factory=dict)
    app_fields: list[str] = msgspec.field(default_factory=lambda: list(APP_FIELDS))
    app_health: list[Fault] = msgspec.field(default_factory=list)


def digits_of(phone: str) -> str:
    return "".join(c for c in phone if c.isdigit())


def world_from(raw: bytes) -> World:
    """:raises msgspec.ValidationError: says which key is missing, unknown or of the wrong type."""
    return msgspec.json.decode(raw, type=World)


def world_from_file(path: Path) -> World:
    return world_from(path.read_bytes())
