"""What a provider reported of a mail moves it forward."""

from wacloud.modules.notification.application.ports import NotificationDeps
from wacloud.modules.notification.domain.mail import may_move
from wacloud.modules.notification.domain.report import Report
from wacloud.shared.domain.ids import BusinessId


async def apply_report(deps: NotificationDeps, report: Report) -> tuple[BusinessId | None, str | None]:
    """
    Move the mail, and write to an address no more that does not exist or does not want us.

    Reports come in any order and more than once: only a step forward is taken. Returns whose mail it was and, where
    nothing could be made of the report, why.
    """
    state = report.state
    if state is None:
        return None, None if report.is_known else f"unknown report {report.kind}"
    async with deps.db.system("apply mail reports") as tx:
        mail = await deps.mails.find_reported(tx, report.provider_id, report.mail_id)
        if mail is None:
            return None, "no mail here has this id"
        if may_move(mail.state, state):
            reason = report.bounce if state == "bounced" else None
            await deps.mails.move(tx, mail.id, state, reason, report.provider_id)
        suppresses = report.suppresses
        if suppresses is not None and mail.recipient:
            await deps.suppressions.add(tx, mail.recipient, suppresses, mail.id)
    return mail.business_id, None
