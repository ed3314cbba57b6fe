"""Stored secrets under a new key: all of them, again and again, and none of those no key opens."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from rig import Rig
from wacloud.main.secrets_cli import AT_ONCE, SEALED, count, reseal
from wacloud.shared.infra.crypto import CannotDecrypt, SecretBox

OLD, NEW, LOST = "the old key, long enough to be one", "the new key, long enough to be one", "a key nobody has, long"


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> Any:
    from rig import open_rig  # noqa: PLC0415

    async with open_rig(own_database.app_dsn, redis_url, with_worker=False) as rig:
        yield rig


async def factor(rig: Rig, box: SecretBox, secret: str) -> Any:
    async with rig.house.db.system("test: a factor") as tx:
        [user] = await tx.rows(
            "insert into app.users (name, email) values ('Ana', %s) returning id", (f"{uuid4().hex}@example.test",)
        )
        [made] = await tx.rows(
            "insert into app.totp_factors (user_id, name, secret) values (%s, 'phone', %s) returning id",
            (user.id, box.encrypt(secret)),
        )
    return made.id


async def secret_of(rig: Rig, factor_id: Any) -> str:
    async with rig.house.db.system("test: a secret") as tx:
        [row] = await tx.rows("select secret from app.totp_factors where id = %s", (factor_id,))
    return str(row.secret)


async def test_everything_is_under_the_new_key_afterwards_and_the_old_one_may_go(rig: Rig):
    shop = await rig.shop()
    old, both, new = SecretBox([OLD]), SecretBox([NEW, OLD]), SecretBox([NEW])
    async with rig.house.db.system("test: a token under the old key") as tx:
        await tx.execute(
            "update app.phone_numbers set access_token = %s where business_id = %s",
            (old.encrypt("a token"), shop.business_id),
        )
    many = [await factor(rig, old, f"secret {n}") for n in range(AT_ONCE + 3)]
    lost = await factor(rig, SecretBox([LOST]), "lost")
    steps = [step async for step in reseal(rig.house.db, both)]
    assert sum(step.done for step in steps if step.table == "totp_factors") == len(many)
    assert sum(step.lost for step in steps if step.table == "totp_factors") == 1
    assert [new.decrypt(await secret_of(rig, one)) for one in many] == [f"secret {n}" for n in range(len(many))]
    [number] = await rig.rows(
        shop, "select access_token from app.phone_numbers where business_id = %s", (shop.business_id,)
    )
    assert new.decrypt(number.access_token) == "a token"
    with pytest.raises(CannotDecrypt):
        new.decrypt(await secret_of(rig, lost))
    assert sum([step.done async for step in reseal(rig.house.db, both)]) == 0, "a second run finds nothing to do"
    keys = {key: number for table, key, number in await count(rig.house.db) if table == "totp_factors"}
    assert keys == {both.current_mark.split(".")[1]: len(many), SecretBox([LOST]).current_mark.split(".")[1]: 1}


def test_every_column_that_is_sealed_is_named():
    migrations = Path(__file__).resolve().parents[2] / "src/wacloud/migrations"
    text = "\n".join(file.read_text() for file in migrations.glob("*.sql"))
    told = [line.strip().split()[0] for line in text.splitlines() if "encrypted" in line and " text" in line]
    assert sorted(told) == sorted(column for _, column in SEALED)
