"""From signing up to the first message, the templates of the sectors, and what the bot does not say yet."""

import re

import pytest
from business_people import ROLES, People, Someone, eventually

from rig import Rig
from wacloud.modules.business.api import complete_step, sector_template
from wacloud.modules.business.domain.hours import checked_hours
from wacloud.modules.business.domain.onboarding import STEPS
from wacloud.modules.business.domain.profile import LANGUAGES, SECTORS
from wacloud.modules.business.events import OnboardingStepCompleted
from wacloud.shared.application.jobs import Lane, NewJob
from wacloud.shared.infra.postgres import PostgresDatabase


async def states(people: People, who: Someone) -> dict[str, str]:
    told = await people.ask(who, "GET", "/api/onboarding")
    assert told.status == 200
    assert [one["step"] for one in told.json["steps"]] == list(STEPS)
    return {one["step"]: one["state"] for one in told.json["steps"]}


async def move(people: People, who: Someone, step: str, state: str) -> tuple[int, str]:
    told = await people.ask(who, "POST", "/api/onboarding", {"step": step, "state": state})
    return told.status, told.json.get("code", "")


async def test_a_new_business_has_done_two_steps_and_whatsapp_is_next(people: People) -> None:
    owner = await people.business()
    told = (await people.ask(owner, "GET", "/api/onboarding")).json
    assert told["next_step"] == "whatsapp"
    assert [one["state"] for one in told["steps"]] == ["done", "done", *["pending"] * 4]
    assert [one["at"] is None for one in told["steps"]] == [False, False, True, True, True, True]


@pytest.mark.parametrize(
    ("step", "state", "expected"),
    [
        ("plan", "done", (200, "")),
        ("bot", "skipped", (200, "")),
        ("first_message", "skipped", (200, "")),
        ("whatsapp", "done", (409, "step_is_a_fact")),
        ("first_message", "done", (409, "step_is_a_fact")),
        ("account", "skipped", (409, "step_is_done")),
        ("business", "pending", (409, "step_is_done")),
        ("nonsense", "done", (422, "invalid_request")),
        ("plan", "finished", (422, "invalid_request")),
    ],
)
async def test_what_may_be_said_of_a_step(people: People, step: str, state: str, expected: tuple[int, str]) -> None:
    owner = await people.business()
    before = await states(people, owner)
    assert await move(people, owner, step, state) == expected
    after = await states(people, owner)
    assert after == (before | {step: state} if expected[0] == 200 else before)


async def test_a_skipped_step_is_taken_up_again_and_a_done_one_stays(people: People) -> None:
    owner = await people.business()
    for state in ("skipped", "pending", "done", "done"):
        assert (await move(people, owner, "plan", state))[0] == 200
    assert await move(people, owner, "plan", "skipped") == (409, "step_is_done")
    assert (await people.log(owner)).count("business.onboarding_moved") == 3


async def test_agents_and_analysts_look_and_do_not_move(people: People) -> None:
    team = await people.team()
    for role in ROLES:
        assert await states(people, team[role])
        assert ((await move(people, team[role], "plan", "done"))[0] == 200) == (role in ("owner", "admin"))


async def test_each_completed_step_is_announced_once(people: People, rig: Rig) -> None:
    owner = await people.business()
    heard: list[OnboardingStepCompleted] = []

    def note(event: object) -> list[NewJob]:
        if isinstance(event, OnboardingStepCompleted):
            heard.append(event)
        return []

    db = PostgresDatabase(rig.house.db.pool, to_jobs=note)
    for _ in range(2):
        async with db.tenant(owner.business_id) as tx:
            await complete_step(rig.house.business, tx, owner.business_id, "whatsapp")
    assert [(event.business_id, event.step) for event in heard] == [(owner.business_id, "whatsapp")]


async def test_the_first_delivered_message_completes_its_step(people: People, rig: Rig) -> None:
    shop = await rig.shop()
    owner = Someone(shop.user_id, "", shop.business_id, shop.session_id)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await rig.house.business.steps.begin(tx, shop.business_id)
    conversation_id = await rig.heard(shop)
    status, told = await rig.send(shop, conversation_id, "¡Hola!")
    assert status in (200, 201, 202), told
    await _note_now(rig)
    assert (await states(people, owner))["first_message"] in ("pending", "done")

    async def is_done() -> bool:
        await _note_now(rig)
        return (await states(people, owner))["first_message"] == "done"

    await eventually(is_done)


