"""
What goes in and out is declared.

E4: a body may hold its declared fields only. E5: an answer holds what its operation declares, and nothing secret is
ever declared. G12: no address of the API is missing from its description.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from described import Description, Operation, application
from fastapi.routing import iter_route_contexts

API = Description(application().openapi())

# Answers whose fields are not ours to list, and why.
OPEN_ANSWERS = {
    "get_keys": "a JSON Web Key Set: its fields are RFC 7517's",
    "supabase_keys": "the same",
    "export_me": "each module adds its own part",
}
# Supabase's clients send what its servers may want, in each version more: what nobody here knows is ignored.
OPEN_BODIES = "supabase"
NO_GOOD_OUTCOME = {
    "supabase_authorize": "there are no providers to be led to",
    "supabase_verify_link": "it leads on to the program, with an error where there is one",
}
# What an app needs, in Supabase's words; it can be read until it is confirmed and never again.
TOLD_ONCE = {
    "supabase_enrol": {"secret"},
    # What requests to a business's own systems are signed with: it is told where it is made.
    "add_bot_action": {"secret"},
    "renew_bot_action_secret": {"secret"},
}
OPEN_FIELDS = {
    "TemplateOut.components": "Meta's own objects, as they came",
    "TemplateDetail.components": "the same",
    "ActionOut.arguments": "a JSON Schema of the business's own, as `ArgumentsBody` lets it be",
    "MadeAction.arguments": "the same",
    "AuditEntryAnswer.detail": "what was done differs by action; the log takes no secrets",
}
SECRET = re.compile(
    r"hash|secret|password|seed|salt|cipher|credential|api_key|(?<!^access_)(?<!^refresh_)(?<!^second_factor_)token$"
)


# Addresses of the API for vendors, who have descriptions of their own.
FOR_VENDORS = {"/api/webhooks/whatsapp", "/api/webhooks/resend"}


def test_g12_every_address_of_the_api_is_described() -> None:
    running = {str(context.path) for context in iter_route_contexts(list(application().router.routes))}
    ours = {path for path in running if path.startswith(("/api/", "/.well-known/", "/auth/"))}
    assert ours == {operation.path for operation in API.operations} | FOR_VENDORS


@pytest.mark.parametrize(
    "operation", [one for one in API.operations if one.body and OPEN_BODIES not in one.told["tags"]], ids=str
)
def test_e4_a_body_holds_its_declared_fields_only(operation: Operation) -> None:
    for schema in _objects(operation.body, set()):
        assert schema.get("additionalProperties", True) is not True, f"{schema.get('title')} takes any field"


@pytest.mark.parametrize(
    "operation", [one for one in API.operations if one.told["operationId"] not in NO_GOOD_OUTCOME], ids=str
)
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
            for one in schema.get("anyOf", [schema.get("items", schema)]):
                assert "$ref" in one, f"{status}: give the route a response_model"


@pytest.mark.parametrize("name", sorted(set(API.told["components"]["schemas"]) - {"Problem"}))
def test_e5_a_declared_field_says_what_is_in_it(name: str) -> None:
    for field, schema in API.told["components"]["schemas"][name].get("properties", {}).items():
        if f"{name}.{field}" not in OPEN_FIELDS:
            assert schema.keys() & {"type", "$ref", "anyOf", "oneOf", "const", "enum"}, f"{field} may be anything"
            assert schema.get("additionalProperties") is not True, f"{field} may hold anything"


@pytest.mark.parametrize("operation", API.operations, ids=str)
def test_e5_no_answer_declares_a_secret(operation: Operation) -> None:
    for status, told in operation.told["responses"].items():
        for body in told.get("content", {}).values():
            names = {name for schema in _objects(body["schema"], set()) for name in schema.get("properties", {})}
            found = {name for name in names if SECRET.search(name)} - TOLD_ONCE.get(
                operation.told["operationId"], set()
            )
            assert not found, (status, found)


def test_every_exception_is_needed() -> None:
    schemas = API.told["components"]["schemas"]
    assert {
        operation.told["operationId"] for operation in API.operations
    } >= OPEN_ANSWERS.keys() | NO_GOOD_OUTCOME.keys()
    assert all(field in schemas[name]["properties"] for name, field in (one.split(".") for one in OPEN_FIELDS))


def _objects(schema: Any, seen: set[str]) -> Iterator[Any]:
    """Every schema of an object that is in it, however deep."""
    if isinstance(schema, list):
        for one in schema:
            yield from _objects(one, seen)
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref")
    if reference is not None and reference not in seen:
        seen.add(reference)
        yield from _objects(API.told["components"]["schemas"][reference.rpartition("/")[2]], seen)
    if schema.get("type") == "object":
        yield schema
    inside = (schema.get(key) for key in ("items", "anyOf", "additionalProperties"))
    for inner in (*schema.get("properties", {}).values(), *inside):
        yield from _objects(inner, seen)
