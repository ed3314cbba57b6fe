"""Whatever changes how somebody signs in: a mail to them, and a line in the log."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.notification.api import Mail
from wacloud.modules.user.api import User
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx

# The words the mail knows.
FactorChange: TypeAlias = Literal[
    "totp_added", "totp_removed", "passkey_added", "passkey_removed", "backup_codes_renewed", "backup_code_used"
]
_LOGGED: Final[Mapping[FactorChange, AuditEntry]] = {
    "totp_added": AuditEntry(action="auth.factor_confirmed"),
    "totp_removed": AuditEntry(action="auth.factor_removed"),
    "passkey_added": AuditEntry(action="auth.passkey_added"),
    "passkey_removed": AuditEntry(action="auth.passkey_removed"),
    "backup_codes_renewed": AuditEntry(action="auth.backup_codes_renewed"),
    "backup_code_used": AuditEntry(action="auth.backup_code_used"),
}


async def tell_factor_change(
    deps: AuthDeps, tx: Tx, user: User, what: FactorChange, caller: Caller, **detail: object
) -> None:
    """Inside the transaction of the change."""
    await deps.mails.queue(
        tx,
        Mail(to=user.email, template="factor_changed", language=user.language, values={"what": what}, user_id=user.id),
    )
    entry = AuditEntry(action=_LOGGED[what].action, actor_id=user.id, user_id=user.id, detail=detail)
    await record_audit(deps.businesses, tx, entry, caller=caller)
