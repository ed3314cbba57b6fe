"""The whole product over real servers, and people with roles in businesses."""

from collections.abc import AsyncIterator

import pytest
from business_people import People

from rig import Rig, open_rig


@pytest.fixture(scope="package")
async def rig(app_dsn: str, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(app_dsn, redis_url) as rig:
        yield rig


@pytest.fixture
def people(rig: Rig) -> People:
    return People(rig)
