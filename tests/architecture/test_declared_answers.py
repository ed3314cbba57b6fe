"""E5: an answer holds what its operation declares, and nothing of what is kept secret is ever declared."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from described import Description, Operation, application

API = Description(application().openapi())

# Answers whose fields are not ours to list, and why.
OPEN_ANSWERS = {
    "get_keys": "a JSON Web Key Set: its fields are RFC 7517's",
    "export_me": "each module adds its own part",
}
OPEN_FIELDS = {
    "AuditEntryAnswer.detail": "what was done differs by action; the log takes no secrets",
}
SECRET = re.compile(r"hash|secret|password|seed|salt|cipher|credential|api_key|(?<!^access_)(?<!^refresh_)token$")


@pytest.mark.parametrize("operation", API.operations, ids=str)
def test_e5_an_answer_declares_its_fields(operation: Operation) -> None:
    answers = {status: told for status, told in operation.told["responses"].items() if status.startswith("2")}
    assert answers, "no good outcome"
    for status, told in answers.items():
        content = told.get("content", {})
        assert bool(content) == (status != "204"), f"{status}: a body without a media type, or none where one is due"
        for media_type, body in content.items():
            if media_type != "application/json" or operation.told["operationId"] in OPEN_ANSWERS:
                continue
            schema = body["schema"]
            assert "$ref" in schema.get("items", schema), f"{status}: give the route a response_model"


@pytest.mark.parametrize("name", sorted(set(API.told["components"]["schemas"]) - {"Problem"}))
def test_e5_a_declared_field_says_what_is_in_it(name: str) -> None:
    for field, schema in API.told["components"]["schemas"][name].get("properties", {}).items():
        if f"{name}.{field}" not in OPEN_FIELDS:
            assert schema.keys() & {"type", "$ref", "anyOf", "const", "enum"}, f"{field} may be anything"
            assert schema.get("additionalProperties") is not True, f"{field} may hold anything"


@pytest.mark.parametrize("operation", API.operations, ids=str)
def test_e5_no_answer_declares_a_secret(operation: Operation) -> None:
    for status, told in operation.told["responses"].items():
        for body in told.get("content", {}).values():
            found = {name for name in _names(body["schema"], set()) if SECRET.search(name)}
            assert not found, (status, found)


def test_every_exception_is_needed() -> None:
    schemas = API.told["components"]["schemas"]
    assert {operation.told["operationId"] for operation in API.operations} >= OPEN_ANSWERS.keys()
    assert all(field in schemas[name]["properties"] for name, field in (one.split(".") for one in OPEN_FIELDS))


def _names(schema: Any, seen: set[str]) -> Iterator[str]:
    """Every property's name, however deep."""
    if isinstance(schema, list):
        for one in schema:
            yield from _names(one, seen)
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref")
    if reference is not None and reference not in seen:
        seen.add(reference)
        yield from _names(API.told["components"]["schemas"][reference.rpartition("/")[2]], seen)
    yield from schema.get("properties", {})
    for inner in (*schema.get("properties", {}).values(), schema.get("items"), schema.get("anyOf")):
        yield from _names(inner, seen)
