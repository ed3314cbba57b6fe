"""Every starter is one Meta's rules let through as it is, in both languages, for every sector."""

import pytest

from rig import Rig
from wacloud.modules.business.domain.profile import SECTORS
from wacloud.modules.whatsapp.domain.template_lint import lint
from wacloud.modules.whatsapp.domain.template_starters import STARTERS, Starter, starters_for
from wacloud.modules.whatsapp.ui.template_form import started_from


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("starter", STARTERS, ids=lambda one: one.name)
def test_the_linter_has_nothing_to_say_of_a_starter(starter: Starter, language: str):
    assert lint(started_from(starter, language).draft()) == []


@pytest.mark.parametrize("sector", SECTORS)
def test_each_sector_has_some_for_news_and_names_are_used_once(sector: str):
    found = starters_for(sector)
    assert len([one for one in found if one.category == "UTILITY"]) >= 3
    assert len({one.name for one in STARTERS}) == len(STARTERS)


async def test_the_form_is_filled_in_from_a_starter_of_the_business_s_sector(rig: Rig):
    shop = await rig.shop(enabled=False)
    async with rig.http.get(f"{rig.url}/templates/new?start=we_answer_now", headers=rig.bearer(shop)) as answer:
        page = await answer.text()
    assert answer.status == 200
    assert 'value="we_answer_now"' in page
    assert "Contesta a este mensaje" in page
    async with rig.http.get(f"{rig.url}/templates/new?start=nothing&language=xx", headers=rig.bearer(shop)) as answer:
        assert answer.status == 200
