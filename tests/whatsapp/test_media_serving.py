"""Stored files are given to members of the business, whole or in part, and no browser runs what is in them."""

from typing import Any
from urllib.parse import unquote

import pytest

from builders import meta
from builders.files import PDF, comes_in, jpeg, upload, voice_note
from rig import FILES, Rig, Shop, as_body, eventually


async def get(rig: Rig, shop: Shop | None, path: str, **headers: str) -> tuple[int, Any, bytes]:
    signed = rig.bearer(shop) if shop else {}
    async with rig.http.get(f"{rig.url}{path}", headers={**signed, **headers}) as answer:
        return answer.status, answer.headers, await answer.read()


async def test_a_photo_is_shown_and_asked_for_again_costs_no_body(rig: Rig):
    shop = await rig.shop(enabled=False)
    content = jpeg()
    _, kept = await upload(rig, shop, content, "foto.jpg", "image/jpeg")
    status, headers, body = await get(rig, shop, f"/media/{kept['id']}")
    assert (status, body) == (200, content)
    assert headers["content-type"] == "image/jpeg"
    assert headers["content-disposition"].startswith("inline;")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cache-control"].startswith("private")
    assert "Cookie" in headers["vary"]
    again = await get(rig, shop, f"/media/{kept['id']}", **{"if-none-match": headers["etag"]})
    assert (again[0], again[2]) == (304, b"")
    status, headers, small = await get(rig, shop, f"/media/{kept['id']}/thumb")
    assert (status, headers["content-type"]) == (200, "image/webp")
    assert small[8:12] == b"WEBP"
    assert (await get(rig, shop, f"/media/{kept['id']}/play"))[0] == 404


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=0-999999", 200, slice(None)),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("nonsense", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=999999-", 416, slice(0, 0)),
        ("bytes=9-3", 416, slice(0, 0)),
    ],
)
async def test_players_get_the_part_they_ask_for(rig: Rig, asked: str, status: int, part: slice):
    shop = await rig.shop(enabled=False)
    content = voice_note()
    _, kept = await upload(rig, shop, content, "nota.ogg", "audio/ogg", "voice")
    found = await get(rig, shop, f"/media/{kept['id']}", range=asked)
    assert (found[0], found[2]) == (status, content[part])
    if status == 206:
        assert found[1]["content-range"].endswith(f"/{len(content)}")
    stale = await get(rig, shop, f"/media/{kept['id']}", range="bytes=0-3", **{"if-range": '"another"'})
    assert (stale[0], stale[2]) == (200, content)


async def test_head_tells_the_size_without_the_bytes(rig: Rig):
    shop = await rig.shop(enabled=False)
    _, kept = await upload(rig, shop, PDF, "menu.pdf", "application/pdf")
    async with rig.http.head(f"{rig.url}/media/{kept['id']}", headers=rig.bearer(shop)) as answer:
        assert (answer.status, answer.headers["content-length"]) == (200, str(len(PDF)))


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (PDF, "application/pdf"),
        (b"<html><script>alert(1)</script></html>", "text/html"),
        (b"<svg onload='alert(1)'/>", "image/svg+xml"),
        (b"plain words", "text/plain"),
    ],
)
async def test_what_a_browser_might_run_is_saved_and_not_shown(rig: Rig, content: bytes, declared: str):
    shop = await rig.shop(enabled=False)
    name = 'ev"il\r\nX: 1\u202e.html'
    await comes_in(rig, shop, "document", content, declared, file={"filename": name})
    row = await eventually(lambda: _stored(rig, shop))
    status, headers, body = await get(rig, shop, f"/media/{row.id}")
    assert (status, body) == (200, content)
    assert headers["content-disposition"].startswith("attachment;")
    assert headers["content-type"] in ("application/pdf", "application/octet-stream")
    told = unquote(headers["content-disposition"].partition("UTF-8''")[2])
    assert not set(told) & set('"\r\n\u202e/\\')
    assert "X" not in headers


async def _stored(rig: Rig, shop: Shop) -> Any:
    rows = await rig.rows(shop, "select * from app.media where business_id = %s", (shop.business_id,))
    return rows and rows[0].state == "stored" and rows[0]


