"""An installation whose mails go to Resend's twin."""

import secrets
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from post_office import BASE, KEY, SECRET, SENDER, Post

from rig import open_rig
from wacloud.modules.notification.infra.resend import Pace, ResendTransport
from wacloud.twins.resend.server import open_twin


@pytest.fixture(scope="module")
async def post(own_database: Any, redis_url: str) -> AsyncIterator[Post]:
    # A database of its own: workers of other installations would take these mails and send them elsewhere.
    settings = {
        "resend_api_key": KEY,
        "mail_from": SENDER,
        "resend_webhook_secret": [SECRET],
    }
    async with open_twin(key=KEY, webhook_secret=SECRET) as twin:
        twin.state.limit = 10_000
        settings["resend_api_url"] = twin.url
        async with open_rig(own_database.app_dsn, redis_url, settings=settings) as rig:
            transport = rig.house.notification.transport
            assert isinstance(transport, ResendTransport)
            transport._pace = Pace(10_000)
            twin.state.webhook_url = f"{rig.url}/api/webhooks/resend"
            yield Post(rig, twin)


@pytest.fixture
def link() -> str:
    return f"{BASE}/verify-email?token={secrets.token_urlsafe(24)}"
