"""Passkeys: keys that a device keeps for this site, and lets nobody use whose finger, face or PIN it does not know."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Literal, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import UserId

# What a challenge was given for: it is good for nothing else.
Ceremony: TypeAlias = Literal["register", "sign_in", "step_up"]
CHALLENGE = timedelta(minutes=5)


class PasskeyNotGood(AppError):
    """This passkey was not accepted."""

    kind = "forbidden"


class PasskeysNotPossible(AppError):
    """Passkeys are not possible at this address."""

    kind = "conflict"


@dataclass(frozen=True, slots=True)
class Passkey:
    """The public half. `sign_count` only grows, unless the device does not count (0) or somebody copied the key."""

    id: UUID
    user_id: UserId
    name: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Site:
    """What a passkey is bound to: the host's name, and the origin of our pages."""

    name: str
    origin: str


def site_of(base_url: str) -> Site | None:
    """None where browsers allow no passkeys: by a number instead of a name, or in clear but on one's own machine."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if not host or _is_number(host) or (parts.scheme != "https" and host != "localhost"):
        return None
    return Site(host, f"{parts.scheme}://{parts.netloc}")


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
