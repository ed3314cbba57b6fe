"""Tell somebody by mail that a colleague mentioned them in a note."""

from wacloud.modules.business.api import business_profile
from wacloud.modules.notification.application.ports import NotificationDeps
from wacloud.modules.notification.application.queue_mail import queue_mail
from wacloud.modules.notification.domain.mail import Mail
from wacloud.modules.notification.domain.notice import Notice
from wacloud.modules.user.api import find_user
from wacloud.shared.application.db import Tx


async def mail_mention(deps: NotificationDeps, tx: Tx, notice: Notice) -> None:
    """
    Whoever wants such mails and does not have the conversation before them; one in an hour for each conversation.

    Nothing of what was noted is in it: it stays among those who may read the inbox.
    """
    if notice.user_id is None or notice.is_seen:
        return
    person = await find_user(deps.users, tx, notice.user_id)
    if person is None or person.is_disabled or not person.notifications.mentions:
        return
    profile = await business_profile(deps.business, tx, notice.business_id)
    await queue_mail(
        deps,
        tx,
        Mail(
            to=person.email,
            template="mentioned",
            language=person.language,
            values={
                "business_name": profile.name,
                "name": notice.details["name"],
                "link": f"{deps.base_url}/inbox/{notice.details['conversation']}",
            },
            user_id=person.id,
            business_id=notice.business_id,
            key=f"{notice.subject}:{notice.at:%Y-%m-%dT%H}",
        ),
    )
