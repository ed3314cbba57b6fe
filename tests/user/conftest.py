"""People over the real wiring."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from people import People

from rig import open_rig


@pytest.fixture(scope="package")
async def people(app_dsn: str, redis_url: str) -> AsyncIterator[People]:
    async with open_rig(app_dsn, redis_url) as rig:
        yield People(rig)
