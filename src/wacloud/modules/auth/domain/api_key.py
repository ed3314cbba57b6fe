"""Keys with which a business's own programs use the API."""

import re
import secrets
import string
import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from wacloud.shared.domain.errors import AppError, NotAllowed, NotFound
from wacloud.shared.domain.ids import ApiKeyId, BusinessId, UserId

LONGEST_NAME: Final = 80
MOST: Final = 50  # of one business that are good
KEPT: Final = timedelta(days=90)  # ended ones, so that a person can see what there was
USED_EVERY: Final = timedelta(minutes=1)  # how exactly it is known when a key was last used
MOST_ADDRESSES: Final = 20

_ALPHABET: Final = string.digits + string.ascii_letters
_RANDOM: Final = 40  # 238 bits
# `wck_` is ours alone: scanners for lost secrets find it in code and logs. Its last six characters check the others.
_FORM: Final = re.compile(r"wck_[0-9A-Za-z]{8}_[0-9A-Za-z]{46}")
_HINT: Final = len("wck_12345678")


class ApiKeyNotFound(NotFound):
    """There is no such API key."""


class ApiKeyNameMissing(AppError):
    """Give the key a name of 1 to 80 characters, so that you know later what it is for."""


class ScopesMissing(AppError):
    """Choose at least one thing the key may do."""


class ScopeNotYours(NotAllowed):
    """A key cannot do what you may not do yourself."""


class TooManyApiKeys(AppError):
    """This business has 50 API keys; revoke one that is not used any more."""

    kind = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """
    A key as it is kept: never the key itself.

    `created_by` is None once whoever made it is no member any more, and `used_from` begins with the newest address.
    """

    id: ApiKeyId
    business_id: BusinessId
    created_by: UserId | None
    name: str
    hint: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    used_from: tuple[str, ...] = field(default=())

    def is_good(self, now: datetime) -> bool:
        """Not revoked, not expired, and whoever made it is still there."""
        return (
            self.created_by is not None
            and self.revoked_at is None
            and (self.expires_at is None or now < self.expires_at)
        )

    def was_unused(self, now: datetime) -> bool:
        """Whether it is worth writing down that it is being used."""
        return self.last_used_at is None or now - self.last_used_at >= USED_EVERY


def checked_name(name: str) -> str:
    """:raises ApiKeyNameMissing: nothing to call it by, or too long."""
    tidy = " ".join(name.split())
    if not 0 < len(tidy) <= LONGEST_NAME or not tidy.isprintable():
        raise ApiKeyNameMissing
    return tidy


def checked_scopes(scopes: Collection[str], grantable: Collection[str]) -> frozenset[str]:
    """
    What the key may do.

    :raises ScopesMissing: nothing.
    :raises ScopeNotYours: something whoever makes it may not do, or no key may.
    """
    if not scopes:
        raise ScopesMissing
    if not set(scopes) <= set(grantable):
        raise ScopeNotYours
    return frozenset(scopes)


def new_key() -> str:
    """A key that never was before. It is told once."""
    first, rest = ("".join(secrets.choice(_ALPHABET) for _ in range(length)) for length in (8, _RANDOM))
    return _checked(f"wck_{first}_{rest}")


def hint_of(key: str) -> str:
    """How it begins: enough to recognise it, nothing that helps to guess it."""
    return key[:_HINT]


def is_well_formed(key: str) -> bool:
    """Whether it can be a key at all, which costs no look into the database."""
    return _FORM.fullmatch(key) is not None and secrets.compare_digest(_checked(key[:-6]), key)


def _checked(key: str) -> str:
    number, digits = zlib.crc32(key.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return key + digits