async def test_others_and_strangers_find_nothing(rig: Rig):
    mine, theirs = await rig.shop(enabled=False), await rig.shop(enabled=False)
    _, kept = await upload(rig, mine, jpeg(), "foto.jpg", "image/jpeg")
    for part in ("", "/thumb", "/play"):
        foreign = await get(rig, theirs, f"/media/{kept['id']}{part}")
        unknown = await get(rig, theirs, f"/media/019ab000-0000-7000-8000-000000000001{part}")
        assert foreign[0] == unknown[0] == 404
        assert foreign[2][:60] == unknown[2][:60]
    assert (await get(rig, None, f"/media/{kept['id']}"))[0] == 401
    assert (await get(rig, None, f"/media/{kept['id']}?token=anything"))[0] == 401


async def test_a_file_the_store_has_lost_is_not_there(rig: Rig):
    shop = await rig.shop(enabled=False)
    _, kept = await upload(rig, shop, jpeg(), "foto.jpg", "image/jpeg")
    row = await _stored(rig, shop)
    (FILES / row.key).unlink()
    assert (await get(rig, shop, f"/media/{kept['id']}"))[0] == 404


async def thread(rig: Rig, shop: Shop) -> str:
    [message, *_] = await rig.messages(shop)
    _, _, page = await get(rig, shop, f"/inbox/{message.conversation_id}", **{"hx-request": "true"})
    return page.decode()


async def test_the_thread_shows_the_picture_in_a_box_of_its_size(rig: Rig):
    shop = await rig.shop(enabled=False)
    await comes_in(rig, shop, "image", jpeg(1600, 800), "image/jpeg")
    row = await eventually(lambda: _stored(rig, shop))
    page = await thread(rig, shop)
    assert f'<img src="/media/{row.id}/thumb" width="300" height="150"' in page
    assert 'loading="lazy"' in page


async def test_a_file_that_is_gone_for_good_is_asked_for_again_once(rig: Rig):
    shop = await rig.shop(enabled=False)
    rig.misbehave(shop, times=None, http_status=200, body="<html></html>", kind="download")
    await comes_in(rig, shop, "image", jpeg(), "image/jpeg")

    async def failed() -> Any:
        await rig.hurry(shop)
        rows = await rig.rows(shop, "select * from app.media where business_id = %s", (shop.business_id,))
        return rows and rows[0].state == "failed" and rows[0]

    row = await eventually(failed)
    page = await thread(rig, shop)
    [message] = await rig.messages(shop)
    base = f"{rig.url}/inbox/{message.conversation_id}"
    assert f"/messages/{message.id}/ask-again" in page
    assert f"/media/{row.id}/fetch-again" in page
    for _ in range(2):
        async with rig.http.post(
            f"{base}/messages/{message.id}/ask-again", headers={**rig.bearer(shop), "hx-request": "true"}
        ) as answer:
            assert answer.status == 204, await answer.text()
    [asked] = await rig.messages(shop, "out")
    assert "otra vez" in asked.body
    rig.twin.twin.misbehaviour.remove(None)
    async with rig.http.post(
        f"{base}/media/{row.id}/fetch-again", headers={**rig.bearer(shop), "hx-request": "true"}
    ) as answer:
        assert answer.status == 204
    await eventually(lambda: _stored(rig, shop))
    async with rig.http.post(f"{base}/media/{row.id}/fetch-again", headers=rig.bearer(shop)) as answer:
        assert answer.status == 409


async def test_a_file_whatsapp_could_not_pass_on_is_asked_for_again(rig: Rig):
    """131052: it was larger than 100 MB, and there is nothing to fetch."""
    shop = await rig.shop(enabled=False)
    told = meta.text("34600111222", "")
    del told["text"]
    error = {"code": 131052, "title": "Media download error", "error_data": {"details": "too large"}}
    told |= {"type": "unsupported", "errors": [error]}
    assert await rig.post(as_body(meta.inbound_of(shop, told))) == 200
    await rig.settled(shop, webhooks=1)
    page = await thread(rig, shop)
    [message] = await rig.messages(shop)
    assert f"/messages/{message.id}/ask-again" in page


async def test_files_of_a_business_that_is_erased_are_erased_too(rig: Rig):
    shop, other = await rig.shop(enabled=False), await rig.shop(enabled=False)
    await upload(rig, shop, jpeg(), "foto.jpg", "image/jpeg")
    _, kept = await upload(rig, other, jpeg(), "foto.jpg", "image/jpeg")
    row = await _stored(rig, shop)
    assert (FILES / row.key).exists()
    [erase] = rig.house.business.also_erase
    assert await erase(shop.business_id) == 2
    assert await erase(shop.business_id) == 0
    assert not (FILES / row.key).exists()
    assert (await get(rig, other, f"/media/{kept['id']}"))[0] == 200
