"""What other modules may call."""

from wacloud.modules.user.application.add_user import (
    EmailNotPossible,
    EmailTaken,
    PersonNameLength,
    add_user,
    possible_email,
    tidy_name,
)
from wacloud.modules.user.application.find_user import able_among, find_user, find_user_by_email
from wacloud.modules.user.application.ports import UserDeps
from wacloud.modules.user.application.verify_user import change_user_email, verify_user
from wacloud.modules.user.domain.user import User, canonical_email

__all__ = [
    "EmailNotPossible",
    "EmailTaken",
    "PersonNameLength",
    "User",
    "UserDeps",
    "able_among",
    "add_user",
    "canonical_email",
    "change_user_email",
    "find_user",
    "find_user_by_email",
    "possible_email",
    "tidy_name",
    "verify_user",
]
