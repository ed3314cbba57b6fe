"""Where a browser works from now on: in the business that was just opened, or joined."""

from starlette.requests import Request

from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.ui.guard import Person


async def act_in(request: Request, person: Person, business_id: BusinessId) -> None:
    """Whoever keeps sessions does it, and is told in `main/web.py`."""
    switch = getattr(request.app.state, "act_in", None)
    if switch is not None:
        await switch(person, business_id)
