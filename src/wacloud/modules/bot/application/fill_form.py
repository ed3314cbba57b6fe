"""A model fills in a form: what it wrote is checked, and it is told what to ask for. Nothing is kept here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from wacloud.modules.bot.application.form_ports import FormDeps
from wacloud.modules.bot.domain.form import ANOTHER, OWN_NUMBER, BegunForm, FilledForm, Form, FormField, Value
from wacloud.modules.bot.domain.form_values import Fault, Said, read_values
from wacloud.modules.bot.domain.question import Question
from wacloud.shared.domain.phone import country_of_phone

# Within it, what is said again is the same entry, what is said otherwise changes it, and what is begun is known.
SAME_FOR: Final = timedelta(hours=24)
_USUAL_REGION: Final = "ES"

_ONE_IS_NOTED: Final = (
    "One was noted already, between the marks. To change it, call again with all of it and the change; another is true "
    "if they want a second one."
)
_AGAIN_WITH_ALL: Final = "Call it again with all values when they say more, or change something."
_AGAIN: Final = """\
Call it again when they say more, or change something: with what is new or different, null for the rest. What was right
once stays known, also in later turns: <begun> holds it. Never ask for that again."""
FillState = Literal["complete", "incomplete", "same", "too_many"]
_FAULTS: Final[Mapping[Fault, str]] = {
    "not_said": "the customer has not said this; ask them, or pass their own words",
    "not_a_number": "this is no number",
    "not_a_date": "this is no date as 2026-12-24, or too far away",
    "in_the_past": "this day is over; ask which day they mean",
    "not_a_time": "this is no time as 17:30",
    "not_a_phone": "this cannot be a phone number; ask for it again, with the country code",
    "not_an_email": "this is no e-mail address; ask for it again",
    "not_a_choice": "this is none of the choices",
    "too_long": "this is too long",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """
    What came of one call. `form`: all of it is there, and new or changed; `begun`: what is known from now on.

    `noted`: what an entry says that may be meant, in the words of the customer.
    """

    says: str
    state: FillState
    begun: BegunForm
    form: FilledForm | None = None
    noted: str | None = None


async def forms_for(deps: FormDeps | None, question: Question) -> Sequence[Form]:
    """What may be collected for this business; the same where somebody only tries the bot out."""
    if deps is None or not question.has_forms:
        return ()
    async with deps.db.tenant(question.business_id, read_only=True) as tx:
        return [form for form in await deps.forms.all(tx, question.business_id) if form.enabled]


async def begun_forms(deps: FormDeps | None, question: Question, forms: Sequence[Form]) -> tuple[BegunForm, ...]:
    """What earlier turns of this conversation gathered of these forms; nothing where somebody only tries it out."""
    if deps is None or not forms or question.conversation_id is None:
        return ()
    since = deps.clock() - SAME_FOR
    async with deps.db.tenant(question.business_id, read_only=True) as tx:
        begun = await deps.begun.of(tx, question.business_id, question.conversation_id, since)
    offered = {form.id for form in forms}
    return tuple(one for one in begun if one.form_id in offered)


def rules_of(forms: Sequence[Form], today: date, *, is_kept: bool = True) -> str:
    """What a model is told besides, where there is something to collect. `is_kept`: what is right stays known."""
    if not forms:
        return ""
    again = _AGAIN if is_kept else _AGAIN_WITH_ALL
    return f"""\
Tools whose names begin with form- note what the business collects. Where a customer wants what one is for, call it with
all they have said so far and null for the rest, also if it is little; never fill in what they did not say. It answers
what is missing or wrong: ask for that, one or two things in a message. Such a question needs no facts and is an answer.
{again} Until it says that all is there, never say that
it was noted; then say what was noted and that the team will confirm it. It is not confirmed yet.
Today is {today:%A}, {today.isoformat()}.
"""


def today_of(deps: FormDeps, question: Question) -> date:
    """The day it is where the business is."""
    return deps.clock().astimezone(ZoneInfo(question.facts.time_zone)).date()


async def fill_form(
    deps: FormDeps, question: Question, form: Form, given: Mapping[str, Any], begun: BegunForm
) -> Filled:
    """Hold what the model wrote against what was said, what is known, and what is noted of this conversation."""
    noted = await _noted(deps, question, form)
    newest = noted[0] if noted else {}
    said = await _said(deps, question, given)
    filling = read_values(form, given, said, begun.values, newest)
    another = begun.another if given.get(ANOTHER) is None else given[ANOTHER] is True
    if not filling.is_complete:
        kept = BegunForm(form.id, filling.stays, another)
        told = [
            f"- {field.key}: {_FAULTS[fault]}{_choices(field)}{_or_null(field, kept)}" for field, fault in filling.wrong
        ]
        told += [f"- {field.key}: missing ({field.label}){_choices(field)}" for field in filling.missing]
        right = ", ".join(filling.values) or "nothing"
        says = "\n".join([f"Not noted yet. Right so far: {right}. Ask for one or two of these:", *told])
        if not newest or another:
            return Filled(says, "incomplete", kept)
        # Whether it changes what is noted or begins anew is for the model to say, with all values.
        entry = "\n".join(f"{field.key}: {newest[field.key]}" for field in form.fields if field.key in newest)
        return Filled(f"{says}\n{_ONE_IS_NOTED}", "incomplete", kept, noted=entry)
    filled = FilledForm(form, filling.values, another)
    over = BegunForm(form.id, {})
    beside = filled.beside(noted)
    if beside == "same":
        return Filled("This was noted already, just as it is. Say so; nothing more is needed.", "same", over)
    if beside == "too_many":
        says = "Error: too many of these in one day, so it was not noted. Say that a person has to."
        return Filled(says, "too_many", over)
    what = "It takes the place of what was noted before" if beside == "changed" else "All is there and noted"
    then = "A person of the business goes on from here." if form.hands_over else "The team will confirm it."
    return Filled(f"{what}. Say in short what was noted. {then} It is not confirmed yet.", "complete", over, filled)


async def _said(deps: FormDeps, question: Question, given: Mapping[str, Any]) -> Said:
    customer = [line.text for line in question.history if line.author == "contact"]
    customer += [*question.meanings, *question.texts, *(value for _, value in question.customer)]
    others = [line.text for line in question.history if line.author != "contact"]
    others += [question.earlier] if question.earlier else []
    own: str | None = OWN_NUMBER
    if question.conversation_id is not None and OWN_NUMBER in given.values():
        async with deps.db.tenant(question.business_id, read_only=True) as tx:
            own = await deps.entries.own_phone(tx, question.business_id, question.conversation_id)
    ours = re.sub(r"\D", "", str(question.facts.profile.get("phone", "")))
    region = country_of_phone(ours) or _USUAL_REGION
    return Said(customer, others, today_of(deps, question), region, own)


async def _noted(deps: FormDeps, question: Question, form: Form) -> Sequence[Mapping[str, Value]]:
    """What this conversation gave within a day, the newest first."""
    if question.conversation_id is None:
        return []
    since = deps.clock() - SAME_FOR
    async with deps.db.tenant(question.business_id, read_only=True) as tx:
        noted = await deps.entries.noted(tx, question.business_id, question.conversation_id, form.id, since)
    return [one.values for one in noted]


def _or_null(field: FormField, kept: BegunForm) -> str:
    if field.key in kept.values:
        return "; null keeps what is known"
    return "" if field.required else "; or pass null, it is not needed"


def _choices(field: FormField) -> str:
    return f"; one of: {', '.join(field.choices)}" if field.choices else ""
