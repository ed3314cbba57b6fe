"""What other modules may call."""

from wacloud.modules.user.application.add_user import EmailNotPossible, EmailTaken, add_user, possible_email
from wacloud.modules.user.application.change_profile import ProfileChange, change_profile
from wacloud.modules.user.application.find_user import able_among, find_user, find_user_by_email
from wacloud.modules.user.application.ports import AuditTrail, ExportPart, FarewellPart, UserDeps
from wacloud.modules.user.application.set_disabled import set_user_disabled
from wacloud.modules.user.application.verify_user import change_user_email, verify_user
from wacloud.modules.user.domain.user import (
    NameNotPossible,
    Notifications,
    User,
    canonical_email,
    checked_name,
    is_possible_email,
)

__all__ = [
    "AuditTrail",
    "EmailNotPossible",
    "EmailTaken",
    "ExportPart",
    "FarewellPart",
    "NameNotPossible",
    "Notifications",
    "ProfileChange",
    "User",
    "UserDeps",
    "able_among",
    "add_user",
    "canonical_email",
    "change_profile",
    "change_user_email",
    "checked_name",
    "find_user",
    "find_user_by_email",
    "is_possible_email",
    "possible_email",
    "set_user_disabled",
    "verify_user",
]
