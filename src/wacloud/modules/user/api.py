"""What other modules may call."""

from wacloud.modules.user.application.add_user import EmailNotPossible, add_user
from wacloud.modules.user.application.find_user import find_user, find_user_by_email
from wacloud.modules.user.application.ports import UserDeps
from wacloud.modules.user.domain.user import User, canonical_email, is_possible_email

__all__ = [
    "EmailNotPossible",
    "User",
    "UserDeps",
    "add_user",
    "canonical_email",
    "find_user",
    "find_user_by_email",
    "is_possible_email",
]
