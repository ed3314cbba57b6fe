"""Limits for tests that are about something else."""

from wacloud.main.settings import LIMITS
from wacloud.shared.application.limits import Limit, Limits, Standing


class CountsNothing:
    async def count(self, limit: Limit, who: str) -> Standing:
        return Standing(True, limit.most, 0)


def limits_off() -> Limits:
    return Limits({limit.name: limit for limit in LIMITS}, CountsNothing())
