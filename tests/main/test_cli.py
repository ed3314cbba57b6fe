"""The command line as an operator meets it."""

import asyncio
import os
import socket
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


async def test_a_person_is_kept_out_and_let_in_again(wacloud):
    await create(wacloud)
    code, said = await wacloud("disable-user", "Marta@example.test")
    assert (code, "signed out everywhere" in said) == (0, True), said
    code, said = await wacloud("users", "list")
    [row] = [line for line in said.splitlines() if "marta@example.test" in line]
    assert (code, row.count(":")) == (0, 1), "the time they were disabled at"
    code, said = await wacloud("enable-user", "marta@example.test")
    assert (code, "may sign in again" in said) == (0, True), said
    assert ":" not in next(line for line in (await wacloud("users", "list"))[1].splitlines() if "marta@" in line)
    code, said = await wacloud("disable-user", "nobody@example.test")
    assert (code, said.strip()) == (1, "wacloud: Nobody has this address.")


async def test_lists_of_an_empty_house_say_so_without_a_trace(wacloud):
    for words in (("jobs", "list"), ("webhooks", "list"), ("jobs", "replay", "--all")):
        code, said = await wacloud(*words)
        assert code == 0, said
        assert len(said.strip().splitlines()) == 1
    assert said.strip() == "0 jobs are queued again"


async def test_a_missing_setting_is_one_clear_line(wacloud):
    code, said = await wacloud("jobs", "list", META_VERIFY_TOKEN="", SECRET_KEYS="")
    assert code == 1
    assert said.strip() == "wacloud: settings: SECRET_KEYS is not set; META_VERIFY_TOKEN is not set"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://nobody:s3cret@127.0.0.1:1/none", "Connection refused"),
        ("postgresql//nobody:s3cret@127.0.0.1/none", "DATABASE_URL is none"),
    ],
)
async def test_a_database_that_is_away_is_one_clear_line(wacloud, url, says):
    code, said = await wacloud("jobs", "list", DATABASE_URL=url)
    assert code == 1
    [line] = said.strip().splitlines()
    assert line.startswith("wacloud: the database cannot be reached: ")
    assert says in line
    assert "s3cret" not in line


async def test_production_refuses_sample_secrets_and_twins(wacloud):
    code, said = await wacloud("jobs", "list", APP_ENV="production")
    assert code == 1
    assert "META_GRAPH_URL points to a twin" in said
    assert "BASE_URL is not set" in said
    _, said = await wacloud("jobs", "list", APP_ENV="production", BASE_URL="http://shop.example")
    assert "BASE_URL must be https" in said


async def test_a_setting_that_cannot_be_read_is_named(wacloud):
    code, said = await wacloud("jobs", "list", DB_POOL_MIN="many", META_GRAPH_VERSION="latest")
    assert code == 1
    [line] = said.strip().splitlines()
    assert "DB_POOL_MIN: Input should be a valid integer" in line
    assert "META_GRAPH_VERSION" in line


async def test_a_named_file_of_settings_wins_over_the_environment(wacloud, tmp_path):
    file = tmp_path / "other.env"
    file.write_text("META_VERIFY_TOKEN=''\nSECRET_KEYS='a secret key of its own, and it\\'s long enough'\n")
    code, said = await wacloud("--env-file", str(file), "jobs", "list")
    assert (code, said.strip()) == (1, "wacloud: settings: META_VERIFY_TOKEN is not set")
    code, said = await wacloud("--env-file", str(tmp_path / "none.env"), "jobs", "list")
    assert code == 1
    assert said.strip() == f"wacloud: settings: {tmp_path}/none.env cannot be read: No such file or directory"


@pytest.mark.parametrize("url", ["nonsense", "postgresql//owner:s3cret@host/db", "postgresql://owner:x@127.0.0.1:1/db"])
async def test_a_schema_that_cannot_be_reached_is_one_clear_line(wacloud, url):
    code, said = await wacloud("migrate", "--url", url)
    assert code == 1
    assert said.startswith("wacloud: The "), said
    assert len(said.strip().splitlines()) == 1
    assert "s3cret" not in said


async def test_a_language_there_is_not_is_refused_with_those_there_are(wacloud):
    code, said = await wacloud("create-business", "--language", "xx")
    assert code == 2
    assert "'es', 'en'" in said
    assert "Traceback" not in said


async def test_a_number_for_a_business_that_is_not_there_is_refused_before_meta_is_asked(wacloud):
    nobody = "00000000-0000-4000-8000-000000000000"
    number = ("--waba-id", "90010003", "--phone-number-id", "70010003")
    code, said = await wacloud("connect-number", "--business", nobody, *number, WHATSAPP_TOKEN="wrong")
    assert (code, said.strip()) == (1, "wacloud: There is no such business.")


@pytest.mark.parametrize(("what", "why"), [("job", "is not parked"), ("webhook", "is not there, or waits already")])
async def test_what_cannot_be_replayed_is_named(wacloud, what, why):
    code, said = await wacloud(f"{what}s", "replay", "999", "1000")
    assert code == 1
    assert f"wacloud: {what} 999 {why}; {what} 1000 {why}" in said
    for every in ("--all", "--failed"):
        code, said = await wacloud(f"{what}s", "replay", every)
        assert (code, said.strip()) == (0, f"0 {what}s are queued again")


async def test_a_busy_port_is_one_clear_line_and_the_server_never_says_it_started(wacloud):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        code, said = await wacloud("serve", "--port", str(port))
    assert code == 1
    assert said.startswith(f"wacloud: Port {port} is in use by another program. Choose another, for example --port ")
    assert len(said.strip().splitlines()) == 1


async def test_an_address_of_another_machine_is_one_clear_line(wacloud):
    code, said = await wacloud("serve", "--host", "192.0.2.1")
    assert code == 1
    assert said.startswith("wacloud: Nobody can listen on 192.0.2.1, port 8000: ")
    assert len(said.strip().splitlines()) == 1
