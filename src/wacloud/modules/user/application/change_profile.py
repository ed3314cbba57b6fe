"""Change what a person is called and how they like things."""

from dataclasses import dataclass

from wacloud.modules.user.application.ports import UserDeps
from wacloud.modules.user.domain.user import Notifications, User, checked_language, checked_name, checked_zone
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import UserId


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """What is None stays as it is."""

    name: str | None = None
    language: str | None = None
    time_zone: str | None = None
    notifications: Notifications | None = None


async def change_profile(deps: UserDeps, user_id: UserId, change: ProfileChange, *, caller: Caller = NOBODY) -> User:
    """
    Write what differs, and that it was changed; which fields, never what they hold.

    :raises NameNotPossible: nobody can be called that.
    :raises LanguageUnknown: we do not speak it.
    :raises ZoneUnknown: there is no such time zone.
    """
    name = checked_name(change.name) if change.name is not None else None
    language = checked_language(change.language) if change.language is not None else None
    time_zone = checked_zone(change.time_zone) if change.time_zone is not None else None
    async with deps.db.member(user_id) as tx:
        before = await _oneself(deps, tx, user_id)
        after = User(
            id=before.id,
            name=before.name if name is None else name,
            email=before.email,
            language=before.language if language is None else language,
            created_at=before.created_at,
            time_zone=before.time_zone if time_zone is None else time_zone,
            notifications=before.notifications if change.notifications is None else change.notifications,
        )
        described = [field for field in ("name", "language", "time_zone") if _differs(before, after, field)]
        if described:
            await deps.users.describe(tx, user_id, after.name, after.language, after.time_zone)
            await deps.audit(tx, user_id, "user.profile_changed", {"fields": described}, caller)
        if _differs(before, after, "notifications"):
            await deps.users.choose(tx, user_id, after.notifications)
            chosen = after.notifications.as_dict()
            await deps.audit(tx, user_id, "user.preferences_changed", chosen, caller)
    return after


async def _oneself(deps: UserDeps, tx: Tx, user_id: UserId) -> User:
    user = await deps.users.find(tx, user_id)
    if user is None:
        raise NotFound
    return user


def _differs(before: User, after: User, field: str) -> bool:
    return bool(getattr(before, field) != getattr(after, field))
