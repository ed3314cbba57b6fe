"""`wacloud doctor` as an operator meets it: all is well, and each thing broken on its own."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiohttp import web

from rig import APP_SECRET, VERIFY_TOKEN, Rig, open_rig
from wacloud.main.doctor import Line, exit_code, look_at_everything
from wacloud.main.doctor_outside import look_at_address, look_at_files, look_at_mail, look_at_meta, look_at_models
from wacloud.main.doctor_store import look_at_contents, look_at_database, look_at_valkey
from wacloud.main.settings import Settings
from wacloud.shared.infra.crypto import SecretBox
from wacloud.twins.resend.server import open_twin

KEY = "a secret key for tests, long enough to be one"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    told = {"base_url": f"http://127.0.0.1:{free_port()}", "meta_app_id": "1"}
    async with open_rig(own_database.app_dsn, redis_url, settings=told) as rig:
        rig.twin.twin.world.callback_url = f"{told['base_url']}/api/webhooks/whatsapp"
        yield rig


def changed(rig: Rig, **more: Any) -> Settings:
    return rig.house.settings.model_copy(update=more)


async def seen(lines: Awaitable[Any]) -> dict[str, Line]:
    return {line.check: line for line in await lines}


async def wacloud(cwd: Path, env: dict[str, str], *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "wacloud", "doctor", *words),
        env={**{k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "PYTHONPATH")}, **env},
        cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


async def test_an_installation_that_is_well_ends_with_0_and_tells_no_secret(rig: Rig, tmp_path: Path):
    settings = rig.house.settings
    env = {
        "APP_ENV": "test",
        "BASE_URL": settings.base_url,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEYS": KEY,
        "META_APP_ID": "1",
        "META_APP_SECRET": APP_SECRET,
        "META_VERIFY_TOKEN": VERIFY_TOKEN,
        "META_GRAPH_URL": settings.meta_graph_url,
        "MEDIA_URL": (tmp_path / "media").as_uri(),
    }
    code, printed = await wacloud(tmp_path, env, "--json")
    told = json.loads(printed)
    assert [one for one in told["checks"] if one["state"] == "broken"] == []
    assert (code, told["ok"]) == (0, True)
    assert not any(secret in printed for secret in (KEY, APP_SECRET, VERIFY_TOKEN))
    code, printed = await wacloud(tmp_path, env)
    assert code == 0
    assert "ok       database" in printed


async def test_a_half_filled_env_is_told_line_by_line_and_without_a_traceback(tmp_path: Path):
    (tmp_path / ".env").write_text(
        "APP_ENV=staging\nDATABASE_URL=postgresql://wacloud_app:s3cr@t@127.0.0.1:1/x\nBASE_URL=http://localhost:1\n"
    )
    code, printed = await wacloud(tmp_path, {})
    assert code == 1
    assert "SECRET_KEYS is not set" in printed
    assert "META_VERIFY_TOKEN is not set" in printed
    assert "broken   valkey           REDIS_URL is not set" in printed
    assert "broken   database" in printed
    assert "Traceback" not in printed
    assert "s3cr" not in printed
    assert "t@127" not in printed


async def test_a_value_of_the_wrong_kind_is_told(tmp_path: Path):
    code, printed = await wacloud(tmp_path, {"DB_POOL_MAX": "many"})
    assert code == 1
    assert "DB_POOL_MAX" in printed
    assert "Traceback" not in printed


async def test_missing_migrations_are_counted(rig: Rig, own_database: Any):
    with psycopg.connect(own_database.admin_dsn, autocommit=True) as connection:
        [(version,)] = connection.execute("select max(version) from public.schema_migrations").fetchall()
        connection.execute("update public.schema_migrations set version = '0' where version = %s", [version])
    try:
        found = await seen(look_at_database(rig.house.settings))
    finally:
        with psycopg.connect(own_database.admin_dsn, autocommit=True) as connection:
            connection.execute("update public.schema_migrations set version = %s where version = '0'", [version])
    assert found["migrations"].state == "broken"
    assert version in found["migrations"].text


async def test_a_database_that_is_away_is_told_with_what_to_do(rig: Rig):
    away = changed(rig, database_url="postgresql://wacloud_app:hunter2@127.0.0.1:1/x")
    [line] = await look_at_database(away)
    assert (line.state, "hunter2" in line.text) == ("broken", False)
    assert line.fix
    assert await look_at_contents(away) == []


async def test_valkey_that_is_away_is_told(rig: Rig):
    [line] = await look_at_valkey(changed(rig, redis_url="redis://127.0.0.1:1/0"))
    assert line.state == "broken"


async def test_valkey_tells_its_version_policy_and_storage(rig: Rig):
    found = await seen(look_at_valkey(rig.house.settings))
    assert {"valkey", "valkey memory", "valkey storage"} == found.keys()


async def test_secrets_under_a_key_nobody_has_are_broken(rig: Rig):
    shop = await rig.shop()
    await rig.shop()
    lost = SecretBox(["a key nobody has, and long enough"])
    async with rig.house.db.system("test: a token under a lost key") as tx:
        await tx.execute(
            "update app.phone_numbers set access_token = %s where business_id = %s",
            (lost.encrypt("a token"), shop.business_id),
        )
    lines = [line for line in await look_at_contents(rig.house.settings) if line.check == "secrets"]
    assert [line.state for line in lines if "not among" in line.text] == ["broken"]
    older = await look_at_contents(changed(rig, secret_keys=["another key, new and long enough", KEY]))
    assert any(line.state == "warning" and "(older)" in line.text for line in older)
    async with rig.house.db.system("test: as it was") as tx:
        await tx.execute(
            "update app.phone_numbers set access_token = %s where business_id = %s",
            (SecretBox([KEY]).encrypt("a token"), shop.business_id),
        )


async def test_parked_jobs_and_silent_workers_are_told(rig: Rig):
    async with rig.house.db.system("test: a parked job, and a clock that stands") as tx:
        await tx.execute("insert into app.jobs (lane, kind, state, parked_at) values ('mail', 'x.y', 'parked', now())")
        await tx.execute("update app.schedules set next_at = now() - interval '1 hour' where every <= '1 minute'")
    found = await seen(look_at_contents(rig.house.settings))
    assert (found["parked jobs"].state, "1 were given up" in found["parked jobs"].text) == ("warning", True)
    async with rig.house.db.system("test: as it was") as tx:
        await tx.execute("delete from app.jobs where kind = 'x.y'")


async def test_an_address_out_of_reach_and_one_that_is_not_ours(rig: Rig):
    found = await seen(look_at_address(changed(rig, base_url="http://127.0.0.1:1")))
    assert (found["webhook"].state, "reached" in found["webhook"].text) == ("broken", True)
    found = await seen(look_at_address(changed(rig, meta_verify_token="another")))
    assert (found["webhook"].state, "403" in found["webhook"].text) == ("broken", True)
    found = await seen(look_at_address(changed(rig, app_env="production")))
    assert found["address"].state == "broken"


async def test_metas_side_of_the_app(rig: Rig):
    world = rig.twin.twin.world
    found = await seen(look_at_meta(rig.house.settings))
    assert (found["meta app"].state, found["meta fields"].state) == ("ok", "ok")
    fields, world.app_fields = world.app_fields, ["account_update"]
    assert (await seen(look_at_meta(rig.house.settings)))["meta fields"].state == "broken"
    world.app_fields = ["messages"]
    assert (await seen(look_at_meta(rig.house.settings)))["meta fields"].state == "warning"
    world.app_fields = fields
    place, world.callback_url = world.callback_url, "https://elsewhere.test/hook"
    found = await seen(look_at_meta(rig.house.settings))
    assert (found["meta app"].state, "elsewhere.test" in found["meta app"].text) == ("broken", True)
    world.callback_url = place
    assert (await seen(look_at_meta(changed(rig, meta_app_secret=["wrong"]))))["meta app"].state == "broken"
    assert (await seen(look_at_meta(changed(rig, meta_app_id=""))))["meta app"].state == "warning"
    assert (await seen(look_at_meta(changed(rig, meta_graph_url="http://127.0.0.1:1"))))["meta app"].state == "broken"


@pytest.mark.parametrize(
    ("version", "state"), [("v17.0", "broken"), ("v20.0", "broken"), ("v26.0", "ok"), ("v31.0", "ok")]
)
async def test_a_version_that_meta_has_removed(rig: Rig, version: str, state: str):
    assert (await seen(look_at_meta(changed(rig, meta_graph_version=version))))["graph version"].state == state


async def test_resend_knows_the_key_and_the_domain(rig: Rig):
    async with open_twin(key="re_right") as twin:

        async def mail(key: str, sender: str) -> Line:
            told = {"resend_api_key": key, "resend_api_url": twin.url, "mail_from": sender}
            [line] = await look_at_mail(changed(rig, **told))
            return line

        assert (await mail("re_right", "Shop <hi@mail.example.com>")).state == "ok"
        assert "does not accept" in (await mail("re_wrong", "hi@mail.example.com")).text
        assert "does not know the domain" in (await mail("re_right", "hi@other.example.com")).text
        twin.state.domains["mail.example.com"] = "pending"
        assert (await mail("re_right", "hi@mail.example.com")).state == "broken"


async def test_a_mail_server_that_is_away_and_no_mail_at_all(rig: Rig):
    [line] = await look_at_mail(changed(rig, smtp_url="smtp://localhost:1?security=none", mail_from="a@b.test"))
    assert line.state == "broken"
    [line] = await look_at_mail(changed(rig, app_env="production"))
    assert line.state == "warning"


@asynccontextmanager
async def models(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/models", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def states(lines: Sequence[Line]) -> list[str]:
    """Of what was asked; how keys of this number fared in the house's own worker is told beside it."""
    return [line.state for line in lines if " rests in " not in str(line)]


