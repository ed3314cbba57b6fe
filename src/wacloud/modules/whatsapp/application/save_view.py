"""Views of the inbox that somebody wants again, for themselves or for the team."""

from uuid import UUID

from wacloud.modules.whatsapp.application.desk_stores import SavedView
from wacloud.modules.whatsapp.application.inbox import Filter
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.desk import (
    LONGEST_VIEW_NAME,
    MOST_VIEWS,
    TooManyViews,
    ViewNameMissing,
    ViewUnknown,
)
from wacloud.shared.domain.ids import BusinessId, UserId, new_id


async def save_view(
    deps: WhatsappDeps,
    user_id: UserId,
    business_id: BusinessId,
    name: str,
    *,
    show: Filter,
    label_id: UUID | None = None,
    search: str = "",
    is_shared: bool = False,
) -> SavedView:
    """
    Keep it under this name.

    :raises ViewNameMissing: there is no name, or a long one.
    :raises LabelUnknown: the business has no such label.
    :raises TooManyViews: this person sees fifty already.
    """
    name = " ".join("".join(filter(str.isprintable, name)).split())
    if not 0 < len(name) <= LONGEST_VIEW_NAME:
        raise ViewNameMissing
    view = SavedView(new_id(), name, show, label_id, search.strip()[:100], None if is_shared else user_id)
    async with deps.db.tenant(business_id) as tx:
        if len(await deps.saved_views.of(tx, business_id, user_id)) >= MOST_VIEWS:
            raise TooManyViews
        await deps.saved_views.add(tx, business_id, view, deps.clock())
    return view


async def remove_view(deps: WhatsappDeps, user_id: UserId, business_id: BusinessId, view_id: UUID) -> None:
    """:raises ViewUnknown: there is none such of this person or of the team."""
    async with deps.db.tenant(business_id) as tx:
        if not await deps.saved_views.remove(tx, business_id, user_id, view_id):
            raise ViewUnknown
