"""People over the real wiring."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from people import People

from rig import open_rig


@pytest.fixture(scope="module")
async def people(own_database: Any, redis_url: str) -> AsyncIterator[People]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield People(rig)
