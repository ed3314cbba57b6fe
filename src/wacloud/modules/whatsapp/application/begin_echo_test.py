"""See with one's own eyes that messages come in: write a word to the number from any phone."""

import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from wacloud.modules.whatsapp.application.check_numbers import NumberUnknown
from wacloud.modules.whatsapp.application.checkup_ports import CheckupDeps, EchoTest
from wacloud.shared.domain.ids import BusinessId, new_id

LASTS: Final = timedelta(minutes=10)
# Short, easy to type on a phone, in either language, and in no ordinary message together with its figures.
_WORDS: Final = ("luna", "mango", "cometa", "tango", "delta", "coral", "piano", "lima")


async def begin_echo_test(deps: CheckupDeps, business_id: BusinessId, number_id: UUID) -> EchoTest:
    """
    A word to write; whoever opens the page again finds the same test, until its time is over.

    :raises NumberUnknown: it is nobody's, or another's.
    """
    now = deps.whatsapp.clock()
    async with deps.whatsapp.db.tenant(business_id) as tx:
        if number_id not in {one.id for one in await deps.checkups.numbers(tx, business_id)}:
            raise NumberUnknown
        known = await deps.checkups.find_echo(tx, business_id, number_id)
        if known is not None and known.heard_at is None and known.expires_at > now:
            return known
        word = f"{secrets.choice(_WORDS)} {secrets.randbelow(9000) + 1000}"
        test = EchoTest(new_id(), number_id, word, now, now + LASTS, None)
        await deps.checkups.add_echo(tx, business_id, test)
    return test
