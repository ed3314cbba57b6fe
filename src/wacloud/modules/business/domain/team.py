"""Who belongs to a business with which role, and who may change that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wacloud.shared.domain.errors import AppError, BusinessClosing, NotAllowed, NotFound
from wacloud.shared.domain.ids import BusinessId, UserId

RANK: Final = {"owner": 3, "admin": 2, "agent": 1, "analyst": 1}
# An owner is made by transfer only, so that nobody is made one by a slip.
GIVEN_ROLES: Final = ("admin", "agent", "analyst")
_STAFF_MANAGERS: Final = RANK["admin"]


class MemberNotFound(NotFound):
    """There is no such member."""


class RoleAboveYours(NotAllowed):
    """Nobody gives or takes a role above their own."""


class NotYourOwnRole(NotAllowed):
    """Nobody changes their own role."""


class OwnerByTransferOnly(NotAllowed):
    """A business gets another owner only when its owner hands it over."""


class LastOwner(AppError):
    """A business has an owner: hand it over before you leave, or delete it."""

    kind = "conflict"


class NameNotRetyped(AppError):
    """Type the name of the business exactly as it is written."""


@dataclass(frozen=True, slots=True)
class Team:
    """
    The members of one business, locked until the transaction ends: whoever changes them next reads what is then.

    Each method judges one change and raises where it may not be; what it allows is written by the use case.
    """

    business_id: BusinessId
    business_name: str
    language: str
    erase_at: datetime | None
    roles: Mapping[UserId, str]

    @property
    def owners(self) -> frozenset[UserId]:
        """Nearly always one."""
        return frozenset(user_id for user_id, role in self.roles.items() if role == "owner")

    def check_open(self) -> None:
        """:raises BusinessClosing: its deletion has been asked for."""
        if self.erase_at is not None:
            raise BusinessClosing

    def check_owner(self, actor: UserId) -> None:
        """:raises NotAllowed: this person is not its owner (any more)."""
        if self._role_of(actor) != "owner":
            raise NotAllowed

    def check_name(self, typed: str) -> None:
        """:raises NameNotRetyped: something else was typed."""
        if " ".join(typed.split()) != self.business_name:
            raise NameNotRetyped

    def check_manager(self, actor: UserId) -> None:
        """:raises NotAllowed: their role does not look after members (any more)."""
        if RANK[self._role_of(actor)] < _STAFF_MANAGERS:
            raise NotAllowed

    def check_may_give(self, actor: UserId, role: str) -> None:
        """
        Whether this person may invite somebody with this role.

        :raises OwnerByTransferOnly: the role is owner.
        :raises RoleAboveYours: the role is above theirs.
        """
        self.check_open()
        self.check_manager(actor)
        if role not in GIVEN_ROLES:
            raise OwnerByTransferOnly
        if RANK[role] > RANK[self._role_of(actor)]:
            raise RoleAboveYours

    def change_role(self, actor: UserId, target: UserId, role: str) -> str:
        """
        The role the target has until now.

        :raises MemberNotFound: the target is no member.
        :raises NotAllowed: a subclass says which rule forbids it.
        """
        self.check_open()
        self.check_manager(actor)
        before = self._target(target)
        if actor == target:
            raise NotYourOwnRole
        if role not in GIVEN_ROLES:
            raise OwnerByTransferOnly
        mine = RANK[self._role_of(actor)]
        if RANK[before] > mine or RANK[role] > mine:
            raise RoleAboveYours
        return before

    def remove(self, actor: UserId, target: UserId) -> str:
        """
        The role the target had.

        :raises MemberNotFound: the target is no member.
        :raises NotAllowed: the target's role is above the actor's.
        :raises LastOwner: the target is the actor, and nobody else owns it.
        """
        before = self._target(target)
        if actor == target:
            return self.leave(actor)
        self.check_manager(actor)
        if RANK[before] > RANK[self._role_of(actor)]:
            raise RoleAboveYours
        return before

    def leave(self, actor: UserId) -> str:
        """
        The role they had.

        :raises LastOwner: nobody else owns it.
        """
        before = self._role_of(actor)
        if self.owners == {actor}:
            raise LastOwner
        return before

    def hand_over(self, actor: UserId, target: UserId, typed_name: str) -> None:
        """
        Whether the actor may make the target the owner in their place.

        :raises NotAllowed: the actor is not the owner, or hands it to themselves.
        :raises MemberNotFound: the target is no member.
        :raises NameNotRetyped: the name of the business was not typed again.
        """
        self.check_open()
        self.check_owner(actor)
        self._target(target)
        if actor == target:
            raise NotYourOwnRole
        self.check_name(typed_name)

    def _role_of(self, actor: UserId) -> str:
        """Somebody removed a moment ago sees what strangers see."""
        return self._target(actor)

    def _target(self, user_id: UserId) -> str:
        role = self.roles.get(user_id)
        if role is None:
            raise MemberNotFound
        return role
