"""What a customer of this business might ask: the first questions of its own knowledge."""

from collections.abc import Awaitable, Callable, Sequence

from wacloud.modules.bot.application.ports import BotDeps
from wacloud.shared.domain.ids import BusinessId


def questions_of(deps: BotDeps) -> Callable[[BusinessId], Awaitable[Sequence[str]]]:
    """A function that tells them, for the phone page."""

    async def questions(business_id: BusinessId) -> Sequence[str]:
        return [item.question for item in await deps.answers.knowledge.items(business_id)]

    return questions
