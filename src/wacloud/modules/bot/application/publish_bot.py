"""Let what was prepared answer from now on, or an earlier version again; turn the bot on and off."""

from typing import ClassVar

from wacloud.modules.bot.application.edit_draft import check_revision, hold_bench
from wacloud.modules.bot.application.evaluate_bot import ask_for_evaluation
from wacloud.modules.bot.application.studio_ports import StudioDeps
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.business.api import AuditEntry, complete_step, record_audit
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import AppError, Fault, FaultyFields, Kind, NotFound
from wacloud.shared.domain.ids import BusinessId, UserId

LONGEST_NOTE = 300


class NothingToPublish(AppError):
    """There is nothing to publish: what answers now is the same."""

    kind: ClassVar[Kind] = "conflict"


class VersionUnknown(NotFound):
    """There is no such version of your bot."""


async def publish_bot(
    deps: StudioDeps,
    actor: UserId,
    business_id: BusinessId,
    caller: Caller,
    *,
    note: str = "",
    revision: int | None = None,
) -> int:
    """
    Make a version of the draft; it answers from now on. Returns its number.

    :raises NothingToPublish: nothing differs from what answers now.
    :raises DraftChanged: what would be published is not what was looked at.
    :raises FaultyFields: the note is too long.
    :raises BusinessClosing: it is about to be deleted.
    """
    note = _checked(note)
    async with deps.db.tenant(business_id) as tx:
        bench = await hold_bench(deps, tx, business_id)
        if bench.draft is None and bench.number is not None:
            raise NothingToPublish
        check_revision(bench, revision)
        number = await deps.versions.publish(tx, business_id, bench.settings, by=actor, note=note)
        await _put_to_the_test(deps, tx, actor, business_id, bench.settings, number)
        await deps.benches.clear_draft(tx, business_id)
        await complete_step(deps.business, tx, business_id, "bot")
        published = AuditEntry(
            action="bot.published",
            actor_id=actor,
            business_id=business_id,
            detail={"version": number, "fields": list(bench.settings.changed_from(bench.published))},
        )
        await record_audit(deps.business, tx, published, caller=caller)
    return number


async def restore_version(
    deps: StudioDeps, actor: UserId, business_id: BusinessId, caller: Caller, number: int, *, note: str = ""
) -> int:
    """
    Publish an earlier version once more, as a new one; returns its number. A draft stays as it is.

    :raises VersionUnknown: there is no such version.
    :raises NothingToPublish: it says what answers now.
    :raises FaultyFields: the note is too long.
    :raises BusinessClosing: it is about to be deleted.
    """
    note = _checked(note)
    async with deps.db.tenant(business_id) as tx:
        bench = await hold_bench(deps, tx, business_id)
        settings = await deps.benches.version(tx, business_id, number)
        if settings is None:
            raise VersionUnknown
        if settings == bench.published:
            raise NothingToPublish
        new = await deps.versions.publish(tx, business_id, settings, by=actor, note=note, restored_from=number)
        await _put_to_the_test(deps, tx, actor, business_id, settings, new)
        if bench.draft is None or bench.draft == settings:
            # Whoever has the studio open sees something else than what is there now: it counts as a change.
            await deps.benches.keep_draft(tx, business_id, None, actor)
        restored = AuditEntry(
            action="bot.version_restored",
            actor_id=actor,
            business_id=business_id,
            detail={"version": new, "restored_from": number},
        )
        await record_audit(deps.business, tx, restored, caller=caller)
    return new


async def switch_bot(
    deps: StudioDeps, actor: UserId, business_id: BusinessId, caller: Caller, *, enabled: bool
) -> None:
    """
    Let the bot answer, or hand everything that comes to people. What is so already changes nothing.

    :raises BusinessClosing: it is about to be deleted.
    """
    async with deps.db.tenant(business_id) as tx:
        await hold_bench(deps, tx, business_id)
        if not await deps.benches.switch(tx, business_id, enabled=enabled):
            return
        switched = AuditEntry(
            action="bot.turned_on" if enabled else "bot.turned_off", actor_id=actor, business_id=business_id
        )
        await record_audit(deps.business, tx, switched, caller=caller)


async def _put_to_the_test(
    deps: StudioDeps, tx: Tx, actor: UserId, business_id: BusinessId, settings: BotSettings, number: int
) -> None:
    """Ask the new version the golden questions, where there are any."""
    if await deps.evaluation.evaluations.questions(tx, business_id):
        await ask_for_evaluation(deps.evaluation, tx, business_id, settings, version=number, by=actor)


def _checked(note: str) -> str:
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        raise FaultyFields([Fault("note", "too_long", LONGEST_NOTE)])
    return note
