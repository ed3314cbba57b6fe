"""What was answered to actions is forgotten once no turn can ask for it; old calls go with messages."""

from datetime import timedelta
from typing import Final

from wacloud.modules.bot.application.action_ports import ActionDeps

TIDY_CALLS: Final = "bot.tidy_calls"
# The longest a turn may be tried again: then nobody asks any more what came of its calls.
ANSWERS_KEPT: Final = timedelta(days=1)


async def tidy_calls(deps: ActionDeps) -> int:
    """Returns how many answers and calls of all businesses went."""
    async with deps.db.system("forget what was answered to actions long ago") as tx:
        return await deps.calls.tidy(tx, deps.clock(), ANSWERS_KEPT)
