"""Where the mails stand, for an operator."""

from collections.abc import Mapping, Sequence

from wacloud.modules.notification.application.ports import NotificationDeps, UnsentMail


async def mail_ledger(deps: NotificationDeps, limit: int = 50) -> tuple[Mapping[str, int], Sequence[UnsentMail]]:
    """How many there are in each state, and the newest that did not arrive."""
    async with deps.db.system("count mails") as tx:
        return await deps.mails.counts(tx), await deps.mails.newest_unsent(tx, limit)
