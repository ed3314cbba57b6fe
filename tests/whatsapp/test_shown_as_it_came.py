"""Every kind of message that comes in goes through webhook and worker and is shown in the thread and in the list."""

import json
import re
import time
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from builders import meta
from rig import Rig, Shop, as_body, eventually

PERSON = "34600111222"
FIXTURES = Path(__file__).resolve().parents[3] / "shared/fixtures/whatsapp"
FOLDER = FIXTURES if FIXTURES.is_dir() else None


def message(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    """An element of `value.messages`."""
    told = meta.text(PERSON, "", **more)
    del told["text"]
    return {**told, "type": kind, kind: content}


async def page(rig: Rig, shop: Shop, path: str, language: str = "es") -> str:
    """What a person reads on a page, without its markup."""
    headers = {**rig.bearer(shop), "cookie": f"lang={language}"}
    async with rig.http.get(f"{rig.url}{path}", headers=headers) as answer:
        assert answer.status == 200
        html = await answer.text()
    html = re.sub(r"<(script|style|template)\b.*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


async def comes(rig: Rig, shop: Shop, *messages: dict[str, Any]) -> UUID:
    """They come in one webhook each; the conversation."""
    before = (await rig.ledger(shop)).webhooks["received"]
    for number, one in enumerate(messages, start=1):
        body = meta.inbound_of(shop, one, contacts=[meta.contact(PERSON)])
        assert await rig.post(as_body(body)) == 200
        await rig.settled(shop, webhooks=before + number)
    return (await rig.messages(shop))[-1].conversation_id


QUOTED = "wamid.quoted"
NAME = {"formatted_name": "Ana López", "first_name": "Ana"}
CARD = {"name": NAME, "phones": [{"phone": "+34 600 000 001"}], "org": {"company": "Taller"}}
ITEMS = [
    {"product_retailer_id": "tarta-1", "quantity": 2, "item_price": 12.5, "currency": "EUR"},
    {"product_retailer_id": "vela", "quantity": "1", "item_price": "3", "currency": "EUR"},
]
AD = {
    "source_type": "ad",
    "source_url": "https://fb.me/x",
    "headline": "Tartas de boda",
    "body": "Pruébalas",
    "image_url": "https://cdn.example.com/a.jpg",
}
ERROR = {"code": 131051, "title": "Message type unknown"}
SYSTEM = {"type": "user_changed_number", "body": "User changed", "wa_id": "34600999888"}
FLOW = {"name": "flow", "body": "Sent", "response_json": '{"flow_token":"t","día":"lunes","a":true}'}
CALL = {"response": "accept", "response_source": "user_action"}
SHOWN: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    # kind: (message, words in the thread, words in the list)
    "text": (meta.text(PERSON, "Hola"), ("Hola",), "Hola"),
    "reply": (
        meta.text(PERSON, "Esa", context={"from": "1", "id": QUOTED}),
        ("Cliente La primera", "Esa"),
        "Esa",
    ),
    "reply to what is not here": (
        meta.text(PERSON, "Esa", context={"from": "1", "id": "wamid.unknown"}),
        ("Un mensaje que no está aquí", "Esa"),
        "Esa",
    ),
    "forwarded": (meta.text(PERSON, "Cadena", context={"forwarded": True}), ("Reenviado Cadena",), "Cadena"),
    "forwarded often": (
        meta.text(PERSON, "Cadena", context={"frequently_forwarded": True}),
        ("Reenviado muchas veces Cadena",),
        "Cadena",
    ),
    "location": (
        message("location", {"latitude": 40.41, "longitude": -3.7, "name": "Tienda", "address": "Mayor 1"}),
        ("Tienda Mayor 1 40.41, -3.7 Abrir el mapa",),
        "Tienda",
    ),
    "contacts": (
        message("contacts", [CARD], origin="other"),
        ("Ana López Teléfono +34 600 000 001 Empresa Taller",),
        "Ana López",
    ),
    "the phone we asked for": (
        message("contacts", [CARD], origin="contact_request"),
        ("Compartió su teléfono", "+34 600 000 001"),
        "Ana López",
    ),
    "button": (
        message("interactive", {"type": "button_reply", "button_reply": {"id": "a", "title": "10:00"}}),
        ("Eligió un botón 10:00",),
        "10:00",
    ),
    "list": (
        message(
            "interactive",
            {"type": "list_reply", "list_reply": {"id": "a", "title": "Corte", "description": "30 min"}},
        ),
        ("Eligió de la lista Corte 30 min",),
        "Corte",
    ),
    "template button": (message("button", {"payload": "STOP", "text": "Basta"}), ("Eligió un botón Basta",), "Basta"),
    "form": (
        message("interactive", {"type": "nfm_reply", "nfm_reply": FLOW}),
        ("Formulario día lunes a Sí",),
        "Respuesta",
    ),
    "call permission": (
        message("interactive", {"type": "call_permission_reply", "call_permission_reply": CALL}),
        ("Acepta llamadas",),
        "Respuesta",
    ),
    "order": (
        message("order", {"catalog_id": "7", "text": "Para el sábado", "product_items": ITEMS}),
        ("Para el sábado", "2 × tarta-1 12,50 €", "1 × vela 3,00 €", "Total 28,00 €"),
        "Para el sábado",
    ),
    "ad": (meta.text(PERSON, "Info", referral=AD), ("Viene de: Tartas de boda https://fb.me/x Pruébalas",), "Info"),
    "product": (
        meta.text(PERSON, "¿Precio?", context={"referred_product": {"catalog_id": "7", "product_retailer_id": "v-1"}}),
        ("Pregunta por el producto: v-1 ¿Precio?",),
        "¿Precio?",
    ),
    "group": (meta.text(PERSON, "A todos", group_id="g-1"), ("En un grupo A todos",), "A todos"),
    "unsupported": (
        {**message("unsupported", {"type": "poll"}), "errors": [ERROR]},
        ("WhatsApp no ha podido pasarnos este mensaje. (una encuesta)", "Míralo en el teléfono."),
        "Mensaje que no podemos mostrar",
    ),
    "system": (message("system", SYSTEM), ("Cambió su número de teléfono +34 600 99 98 88",), "Aviso de WhatsApp"),
}


@pytest.mark.parametrize("kind", SHOWN)
async def test_each_kind_is_shown_as_what_it_is(rig: Rig, kind: str):
    shop = await rig.shop(enabled=False)
    one, in_thread, in_list = SHOWN[kind]
    one = {**one, "id": meta.wamid(), "timestamp": str(int(time.time()) + 1)}
    conversation_id = await comes(rig, shop, meta.text(PERSON, "La primera", id=QUOTED), one)
    thread = await page(rig, shop, f"/inbox/{conversation_id}")
    for words in in_thread:
        assert words in thread.replace("\u00a0", " ")
    assert in_list in await page(rig, shop, "/inbox/rows")


async def test_what_is_quoted_is_one_tap_away(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id = await comes(
        rig,
        shop,
        meta.text(PERSON, "La primera", id=QUOTED),
        meta.text(PERSON, "Esa", context={"from": "1", "id": QUOTED}),
    )
    first = (await rig.messages(shop))[0]
    async with rig.http.get(f"{rig.url}/inbox/{conversation_id}", headers=rig.bearer(shop)) as answer:
        assert f'<a class="quote" href="#m-{first.id}">' in await answer.text()


async def test_reactions_edits_and_deletions_change_the_message_they_are_about(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation_id = await comes(
        rig,
        shop,
        meta.text(PERSON, "Queria rojo", id="wamid.a"),
        meta.text(PERSON, "secreto", id="wamid.b"),
        meta.reaction(PERSON, "wamid.a", "❤️"),
        meta.edit(PERSON, "wamid.a", "Quería rojo"),
        meta.revoke(PERSON, "wamid.b"),
    )
    thread = await page(rig, shop, f"/inbox/{conversation_id}")
    assert "Cliente: ❤️" in thread
    assert re.search(r"Quería rojo .*Editado Queria rojo", thread)
    assert "Este mensaje se eliminó" in thread
    assert "secreto" not in thread
    assert "secreto" not in await page(rig, shop, "/inbox/rows")
    await comes(rig, shop, meta.reaction(PERSON, "wamid.a", None))
    assert "Cliente: ❤️" not in await page(rig, shop, f"/inbox/{conversation_id}")


@pytest.mark.skipif(FOLDER is None, reason="the fixtures of ../shared are not on this machine")
@pytest.mark.parametrize(
    "path",
    sorted(FOLDER.glob("*.json")) if FOLDER else [pytest.param(None)],
    ids=lambda path: path.stem if path else "-",
)
async def test_every_fixture_is_taken_and_what_is_a_message_is_shown(rig: Rig, path: Path):
    shop = await rig.shop(enabled=False)
    body = ours(json.loads(path.read_text()), shop)
    assert await rig.post(as_body(body)) == 200

    async def ended() -> bool:
        webhooks = (await rig.ledger(shop)).webhooks
        return webhooks["pending"] == 0 and webhooks["received"] > 0

    if b"phone_number_id" in as_body(body):
        await eventually(ended)
        assert (await rig.ledger(shop)).webhooks["failed"] == 0
    for row in await rig.messages(shop):
        for language in ("es", "en"):
            thread = await page(rig, shop, f"/inbox/{row.conversation_id}", language)
            if row.body and row.kind not in ("reaction", "edit", "revoke", "system"):
                assert " ".join(row.body.split())[:60] in thread
        await page(rig, shop, "/inbox/rows")


def ours(value: Any, shop: Shop) -> Any:
    """The fixture as if it had come to this shop."""
    if isinstance(value, list):
        return [ours(one, shop) for one in value]
    if not isinstance(value, dict):
        return value
    told = {key: ours(one, shop) for key, one in value.items()}
    if "phone_number_id" in told:
        told["phone_number_id"] = shop.phone_number_id
    if "changes" in told:
        told["id"] = shop.waba_id
    return told
