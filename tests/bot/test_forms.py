"""
What the bot collects from customers: asked for step by step, checked against what was really said, kept once with the
turn that gathered it, told to the team, and gone with whoever gave it.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from bot_builders import deps, question
from form_builders import (
    ALL,
    BOOKING,
    NOTHING,
    ROSA,
    SAYS_ALL,
    TOOL,
    call,
    entries,
    notices,
    outputs,
    turns_of,
    wishes,
    with_form,
    writes,
)
from model_twin import ModelTwin, error, model_twin, told

from builders import meta
from rig import Rig, as_body, eventually, open_rig
from wacloud.modules.bot.application.answer_turns import AnswerTurns
from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.application.guards import Guards, Provider
from wacloud.modules.bot.domain.form import Form, FormField, machine_name
from wacloud.modules.bot.domain.form_starters import starter_of
from wacloud.modules.bot.domain.form_values import Said, read_values
from wacloud.modules.bot.infra.openai_responses import open_provider
from wacloud.modules.bot.ui.jobs import ANSWER_TURN
from wacloud.modules.whatsapp.application.take_over import take_over
from wacloud.shared.application.jobs import Job, Lane
from wacloud.twins.openai.state import Step


@pytest.fixture(scope="module")
async def twin() -> AsyncIterator[ModelTwin]:
    async with model_twin() as running:
        yield running


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str, twin: ModelTwin) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, settings={"openai_own_key_url": twin.url}) as rig:
        yield rig


@pytest.fixture
async def provider(twin: ModelTwin) -> AsyncIterator[Provider]:
    opened = open_provider(["sk-secret-1"], twin.url, "gpt-6-luna", 5.0, "responses")
    assert opened
    yield opened
    await opened.model.aclose()


@pytest.fixture(autouse=True)
def fresh(twin: ModelTwin, monkeypatch: pytest.MonkeyPatch) -> None:
    twin.state.clear()
    # The days of these tests lie far ahead on purpose.
    monkeypatch.setattr("wacloud.modules.bot.domain.form_values.FARTHEST", 100 * 366)


async def test_a_form_is_asked_for_step_by_step_and_kept_once_it_is_complete(rig: Rig, twin: ModelTwin) -> None:
    shop, form = await with_form(rig)
    twin.script = wishes({**NOTHING, "people": 4}, say="¿Para qué día y hora?")
    await writes(rig, shop, "hola, quiero una mesa para 4")
    assert "Right so far: people." in outputs(twin)[0]
    assert "- date: missing (Día)" in outputs(twin)[0]
    instructions, _ = told(twin.requests[0])
    assert "Tools whose names begin with form-" in instructions
    [tool] = [one for one in twin.requests[0]["tools"] if one["name"] == TOOL]
    assert tool["strict"] is True
    assert tool["parameters"]["required"] == [*NOTHING]
    assert tool["parameters"]["properties"]["where"]["enum"] == ["Terraza", "Salón", None]
    assert await entries(rig, shop) == []
    twin.script = wishes({**NOTHING, "people": 4, "date": "2099-12-05", "time": "21:30"}, say="¿Nombre y teléfono?")
    await writes(rig, shop, "el 5 de diciembre de 2099 a las nueve y media")
    twin.script = wishes({**ALL, "where": "Terraza"})
    await writes(rig, shop, "Rosa, 600 11 12 22, en la terraza")
    [entry] = await entries(rig, shop)
    assert entry.values == {
        "date": "2099-12-05", "time": "21:30", "people": 4, "name": "Rosa", "phone": "+34600111222", "where": "Terraza"
    }  # fmt: skip
    assert [field["label"] for field in entry.fields] == ["Día", "Hora", "Personas", "Nombre", "Teléfono", "Dónde"]
    [(code, said)] = await notices(rig, shop)
    assert code == "form_filled"
    assert "Reserva de mesa" in said
    assert rig.accepted(shop)[-1] == "Anotado."
    turns = await turns_of(rig, shop)
    assert turns[-1].detail["tools"] == [{"tool": TOOL, "state": "complete"}]
    assert "600" not in json.dumps([turn.detail for turn in turns], default=str)
    status, page = await call(rig, shop, "GET", f"/bot/forms/{form['id']}/entries")
    assert (status, page["next_cursor"]) == (200, None)
    assert page["items"][0]["values"]["phone"] == "+34600111222"
    assert page["items"][0]["conversation_id"] == str(entry.conversation_id)


async def test_what_the_customer_did_not_say_is_refused(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    invented = {**ALL, "phone": "600 99 98 88", "name": "Marta", "people": 7, "date": "2099-12-19", "time": "13:00"}
    twin.script = wishes(invented, say="¿Me dices tu teléfono?")
    await writes(rig, shop, SAYS_ALL)
    [output] = outputs(twin)
    for field in ("phone", "name", "people", "date", "time"):
        assert f"- {field}: the customer has not said this" in output
    assert "Right so far: nothing." in output
    assert await entries(rig, shop) == []
    assert await notices(rig, shop) == []


async def test_a_day_that_is_none_or_is_over_is_refused(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = wishes({**ALL, "date": "2099-02-30"}, {**ALL, "date": "2020-12-05"}, say="¿Qué día sería?")
    await writes(rig, shop, SAYS_ALL + " o el 30")
    assert "- date: this is no date" in outputs(twin)[0]
    assert "- date: this day is over" in outputs(twin)[1]
    assert await entries(rig, shop) == []


async def test_a_model_that_calls_twice_makes_one_entry(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = wishes(ALL, ALL)
    await writes(rig, shop, SAYS_ALL)
    assert len(await entries(rig, shop)) == 1
    twin.script = wishes(ALL, say="Sigue anotado.")
    await writes(rig, shop, "sí, todo correcto")
    assert "noted already" in outputs(twin)[0]
    assert len(await entries(rig, shop)) == 1
    assert len(await notices(rig, shop)) == 1


async def test_a_turn_that_is_run_twice_makes_one_entry(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = wishes(ALL)
    await writes(rig, shop, SAYS_ALL)
    [entry] = await entries(rig, shop)
    place = {"conversation_id": str(entry.conversation_id)}
    job = Job(1, ANSWER_TURN, Lane.TURNS, shop.business_id, place, 1, 1, 3, rig.house.clock())
    turns = AnswerTurns(rig.house.bot)
    # As if its worker had died after it wrote, and before the job was done.
    await turns([job], lambda *_: None)
    assert len(twin.requests) == 2
    # And as if two ran side by side on what waits.
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.messages set state = 'pending' where business_id = %s and direction = 'in'", (shop.business_id,)
        )
    twin.script = [*wishes(ALL), *wishes(ALL)]
    twin.answer = "Anotado."
    await asyncio.gather(*(turns([job], lambda *_: None) for _ in range(2)))
    assert len(await entries(rig, shop)) == 1
    assert len(await notices(rig, shop)) == 1


async def test_what_is_said_otherwise_changes_the_entry_and_a_second_one_is_added(rig: Rig, twin: ModelTwin) -> None:
    shop, form = await with_form(rig)
    twin.script = wishes(ALL)
    await writes(rig, shop, SAYS_ALL)
    twin.script = wishes({**ALL, "people": 6}, say="Cambiado.")
    await writes(rig, shop, "al final somos 6")
    assert "takes the place" in outputs(twin)[0]
    [entry] = await entries(rig, shop)
    assert entry.values["people"] == 6
    assert [before["values"]["people"] for before in entry.revisions] == [4]
    assert [code for code, _ in await notices(rig, shop)] == ["form_changed", "form_filled"]
    twin.script = wishes({**ALL, "date": "2099-12-12", "another": True}, say="Otra más.")
    await writes(rig, shop, "y otra igual que la primera el 12")
    assert [one.values["date"] for one in await entries(rig, shop)] == ["2099-12-05", "2099-12-12"]
    _, page = await call(rig, shop, "GET", f"/bot/forms/{form['id']}/entries?limit=1")
    assert page["items"][0]["values"]["date"] == "2099-12-12"
    _, page = await call(rig, shop, "GET", f"/bot/forms/{form['id']}/entries?limit=1&cursor={page['next_cursor']}")
    assert (page["items"][0]["changes"], page["next_cursor"]) == (1, None)


async def test_a_draft_that_is_thrown_away_keeps_nothing_and_the_next_one_does(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = [
        Step(calls=[{"name": TOOL, "arguments": ALL}]),
        Step(say="Anotado para 4.", delay_ms=1500),
        *wishes({**ALL, "people": 5}, say="Anotado para 5."),
    ]
    assert await rig.post(as_body(meta.inbound(shop, ROSA, SAYS_ALL))) == 200

    async def asked() -> bool:
        return len(twin.requests) >= 2

    await eventually(asked)
    assert await rig.post(as_body(meta.inbound(shop, ROSA, "perdón, somos 5"))) == 200
    await rig.settled(shop, webhooks=2)
    [entry] = await entries(rig, shop)
    assert (entry.values["people"], entry.revisions) == (5, [])
    assert rig.accepted(shop) == ["Anotado para 5."]


async def test_a_person_takes_over_where_the_form_says_so(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig, hands_over=True)
    twin.script = wishes(ALL)
    await writes(rig, shop, SAYS_ALL)
    [talk] = await rig.rows(shop, "select * from app.conversations where business_id = %s", (shop.business_id,))
    assert (talk.handler, talk.handed_over_because) == ("waiting", "form_complete")
    assert rig.accepted(shop) == ["Anotado."]
    assert len(await entries(rig, shop)) == 1


async def test_what_is_complete_is_kept_though_the_model_breaks_off(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = [Step(calls=[{"name": TOOL, "arguments": ALL}]), *([error(500)] * 6)]
    await writes(rig, shop, SAYS_ALL)
    assert len(await entries(rig, shop)) == 1
    [turn] = await turns_of(rig, shop)
    assert (turn.outcome, turn.why) == ("answered", "form_complete")
    assert "anotado" in rig.accepted(shop)[0]


async def test_what_the_model_is_not_shown_is_kept_as_it_was_said(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = wishes({**ALL, "phone": "[TELEFONO_1]"})
    await writes(rig, shop, SAYS_ALL)
    _, said = told(twin.requests[0])
    assert "600 11 12 22" not in said
    [entry] = await entries(rig, shop)
    assert entry.values["phone"] == "+34600111222"


async def test_the_number_they_write_from_may_be_theirs(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = wishes({**ALL, "phone": "own"})
    await writes(
        rig, shop, "mesa el 5 de diciembre de 2099 a las 21:30 para 4, Rosa, en este mismo número", wa_id="34611222333"
    )
    [entry] = await entries(rig, shop)
    assert entry.values["phone"] == "+34611222333"


async def test_a_try_shows_what_would_be_noted_and_keeps_nothing(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = wishes(ALL)
    async with rig.http.post(
        f"{rig.url}/bot/try",
        data={"text": SAYS_ALL, "use": "draft"},
        headers={**rig.bearer(shop), "hx-request": "true", "origin": rig.url},
    ) as answer:
        page = await answer.text()
    assert answer.status == 200
    assert "Reserva de mesa" in page
    assert "+34 600 11 12 22" in page
    assert await entries(rig, shop) == []
    assert await notices(rig, shop) == []


async def test_no_form_is_offered_where_it_is_off_or_there_is_none(
    rig: Rig, twin: ModelTwin, provider: Provider
) -> None:
    shop, form = await with_form(rig, enabled=False)
    asked = replace(question("quiero una mesa"), business_id=shop.business_id)
    guarded = replace(deps(provider.model), guards=Guards(provider=provider), forms=rig.house.bot.answers.forms)
    await compose_answer(guarded, asked)
    assert TOOL not in [tool["name"] for tool in twin.requests[-1]["tools"]]
    assert "form-" not in told(twin.requests[-1])[0]
    assert (await call(rig, shop, "PUT", f"/bot/forms/{form['id']}", BOOKING))[0] == 200
    await compose_answer(guarded, asked)
    assert TOOL in [tool["name"] for tool in twin.requests[-1]["tools"]]


async def test_who_is_erased_takes_their_entries_and_notices_along(rig: Rig, twin: ModelTwin) -> None:
    shop, form = await with_form(rig)
    twin.script = wishes(ALL)
    await writes(rig, shop, SAYS_ALL)
    _, page = await call(rig, shop, "GET", f"/bot/forms/{form['id']}/entries")
    contact = page["items"][0]["contact_id"]
    status, _ = await call(rig, shop, "DELETE", f"/contacts/{contact}")
    assert status in (202, 204)
    _, page = await call(rig, shop, "GET", f"/bot/forms/{form['id']}/entries")
    assert page["items"] == []

    async def gone() -> bool:
        return not await entries(rig, shop) and not await notices(rig, shop)

    await eventually(gone)


async def test_a_form_that_is_removed_leaves_its_entries(rig: Rig, twin: ModelTwin) -> None:
    shop, form = await with_form(rig)
    twin.script = wishes(ALL)
    await writes(rig, shop, SAYS_ALL)
    assert (await call(rig, shop, "DELETE", f"/bot/forms/{form['id']}"))[0] == 204
    assert (await call(rig, shop, "DELETE", f"/bot/forms/{form['id']}"))[0] == 404
    assert (await call(rig, shop, "GET", f"/bot/forms/{form['id']}"))[0] == 404
    _, page = await call(rig, shop, "GET", f"/bot/forms/{form['id']}/entries")
    assert len(page["items"]) == 1
    # Its name is free again.
    _, again = await call(rig, shop, "POST", "/bot/forms", BOOKING)
    assert again["name"] == form["name"]


async def test_entries_come_as_a_file_no_spreadsheet_runs(rig: Rig, twin: ModelTwin) -> None:
    shop, form = await with_form(rig)
    twin.script = wishes({**ALL, "name": "=Rosa"})
    await writes(rig, shop, SAYS_ALL)
    async with rig.http.get(f"{rig.url}/bot/forms/{form['id']}/entries.csv", headers=rig.bearer(shop)) as answer:
        table = (await answer.read()).decode("utf-8-sig")
    head, row = table.strip().splitlines()
    assert head.split(",")[:8] == ["id", "created_at", "changed_at", "name", "phone", "date", "time", "people"]
    assert "2099-12-05,21:30,4" in row
    assert ",=Rosa" not in row


async def test_a_form_that_cannot_be_is_refused_field_by_field(rig: Rig) -> None:
    shop = await rig.shop()
    field = {"label": "Color", "kind": "choice", "choices": ["rojo"]}
    status, refused = await call(rig, shop, "POST", "/bot/forms", {**BOOKING, "fields": [field]})
    assert (status, [one["field"] for one in refused["errors"]]) == (422, ["fields.0.choices"])
    optional = {"label": "Nota", "required": False}
    status, refused = await call(rig, shop, "POST", "/bot/forms", {**BOOKING, "fields": [optional]})
    assert (status, refused["errors"][0]["code"]) == (422, "form_asks_nothing")
    twice = [{"label": "Nombre", "key": "name"}, {"label": "Apellido", "key": "name"}]
    status, refused = await call(rig, shop, "POST", "/bot/forms", {**BOOKING, "fields": twice})
    assert (status, refused["errors"][0]["code"]) == (422, "not_unique")
    for number in range(10):
        status, made = await call(rig, shop, "POST", "/bot/forms", BOOKING, **{"Idempotency-Key": f"form-key-{number}"})
        assert (status, made["name"]) == (201, "reserva_de_mesa" + (f"_{number + 1}" if number else ""))
    assert (await call(rig, shop, "POST", "/bot/forms", BOOKING))[0] == 429
    # The same key is the same form.
    assert (await call(rig, shop, "POST", "/bot/forms", BOOKING, **{"Idempotency-Key": "form-key-3"}))[0] == 201
    _, listed = await call(rig, shop, "GET", "/bot/forms")
    assert len(listed["forms"]) == 10


TODAY = date(2026, 11, 27)  # a Friday


def filled(kind: Any, value: Any, customer: str, ours: str = "", **more: Any) -> Any:
    """What becomes of one value: how it is kept, or what is wrong with it."""
    form = Form(
        id=uuid.uuid4(), name="f", title="F", used_when="W", fields=(FormField(key="x", label="X", kind=kind, **more),)
    )
    filling = read_values(form, {"x": value}, Said([customer], [ours], TODAY))
    return filling.wrong[0][1] if filling.wrong else filling.values["x"]


@pytest.mark.parametrize(
    ("kind", "value", "customer", "kept"),
    [
        ("date", "2026-11-28", "mañana", "2026-11-28"),
        ("date", "2026-11-27", "esta noche", "2026-11-27"),
        ("date", "2026-11-28", "el sábado", "2026-11-28"),
        ("date", "2026-11-29", "pasado mañana", "2026-11-29"),
        ("date", "2026-11-28", "este finde", "2026-11-28"),
        ("date", "2026-11-30", "el fin de semana", "not_said"),
        ("date", "2026-12-24", "en Nochebuena", "2026-12-24"),
        ("date", "2026-12-11", "in 2 weeks", "2026-12-11"),
        ("date", "2026-12-05", "05/12", "2026-12-05"),
        ("date", "2026-12-02", "el sábado", "not_said"),
        ("time", "21:30", "a las nueve y media", "21:30"),
        ("time", "21:00", "9pm", "21:00"),
        ("time", "20:45", "a las nueve menos cuarto", "20:45"),
        ("time", "12:00", "a mediodía", "12:00"),
        ("time", "13:10", "a las 13:10", "13:10"),
        ("time", "13:20", "a las 13", "not_said"),
        ("time", "25:00", "a las 25", "not_a_time"),
        ("number", 2, "somos dos", 2),
        ("number", 32, "treinta y dos", 32),
        ("number", 1500, "1.500 folletos", 1500),
        ("time", "20:00", "mesa para 8", "not_said"),
        ("time", "20:00", "somos 8 personas", "not_said"),
        ("time", "20:30", "mesa para 8, a las 8 y media", "20:30"),
        ("time", "20:30", "para 8 y media", "20:30"),
        ("time", "20:00", "8", "20:00"),
        ("number", 3, "una mesa", "not_said"),
        ("number", 250, "doscientos cincuenta", 250),
        ("number", 10**400, "muchos", "not_a_number"),
        ("number", float("nan"), "muchos", "not_a_number"),
        ("phone", "600111222", "mi móvil: 600-111-222", "+34600111222"),
        ("phone", "+34 600 111 222", "0034 600111222", "+34600111222"),
        ("phone", "600111223", "600111222", "not_said"),
        ("phone", "12", "12", "not_a_phone"),
        ("email", "Rosa@Olmo.example", "rosa@olmo.example", "rosa@olmo.example"),
        ("email", "osa@olmo.example", "rosa@olmo.example", "not_said"),
        ("email", "rosa@olmo.example", "rosa@olmo.example.mx", "not_said"),
        ("email", "rosa", "rosa", "not_an_email"),
        ("text", "Rosa Martínez", "soy rosa martinez", "Rosa Martínez"),
        ("phone", "600111222", "pedido 99600111222", "not_said"),
        ("phone", "600111222", "pedido 12 600111222 910000042", "+34600111222"),
        ("phone", "+52 55 1234 5678", "044 55 1234-5678", "+525512345678"),
        ("text", "Calle Mayor 3", "calle mayor 4", "not_said"),
        ("text", "Ana García", "soy Ana", "not_said"),
        ("text", "Ana García", "Soy ana garcia", "Ana García"),
        ("text", "[TELEFONO_9]", "telefono 9", "not_said"),
    ],
)  # fmt: skip
def test_a_value_counts_where_it_was_said(kind: str, value: Any, customer: str, kept: Any) -> None:
    assert filled(kind, value, customer) == kept


def test_a_yes_to_our_proposal_counts_for_a_time_and_never_for_a_phone() -> None:
    assert filled("time", "21:30", "sí", ours="¿A las 21:30?") == "21:30"
    assert filled("phone", "600111222", "sí", ours="¿Es el 600111222?") == "not_said"
    assert filled("date", "1990-05-12", "nací el 12 de mayo de 1990", in_past=True) == "1990-05-12"
    assert filled("date", "1990-05-12", "nací el 12 de mayo de 1990") == "in_the_past"
    assert filled("choice", "terraza", "fuera", choices=("Terraza", "Salón")) == "Terraza"
    assert filled("choice", "Patio", "el patio", choices=("Terraza", "Salón")) == "not_a_choice"


def test_every_sector_has_a_form_to_begin_with() -> None:
    for sector in ("retail", "healthcare", "restaurant", "other", "of a later release"):
        for language in ("es", "en", "pt"):
            assert any(field.required for field in starter_of(sector, language).fields)
    assert machine_name("¿Qué día?") == "que_dia"
    assert machine_name("3 cosas", ["f_3_cosas"]) == "f_3_cosas_2"


async def test_all_that_is_kept_of_a_person_holds_what_they_gave(rig: Rig, twin: ModelTwin) -> None:
    shop, form = await with_form(rig)
    twin.script = wishes(ALL)
    await writes(rig, shop, SAYS_ALL)
    twin.script = wishes({**ALL, "people": 6})
    await writes(rig, shop, "mejor 6")
    _, page = await call(rig, shop, "GET", f"/bot/forms/{form['id']}/entries")
    contact = f"{rig.url}/contacts/{page['items'][0]['contact_id']}"
    async with rig.http.get(f"{contact}/data.json", headers=rig.bearer(shop)) as answer:
        forms = json.loads(await answer.read())["forms"]
    assert [(one["form"], one["values"]["Personas"]) for one in forms] == [
        ("Reserva de mesa", "4"),
        ("Reserva de mesa", "6"),
    ]
    async with rig.http.get(f"{contact}/data.html", headers=rig.bearer(shop)) as answer:
        assert "+34600111222" in await answer.text()


async def test_whoever_turns_out_to_be_another_brings_their_entries_along(rig: Rig, twin: ModelTwin) -> None:
    shop, form = await with_form(rig)
    twin.script = wishes(ALL)
    await writes(rig, shop, SAYS_ALL)
    await writes(rig, shop, "hola", wa_id="34611222333")
    _, people = await call(rig, shop, "GET", "/contacts")
    keep, gone = sorted(people["contacts"], key=lambda one: one["phone"] == ROSA)
    status, _ = await call(rig, shop, "POST", f"/contacts/{keep['id']}/merge", {"other_id": gone["id"]})
    assert status in (200, 204)
    _, page = await call(rig, shop, "GET", f"/bot/forms/{form['id']}/entries")
    assert [one["contact_id"] for one in page["items"]] == [keep["id"]]
    await call(rig, shop, "DELETE", f"/contacts/{keep['id']}")

    async def forgotten() -> bool:
        return not await entries(rig, shop)

    await eventually(forgotten)


async def test_a_day_has_its_limit_of_entries(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = wishes(ALL)
    await writes(rig, shop, SAYS_ALL)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            'insert into app.bot_form_entries (business_id, form_id, conversation_id, title, fields, "values") '
            "select business_id, form_id, conversation_id, title, fields, jsonb_build_object('people', n) "
            "from app.bot_form_entries, generate_series(11, 19) n where business_id = %s",
            (shop.business_id,),
        )
    twin.script = wishes({**ALL, "people": 8, "another": True})
    await writes(rig, shop, "y otra para 8")
    assert "too many of these" in outputs(twin)[0]
    assert len(await entries(rig, shop)) == 10


async def test_a_person_who_steps_in_finds_what_was_given(rig: Rig, twin: ModelTwin) -> None:
    shop, _ = await with_form(rig)
    twin.script = [Step(calls=[{"name": TOOL, "arguments": ALL}]), Step(say="Anotado.", delay_ms=1500)]
    assert await rig.post(as_body(meta.inbound(shop, ROSA, SAYS_ALL))) == 200

    async def asked() -> bool:
        return len(twin.requests) >= 2

    await eventually(asked)
    [talk] = await rig.rows(shop, "select id from app.conversations where business_id = %s", (shop.business_id,))
    await take_over(rig.house.whatsapp, shop.user_id, shop.business_id, talk.id)

    async def closed() -> bool:
        return bool(await turns_of(rig, shop))

    await eventually(closed)
    assert len(await entries(rig, shop)) == 1
    assert rig.accepted(shop) == []


async def test_what_was_given_is_in_no_log(
    rig: Rig, twin: ModelTwin, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    shop, form = await with_form(rig)
    twin.script = wishes({**ALL, "phone": "600 99 98 88"}, ALL)
    await writes(rig, shop, SAYS_ALL)
    await call(rig, shop, "GET", f"/bot/forms/{form['id']}/entries")
    out, err = capfd.readouterr()
    written = out + err + caplog.text
    assert "600 11 12 22" not in written
    assert "34600111222" not in written
    assert "Rosa" not in written
    audit = await rig.rows(shop, "select detail from app.audit_log where business_id = %s", (shop.business_id,))
    jobs = await rig.rows(shop, "select payload from app.jobs where business_id = %s", (shop.business_id,))
    assert "Rosa" not in str(audit) + str(jobs)
