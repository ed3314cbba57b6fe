"""The inbox in a real browser: how soon something is painted on opening it, and how soon a message is on the screen."""

import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from wacloud.bench.figures import latency
from wacloud.bench.live import Written
from wacloud.bench.members import Seat
from wacloud.bench.places import Say, Server
from wacloud.shared.ui.same_site import session_cookie

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext

BUDGET_FIRST_PAINT_MS: Final = 1000.0
_QUIET = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")
_SEEN_WITHIN_S = 3.0

_FIRST_PAINT = """
() => new Promise((done) => {
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.name === "first-contentful-paint") done(entry.startTime);
  }).observe({ type: "paint", buffered: true });
  setTimeout(() => done(null), 5000);
})
"""
# A task that is posted from within a frame runs once that frame has been drawn.
_NOTE_WHAT_IS_DRAWN = """
() => {
  window.drawn = {};
  new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => {
    const now = Date.now();
    for (const [, mark] of document.getElementById("conversations").textContent.matchAll(/ref\\.B(\\d+)/g))
      window.drawn[mark] ??= now;
  }))).observe(document.getElementById("conversations"), { childList: true, subtree: true });
}
"""


def missing() -> str:
    """Why there is nothing to look with, or nothing."""
    if _chromium() is None:
        return "no Chromium on this machine"
    try:
        import playwright.async_api  # noqa: F401, PLC0415 - a tool for development, not part of an installation
    except ImportError:
        return "Playwright is not installed"
    return ""


async def first_paints(server: Server, seat: Seat, times: int, say: Say) -> dict[str, Any]:
    """Open the inbox so many times, each in a browser window that has never seen it."""
    taken: list[float] = []
    async with _browser() as browser:
        for turn in range(times):
            say(f"opening the inbox in Chromium: {turn + 1} of {times}")
            async with _signed_in(browser, server, seat) as context:
                page = await context.new_page()
                await page.goto(f"http://127.0.0.1:{server.port}/inbox", wait_until="load")
                painted = await page.evaluate(_FIRST_PAINT)
                if painted is not None:
                    taken.append(painted / 1000)
    figures = asdict(latency(taken))
    held = figures["p50"] is not None and figures["p50"] <= BUDGET_FIRST_PAINT_MS
    return {**figures, "not_painted": times - len(taken), "budget_ms": BUDGET_FIRST_PAINT_MS, "is_held": held}


async def on_screen(server: Server, seat: Seat, write: Callable[[], Awaitable[Sequence[Written]]]) -> dict[str, Any]:
    """Look at the list while messages are written: from a moment before the commit until the frame is drawn."""
    async with _browser() as browser, _signed_in(browser, server, seat) as context:
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{server.port}/inbox?show=all", wait_until="load")
        await page.wait_for_selector("[data-live-state=on]", state="attached")
        await page.evaluate(_NOTE_WHAT_IS_DRAWN)
        written = [one for one in await write() if one.business_id == str(seat.business_id)]
        deadline = time.monotonic() + _SEEN_WITHIN_S
        while True:
            drawn: dict[str, int] = await page.evaluate("window.drawn")
            missed = [one for one in written if str(one.mark) not in drawn]
            if not missed or time.monotonic() > deadline:
                break
            await page.wait_for_timeout(100)
    waited = [drawn[str(one.mark)] / 1000 - one.at for one in written if str(one.mark) in drawn]
    return {**asdict(latency(waited)), "not_drawn": len(missed)}


def _chromium() -> str | None:
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@asynccontextmanager
async def _browser() -> "AsyncIterator[Browser]":
    from playwright.async_api import async_playwright  # noqa: PLC0415 - see `missing`

    # Chromium's sandbox is not for root.
    sandbox = () if os.geteuid() else ("--no-sandbox",)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_chromium(), args=[*_QUIET, *sandbox])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def _signed_in(browser: "Browser", server: Server, seat: Seat) -> "AsyncIterator[BrowserContext]":
    address = f"http://127.0.0.1:{server.port}"
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="es-ES")
    try:
        await context.add_cookies([{"name": session_cookie(address), "value": seat.token, "url": address}])
        yield context
    finally:
        await context.close()
