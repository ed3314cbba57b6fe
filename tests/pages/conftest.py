"""The pages of a frozen shop, and a Chromium to look at them with."""

import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

sys.path.insert(0, str(Path(__file__).parent))

from frozen_shop import FrozenInbox, a_shop
from page_rig import Rig, build_rig, stand_in_for_use_cases

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture
def inbox() -> FrozenInbox:
    return a_shop()


@pytest.fixture
def rig(inbox: FrozenInbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    made = build_rig(inbox)
    stand_in_for_use_cases(made, monkeypatch.setattr)
    made.start()
    yield made
    made.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("REQUIRE_BROWSER=1, but there is no Chromium on this machine")
        pytest.skip("no Chromium on this machine")
    # A machine with much to do shows things late; a test fails for what it sees, not for when.
    expect.set_options(timeout=20_000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        await browser.close()
