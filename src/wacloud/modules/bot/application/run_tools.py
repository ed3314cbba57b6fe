"""The tools of one turn: what may be asked for, and what comes of it. A tool knows the conversation's business only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, get_args
from zoneinfo import ZoneInfo

from wacloud.modules.bot.application.call_action import call_action
from wacloud.modules.bot.application.fill_form import fill_form
from wacloud.modules.bot.application.model import AnswerDeps, ModelReply
from wacloud.modules.bot.domain.action import LARGEST_ANSWER, Action, TooManyCalls
from wacloud.modules.bot.domain.arguments import WrongArguments, read_arguments
from wacloud.modules.bot.domain.decision import HandOverReason
from wacloud.modules.bot.domain.form import ANOTHER, BegunForm, FilledForm, Form
from wacloud.modules.bot.domain.masking import Masker
from wacloud.modules.bot.domain.prompt import only_links_of, quoted
from wacloud.modules.bot.domain.question import Question
from wacloud.modules.bot.domain.tools import LONGEST_OUTPUT, MOST_CALLS_A_ROUND, Round, Tool, ToolCall
from wacloud.modules.business.api import HoursNotReadable, is_open

_HITS = 4

CHECK_HOURS = Tool(
    "check_hours",
    "Whether the business is open at a date and time, and when that changes.",
    {
        "type": "object",
        "properties": {
            "date": {"type": "string", "description": "as 2026-12-24"},
            "time": {"type": ["string", "null"], "description": "as 17:30; null: noon"},
        },
        "required": ["date", "time"],
        "additionalProperties": False,
    },
)
LOOK_UP_PRODUCT = Tool(
    "look_up_product",
    "What the business knows about a product or a service: price, sizes, conditions.",
    {
        "type": "object",
        "properties": {"words": {"type": "string", "maxLength": 200}},
        "required": ["words"],
        "additionalProperties": False,
    },
)
HAND_OVER = Tool(
    "hand_over",
    "Give the conversation to a person of the business.",
    {
        "type": "object",
        "properties": {"reason": {"type": "string", "enum": list(get_args(HandOverReason))}},
        "required": ["reason"],
        "additionalProperties": False,
    },
)

OWN_TOOLS = frozenset({CHECK_HOURS.name, LOOK_UP_PRODUCT.name, HAND_OVER.name})


@dataclass(slots=True)
class Bench:
    """
    The tools that lie ready in one turn. `hands_over`: the model gave the conversation to a person, and why.

    `filled` are the forms that are complete, `begun` what is known now of those that were called for, by their tools.
    """

    deps: AnswerDeps
    question: Question
    tools: tuple[Tool, ...]
    actions: Mapping[str, Action] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    filled: dict[str, FilledForm] = field(default_factory=dict)
    begun: dict[str, BegunForm] = field(default_factory=dict)
    hands_over: str | None = None

    @classmethod
    def of(
        cls,
        deps: AnswerDeps,
        question: Question,
        *,
        knows_all: bool,
        actions: Sequence[Action] = (),
        forms: Sequence[Form] = (),
    ) -> "Bench":
        """What makes sense here; `knows_all`: there is no more knowledge to look up."""
        tools = [HAND_OVER]
        if question.facts.profile.get("hours"):
            tools.append(CHECK_HOURS)
        if not knows_all:
            tools.append(LOOK_UP_PRODUCT)
        tools += [action.tool() for action in actions]
        tools += [form.tool() for form in forms]
        by_name = {action.name: action for action in actions}
        return cls(deps, question, tuple(tools), by_name, {form.tool_name: form for form in forms})


@dataclass(frozen=True, slots=True)
class Done:
    """A round that was run: for the model, for the turn's record, and what may be answered from."""

    round: Round
    records: tuple[dict[str, Any], ...]
    told: str
    hands_over: str | None = None


@dataclass(frozen=True, slots=True)
class _Ran:
    """
    What one call came to, in our words. `answer` is in the words of whoever answers at `url`.

    Without an address it is what the customer said, and proves nothing.
    """

    says: str
    state: str
    answer: str | None = None
    url: str = ""


async def run_round(bench: Bench, reply: ModelReply, masker: Masker | None) -> Done:
    """Everything the model asked for in one reply, one after the other; what is too much is refused."""
    outputs: list[str] = []
    told: list[str] = []
    records: list[dict[str, Any]] = []
    for number, call in enumerate(reply.calls):
        if number >= MOST_CALLS_A_ROUND:
            ran = _Ran("Error: too many calls at once.", "too_many")
        else:
            ran = await _run(bench, call, masker)
        said = (masker.hide(ran.says) if masker else ran.says)[:LONGEST_OUTPUT]
        answer = (masker.hide(ran.answer) if masker else ran.answer) if ran.answer else ""
        outputs.append(said + _as_material(answer))
        told.append(said + (only_links_of(ran.url, answer) if ran.url else ""))
        records.append({"tool": call.name[:64] if ran.state != "unknown_tool" else "?", "state": ran.state})
    return Done(Round(reply.carried, reply.calls, tuple(outputs)), tuple(records), "\n".join(told), bench.hands_over)