@pytest.mark.parametrize("sector", SECTORS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_has_eight_questions_and_its_gaps_are_marked(sector: str, language: str) -> None:
    template = sector_template(sector, language)
    assert len(template.questions) >= 8
    assert len({one.question for one in template.questions}) == len(template.questions)
    assert any(one.gaps for one in template.questions)
    assert any(not one.gaps for one in template.questions)
    assert template.tone
    assert template.fallback
    checked_hours(template.hours, {}, None)
    for one in template.questions:
        bare = re.sub(r"\[\[[^\[\]]+\]\]", "", one.answer)
        assert "[" not in bare
        # Prices, numbers, addresses and links are facts only the owner knows; emergency numbers are everybody's.
        assert not re.search(r"\d|€|\$|http|www", bare.replace("112", "")), one.answer
        assert 2 <= len(one.question) <= 500


async def test_taking_the_template_twice_changes_nothing_and_completes_the_bot(people: People, rig: Rig) -> None:
    owner = await people.business(sector="restaurant")
    first = await people.ask(owner, "POST", "/api/bot/sector-template", {})
    assert first.status == 200
    template = sector_template("restaurant", "es")
    assert first.json == {
        "added": len(template.questions),
        "to_fill": [one.question for one in template.questions if one.gaps],
        "took_hours": False,
    }
    again = await people.ask(owner, "POST", "/api/bot/sector-template", {"hours": True})
    assert again.json == {"added": 0, "to_fill": [], "took_hours": True}
    hours = await people.here(owner, "GET", "/hours")
    assert hours.json["hours"] == template.hours
    assert (await people.ask(owner, "POST", "/api/bot/sector-template", {"hours": True})).json["took_hours"] is False
    assert (await states(people, owner))["bot"] == "done"
    assert (await people.log(owner)).count("bot.template_applied") == 3


async def test_the_bot_knows_no_answer_with_a_gap_until_it_is_filled_in(people: People, rig: Rig) -> None:
    owner = await people.business(sector="retail")
    await people.ask(owner, "POST", "/api/bot/sector-template", {})
    template = sector_template("retail", "es")
    whole = {one.question for one in template.questions if not one.gaps}
    assert await _known(rig, owner) == whole
    gap = next(one for one in template.questions if one.gaps)
    page = await people.ask(owner, "GET", "/onboarding/answers", page=True)
    item_id = re.findall(r'name="item_id" value="([^"]+)"', page.text)[0]
    filled = await people.ask(
        owner, "POST", "/onboarding/answers", page=True, item_id=item_id, question=gap.question, answer="En la plaza."
    )
    assert filled.status == 303
    assert await _known(rig, owner) == whole | {gap.question}


@pytest.mark.parametrize("role", ROLES)
async def test_only_those_who_write_knowledge_take_a_template(people: People, role: str) -> None:
    team = await people.team()
    told = await people.ask(team[role], "POST", "/api/bot/sector-template", {"sector": "healthcare"})
    assert told.status == (200 if role in ("owner", "admin") else 403)
    looked = await people.ask(team[role], "GET", "/api/bot/sector-template/healthcare?language=en")
    assert looked.json["title"] == "Clinic or practice"


@pytest.mark.parametrize(("language", "title"), [("es", "Clínica o consulta"), ("en", "Clinic or practice")])
async def test_a_template_is_shown_in_the_language_of_the_business(people: People, language: str, title: str) -> None:
    owner = await people.business()
    assert (await people.here(owner, "PATCH", "", {"language": language})).status == 200
    looked = await people.ask(owner, "GET", "/api/bot/sector-template/healthcare")
    assert looked.json["title"] == title


async def _known(rig: Rig, owner: Someone) -> set[str]:
    assert owner.business_id is not None
    knowledge = rig.house.bot.answers.knowledge
    knowledge.forget(owner.business_id)  # type: ignore[attr-defined]
    return {item.question for item in await knowledge.items(owner.business_id)}


async def _note_now(rig: Rig) -> None:
    async with rig.house.db.system("test: do not wait") as tx:
        tx.queue(NewJob(kind="whatsapp.note_first_messages", lane=Lane.HOUSEKEEPING))
