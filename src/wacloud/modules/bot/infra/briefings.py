"""Settings and facts of businesses, remembered for some seconds so that a busy worker does not read them each turn."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Any

from wacloud.modules.bot.application.model import BotVersions
from wacloud.modules.bot.application.ports import Briefing
from wacloud.modules.bot.domain.language import LANGUAGES
from wacloud.modules.bot.domain.question import BusinessFacts
from wacloud.modules.business.api import (
    BusinessDeps,
    BusinessNotFound,
    BusinessProfile,
    HoursNotReadable,
    business_profile,
    is_open,
    open_now_text,
    opens_text,
)
from wacloud.modules.whatsapp.api import BackToBot
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database
from wacloud.shared.domain.ids import BusinessId

REMEMBER_S = 10.0


class CachedBriefings:
    """See `ports.Briefings`."""

    def __init__(self, db: Database, clock: Clock, versions: BotVersions, business: BusinessDeps) -> None:
        self._db = db
        self._clock = clock
        self._versions = versions
        self._business = business
        self._known: dict[BusinessId, tuple[float, tuple[bool, int | None], Briefing]] = {}

    async def of(self, business_ids: Sequence[BusinessId]) -> Mapping[BusinessId, Briefing]:
        # Who switches the bot off, publishes or gives it something to use does not want to see the old one answer: that
        # is always looked at.
        if not business_ids:
            return {}
        async with self._db.tenant(*set(business_ids), read_only=True) as tx:
            heads = await self._versions.heads(tx, business_ids)
        for business_id, head in heads.items():
            if business_id in self._known and self._known[business_id][1] != head[:2]:
                del self._known[business_id]
        return {
            business_id: replace(
                briefing, has_actions=heads[business_id].has_actions, has_forms=heads[business_id].has_forms
            )
            for business_id, briefing in (await self._remembered(business_ids)).items()
        }

    async def _remembered(self, business_ids: Sequence[BusinessId]) -> Mapping[BusinessId, Briefing]:
        now = monotonic()
        missing = [b for b in set(business_ids) if b not in self._known or self._known[b][0] < now]
        if missing:
            async with self._db.tenant(*missing, read_only=True) as tx:
                published = await self._versions.published(tx, missing)
                for business_id in missing:
                    try:
                        profile = await business_profile(self._business, tx, business_id)
                    except BusinessNotFound:
                        self._known.pop(business_id, None)
                        continue
                    bot = published[business_id]
                    facts = BusinessFacts(
                        name=profile.name,
                        sector=profile.sector,
                        language=profile.language,
                        time_zone=profile.time_zone,
                        profile=profile.profile,
                        **self._hours(profile),
                    )
                    briefing = Briefing(bot.settings, facts, bot.enabled and not profile.is_closing, bot.number)
                    self._known[business_id] = (now + REMEMBER_S, (bot.enabled, bot.number), briefing)
        return {b: self._known[b][2] for b in business_ids if b in self._known}

    async def back_to_bot(self, business_ids: Sequence[BusinessId]) -> Mapping[BusinessId, BackToBot]:
        """See whatsapp's `ports.BackRules`."""
        return {
            business_id: BackToBot(briefing.settings.back_to_bot, timedelta(hours=briefing.settings.back_after_hours))
            for business_id, briefing in (await self._remembered(business_ids)).items()
        }

    def _hours(self, profile: BusinessProfile) -> dict[str, Any]:
        """What of the facts changes by the minute; hours that cannot be read are as good as none."""
        told, zone, now = profile.profile, profile.time_zone, self._clock()
        try:
            state = is_open(told, zone, now)
            opens = {language: opens_text(told, zone, now, language) for language in LANGUAGES}
            return {
                "open_now_text": open_now_text(told, zone, now, profile.language),
                "is_open": state and state.is_open,
                "opens": {language: text for language, text in opens.items() if text},
            }
        except HoursNotReadable:
            return {}
