"""Who asks for a change, for the log of a business."""

from starlette.requests import Request

from wacloud.modules.bot.application.log_changes import Editor
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member


def editor_of(request: Request, member: Member) -> Editor:
    """The member, and from where."""
    return Editor(member.user_id, caller_of(request))
