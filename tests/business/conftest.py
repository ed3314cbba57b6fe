"""The whole product over real servers, and people with roles in businesses."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from business_people import People

from rig import Rig, open_rig


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    """On a database of its own: two rigs on one would work off each other's webhooks and jobs."""
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


@pytest.fixture
def people(rig: Rig) -> People:
    return People(rig)
