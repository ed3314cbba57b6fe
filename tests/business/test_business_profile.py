"""A business's profile is read by its own workers and members, and by nobody else."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from wacloud.main.wiring import wire_business
from wacloud.modules.business.api import BusinessDeps, BusinessNotFound, business_profile, find_membership
from wacloud.modules.user.api import UserDeps
from wacloud.modules.user.infra.users import PostgresUserReader, PostgresUsers
from wacloud.shared.infra.postgres import PostgresDatabase, make_pool


@pytest.fixture
async def deps(app_dsn: str) -> AsyncIterator[BusinessDeps]:
    pool = make_pool(app_dsn, smallest=1, largest=2)
    await pool.open()
    db = PostgresDatabase(pool)
    yield wire_business(db, UserDeps(db, PostgresUsers(), PostgresUserReader(db)))
    await pool.close()


async def _business(deps: BusinessDeps, name: str):
    user_id, business_id = uuid4(), uuid4()
    async with deps.db.system("a test makes a business") as tx:
        await tx.execute(
            "insert into app.users (id, name, email) values (%s, 'Ana', %s)", (user_id, f"{user_id}@example.com")
        )
        await tx.execute(
            'insert into app.businesses (id, owner_id, name, profile) values (%s, %s, %s, \'{"city": "Soria"}\')',
            (business_id, user_id, name),
        )
        await tx.execute("insert into app.members values (%s, %s, 'owner')", (business_id, user_id))
    return user_id, business_id


async def test_a_worker_reads_the_profile_of_the_business_it_works_for(deps: BusinessDeps) -> None:
    _, business_id = await _business(deps, "Zapatería Duero")
    async with deps.db.tenant(business_id) as tx:
        profile = await business_profile(deps, tx, business_id)
    assert (profile.name, profile.time_zone, profile.profile) == ("Zapatería Duero", "Europe/Madrid", {"city": "Soria"})


async def test_nobody_reads_the_profile_of_another_business(deps: BusinessDeps) -> None:
    (ours, our_business), (_, their_business) = await _business(deps, "Una"), await _business(deps, "Otra")
    async with deps.db.tenant(our_business) as tx:
        with pytest.raises(BusinessNotFound):
            await business_profile(deps, tx, their_business)
    async with deps.db.member(ours) as tx:
        with pytest.raises(BusinessNotFound):
            await business_profile(deps, tx, their_business)
        assert await find_membership(deps, tx, ours, their_business) is None
        mine = await find_membership(deps, tx, ours, our_business)
    assert mine is not None
    assert mine.role == "owner"
    assert [one.business_id for one in await deps.reader.mine(ours)] == [our_business]
