"""The only file that knows the names in Resend's webhooks."""

import json
from typing import Any
from uuid import UUID

from wacloud.modules.notification.domain.mail import MailId
from wacloud.modules.notification.domain.report import Report


class UnreadableReport(Exception):
    """No report can be made of this body."""


def read_report(body: bytes) -> Report:
    """:raises UnreadableReport: it is no JSON object with a type."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableReport("the body is no JSON") from error
    kind = content.get("type") if isinstance(content, dict) else None
    if not isinstance(kind, str):
        raise UnreadableReport("the body has no type")
    data = content.get("data")
    data = data if isinstance(data, dict) else {}
    email_id = data.get("email_id")
    bounce = data.get("bounce")
    bounce_type = bounce.get("type") if isinstance(bounce, dict) else None
    return Report(
        kind=kind[:100],
        provider_id=email_id if isinstance(email_id, str) and email_id else None,
        mail_id=_mail_id(data.get("tags")),
        bounce=bounce_type if isinstance(bounce_type, str) else None,
    )


def _mail_id(tags: Any) -> MailId | None:
    """The tags we sent come back as an object, or as the list they were sent as."""
    value: object = None
    if isinstance(tags, dict):
        value = tags.get("mail_id")
    elif isinstance(tags, list):
        value = next((t.get("value") for t in tags if isinstance(t, dict) and t.get("name") == "mail_id"), None)
    try:
        return MailId(UUID(str(value)))
    except ValueError:
        return None
