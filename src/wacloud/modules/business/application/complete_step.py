"""Onboarding: steps that are done, steps that are skipped."""

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.record_audit import record_audit
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.domain.onboarding import OnboardingStep, Step, StepState
from wacloud.modules.business.events import OnboardingStepCompleted
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


async def complete_step(deps: BusinessDeps, tx: Tx, business_id: BusinessId, step: Step) -> None:
    """For whoever knows that it is done, in the same transaction. What is done already is not announced again."""
    if await deps.steps.move(tx, business_id, step, "done"):
        tx.publish(OnboardingStepCompleted(business_id=business_id, step=step))


async def move_step(
    deps: BusinessDeps, actor: UserId, business_id: BusinessId, step: Step, state: StepState, caller: Caller
) -> tuple[OnboardingStep, ...]:
    """
    Somebody says it is done, skips it, or takes that back; returns all the steps.

    :raises StepIsDone: what is done stays done.
    :raises StepIsAFact: this one is done by doing it.
    :raises StepNotSkippable: without this one there is nothing.
    :raises NotAllowed: the actor does not look after this business (any more).
    :raises BusinessClosing: it is about to be deleted.
    """
    async with deps.db.tenant(business_id) as tx:
        team = await deps.members.lock(tx, business_id)
        team.check_open()
        team.check_manager(actor)
        now = next(one for one in await deps.steps.all(tx, business_id) if one.step == step)
        now.check_move(state)
        if now.state != state:
            if state == "done":
                await complete_step(deps, tx, business_id, step)
            else:
                await deps.steps.move(tx, business_id, step, state)
            moved = AuditEntry(
                action="business.onboarding_moved",
                actor_id=actor,
                business_id=business_id,
                detail={"step": step, "state": state},
            )
            await record_audit(deps, tx, moved, caller=caller)
        return await deps.steps.all(tx, business_id)
