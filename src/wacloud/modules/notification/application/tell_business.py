"""Tell a business what it has to know: on its pages, and by mail to those in charge where it matters."""

from collections.abc import Sequence

from wacloud.modules.business.api import business_profile, people_in_charge
from wacloud.modules.notification.application.mail_mention import mail_mention
from wacloud.modules.notification.application.ports import NotificationDeps
from wacloud.modules.notification.application.queue_mail import queue_mail
from wacloud.modules.notification.domain.mail import Mail
from wacloud.modules.notification.domain.notice import SEVERITIES, Notice
from wacloud.modules.user.api import find_user
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


async def tell_business(deps: NotificationDeps, tx: Tx, notice: Notice) -> None:
    """
    Once for its key, in the caller's transaction; older ones of the same subject are settled by it.

    What is more than information goes by mail, each in their own language: to owners and admins, or to whom it is for.
    """
    severity = SEVERITIES[notice.code]
    if not await deps.notices.add_once(tx, notice, severity):
        return
    if notice.code == "mentioned":
        await mail_mention(deps, tx, notice)
    if severity == "info":
        return
    profile = await business_profile(deps.business, tx, notice.business_id)
    in_charge = await people_in_charge(deps.business, tx, notice.business_id)
    for user_id in [notice.user_id] if notice.user_id else in_charge:
        person = await find_user(deps.users, tx, user_id)
        if person is None or person.is_disabled:
            continue
        values = {
            "business_name": profile.name,
            "notice": notice.code,
            "name": notice.details.get("name", ""),
            "until": notice.details.get("until", ""),
            "told": notice.details.get("told", ""),
            "link": f"{deps.base_url}/notices",
        }
        await queue_mail(
            deps,
            tx,
            Mail(
                to=person.email,
                template="notice",
                language=person.language,
                values=values,
                user_id=person.id,
                business_id=notice.business_id,
                key=f"notice:{notice.key}:{person.id}",
            ),
        )


async def settle_told(deps: NotificationDeps, tx: Tx, business_id: BusinessId, subject: str, by: UserId) -> None:
    """What stands about this is over: this person has seen it."""
    await deps.notices.settle_subject(tx, business_id, subject, by, deps.clock())


async def forget_told(deps: NotificationDeps, tx: Tx, business_id: BusinessId, subjects: Sequence[str]) -> None:
    """Nothing that was told about these is kept: whom they were about was erased."""
    if subjects:
        await deps.notices.forget(tx, business_id, subjects)


async def keep_business_told(deps: NotificationDeps, tx: Tx, notice: Notice) -> None:
    """Tell it as `tell_business` does; where its key was told before, that notice says how things are now."""
    await tell_business(deps, tx, notice)
    await deps.notices.renew(tx, notice, SEVERITIES[notice.code])
