"""Write to the audit log, inside the transaction of what is being done."""

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.application.db import Tx


async def record_audit(deps: BusinessDeps, tx: Tx, *entries: AuditEntry, caller: Caller = NOBODY) -> None:
    """Record what is done with it or not at all. `caller` is from where it was asked for."""
    await deps.audit_log.add(tx, entries, caller)
