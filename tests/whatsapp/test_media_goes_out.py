"""Files members send: looked at before they are kept, brought to Meta once for each number, sent by Meta's id."""

import asyncio
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from builders.files import PDF, comes_in, jpeg, png, upload, voice_note, webp
from rig import FILES, Rig, Shop, eventually
from wacloud.modules.whatsapp.application.tidy_media import remove_old_media
from wacloud.modules.whatsapp.domain.media import MB


async def send(
    rig: Rig, shop: Shop, conversation_id: UUID, kind: str, media_id: str, caption: str | None = None, **headers: str
) -> tuple[int, dict[str, Any]]:
    """`POST /api/whatsapp/send` of a file."""
    body: dict[str, Any] = {"conversation_id": str(conversation_id), "type": kind, kind: {"media_id": media_id}}
    if caption is not None:
        body[kind]["caption"] = caption
    async with rig.http.post(
        f"{rig.url}/api/whatsapp/send", json=body, headers={**rig.bearer(shop), **headers}
    ) as answer:
        return answer.status, await answer.json(content_type=None)


def on_the_phone(rig: Rig, shop: Shop) -> list[Any]:
    """What of the business lies on customers' phones: type and content as Meta was told."""
    return [
        (bubble.type, bubble.content)
        for thread in rig.twin.twin.threads.all()
        if thread.number.phone_number_id == shop.phone_number_id
        for bubble in thread.bubbles
        if not bubble.is_inbound
    ]


@pytest.mark.parametrize(
    ("kind", "content", "name", "mime_type"),
    [
        ("image", jpeg(), "foto.jpg", "image/jpeg"),
        ("document", PDF, "menú del día.pdf", "application/pdf"),
        ("sticker", webp(), "hola.webp", "image/webp"),
        ("audio", voice_note(), "nota.ogg", "audio/ogg"),
        ("video", b"\0\0\0\x18ftypmp42" + bytes(2000), "corto.mp4", "video/mp4"),
    ],
    ids=["image", "document", "sticker", "audio", "video"],
)
async def test_every_kind_reaches_the_phone_as_it_was_uploaded(
    rig: Rig, kind: str, content: bytes, name: str, mime_type: str
):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    status, kept = await upload(rig, shop, content, name, mime_type)
    assert (status, kept["kind"], kept["size"]) == (201, kind, len(content))
    caption = "Aquí va" if kind in ("image", "document", "video") else None
    status, queued = await send(rig, shop, conversation_id, kind, kept["id"], caption)
    assert status == 202, queued
    message = await rig.becomes(shop, queued["message_id"], "sent", "delivered")
    assert message.body == (caption or "")
    [(sent_kind, sent)] = on_the_phone(rig, shop)
    assert sent_kind == kind
    assert sent.get("caption") == caption
    assert sent.get("filename") == (name if kind == "document" else None)
    at_meta = rig.twin.twin.media.find(sent["id"], rig.twin.twin.clock())
    assert (at_meta.content, at_meta.mime_type) == (content, mime_type)


