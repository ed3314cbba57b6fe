"""Write to an address again that bounced or complained: for an operator who knows better."""

from wacloud.modules.notification.application.ports import NotificationDeps


async def lift_suppression(deps: NotificationDeps, address: str) -> bool:
    """False where nothing kept mails from it."""
    async with deps.db.system("lift a suppression") as tx:
        return await deps.suppressions.lift(tx, address.strip().lower())
