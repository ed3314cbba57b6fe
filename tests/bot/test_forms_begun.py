"""A form that is filled in over several turns: what was right stays known, with its conversation, for a day."""

import json
import string
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from form_builders import (
    ALL,
    NOTHING,
    ROSA,
    SAYS_ALL,
    TOOL,
    call,
    entries,
    outputs,
    turns_of,
    wishes,
    with_form,
    writes,
)
from hypothesis import given
from hypothesis import strategies as st
from model_twin import ModelTwin, error, model_twin, told

from builders import meta
from rig import Rig, Shop, as_body, eventually, open_rig
from wacloud.modules.bot.application.keep_entries import tidy_begun
from wacloud.modules.bot.domain.form import Form, FormField
from wacloud.modules.bot.domain.form_values import Filling, Said, read_values
from wacloud.twins.openai.state import Step

FIRST = {**NOTHING, "people": 4, "name": "Rosa"}
SAYS_FIRST = "hola, quiero una mesa para 4, soy Rosa"
REST = {**NOTHING, "date": "2099-12-05", "time": "21:30", "phone": "600 11 12 22"}
SAYS_REST = "el 5 de diciembre de 2099 a las 21:30, 600 11 12 22"


@pytest.fixture(scope="module")
async def twin() -> AsyncIterator[ModelTwin]:
    async with model_twin() as running:
        yield running


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str, twin: ModelTwin) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, settings={"openai_own_key_url": twin.url}) as rig:
        yield rig


@pytest.fixture(autouse=True)
def fresh(twin: ModelTwin, monkeypatch: pytest.MonkeyPatch) -> None:
    twin.state.clear()
    monkeypatch.setattr("wacloud.modules.bot.domain.form_values.FARTHEST", 100 * 366)


async def begun(rig: Rig, shop: Shop) -> list[Any]:
    return list(await rig.rows(shop, "select * from app.bot_forms_begun where business_id = %s", (shop.business_id,)))


async def with_first(rig: Rig, twin: ModelTwin) -> tuple[Shop, dict[str, Any]]:
    """A shop whose customer has said how many they are and their name."""
    shop, form = await with_form(rig)
    twin.script = wishes(FIRST, say="¿Para qué día y hora, y en qué teléfono?")
    await writes(rig, shop, SAYS_FIRST)
    return shop, form


