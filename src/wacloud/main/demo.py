"""
Everything at once on this machine: `bin/demo [--port N] [--data DIR] [--check]`.

PostgreSQL and Valkey from Python packages, Meta's twin, a seeded business, serve and worker: the programs and
the path of production, under one supervisor.
"""

import argparse
import contextlib
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from wacloud.main.check import CHECK_HELP, call, check_demo
from wacloud.main.child import CannotStart, Child, answers, free_port, is_free
from wacloud.main.demo_folder import DemoFolder, DemoKeys, RunningDemo
from wacloud.main.embedded import APP, EmbeddedPostgres, EmbeddedValkey
from wacloud.main.seed_data.templates import TEMPLATES
from wacloud.main.supervisor import Supervisor, interruptible
from wacloud.shared.infra.migrations import CannotMigrate, migrate

DEFAULT_PORT = 8000
CHECKOUT = Path(__file__).resolve().parents[3]
DEFAULT_FOLDER = (CHECKOUT if (CHECKOUT / "pyproject.toml").is_file() else Path.cwd()) / ".data" / "demo"
CHECK_WAITS = 60.0
# What the commands need to act on a running demo.
SETTINGS = (
    "APP_ENV",
    "BASE_URL",
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEYS",
    "META_GRAPH_URL",
    "META_APP_ID",
    "META_ES_CONFIG_ID",
    "META_APP_SECRET",
    "META_VERIFY_TOKEN",
    "MEDIA_URL",
)
# Without the working folder on the path: what lies in the demo's folder is data.
_PYTHON = (sys.executable, "-P", "-m")


