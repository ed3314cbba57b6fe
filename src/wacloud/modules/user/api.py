"""What other modules may call."""

from wacloud.modules.user.application.add_user import add_user
from wacloud.modules.user.application.find_user import find_user, find_user_by_email
from wacloud.modules.user.application.ports import AuditTrail, ExportPart, FarewellPart, UserDeps
from wacloud.modules.user.domain.user import Notifications, User, canonical_email

__all__ = [
    "AuditTrail",
    "ExportPart",
    "FarewellPart",
    "Notifications",
    "User",
    "UserDeps",
    "add_user",
    "canonical_email",
    "find_user",
    "find_user_by_email",
]