def _as_material(answer: str) -> str:
    """Words of others stay between marks that they can neither open nor close."""
    return f"\n<tool_answer>\n{quoted(answer, LARGEST_ANSWER)}\n</tool_answer>" if answer else ""


async def _run(bench: Bench, call: ToolCall, masker: Masker | None) -> _Ran:
    tool = next((one for one in bench.tools if one.name == call.name), None)
    if tool is None:
        return _Ran("Error: there is no such tool.", "unknown_tool")
    try:
        arguments = read_arguments(masker.show(call.arguments) if masker else call.arguments, tool.parameters)
        if tool.name in bench.actions:
            return await _act(bench, bench.actions[tool.name], arguments)
        if tool.name in bench.forms:
            return await _fill(bench, bench.forms[tool.name], arguments)
        match tool.name:
            case "check_hours":
                return _Ran(_hours(bench.question, arguments), "done")
            case "look_up_product":
                return _Ran(await _product(bench, str(arguments["words"])), "done")
    except WrongArguments as wrong:
        return _Ran(f"Error: {wrong}.", "wrong_arguments")
    bench.hands_over = str(arguments["reason"])
    return _Ran("A person takes over.", "done")


async def _act(bench: Bench, action: Action, arguments: Mapping[str, Any]) -> _Ran:
    """What happens at an address of the business; what it answers is material."""
    assert bench.deps.actions is not None
    given = {name: value for name, value in arguments.items() if value is not None}
    outcome = await call_action(bench.deps.actions, bench.question, action, given)
    if isinstance(outcome, TooManyCalls):
        before = ", ".join(f"{name}: {state}" for name, state in outcome.before)
        return _Ran(f"Error: not called, this turn has called enough already ({before}).", "too_many")
    match outcome.state:
        case "done" if outcome.answer is not None:
            says = "Done. What was answered is between the marks:"
        case "done":
            says = "Done; there is no answer that can be read."
        case "failed":
            says = f"Error: not done (status {outcome.status or 'none'})."
        case _:
            says = "Error: nobody knows whether it was done. Do not say that it was, and do not ask for it again."
    return _Ran(says, outcome.state, outcome.answer, action.url)


async def _fill(bench: Bench, form: Form, arguments: Mapping[str, Any]) -> _Ran:
    """
    What was filled in before in this turn and is no longer complete is not kept either: the last word counts.

    But for a second one: that takes nothing back.
    """
    assert bench.deps.forms is not None
    name, is_second = form.tool_name, arguments.get(ANOTHER) is True
    before = bench.begun.get(name) or next(
        (one for one in bench.question.begun if one.form_id == form.id), BegunForm(form.id, {})
    )
    if name in bench.filled and not is_second:
        before = BegunForm(form.id, bench.filled[name].values, bench.filled[name].another)
    came = await fill_form(bench.deps.forms, bench.question, form, arguments, before)
    bench.begun[name] = came.begun
    if not (is_second and came.form is None):
        bench.filled.pop(name, None)
    if came.form is not None:
        bench.filled[name] = came.form
    return _Ran(came.says, came.state, came.noted)


def _hours(question: Question, arguments: dict[str, Any]) -> str:
    facts = question.facts
    try:
        day = date.fromisoformat(arguments["date"])
        hour = time.fromisoformat(arguments["time"]) if arguments.get("time") else time(12)
    except ValueError:
        raise WrongArguments("date reads 2026-12-24 and time 17:30") from None
    try:
        state = is_open(facts.profile, facts.time_zone, datetime.combine(day, hour, ZoneInfo(facts.time_zone)))
    except (HoursNotReadable, OverflowError):
        state = None
    if state is None:
        return "The business has told no hours."
    changes = f"; that changes at {state.changes_at:%Y-%m-%d %H:%M}" if state.changes_at else ""
    return f"At {day} {hour:%H:%M} it is {'open' if state.is_open else 'closed'}{changes}."


async def _product(bench: Bench, words: str) -> str:
    question = bench.question
    (hits,) = await bench.deps.knowledge.search(question.business_id, [words], _HITS)
    found: Sequence[str] = [
        f"{hit.item.question}\n{hit.item.answer}" for hit in hits if hit.score >= question.settings.knowledge_threshold
    ]
    return "\n\n".join(found) or "Nothing is known about that."