async def test_each_key_of_the_model_is_tried(rig: Rig):
    async def answer(request: web.Request) -> web.Response:
        if request.headers["authorization"] != "Bearer sk-good":
            return web.json_response({"error": {}}, status=401)
        return web.json_response({"data": [{"id": "gpt-6-luna"}]})

    async with models(answer) as url:
        lines = await look_at_models(changed(rig, openai_api_keys=["sk-good", "sk-bad"], openai_base_url=url))
        assert states(lines) == ["ok", "broken"]
        assert "sk-" not in str(lines)
        told = {"openai_api_keys": ["sk-good"], "openai_base_url": url, "openai_model": "gpt-none"}
        assert states(await look_at_models(changed(rig, **told))) == ["warning"]


async def test_a_folder_that_cannot_be_written(rig: Rig, tmp_path: Path):
    (tmp_path / "file").write_text("")
    found = await seen(look_at_files(changed(rig, media_url=(tmp_path / "file" / "media").as_uri())))
    assert found["files"].state == "broken"


async def test_what_takes_too_long_or_fails_is_a_line_and_no_more(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wacloud.main.doctor.ONE_S", 0.05)

    async def never(_: Settings) -> list[Line]:
        await asyncio.sleep(60)
        return []

    async def fails(_: Settings) -> list[Line]:
        raise RuntimeError("postgresql://wacloud_app:hunter2@host/x")

    lines = await look_at_everything(rig.house.settings, [("slow", never), ("odd", fails)])
    assert [line.state for line in lines] == ["broken", "broken"]
    assert "hunter2" not in str(lines)
    assert exit_code(lines) == 1
