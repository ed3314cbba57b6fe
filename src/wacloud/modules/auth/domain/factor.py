"""What somebody proves who they are with besides a password: an authenticator app, a passkey, a backup code."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

from wacloud.shared.domain.errors import AppError, NotAllowed, NotFound
from wacloud.shared.domain.ids import UserId

Kind: TypeAlias = Literal["totp", "passkey"]
# What a proof is called in a session's `amr`. Each of these lifts it to aal2.
FactorMethod: TypeAlias = Literal["totp", "passkey", "backup_code"]

MOST_FACTORS = 10
LONGEST_NAME = 60
PENDING = timedelta(minutes=5)  # how long an app may be enrolled and not confirmed

STEP_S = 30  # of a code of an app
STEPS_BESIDE = 1  # codes of the step before and after are taken: clocks differ a little

BACKUP_CODES = 10
# No letter that is read as a digit, or the other way round. Ten of 31: 49 bits.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_HALF = 5


class FactorNotFound(NotFound):
    """There is no such factor."""


class TooManyFactors(AppError):
    """You have ten factors already; remove one first."""

    kind = "conflict"


class FactorName(AppError):
    """A name has 1 to 60 characters."""


class CodeNotGood(AppError):
    """This code is not right, or it was used before."""

    kind = "forbidden"


class SecondFactorExpired(AppError):
    """That took too long; sign in again."""

    kind = "unauthenticated"


class NoSecondFactor(AppError):
    """Set up a second factor first."""

    kind = "conflict"


class StrongerSessionNeeded(NotAllowed):
    """Confirm with your second factor first."""


class CodesNotFound(NotFound):
    """There are no such backup codes, or newer ones were made since."""


@dataclass(frozen=True, slots=True)
class Factor:
    """An app or a passkey of a person. An app counts once it is confirmed; a passkey is so from the start."""

    id: UUID
    user_id: UserId
    kind: Kind
    name: str
    created_at: datetime
    confirmed_at: datetime | None = None
    last_used_at: datetime | None = None

    def is_there(self, now: datetime) -> bool:
        """Confirmed, or still to be."""
        return self.confirmed_at is not None or now - self.created_at < PENDING


def checked_name(name: str) -> str:
    """:raises FactorName: nothing, too long, or not for eyes."""
    tidy = " ".join("".join(c for c in name if c.isprintable()).split())
    if not 1 <= len(tidy) <= LONGEST_NAME:
        raise FactorName
    return tidy


def new_backup_code() -> str:
    """`k7mwq-3xz9d`, to be written down."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(2 * _HALF))
    return f"{letters[:_HALF]}-{letters[_HALF:]}"


def bare(code: str) -> str:
    """As it is compared: whatever people put between the letters, and however they write them."""
    return re.sub(r"[\s-]+", "", code).lower()


def is_backup_code(code: str) -> bool:
    """Whether it has that form; what else is typed is meant to be an app's."""
    letters = bare(code)
    return len(letters) == 2 * _HALF and all(letter in _ALPHABET for letter in letters)
