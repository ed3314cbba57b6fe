"""People whom a Supabase project lets in: its tokens are good here, its sessions are its own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wacloud.modules.auth.domain.session import Assurance, Proof
from wacloud.shared.domain.errors import NotAllowed, Unavailable
from wacloud.shared.domain.ids import UserId


class SupabaseEmailTaken(NotAllowed):
    """Somebody has an account here with the e-mail address of your Supabase account. Sign in to that one instead."""


class SupabaseAccountNotFit(NotAllowed):
    """This kind of Supabase account cannot be used here: it needs a confirmed e-mail address."""


class SupabaseAway(Unavailable):
    """Signing in with Supabase is not possible right now; try again in a moment."""


@dataclass(frozen=True, slots=True)
class Outsider:
    """What a token of theirs says, once it is checked."""

    subject: UUID
    email: str
    name: str
    language: str
    session_id: UUID
    aal: Assurance
    amr: tuple[Proof, ...]
    issued_at: datetime

    @property
    def proved_at(self) -> int:
        """When they last proved who they are, in seconds since 1970; a token that is renewed says the same."""
        return max((proof.timestamp for proof in self.amr), default=int(self.issued_at.timestamp()))


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """A person of theirs whom we have seen. `user_id` None: refused, or they have left since."""

    user_id: UserId | None
    refused_at: datetime | None
    left_at: datetime | None
