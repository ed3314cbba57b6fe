"""What other modules may call."""

from wacloud.modules.business.application.business_profile import business_profile
from wacloud.modules.business.application.complete_step import complete_step
from wacloud.modules.business.application.create_business import create_business
from wacloud.modules.business.application.find_deletion import Deletion, find_deletion
from wacloud.modules.business.application.fresh_invitation_token import fresh_invitation_token
from wacloud.modules.business.application.hold_team import hold_team
from wacloud.modules.business.application.memberships import (
    demanding_among,
    find_membership,
    members_among,
    memberships_of,
    people_in_charge,
)
from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.record_audit import record_audit
from wacloud.modules.business.application.sector_template import sector_template
from wacloud.modules.business.application.set_hours import set_first_hours
from wacloud.modules.business.application.waiting_for_step import waiting_for_step
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.domain.hours import HoursNotReadable, OpenState, is_open
from wacloud.modules.business.domain.hours_text import days_text, open_now_text, open_text, opens_text
from wacloud.modules.business.domain.profile import BusinessNotFound, BusinessProfile, Membership
from wacloud.modules.business.domain.sector_template import SectorTemplate
from wacloud.modules.business.domain.team import Team

__all__ = [
    "AuditEntry",
    "BusinessDeps",
    "BusinessNotFound",
    "BusinessProfile",
    "Deletion",
    "HoursNotReadable",
    "Membership",
    "OpenState",
    "SectorTemplate",
    "Team",
    "business_profile",
    "complete_step",
    "create_business",
    "days_text",
    "demanding_among",
    "find_deletion",
    "find_membership",
    "fresh_invitation_token",
    "hold_team",
    "is_open",
    "members_among",
    "memberships_of",
    "open_now_text",
    "open_text",
    "opens_text",
    "people_in_charge",
    "record_audit",
    "sector_template",
    "set_first_hours",
    "waiting_for_step",
]
