"""
Who a message is from, when no single id can be relied on.

Since 2026 a person may write without showing a phone number; then only the business-scoped user id (BSUID) is
there. Older payloads have only the phone-based wa_id. A contact is found by any of its keys.
"""

import re
from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Literal, Self, TypeAlias

from wacloud.shared.domain.phone import canonical_phone, country_of_phone, looks_like_phone

IdentityKind: TypeAlias = Literal["bsuid", "wa_id", "phone", "parent_bsuid"]

_BSUID = re.compile(r"[A-Za-z]{2}\.[^\s.][^\s]*")
_PARENT_BSUID = re.compile(r"[A-Za-z]{2}\.ENT\.\S+")
_PHONE_SIGNS = str.maketrans("", "", "+ -().\u00a0")


@dataclass(frozen=True, slots=True, order=True)
class IdentityKey:
    """One id by which a contact of a business can be found; equal keys within one business are one person."""

    kind: IdentityKind
    value: str

    @property
    def is_address(self) -> bool:
        """Whether it is of the number rather than of the person: numbers pass from one to another."""
        return self.kind in ("wa_id", "phone")

    @property
    def number(self) -> str:
        """The same for every way to write one number."""
        is_written = self.kind == "wa_id" and looks_like_phone(self.value)
        return canonical_phone(self.value) if is_written else self.value


def is_someone_else(one: Set[str], other: Set[str]) -> bool:
    """
    Whether the BSUIDs of two who show the same number say that they are two people.

    A BSUID is made anew when somebody changes their number, so a number that comes with another one has a new owner,
    unless Meta told that one person's id changed. Who shows no BSUID may be anybody.
    """
    return bool(one) and bool(other) and one.isdisjoint(other)


@dataclass(frozen=True, slots=True)
class Sender:
    """
    A person on WhatsApp as one payload shows them: any of the ids may be missing, even all.

    Ids are kept exactly as they came, because they are sent back exactly as received. Build it with
    `Sender.identified`, which puts each id where it belongs.
    """

    wa_id: str | None = None
    bsuid: str | None = None
    parent_bsuid: str | None = None
    username: str | None = None
    name: str | None = None

    @classmethod
    def identified(
        cls,
        *,
        address: str | None = None,
        user_id: str | None = None,
        parent_user_id: str | None = None,
        username: str | None = None,
        name: str | None = None,
    ) -> Self:
        """
        Sort ids by what they are rather than by the field they came in.

        `address` is what stands where a phone is expected, `user_id` what stands where a BSUID is expected;
        either may hold the other. An id that is neither digits nor a BSUID is kept as an opaque wa_id.
        Where both fields hold an id of the same kind, the one in its proper field wins. Empty text counts
        as missing.
        """
        wa_id = bsuid = None
        parent_bsuid = parent_user_id or None
        # Seen in the wild: a user id that is no BSUID. It stands in for a missing address, so the address
        # comes last.
        for candidate in (user_id, address):
            if not candidate:
                continue
            if is_parent_bsuid(candidate):
                parent_bsuid = parent_bsuid or candidate
            elif is_bsuid(candidate):
                bsuid = bsuid or candidate
            else:
                wa_id = _plain(candidate)
        if username is not None:
            username = username.removeprefix("@") or None
        return cls(wa_id, bsuid, parent_bsuid, username, name or None)

    @property
    def is_known(self) -> bool:
        """Whether there is any id at all by which this person can be found again."""
        return bool(self.bsuid or self.wa_id or self.parent_bsuid)

    def keys(self) -> tuple[IdentityKey, ...]:
        """
        Every key this person can be found by, the strongest first.

        The parent BSUID comes last. It is one person for all portfolios enrolled together, so it may find a
        contact inside one business (as every lookup does), and must never join contacts of two businesses.
        """
        keys = []
        if self.bsuid:
            keys.append(IdentityKey("bsuid", self.bsuid))
        if self.wa_id:
            keys.append(IdentityKey("wa_id", self.wa_id))
            if looks_like_phone(self.wa_id):
                keys.append(IdentityKey("phone", canonical_phone(self.wa_id)))
        if self.parent_bsuid:
            keys.append(IdentityKey("parent_bsuid", self.parent_bsuid))
        return tuple(keys)

    @property
    def country(self) -> str | None:
        """
        The person's two-letter country: from the phone where there is one, else from the BSUID's prefix.
        """
        if self.wa_id and looks_like_phone(self.wa_id):
            country = country_of_phone(self.wa_id)
            if country is not None:
                return country
        user_id = self.bsuid or self.parent_bsuid
        return user_id[:2].upper() if user_id and is_bsuid(user_id) else None

    def without_number(self) -> "Sender":
        """The same person, without the number that is somebody else's by now."""
        return replace(self, wa_id=None)

    def or_else(self, other: "Sender") -> "Sender":
        """Fill what is missing here from another view of the same person; what is here stays."""
        return Sender(
            self.wa_id or other.wa_id,
            self.bsuid or other.bsuid,
            self.parent_bsuid or other.parent_bsuid,
            self.username or other.username,
            self.name or other.name,
        )


NOBODY = Sender()


def is_bsuid(value: str) -> bool:
    """Whether this is a business-scoped user id by its shape: two letters and a dot, then the id."""
    return _BSUID.fullmatch(value) is not None


def is_parent_bsuid(value: str) -> bool:
    """Whether this is the id shared by enrolled portfolios: two letters, ENT, the id."""
    return _PARENT_BSUID.fullmatch(value) is not None


def _plain(address: str) -> str:
    # "+34 600-00-00-01" and "34600000001" are one wa_id; anything else is opaque and stays as it is.
    digits = address.translate(_PHONE_SIGNS)
    return digits if digits.isascii() and digits.isdigit() else address