def run_demo(
    port: int | None = None,
    data_dir: str | Path = DEFAULT_FOLDER,
    check: bool = False,
    model_twin: bool = False,
) -> int:
    """
    Run the demo until Ctrl-C, or check it once; return the exit code. `model_twin`: with OpenAI's twin as the model.

    A check uses the demo that already runs on the folder, and starts one of its own where none does.
    """
    try:
        with interruptible():
            folder = DemoFolder(Path(data_dir))
            if check and folder.is_locked():
                return check_demo(_wait_until_ready(folder))
            # Without a wish, a check is content with any port.
            wanted = port if port is not None else free_port(DEFAULT_PORT) if check else DEFAULT_PORT
            with folder.locked():
                return _Demo(folder, wanted, model_twin=model_twin).run(check)
    except (CannotStart, CannotMigrate) as problem:
        print(f"\nThe demo stopped: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130 if check else 0


class _Demo:
    def __init__(self, folder: DemoFolder, port: int, *, model_twin: bool = False) -> None:
        # Whoever names a model means that one.
        self._model_twin = model_twin and not (os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_KEYS"))
        self._folder = folder
        self._port = port
        self._base_url = f"http://127.0.0.1:{port}"
        self._keys = folder.keys()
        self._supervisor = Supervisor(folder.logs, lambda line: print(f"  {line}", flush=True))

    def run(self, check: bool) -> int:
        if not is_free(self._port):
            other = free_port(self._port + 1)
            raise CannotStart(
                f"Port {self._port} is in use by another program. Choose another, for example --port {other}."
            )
        self._folder.withdraw()
        started = time.monotonic()
        print("wacloud demo", flush=True)
        try:
            demo = self._start()
            self._folder.announce(demo)
            print(f"  ready in {time.monotonic() - started:.1f} s", flush=True)
            if check:
                return check_demo(demo)
            self._welcome(demo)
            self._supervisor.watch()
        finally:
            self._folder.withdraw()
            print("\nStopping ...", end=" ", flush=True)
            self._supervisor.stop()
            print("stopped.", flush=True)

    def _start(self) -> RunningDemo:
        keys, folder = self._keys, self._folder
        with _step("PostgreSQL"):
            postgres = EmbeddedPostgres(folder.path, superuser_password=keys.superuser_password)
            self._supervisor.start(postgres.child)
            owner_dsn = postgres.create_database(keys.owner_password)
        if folder.path not in postgres.data.parents:
            print(f"    its data is in {postgres.data}: the account it runs under cannot enter {folder.path}")
        with _step("Valkey"):
            valkey = EmbeddedValkey(folder.path, password=keys.valkey_password)
            self._supervisor.start(valkey.child)
        with _step("Migrations"):
            migrate(owner_dsn, app_password=keys.app_password)
        env = self._environment(postgres.dsn(APP, keys.app_password), valkey.url)
        with _step("Seed"):
            seeded = self._seed(env)
        if not os.environ.get("META_GRAPH_URL"):
            with _step("Meta's twin"):
                self._start_twin(seeded, int(env["META_GRAPH_URL"].rpartition(":")[2]))
        if not _names_mail_service():
            with _step("Resend's twin"):
                self._start_resend_twin(env)
        if self._model_twin:
            with _step("OpenAI's twin"):
                self._start_model_twin(env)
        with _step("Serve, worker"):
            ready = f"{self._base_url}/readyz"
            self._supervisor.start(
                self._wacloud("worker", env, ready_line="worker ready"),
                self._wacloud("serve", env, "--port", str(self._port), is_ready=lambda: _says_ok(ready)),
            )
        self._supervisor.look()
        folder.write_settings(for_commands(env, model_twin=self._model_twin))
        return RunningDemo(
            base_url=self._base_url,
            graph_url=env["META_GRAPH_URL"],
            email=seeded["email"],
            password=seeded["password"],
            business_id=seeded["business_id"],
            waba_id=seeded["waba_id"],
            phone_number_id=seeded["phone_number_id"],
            app_secret=env["META_APP_SECRET"].partition(",")[0].strip(),
            verify_token=env["META_VERIFY_TOKEN"],
        )

    def _environment(self, database_url: str, redis_url: str) -> dict[str, str]:
        """
        What seed, serve and worker run with.

        A vendor the caller names is used as named, with the caller's keys; everything else is the demo's own.
        """
        keys = self._keys
        databases = ("PG", "DATABASE_", "DB_", "REDIS_")
        callers = {name: value for name, value in os.environ.items() if not name.startswith(databases)}
        metas = {
            "META_GRAPH_URL": f"http://127.0.0.1:{free_port()}",
            "META_APP_ID": keys.app_id,
            "META_APP_SECRET": keys.app_secret,
            "META_VERIFY_TOKEN": keys.verify_token,
        }
        if callers.get("META_GRAPH_URL"):
            metas = {name: callers.get(name) or value for name, value in metas.items()}
        if not _names_mail_service():
            # A key in the caller's shell sends nothing from here: only an address says that mails shall go out.
            callers |= {
                "RESEND_API_URL": f"http://127.0.0.1:{free_port()}",
                "RESEND_API_KEY": keys.resend_key,
                "RESEND_WEBHOOK_SECRET": keys.resend_webhook_secret,
            }
        if self._model_twin:
            url = f"http://127.0.0.1:{free_port()}/v1"
            callers |= {"OPENAI_BASE_URL": url, "OPENAI_API": "responses", "OPENAI_OWN_KEY_URL": url}
        # Facebook's dialog is the twin's own window, unless Meta is somebody else.
        metas["META_ES_CONFIG_ID"] = callers.get("META_ES_CONFIG_ID", "" if callers.get("META_GRAPH_URL") else "1")
        return {
            "MAIL_FROM": "WhatsApp Cloud Landing <no-reply@mail.example.com>",
            **callers,
            **metas,
            "APP_ENV": "demo",
            "BASE_URL": self._base_url,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SECRET_KEYS": keys.secret_key,
            "MEDIA_URL": (self._folder.path / "media").as_uri(),
            "PYTHONUNBUFFERED": "1",
        }

    def _seed(self, env: Mapping[str, str]) -> dict[str, Any]:
        # Not an argument: those are for every eye on the machine.
        env = {**env, "DEMO_PASSWORD": self._keys.login_password}
        argv = [*_PYTHON, "wacloud", "seed", "--json"]
        printed = self._supervisor.run("seed", argv, env, self._folder.path)
        try:
            seeded = json.loads(printed.strip().splitlines()[-1])
            # No password is told where the people had theirs before: the one given when they were made.
            told = {name: value for name, value in seeded.items() if value is not None}
            return {"password": self._keys.login_password, **told}
        except (ValueError, IndexError, AttributeError):
            raise CannotStart(f"seed printed no JSON but: {printed[-300:]!r}") from None

    def _start_twin(self, seeded: Mapping[str, Any], port: int) -> None:
        self._folder.write_world(world_of(self._keys, seeded, f"{self._base_url}/api/webhooks/whatsapp"))
        self._supervisor.start(
            Child(
                name="graph-twin",
                argv=[
                    *_PYTHON,
                    "wacloud.twins.graph",
                    "--port",
                    str(port),
                    "--world",
                    str(self._folder.world),
                    "--keep",
                    str(self._folder.phones),
                ],
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                is_ready=lambda: answers(port),
            )
        )

    def _start_resend_twin(self, env: Mapping[str, str]) -> None:
        port = int(env["RESEND_API_URL"].rpartition(":")[2])
        hook = f"{self._base_url}/api/webhooks/resend"
        argv = [*_PYTHON, "wacloud.twins.resend", "--port", str(port), "--webhook-url", hook]
        # Key and secret come by the environment: arguments are for every eye on the machine.
        self._supervisor.start(Child(name="resend-twin", argv=argv, env=env, is_ready=lambda: answers(port)))

    def _start_model_twin(self, env: Mapping[str, str]) -> None:
        port = int(env["OPENAI_BASE_URL"].rpartition(":")[2].partition("/")[0])
        argv = [*_PYTHON, "wacloud.twins.openai", "--port", str(port)]
        self._supervisor.start(Child(name="openai-twin", argv=argv, env=env, is_ready=lambda: answers(port)))

    def _wacloud(
        self,
        name: str,
        env: Mapping[str, str],
        *more: str,
        is_ready: Callable[[], bool] = lambda: True,
        ready_line: str = "",
    ) -> Child:
        argv = [*_PYTHON, "wacloud", name, *more]
        # In the demo's folder, so that the `.env` of a real installation is not read by accident.
        folder = self._folder.path
        return Child(name=name, argv=argv, env=env, cwd=folder, is_ready=is_ready, ready_line=ready_line)

    def _welcome(self, demo: RunningDemo) -> None:
        program = "wacloud" if not (CHECKOUT / "bin" / "wacloud").is_file() else "bin/wacloud"
        phone = "" if os.environ.get("META_GRAPH_URL") else f"\n  Phone     {demo.base_url}/simulator"
        print(
            f"""
  Page      {demo.base_url}/{phone}
  Mails     {demo.base_url}/dev/mails
  Log in    {demo.email}   {demo.password}
  Data      {self._folder.path}   (logs in logs/)
  Commands  {program} --env-file {shlex.quote(str(self._folder.path / "demo.env"))} jobs list

  Ctrl-C stops everything.
""",
            flush=True,
        )


def for_commands(env: Mapping[str, str], *, model_twin: bool = False) -> dict[str, str]:
    """What `demo.env` tells the commands: with a model's twin, the twin too, and never a key of the caller's."""
    told = {name: env[name] for name in SETTINGS}
    if model_twin:
        told |= {"OPENAI_API_KEYS": ""} | {name: value for name, value in env.items() if name.startswith("OPENAI_")}
    return told


def world_of(keys: DemoKeys, seeded: Mapping[str, Any], callback_url: str) -> dict[str, object]:
    """The twin's world: the seeded business and its number, and where webhooks go."""
    number = {
        "phone_number_id": seeded["phone_number_id"],
        "display_phone_number": seeded["display_phone_number"],
        "verified_name": seeded["verified_name"],
        "pin": keys.number_pin,
        "throughput": 80,
    }
    waba = {
        "waba_id": seeded["waba_id"],
        "name": seeded["verified_name"],
        "access_token": seeded["access_token"],
        "numbers": [number],
        "templates": TEMPLATES,
    }
    return {
        "app_id": keys.app_id,
        "app_secret": keys.app_secret,
        "verify_token": keys.verify_token,
        "callback_url": callback_url,
        "wabas": [waba],
        "customers": list(seeded.get("customers", ())),
        "history": list(seeded.get("history", ())),
        "defaults": {"template_review_ms": 3000},
    }


def _names_mail_service() -> bool:
    return bool(os.environ.get("RESEND_API_URL") or os.environ.get("SMTP_URL"))


@contextlib.contextmanager
def _step(name: str) -> Iterator[None]:
    started = time.monotonic()
    print(f"  {name:<14}", end="", flush=True)
    yield
    print(f"{time.monotonic() - started:5.1f} s", flush=True)


def _says_ok(url: str) -> bool:
    return call(url, timeout=2.0).status == 200


def _wait_until_ready(folder: DemoFolder) -> RunningDemo:
    deadline = time.monotonic() + CHECK_WAITS
    while not (demo := folder.running()):
        if not folder.is_locked() or time.monotonic() > deadline:
            raise CannotStart(f"The demo on {folder.path} did not become ready.")
        time.sleep(0.2)
    return demo


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/demo", description="The whole product on this machine.")
    parser.add_argument("--port", type=int, help=f"port of the pages (default {DEFAULT_PORT})")
    parser.add_argument(
        "--data", default=DEFAULT_FOLDER, help="folder for all data (default .data/demo of the project)"
    )
    parser.add_argument("--check", action="store_true", help=CHECK_HELP)
    parser.add_argument("--model-twin", action="store_true", help="answer with a language model that is played here")
    options = parser.parse_args()
    if options.port is not None and not 1 <= options.port <= 65535:
        parser.error("--port lies between 1 and 65535")
    return run_demo(options.port, options.data, options.check, options.model_twin)


if __name__ == "__main__":
    sys.exit(main())
