"""The program that asked for a mail: where it goes on once the link is opened, and how it shows that it was it."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wacloud.modules.auth.domain.secret import hash_of
from wacloud.shared.domain.errors import AppError, NotFound


class FlowStateNotFound(NotFound):
    """This code was used already, is older than five minutes, or none of ours. Ask for a new mail."""


class BadCodeVerifier(AppError):
    """This code belongs to another program."""


@dataclass(frozen=True, slots=True)
class Asker:
    """
    `challenge` is a hash of what the program keeps to itself (PKCE, RFC 7636, S256); `binding` one of the cookie it got
    when it asked. A program that shows either is the one that asked, which whoever reads the mailbox need not be.
    """

    redirect_to: str = ""
    challenge: str = ""
    binding: str = ""

    def as_detail(self) -> dict[str, Any]:
        """As it is kept with the secret of the mail."""
        kept = {"redirect_to": self.redirect_to, "challenge": self.challenge, "binding": self.binding}
        return {"asker": {name: value for name, value in kept.items() if value}}

    def is_bound_to(self, cookie: str) -> bool:
        """Whether this is the cookie it got."""
        return bool(self.binding) and hmac.compare_digest(self.binding, binding_of(cookie))

    def is_verified_by(self, verifier: str) -> bool:
        """Whether this is what the program kept to itself."""
        return bool(self.challenge) and hmac.compare_digest(self.challenge, challenge_of(verifier))


def asker_in(detail: Mapping[str, Any]) -> Asker:
    """Of a secret that was mailed."""
    return Asker(**detail.get("asker", {}))


def challenge_of(verifier: str) -> str:
    """S256 of RFC 7636."""
    digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def binding_of(cookie: str) -> str:
    """What is kept of a cookie."""
    return hash_of(cookie).hex()
