"""One running installation for the tests of this folder."""

from collections.abc import AsyncIterator

import pytest

from rig import Rig, ScriptedModel, open_rig


@pytest.fixture(scope="session")
async def rig(app_dsn: str, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(app_dsn, redis_url, model=ScriptedModel()) as rig:
        yield rig
