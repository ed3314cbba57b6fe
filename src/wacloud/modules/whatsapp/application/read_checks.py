"""How a business's numbers are, as they were seen last."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from wacloud.modules.whatsapp.application.check_numbers import NumberUnknown
from wacloud.modules.whatsapp.application.checkup_ports import (
    CheckChange,
    CheckedNumber,
    Checkup,
    CheckupDeps,
    EchoTest,
)
from wacloud.modules.whatsapp.domain.checkup import CHECKS, WORST_FIRST, KeptCheck
from wacloud.shared.domain.ids import BusinessId


@dataclass(frozen=True, slots=True)
class NumberHealth:
    """One number with all its checks, the worst first."""

    number: CheckedNumber
    checkup: Checkup | None
    checks: Sequence[KeptCheck]
    changes: Sequence[CheckChange]
    echo: EchoTest | None

    def count(self, *states: str) -> int:
        return sum(one.finding.state in states for one in self.checks)


async def read_checks(
    deps: CheckupDeps, business_id: BusinessId, number_id: UUID | None = None
) -> Sequence[NumberHealth]:
    """
    Every number of the business, or this one.

    :raises NumberUnknown: it is nobody's, or another's.
    """
    found = []
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        for number in await deps.checkups.numbers(tx, business_id):
            if number_id not in (None, number.id):
                continue
            checks = await deps.checkups.checks(tx, business_id, number.id)
            found.append(
                NumberHealth(
                    number,
                    await deps.checkups.latest(tx, business_id, number.id),
                    sorted((one for one in checks if one.finding.code in CHECKS), key=_place),
                    await deps.checkups.changes(tx, business_id, number.id),
                    await deps.checkups.find_echo(tx, business_id, number.id),
                )
            )
    if number_id is not None and not found:
        raise NumberUnknown
    return found


def _place(check: KeptCheck) -> tuple[int, int]:
    return WORST_FIRST.index(check.finding.state), CHECKS.index(check.finding.code)
