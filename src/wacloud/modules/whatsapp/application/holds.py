"""
Messages that may not leave now, because of something many of them have in common.

Each waits under the name of what holds it. One probe for each name looks whether it is open, and wakes them all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import Held, Outgoing
from wacloud.modules.whatsapp.domain.template_fit import WAITS
from wacloud.shared.application.jobs import Again, Done, Job, Lane, NewJob, Outcome

WAKE_HELD: Final = "whatsapp.wake_held"
HELD_CHECK: Final = timedelta(seconds=20)
# A message looks for itself so often, should its probe have come and gone while it was on its way to bed.
LOOKS_EVERY: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Hold:
    """What holds a message, why as it is kept with it, and until when where that is known."""

    name: str
    reason: str
    until: datetime | None = None

    def again(self, now: datetime) -> Again:
        """When its job looks for itself."""
        until = LOOKS_EVERY if self.until is None else self.until - now
        return Again(min(max(until, timedelta(seconds=1)), LOOKS_EVERY), self.reason, waits_for=self.name)


def hold_of(message: Outgoing, now: datetime) -> Hold | None:
    """What holds it now."""
    if message.number_state != "connected" and (message.held_until is None or message.held_until > now):
        reason = f"number_held:{message.held_because or ''}"
        return Hold(f"number:{message.number_id}", reason, message.held_until)
    reason = WAITS.get(message.template_status or "", "")
    if reason:
        asked = message.content["template"]
        return Hold(f"template:{message.waba_id}:{asked['name']}:{asked['language']['code']}", reason)
    return None


def probe_of(message: Outgoing, hold: Hold) -> NewJob:
    """One waits for each name, whoever asks for it; it looks with the eyes of this message."""
    return NewJob(
        kind=WAKE_HELD,
        lane=Lane.HOUSEKEEPING,
        business_id=message.business_id,
        payload={"message_id": str(message.id), "name": hold.name},
        unique_key=f"held:{hold.name}",
        delay=HELD_CHECK,
        max_attempts=8,
    )


def held(message: Outgoing, hold: Hold) -> Held:
    """As it is told under the message."""
    return Held(message, hold.reason, hold.until)


async def wake_held(deps: WhatsappDeps, job: Job) -> Outcome:
    """As long as it holds, it is looked at again; then whoever waits for it goes on, each person's in their order."""
    if job.business_id is None:
        return Done()
    name = str(job.payload["name"])
    async with deps.db.tenant(job.business_id) as tx:
        found = await deps.deliveries.to_send(tx, [(job.business_id, UUID(job.payload["message_id"]))])
        hold = hold_of(found[0], deps.clock()) if found else None
        if hold is not None and hold.name == name:
            return Again(HELD_CHECK, hold.reason)
        await tx.wake(job.business_id, name)
    return Done()