async def test_a_file_goes_to_meta_once_for_a_number_and_again_when_its_days_are_over(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    _, kept = await upload(rig, shop, jpeg(), "foto.jpg", "image/jpeg")

    async def sent_as() -> str:
        _, queued = await send(rig, shop, conversation_id, "image", kept["id"])
        await rig.becomes(shop, queued["message_id"], "sent", "delivered")
        return str(on_the_phone(rig, shop)[-1][1]["id"])

    first = await sent_as()
    assert await sent_as() == first
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("update app.media_uploads set expires_at = now() where business_id = %s", (shop.business_id,))
    assert await sent_as() != first


@pytest.mark.parametrize("trouble", [{"http_status": 503}, {"error_code": 131000}, {"cut_before": True}])
async def test_an_upload_meta_did_not_take_is_tried_again_and_the_message_is_sent_once(
    rig: Rig, trouble: dict[str, Any]
):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    _, kept = await upload(rig, shop, jpeg(), "foto.jpg", "image/jpeg")
    rule = rig.misbehave(shop, kind="media", **trouble)
    _, queued = await send(rig, shop, conversation_id, "image", kept["id"])

    async def is_sent() -> bool:
        await rig.hurry(shop)
        return (await rig.one(shop, queued["message_id"])).state in ("sent", "delivered")

    await eventually(is_sent, 20, lambda: rig.one(shop, queued["message_id"]))
    assert rule.applied == 1
    assert len(on_the_phone(rig, shop)) == 1


async def test_what_meta_refuses_for_good_ends_as_failed_with_its_code(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    _, kept = await upload(rig, shop, jpeg(), "foto.jpg", "image/jpeg")
    rig.misbehave(shop, kind="media", error_code=131053)
    _, queued = await send(rig, shop, conversation_id, "image", kept["id"])
    message = await rig.becomes(shop, queued["message_id"], "failed")
    assert (message.reason, message.error["code"]) == ("meta:131053", 131053)
    assert on_the_phone(rig, shop) == []


async def test_what_came_in_can_be_sent_on(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    await comes_in(rig, shop, "image", jpeg(), "image/jpeg")

    async def here() -> Any:
        rows = await rig.rows(shop, "select * from app.media where business_id = %s", (shop.business_id,))
        return rows and rows[0].state == "stored" and rows[0]

    row = await eventually(here)
    status, queued = await send(rig, shop, conversation_id, "image", str(row.id))
    assert status == 202
    await rig.becomes(shop, queued["message_id"], "sent", "delivered")


@pytest.mark.parametrize(
    ("content", "name", "mime_type", "kind", "code"),
    [
        (b"", "nada.jpg", "image/jpeg", None, "file_empty"),
        (jpeg() + bytes(5 * MB), "grande.jpg", "image/jpeg", None, "file_too_large"),
        (b"<!doctype html><script>", "pagina.txt", "text/plain", None, "file_not_what_it_says"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "dibujo.svg", "image/svg+xml", None, "file_not_what_it_says"),
        (b"MZ" + bytes(200), "virus.exe", "application/octet-stream", None, "file_type_refused"),
        (PDF, "foto.jpg", "image/jpeg", None, "file_not_what_it_says"),
        (PDF, "foto.pdf", "application/pdf", "image", "file_type_refused"),
        (jpeg(), "nota.jpg", "image/jpeg", "voice", "voice_note_refused"),
        (voice_note(channels=2), "nota.ogg", "audio/ogg", "voice", "voice_note_refused"),
        (webp(256), "hola.webp", "image/webp", "sticker", "sticker_refused"),
        (b"\xff\xd8\xff" + bytes(300), "rota.jpg", "image/jpeg", None, "picture_refused"),
        (png(mode="I;16"), "gris.png", "image/png", None, "picture_refused"),
        (b"PK\x03\x04" + bytes(100), "todo.zip", "application/zip", None, "file_type_refused"),
        (jpeg(), "foto.jpg", "image/jpeg", "meme", "file_type_refused"),
    ],
    ids=range(14),
)
async def test_what_whatsapp_would_refuse_is_refused_with_the_field_and_the_limit(
    rig: Rig, content: bytes, name: str, mime_type: str, kind: str | None, code: str, monkeypatch: pytest.MonkeyPatch
):
    shop = await rig.shop(enabled=False)
    monkeypatch.setattr(rig.house.whatsapp.media.tools, "_ffmpeg", None)
    status, problem = await upload(rig, shop, content, name, mime_type, kind)
    assert (status, problem["code"]) == (413 if code == "file_too_large" else 422, code)
    assert problem["field"] in ("file", "kind")
    if code == "file_too_large":
        assert problem["limit"] == 5 * MB
    assert await rig.rows(shop, "select * from app.media where business_id = %s", (shop.business_id,)) == []


async def test_an_upload_without_a_file_or_with_two_is_refused(rig: Rig):
    shop = await rig.shop(enabled=False)
    headers = rig.bearer(shop)
    for fields in ([("kind", "image")], [("file", "words")], [("file", b"a"), ("file", b"b")]):
        form = aiohttp.FormData(default_to_multipart=True)
        for name, content in fields:
            if isinstance(content, bytes):
                form.add_field(name, io.BytesIO(content), filename="a.txt")
            else:
                form.add_field(name, content)
        async with rig.http.post(f"{rig.url}/api/whatsapp/media", data=form, headers=headers) as answer:
            assert answer.status in (400, 422), await answer.text()
    async with rig.http.post(f"{rig.url}/api/whatsapp/media", json={}, headers=headers) as answer:
        assert answer.status == 415


async def test_more_than_whatsapp_takes_at_all_is_refused_while_it_comes(rig: Rig):
    """Chunked, so that no header says how much there is."""
    shop = await rig.shop(enabled=False)

    async def endless() -> Any:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.4'
        for _ in range(110):
            yield bytes(MB)
        yield b"\r\n--x--\r\n"

    headers = {**rig.bearer(shop), "content-type": "multipart/form-data; boundary=x"}
    async with rig.http.post(f"{rig.url}/api/whatsapp/media", data=endless(), headers=headers) as answer:
        assert answer.status == 413


async def test_strangers_upload_nothing(rig: Rig):
    async with rig.http.post(f"{rig.url}/api/whatsapp/media", data={"file": "x"}) as answer:
        assert answer.status == 401


async def test_the_last_room_goes_to_one_of_two_files(rig: Rig):
    shop = await rig.shop(enabled=False)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "insert into app.media_room (business_id, quota_bytes) values (%s, %s)",
            (shop.business_id, len(PDF) * 3 + 5),
        )
    answers = await asyncio.gather(*(upload(rig, shop, PDF, "a.pdf", "application/pdf") for _ in range(6)))
    assert sorted(status for status, _ in answers) == [201] * 3 + [409] * 3
    assert {problem["code"] for status, problem in answers if status == 409} == {"no_room_for_files"}
    [room] = await rig.rows(shop, "select * from app.media_room where business_id = %s", (shop.business_id,))
    assert room.used_bytes == len(PDF) * 3


async def test_the_same_request_again_sends_one_message_and_another_file_is_refused(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    _, one = await upload(rig, shop, jpeg(), "a.jpg", "image/jpeg")
    _, other = await upload(rig, shop, png(), "b.png", "image/png")
    key = {"idempotency-key": "the-same-key"}
    first = await send(rig, shop, conversation_id, "image", one["id"], **key)
    assert await send(rig, shop, conversation_id, "image", one["id"], **key) == first
    status, problem = await send(rig, shop, conversation_id, "image", other["id"], **key)
    assert (status, problem["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("kind", "caption", "code"),
    [("document", None, "file_type_refused"), ("image", "x" * 1025, "message_refused")],
)
async def test_a_file_goes_only_as_what_it_is(rig: Rig, kind: str, caption: str | None, code: str):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    _, kept = await upload(rig, shop, jpeg(), "a.jpg", "image/jpeg")
    status, problem = await send(rig, shop, conversation_id, kind, kept["id"], caption)
    assert (status, problem["code"]) == (422, code)


async def test_a_sticker_has_no_words_and_the_object_must_be_the_types_own(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    _, kept = await upload(rig, shop, webp(), "a.webp", "image/webp")
    status, problem = await send(rig, shop, conversation_id, "sticker", kept["id"], "hola")
    assert (status, problem["code"]) == (422, "invalid_request")
    body = {"conversation_id": str(conversation_id), "type": "image", "sticker": {"media_id": kept["id"]}}
    async with rig.http.post(f"{rig.url}/api/whatsapp/send", json=body, headers=rig.bearer(shop)) as answer:
        assert answer.status == 422


async def test_a_file_of_another_business_is_none(rig: Rig):
    mine, theirs = await rig.shop(enabled=False), await rig.shop(enabled=False)
    conversation_id = await rig.heard(mine)
    _, kept = await upload(rig, theirs, jpeg(), "a.jpg", "image/jpeg")
    status, problem = await send(rig, mine, conversation_id, "image", kept["id"])
    unknown = await send(rig, mine, conversation_id, "image", "019ab000-0000-7000-8000-000000000001")
    assert (status, problem["code"]) == (unknown[0], unknown[1]["code"]) == (404, "media_unknown")


async def test_the_composer_sends_files_with_the_words_under_the_first_and_once_only(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    _, photo = await upload(rig, shop, jpeg(), "a.jpg", "image/jpeg")
    _, sticker = await upload(rig, shop, webp(), "b.webp", "image/webp")
    form = [("key", "k" * 20), ("text", "Mira esto"), ("media", sticker["id"]), ("media", photo["id"])]
    for _ in range(2):
        async with rig.http.post(
            f"{rig.url}/inbox/{conversation_id}/reply", data=form, headers=rig.bearer(shop), allow_redirects=False
        ) as answer:
            assert answer.status == 303, await answer.text()
    out = await rig.messages(shop, "out")
    assert {(m.kind, m.body) for m in out} == {("sticker", ""), ("image", "Mira esto")}
    for message in out:
        await rig.becomes(shop, message.id, "sent", "delivered")
    assert len(on_the_phone(rig, shop)) == 2


async def test_uploads_nobody_sends_are_removed_and_their_room_is_free_again(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    _, unused = await upload(rig, shop, jpeg(), "a.jpg", "image/jpeg")
    _, used = await upload(rig, shop, jpeg(), "b.jpg", "image/jpeg")
    await send(rig, shop, conversation_id, "image", used["id"])
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.media set created_at = now() - interval '3 days' where business_id = %s", (shop.business_id,)
        )
    while await remove_old_media(rig.house.whatsapp):
        continue
    rows = {
        str(row.id): row
        for row in await rig.rows(shop, "select * from app.media where business_id = %s", (shop.business_id,))
    }
    assert rows[unused["id"]].state == "removed"
    assert rows[used["id"]].state == "stored"
    assert not (FILES / rows[unused["id"]].key).exists()
    [room] = await rig.rows(shop, "select * from app.media_room where business_id = %s", (shop.business_id,))
    assert room.used_bytes == rows[used["id"]].kept_bytes


async def test_what_is_older_than_the_retention_goes(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    shop = await rig.shop(enabled=False)
    conversation_id = await rig.heard(shop)
    _, used = await upload(rig, shop, jpeg(), "b.jpg", "image/jpeg")
    await send(rig, shop, conversation_id, "image", used["id"])
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.media set created_at = now() - interval '400 days' where business_id = %s", (shop.business_id,)
        )
    assert await remove_old_media(rig.house.whatsapp) == 0
    media = rig.house.whatsapp.media
    object.__setattr__(media, "retention", timedelta(days=365))
    try:
        while await remove_old_media(rig.house.whatsapp):
            continue
    finally:
        object.__setattr__(media, "retention", None)
    [row] = await rig.rows(shop, "select * from app.media where business_id = %s", (shop.business_id,))
    assert row.state == "removed"
