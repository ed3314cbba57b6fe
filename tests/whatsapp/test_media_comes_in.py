"""What customers send is fetched to our own store, whatever Meta and the network do on the way."""

import hashlib
import struct
import zlib
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from PIL import Image

from builders import meta
from builders.files import PDF, at_meta, comes_in, jpeg, long_ago, message, png, voice_note, webp
from rig import FILES, Rig, Shop, as_body, eventually
from wacloud.modules.whatsapp.application.fetch_media import FETCH
from wacloud.modules.whatsapp.application.tidy_media import wake_waiting_media
from wacloud.modules.whatsapp.infra import graph_media


async def media_of(rig: Rig, shop: Shop) -> list[Any]:
    return await rig.rows(shop, "select * from app.media where business_id = %s order by id", (shop.business_id,))


async def becomes(rig: Rig, shop: Shop, state: str, reason: str | None = None, *, hurried: bool = False) -> Any:
    """The shop's one file once it stands so."""

    async def look() -> Any:
        if hurried:
            await rig.hurry(shop)
        found = await media_of(rig, shop)
        return found and found[0].state == state and reason in (None, found[0].reason) and found[0]

    return await eventually(look, 20, lambda: media_of(rig, shop))


def stored(row: Any, end: str = "") -> bytes:
    return (FILES / (row.key + end)).read_bytes()


@pytest.mark.parametrize(
    ("kind", "content", "mime_type"),
    [
        ("image", jpeg(), "image/jpeg"),
        ("image", png(), "image/png"),
        ("sticker", webp(), "image/webp"),
        ("document", PDF, "application/pdf"),
        ("audio", voice_note(), "audio/ogg; codecs=opus"),
        ("video", b"\0\0\0\x18ftypmp42" + bytes(2000), "video/mp4"),
    ],
)
async def test_every_kind_of_file_is_stored_once_as_it_was_sent(rig: Rig, kind: str, content: bytes, mime_type: str):
    shop = await rig.shop(enabled=False)
    await comes_in(rig, shop, kind, content, mime_type)
    row = await becomes(rig, shop, "stored")
    assert stored(row) == content
    assert row.content_type == mime_type.partition(";")[0]
    assert row.sha256 == hashlib.sha256(content).digest()
    assert row.key.startswith(f"b/{shop.business_id}/")
    [message] = await rig.messages(shop)
    assert message.content["media"]["id"] == str(row.id)
    assert await eventually(lambda: _is_done(rig, shop))
    [room] = await rig.rows(shop, "select * from app.media_room where business_id = %s", (shop.business_id,))
    assert room.used_bytes == row.kept_bytes >= len(content)


async def test_the_small_picture_stands_upright_and_tells_nothing_else(rig: Rig):
    shop = await rig.shop(enabled=False)
    await comes_in(rig, shop, "image", jpeg(1600, 1000, orientation=6), "image/jpeg")
    row = await becomes(rig, shop, "stored")
    assert (row.width, row.height) == (1000, 1600)
    small = stored(row, ".thumb")
    assert b"telltale" not in small
    with Image.open(BytesIO(small)) as picture:
        assert picture.format == "WEBP"
        assert picture.size == (300, 480)
        assert not picture.getexif()


async def test_the_direct_link_is_used_first_and_its_death_does_no_harm(rig: Rig):
    shop = await rig.shop(enabled=False)
    content = jpeg()
    media_id = at_meta(rig, shop, content, "image/jpeg")
    twin = rig.twin.twin
    dead = f"{rig.house.settings.meta_graph_url}{twin.media.url_path(media_id, twin.clock() - 4000)}"
    body = meta.inbound_of(shop, message("image", media_id, content, "image/jpeg", file={"url": dead}))
    assert await rig.post(as_body(body)) == 200
    row = await becomes(rig, shop, "stored")
    assert row.attempts == 1
    assert row.url is None


