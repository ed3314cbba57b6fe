"""Who is told that a person will answer hears when the business opens, as long as it is closed."""

from dataclasses import replace
from typing import Any

import pytest
from bot_builders import deps, question

from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.domain.answer import Answer
from wacloud.modules.bot.domain.question import BusinessFacts
from wacloud.modules.bot.domain.settings import BotSettings

OPENS = {"es": "abrimos mañana a las 9:30", "en": "we open tomorrow at 9:30", "pt": "abrimos amanhã às 9:30"}
SHUT = BusinessFacts("Casa Olmo", "retail", "es", "Europe/Madrid", {}, is_open=False, opens=OPENS)


async def said(text: str, facts: BusinessFacts = SHUT, **settings: Any) -> Answer:
    return await compose_answer(deps(), question(text, facts=facts, settings=BotSettings(**settings)))


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("quiero hablar con una persona", {}),
        ("tengo una reclamación", {"hand_over_words": ("reclamación",)}),
        ("sois unos estafadores, qué vergüenza", {}),
        ("¿reparáis cohetes?", {"hand_over_after": 1}),
        ("¿reparáis cohetes?", {"hand_over_after": 1, "fallback_text": "Te responde Marta."}),
        ("me quiero morir", {}),
    ],
)
async def test_whoever_is_handed_over_hears_when_the_business_opens(text: str, settings: dict[str, Any]) -> None:
    answer = await said(text, **settings)
    assert answer.hand_over
    assert answer.text
    assert answer.text.endswith("ahora estamos cerrados; abrimos mañana a las 9:30.") or answer.text.endswith(
        " Ahora estamos cerrados; abrimos mañana a las 9:30."
    )


async def test_it_is_said_in_the_language_of_who_asks() -> None:
    answer = await said("I want to talk to a person")
    assert answer.text
    assert answer.text.endswith("We are closed now; we open tomorrow at 9:30.")


@pytest.mark.parametrize("is_open", [True, None])
async def test_while_it_is_open_or_has_told_no_hours_nothing_is_said_of_them(is_open: bool | None) -> None:
    for text in ("quiero hablar con una persona", "me quiero morir"):
        answer = await said(text, replace(SHUT, is_open=is_open, opens={}))
        assert answer.text
        assert "cerrados" not in answer.text


async def test_where_nobody_knows_when_it_opens_it_is_only_said_that_it_is_closed() -> None:
    answer = await said("quiero hablar con una persona", replace(SHUT, opens={}))
    assert answer.text
    assert answer.text.endswith("Ahora estamos cerrados.")


async def test_whoever_is_asked_for_other_words_or_answered_hears_nothing_of_it() -> None:
    answer = await said("¿reparáis cohetes?", hand_over_after=2)
    assert not answer.hand_over
    assert "cerrados" not in (answer.text or "")
