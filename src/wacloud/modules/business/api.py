"""What other modules may call."""

from wacloud.modules.business.application.business_profile import business_profile
from wacloud.modules.business.application.create_business import create_business
from wacloud.modules.business.application.memberships import find_membership, members_among, memberships_of
from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.record_audit import record_audit
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.domain.hours import HoursNotReadable, OpenState, is_open
from wacloud.modules.business.domain.hours_text import open_now_text, open_text
from wacloud.modules.business.domain.profile import BusinessNotFound, BusinessProfile, Membership

__all__ = [
    "AuditEntry",
    "BusinessDeps",
    "BusinessNotFound",
    "BusinessProfile",
    "HoursNotReadable",
    "Membership",
    "OpenState",
    "business_profile",
    "create_business",
    "find_membership",
    "is_open",
    "members_among",
    "memberships_of",
    "open_now_text",
    "open_text",
    "record_audit",
]
