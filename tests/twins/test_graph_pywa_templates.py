"""pywa's own template objects are made at the Graph twin, and what Meta would refuse is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
import pywa
from graph_harness import PNID, TOKEN, WABA, Harness
from pywa.types import templates as t

from wacloud.twins.graph.samples import document, photo

APP = "4242"
Ask = Callable[[pywa.WhatsApp], Any]


async def ask(graph: Harness, call: Ask, app_id: str = APP) -> Any:
    def run() -> Any:
        with httpx.Client() as session:
            client = pywa.WhatsApp(phone_id=PNID, token=TOKEN, session=session, waba_id=WABA, app_id=app_id)
            session.base_url = httpx.URL(f"{graph.url}/v26.0")
            return call(client)

    return await asyncio.to_thread(run)


def template(components: Sequence[Any], category: str = "UTILITY", **more: Any) -> t.Template:
    return t.Template(
        name="nueva",
        language=t.TemplateLanguage.SPANISH,
        category=t.TemplateCategory(category),
        components=list(components),
        **more,
    )


def card(picture: bytes, *buttons: Any, text: str = "Recién hecha") -> t.CarouselCard:
    return t.CarouselCard(
        components=[
            t.HeaderImage(example=picture, mime_type="image/png"),
            t.BodyText(text),
            t.Buttons(buttons=list(buttons) or [t.QuickReplyButton(text="La quiero")]),
        ]
    )


BODY = t.BodyText("Hola {{1}}, tu pedido {{2}} ya está listo.", "Ana", "7")
NAMED = t.BodyText("Hola {{nombre}}, tu pedido ya está listo.", nombre="Ana")
LINK = t.URLButton(text="Ver", url="https://example.com/{{1}}", example="https://example.com/7")
CODE = [
    t.AuthenticationBody(add_security_recommendation=True),
    t.AuthenticationFooter(code_expiration_minutes=10),
    t.Buttons(buttons=[t.CopyCodeOTPButton(text="Copiar")]),
]
TAKEN: list[tuple[str, Callable[[], t.Template]]] = [
    ("values in order", lambda: template([BODY, t.FooterText(text="Panadería")])),
    ("values with names", lambda: template([NAMED], parameter_format=t.ParamFormat.NAMED)),
    ("a text header", lambda: template([t.HeaderText("Pedido {{1}}", "7"), BODY])),
    ("a picture", lambda: template([t.HeaderImage(example=photo(), mime_type="image/png"), BODY])),
    ("a document", lambda: template([t.HeaderDocument(example=document(), mime_type="application/pdf"), BODY])),
    ("a place", lambda: template([t.HeaderLocation(), BODY])),
    ("buttons", lambda: template([BODY, t.Buttons(buttons=[t.QuickReplyButton(text="Voy"), LINK])])),
    ("a code for signing in", lambda: template(CODE, "AUTHENTICATION")),
    (
        "a carousel",
        lambda: template([t.BodyText("Novedades"), t.Carousel(cards=[card(photo()), card(photo())])], "MARKETING"),
    ),
]
REFUSED: list[tuple[str, Callable[[], t.Template], int]] = [
    ("a variable at the edge", lambda: template([t.BodyText("{{1}} ya está listo hoy mismo.", "Ana")]), 2388299),
    (
        "a handle nobody got",
        lambda: template([t.HeaderImage(example="4:bm9uZQ==:aW1hZ2UvanBlZw==:ARb:e:1:2:3"), BODY]),
        2388084,
    ),
    (
        "a picture that is a video",
        lambda: template([t.HeaderVideo(example=photo(), mime_type="image/png"), BODY]),
        2388084,
    ),
    ("two links too many", lambda: template([BODY, t.Buttons(buttons=[LINK, LINK, LINK])]), 2388060),
    (
        "a carousel of one card",
        lambda: template([t.BodyText("Novedades"), t.Carousel(cards=[card(photo())])], "MARKETING"),
        2388135,
    ),
    (
        "cards of two shapes",
        lambda: template(
            [t.BodyText("Novedades"), t.Carousel(cards=[card(photo()), card(photo(), LINK)])], "MARKETING"
        ),
        2388135,
    ),
    (
        "a card with too long a text",
        lambda: template(
            [t.BodyText("Novedades"), t.Carousel(cards=[card(photo()), card(photo(), text="x" * 161)])], "MARKETING"
        ),
        2388040,
    ),
    (
        "a carousel beside a footer",
        lambda: template(
            [t.BodyText("Novedades"), t.FooterText(text="Sol"), t.Carousel(cards=[card(photo()), card(photo())])],
            "MARKETING",
        ),
        2388135,
    ),
]


@pytest.mark.parametrize("make", [one[1] for one in TAKEN], ids=[one[0] for one in TAKEN])
async def test_what_pywa_makes_is_taken(graph: Harness, make: Callable[[], t.Template]) -> None:
    made = await ask(graph, lambda client: client.create_template(make()))
    assert made.status == t.TemplateStatus.PENDING
    _, one = await graph.graph("GET", f"{made.id}?fields=components,category")
    assert one["components"]


@pytest.mark.parametrize(("make", "subcode"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
async def test_what_meta_would_refuse_is_refused(graph: Harness, make: Callable[[], t.Template], subcode: int) -> None:
    with pytest.raises(pywa.errors.WhatsAppError) as refused:
        await ask(graph, lambda client: client.create_template(make()))
    assert refused.value.subcode == subcode


async def test_the_photo_of_a_profile_goes_the_same_way(graph: Harness) -> None:
    # What pywa is given as bytes it calls a JPEG.
    picture = b"\xff\xd8\xff\xe0" + bytes(500)
    assert await ask(graph, lambda client: client.update_business_profile(profile_picture=picture))
    _, told = await graph.graph("GET", f"{PNID}/whatsapp_business_profile?fields=profile_picture_url")
    assert told["data"][0]["profile_picture_url"].startswith("https://")


async def test_a_file_broken_off_goes_on_where_it_was(graph: Harness) -> None:
    file = photo()

    def in_two(client: pywa.WhatsApp) -> Any:
        session = client.api.create_upload_session(APP, "foto.png", len(file), "image/png")["id"]
        assert "h" not in client.api.upload_file(session, file[:100])
        assert client.api.get_upload_session(session)["file_offset"] == 100
        return client.api.upload_file(session, file[100:], file_offset=100)

    assert (await ask(graph, in_two))["h"].startswith("4:")


WRONG: list[tuple[str, Ask, int]] = [
    ("a type Meta takes none of", lambda c: c.api.create_upload_session(APP, "a.gif", 10, "image/gif"), 100),
    ("too large", lambda c: c.api.create_upload_session(APP, "a.png", 5 * 1024 * 1024 + 1, "image/png"), 100),
    ("no length", lambda c: c.api.create_upload_session(APP, "a.png", 0, "image/png"), 100),
    ("another app", lambda c: c.api.create_upload_session("777", "a.png", 10, "image/png"), 100),
    ("the wrong offset", lambda c: c.api.upload_file(begun(c), b"x" * 5, file_offset=3), 6000),
    ("more than was said", lambda c: c.api.upload_file(begun(c), b"x" * 11), 6000),
    ("other bytes than it says", lambda c: c.api.upload_file(begun(c), b"x" * 10), 6000),
    ("no session", lambda c: c.api.upload_file("upload:none", b"x" * 10), 100),
]


def begun(client: pywa.WhatsApp) -> str:
    return str(client.api.create_upload_session(APP, "a.png", 10, "image/png")["id"])


@pytest.mark.parametrize(("call", "code"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
async def test_an_upload_that_is_wrong_is_refused(graph: Harness, call: Ask, code: int) -> None:
    with pytest.raises(pywa.errors.WhatsAppError) as refused:
        await ask(graph, call)
    assert refused.value.code == code


async def test_a_piece_without_its_offset_is_refused(graph: Harness) -> None:
    session = (await ask(graph, begun)).partition("?")[0]
    status, told = await graph.graph("POST", session)
    assert (status, told["error"]["code"]) == (400, 100)
