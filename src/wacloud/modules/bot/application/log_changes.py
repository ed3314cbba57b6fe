"""Who changed what the bot knows or is measured by, in the audit log, with the change or not at all."""

from dataclasses import dataclass
from typing import Any, Final

from wacloud.modules.business.api import AuditEntry, BusinessDeps, record_audit
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId

_SHOWN: Final = 120


@dataclass(frozen=True, slots=True)
class Editor:
    """Who asks for a change, and from where; without a `user_id` the system does."""

    user_id: UserId | None = None
    caller: Caller = NOBODY


SYSTEM: Final = Editor()


async def log_change(
    business: BusinessDeps | None, tx: Tx, business_id: BusinessId, by: Editor, action: str, **detail: Any
) -> None:
    """Only what somebody reading the log has to know: names, no contents. Where there is no log, nothing is said."""
    if business is None:
        return
    entry = AuditEntry(
        action=action,
        actor_kind="user" if by.user_id is not None else "system",
        actor_id=by.user_id,
        business_id=business_id,
        detail={name: _short(told) for name, told in detail.items() if told},
    )
    await record_audit(business, tx, entry, caller=by.caller)


def _short(told: object) -> object:
    """Numbers and lists as they are."""
    return told if not isinstance(told, str) or len(told) <= _SHOWN else f"{told[: _SHOWN - 1]}…"
