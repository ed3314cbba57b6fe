"""What the outbox holds about a person, for their export and for when they leave."""

from wacloud.modules.notification.infra.mails import PostgresMails
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import UserId


class NotificationPersonalData:
    """See `user.api.ExportPart` and `user.api.FarewellPart`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._mails = PostgresMails()

    async def export(self, user_id: UserId) -> object:
        """Which mails they got, without what was in them: that is theirs already."""
        async with self._db.member(user_id, read_only=True) as tx:
            return await self._mails.of_person(tx, user_id)

    async def forget(self, tx: Tx, user_id: UserId) -> None:
        """Their address goes, and what waits to be sent with it."""
        await self._mails.forget_person(tx, user_id)
