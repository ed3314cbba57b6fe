"""What the studio shows: the bench, the versions, and what differs between two of them."""

from collections.abc import Sequence

from wacloud.modules.bot.application.publish_bot import VersionUnknown
from wacloud.modules.bot.application.studio_ports import StudioDeps, VersionRow, Workbench
from wacloud.modules.bot.domain.settings_diff import Change, changes_between
from wacloud.shared.domain.ids import BusinessId

VERSIONS_A_PAGE = 20


async def read_bench(deps: StudioDeps, business_id: BusinessId) -> Workbench:
    """What answers now, and what is being prepared."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        return await deps.benches.of(tx, business_id)


async def list_versions(
    deps: StudioDeps, business_id: BusinessId, *, before: int | None = None, limit: int = VERSIONS_A_PAGE
) -> tuple[Sequence[VersionRow], int | None]:
    """A page of versions, the newest first, and the number before which the next page begins."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        rows = await deps.benches.versions(tx, business_id, before=before, limit=limit + 1)
    return rows[:limit], rows[limit - 1].number if len(rows) > limit else None


async def compare_versions(
    deps: StudioDeps, business_id: BusinessId, before: int, after: int | None = None
) -> tuple[Change, ...]:
    """
    What changed from one version to another; without `after`, to what is being prepared.

    :raises VersionUnknown: there is no such version.
    """
    async with deps.db.tenant(business_id, read_only=True) as tx:
        old = await deps.benches.version(tx, business_id, before)
        new = (
            (await deps.benches.of(tx, business_id)).settings
            if after is None
            else await deps.benches.version(tx, business_id, after)
        )
    if old is None or new is None:
        raise VersionUnknown
    return changes_between(old, new)
