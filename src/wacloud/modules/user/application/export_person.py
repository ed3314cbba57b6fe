"""Everything that is kept about a person, for that person."""

from wacloud.modules.user.application.ports import UserDeps
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import UserId


async def export_person(deps: UserDeps, user_id: UserId, *, caller: Caller = NOBODY) -> dict[str, object]:
    """
    The profile, and what each module adds (`main/people.py`).

    That it was taken is itself in the audit log: somebody else may have sat at the keyboard.
    """
    async with deps.db.member(user_id) as tx:
        user = await deps.users.find(tx, user_id)
        if user is None:
            raise NotFound
        await deps.audit(tx, user_id, "user.data_exported", {}, caller)
    content: dict[str, object] = {
        "exported_at": deps.clock(),
        "profile": {
            "id": user.id,
            "name": user.name,
            "email": user.email,
            "language": user.language,
            "time_zone": user.time_zone,
            "notifications": user.notifications.as_dict(),
            "created_at": user.created_at,
        },
    }
    for name, export in deps.exports.items():
        content[name] = await export(user_id)
    return content
