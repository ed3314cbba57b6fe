"""The operations of the application's own description, and a request for each that needs nothing but ids."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any, cast
from unittest.mock import MagicMock
from urllib.parse import urlencode

from fastapi import FastAPI

from wacloud.main.web import make_app

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for an id: in the path, in the query, or in the body, where `name` is its property's."""

    where: str
    name: str

    def __str__(self) -> str:
        return f"{self.where}:{self.name}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    told: Json
    slots: tuple[Slot, ...]
    body: Json | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def foreign(self) -> Iterator[tuple[Slot, ...]]:
        """Which of the ids are another's: each alone, each pair, and so on up to all."""
        return chain.from_iterable(combinations(self.slots, n + 1) for n in range(len(self.slots)))

    def takes(self, name: str) -> bool:
        """Whether it has this parameter in its query."""
        return any(one["in"] == "query" and one["name"] == name for one in self.told.get("parameters", ()))

    def url(self, ids: Mapping[Slot, str], choices: Mapping[str, str]) -> str:
        path = self.path
        for name, value in {**choices, **{slot.name: id_ for slot, id_ in ids.items() if slot.where == "path"}}.items():
            path = path.replace("{" + name + "}", value)
        query = {slot.name: id_ for slot, id_ in ids.items() if slot.where == "query"}
        return f"{path}?{urlencode(query)}" if query else path


def application() -> FastAPI:
    """As it runs outside of play, with no house behind it: for its routes and its description."""
    house = MagicMock()
    house.settings.base_url = "https://example.test"
    house.settings.is_play = False
    house.settings.trusted_proxies = []
    house.settings.auth_redirect_urls = []
    return make_app(cast(Any, house))


class Description:
    """What it says, read as the tests need it."""

    def __init__(self, told: Json) -> None:
        self.told = told
        self.operations = [
            self._operation(method.upper(), path, operation)
            for path, methods in told["paths"].items()
            for method, operation in methods.items()
        ]

    def choices(self, operation: Operation) -> dict[str, str]:
        """Path parameters that are a choice of few words, and no id."""
        return {
            one["name"]: self._resolved(one["schema"])["enum"][0]
            for one in operation.told.get("parameters", ())
            if one["in"] == "path" and "enum" in self._resolved(one["schema"])
        }

    def properties(self, schema: Json) -> list[str]:
        """The names at the top of a body."""
        return list(self._resolved(schema).get("properties", {}))

    def sample(self, schema: Json, given: Callable[[str], Any], name: str = "") -> Any:
        """A value that fits; `given` is asked first for each property, by name, and says None where it knows none."""
        told = given(name) if name else None
        if told is not None:
            return told
        schema = self._resolved(schema)
        for key in ("const", "default"):
            if schema.get(key) is not None:
                return schema[key]
        if "examples" in schema and schema.get("type") != "object":
            return schema["examples"][0]
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                needed = schema.get("required", ())
                return {
                    key: self.sample(inner, given, key)
                    for key, inner in schema.get("properties", {}).items()
                    if key in needed or given(key) is not None
                }
            case "array":
                return [self.sample(schema["items"], given, name)]
            case "boolean":
                return True
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "string":
                return "x" * max(schema.get("minLength", 1), 1)
        raise AssertionError(f"{name}: what is a {schema}?")

    def _operation(self, method: str, path: str, told: Json) -> Operation:
        slots = [
            Slot(one["in"], one["name"])
            for one in told.get("parameters", ())
            if one["in"] in ("path", "query") and self._is_id(one["in"], one["name"], one["schema"])
        ]
        body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if body is not None:
            slots += [Slot("body", name) for name in dict.fromkeys(self._ids_in(body))]
        return Operation(method, path, told, tuple(slots), body)

    def _is_id(self, where: str, name: str, schema: Json) -> bool:
        """In a path all is an id but a choice of few words; elsewhere what has the form or the name of one."""
        schema = self._resolved(schema)
        if "enum" in schema or "const" in schema:
            return False
        if schema.get("type") == "array":
            return self._is_id(where, name, schema["items"])
        return where == "path" or schema.get("format") == "uuid" or name.endswith(("_id", "_ids"))

    def _ids_in(self, schema: Json) -> Iterator[str]:
        schema = self._resolved(schema)
        for name, inner in schema.get("properties", {}).items():
            if self._is_id("body", name, inner):
                yield name
            else:
                yield from self._ids_in(inner)
        if isinstance(schema.get("items"), dict):
            yield from self._ids_in(schema["items"])
        if isinstance(schema.get("additionalProperties"), dict):
            yield from self._ids_in(schema["additionalProperties"])

    def _resolved(self, schema: Json) -> Json:
        """Without references, and without the null of what may be left out."""
        if "$ref" in schema:
            return self._resolved(self.told["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        kinds = [one for one in schema.get("anyOf", schema.get("oneOf", ())) if one.get("type") != "null"]
        return self._resolved(kinds[0]) if kinds else schema
