"""Look whether connected numbers work, keep what was found, tell what broke, hold and let go."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from wacloud.modules.notification.api import Notice, tell_business
from wacloud.modules.whatsapp.application.checkup_ports import CheckedNumber, CheckupDeps
from wacloud.modules.whatsapp.application.tell_owner import tell_owner
from wacloud.modules.whatsapp.domain.account_news import AccountChanged
from wacloud.modules.whatsapp.domain.checkup import (
    BY_MESSAGES,
    HICCUPS,
    HOLDING,
    LOOK_AGAIN,
    Finding,
    KeptCheck,
    follow,
    judge_callback,
    judge_number,
    judge_permissions,
    judge_subscription,
    judge_token,
    judge_webhooks,
    with_people,
    with_refusals,
)
from wacloud.modules.whatsapp.domain.checkup_facts import NoAnswer, NumberFacts
from wacloud.modules.whatsapp.domain.delivery import RECONNECT
from wacloud.shared.application.db import Tx
from wacloud.shared.application.jobs import Again, Lane, NewJob
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import BusinessId

log = structlog.get_logger()

CHECK_NUMBERS: Final = "whatsapp.check_numbers"
CHECK_HELD_NUMBERS: Final = "whatsapp.check_held_numbers"
CHECK_ALL_NUMBERS: Final = "whatsapp.check_all_numbers"
STEPS: Final = 5
# The daily looks of an installation do not fall together.
SPREAD: Final = timedelta(hours=6)
AFTER_THROTTLE: Final = timedelta(hours=1)


class NumberUnknown(NotFound):
    """There is no such number."""


def check_job(business_id: BusinessId, number_id: UUID | None = None, after: timedelta | None = None) -> NewJob:
    """One waits for each number, or for all of a business; two of a business never run at once."""
    which = "all" if number_id is None else str(number_id)
    # A look that somebody waits for is not put off by one that is due later.
    when = "later" if after else "now"
    return NewJob(
        kind=CHECK_NUMBERS,
        lane=Lane.HOUSEKEEPING,
        business_id=business_id,
        payload={} if number_id is None else {"number_id": str(number_id)},
        order_key=f"checkup:{business_id}" if not after else None,
        unique_key=f"checkup:{business_id}:{which}:{when}",
        delay=after,
    )


async def check_all_numbers(deps: CheckupDeps) -> int:
    """Every day each business's numbers are looked at, each at its own time. Returns how many are asked for."""
    async with deps.whatsapp.db.system("list businesses with numbers") as tx:
        businesses = await deps.whatsapp.numbers.businesses(tx)
    for business_id in businesses:
        async with deps.whatsapp.db.tenant(business_id) as tx:
            tx.queue(check_job(business_id, after=_own_time(business_id)))
    return len(businesses)


async def check_held_numbers(deps: CheckupDeps) -> int:
    """
    What Meta refused while sending is looked at and told soon, and what is mended goes on without anybody's asking.

    Returns how many are asked for.
    """
    async with deps.whatsapp.db.system("list businesses with held numbers") as tx:
        businesses = await deps.checkups.with_held(tx)
    asked = 0
    for business_id in businesses:
        async with deps.whatsapp.db.tenant(business_id) as tx:
            due = await deps.checkups.held_and_due(tx, business_id, deps.whatsapp.clock())
            tx.queue(*(check_job(business_id, number_id) for number_id in due))
        asked += len(due)
    return asked


def _own_time(business_id: BusinessId) -> timedelta:
    place = int.from_bytes(hashlib.sha256(str(business_id).encode()).digest()[:4], "big") / 2**32
    return SPREAD * place + timedelta(seconds=1)


async def ask_for_check(deps: CheckupDeps, business_id: BusinessId, number_id: UUID | None) -> None:
    """
    Soon it is looked at; whoever asks does not wait for Meta. None: all numbers.

    :raises NumberUnknown: it is nobody's, or another's.
    """
    async with deps.whatsapp.db.tenant(business_id) as tx:
        numbers = await deps.checkups.numbers(tx, business_id)
        asked = [one.id for one in numbers if number_id in (None, one.id)]
        if number_id is not None and not asked:
            raise NumberUnknown
        await deps.checkups.ask(tx, business_id, asked, deps.whatsapp.clock())
        tx.queue(check_job(business_id, number_id))


async def check_numbers(deps: CheckupDeps, business_id: BusinessId, number_id: UUID | None) -> Again | None:
    """Look at one number, or at each in turn; where Meta says that it is asked too much, the rest comes later."""
    now = deps.whatsapp.clock()
    async with deps.whatsapp.db.tenant(business_id) as tx:
        numbers = [one for one in await deps.checkups.numbers(tx, business_id) if number_id in (None, one.id)]
        latest = {one.id: await deps.checkups.latest(tx, business_id, one.id) for one in numbers}
        unasked = [one.id for one in numbers if (known := latest[one.id]) is None or not known.is_running(now)]
        await deps.checkups.ask(tx, business_id, unasked, now)
    if not numbers:
        return None
    own = await deps.meta.own_endpoint()
    is_throttled, failed = False, None
    for number in numbers:
        try:
            is_throttled = await _check(deps, business_id, number, own) or is_throttled
        except Exception as error:
            # One that cannot be looked at keeps nobody from the others.
            log.error("checkup.failed", number_id=str(number.id), error=type(error).__name__)
            failed = error
    if failed is not None:
        raise failed
    return Again(AFTER_THROTTLE, "Meta is asked too much") if is_throttled else None


