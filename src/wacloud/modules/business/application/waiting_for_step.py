"""Which businesses wait for a fact, for the modules above that know it."""

from collections.abc import Sequence

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.domain.onboarding import Step
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


async def waiting_for_step(deps: BusinessDeps, tx: Tx, step: Step) -> Sequence[BusinessId]:
    """At most a thousand of them, in a transaction that crosses tenants."""
    return await deps.steps.waiting(tx, step)
