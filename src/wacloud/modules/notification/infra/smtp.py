"""Any mail server, by SMTP."""

import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from wacloud.modules.notification.domain.delivery import SendResult
from wacloud.modules.notification.domain.mail import Email
from wacloud.modules.notification.infra.mime import AddressNotPossible, to_mime
from wacloud.shared.application.clock import Clock

TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class SmtpPlace:
    """Where the server is and how to be let in. The password is not shown when this is printed."""

    host: str
    port: int
    user: str
    password: str
    security: str  # tls: from the first byte; starttls: demanded before anything else; none: a sink on this machine

    def __repr__(self) -> str:
        return f"SmtpPlace({self.host}:{self.port}, {self.security})"


def read_smtp_url(url: str) -> SmtpPlace:
    """
    `smtps://user:password@host:465`, or `smtp://user:password@host:587` which demands STARTTLS.

    `smtp://localhost:1025?security=none` speaks in clear, to this machine only.

    :raises ValueError: it is no such address.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("SMTP_URL is smtps://user:password@host:465 or smtp://user:password@host:587")
    security = parse_qs(parts.query).get("security", ["tls" if parts.scheme == "smtps" else "starttls"])[-1]
    if security not in ("tls", "starttls", "none"):
        raise ValueError("SMTP_URL: security is tls, starttls or none")
    if security == "none" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError("SMTP_URL: without TLS only to this machine")
    port = parts.port or {"tls": 465, "starttls": 587, "none": 25}[security]
    return SmtpPlace(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), security)


class SmtpTransport:
    """
    See `ports.Transport`. A server tells nothing of what it has seen before: an unknown outcome stays unknown.

    Certificates are verified; `trust` is a test's own authority.
    """

    is_idempotent = False

    def __init__(
        self,
        place: SmtpPlace,
        *,
        sender: str,
        reply_to: str,
        clock: Clock,
        trust: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._place = place
        self._sender = sender
        self._reply_to = reply_to
        self._clock = clock
        self._tls = trust or ssl.create_default_context()
        self._timeout_s = timeout_s

    async def send(self, email: Email) -> SendResult:
        try:
            message = to_mime(email, sender=self._sender, reply_to=self._reply_to, clock=self._clock)
        except AddressNotPossible:
            return SendResult("refused", reason="address_not_possible")
        place = self._place
        client = aiosmtplib.SMTP(
            hostname=place.host,
            port=place.port,
            use_tls=place.security == "tls",
            start_tls=place.security == "starttls",
            tls_context=self._tls if place.security != "none" else None,
            timeout=self._timeout_s,
        )
        try:
            await client.connect()
            if place.user:
                await client.login(place.user, place.password)
        except aiosmtplib.SMTPAuthenticationError as error:
            client.close()
            return SendResult("locked", reason=f"smtp:{error.code}")
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            # Nothing has been said of the mail yet.
            client.close()
            return SendResult("retry", reason=type(error).__name__)
        try:
            return await _give(client, message)
        finally:
            client.close()


async def _give(client: aiosmtplib.SMTP, message: EmailMessage) -> SendResult:
    try:
        await client.send_message(message)
    except aiosmtplib.SMTPRecipientsRefused as error:
        codes = [refused.code for refused in error.recipients]
        return _refused(max(codes, default=550))
    except aiosmtplib.SMTPResponseException as error:
        # An answer to a command is certain, whichever command it was.
        return _refused(error.code) if error.code > 0 else SendResult("unknown", reason=type(error).__name__)
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        return SendResult("unknown", reason=type(error).__name__)
    return SendResult("accepted")


def _refused(code: int) -> SendResult:
    """4xx means later, 5xx means never."""
    return SendResult("retry" if 400 <= code < 500 else "refused", reason=f"smtp:{code}")
