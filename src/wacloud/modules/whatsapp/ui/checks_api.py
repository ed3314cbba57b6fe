"""Whether numbers work, for programs."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from wacloud.modules.whatsapp.application.begin_echo_test import begin_echo_test
from wacloud.modules.whatsapp.application.check_numbers import STEPS, ask_for_check
from wacloud.modules.whatsapp.application.checkup_ports import CheckupDeps, EchoTest
from wacloud.modules.whatsapp.application.read_checks import NumberHealth, read_checks
from wacloud.modules.whatsapp.domain.checkup import KeptCheck
from wacloud.modules.whatsapp.ui.checkup_words import check_words
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.pages import look_of
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.BUSINESS_READ))]
Editor = Annotated[Member, Depends(requires(Permission.BUSINESS_UPDATE))]
BASE = "/api/whatsapp/numbers"


class CheckBody(BaseModel):
    """One check. `cause` is a stable word; `text` and `fix` are in the caller's language, `meta` in Meta's."""

    code: str
    state: Literal["ok", "warning", "broken", "unknown"]
    cause: str
    text: str
    fix: str | None
    link: str | None
    meta: str | None
    seen_at: datetime
    since: datetime = Field(description="It has been in this state.")
    broken_since: datetime | None = Field(description="What could not be asked in between does not mend it.")


class EchoBody(BaseModel):
    """A word to write to the number from a phone; `heard_at` once it came in."""

    word: str
    asked_at: datetime
    expires_at: datetime
    heard_at: datetime | None


class ChecksBody(BaseModel):
    """A number and its checks, the worst first. `held_because`: it sends nothing now."""

    id: UUID
    phone_number_id: str
    display_phone_number: str
    is_running: bool
    step: int
    steps: int
    checked_at: datetime | None
    held_because: str | None
    checks: list[CheckBody]
    echo_test: EchoBody | None


class NumbersBody(BaseModel):
    """Every number that is not disconnected."""

    numbers: list[ChecksBody]


class RunAsked(BaseModel):
    """It will be looked at in a moment; read the checks to see how far it is."""

    asked_at: datetime


def routes(deps: CheckupDeps) -> APIRouter:
    """Under `/api/whatsapp/numbers`."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["whatsapp"])
    unknown = problems(_404="number_unknown")

    @router.get(
        f"{BASE}/checks",
        operation_id="list_checks",
        summary="Whether your numbers work",
        response_model=NumbersBody,
        response_description="As they were seen last.",
    )
    async def every(request: Request, member: Reader) -> object:
        """Each number is looked at every day, and when it is asked for."""
        numbers = await read_checks(deps, member.business_id)
        language, now = look_of(request, member).language, deps.whatsapp.clock()
        return NumbersBody(numbers=[_body(one, language, now) for one in numbers])

    @router.get(
        f"{BASE}/{{number_id}}/checks",
        operation_id="get_checks",
        summary="Whether a number works",
        response_model=ChecksBody,
        response_description="As it was seen last.",
        responses=unknown,
    )
    async def one(request: Request, number_id: UUID, member: Reader) -> object:
        """A check whose answer is new to us, or could not be asked, is `unknown`; its `text` says which."""
        [found] = await read_checks(deps, member.business_id, number_id)
        return _body(found, look_of(request, member).language, deps.whatsapp.clock())

    @router.post(
        f"{BASE}/{{number_id}}/checks",
        operation_id="run_checks",
        summary="Look at a number now",
        response_model=RunAsked,
        response_description="It will be looked at in a moment.",
        responses=unknown,
        status_code=202,
    )
    async def run(number_id: UUID, member: Editor, _: Annotated[Once, idempotent()]) -> object:
        """Asked again before it has begun, it is looked at once."""
        await ask_for_check(deps, member.business_id, number_id)
        return RunAsked(asked_at=deps.whatsapp.clock())

    @router.post(
        f"{BASE}/{{number_id}}/echo-test",
        operation_id="begin_echo_test",
        summary="See whether messages come in",
        response_model=EchoBody,
        response_description="The words to write; a test that waits already is answered again.",
        responses=unknown,
        status_code=201,
    )
    async def echo(number_id: UUID, member: Editor, _: Annotated[Once, idempotent()]) -> object:
        """Write its words to the number from any phone within ten minutes; `get_checks` says when they came in."""
        return _echo(await begin_echo_test(deps, member.business_id, number_id))

    return router


def _body(one: NumberHealth, language: str, now: datetime) -> ChecksBody:
    number, checkup = one.number, one.checkup
    return ChecksBody(
        id=number.id,
        phone_number_id=number.phone_number_id,
        display_phone_number=number.display,
        is_running=checkup is not None and checkup.is_running(now),
        step=checkup.step if checkup else 0,
        steps=STEPS,
        checked_at=checkup.finished_at if checkup else None,
        held_because=number.held_because if number.state == "held" else None,
        checks=[_check(check, language) for check in one.checks],
        echo_test=_echo(one.echo) if one.echo else None,
    )


def _check(check: KeptCheck, language: str) -> CheckBody:
    finding = check.finding
    told = check_words(finding, language, datetime.isoformat)
    return CheckBody(
        code=finding.code,
        state=finding.state,
        cause=finding.cause,
        text=told.text,
        fix=told.fix or None,
        link=told.link or None,
        meta=told.meta or None,
        seen_at=check.seen_at,
        since=check.since,
        broken_since=check.broken_since,
    )


def _echo(test: EchoTest) -> EchoBody:
    return EchoBody(word=test.word, asked_at=test.asked_at, expires_at=test.expires_at, heard_at=test.heard_at)
