"""Start from the template of a sector: questions with answers, how the bot talks and, where asked for, hours."""

from dataclasses import dataclass, replace

from wacloud.modules.bot.application.knowledge import index_later
from wacloud.modules.bot.application.model import BotVersions, KnowledgeDeps
from wacloud.modules.bot.domain.knowledge import MOST_ITEMS, KnowledgeItem, KnowledgeText, TooMuchKnowledge, has_gap
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.business.api import (
    AuditEntry,
    BusinessDeps,
    business_profile,
    complete_step,
    record_audit,
    sector_template,
    set_first_hours,
)
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.errors import BusinessClosing
from wacloud.shared.domain.ids import BusinessId, UserId


@dataclass(frozen=True, slots=True)
class TemplateDeps:
    """What it takes to apply one."""

    knowledge: KnowledgeDeps
    versions: BotVersions
    business: BusinessDeps


@dataclass(frozen=True, slots=True)
class AppliedTemplate:
    """What came of it: new questions, those of them with gaps to fill in, whether the hours were taken."""

    added: tuple[KnowledgeItem, ...]
    to_fill: tuple[KnowledgeItem, ...]
    took_hours: bool


async def apply_sector_template(
    deps: TemplateDeps,
    actor: UserId,
    business_id: BusinessId,
    caller: Caller,
    *,
    sector: str | None = None,
    with_hours: bool = False,
) -> AppliedTemplate:
    """
    Take what is missing from the template of this sector (else the business's own), and change nothing that is there.

    Hours are a guess until somebody who knows has looked at them, so they are taken only where that was asked for.
    Answers with a gap are kept and given to nobody until it is filled in.

    :raises BusinessClosing: it is about to be deleted.
    :raises TooMuchKnowledge: there is no room for so many questions.
    """
    store = deps.knowledge.store
    async with deps.knowledge.db.tenant(business_id) as tx:
        profile = await business_profile(deps.business, tx, business_id)
        if profile.is_closing:
            raise BusinessClosing
        template = sector_template(sector or profile.sector, profile.language)
        # Whoever does the same at this moment waits here, and then finds our questions there.
        await deps.versions.lock(tx, business_id)
        bot = (await deps.versions.published(tx, [business_id]))[business_id]
        if bot.settings == BotSettings():
            own = replace(
                bot.settings, name=template.bot_name, instructions=template.tone, fallback_text=template.fallback
            )
            await deps.versions.publish(tx, business_id, own, by=actor)
        known = {item.question for item in await store.items(tx, business_id)}
        texts = [
            KnowledgeText.typed(one.question, one.answer) for one in template.questions if one.question not in known
        ]
        if len(known) + len(texts) > MOST_ITEMS:
            raise TooMuchKnowledge
        added = tuple([await store.add(tx, business_id, text) for text in texts])
        if added:
            index_later(tx, business_id)
        took_hours = with_hours and await set_first_hours(deps.business, tx, business_id, template.hours)
        await complete_step(deps.business, tx, business_id, "bot")
        applied = AuditEntry(
            action="bot.template_applied",
            actor_id=actor,
            business_id=business_id,
            detail={"sector": template.sector, "questions": len(added), "hours": took_hours},
        )
        await record_audit(deps.business, tx, applied, caller=caller)
    return AppliedTemplate(added, tuple(item for item in added if has_gap(item.answer)), took_hours)
