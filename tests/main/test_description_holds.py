"""F2: whatever fits the description, or almost does, is answered as the description says, and never with a 5xx."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from rig import Rig, open_rig

sys.path.insert(0, str(Path(__file__).parents[1] / "business"))
sys.path.insert(0, str(Path(__file__).parents[1] / "architecture"))

from business_people import People, Someone
from described import Description, Operation, application

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Of each kind: what fits, and what does not.
EXAMPLES = 15
API = Description(application().openapi())
SCHEMA = schemathesis.openapi.from_dict(API.told)


@pytest.fixture(scope="module")
async def rig(app_dsn: str, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(app_dsn, redis_url) as rig:
        yield rig


async def objects(people: People, owner: Someone) -> dict[str, list[str]]:
    """Ids of the caller's own, for the paths: with random ones nothing but 404 would be seen."""
    agent, analyst = await people.join(owner, "agent"), await people.join(owner, "analyst")
    made, _ = await people.invite(owner, f"{agent.user_id}@invited.test")
    return {
        "business_id": [str(owner.business_id)],
        "user_id": [str(agent.user_id), str(analyst.user_id), str(owner.user_id)],
        "invitation_id": [made.json["id"]],
        "session_id": [str(owner.session_id)],
    }


def strategy(operation: Operation, mode: GenerationMode, own: dict[str, list[str]]) -> Any:
    """Cases of an operation; where they fit, half of them with ids of the caller's own."""
    cases = SCHEMA[operation.path][operation.method].as_strategy(generation_mode=mode)
    if mode is GenerationMode.NEGATIVE:
        return cases
    named = [slot.name for slot in operation.slots if slot.where == "path"]
    ids = st.fixed_dictionaries({name: st.sampled_from(own[name]) for name in named})
    return st.tuples(cases, st.booleans(), ids).map(lambda drawn: _with_own(*drawn))


def _with_own(case: Any, is_own: bool, ids: dict[str, str]) -> Any:
    if is_own and ids:
        case.path_parameters = {**case.path_parameters, **ids}
    return case


def try_out(operation: Operation, mode: GenerationMode, url: str, headers: dict[str, str], own: Any) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy(operation, mode, own))
    def every(case: Any) -> None:
        case.call_and_validate(base_url=url, headers=headers, checks=CHECKS, timeout=20)

    every()


# What does not fit needs a place to put it.
CASES = [
    pytest.param(operation, mode, id=f"{operation}-{mode.value}")
    for operation in API.operations
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or operation.body is not None or operation.told.get("parameters")
]


@pytest.mark.parametrize(("operation", "mode"), CASES)
async def test_f2_an_operation_answers_as_it_is_described(rig: Rig, operation: Operation, mode: GenerationMode) -> None:
    people = People(rig)
    # Everybody tries with a business of their own, so that no operation ends the session of another's test.
    owner = await people.business()
    own = await objects(people, owner)
    await asyncio.to_thread(try_out, operation, mode, rig.url, rig.bearer(cast(Any, owner)), own)