@pytest.mark.parametrize(
    "trouble",
    [
        {"http_status": 404, "kind": "download"},
        {"http_status": 500, "kind": "media"},
        {"error_code": 131000, "kind": "media"},
        {"cut_before": True, "kind": "download"},
        {"http_status": 200, "body": "<html><script>alert(1)</script></html>", "kind": "download"},
        {"cut_body_at": 100, "kind": "download"},
        {"redirect_to": "https://evil.example/steal", "kind": "download"},
        {"redirect_to": "http://169.254.169.254/latest/meta-data", "kind": "download"},
    ],
)
async def test_what_goes_wrong_once_is_tried_again(rig: Rig, trouble: dict[str, Any]):
    shop = await rig.shop(enabled=False)
    rule = rig.misbehave(shop, **trouble)
    content = jpeg()
    await comes_in(rig, shop, "image", content, "image/jpeg")
    row = await becomes(rig, shop, "stored", hurried=True)
    assert rule.applied == 1
    assert row.attempts <= 2
    assert stored(row) == content


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ({"http_status": 200, "body": "<html></html>", "kind": "download"}, "damaged"),
        ({"cut_body_at": 50, "kind": "download"}, "damaged"),
    ],
)
async def test_what_is_damaged_every_time_ends_with_the_reason(rig: Rig, trouble: dict[str, Any], reason: str):
    shop = await rig.shop(enabled=False)
    rule = rig.misbehave(shop, times=None, **trouble)
    await comes_in(rig, shop, "image", jpeg(), "image/jpeg")
    row = await becomes(rig, shop, "failed", reason, hurried=True)
    assert rule.applied == 3
    assert not (FILES / row.key).exists()
    assert row.kept_bytes == 0


async def test_a_link_that_stays_dead_is_tried_until_meta_has_the_file_no_more(rig: Rig):
    shop = await rig.shop(enabled=False)
    rig.misbehave(shop, times=None, http_status=404, kind="download")
    await comes_in(rig, shop, "image", jpeg(), "image/jpeg")
    row = await becomes(rig, shop, "waiting", "http:404")
    assert not await _is_done(rig, shop)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("update app.media set fetch_until = now() where business_id = %s", (shop.business_id,))
    row = await becomes(rig, shop, "failed", "expired", hurried=True)
    assert row.attempts > 1
    assert await eventually(lambda: _is_done(rig, shop))


async def _is_done(rig: Rig, shop: Shop) -> bool:
    return not [job for job in await rig.jobs(shop) if job.kind == FETCH]


async def test_a_message_older_than_seven_days_is_not_fetched(rig: Rig):
    shop = await rig.shop(enabled=False)
    rule = rig.misbehave(shop, kind="media", http_status=500)
    await comes_in(rig, shop, "image", jpeg(), "image/jpeg", at=long_ago(8))
    await becomes(rig, shop, "failed", "expired")
    assert rule.applied == 0


