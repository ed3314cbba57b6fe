"""The table of onboarding steps."""

from collections.abc import Sequence

from wacloud.modules.business.domain.onboarding import STEPS, OnboardingStep, Step, StepState
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


class PostgresOnboardingSteps:
    """See `ports.OnboardingSteps`."""

    async def begin(self, tx: Tx, business_id: BusinessId) -> None:
        await tx.execute(
            "insert into app.onboarding_steps (business_id, step) select %s, unnest(%s::text[]) on conflict do nothing",
            (business_id, list(STEPS)),
        )

    async def all(self, tx: Tx, business_id: BusinessId) -> tuple[OnboardingStep, ...]:
        rows = await tx.rows("select step, state, at from app.onboarding_steps where business_id = %s", (business_id,))
        known = {row.step: OnboardingStep(row.step, row.state, row.at) for row in rows}
        return tuple(known.get(step, OnboardingStep(step)) for step in STEPS)

    async def move(self, tx: Tx, business_id: BusinessId, step: Step, state: StepState) -> bool:
        touched = await tx.execute(
            """
            insert into app.onboarding_steps as o (business_id, step, state, at)
            values (%(business)s, %(step)s, %(state)s, case when %(state)s = 'pending' then null else now() end)
            on conflict (business_id, step) do update set state = excluded.state, at = excluded.at
            where o.state <> 'done' and o.state <> excluded.state
            """,
            {"business": business_id, "step": step, "state": state},
        )
        return touched > 0

    async def waiting(self, tx: Tx, step: Step) -> Sequence[BusinessId]:
        rows = await tx.rows(
            "select business_id from app.onboarding_steps where step = %s and state = 'pending' limit 1000", (step,)
        )
        return [row.business_id for row in rows]
