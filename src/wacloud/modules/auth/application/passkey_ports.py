"""What passkeys need from the world."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wacloud.modules.auth.domain.passkey import Ceremony, Passkey
from wacloud.modules.user.api import User
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import UserId


class Passkeys(Protocol):
    """The keys of people, seen by paths that cross tenants only."""

    async def of_person(self, tx: Tx, user_id: UserId) -> Sequence[Passkey]:
        """The oldest first."""
        ...

    async def find(self, tx: Tx, credential_id: bytes) -> Passkey | None:
        """By the name its device gave it."""
        ...

    async def add(self, tx: Tx, made: Passkey) -> bool:
        """False where somebody has it already."""
        ...

    async def note_use(self, tx: Tx, key: Passkey, sign_count: int, now: datetime) -> bool:
        """False, changing nothing, where the count did not grow: there are two devices with this key."""
        ...


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a device made for us."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a challenge was given for, and to whom; None: to somebody who is not signed in."""

    ceremony: Ceremony
    user_id: UserId | None


class WebAuthn(Protocol):
    """
    The W3C's protocol. Options and answers are JSON texts, as browsers read and write them; the device has to check its
    person each time.
    """

    def options_to_register(self, user: User, challenge: bytes, known: Sequence[Passkey]) -> str:
        """
        For `navigator.credentials.create`; a device that has one of the known keys makes no other.

        :raises PasskeysNotPossible: not at this address.
        """
        ...

    def options_to_prove(self, challenge: bytes, known: Sequence[Passkey]) -> str:
        """
        For `navigator.credentials.get`; none known: any the browser has for us.

        :raises PasskeysNotPossible: not at this address.
        """
        ...

    def challenge_in(self, answer: str) -> bytes:
        """:raises PasskeyNotGood: there is none."""
        ...

    def registered(self, answer: str, challenge: bytes) -> NewKey:
        """:raises PasskeyNotGood: another site's, another challenge's, or its person was not checked."""
        ...

    def credential_in(self, answer: str) -> bytes:
        """:raises PasskeyNotGood: there is none."""
        ...

    def proved(self, answer: str, challenge: bytes, key: Passkey) -> int:
        """
        The count it tells.

        :raises PasskeyNotGood: as above, or it was not signed by this key.
        """
        ...


class Challenges(Protocol):
    """Random bytes that a device signs, each good once for five minutes. Network: never with a transaction open."""

    async def keep(self, challenge: bytes, given: Challenge) -> None:
        """:raises TriesNotCounted: nobody can keep it now."""
        ...

    async def take(self, challenge: bytes) -> Challenge | None:
        """
        None where it was never given, is too old, or was taken.

        :raises TriesNotCounted: nobody can tell now.
        """
        ...


@dataclass(frozen=True, slots=True)
class PasskeyDeps:
    """The three of them."""

    keys: Passkeys
    webauthn: WebAuthn
    challenges: Challenges
