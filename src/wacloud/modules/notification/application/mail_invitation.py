"""Tell somebody that they are invited into a business."""

from dataclasses import dataclass
from uuid import UUID

from wacloud.modules.business.api import fresh_invitation_token
from wacloud.modules.notification.application.ports import NotificationDeps
from wacloud.modules.notification.application.queue_mail import queue_mail
from wacloud.modules.notification.domain.mail import Mail
from wacloud.modules.user.api import find_user_by_email
from wacloud.shared.application.jobs import Again, Done, Outcome
from wacloud.shared.domain.ids import BusinessId

MAIL_INVITATION = "notification.mail_invitation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """Who is invited, and what the mail says of it."""

    business_id: BusinessId
    invitation_id: UUID
    email: str
    language: str
    business_name: str
    inviter_name: str


async def mail_invitation(deps: NotificationDeps, invited: Invited) -> Outcome:
    """
    One mail an invitation, however often this runs; none for an invitation that ended meanwhile.

    Each new token ends the one before, so none is asked for once the mail is written. An invitation that is made again
    within a minute waits for its mail: the link in the first one is dead. Who has an account reads it in their own
    language, others in the business's.
    """
    key = f"invitation:{invited.invitation_id}"
    async with deps.db.system("mail an invitation in the language of whom it is for") as tx:
        known = await find_user_by_email(deps.users, tx, invited.email)
    async with deps.db.tenant(invited.business_id) as tx:
        if await deps.mails.is_written(tx, invited.business_id, key):
            return Done()
        token = await fresh_invitation_token(deps.business, tx, invited.business_id, invited.invitation_id)
        if token is None:
            return Done()
        limit = await queue_mail(
            deps,
            tx,
            Mail(
                to=invited.email,
                template="invitation",
                language=known.language if known else invited.language,
                values={
                    "business_name": invited.business_name,
                    "inviter_name": invited.inviter_name,
                    "link": f"{deps.base_url}/invitations/{token}",
                },
                business_id=invited.business_id,
                key=key,
            ),
        )
    return Again(deps.limits.kind_pause, "another invitation just went there") if limit == "kind_pause" else Done()
