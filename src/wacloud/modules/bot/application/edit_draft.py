"""Change what is being prepared for a bot. It answers nobody until it is published."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from wacloud.modules.bot.application.studio_ports import StudioDeps, Workbench
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.business.api import AuditEntry, business_profile, record_audit
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import AppError, BusinessClosing, FaultyFields, Kind
from wacloud.shared.domain.ids import BusinessId, UserId


class DraftChanged(AppError):
    """Somebody else changed this in the meantime. Nothing of yours was saved; look at both and save again."""

    kind: ClassVar[Kind] = "conflict"


async def edit_draft(
    deps: StudioDeps,
    actor: UserId,
    business_id: BusinessId,
    changes: Mapping[str, object],
    revision: int | None = None,
) -> Workbench:
    """
    Put these values in the place of those that are being prepared.

    With `revision` only where nobody changed anything since; without it these fields are set whatever happened to
    the others. What is the same as before changes nothing, so that it may be sent twice.

    :raises FaultyFields: some of them break a rule.
    :raises DraftChanged: somebody else was here first.
    :raises BusinessClosing: it is about to be deleted.
    """
    async with deps.db.tenant(business_id) as tx:
        bench = await hold_bench(deps, tx, business_id)
        wanted = tidied(replace(bench.settings, **changes))  # type: ignore[arg-type]
        if wanted == bench.settings:
            return bench
        check_revision(bench, revision)
        faults = wanted.faults()
        if faults:
            raise FaultyFields(faults)
        await deps.benches.keep_draft(tx, business_id, None if wanted == bench.published else wanted, actor)
        return await deps.benches.of(tx, business_id)


async def discard_draft(
    deps: StudioDeps, actor: UserId, business_id: BusinessId, caller: Caller, revision: int | None = None
) -> Workbench:
    """
    Go back to what is published.

    :raises DraftChanged: somebody changed the draft since it was looked at.
    :raises BusinessClosing: it is about to be deleted.
    """
    async with deps.db.tenant(business_id) as tx:
        bench = await hold_bench(deps, tx, business_id)
        if bench.draft is None:
            return bench
        check_revision(bench, revision)
        await deps.benches.keep_draft(tx, business_id, None, actor)
        discarded = AuditEntry(
            action="bot.draft_discarded",
            actor_id=actor,
            business_id=business_id,
            detail={"fields": list(bench.draft.changed_from(bench.published))},
        )
        await record_audit(deps.business, tx, discarded, caller=caller)
        return await deps.benches.of(tx, business_id)


async def hold_bench(deps: StudioDeps, tx: Tx, business_id: BusinessId) -> Workbench:
    """
    The bench, held until the transaction ends: whoever changes it at this moment waits.

    :raises BusinessClosing: nothing of this business changes any more.
    """
    profile = await business_profile(deps.business, tx, business_id)
    if profile.is_closing:
        raise BusinessClosing
    await deps.versions.lock(tx, business_id)
    return await deps.benches.of(tx, business_id)


def check_revision(bench: Workbench, revision: int | None) -> None:
    """:raises DraftChanged: this is not what somebody looked at."""
    if revision is not None and revision != bench.revision:
        raise DraftChanged(revision=bench.revision, changed_by=bench.draft_by, changed_at=bench.draft_at)


def tidied(settings: BotSettings) -> BotSettings:
    """Without blanks around texts, and with each topic and word once."""
    return replace(
        settings,
        name=" ".join(settings.name.split()),
        model=(settings.model or "").strip() or None,
        instructions=settings.instructions.replace("\r\n", "\n").strip(),
        fallback_text=settings.fallback_text.replace("\r\n", "\n").strip(),
        closed_text=settings.closed_text.replace("\r\n", "\n").strip(),
        refusal_text=settings.refusal_text.replace("\r\n", "\n").strip(),
        refused_topics=_each_once(settings.refused_topics),
        hand_over_words=_each_once(settings.hand_over_words),
        contact_fields=_each_once(settings.contact_fields),
    )


def _each_once(said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple({" ".join(one.split()).casefold(): " ".join(one.split()) for one in said}.values())
