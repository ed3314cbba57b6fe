"""What is said in a voice note is put into words, shown, and answered; nobody waits for it for long."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from builders.files import comes_in, upload, voice_note
from rig import Rig, Shop, eventually
from wacloud.modules.whatsapp.application import fetch_media
from wacloud.modules.whatsapp.application.media_ports import TranscriptFailed
from wacloud.modules.whatsapp.domain.file_types import opus_channels
from wacloud.modules.whatsapp.infra.media_tools import MediaTools, find_ffmpeg
from wacloud.modules.whatsapp.infra.openai_transcriber import OpenAITranscriber

OGG = "audio/ogg; codecs=opus"
FFMPEG = find_ffmpeg(os.environ.get("FFMPEG", ""))
needs_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="no ffmpeg on this machine: set FFMPEG")


class Hears:
    """Says what it was told to, or fails."""

    def __init__(self) -> None:
        self.says: str | None = "¿A qué hora abrís el domingo?"
        self.heard: list[bytes] = []

    async def transcribe(self, file: Path, language: str) -> str:
        self.heard.append(file.read_bytes())
        if self.says is None:
            raise TranscriptFailed("no")
        return self.says


@pytest.fixture
def hears(rig: Rig) -> Iterator[Hears]:
    made, media = Hears(), rig.house.whatsapp.media
    object.__setattr__(media, "transcriber", made)
    yield made
    object.__setattr__(media, "transcriber", None)


async def text_of(rig: Rig, shop: Shop) -> str:
    [message] = await rig.messages(shop)
    headers = {**rig.bearer(shop), "hx-request": "true"}
    async with rig.http.get(f"{rig.url}/inbox/{message.conversation_id}", headers=headers) as answer:
        return await answer.text()


async def test_a_voice_note_is_put_into_words_and_the_bot_answers_them(rig: Rig, hears: Hears):
    shop = await rig.shop()
    rig.says(shop, "Abrimos cada día.")
    content = voice_note()
    await comes_in(rig, shop, "audio", content, OGG, file={"voice": True})
    await rig.settled(shop, webhooks=1)
    assert hears.heard == [content]
    [asked] = rig.asked(shop)
    assert "domingo" in str(asked)
    [message] = await rig.messages(shop)
    assert message.state == "answered"
    assert message.content["media"]["transcript"] == hears.says
    assert "words_by" not in message.content["media"]
    assert rig.accepted(shop) == ["Abrimos cada día."]
    page = await text_of(rig, shop)
    assert "domingo" in page
    assert "<audio" in page


async def test_without_words_a_person_gets_it_and_it_can_be_heard_all_the_same(rig: Rig, hears: Hears):
    hears.says = None
    shop = await rig.shop()
    await comes_in(rig, shop, "audio", voice_note(), OGG, file={"voice": True})

    async def handed_over() -> Any:
        await rig.hurry(shop)
        [message, *_] = await rig.messages(shop) or [None]
        return message is not None and message.state == "handed_over"

    await eventually(handed_over, 20, lambda: rig.messages(shop))
    assert "<audio" in await text_of(rig, shop)


async def test_an_answer_does_not_wait_for_words_for_ever(rig: Rig, hears: Hears, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "wacloud.modules.whatsapp.application.receive_batch.SPEECH_WITHIN", fetch_media.SPEECH_WITHIN / 40
    )
    shop = await rig.shop()
    rig.misbehave(shop, times=None, http_status=404, kind="download")
    await comes_in(rig, shop, "audio", voice_note(), OGG, file={"voice": True})
    await rig.settled(shop, webhooks=1)
    [message] = await rig.messages(shop)
    assert message.state == "handed_over"
    assert hears.heard == []


async def test_music_is_not_put_into_words(rig: Rig, hears: Hears):
    shop = await rig.shop(enabled=False)
    await comes_in(rig, shop, "audio", b"ID3" + bytes(500), "audio/mpeg")

    async def stored() -> Any:
        rows = await rig.rows(shop, "select * from app.media where business_id = %s", (shop.business_id,))
        return rows and rows[0].state == "stored"

    await eventually(stored)
    assert hears.heard == []


async def test_a_voice_note_of_ours_is_put_into_words_too(rig: Rig, hears: Hears):
    shop = await rig.shop(enabled=False)
    _, kept = await upload(rig, shop, voice_note(), "nota.ogg", "audio/ogg", "voice")
    assert (kept["voice"], kept["duration_s"]) == (True, 2.0)

    async def has_words() -> Any:
        rows = await rig.rows(shop, "select * from app.media where business_id = %s", (shop.business_id,))
        return rows[0].transcript == hears.says

    await eventually(has_words)


async def test_openai_is_asked_as_it_wants_to_be(tmp_path: Path):
    seen: dict[str, Any] = {}

    async def answer(request: web.Request) -> web.Response:
        form = await request.post()
        seen.update(model=form["model"], name=form["file"].filename, auth=request.headers["authorization"])  # type: ignore[union-attr]
        if seen.get("fails"):
            return web.json_response({"error": {"message": "no"}}, status=500)
        return web.json_response({"text": "Hola, ¿qué tal?"})

    app = web.Application()
    app.router.add_post("/v1/audio/transcriptions", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    file = tmp_path / "speech.ogg"
    file.write_bytes(voice_note())
    model = OpenAITranscriber("key", f"http://127.0.0.1:{runner.addresses[0][1]}/v1", "gpt-hears")
    try:
        assert await model.transcribe(file, "es") == "Hola, ¿qué tal?"
        assert seen == {"model": "gpt-hears", "name": "speech.ogg", "auth": "Bearer key"}
        seen["fails"] = True
        with pytest.raises(TranscriptFailed):
            await model.transcribe(file, "es")
    finally:
        await model.aclose()
        await runner.cleanup()


# With ffmpeg.


def made_by_ffmpeg(folder: Path, name: str, *arguments: str) -> Path:
    assert FFMPEG is not None
    file = folder / name
    subprocess.run([FFMPEG, "-y", "-loglevel", "error", "-f", "lavfi", *arguments, str(file)], check=True)
    return file


@needs_ffmpeg
async def test_a_recording_of_any_browser_becomes_a_voice_note(tmp_path: Path):
    tools = MediaTools(FFMPEG)
    sine = ("-i", "sine=frequency=440:duration=2")
    for name, type_, codec in (
        ("a.webm", "audio/webm", ("-c:a", "libopus")),
        ("a.m4a", "audio/mp4", ("-c:a", "aac", "-f", "mp4")),
        ("a.mp3", "audio/mpeg", ()),
        ("stereo.ogg", "audio/ogg", ("-c:a", "libopus", "-ac", "2")),
    ):
        made = await tools.to_voice_note(made_by_ffmpeg(tmp_path, name, *sine, *codec), type_)
        assert made is not None, name
        assert opus_channels(made.read_bytes()[:4096]) == 1
        looked = await tools.look(made, "audio/ogg")
        assert looked.duration_s == pytest.approx(2.0, abs=0.2)
        assert looked.play is not None
        assert looked.play_type == "audio/mp4"
        assert looked.play.read_bytes()[4:8] == b"ftyp"


@needs_ffmpeg
async def test_a_video_gets_a_picture_and_its_measures(tmp_path: Path):
    film = made_by_ffmpeg(
        tmp_path, "a.mp4", "-i", "testsrc=size=320x240:rate=10:duration=2", "-c:v", "libx264", "-pix_fmt", "yuv420p"
    )
    looked = await MediaTools(FFMPEG).look(film, "video/mp4")
    assert (looked.width, looked.height) == (320, 240)
    assert looked.duration_s == pytest.approx(2.0, abs=0.2)
    assert looked.thumb is not None
    assert looked.thumb.read_bytes()[:3] == b"\xff\xd8\xff"


async def test_a_program_that_hangs_is_ended(tmp_path: Path):
    hangs = tmp_path / "ffmpeg"
    hangs.write_text("#!/bin/sh\nexec sleep 60\n")
    hangs.chmod(0o755)
    file = tmp_path / "a.mp4"
    file.write_bytes(b"\0\0\0\x18ftypmp42")
    looked = await MediaTools(str(hangs), within_s=0.2).look(file, "video/mp4")
    assert looked.duration_s is None
    assert looked.thumb is None


async def test_what_ffmpeg_cannot_read_is_kept_without(tmp_path: Path):
    false = shutil.which("false")
    file = tmp_path / "a.ogg"
    file.write_bytes(voice_note(3.0))
    looked = await MediaTools(false).look(file, "audio/ogg")
    assert looked.duration_s == pytest.approx(3.0)
    assert looked.play is None
