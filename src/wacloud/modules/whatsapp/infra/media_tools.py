"""Looks into files: pictures by Pillow, sound and film by ffmpeg where that is installed."""

import asyncio
import re
import shutil
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog
from PIL import Image, ImageOps

from wacloud.modules.whatsapp.application.media_stored import Looked
from wacloud.modules.whatsapp.domain.file_types import HEAD, opus_seconds

log = structlog.get_logger()

# A phone takes 12 to 48 million pixels; what claims more is meant to fill our memory.
MOST_PIXELS: Final = 60_000_000
THUMB_SIDE: Final = 480
_FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
_MODES: Final = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA"})
# The demuxer is named: what a file is was decided by its first bytes, and ffmpeg is not asked to guess.
_DEMUXERS: Final = {
    "audio/ogg": "ogg",
    "audio/amr": "amr",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/mp4": "mov",
    "audio/webm": "matroska",
    "video/webm": "matroska",
    "video/mp4": "mov",
    "video/3gpp": "mov",
}
# What some browsers do not play, and what they are given instead.
_TO_PLAY: Final = {
    "audio/ogg": "audio/mp4",
    "audio/amr": "audio/mp4",
    "video/3gpp": "video/mp4",
}
_ARGUMENTS: Final = {
    "audio/mp4": ("-vn", "-c:a", "aac", "-b:a", "48k", "-ac", "1", "-movflags", "+faststart", "-f", "mp4"),
    "video/mp4": (
        *("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-vf", "scale='min(1280,iw)':-2"),
        *("-c:a", "aac", "-movflags", "+faststart", "-f", "mp4"),
    ),
}
_DURATION: Final = re.compile(rb"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
_SIZE: Final = re.compile(rb"Video: [^\n]*?[ ,](\d{2,5})x(\d{2,5})[ ,\n]")
TAIL: Final = 70_000  # more than the largest page of Ogg


class MediaTools:
    """See `media_ports.Tools`. What is made lies beside the file it was made from."""

    def __init__(self, ffmpeg: str | None, *, within_s: float = 60) -> None:
        self._ffmpeg = ffmpeg
        self._within_s = within_s

    async def look(self, file: Path, content_type: str) -> Looked:
        if content_type in _FORMATS:
            return await asyncio.to_thread(_look_at_picture, file, _FORMATS[content_type])
        if content_type not in _DEMUXERS:
            return Looked()
        looked = Looked()
        if content_type == "audio/ogg":
            looked = replace(looked, duration_s=await asyncio.to_thread(_seconds_of_opus, file))
        if self._ffmpeg is None:
            return looked
        looked = await self._measure(file, content_type, looked)
        if content_type.startswith("video/"):
            looked = await self._poster(file, content_type, looked)
        play_type = _TO_PLAY.get(content_type)
        if play_type is not None:
            play = file.with_name("play")
            if await self._run(file, content_type, *_ARGUMENTS[play_type], str(play)) and play.stat().st_size:
                looked = replace(looked, play=play, play_type=play_type)
        return looked

    async def to_voice_note(self, file: Path, content_type: str) -> Path | None:
        if self._ffmpeg is None or content_type not in _DEMUXERS:
            return None
        made = file.with_name("voice.ogg")
        arguments = ("-vn", "-c:a", "libopus", "-b:a", "24k", "-ac", "1", "-ar", "48000", "-f", "ogg")
        done = await self._run(file, content_type, "-map_metadata", "-1", *arguments, str(made))
        return made if done and made.stat().st_size else None

    async def _measure(self, file: Path, content_type: str, looked: Looked) -> Looked:
        told = await self._ffmpeg_says(["-f", _DEMUXERS[content_type], "-i", str(file)])
        if told is None:
            return looked
        if found := _DURATION.search(told[1]):
            hours, minutes, seconds = (float(part) for part in found.groups())
            looked = replace(looked, duration_s=hours * 3600 + minutes * 60 + seconds)
        if found := _SIZE.search(told[1]):
            looked = replace(looked, width=int(found[1]), height=int(found[2]))
        return looked

    async def _poster(self, file: Path, content_type: str, looked: Looked) -> Looked:
        frame = file.with_name("frame.jpg")
        scale = f"scale='min({THUMB_SIDE},iw)':-2"
        if not await self._run(file, content_type, "-an", "-frames:v", "1", "-vf", scale, "-f", "image2", str(frame)):
            return looked
        return replace(looked, thumb=frame, thumb_type="image/jpeg") if frame.exists() else looked

    async def _run(self, file: Path, content_type: str, *arguments: str) -> bool:
        told = await self._ffmpeg_says(["-f", _DEMUXERS[content_type], "-i", str(file), *arguments])
        return told is not None and told[0] == 0

    async def _ffmpeg_says(self, arguments: list[str]) -> tuple[int, bytes] | None:
        assert self._ffmpeg is not None
        always = ("-nostdin", "-hide_banner", "-y", "-threads", "1", "-protocol_whitelist", "file,pipe")
        process = await asyncio.create_subprocess_exec(
            self._ffmpeg,
            *always,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(self._within_s):
                _, said = await process.communicate()
        except TimeoutError:
            log.warning("media.ffmpeg_too_slow", seconds=self._within_s)
            return None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return process.returncode or 0, said[-20_000:]


def find_ffmpeg(named: str) -> str | None:
    """The program named, or the one on the path; None where there is none."""
    return shutil.which(named or "ffmpeg")


def _look_at_picture(file: Path, format_: str) -> Looked:
    """Sizes as they are shown, and a small picture without whatever else the file holds: places, names, cameras."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=(format_,)) as picture:
                width, height = picture.size
                animated = bool(getattr(picture, "is_animated", False))
                if width * height > MOST_PIXELS or picture.mode not in _MODES:
                    return Looked(width, height, is_refused_picture=True)
                picture.draft("RGB", (THUMB_SIDE * 2, THUMB_SIDE * 2))
                turned = ImageOps.exif_transpose(picture)
                if picture.getexif().get(0x0112, 1) in (5, 6, 7, 8):
                    width, height = height, width
                small = turned.convert("RGBA" if _is_seen_through(turned) else "RGB")
                small.thumbnail((THUMB_SIDE, THUMB_SIDE))
                thumb = file.with_name("thumb.webp")
                small.info = {}
                small.save(thumb, "WEBP", quality=78, method=4)
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as problem:
        log.info("media.picture_unreadable", problem=f"{type(problem).__name__}: {problem}"[:200])
        return Looked(is_refused_picture=True)
    return Looked(width, height, animated=animated, thumb=thumb, thumb_type="image/webp")


def _is_seen_through(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info


def _seconds_of_opus(file: Path) -> float | None:
    with file.open("rb") as opened:
        head = opened.read(HEAD)
        opened.seek(max(0, file.stat().st_size - TAIL))
        return opus_seconds(head, opened.read(TAIL))
