"""People's numbers never reach a model, and come back where they are echoed."""

import string
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from bot_builders import deps, question
from hypothesis import given
from hypothesis import strategies as st
from model_twin import ModelTwin, model_twin, told

from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.application.guards import Guards, Provider
from wacloud.modules.bot.domain.masking import Masker, is_card, is_cif, is_iban
from wacloud.modules.bot.domain.question import HistoryLine
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.bot.infra.openai_responses import open_provider

LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def luhn(head: str) -> str:
    return next(head + d for d in string.digits if is_card(head + d))


def iban(country: str, account: str) -> str:
    return next(one for n in range(100) if is_iban(one := f"{country}{n:02}{account}"))


digits = lambda n: st.text(string.digits, min_size=n, max_size=n)  # noqa: E731
dni = digits(8).map(lambda n: n + LETTERS[int(n) % 23])
nie = st.tuples(st.sampled_from("XYZ"), digits(7)).map(
    lambda t: t[0] + t[1] + LETTERS[int(f"{'XYZ'.index(t[0])}{t[1]}") % 23]
)
card = digits(15).filter(lambda n: len(set(n)) > 1).map(luhn)
account = digits(20).map(lambda n: iban("ES", n))
phone = st.tuples(st.sampled_from("6789"), digits(8)).map("".join)
abroad = digits(9).map(lambda n: f"+52{n}1")
mail = st.from_regex(r"[a-z]{1,10}\.[a-z]{1,8}@[a-z]{2,8}\.(com|es)", fullmatch=True)
number = st.one_of(dni, nie, card, account, phone, abroad, mail)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str]:
    """A number, and how somebody may type it."""
    value = draw(number)
    if "@" in value:
        return value, draw(st.sampled_from((value, value.upper())))
    gap = draw(st.sampled_from(("", " ", "-", ".", "\u00a0")))
    size = draw(st.sampled_from((1, 3, 4)))
    plus, rest = ("+", value[1:]) if value.startswith("+") else ("", value)
    parts = [rest[i : i + size] for i in range(0, len(rest), size)]
    text = plus + gap.join(parts)
    return value, draw(st.sampled_from((text, text.lower())))


def bare(text: str) -> str:
    return "".join(c for c in text.upper() if c.isalnum() or c in "@")


@given(
    one=written(),
    before=st.sampled_from(("", "mi número es ", "DNI: ", "¡")),
    after=st.sampled_from(("", ".", ", gracias", "?")),
)
def test_a_number_is_hidden_however_it_is_written_and_comes_back_as_it_was(
    one: tuple[str, str], before: str, after: str
) -> None:
    value, text = one
    masker = Masker()
    hidden = masker.hide(before + text + after)
    assert bare(value)[-6:] not in bare(hidden)
    assert masker.count == 1
    assert masker.show(hidden) == before + text + after


@given(st.text(max_size=300))
def test_any_text_comes_back_with_its_digits(text: str) -> None:
    masker = Masker()
    shown = masker.show(masker.hide(text))
    assert sum(c.isdecimal() for c in shown) == sum(c.isdecimal() for c in text)
    # Twice is once: what is hidden holds nothing more to hide.
    assert Masker().hide(masker.hide(text)).count("[") <= masker.hide(text).count("[")


@pytest.mark.parametrize(
    "text",
    ["son 24,90 € en 3 plazos", "el 24/12/2026 a las 17:30", "pedido 4711", "talla 42 y 44", "2 x 12345", "CP 28013"],
)
def test_what_is_no_persons_number_stays(text: str) -> None:
    assert Masker().hide(text) == text


def test_what_follows_without_a_break_hides_nothing() -> None:
    assert Masker().hide("4111 1111 1111 1111 12/27 123") == "[TARJETA_1] 12/27 123"
    assert Masker().hide("ES91 2100 0418 4502 0005 1332 gracias") == "[IBAN_1] gracias"
    two = Masker().hide("4111 1111 1111 1111 5500 0000 0000 0004")
    assert two == "[TARJETA_1] [TARJETA_2]"


def test_equal_numbers_get_equal_marks_and_the_shops_own_none() -> None:
    masker = Masker("phone: +34 910 000 001")
    hidden = masker.hide("llamad al 600 111 222 o al 600111222, no al 612345678; el vuestro es 910000001")
    assert hidden == "llamad al [TELEFONO_1] o al [TELEFONO_1], no al [TELEFONO_2]; el vuestro es 910000001"


def test_digits_of_other_scripts_and_hidden_signs_hide_nothing() -> None:
    assert Masker().hide("６００１１１２２２") == "[TELEFONO_1]"
    assert Masker().hide("600\u200b111\u200b222") == "[TELEFONO_1]"


def test_a_mark_that_somebody_types_is_none() -> None:
    masker = Masker()
    hidden = masker.hide("soy [DOCUMENTO_1] y 12345678Z")
    assert hidden == "soy (DOCUMENTO_1) y [DOCUMENTO_1]"
    assert masker.invented("[TARJETA_9]")
    assert not masker.invented(hidden)


def test_a_company_is_known_by_its_control_character() -> None:
    assert is_cif("B58818501")
    assert Masker().hide("CIF B-58818501") == "CIF [DOCUMENTO_1]"
    assert Masker().hide("ref B58818502") == "ref B58818502"


@pytest.fixture
async def twin() -> AsyncIterator[ModelTwin]:
    async with model_twin() as running:
        yield running


@pytest.fixture
async def provider(twin: ModelTwin) -> AsyncIterator[Provider]:
    opened = open_provider(["sk-one"], twin.url, "gpt-6-luna", 5.0, "responses")
    assert opened
    yield opened
    await opened.model.aclose()


async def test_the_model_sees_marks_and_the_person_their_number(twin: ModelTwin, provider: Provider) -> None:
    asked = question(
        "¿tenéis mi teléfono 600 111 222? Mi DNI es 12345678Z",
        history=(HistoryLine("contact", "mi IBAN es ES91 2100 0418 4502 0005 1332"), HistoryLine("bot", "Gracias")),
    )
    twin.answer = "Sí, tenemos el [TELEFONO_1]."
    with_provider = replace(deps(provider.model), guards=Guards(provider=provider))
    answer = await compose_answer(with_provider, asked)
    assert answer.text == "Sí, tenemos el 600 111 222."
    _, given_ = told(twin.requests[0])
    for secret in ("600 111 222", "12345678Z", "2100 0418"):
        assert secret not in given_
    twin.answer = "Llama al [TELEFONO_7]."
    assert (await compose_answer(with_provider, asked)).detail["model_error"] == "invented_mark"
    open_ = replace(asked, settings=BotSettings(mask_personal_data=False))
    await compose_answer(with_provider, open_)
    assert "12345678Z" in told(twin.requests[-1])[1]
