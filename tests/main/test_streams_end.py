"""Row C4 and D10 of the checklist: an open stream closes within five seconds of whatever ends its right to look."""

import asyncio
import time

import pytest

from rig import Rig, open_rig
from wacloud.modules.auth.application.disable_user import disable_user


@pytest.fixture(scope="module")
async def rig(own_database, redis_url: str):
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


@pytest.mark.parametrize(
    "way", ["signed out", "removed", "given another role", "disabled", "a second factor is demanded"]
)
async def test_a_stream_closes_within_five_seconds(rig: Rig, way: str):
    shop, other = await rig.shop(), await rig.shop()
    async with (
        rig.http.get(f"{rig.url}/live", headers=rig.bearer(shop)) as stream,
        rig.http.get(f"{rig.url}/live", headers=rig.bearer(other)) as others,
    ):
        assert (stream.status, others.status) == (200, 200)
        await stream.content.readuntil(b"\n\n")
        started = time.monotonic()
        match way:
            case "signed out":
                async with rig.http.post(f"{rig.url}/api/auth/logout", headers=rig.bearer(shop)) as answer:
                    assert answer.status == 204
            case "removed":
                async with rig.house.db.tenant(shop.business_id) as tx:
                    await tx.execute("delete from app.members where user_id = %s", (shop.user_id,))
            case "given another role":
                async with rig.house.db.tenant(shop.business_id) as tx:
                    await tx.execute("update app.members set role = 'analyst' where user_id = %s", (shop.user_id,))
            case "a second factor is demanded":
                async with rig.house.db.tenant(shop.business_id) as tx:
                    await rig.house.business.businesses.set_demand(tx, shop.business_id, True)
            case "disabled":
                await disable_user(rig.house.auth, f"{shop.user_id}@example.test")
        async with asyncio.timeout(10):
            rest = await stream.content.read()
        assert time.monotonic() - started < 5
        assert b"event: signed-out" in rest
        assert not others.content.at_eof()
