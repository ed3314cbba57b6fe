"""What a business has to know: which notices there are, and in what words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import BusinessId, UserId

Severity: TypeAlias = Literal["info", "warning", "critical"]


class NoticeUnknown(NotFound):
    """There is no such notice."""


@dataclass(frozen=True, slots=True)
class Notice:
    """
    One thing to tell a business.

    `key` names the news it comes from: it is told once. `subject` is what it is about: a newer one settles an older.
    `details` fill the words: `name` of a number or template, `until` as ISO 8601, `told` by Meta.
    `user_id`: it is for this member alone, not for everybody.
    `is_seen`: whom it is for has it before their eyes, so they get no mail.
    """

    business_id: BusinessId
    key: str
    code: str
    subject: str
    at: datetime
    details: Mapping[str, str] = field(default_factory=dict)
    user_id: UserId | None = None
    is_seen: bool = False


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A notice as it stands; `settled_at`: it is over, or was put away."""

    id: UUID
    code: str
    severity: Severity
    details: Mapping[str, str]
    at: datetime
    settled_at: datetime | None


# How bad it is. The words are in `ui/notice_words.py`; a test sees to it that each has some.
SEVERITIES: Final[Mapping[str, Severity]] = {
    "template_approved": "info",
    "template_rejected": "warning",
    "template_paused": "warning",
    "template_unpaused": "info",
    "template_flagged": "warning",
    "template_disabled": "critical",
    "template_deleted": "info",
    "template_quality_low": "warning",
    "template_category_changed": "warning",
    "template_category_will_change": "warning",
    "number_name_approved": "info",
    "number_name_declined": "warning",
    "number_quality_low": "warning",
    "number_quality_well": "info",
    "number_faster": "info",
    "limit_changed": "info",
    "account_restricted": "critical",
    "account_may_not_begin": "warning",
    "account_violation": "warning",
    "account_will_be_disabled": "critical",
    "account_disabled": "critical",
    "account_reinstated": "info",
    "account_deleted": "critical",
    "account_offboarded": "critical",
    "account_reconnected": "info",
    "account_access_removed": "critical",
    "account_review_rejected": "critical",
    "account_review_pending": "warning",
    "account_review_approved": "info",
    "account_alert": "warning",
    "pin_changed": "critical",
    "pin_reset_asked": "critical",
    "flow_trouble": "warning",
    "scheduled_not_sent": "warning",
    "bot_budget_day": "warning",
    "bot_budget_month": "warning",
    "history_coming": "info",
    "history_complete": "info",
    "history_declined": "info",
    "mentioned": "info",
    "form_filled": "info",
    "form_changed": "info",
    "check_token": "critical",
    "check_token_ends": "warning",
    "check_permissions": "critical",
    "check_subscription": "critical",
    "check_callback": "critical",
    "check_verify_token": "warning",
    "check_number_status": "critical",
    "check_registration": "critical",
    "check_display_name": "warning",
    "check_sending": "critical",
    "check_payment": "critical",
    "check_quality": "warning",
    "check_limits": "warning",
    "check_webhooks": "critical",
    "check_mended": "info",
    "bot_answers_worse": "warning",
}
