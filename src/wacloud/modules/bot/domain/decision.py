"""What a model decides about the newest messages, where it can be held to a form."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

Kind = Literal["answer", "unknown", "hand_over"]
HandOverReason = Literal["wants_person", "complaint", "order_or_payment", "urgent", "other"]

MOST_SOURCES = 10

SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "decision": {"type": "string", "enum": list(get_args(Kind))},
        "text": {"type": "string"},
        "sources": {"type": "array", "items": {"type": "integer"}},
        "reason": {"type": ["string", "null"], "enum": [*get_args(HandOverReason), None]},
        "refused_topic": {"type": ["integer", "null"]},
    },
    "required": ["decision", "text", "sources", "reason", "refused_topic"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """
    `sources` are numbers of pieces of knowledge, `refused_topic` that of a topic the business does not speak about.

    All of it is what a model claims: numbers are to be looked up before they are believed.
    """

    kind: Kind
    text: str
    sources: tuple[int, ...] = ()
    reason: HandOverReason | None = None
    refused_topic: int | None = None


def read_decision(written: str) -> Decision | None:
    """The decision a model wrote, or None where it is not of that form."""
    try:
        read = json.loads(written)
    except (ValueError, RecursionError):
        return None
    if (
        not isinstance(read, dict)
        or read.get("decision") not in get_args(Kind)
        or not isinstance(read.get("text"), str)
    ):
        return None
    sources, reason, topic = read.get("sources"), read.get("reason"), read.get("refused_topic")
    return Decision(
        kind=read["decision"],
        text=read["text"],
        sources=tuple(dict.fromkeys(one for one in (sources if isinstance(sources, list) else []) if _is_number(one)))[
            :MOST_SOURCES
        ],
        reason=reason if reason in get_args(HandOverReason) else None,
        refused_topic=topic if _is_number(topic) else None,
    )


def looks_like_one(written: str) -> bool:
    """Whether this is a form rather than words for a person: never to be sent as it is."""
    return written.lstrip().startswith("{")


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
