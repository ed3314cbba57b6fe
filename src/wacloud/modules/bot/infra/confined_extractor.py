"""Texts out of strangers' files, read by a process of its own that can harm nobody."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Final

from wacloud.modules.bot.application.source_ports import Extracted, NotExtracted
from wacloud.modules.bot.domain.chunking import Block

_SLOWEST_S: Final = 90.0
_LARGEST_ANSWER: Final = 16 * 1024 * 1024
_CHILD: Final = "wacloud.modules.bot.infra.extract_child"
# Two cores are no place for many readers at once.
_AT_ONCE: Final = 2


class ConfinedExtractor:
    """See `source_ports.Extractor`."""

    def __init__(self, slowest_s: float = _SLOWEST_S) -> None:
        self._slowest_s = slowest_s
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def extract(self, content_type: str, file: Path) -> Extracted:
        said = await self._ask(content_type, file)
        blocks = tuple(Block(kind, text, level) for kind, text, level in said["blocks"])
        return Extracted(said["title"], blocks, said["pages"])

    async def table(self, file: Path) -> list[list[str]]:
        rows: list[list[str]] = (await self._ask("table", file))["rows"]
        return rows

    async def _ask(self, content_type: str, file: Path) -> dict[str, Any]:
        async with self._places:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", _CHILD, content_type, str(file)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
                cwd="/",
            )
            try:
                async with asyncio.timeout(self._slowest_s):
                    assert child.stdout is not None
                    raw = b""
                    while piece := await child.stdout.read(256 * 1024):
                        raw += piece
                        if len(raw) > _LARGEST_ANSWER:
                            raise NotExtracted("too_much_text")
                    code = await child.wait()
            except TimeoutError as slow:
                raise NotExtracted("too_slow") from slow
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        if code != 0:
            # Killed by a limit of its own, or by a file no library was written for.
            raise NotExtracted("too_slow" if code < 0 else "damaged")
        said: dict[str, Any] = json.loads(raw)
        if "problem" in said:
            raise NotExtracted(said["problem"])
        return said
