"""What the tables of this module hold about a person, for their export and for when they leave."""

from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import UserId


class AuthPersonalData:
    """See `user.api.ExportPart` and `user.api.FarewellPart`. Nothing that lets anybody in is ever exported."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def export(self, user_id: UserId) -> object:
        """Whether there is a password, and since when."""
        async with self._db.system("export what is kept about a person") as tx:
            row = await tx.row("select changed_at from app.credentials where user_id = %s", (user_id,))
        return {"password_changed_at": row.changed_at if row else None}

    async def forget(self, tx: Tx, user_id: UserId) -> None:
        """No password opens what is left."""
        await tx.execute("delete from app.credentials where user_id = %s", (user_id,))
