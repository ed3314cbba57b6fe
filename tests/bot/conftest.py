"""A database and a business for each test of the bot's own parts; makes the helpers beside the tests importable."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from bot_builders import new_business

from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.infra.postgres import PostgresDatabase, make_pool


@pytest.fixture(scope="module")
async def db(app_dsn: str) -> AsyncIterator[PostgresDatabase]:
    pool = make_pool(app_dsn, smallest=1, largest=4)
    await pool.open()
    yield PostgresDatabase(pool)
    await pool.close()


@pytest.fixture
async def business_id(db: PostgresDatabase) -> BusinessId:
    return await new_business(db)