async def test_a_slow_server_is_given_up_for_now(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    shop = await rig.shop(enabled=False)
    monkeypatch.setattr(rig.house.whatsapp.media.meta, "_timeout", aiohttp.ClientTimeout(total=0.3, sock_read=0.2))
    rig.misbehave(shop, times=None, kind="download", delay_ms=1500)
    await comes_in(rig, shop, "image", jpeg(), "image/jpeg")
    await becomes(rig, shop, "waiting", "too_slow")


async def test_more_bytes_than_whatsapp_sends_end_the_fetch(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """Whatever a header or the Graph API says of the size."""
    shop = await rig.shop(enabled=False)
    monkeypatch.setattr(rig.house.whatsapp.media.meta, "_largest", 20_000)
    await comes_in(rig, shop, "document", PDF + bytes(50_000), "application/pdf")
    row = await becomes(rig, shop, "failed", "too_large")
    assert not (FILES / row.key).exists()


async def test_the_token_goes_to_metas_hosts_only(rig: Rig):
    told = graph_media.GraphMedia(rig.house.egress, base_url="https://graph.facebook.com", version="v26.0", decrypt=str)
    for good in (
        "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1",
        "https://scontent.fbcdn.net/x",
        "https://graph.facebook.com/v26.0/1",
    ):
        told._check(good)
    for bad in (
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://fbsbx.com.evil.example/x",
        "https://evilfbsbx.com/x",
        "https://user@lookaside.fbsbx.com/x",
        "https://127.0.0.1/x",
        "https://graph.facebook.com.evil.example/",
        "https://[::1]/",
        "file:///etc/passwd",
        "",
    ):
        with pytest.raises(graph_media.FetchFailed):
            told._check(bad)


@pytest.mark.parametrize(
    ("name", "content", "mime_type"),
    [
        ("page.html", b"<!DOCTYPE html><script>alert(1)</script>", "text/html"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "image/svg+xml"),
        ("photo.jpg", b"<html><script>alert(1)</script></html>", "image/jpeg"),
        ("gifar.gif", b"\x7fELF" + bytes(100), "image/gif"),
    ],
)
async def test_what_could_do_harm_is_kept_as_bytes_without_a_meaning(
    rig: Rig, name: str, content: bytes, mime_type: str
):
    shop = await rig.shop(enabled=False)
    await comes_in(rig, shop, "document", content, mime_type, file={"filename": name})
    row = await becomes(rig, shop, "stored")
    assert row.content_type == "application/octet-stream"
    assert row.thumb_type is None


async def test_a_photo_that_is_none_is_kept_to_be_downloaded_only(rig: Rig):
    """The hash says that this is what was sent."""
    shop = await rig.shop(enabled=False)
    await comes_in(rig, shop, "image", b"<html>no photo</html>", "image/jpeg")
    row = await becomes(rig, shop, "stored")
    assert row.content_type == "application/octet-stream"


async def test_a_picture_of_too_many_pixels_is_not_drawn(rig: Rig):
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    flood = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + chunk(b"IEND", b"")
    )
    shop = await rig.shop(enabled=False)
    await comes_in(rig, shop, "image", flood, "image/png")
    row = await becomes(rig, shop, "stored")
    assert row.thumb_type is None
    assert row.content_type == "application/octet-stream"


async def test_a_name_never_becomes_a_path_and_is_told_in_one_line(rig: Rig):
    shop = await rig.shop(enabled=False)
    evil = "../../etc/\u202egnp.exe\r\nSet-Cookie: x=1.pdf"
    await comes_in(rig, shop, "document", PDF, "application/pdf", file={"filename": evil})
    row = await becomes(rig, shop, "stored")
    assert "etc" not in row.key
    assert not set(row.file_name) & set("/\\\u202e\r\n:")


async def test_a_full_shelf_is_told_and_nothing_is_kept(rig: Rig):
    shop = await rig.shop(enabled=False)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("insert into app.media_room (business_id, quota_bytes) values (%s, 100)", (shop.business_id,))
    await comes_in(rig, shop, "image", jpeg(), "image/jpeg")
    row = await becomes(rig, shop, "failed", "no_room")
    assert not (FILES / row.key).exists()
    [room] = await rig.rows(shop, "select * from app.media_room where business_id = %s", (shop.business_id,))
    assert room.used_bytes == 0


async def test_a_worker_that_dies_on_the_way_leaves_one_file(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """Room is taken once, the key is the same: as if nothing had happened."""
    shop = await rig.shop(enabled=False)
    content = jpeg()
    media = rig.house.whatsapp.media
    real, died = media.rows.keep, []

    async def dies_once(self: Any, *args: Any, **more: Any) -> Any:
        if not died:
            died.append(1)
            raise RuntimeError("killed before the commit")
        return await real(*args, **more)

    monkeypatch.setattr(type(media.rows), "keep", dies_once)
    await comes_in(rig, shop, "image", content, "image/jpeg")
    row = await becomes(rig, shop, "stored", hurried=True)
    assert died
    assert stored(row) == content
    name = row.key.rpartition("/")[2]
    assert {path.name for path in (FILES / row.key).parent.iterdir()} == {name, f"{name}.thumb"}
    [room] = await rig.rows(shop, "select * from app.media_room where business_id = %s", (shop.business_id,))
    assert room.used_bytes == row.kept_bytes


async def test_a_webhook_that_comes_twice_makes_one_file(rig: Rig):
    shop = await rig.shop(enabled=False)
    content = jpeg()
    media_id = at_meta(rig, shop, content, "image/jpeg")
    one = message("image", media_id, content, "image/jpeg")
    for extra in ({}, {"again": 1}):
        assert await rig.post(as_body({**meta.inbound_of(shop, one), **extra})) == 200
    await rig.settled(shop, webhooks=2)
    await becomes(rig, shop, "stored")
    assert len(await media_of(rig, shop)) == 1


async def test_files_of_the_phone_app_and_of_the_history_are_fetched_too(rig: Rig):
    shop = await rig.shop(enabled=False)
    content = jpeg()
    echo = message("image", at_meta(rig, shop, content, "image/jpeg"), content, "image/jpeg")
    echo |= {"from": shop.display.replace(" ", "").lstrip("+"), "to": "34600111222"}
    body = meta.envelope(
        shop.waba_id, meta.value(shop.phone_number_id, message_echoes=[echo]), field="smb_message_echoes"
    )
    assert await rig.post(as_body(body)) == 200
    row = await becomes(rig, shop, "stored")
    [sent] = await rig.messages(shop, "out")
    assert sent.content["media"]["id"] == str(row.id)


async def test_an_announced_file_of_the_history_is_fetched_when_it_comes(rig: Rig):
    shop = await rig.shop(enabled=False)
    content = jpeg()
    placeholder = {"from": "34600111222", "id": meta.wamid(), "timestamp": str(int(long_ago(10)))}
    history = [
        {
            "metadata": {"phase": 0, "chunk_order": 1, "progress": 50},
            "threads": [
                {
                    "id": "34600111222",
                    "messages": [{**placeholder, "type": "media_placeholder", "history_context": {"status": "READ"}}],
                }
            ],
        }
    ]
    value = meta.value(shop.phone_number_id, history=history)
    assert await rig.post(as_body(meta.envelope(shop.waba_id, value, field="history"))) == 200
    await rig.settled(shop, webhooks=1)
    file = message("image", at_meta(rig, shop, content, "image/jpeg"), content, "image/jpeg") | placeholder
    for _ in range(2):
        value = meta.value(shop.phone_number_id, messages=[file])
        assert await rig.post(as_body(meta.envelope(shop.waba_id, value, field="history"))) == 200
    row = await becomes(rig, shop, "stored")
    [shown] = await rig.messages(shop)
    assert shown.kind == "image"
    assert shown.content["media"]["id"] == str(row.id)


async def test_the_file_of_a_correction_is_kept_as_well(rig: Rig):
    shop = await rig.shop(enabled=False)
    content = jpeg()
    first = message("image", at_meta(rig, shop, content, "image/jpeg"), content, "image/jpeg")
    inner = {"type": "image", "image": {**first["image"], "caption": "mejor"}}
    edit = meta.edit("34600111222", first["id"], "")
    edit["edit"]["message"] = inner
    assert await rig.post(as_body(meta.inbound_of(shop, first, edit))) == 200
    await rig.settled(shop, webhooks=1)

    async def both() -> bool:
        return [row.state for row in await media_of(rig, shop)] == ["stored", "stored"]

    await eventually(both, 20, lambda: media_of(rig, shop))


async def test_the_hash_may_be_told_in_hex(rig: Rig):
    shop = await rig.shop(enabled=False)
    content = jpeg()
    media_id = at_meta(rig, shop, content, "image/jpeg")
    told = hashlib.sha256(content).hexdigest()
    body = meta.inbound_of(shop, message("image", media_id, content, "image/jpeg", file={"sha256": told}))
    assert await rig.post(as_body(body)) == 200
    await becomes(rig, shop, "stored")


async def test_a_file_nobody_fetches_is_found_and_fetched(rig: Rig):
    shop = await rig.shop(enabled=False)
    rig.misbehave(shop, times=1, http_status=404, kind="download")
    await comes_in(rig, shop, "image", jpeg(), "image/jpeg")
    await becomes(rig, shop, "waiting", "http:404")
    async with rig.house.db.system("test: lose the job") as tx:
        await tx.execute("delete from app.jobs where business_id = %s", (shop.business_id,))
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.media set created_at = now() - interval '1 hour' where business_id = %s", (shop.business_id,)
        )
    assert await wake_waiting_media(rig.house.whatsapp) >= 1
    await becomes(rig, shop, "stored")
