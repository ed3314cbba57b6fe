"""The command line as an operator meets it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import pytest

from rig import APP_SECRET, VERIFY_TOKEN, rig_world, serving
from wacloud.twins.graph.server import TwinServer


@pytest.fixture
async def wacloud(new_database, redis_url) -> AsyncIterator:
    """Runs `wacloud ...` against a database of its own and a twin; returns the exit code and what it printed."""
    database = new_database()
    async with serving(TwinServer(rig_world(), "127.0.0.1", 0, announce=False)) as port:

        async def run(*words: str, **env: str) -> tuple[int, str]:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "wacloud",
                *words,
                env={
                    **{k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "PYTHONPATH")},
                    "APP_ENV": "test",
                    "DATABASE_URL": database.app_dsn,
                    "REDIS_URL": redis_url,
                    "SECRET_KEYS": "a secret key for tests, long enough to be one",
                    "META_APP_SECRET": APP_SECRET,
                    "META_VERIFY_TOKEN": VERIFY_TOKEN,
                    "META_GRAPH_URL": f"http://127.0.0.1:{port}",
                    "COLUMNS": "200",
                    **env,
                },
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            printed, _ = await process.communicate()
            return process.returncode or 0, printed.decode()

        yield run


async def create(wacloud, email="marta@example.test", **more):
    return await wacloud(
        "create-business",
        "--name",
        "Marta",
        "--email",
        email,
        "--business",
        "Panadería",
        "--password",
        more.pop("password", "una clave larga"),
        **more,
    )


async def test_a_first_business_is_made_and_its_number_connected(wacloud):
    code, business_id = await create(wacloud, OWNER_PASSWORD="")
    assert (code, len(business_id.strip())) == (0, 36), business_id
    business_id = business_id.strip()
    number = ("--waba-id", "90010003", "--phone-number-id", "70010003")
    code, said = await wacloud("connect-number", "--business", business_id, *number, WHATSAPP_TOKEN="token-3")
    assert code == 0, said
    assert "+34 910 000003 (Tienda 3) is connected" in said
    # Again, as after a renewed token.
    code, said = await wacloud("connect-number", "--business", business_id, *number, WHATSAPP_TOKEN="token-3")
    assert code == 0, said
    # Somebody else's business cannot have it, and is not told whose it is.
    _, other = await create(wacloud, email="otra@example.test")
    code, said = await wacloud("connect-number", "--business", other.strip(), *number, WHATSAPP_TOKEN="token-3")
    assert code == 1
    assert "cannot be connected here" in said
    assert business_id not in said


async def test_a_token_meta_does_not_know_is_refused_in_one_line(wacloud):
    _, business_id = await create(wacloud)
    code, said = await wacloud(
        "connect-number",
        "--business",
        business_id.strip(),
        "--waba-id",
        "90010003",
        "--phone-number-id",
        "70010003",
        WHATSAPP_TOKEN="stolen",
    )
    assert code == 1
    assert said.startswith("wacloud: Meta does not accept this token")
    assert len(said.strip().splitlines()) == 1
    assert "stolen" not in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"email": "no address"}, "no e-mail address"),
        ({"password": "corta"}, "8 to 512 characters"),
    ],
)
async def test_a_business_that_cannot_be_made_leaves_nothing_behind(wacloud, change, says):
    code, said = await create(wacloud, **change)
    assert (code, says in said) == (1, True), said
    code, said = await create(wacloud)
    assert code == 0, said


async def test_the_same_address_twice_is_refused(wacloud):
    await create(wacloud)
    code, said = await create(wacloud, email="MARTA@example.test")
    assert code == 1
    assert "already" in said


async def test_lists_of_an_empty_house_say_so_without_a_trace(wacloud):
    for words in (("jobs", "list"), ("webhooks", "list"), ("jobs", "replay", "--all")):
        code, said = await wacloud(*words)
        assert code == 0, said
        assert "Traceback" not in said


async def test_a_missing_setting_is_one_clear_line(wacloud):
    code, said = await wacloud("jobs", "list", META_VERIFY_TOKEN="", SECRET_KEYS="")
    assert code == 1
    assert said.strip() == "wacloud: settings: SECRET_KEYS is not set; META_VERIFY_TOKEN is not set"


async def test_a_database_that_is_away_is_one_clear_line(wacloud):
    code, said = await wacloud("jobs", "list", DATABASE_URL="postgresql://nobody:x@127.0.0.1:1/none")
    assert code == 1
    assert said.splitlines()[-1].startswith("wacloud: the database cannot be reached"), said
    assert "Traceback" not in said


async def test_production_refuses_sample_secrets_and_twins(wacloud):
    code, said = await wacloud("jobs", "list", APP_ENV="production")
    assert code == 1
    assert "META_GRAPH_URL points to a twin" in said
    assert "BASE_URL must be https" in said