async def test_a_later_turn_gives_only_what_is_new(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_first(rig, twin)
    [row] = await begun(rig, shop)
    assert row.values == {"people": 4, "name": "Rosa"}
    twin.script = wishes(REST)
    await writes(rig, shop, SAYS_REST)
    [entry] = await entries(rig, shop)
    assert entry.values == {
        "date": "2099-12-05", "time": "21:30", "people": 4, "name": "Rosa", "phone": "+34600111222"
    }  # fmt: skip
    assert await begun(rig, shop) == []


async def test_a_model_is_told_what_is_known_and_only_what_is_missing(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_first(rig, twin)
    twin.script = wishes({**NOTHING, "date": "2099-12-05"}, say="¿A qué hora, y en qué teléfono?")
    await writes(rig, shop, "el 5 de diciembre de 2099")
    instructions, asked = told(twin.requests[-1])
    assert "null for the rest" in instructions
    assert f"<begun>\n{TOOL}\n  people: 4\n  name: Rosa\n</begun>" in asked
    [output] = outputs(twin)
    assert "Right so far: date, people, name." in output
    assert "- time: missing" in output
    assert "- people" not in output
    assert "- name" not in output


async def test_a_new_value_takes_the_place_of_the_old(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_first(rig, twin)
    twin.script = wishes({**REST, "people": 6})
    await writes(rig, shop, f"al final somos 6, {SAYS_REST}")
    [entry] = await entries(rig, shop)
    assert entry.values["people"] == 6


async def test_what_nobody_said_does_not_take_the_place_of_what_was_right(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_first(rig, twin)
    twin.script = wishes({**REST, "people": 9}, REST)
    await writes(rig, shop, SAYS_REST)
    assert "- people: the customer has not said this" in outputs(twin)[0]
    assert "null keeps what is known" in outputs(twin)[0]
    [entry] = await entries(rig, shop)
    assert entry.values["people"] == 4


async def test_what_was_right_stays_so_after_its_words_are_out_of_sight(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_first(rig, twin)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.messages set body = 'hola' where business_id = %s and direction = 'in'", (shop.business_id,)
        )
    # Repeated or not: it was held against what was said then.
    twin.script = wishes({**REST, "people": 4})
    await writes(rig, shop, SAYS_REST)
    [entry] = await entries(rig, shop)
    assert (entry.values["people"], entry.values["name"]) == (4, "Rosa")


async def test_what_is_known_is_hidden_from_a_model_as_all_numbers_are(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = wishes({**NOTHING, "phone": "[TELEFONO_1]"}, say="¿Para cuántos?")
    await writes(rig, shop, "quiero mesa, mi teléfono es 600 11 12 22")
    twin.script = wishes({**NOTHING, "people": 4}, say="¿Qué día?")
    await writes(rig, shop, "para 4")
    assert "phone: [TELEFONO_" in told(twin.requests[-1])[1]
    assert "600111222" not in json.dumps(twin.requests[-1])


async def test_what_one_turn_gathers_in_two_calls_is_one(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = wishes(FIRST, REST)
    await writes(rig, shop, f"{SAYS_FIRST}, {SAYS_REST}")
    [entry] = await entries(rig, shop)
    assert entry.values["people"] == 4
    assert await begun(rig, shop) == []


async def test_a_draft_that_is_thrown_away_makes_nothing_known(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = [
        Step(calls=[{"name": TOOL, "arguments": FIRST}]),
        Step(say="¿Qué día?", delay_ms=1500),
        Step(say="Vale, no anoto nada."),
    ]
    assert await rig.post(as_body(meta.inbound(shop, ROSA, SAYS_FIRST))) == 200

    async def asked() -> bool:
        return len(twin.requests) >= 2

    await eventually(asked)
    assert await rig.post(as_body(meta.inbound(shop, ROSA, "déjalo"))) == 200
    await rig.settled(shop, webhooks=2)
    assert len(await turns_of(rig, shop)) == 1
    assert await begun(rig, shop) == []


async def test_what_was_said_stays_known_though_the_model_breaks_off(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = [Step(calls=[{"name": TOOL, "arguments": FIRST}]), *([error(500)] * 6)]
    await writes(rig, shop, SAYS_FIRST)
    [row] = await begun(rig, shop)
    assert row.values == {"people": 4, "name": "Rosa"}


async def test_after_a_day_it_is_asked_for_anew_and_gone(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_first(rig, twin)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.bot_forms_begun set kept_at = kept_at - interval '1 day' where business_id = %s",
            (shop.business_id,),
        )
    twin.script = wishes(NOTHING, say="¿Qué necesitas?")
    await writes(rig, shop, "hola otra vez")
    assert "<begun>" not in told(twin.requests[-2])[1]
    assert "- people: missing" in outputs(twin)[0]
    assert rig.house.bot.answers.forms is not None
    await tidy_begun(rig.house.bot.answers.forms)
    assert await begun(rig, shop) == []


async def test_who_is_erased_leaves_nothing_begun(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_first(rig, twin)
    _, people = await call(rig, shop, "GET", "/contacts")
    async with rig.http.get(
        f"{rig.url}/contacts/{people['contacts'][0]['id']}/data.json", headers=rig.bearer(shop)
    ) as answer:
        [kept] = json.loads(await answer.read())["forms"]
    assert kept["values"] == {"Personas": "4", "Nombre": "Rosa"}
    await call(rig, shop, "DELETE", f"/contacts/{people['contacts'][0]['id']}")

    async def gone() -> bool:
        return not await begun(rig, shop)

    await eventually(gone)


async def test_what_is_taken_back_is_known_no_longer(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_first(rig, twin)
    [message] = await rig.messages(shop, "in")
    twin.script = []
    assert await rig.post(as_body(meta.inbound_of(shop, meta.revoke(ROSA, message.wamid)))) == 200

    async def gone() -> bool:
        return not await begun(rig, shop)

    await eventually(gone)


async def test_contacts_that_are_joined_begin_anew(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_first(rig, twin)
    await writes(rig, shop, "hola", wa_id="34611222333")
    _, people = await call(rig, shop, "GET", "/contacts")
    keep, gone = sorted(people["contacts"], key=lambda one: one["phone"] == ROSA)
    status, _ = await call(rig, shop, "POST", f"/contacts/{keep['id']}/merge", {"other_id": gone["id"]})
    assert status in (200, 204)

    async def forgotten() -> bool:
        return not await begun(rig, shop)

    await eventually(forgotten)


async def test_another_conversation_knows_nothing_of_it(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_first(rig, twin)
    twin.script = wishes(REST, say="¿Para cuántos, y a qué nombre?")
    await writes(rig, shop, SAYS_REST, wa_id="34611222333")
    assert "- people: missing" in outputs(twin)[0]
    assert len(await begun(rig, shop)) == 2


async def test_a_change_of_what_is_noted_is_said_in_full(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = wishes(ALL)
    await writes(rig, shop, SAYS_ALL)
    twin.script = wishes({**NOTHING, "people": 6}, {**ALL, "people": 6}, say="Cambiado.")
    await writes(rig, shop, "al final somos 6")
    assert "One was noted already" in outputs(twin)[0]
    assert "<tool_answer>\ndate: 2099-12-05" in outputs(twin)[0]
    [entry] = await entries(rig, shop)
    assert (entry.values["people"], len(entry.revisions)) == (6, 1)
    assert await begun(rig, shop) == []


async def test_a_second_one_that_takes_two_turns_is_a_second_one(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = wishes(ALL)
    await writes(rig, shop, SAYS_ALL)
    twin.script = wishes({**FIRST, "people": 2, "another": True}, say="¿Qué día, y en qué teléfono?")
    await writes(rig, shop, "y otra para 2, también Rosa")
    twin.script = wishes({**REST, "date": "2099-12-12"})
    await writes(rig, shop, "el 12 de diciembre de 2099 a las 21:30, mismo teléfono")
    assert [one.values["people"] for one in await entries(rig, shop)] == [4, 2]


async def test_a_try_keeps_nothing_and_tells_the_model_to_say_all_again(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = wishes(FIRST, say="¿Qué día?")
    status, first = await call(rig, shop, "POST", "/bot/try", {"messages": [SAYS_FIRST]})
    assert status == 200, first
    assert "Call it again with all values" in told(twin.requests[0])[0]
    assert await begun(rig, shop) == []
    twin.script = wishes(ALL)
    history = [{"author": "contact", "text": SAYS_FIRST}, {"author": "bot", "text": "¿Qué día?"}]
    await call(rig, shop, "POST", "/bot/try", {"messages": [SAYS_REST], "history": history})
    assert "All is there" in outputs(twin)[0]


TODAY = date(2026, 11, 27)
WORDS = st.text(string.ascii_lowercase, min_size=3, max_size=8)
GIVEN = st.fixed_dictionaries(
    {
        "people": st.none() | st.integers(1, 99),
        "name": st.none() | WORDS | st.just(""),
        "where": st.none() | st.sampled_from(["Terraza", "Salón", "Patio"]),
        "time": st.none() | st.times().map(lambda at: at.strftime("%H:%M")) | st.just("25:00"),
    }
)
SHAPE = Form(
    id=uuid4(),
    name="f",
    title="F",
    used_when="W",
    fields=(
        FormField(key="people", label="P", kind="number"),
        FormField(key="name", label="N"),
        FormField(key="where", label="W", kind="choice", choices=("Terraza", "Salón"), required=False),
        FormField(key="time", label="T", kind="time"),
    ),
)


def words_of(given: dict[str, Any]) -> str:
    return " ".join(str(value) for value in given.values() if value is not None)


def told_in_turns(turns: list[tuple[dict[str, Any], bool]]) -> list[tuple[dict[str, Any], Filling]]:
    """Each turn's values beside what came of them; in a turn that is not honest the customer said nothing of it."""
    known: dict[str, Any] = {}
    came = []
    for values, is_said in turns:
        filling = read_values(SHAPE, values, Said([words_of(values) if is_said else ""], [], TODAY), known)
        came.append((values, filling))
        known = dict(filling.stays)
    return came


HISTORIES = st.lists(st.tuples(GIVEN, st.booleans()), min_size=1, max_size=6)


@given(HISTORIES)
def test_of_many_histories_what_was_right_stays_until_something_else_is_given(turns: Any) -> None:
    known: dict[str, Any] = {}
    for values, filling in told_in_turns(turns):
        for key, before in known.items():
            if values[key] in (None, ""):
                assert filling.values[key] == before
            elif key in filling.values and filling.values[key] != before:
                assert str(filling.values[key]) == str(values[key])
        wrong = {field.key: fault for field, fault in filling.wrong}
        for key in set(known) - set(filling.stays):
            assert wrong[key] != "not_said"
        known = dict(filling.stays)


@given(HISTORIES)
def test_of_many_histories_nothing_is_known_that_was_not_said_in_one_of_them(turns: Any) -> None:
    said: list[dict[str, Any]] = []
    for (values, filling), (_, is_said) in zip(told_in_turns(turns), turns, strict=True):
        said += [values] if is_said else []
        for key, value in filling.stays.items():
            if key != "where":  # whichever of the choices is meant is left to the model
                assert any(one[key] is not None and str(one[key]) == str(value) for one in said)


@given(HISTORIES)
def test_of_many_histories_each_field_is_right_wrong_missing_or_not_needed(turns: Any) -> None:
    for _, filling in told_in_turns(turns):
        wrong, missing = {field.key for field, _ in filling.wrong}, {field.key for field in filling.missing}
        assert not wrong & missing
        assert not wrong & set(filling.values)
        assert not missing & set(filling.stays)
        assert wrong | missing | set(filling.values) >= {field.key for field in SHAPE.fields if field.required}


@given(HISTORIES)
def test_of_many_histories_the_same_again_or_nothing_changes_nothing(turns: Any) -> None:
    _, last = told_in_turns(turns)[-1]
    silent = Said([], [], TODAY)
    for again in (dict(last.stays), dict.fromkeys(last.stays)):
        filling = read_values(SHAPE, again, silent, last.stays)
        assert (filling.stays, filling.wrong) == (last.stays, ())


def test_a_day_that_was_right_and_is_over_is_asked_for_again() -> None:
    form = replace(SHAPE, fields=(FormField(key="day", label="D", kind="date"),))
    filling = read_values(form, {}, Said([], [], TODAY), {"day": "2026-11-26"})
    assert [fault for _, fault in filling.wrong] == ["in_the_past"]
    assert filling.stays == {}


def test_what_a_form_asks_no_longer_or_asks_otherwise_is_known_no_longer() -> None:
    form = replace(
        SHAPE,
        fields=(
            FormField(key="where", label="W", kind="choice", choices=("Patio",)),
            FormField(key="people", label="P", kind="number"),
        ),
    )
    filling = read_values(form, {}, Said([], [], TODAY), {"where": "Terraza", "people": 4, "name": "Rosa"})
    assert filling.stays == {"people": 4}
    assert [(field.key, fault) for field, fault in filling.wrong] == [("where", "not_a_choice")]
