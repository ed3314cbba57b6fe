"""What the business module announces."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wacloud.shared.domain.events import Event
from wacloud.shared.domain.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationMade(Event):
    """
    Somebody was invited and has not been told yet.

    There is no token in it, since events are stored: whoever sends the mail asks `api.fresh_invitation_token` for one.
    """

    invitation_id: UUID
    email: str
    language: str
    role: str
    business_name: str
    inviter_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationAccepted(Event):
    """Somebody joined by an invitation."""

    invitation_id: UUID
    user_id: UserId
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRoleChanged(Event):
    """What a member may do has changed."""

    user_id: UserId
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRemoved(Event):
    """Somebody is no member any more, by their own wish or not: their sessions, keys and streams here end."""

    user_id: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnershipTransferred(Event):
    """The business has another owner."""

    from_user_id: UserId
    to_user_id: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionAsked(Event):
    """The owner asked for the deletion of the business: nothing is sent or answered in its name from now on."""

    erase_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionCancelled(Event):
    """The business stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnboardingStepCompleted(Event):
    """A step of the onboarding is done."""

    step: str
