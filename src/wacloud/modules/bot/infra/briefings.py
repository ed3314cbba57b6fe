"""Settings and facts of businesses, remembered for some seconds so that a busy worker does not read them each turn."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import monotonic

from wacloud.modules.bot.application.model import SettingsStore
from wacloud.modules.bot.application.ports import Briefing
from wacloud.modules.bot.domain.question import BusinessFacts
from wacloud.modules.business.api import (
    BusinessDeps,
    BusinessNotFound,
    HoursNotReadable,
    business_profile,
    open_now_text,
)
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database
from wacloud.shared.domain.ids import BusinessId

REMEMBER_S = 10.0


class CachedBriefings:
    """See `ports.Briefings`."""

    def __init__(self, db: Database, clock: Clock, settings: SettingsStore, business: BusinessDeps) -> None:
        self._db = db
        self._clock = clock
        self._settings = settings
        self._business = business
        self._known: dict[BusinessId, tuple[float, Briefing]] = {}

    async def of(self, business_ids: Sequence[BusinessId]) -> Mapping[BusinessId, Briefing]:
        now = monotonic()
        missing = [b for b in set(business_ids) if self._known.get(b, (0.0,))[0] < now]
        if missing:
            async with self._db.tenant(*missing, read_only=True) as tx:
                for business_id in missing:
                    try:
                        profile = await business_profile(self._business, tx, business_id)
                    except BusinessNotFound:
                        self._known.pop(business_id, None)
                        continue
                    settings = await self._settings.get(tx, business_id)
                    if profile.is_closing:
                        settings = replace(settings, enabled=False)
                    try:
                        open_now = open_now_text(profile.profile, profile.time_zone, self._clock(), profile.language)
                    except HoursNotReadable:
                        open_now = None
                    facts = BusinessFacts(
                        name=profile.name,
                        sector=profile.sector,
                        language=profile.language,
                        time_zone=profile.time_zone,
                        profile=profile.profile,
                        open_now_text=open_now,
                    )
                    self._known[business_id] = (now + REMEMBER_S, Briefing(settings, facts))
        return {b: self._known[b][1] for b in business_ids if b in self._known}