async def _check(deps: CheckupDeps, business_id: BusinessId, number: CheckedNumber, own: Finding) -> bool:
    """Three questions to Meta for each number. Returns whether it was too many."""
    await _step(deps, business_id, number, 1)
    now = deps.whatsapp.clock()
    token = await deps.meta.token(number.access_token)
    findings = [judge_token(token, deps.app_id, now), judge_permissions(token, number.waba_id), own]
    await _step(deps, business_id, number, 2)
    limit: str | None = None
    if _is_dead(findings[0]) or (isinstance(token, NoAnswer) and token.kind in ("throttled", "sealed")):
        # With a dead token every other question is refused in the same way.
        why = token if isinstance(token, NoAnswer) and token.kind != "refused" else None
        findings += _unasked(deps, why)
    else:
        told = await deps.meta.number(number.phone_number_id, number.access_token)
        await _step(deps, business_id, number, 3)
        subscribed = await deps.meta.subscription(number.waba_id, number.access_token)
        await _step(deps, business_id, number, 4)
        findings += [
            judge_subscription(subscribed, deps.app_id),
            judge_callback(told, subscribed, deps.app_id, deps.base_url),
            *judge_number(told),
        ]
        limit = told.limit if isinstance(told, NumberFacts) else None
    async with deps.whatsapp.db.tenant(business_id) as tx:
        if number.access_token not in {one.access_token for one in await deps.checkups.numbers(tx, business_id)}:
            # Connected again meanwhile: what was found is of a token that nobody uses any more.
            await deps.checkups.finish(tx, business_id, number.id, deps.whatsapp.clock())
            tx.queue(check_job(business_id, number.id))
            return False
        traffic = await deps.checkups.traffic(tx, business_id, number.id, now)
        findings = with_people(with_refusals(findings, traffic.refused), traffic.people)
        findings.append(judge_webhooks(traffic))
        if limit is not None:
            # Sending keeps it: the webhook that told of a change may have been lost.
            told_now = [AccountChanged(messaging_limit=limit)]
            await deps.whatsapp.account_states.change(tx, business_id, number.waba_id, told_now, now)
        await _keep(deps, tx, business_id, number, findings)
        await deps.checkups.finish(tx, business_id, number.id, deps.whatsapp.clock())
    return any(one.cause == "not_asked_throttled" for one in findings)


def _is_dead(token: Finding) -> bool:
    return token.state == "broken" and token.cause != "token_of_another_app"


def _unasked(deps: CheckupDeps, why: NoAnswer | None) -> list[Finding]:
    told = why or NoAnswer("refused", 190)
    findings = [
        judge_subscription(told, deps.app_id),
        judge_callback(told, told, deps.app_id, deps.base_url),
        *judge_number(told),
    ]
    return findings if why else [Finding(one.code, "unknown", "needs_token") for one in findings]


async def _step(deps: CheckupDeps, business_id: BusinessId, number: CheckedNumber, step: int) -> None:
    async with deps.whatsapp.db.tenant(business_id) as tx:
        await deps.checkups.step(tx, business_id, number.id, step, deps.whatsapp.clock())


async def _keep(
    deps: CheckupDeps, tx: Tx, business_id: BusinessId, number: CheckedNumber, findings: Sequence[Finding]
) -> None:
    now = deps.whatsapp.clock()
    known = {one.finding.code: one for one in await deps.checkups.checks(tx, business_id, number.id)}
    look_again = False
    for finding in findings:
        before = known.get(finding.code)
        check = follow(before, finding, now)
        check = await _tell(deps, tx, business_id, number, check)
        look_again = look_again or (finding.code in HICCUPS and finding.state == "broken" and check.times == 1)
        await deps.checkups.keep(tx, business_id, number.id, check, before.finding.state if before else None)
    if look_again:
        tx.queue(check_job(business_id, number.id, LOOK_AGAIN))
    await _hold_or_let_go(deps, tx, business_id, number, findings)


async def _tell(
    deps: CheckupDeps, tx: Tx, business_id: BusinessId, number: CheckedNumber, check: KeptCheck
) -> KeptCheck:
    """Once when it breaks, once when it is well again."""
    finding = check.finding
    if check.is_sure or finding.cause == "token_ends_soon":
        code = "check_token_ends" if finding.cause == "token_ends_soon" else f"check_{finding.code}"
    elif check.told is not None and finding.state in ("ok", "warning"):
        code = "check_mended"
    else:
        return check
    if code == check.told:
        return check
    notice = Notice(
        business_id=business_id,
        key=f"check:{number.id}:{finding.code}:{code}:{(check.broken_since or check.since).isoformat()}",
        code=code,
        subject=f"check {number.id} {finding.code}",
        at=deps.whatsapp.clock(),
        details={
            "name": number.display,
            "number": str(number.id),
            "told": finding.details.get("told", ""),
            "until": finding.details.get("until", ""),
        },
    )
    await tell_business(deps.whatsapp.notification, tx, notice)
    if code == "check_mended" or finding.code in HOLDING:
        await tell_owner(deps, tx, business_id, number, mended=code == "check_mended")
    return replace(check, told=None if code == "check_mended" else code)


async def _hold_or_let_go(
    deps: CheckupDeps, tx: Tx, business_id: BusinessId, number: CheckedNumber, findings: Sequence[Finding]
) -> None:
    """A number that cannot send keeps what waits, in order; once nothing is in its way any more it goes on."""
    holding = [one for one in findings if one.code in HOLDING and one.cause not in BY_MESSAGES]
    broken = [one for one in holding if one.state == "broken"]
    if broken:
        await deps.checkups.hold(tx, business_id, number.id, f"check:{broken[0].code}")
    elif all(one.state in ("ok", "warning") for one in holding):
        ours = [f"check:{code}" for code in sorted(HOLDING)]
        await deps.checkups.let_go(tx, business_id, number.id, [*ours, *(f"meta:{code}" for code in sorted(RECONNECT))])
