"""Invitations: a link for one address into one business with one role."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from wacloud.modules.business.domain.team import RANK, Team
from wacloud.shared.domain.errors import AppError, NotFound
from wacloud.shared.domain.ids import BusinessId, UserId

GOOD_FOR = timedelta(days=7)
# Mails are what this costs others: for one address, and for all of a business.
MOST_A_DAY_TO_ONE = 5
MOST_A_DAY = 50
# Addresses of people who never came are not kept for ever.
KEPT_FOR = timedelta(days=90)
LONGEST_TOKEN = 100

InvitationState = Literal["open", "accepted", "revoked", "expired"]


class InvitationNotFound(NotFound):
    """There is no such invitation."""


class InvitationNotGood(NotFound):
    """This invitation is not good any more; ask for a new one."""


class InvitationForAnother(AppError):
    """This invitation is for another e-mail address; sign in with that one."""

    kind = "forbidden"


class InvitationLimit(AppError):
    """Too many invitations were sent today; try again tomorrow."""

    kind = "limit"


class AlreadyMember(AppError):
    """This person belongs to the business already."""

    kind = "conflict"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What was stored when it was made; role and business come from here and from nowhere else."""

    business_id: BusinessId
    id: UUID
    email: str
    role: str
    invited_by: UserId | None
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
    revoked_at: datetime | None = None

    def state(self, now: datetime) -> InvitationState:
        """Where it stands."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= now else "open"

    def check_good(self, team: Team, now: datetime) -> None:
        """
        Whether it still lets somebody in.

        Whoever made it must still be a member who may give this role: what somebody who was thrown out left behind is
        no way back in.

        :raises InvitationNotGood: used, ended, expired, or its maker may not give this role any more.
        """
        maker = team.roles.get(self.invited_by) if self.invited_by is not None else None
        may_give = maker in ("owner", "admin") and RANK[self.role] <= RANK[maker]
        if self.state(now) != "open" or not may_give or team.erase_at is not None:
            raise InvitationNotGood


def new_token() -> tuple[str, bytes]:
    """A token nobody can guess, and what is stored of it."""
    token = secrets.token_urlsafe(32)
    return token, hash_of(token)


def hash_of(token: str) -> bytes:
    """What is stored of a token. It holds 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token[:LONGEST_TOKEN].encode("utf-8", "replace")).digest()
