"""Keep a webhook of Meta: verified, whole, durable, before anything is made of it."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wacloud.shared.application.webhooks import RawWebhook, WebhookInbox
from wacloud.shared.domain.errors import AppError

PROVIDER = "whatsapp"
_SIGNATURE = re.compile("sha256=[0-9a-f]{64}")


class SignatureWrong(AppError):
    """The signature does not match the body."""

    kind = "unauthenticated"


class VerifyTokenWrong(AppError):
    """The verify token is not ours."""

    kind = "forbidden"


@dataclass(frozen=True, slots=True)
class WebhookKeys:
    """What proves that Meta speaks: the app's secrets (the current first, older ones while they rotate) and token."""

    app_secrets: Sequence[bytes]
    verify_token: str


def check_signature_shape(header: str | None) -> None:
    """
    Whether this can be a signature at all: asked before a body is waited for.

    :raises SignatureWrong: it is missing or not `sha256=` and 64 hexadecimal digits.
    """
    if header is None or not _SIGNATURE.fullmatch(header):
        raise SignatureWrong


def check_signature(keys: WebhookKeys, body: bytes, header: str | None) -> None:
    """
    `header` is X-Hub-Signature-256: `sha256=` and the HMAC over the exact bytes received.

    :raises SignatureWrong: it is missing or of another body or secret.
    """
    check_signature_shape(header)
    given = (header or "").removeprefix("sha256=").encode()
    for secret in keys.app_secrets:
        if hmac.compare_digest(hmac.digest(secret, body, hashlib.sha256).hex().encode(), given):
            return
    raise SignatureWrong


def answer_handshake(keys: WebhookKeys, mode: str | None, token: str | None, challenge: str | None) -> str:
    """
    Return what Meta wants to hear when the callback URL is set.

    :raises VerifyTokenWrong: the token is not ours, or this is no subscription.
    """
    known = hmac.compare_digest((token or "").encode(), keys.verify_token.encode())
    if mode != "subscribe" or not known or challenge is None or len(challenge) > 1024:
        raise VerifyTokenWrong
    return challenge


async def accept_webhook(
    inbox: WebhookInbox, body: bytes, headers: Mapping[str, str], *, lane: int, account: str | None
) -> None:
    """
    Return when the body is durable.

    :raises StoreAway: it is not, and Meta has to send it again.
    """
    await inbox.keep(RawWebhook(PROVIDER, body, headers, lane, account))
