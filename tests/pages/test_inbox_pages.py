"""The inbox as a browser without JavaScript gets it."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from aiohttp import ClientSession, CookieJar
from frozen_shop import NOW, a_conversation, a_message, a_status, a_webhook, an_entry, by_bot, heard_ago, id_of
from page_rig import TOKEN, Rig

from wacloud.modules.whatsapp.application.simulate import SimulatedPerson
from wacloud.modules.whatsapp.domain.conversation import OutsideServiceWindow
from wacloud.modules.whatsapp.ui import simulator_pages
from wacloud.shared.ui.pages import hue

LUCIA = id_of("Lucía Fernández")
MARCOS = id_of("Marcos Ortega")
PAGE = {"accept": "text/html"}


@pytest_asyncio.fixture(loop_scope="session")
async def client(rig: Rig) -> AsyncIterator[ClientSession]:
    cookies = {"wacloud_session": TOKEN}
    headers = PAGE | {"origin": rig.base_url}
    async with ClientSession(rig.base_url, cookie_jar=CookieJar(unsafe=True), cookies=cookies, headers=headers) as made:
        yield made


async def text_of(client: ClientSession, path: str, **kwargs: object) -> str:
    async with client.get(path, **kwargs) as answer:  # type: ignore[arg-type]
        assert answer.status == 200
        return await answer.text()


async def test_the_start_leads_to_the_inbox(client: ClientSession) -> None:
    async with client.get("/", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["location"]) == (303, "/inbox")


async def test_the_list_shows_who_waits_and_why_and_how_long_one_may_reply(client: ClientSession) -> None:
    page = await text_of(client, "/inbox?show=all")
    assert page.index("Marcos Ortega") < page.index("Inés Álvarez") < page.index("Rosa M.")
    assert "En espera: pidió hablar con una persona" in page
    assert re.search(r"data-left>\s*23 h<", page)
    assert "Se han acabado las 24 horas de respuesta libre" in page
    assert 'data-count="waiting">2<' in page


async def test_a_filter_and_a_search_show_only_what_they_name(client: ClientSession) -> None:
    waiting = await text_of(client, "/inbox", params={"show": "waiting"})
    assert "Marcos Ortega" in waiting
    assert "Inés Álvarez" not in waiting
    found = await text_of(client, "/inbox", params={"q": "albarán"})
    assert "Distribuciones Peláez" in found
    assert "Marcos Ortega" not in found
    assert "No se ha encontrado nada para «&lt;b&gt;»" in await text_of(client, "/inbox", params={"q": "<b>"})


async def test_an_unknown_filter_is_refused(client: ClientSession) -> None:
    async with client.get("/inbox", params={"show": "secrets"}) as answer:
        assert answer.status == 422


async def test_more_of_the_list_is_one_link_away(rig: Rig, client: ClientSession) -> None:
    rig.inbox.page_size = 4
    first = await text_of(client, "/inbox?show=all")
    link = re.search(r'href="(/inbox\?[^"]*cursor=4)"', first)
    assert link is not None
    assert "Rosa M." not in first
    second = await text_of(client, link[1].replace("&amp;", "&"))
    assert "Distribuciones Peláez" in second


async def test_a_thread_shows_every_kind_of_message(client: ClientSession) -> None:
    page = await text_of(client, f"/inbox/{LUCIA}")
    for told in (
        "Nota de voz",
        "no está guardado aquí",
        "factura-2291.pdf · 184 kB",
        "Plaza Mayor",
        "40.4155, -3.7074",
        "2 × vela-lavanda",
        "12,50\xa0€",
        "Taller Ana",
        "Eligió de la lista",
        "personas",
        "WhatsApp no ha podido pasarnos este mensaje.",
        "encuesta",
        "Lo quiero en rojo",
        "Este mensaje se eliminó",
        "Reenviado",
        "Viene de: Velas de temporada",
        "Cambió su número de teléfono",
        "Para una persona: una foto, una nota de voz o un archivo que debe ver una persona",
        "Esta persona no puede recibirlo en WhatsApp",
        "aún no sabemos si ha llegado",
        "gpt-5-mini",
        "1240 + 58",
        "0,00043\xa0US$",
        "87\xa0%",
    ):
        assert told in page, told
    assert ">uy<" not in page, "a deleted message is not shown"
    assert "flow_token" not in page
    assert not re.search(r"(image|audio|video|application)/[a-z]", re.sub(r"<[^>]*>", "", page)), "words for programs"


async def test_a_text_looks_as_on_the_phone(rig: Rig, client: ClientSession) -> None:
    text = "*negrita* _cursiva *las dos*_ ~tachado~ ```a*b``` 2*3*4 mi_nombre_largo *<b>* *sin fin"
    row = rig.inbox.put(a_conversation("Marcas", last_preview=text))
    rig.inbox.put(row, a_message(row, text))
    page = await text_of(client, f"/inbox/{row.id}?show=all")
    assert (
        "<strong>negrita</strong> <em>cursiva <strong>las dos</strong></em> <s>tachado</s> <code>a*b</code> "
        "2*3*4 mi_nombre_largo <strong>&lt;b&gt;</strong> *sin fin</div>"
    ) in page
    assert "negrita cursiva las dos tachado a*b 2*3*4 mi_nombre_largo &lt;b&gt; *sin fin</span>" in page


@pytest.mark.parametrize(
    ("heard", "state", "code", "is_offered"),
    [
        (1, "unconfirmed", None, True),
        (1, "failed", 131056, True),
        (1, "failed", 131047, True),
        (1, "failed", 131026, False),
        (30, "failed", 131056, False),
    ],
    ids=["unknown fate", "too fast", "window was closed", "nobody there", "window is closed"],
)
async def test_sending_again_is_offered_only_where_it_can_help(
    rig: Rig, client: ClientSession, heard: int, state: str, code: int | None, is_offered: bool
) -> None:
    row = rig.inbox.put(a_conversation("Otra vez", **heard_ago(hours=heard)))
    rig.inbox.put(row, by_bot(row, "Hola", state=state, error={"code": code}))
    page = await text_of(client, f"/inbox/{row.id}")
    assert ("/send-again" in page) is is_offered


async def test_of_messages_that_ended_the_same_way_only_the_last_says_how(rig: Rig, client: ClientSession) -> None:
    row = rig.inbox.put(a_conversation("Tres", handler="waiting", handed_over_because="no_match"))
    rig.inbox.put(row, *(a_message(row, text, state="handed_over", reason="no_match") for text in "abc"))
    page = await text_of(client, f"/inbox/{row.id}")
    assert page.count("Para una persona: no se encontró nada adecuado") == 1
    head = page[page.index('id="thread-head"') :]
    assert "no se encontró" not in head[: head.index("</header>")]


async def test_an_open_page_gets_only_the_thread(client: ClientSession) -> None:
    page = await text_of(client, f"/inbox/{LUCIA}", headers={"HX-Request": "true"})
    assert page.lstrip().startswith('<section id="pane"')
    assert "<html" not in page


async def test_earlier_messages_are_one_link_away(rig: Rig, client: ClientSession) -> None:
    rig.inbox.thread_size = 5
    newest = await text_of(client, f"/inbox/{LUCIA}")
    assert "Mensajes anteriores" in newest
    assert "envío a Canarias" not in newest
    earlier = await text_of(client, f"/inbox/{LUCIA}?before=5")
    assert "envío a Canarias" in earlier
    assert "Mensajes más recientes" in earlier


async def test_a_conversation_that_is_not_there_is_404(client: ClientSession) -> None:
    async with client.get(f"/inbox/{uuid4()}") as answer:
        assert answer.status == 404
        assert "Aquí no hay nada" in await answer.text()


async def test_pages_are_never_kept_by_a_cache_and_run_nothing_inline(client: ClientSession) -> None:
    async with client.get(f"/inbox/{LUCIA}") as answer:
        page = await answer.text()
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)


async def test_what_people_write_is_shown_as_text(rig: Rig, client: ClientSession) -> None:
    evil = '<img src=x onerror=alert(1)>"\'{{ "ab" * 3 }}'
    row = rig.inbox.put(
        a_conversation(evil, last_preview=evil, username=evil, handler="waiting", handed_over_because=evil)
    )
    rig.inbox.put(
        row,
        a_message(row, evil),
        a_message(row, None, kind="document", content={"media": {"filename": evil, "mime_type": evil}}),
        a_message(row, None, kind="contacts", content={"contacts": [{"name": evil, "phones": [{"phone": evil}]}]}),
        a_message(row, None, kind="interactive", content={"flow": {"data": {evil: evil}}}),
        a_message(row, None, kind="unsupported", content={"unsupported_kind": evil}),
        a_message(row, evil, kind="location", content={"location": {"latitude": 1, "longitude": 2, "name": evil}}),
        by_bot(row, evil, state="failed", error={"code": 999999, "title": evil}),
    )
    page = await text_of(client, f"/inbox/{row.id}")
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") > 8
    assert "ababab" not in page


ODD_CONTENTS: tuple[dict[str, object], ...] = (
    {"media": "nothing"},
    {"media": {"mime_type": 7, "size": "big"}},
    {"location": {"latitude": "x"}},
    {"contacts": {"a": 1}},
    {"contacts": [None, "x"]},
    {"order": {"items": "x"}},
    {"order": {"items": [{"price": "NaN", "currency": "EUR"}, {"price": "a lot", "currency": "ZZZ"}, {"price": 3}]}},
    {"flow": {"data": [1]}},
    {"flow": {"raw": {"a": [1, None]}}},
    {"reply": []},
    {"errors": "x"},
    {"buttons": [None, {}, {"reply": {"title": "Sí"}}]},
)
ODD_KINDS = ("image", "location", "contacts", "order", "interactive", "something_new")


async def test_content_of_any_shape_is_shown(rig: Rig, client: ClientSession) -> None:
    row = rig.inbox.put(a_conversation("Rara"))
    wanted = []
    for kind in ODD_KINDS:
        for number, content in enumerate(ODD_CONTENTS):
            wanted.append(f"texto {kind} {number}.")
            rig.inbox.put(row, a_message(row, wanted[-1], kind=kind, content=content))
    rig.inbox.thread_size = 100
    page = await text_of(client, f"/inbox/{row.id}")
    assert [text for text in wanted if text not in page] == []


async def test_only_web_addresses_become_links_and_they_tell_nothing(rig: Rig, client: ClientSession) -> None:
    row = rig.inbox.put(a_conversation("Enlaces"))
    text = 'mira (https://a.example/x_(y)?q="1) y http://b.example. pero javascript:alert(1) data:text/html,x ftp://c.example'
    rig.inbox.put(row, a_message(row, text))
    page = await text_of(client, f"/inbox/{row.id}")
    links = re.findall(r'<a href="([^"]*)" target="_blank" rel="([^"]*)"', page)
    assert [link for link, _ in links] == ["https://a.example/x_(y)?q=", "http://b.example"]
    assert all("noopener" in rel and "noreferrer" in rel for _, rel in links)


async def test_the_language_follows_the_person_then_the_cookie_then_the_address(
    rig: Rig, client: ClientSession
) -> None:
    assert '<html lang="es"' in await text_of(client, "/inbox")
    rig.door.language = "en"
    assert '<html lang="en"' in await text_of(client, "/inbox")
    async with client.get("/inbox", params={"lang": "es"}) as answer:
        assert '<html lang="es"' in await answer.text()
        assert answer.cookies["lang"].value == "es"
    assert '<html lang="es"' in await text_of(client, "/inbox"), "remembered"


async def test_the_theme_is_drawn_by_the_server(rig: Rig, client: ClientSession) -> None:
    assert "data-bs-theme" not in await text_of(client, "/inbox")
    chosen = {"theme": "dark", "next": "/ledger"}
    async with client.post("/preferences", data=chosen, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["location"]) == (303, "/ledger")
    assert '<html lang="es" data-bs-theme="dark">' in await text_of(client, "/inbox")
    async with client.post("/preferences", data={"theme": "system"}, allow_redirects=False) as answer:
        assert answer.headers["location"] == "/"
    assert "data-bs-theme" not in await text_of(client, "/inbox")


@pytest.mark.parametrize(
    "address", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)"]
)
async def test_preferences_lead_only_to_pages_of_ours(client: ClientSession, address: str) -> None:
    async with client.post("/preferences", data={"theme": "dark", "next": address}, allow_redirects=False) as answer:
        assert answer.headers["location"] == "/"


async def test_a_reply_is_sent_by_a_plain_form(rig: Rig, client: ClientSession) -> None:
    page = await text_of(client, f"/inbox/{MARCOS}")
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    sent = {"key": key[1], "text": "  Hola, soy Carmen  "}
    async with client.post(f"/inbox/{MARCOS}/reply", data=sent) as answer:
        assert answer.status == 200
        assert answer.url.path == f"/inbox/{MARCOS}"
        assert "Hola, soy Carmen" in await answer.text()
    assert rig.wrote.replies == [(MARCOS, "Hola, soy Carmen", key[1])]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
async def test_a_refused_reply_keeps_what_was_written(rig: Rig, client: ClientSession, headers: dict[str, str]) -> None:
    rig.wrote.refuse_with = OutsideServiceWindow()
    sent = {"key": "0123456789abcdef", "text": "No lo pierdas"}
    async with client.post(f"/inbox/{MARCOS}/reply", data=sent, headers=headers) as answer:
        page = await answer.text()
        assert answer.status == 422
    assert ">No lo pierdas</textarea>" in page
    assert "Han pasado más de 24 horas desde que esta persona escribió" in page


async def test_outside_the_window_there_is_an_explanation_and_no_form(client: ClientSession) -> None:
    page = await text_of(client, f"/inbox/{id_of('Rosa M.')}")
    assert "solo se puede enviar una plantilla aprobada" in page
    assert 'id="reply"' not in page
    assert 'id="note-text"' in page, "the team may still tell each other"


async def test_a_person_takes_over_and_gives_back(rig: Rig, client: ClientSession) -> None:
    async with client.post(f"/inbox/{MARCOS}/take-over") as answer:
        assert "Devolver al asistente" in await answer.text()
    async with client.post(f"/inbox/{MARCOS}/give-back", headers={"HX-Request": "true"}) as answer:
        head = await answer.text()
    assert head.lstrip().startswith('<header id="thread-head"')
    assert "Atender yo" in head
    async with client.post(f"/inbox/{MARCOS}/seen", headers={"HX-Request": "true"}) as answer:
        assert answer.status == 204
    message = id_of("some message")
    form = {"conversation": str(MARCOS)}
    async with client.post(f"/inbox/messages/{message}/send-again", data=form) as answer:
        assert answer.url.path == f"/inbox/{MARCOS}"
    assert rig.wrote.asked == [
        ("take_over", MARCOS),
        ("give_back", MARCOS),
        ("mark_seen", MARCOS),
        ("send_again", message),
    ]


async def test_a_form_of_another_site_changes_nothing(rig: Rig, client: ClientSession) -> None:
    async with client.post(f"/inbox/{MARCOS}/take-over", headers={"origin": "https://evil.example"}) as answer:
        assert answer.status == 403
    assert rig.wrote.asked == []


async def test_an_analyst_sees_the_ledger_but_no_message(rig: Rig, client: ClientSession) -> None:
    rig.door.role = "analyst"
    async with client.get("/inbox") as answer:
        assert answer.status == 403
    assert "Cuadra" in await text_of(client, "/ledger")
    rows = await text_of(client, "/ledger/rows?group=inbound&state=handed_over")
    assert f"/inbox/{LUCIA}" not in rows


async def test_without_a_session_nothing_is_shown(rig: Rig, client: ClientSession) -> None:
    rig.door.is_open = False
    async with client.get(f"/inbox/{LUCIA}", allow_redirects=False) as answer:
        assert answer.status in (302, 303)
        assert answer.headers["location"].startswith("/login")
    async with client.get("/live", headers={"accept": "text/event-stream"}) as answer:
        assert answer.status == 401


async def test_day_headings_and_times_are_those_of_the_business(rig: Rig, client: ClientSession) -> None:
    row = rig.inbox.put(a_conversation("Días", last_message_at=NOW - timedelta(days=1)))
    for ago in (1, 0):
        rig.inbox.put(row, a_message(row, f"hace {ago}", sent_at=NOW - timedelta(days=ago)))
    page = await text_of(client, f"/inbox/{row.id}")
    assert (
        page.index("<span>Ayer</span>") < page.index("hace 1") < page.index("<span>Hoy</span>") < page.index("hace 0")
    )


async def test_static_files_are_kept_for_a_year_under_an_address_of_their_content(client: ClientSession) -> None:
    page = await text_of(client, "/inbox")
    address = re.search(r'href="(/static/app\.css\?v=[0-9a-f]{12})"', page)
    assert address is not None
    async with client.get(address[1]) as answer:
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-encoding"] == "gzip"
        tag = answer.headers["etag"]
    async with client.get("/static/app.css", headers={"if-none-match": tag}) as answer:
        assert answer.status == 304
        assert "no-cache" in answer.headers["cache-control"]
    for absent in ("/static/nothing.css", "/static/../pages.py", "/static/%2e%2e/pages.py", "/static/icons.txt"):
        async with client.get(absent) as answer:
            assert answer.status == 404


async def test_the_ledger_says_where_every_message_stands(client: ClientSession) -> None:
    page = await text_of(client, "/ledger")
    assert "Cuadra" in page
    assert 'href="/ledger/rows?group=inbound&amp;state=answered"' in page
    assert "group=outbound&amp;state=failed&amp;reason=meta%3A131026" in page
    widths = [int(width) for width in re.findall(r'<rect class="fill-[a-z_]+" x="\d+" y="0" width="(\d+)"', page)]
    assert min(widths) >= 6


async def test_the_ledger_says_it_when_it_does_not_balance(rig: Rig, client: ClientSession) -> None:
    rig.inbox.books = replace(rig.inbox.books, inbound={"stored": 10, "answered": 7})
    page = await text_of(client, "/ledger")
    assert "Faltan 3 mensajes por cuadrar" in page


async def test_every_number_of_the_ledger_opens_its_rows(rig: Rig, client: ClientSession) -> None:
    rig.inbox.books = replace(rig.inbox.books, samples={"inbound": 31, "outbound": 1})
    page = await text_of(client, "/ledger")
    assert re.findall(r"<b>\d+</b>(?!</a>|<span>)|class=\"big\">\d", page) == []
    assert "31 de ellos son del historial de ejemplo" in page
    assert "1 de ellos es del historial de ejemplo" in page
    assert "Lo que enviamos: todo" in await text_of(client, "/ledger/rows?group=outbound&state=all")


async def test_who_waits_is_told_on_every_page(client: ClientSession) -> None:
    for path in ("/inbox", "/ledger", "/ledger/rows?group=inbound&state=handed_over"):
        # Of those whose 24 hours are not over, as the inbox lists them: of this old shop nobody.
        assert '<b class="rail-count" data-count="due" hidden>0</b>' in await text_of(client, path)


async def test_a_delivery_is_told_in_a_line_and_opens_to_what_came(rig: Rig, client: ClientSession) -> None:
    evil = "<script>alert(1)</script>"
    message = {"id": "wamid.HBgLAAAABBBBCCCC=", "from": "34600111222", "timestamp": "1795000000", "type": "text"}
    wrote = {
        "contacts": [{"profile": {"name": evil}, "wa_id": "34600111222"}],
        "messages": [message | {"text": {"body": evil}}],
        "statuses": [a_status("read")],
    }
    rig.inbox.webhooks = [
        a_webhook({"entry": [an_entry("waba", "number", wrote)]}, 5, notes=["no business here has 9"])
    ]
    page = await text_of(client, "/ledger/rows?group=webhooks&state=received")
    assert "Mensaje, Acuse: leído</a>" in page
    assert "…BBBBCCCC" in page
    assert evil not in page
    link = re.search(r'href="(/ledger/webhooks/5\?at=[^"]+)"', page)
    assert link is not None
    opened = await text_of(client, link[1])
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in opened
    assert evil not in opened
    assert "no business here has 9" in opened
    assert "Procesada" in opened
    rig.door.role = "analyst"
    counted = await text_of(client, link[1])
    assert "34600111222" not in counted
    assert "script&gt;alert" not in counted


async def test_of_a_shared_delivery_a_business_sees_its_own_part(rig: Rig, client: ClientSession) -> None:
    entries = [
        an_entry("waba", "number", {"statuses": [a_status("sent", "wamid.MINE")]}),
        an_entry("waba of others", "number of others", {"statuses": [a_status("sent", "wamid.THEIRS")]}),
        {"id": "waba of others", "changes": [{"field": "account_alerts", "value": {"secret": "of others"}}]},
        {"id": "waba", "changes": [{"field": "account_alerts", "value": {"alert": "of ours"}}, "broken"]},
        "broken",
    ]
    rig.inbox.webhooks = [a_webhook({"entry": entries}), a_webhook(b'{"entry": "of others', 2, state="failed")]
    at = {"at": rig.inbox.webhooks[0].at.isoformat()}
    rows = await text_of(client, "/ledger/rows?group=webhooks&state=received")
    opened = await text_of(client, "/ledger/webhooks/1", params=at)
    broken = await text_of(client, "/ledger/webhooks/2", params=at)
    assert "wamid.MINE" in opened
    assert "of ours" in opened
    for page in (rows, opened, broken):
        assert "THEIRS" not in page
        assert "of others" not in page
    async with client.get("/ledger/webhooks/3", params=at) as answer:
        assert answer.status == 404


async def test_an_empty_ledger_balances(rig: Rig, client: ClientSession) -> None:
    rig.inbox.books = replace(rig.inbox.books, webhooks={}, inbound={}, outbound={})
    assert "Cuadra" in await text_of(client, "/ledger")


async def test_the_rows_behind_a_number(client: ClientSession) -> None:
    page = await text_of(client, "/ledger/rows?group=inbound&state=handed_over&reason=asked_for_person")
    assert "Lo que escribieron los clientes: a una persona" in page
    assert "Motivo: pidió hablar con una persona" in page
    assert f'href="/inbox/{LUCIA}"' in page
    async with client.get("/ledger/rows?group=secrets&state=x") as answer:
        assert answer.status == 422


async def test_the_ledger_as_json(rig: Rig) -> None:
    rig.inbox.books.outbound.pop("dispatching")
    async with (
        ClientSession(rig.base_url, headers={"authorization": f"Bearer {TOKEN}"}) as client,
        client.get("/api/whatsapp/ledger") as answer,
    ):
        told = await answer.json()
    assert told["webhooks"] == {"received": 412, "processed": 409, "pending": 2, "failed": 1}
    assert told["inbound"] == {"stored": 184, "answered": 131, "handed_over": 31, "ignored": 20, "pending": 2}
    assert told["outbound"]["dispatching"] == 0
    assert set(told["outbound"]) == {"queued", "dispatching", "sent", "delivered", "read", "failed", "unconfirmed"}
    assert told["reasons"]["ignored"] == {"reaction": 11, "nothing_to_answer": 6, "system": 3}


def test_a_person_has_one_colour_in_the_inbox_and_on_the_phone() -> None:
    shown = a_conversation("Paco (el del quiosco)", phone="34600000102")
    hidden = a_conversation("Nuria V.", phone=None, username="nuria.vela")
    paco = SimulatedPerson("ES.1", "Paco", "34600000102", username="paco", hides_phone=False)
    nuria = SimulatedPerson("ES.2", "Nuria V.", "34600000104", username="nuria.vela", hides_phone=True)
    assert hue(shown.face) == simulator_pages._row(paco)["tone"]
    assert hue(hidden.face) == simulator_pages._row(nuria)["tone"]


def test_people_whose_numbers_follow_each_other_have_different_colours() -> None:
    counts = Counter(hue(f"346000001{number:02}") for number in range(24))
    assert len(counts) == 8
    assert max(counts.values()) <= 5
