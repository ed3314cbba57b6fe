"""What the form that sends a template says is wrong: at each of its fields, all at once."""

import re
from html import unescape

import pytest
from test_message_templates import page
from test_send_template import closed
from test_send_template import form_of as send_form_of
from test_template_kinds import BODY, COUPON, LINK, MPM, OFFER, PRODUCT, SPM, TITLE, approved, buttons, cards, marketing

from rig import Rig, Shop
from wacloud.modules.whatsapp.domain.message_template import Draft
from wacloud.modules.whatsapp.domain.template_products import lines_in


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def refused(rig: Rig, shop: Shop, draft: Draft, values: dict[str, str]) -> tuple[list[str], str]:
    """What stands at its fields, and the whole page."""
    await approved(rig, shop, draft)
    path = await send_form_of(rig, shop, await closed(rig, shop), "algo")
    status, told = await page(rig, shop, f"{path}?lang=es", {"key": "template-key-7"} | values)
    assert status == 422
    assert await rig.messages(shop, "out") == []
    told = unescape(told)
    return re.findall(r'class="field-error"[^>]*>(.*?)</small>', told), told


async def test_all_of_it_is_told_at_once(rig: Rig, shop: Shop):
    values = {"blank.copy_code.0": "x" * 21, "blank.offer.ends": "2020-01-01T10:00"}
    at_fields, told = await refused(rig, shop, marketing(OFFER, BODY, buttons(COUPON, LINK)), values)
    assert at_fields == ["Esto ya ha pasado.", "Demasiado largo: 20 caracteres como máximo."]
    assert f'value="{"x" * 21}"' in told
    assert 'value="2020-01-01T10:00"' in told
    assert "Mira lo que está marcado abajo." in told


async def test_what_is_missing_is_told_beside_what_is_wrong(rig: Rig, shop: Shop):
    values = {"blank.copy_code.0": "", "blank.offer.ends": "2020-01-01T10:00"}
    at_fields, _ = await refused(rig, shop, marketing(OFFER, BODY, buttons(COUPON, LINK)), values)
    assert at_fields == ["Esto ya ha pasado.", "Esto es obligatorio."]


async def test_sections_with_the_same_trouble_are_one_sentence_with_their_lines(rig: Rig, shop: Shop):
    written = "\n".join(f"Una sección demasiado larga {n}:\nqueso-{n}" for n in range(12))
    at_fields, told = await refused(rig, shop, marketing(TITLE, BODY, buttons(MPM)), {"blank.mpm.0": written})
    [said] = at_fields
    lines = ", ".join(str(2 * n + 1) for n in range(12))
    assert f"Líneas {lines}: Demasiado largo: 24 caracteres como máximo." in said
    assert said.count("Demasiado largo") == 1
    assert written in told.replace("\r\n", "\n")


async def test_a_card_is_told_by_its_line_and_the_catalogue_once(rig: Rig, shop: Shop):
    values = {"blank.cards.catalog_id": "7" * 101, "blank.cards.products": f"queso\n{'x' * 101}"}
    draft = marketing(BODY, cards(*[[PRODUCT, buttons(SPM)]] * 2))
    at_fields, _ = await refused(rig, shop, draft, values)
    words = "Demasiado largo: 100 caracteres como máximo."
    assert at_fields == [words, f"Línea 2: {words}"]


def test_lines_of_a_list_are_counted_as_a_person_sees_them():
    assert lines_in("queso\n\nPan:\nhogaza\n  chapata ") == [(1, [1]), (3, [4, 5])]
