"""/dev/mails: read by whoever sits at a demo or a development machine, and nowhere else."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from post_office import BASE, Post
from structlog.testing import capture_logs

from rig import Rig, open_rig
from wacloud.main.mail import mail_shelf, mail_transport
from wacloud.main.settings import AppEnv, Settings
from wacloud.main.web import make_app
from wacloud.main.wiring import House
from wacloud.modules.notification.api import Mail, queue_mail
from wacloud.modules.notification.infra.local_outbox import NoTransport


async def get(rig: Rig, path: str) -> tuple[int, Mapping[str, str], str]:
    async with rig.http.get(f"{rig.url}{path}") as answer:
        return answer.status, answer.headers, await answer.text()


async def test_what_resends_twin_took_is_read_without_signing_in(post: Post, link: str):
    to = post.address()
    await post.queue(to, "verify_email", values={"link": link, "code": "998877"})
    row = await post.becomes(to, "sent", "delivered")
    status, headers, page = await get(post.rig, "/dev/mails")
    assert status == 200
    assert to in page
    status, headers, page = await get(post.rig, f"/dev/mails/{row.provider_id}")
    assert link in page
    assert headers["cache-control"] == "no-store"
    assert "sandbox=" in page
    status, headers, mail = await get(post.rig, f"/dev/mails/{row.provider_id}/html")
    assert "998877" in mail
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "sandbox" in policy
    assert "script" not in policy
    for nothing in ("/dev/mails/nothing", "/dev/mails/..%2f..%2fhealthz", "/dev/mails/nothing/html"):
        status, _, _ = await get(post.rig, nothing)
        assert status == 404


async def test_without_any_service_mails_lie_on_the_shelf(new_database: Callable[[], Any], redis_url: str):
    async with open_rig(new_database().app_dsn, redis_url) as rig:
        deps = rig.house.notification
        to = "shelf@example.test"
        async with deps.db.system("test: queue a mail") as tx:
            values = {"link": f"{BASE}/reset?token=of-the-shelf"}
            await queue_mail(deps, tx, Mail(to=to, template="reset_password", language="en", values=values))
        post = Post(rig, None)  # type: ignore[arg-type]
        row = await post.becomes(to, "sent")
        status, _, page = await get(rig, f"/dev/mails/{row.id}")
        assert status == 200
        assert "of-the-shelf" in page
        assert "Choose a new password" in page


async def test_production_has_no_such_page(post: Post):
    house = replace(post.rig.house, mail_shelf=None)
    assert isinstance(house, House)
    paths = {getattr(route, "path", "") for route in make_app(house).routes}
    assert not [path for path in paths if path.startswith("/dev")]


@pytest.mark.parametrize("env", [AppEnv.PRODUCTION, AppEnv.STAGING])
def test_production_has_no_shelf_and_warns_without_a_service(env: AppEnv):
    settings = Settings(_env_file=None, app_env=env)
    with capture_logs() as lines:
        transport = mail_transport(settings, None, None, None)  # type: ignore[arg-type]
    assert isinstance(transport, NoTransport)
    assert mail_shelf(settings, None, None) is None  # type: ignore[arg-type]
    assert "sign up" in json.dumps(lines)
