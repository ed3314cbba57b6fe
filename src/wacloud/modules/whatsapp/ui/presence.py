"""
Who of the team looks at a conversation, and who is writing in it.

Open pages say so again and again; nothing is stored. What is not said any more is over.
"""

from collections.abc import Callable, Collection
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.responses import Response

from wacloud.shared.application.live import Doing, Here, HereAnnouncer
from wacloud.shared.domain.ids import BusinessId, UserId
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.INBOX_READ))]
# A page says every 15 s that it is looked at, and every 3 s that somebody is writing.
LOOKS_FOR_S: Final = 40.0
TYPES_FOR_S: Final = 8.0

# Who has a conversation open.
Looking = Callable[[BusinessId, UUID], Collection[UserId]]

_Room = tuple[BusinessId, UUID]


class Rooms:
    """Who is at which conversation, as far as this process has heard. Times are of a monotonic clock, in seconds."""

    def __init__(self) -> None:
        # Of each person: what they do, their name, and until when it is believed.
        self._rooms: dict[_Room, dict[UserId, tuple[Doing, str, float]]] = {}

    def note(self, here: Here, now: float) -> bool:
        """Believe it for a while; False where it was known."""
        room = (here.business_id, here.conversation_id)
        people = self._rooms.setdefault(room, {})
        before = people.pop(here.user_id, None)
        if here.doing != "gone":
            lasts = TYPES_FOR_S if here.doing == "typing" else LOOKS_FOR_S
            people[here.user_id] = (here.doing, here.name, now + lasts)
        elif not people:
            del self._rooms[room]
        return (before and before[:2]) != ((here.doing, here.name) if here.doing != "gone" else None)

    def forget_old(self, now: float) -> list[_Room]:
        """Drop what was not said again; returns the conversations where that changed something."""
        changed = []
        for room, people in list(self._rooms.items()):
            old = [user_id for user_id, (_, _, until) in people.items() if until <= now]
            for user_id in old:
                del people[user_id]
            if not people:
                del self._rooms[room]
            if old:
                changed.append(room)
        return changed

    def at(self, business_id: BusinessId, conversation_id: UUID) -> list[dict[str, str]]:
        """As pages are told: id, name and what they do, of everybody at a conversation."""
        people = self._rooms.get((business_id, conversation_id), {})
        return [{"id": str(user_id), "name": name, "doing": doing} for user_id, (doing, name, _) in people.items()]


def routes(announcer: HereAnnouncer) -> APIRouter:
    """Where an open page says what its person does."""
    router = APIRouter(include_in_schema=False)

    @router.post("/inbox/{conversation_id}/here")
    async def here(member: Reader, conversation_id: UUID, doing: Annotated[Doing, Form()]) -> Response:
        """Only the member's own business ever hears of it, whatever conversation it names."""
        await announcer.say_here(Here(member.business_id, conversation_id, member.user_id, member.name, doing))
        return Response(status_code=204)

    return router
