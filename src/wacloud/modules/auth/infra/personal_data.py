"""What the tables of this module hold about a person, for their export and for when they leave."""

from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import UserId


class AuthPersonalData:
    """See `user.api.ExportPart` and `user.api.FarewellPart`. Nothing that lets anybody in is ever exported."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def export(self, user_id: UserId) -> object:
        """Whether there is a password, and since when; their second factors and keys by name; where they signed in."""
        async with self._db.system("export what is kept about a person") as tx:
            row = await tx.row("select changed_at from app.credentials where user_id = %s", (user_id,))
            sessions = await tx.rows(
                "select created_at, last_seen_at, address, user_agent, ended_at from app.sessions"
                " where user_id = %s order by created_at",
                (user_id,),
            )
            outside = await tx.rows(
                "select issuer, subject, created_at from app.acquaintances where user_id = %s", (user_id,)
            )
            factors = await tx.rows(
                "select 'totp' as kind, name, created_at, confirmed_at, last_used_at from app.totp_factors"
                " where user_id = %(user)s"
                " union all select 'passkey', name, created_at, created_at, last_used_at from app.passkeys"
                " where user_id = %(user)s order by created_at",
                {"user": user_id},
            )
            codes = await tx.row(
                "select count(*) as n from app.backup_codes where user_id = %s and saved_at is not null", (user_id,)
            )
            keys = await tx.rows(
                "select business_id, name, hint, scopes, created_at, expires_at, revoked_at, last_used_at, used_from"
                " from app.api_keys where created_by = %s order by created_at",
                (user_id,),
            )
        return {
            "supabase": [one._asdict() for one in outside],
            "password_changed_at": row.changed_at if row else None,
            "second_factors": [one._asdict() for one in factors],
            "backup_codes_left": codes.n if codes else 0,
            "api_keys": [one._asdict() for one in keys],
            "sessions": [one._asdict() for one in sessions],
        }

    async def forget(self, tx: Tx, user_id: UserId) -> None:
        """No password, factor, session or link opens what is left."""
        for table in ("credentials", "totp_factors", "passkeys", "backup_codes", "sessions", "one_time_tokens"):
            await tx.execute(f"delete from app.{table} where user_id = %s", (user_id,))
        # What is left is a number of another system's: a token of theirs that still lives must not bring them back.
        await tx.execute("update app.acquaintances set user_id = null, left_at = now() where user_id = %s", (user_id,))
