"""Keep what Resend reports: verified, whole, durable, before anything is made of it."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from wacloud.shared.application.webhooks import QUIET_LANE, RawWebhook, WebhookInbox
from wacloud.shared.domain.errors import AppError

PROVIDER = "resend"
TOLERANCE = timedelta(minutes=5)


class ReportNotSigned(AppError):
    """The signature does not match the body."""

    kind = "unauthenticated"


class ReportsNotExpected(AppError):
    """No secret is set for these webhooks, so none can be believed."""

    kind = "forbidden"


def read_secrets(secrets: Sequence[str]) -> tuple[bytes, ...]:
    """
    Resend shows a secret as `whsec_` and base64; a second one is accepted while it is changed.

    :raises ValueError: one of them is not of that form.
    """
    try:
        return tuple(base64.b64decode(secret.removeprefix("whsec_"), validate=True) for secret in secrets)
    except binascii.Error as error:
        raise ValueError("a webhook secret is whsec_ and base64") from error


def check_report(secrets: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """
    The Svix scheme, over the exact bytes received.

    :raises ReportsNotExpected: we have no secret.
    :raises ReportNotSigned: it is not signed with one of ours, or its time is more than five minutes off.
    """
    if not secrets:
        raise ReportsNotExpected
    svix_id, sent_at, given = (headers.get(f"svix-{name}", "") for name in ("id", "timestamp", "signature"))
    if not svix_id or not sent_at.isascii() or not sent_at.isdigit() or len(sent_at) > 12:
        raise ReportNotSigned
    if abs(now.timestamp() - int(sent_at)) > TOLERANCE.total_seconds():
        raise ReportNotSigned("its time is off")
    signed = f"{svix_id}.{sent_at}.".encode("utf-8", "replace") + body
    wanted = [base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)) for secret in secrets]
    for one in given.split(" "):
        version, _, signature = one.partition(",")
        if version == "v1" and any(hmac.compare_digest(signature.encode("utf-8", "replace"), w) for w in wanted):
            return
    raise ReportNotSigned


async def accept_report(inbox: WebhookInbox, body: bytes, headers: Mapping[str, str]) -> None:
    """
    Return when the body is durable.

    :raises StoreAway: it is not, and Resend has to send it again.
    """
    await inbox.keep(RawWebhook(PROVIDER, body, headers, QUIET_LANE, None))
