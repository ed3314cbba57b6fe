"""What the form of a template says is wrong: at which of its fields, in its own words."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from test_message_templates import page

from rig import Rig, Shop
from wacloud.modules.whatsapp.domain.template_lint import lint
from wacloud.modules.whatsapp.ui.template_fields import Told, label_of, told_in_form
from wacloud.modules.whatsapp.ui.template_form import Filled, FilledCard

WRITTEN = Filled(name="algo", category="MARKETING", body="Tenemos algo para ti. Si no quieres más, escribe BAJA.")
FILE = "0190a1b2-0000-7000-8000-000000000001"
CODE = Filled(name="codigo", category="AUTHENTICATION")
OFFER = replace(WRITTEN, offer_text="Solo hoy", coupon="TARTA25", link_text="Ver", link_url="https://example.com/t")


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


def told(filled: Filled, language: str = "es") -> list[Told]:
    return [one for one in told_in_form(lint(filled.draft()), filled, language) if one.severity == "error"]


def fields(filled: Filled) -> list[tuple[str, str]]:
    return [(one.name, one.label) for one in told(filled)]


@pytest.mark.parametrize(
    ("filled", "at"),
    [
        (replace(WRITTEN, replies=("Sí", "Sí", "")), [("reply_1", "Respuesta rápida 2")]),
        (replace(WRITTEN, replies=("", "Sí", "Sí")), [("reply_2", "Respuesta rápida 3")]),
        (replace(CODE, code_minutes="91"), [("code_minutes", "Minutos que vale")]),
        (replace(CODE, code_label="x" * 26), [("code_label", "Texto del botón que lo copia")]),
        (replace(WRITTEN, coupon="x" * 16), [("coupon", label_of("coupon", "es"))]),
        (replace(WRITTEN, header_kind="image"), [("header_file", "Archivo de ejemplo, para quien la revisa")]),
        (replace(WRITTEN, link2_text="Ver", link2_url="no"), [("link2_url", "Segundo enlace: dirección")]),
        (replace(WRITTEN, call_text="Llama", call_phone="x"), [("call_phone", "Teléfono al que llama")]),
    ],
)
def test_a_finding_names_the_field_as_the_form_does(filled: Filled, at: list[tuple[str, str]]):
    assert fields(filled) == at


def test_an_app_is_named_by_its_line():
    apps = "com.panaderia.sol K8a/AINcGX7\n\ncom.panaderia.sol K8a\nsol K8a/AINcGX7"
    filled = replace(CODE, code_way="ONE_TAP", code_apps=apps)
    label = "Tus apps de Android, una por línea"
    assert fields(filled) == [("code_apps", f"{label} · línea 3"), ("code_apps", f"{label} · línea 4")]


def test_a_card_is_named_by_its_number():
    cards = (FilledCard(file=FILE, reply="Ver"), FilledCard(file=FILE, reply="x" * 26))
    assert fields(replace(WRITTEN, cards=cards)) == [("card_1_reply", "Tarjeta 2 · Respuesta rápida")]


@pytest.mark.parametrize("days", ["99", "0", "x"])
def test_days_are_told_in_days(days: str):
    [one] = told(replace(WRITTEN, wa_call="Llama", wa_call_days=days))
    assert (one.name, one.words) == ("wa_call_days", "De 1 a 30 días, en cifras.")


def test_an_offer_takes_quick_replies_after_its_other_buttons():
    filled = replace(OFFER, replies=("No más ofertas", "", ""))
    assert told(filled) == []
    kinds = [button["type"] for button in filled.draft().components[-1]["buttons"]]
    assert kinds == ["COPY_CODE", "URL", "QUICK_REPLY"]


@pytest.mark.parametrize(
    ("other", "at"),
    [
        ({"products": "CATALOG", "header": "Tartas"}, "products"),
        ({"products": "MPM", "header_kind": "image", "header_file": FILE}, "products"),
        ({"header_kind": "product"}, "header_kind"),
    ],
)
def test_an_offer_beside_the_catalogue_is_one_error(other: dict[str, Any], at: str):
    [one] = told(replace(OFFER, **other))
    assert one.name == at
    assert one.words.startswith("Una oferta con final no va con productos ni con el catálogo")


async def test_a_refusal_lists_its_reasons_and_marks_their_fields(rig: Rig, shop: Shop):
    form = {"name": "algo", "category": "MARKETING", "body": WRITTEN.body, "reply_0": "Sí", "reply_1": "Sí"}
    status, shown = await page(rig, shop, "/templates?lang=es", form)
    assert status == 422
    [summary] = re.findall(r'id="refused".*?</ul>', shown, re.DOTALL)
    assert 'role="alert" autofocus' in summary
    assert '<a href="#f-reply_1">Respuesta rápida 2</a>: Está repetido.' in unescape(summary)
    assert re.search(r'id="f-reply_1"[^>]* aria-describedby="e-reply_1" aria-invalid="true"', shown)
    assert re.search(r'id="e-reply_1"[^>]*>Está repetido.<', shown)


async def test_a_form_nobody_sent_yet_marks_no_field(rig: Rig, shop: Shop):
    form = {"name": "algo", "category": "MARKETING", "body": ""}
    status, shown = await page(rig, shop, "/templates/check", form)
    assert status == 200
    assert "aria-invalid" not in shown
    assert 'id="refused"' not in shown


async def test_an_example_asks_before_it_takes_the_place_of_what_was_written(rig: Rig, shop: Shop):
    form = {"name": "lo_mio", "category": "MARKETING", "body": "Lo que he escrito yo."}
    status, shown = await page(rig, shop, "/templates/start?start=we_answer_now&language=es&lang=es", form)
    assert status == 200
    assert "¿Sustituir lo que has escrito por «we_answer_now»?" in shown
    assert "Lo que he escrito yo.</textarea>" in shown
    assert 'href="/templates/new?start=we_answer_now&amp;language=es"' in shown


async def test_an_example_takes_the_place_of_nothing_or_of_another_at_once(rig: Rig, shop: Shop):
    for start in ("", "?start=we_answer_now"):
        shown = (await page(rig, shop, f"/templates/new{start}"))[1]
        fields = dict(re.findall(r'<input class="box" id="[^"]*" name="([a-z_0-9]+)"[^>]* value="([^"]*)"', shown))
        fields |= {
            name: unescape(text) for name, text in re.findall(r'name="(body\w*)"[^>]*>([^<]*)</textarea>', shown)
        }
        shown = (await page(rig, shop, "/templates/start?start=we_answer_now&language=en", fields))[1]
        assert 'role="alertdialog"' not in shown
        assert re.search(r'name="name"[^>]* value="we_answer_now"', shown)


async def test_the_language_of_the_examples_changes_nothing_that_was_written(rig: Rig, shop: Shop):
    form = {"name": "lo_mio", "body": "Lo que he escrito yo."}
    shown = (await page(rig, shop, "/templates/start?language=en", form))[1]
    assert "Lo que he escrito yo.</textarea>" in shown
    assert 'role="alertdialog"' not in shown
