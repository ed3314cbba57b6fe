"""What a business lets its bot do in its own systems: an action, what it takes, and what came of a call."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Literal
from uuid import UUID

from wacloud.modules.bot.domain.arguments import LONGEST_TEXT
from wacloud.modules.bot.domain.source import AddressRefused, checked_url
from wacloud.modules.bot.domain.tools import Tool
from wacloud.shared.domain.errors import AppError, Fault, FaultyFields, Kind
from wacloud.shared.domain.ids import BusinessId

MOST_ACTIONS: Final = 5
MOST_ARGUMENTS: Final = 10
MOST_CHOICES: Final = 30
LONGEST_DESCRIPTION: Final = 500
LONGEST_HINT: Final = 200
LONGEST_NAME: Final = 40
LONGEST_CHOICE: Final = 100
LARGEST_ANSWER: Final = 8 * 1024
# The names of what every bot can do.
TAKEN: Final = frozenset({"check_hours", "look_up_product", "hand_over"})
_NAME = re.compile(r"[a-z_]{3,40}")
_ARGUMENT = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KINDS: Final = frozenset({"string", "number", "integer", "boolean"})
_SAYS: Final = frozenset({"type", "properties", "required", "additionalProperties"})
_ARGUMENT_SAYS: Final = frozenset({"type", "description", "enum", "maxLength"})

# "started" is all that is known of a call while it runs, and of one that was cut off.
CallState = Literal["started", "done", "failed", "unknown"]


class TooManyActions(AppError):
    """You have as many actions as there can be: remove one first."""

    kind: ClassVar[Kind] = "limit"


class ActionNameTaken(AppError):
    """There is an action of this name already."""

    kind: ClassVar[Kind] = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """
    One thing the model may ask for that happens at an address of the business.

    `arguments` is a JSON Schema: one flat object of texts, numbers and choices.
    """

    id: UUID
    name: str
    description: str
    url: str
    arguments: Mapping[str, Any]
    enabled: bool = True
    changes_something: bool = True

    @property
    def most_calls(self) -> int:
        """How often one turn may call it, with all others of its kind."""
        return 1 if self.changes_something else 3

    def tool(self) -> Tool:
        """As a model is told of it. Models fill in every argument: one that is not needed may be null."""
        required = self.arguments.get("required", ())
        properties = {
            name: dict(rule) if name in required else _or_null(rule)
            for name, rule in self.arguments.get("properties", {}).items()
        }
        return Tool(
            self.name,
            self.description,
            {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call in a turn: which it is, whatever restarts, and what it sends."""

    business_id: BusinessId
    conversation_id: UUID
    message_id: UUID
    action: Action
    arguments: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The same for the same messages, action and arguments."""
        said = json.dumps(self.arguments, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(f"{self.message_id}:{self.action.id}:{said}".encode()).hexdigest()

    @property
    def conversation(self) -> str:
        """Tells one conversation from another without saying which it is."""
        return hashlib.sha256(f"{self.business_id}:{self.conversation_id}".encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class TooManyCalls:
    """A turn has called often enough; `before` are the actions it called, each with what came of it."""

    before: tuple[tuple[str, CallState], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call. `answer` is None where there is none that can be read."""

    state: CallState
    status: int | None = None
    answer: str | None = None
    ms: int = 0


def checked(action: Action) -> Action:
    """
    The action as it is kept.

    :raises FaultyFields: something of it cannot be; each fault names the field.
    """
    faults: list[Fault] = []
    if not _NAME.fullmatch(action.name):
        faults.append(Fault("name", "not_a_name"))
    elif action.name in TAKEN:
        faults.append(Fault("name", "not_unique"))
    description = " ".join(action.description.split())
    if not description:
        faults.append(Fault("description", "text_missing"))
    if len(description) > LONGEST_DESCRIPTION:
        faults.append(Fault("description", "text_too_long", LONGEST_DESCRIPTION))
    url = action.url
    try:
        url = checked_url(action.url)
    except AddressRefused:
        faults.append(Fault("url", "not_a_link"))
    else:
        if not url.startswith("https://"):
            faults.append(Fault("url", "not_https"))
    faults += _faults_of(action.arguments)
    if faults:
        raise FaultyFields(faults)
    return replace(action, description=description, url=url)


def _faults_of(schema: Mapping[str, Any]) -> list[Fault]:
    at = "arguments"
    faults = [Fault(f"{at}.{word}"[:80], "not_allowed") for word in sorted(schema.keys() - _SAYS)]
    if schema.get("type", "object") != "object":
        faults.append(Fault(f"{at}.type", "not_allowed"))
    if schema.get("additionalProperties", False) is not False:
        faults.append(Fault(f"{at}.additionalProperties", "not_allowed"))
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, Mapping):
        return [*faults, Fault(f"{at}.properties", "not_allowed")]
    if len(properties) > MOST_ARGUMENTS:
        faults.append(Fault(f"{at}.properties", "too_many", MOST_ARGUMENTS))
    if not isinstance(required, list) or not all(isinstance(one, str) and one in properties for one in required):
        faults.append(Fault(f"{at}.required", "not_allowed"))
    for name, rule in properties.items():
        faults += _faults_of_one(f"{at}.properties.{name}"[:80], name, rule)
    return faults


def _faults_of_one(at: str, name: str, rule: object) -> list[Fault]:
    if not _ARGUMENT.fullmatch(name):
        return [Fault(at, "not_a_name")]
    if not isinstance(rule, Mapping):
        return [Fault(at, "not_allowed")]
    faults = [Fault(f"{at}.{word}"[:80], "not_allowed") for word in sorted(rule.keys() - _ARGUMENT_SAYS)]
    kind = rule.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        faults.append(Fault(f"{at}.type", "not_allowed"))
    hint = rule.get("description", "")
    if not isinstance(hint, str):
        faults.append(Fault(f"{at}.description", "not_allowed"))
    elif len(hint) > LONGEST_HINT:
        faults.append(Fault(f"{at}.description", "text_too_long", LONGEST_HINT))
    if "enum" in rule and not (kind == "string" and _are_choices(rule["enum"])):
        faults.append(Fault(f"{at}.enum", "not_allowed"))
    if "maxLength" in rule:
        longest = rule["maxLength"]
        if kind != "string" or not isinstance(longest, int) or isinstance(longest, bool) or longest < 1:
            faults.append(Fault(f"{at}.maxLength", "not_allowed"))
        elif longest > LONGEST_TEXT:
            faults.append(Fault(f"{at}.maxLength", "out_of_range", LONGEST_TEXT))
    return faults


def _are_choices(given: object) -> bool:
    return (
        isinstance(given, list)
        and 1 <= len(given) <= MOST_CHOICES
        and all(isinstance(one, str) and 1 <= len(one) <= LONGEST_CHOICE for one in given)
        and len(set(given)) == len(given)
    )


def _or_null(rule: Mapping[str, Any]) -> dict[str, Any]:
    choices = {"enum": [*rule["enum"], None]} if "enum" in rule else {}
    return {**rule, "type": [rule["type"], "null"], **choices}
