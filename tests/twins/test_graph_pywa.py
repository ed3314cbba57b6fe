"""pywa, the public client library, talks to the Graph twin unchanged.

pywa has no setting for Graph's address: it writes `https://graph.facebook.com/v...` into the httpx client
that it is given as `session`. That client is ours, so its public `base_url` is set again afterwards; nothing of
pywa is touched.
"""

from __future__ import annotations

import asyncio

import httpx
import pytest
import pywa
import pywa_async
from graph_harness import CUSTOMER, PNID, TOKEN, Harness
from pywa.types import Button, Section, SectionList, SectionRow
from pywa.types.templates import BodyText, TemplateLanguage

from wacloud.twins.graph.samples import photo

TO = f"+{CUSTOMER}"


async def test_the_async_client_sends_everything_we_use(graph: Harness) -> None:
    inbound = await graph.open_window()
    session = httpx.AsyncClient()
    client = pywa_async.WhatsApp(phone_id=PNID, token=TOKEN, session=session)
    session.base_url = httpx.URL(f"{graph.url}/v26.0")
    async with session:
        text = await client.send_message(TO, "Abrimos a las 9", tracker="msg_1", reply_to_message_id=inbound)
        buttons = [Button(title="10:00", callback_data="t10"), Button(title="11:00", callback_data="t11")]
        await client.send_message(TO, "¿Hora?", buttons=buttons, footer="Panadería")
        rows = [SectionRow(title="Barra", callback_data="b", description="1 €")]
        await client.send_message(
            TO, "Elige", buttons=SectionList(button_title="Ver", sections=[Section(title="Pan", rows=rows)])
        )
        await client.send_image(TO, photo(), caption="Hoy", mime_type="image/png")
        media = await client.upload_media(photo(), mime_type="image/png", filename="foto.png")
        await client.send_image(TO, media)
        assert await client.get_media_bytes((await client.get_media_url(media.id)).url) == photo()
        await client.send_template(
            TO,
            "pedido_listo",
            TemplateLanguage.SPANISH,
            [BodyText.params("Rosa", "7")],
        )
        await client.send_reaction(TO, "✅", inbound)
        await client.send_location(TO, latitude=40.4, longitude=-3.7, name="Tienda")
        await client.mark_message_as_read(inbound)
        await client.indicate_typing(inbound)
        with pytest.raises(pywa.errors.WhatsAppError) as refused:
            await client.send_message(TO, "x" * 5000)
    assert refused.value.code == 100
    ledger = await graph.ledger(f"?customer={CUSTOMER}")
    assert [t["type"] for t in ledger["texts"]] == [
        "text",
        "interactive",
        "interactive",
        "image",
        "image",
        "template",
        "reaction",
        "location",
    ]
    assert ledger["reads"] == 2
    assert {s["biz_opaque_callback_data"] for s in await graph.statuses_of(text.id, 2)} == {"msg_1"}


async def test_the_blocking_client_sends_as_well(graph: Harness) -> None:
    await graph.open_window()

    def send() -> str:
        with httpx.Client() as session:
            client = pywa.WhatsApp(phone_id=PNID, token=TOKEN, session=session)
            session.base_url = httpx.URL(f"{graph.url}/v26.0")
            return client.send_message(TO, "Hola").id

    wamid = await asyncio.to_thread(send)
    assert [s["status"] for s in await graph.statuses_of(wamid, 2)] == ["sent", "delivered"]
