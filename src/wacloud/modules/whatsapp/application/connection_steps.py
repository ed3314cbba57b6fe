"""
The steps of connecting a number. Each asks Meta first how things stand, so none is done twice by being tried twice.

No transaction is open while Meta is asked; `continue_connection.py` notes what begins and records what came of it.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from wacloud.modules.whatsapp.application.connect_number import NumberTaken, store_number
from wacloud.modules.whatsapp.application.connecting_ports import ConnectingDeps
from wacloud.modules.whatsapp.application.stored import DescribedNumber
from wacloud.modules.whatsapp.domain.connecting import (
    SYNC_TYPES,
    Connection,
    ConnectionMovedOn,
    Given,
    MetaProblem,
    Move,
    NumberAtMeta,
    Problem,
    Step,
    WayNotOpen,
    is_code_over,
    problem_of,
)
from wacloud.shared.domain.errors import Fault, FaultyFields

Do = Callable[[ConnectingDeps, Connection, Given], Awaitable[Move]]
ASKED_BEFORE: Final = frozenset({"synced_before", "verified_before"})


async def get_access(deps: ConnectingDeps, connection: Connection, given: Given) -> Move:
    """
    A token, by Meta's dialog or pasted, and the accounts it was granted: Meta's word, never the browser's.

    What it grants is compared with whose the accounts are only now: nobody finds out by an id alone.
    """
    token = await _token(deps, connection, given)
    sealed = deps.seal(token)
    facts = await deps.meta.inspect(sealed)
    why = facts.refusal(deps.app_id, deps.whatsapp.clock())
    if why is not None:
        return _stays(connection, why)
    granted = list(facts.waba_ids)
    named = given.waba_id or connection.waba_id or _session(connection).get("waba_id")
    if connection.way == "token" or connection.number_id is not None or not granted:
        if named is None:
            return _stays(connection, "no_account")
        if granted and named not in granted:
            return _stays(connection, "account_not_granted")
        granted = [named]
    accounts = [{"waba_id": one, **asdict(await deps.meta.account(one, sealed))} for one in granted]
    chosen = accounts[0] if len(accounts) == 1 else None
    expires = facts.expires_at.isoformat() if facts.expires_at else None
    return Move(
        step="number" if chosen else "account",
        goes_on=chosen is not None,
        access_token=sealed,
        waba_id=chosen["waba_id"] if chosen else None,
        facts={"accounts": accounts, **_account_facts(chosen or {}), "expires_at": expires},
    )


async def _token(deps: ConnectingDeps, connection: Connection, given: Given) -> str:
    if connection.way not in deps.ways:
        raise WayNotOpen
    if connection.way == "token":
        _need(given, "access_token")
        return _printable("access_token", str(given.access_token).strip())
    if connection.way == "simulator" and deps.simulated is not None:
        # The same way as Meta's dialog, from its code on.
        return await deps.meta.exchange(await deps.simulated.sign_up(given.name or ""))
    _need(given, "code")
    return await deps.meta.exchange(_printable("code", str(given.code)))


def _printable(name: str, secret: str) -> str:
    """It goes into a header: what has no place there is no token."""
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise FaultyFields([Fault(name, "malformed")])
    return secret


async def choose_account(deps: ConnectingDeps, connection: Connection, given: Given) -> Move:
    """One of those the token was granted."""
    _need(given, "waba_id")
    for account in connection.facts.get("accounts", ()):
        if account["waba_id"] == given.waba_id:
            return Move(step="number", goes_on=True, waba_id=given.waba_id, facts=_account_facts(account))
    return _stays(connection, "account_not_granted")


def _account_facts(account: Mapping[str, Any]) -> dict[str, Any]:
    return {"waba_name": account.get("name"), "portfolio_id": account.get("portfolio_id")}


async def choose_number(deps: ConnectingDeps, connection: Connection, given: Given) -> Move:
    """One of the account's, or a new one. With nothing given all of them are read; a single one is taken."""
    token, waba_id = _access(connection)
    if await _is_taken(deps, connection, (), (waba_id,)):
        return _stays(connection, "number_taken")
    chosen = given.phone_number_id
    if given.phone_number is not None:
        _need(given, "country_code", "phone_number", "verified_name")
        chosen = await deps.meta.add_number(
            waba_id,
            token,
            country_code=str(given.country_code),
            phone_number=given.phone_number,
            verified_name=str(given.verified_name),
        )
    numbers = await deps.meta.numbers(waba_id, token)
    facts: dict[str, Any] = {"numbers": [_told(one) for one in numbers]}
    if chosen is None:
        ids = [one.phone_number_id for one in numbers]
        # A hint of the browser counts for what the token shows anyway.
        hint = connection.phone_number_id or _session(connection).get("phone_number_id")
        chosen = hint if hint in ids else ids[0] if len(ids) == 1 and connection.way != "token" else None
        if connection.number_id is not None and chosen != connection.phone_number_id:
            return _stays(connection, "number_gone", facts)
        if chosen is None:
            problem = None if ids else Problem("number", "account_without_number")
            return Move(step="number", facts=facts, problem=problem)
    elif chosen not in [one.phone_number_id for one in numbers]:
        return _stays(connection, "number_gone", facts)
    if await _is_taken(deps, connection, (chosen,), ()):
        return _stays(connection, "number_taken", facts)
    number = await deps.meta.number(chosen, token)
    return Move(
        step=number.next_step(), goes_on=number.next_step() != "code", phone_number_id=chosen, facts=facts | _of(number)
    )


async def request_code(deps: ConnectingDeps, connection: Connection, given: Given) -> Move:
    """By SMS or a call."""
    token, number_id = _number(connection)
    if given.method not in ("SMS", "VOICE"):
        raise FaultyFields([Fault("method", "missing" if given.method is None else "unknown")])
    number = await deps.meta.number(number_id, token)
    if number.next_step() != "code":
        return Move(step=number.next_step(), goes_on=True, facts=_of(number))
    try:
        await deps.meta.request_code(number_id, token, given.method, given.language or "es")
    except MetaProblem as error:
        if _why(deps, "code", error) not in ASKED_BEFORE:
            raise
        return Move(step="register", goes_on=True)
    asked_at = deps.whatsapp.clock().isoformat()
    return Move(step="verify", facts={"code_asked_by": given.method, "code_asked_at": asked_at})


async def verify_code(deps: ConnectingDeps, connection: Connection, given: Given) -> Move:
    """The code that came; one that is over leads back to asking for another. With `skip` that is asked for at once."""
    token, number_id = _number(connection)
    if given.skip:
        return Move(step="code")
    digits = "".join(c for c in given.verification_code or "" if c.isdigit())
    if not digits:
        raise FaultyFields([Fault("verification_code", "missing")])
    number = await deps.meta.number(number_id, token)
    if number.next_step() == "code":
        try:
            await deps.meta.verify_code(number_id, token, digits)
        except MetaProblem as error:
            now = deps.whatsapp.clock()
            problem = problem_of("verify", error, now)
            if is_code_over(problem.why, connection.facts.get("code_asked_at"), now):
                return Move(step="code", facts=_of(number), problem=replace(problem, why="code_over"))
            if problem.why not in ASKED_BEFORE:
                raise
    return Move(step="register", goes_on=True, facts=_of(number) | {"is_verified": True})


async def register(deps: ConnectingDeps, connection: Connection, given: Given) -> Move:
    """
    With the PIN its owner gives, where it has one; else with a new one, noted before Meta is told it.

    Meta counts ten in 72 hours, so what is registered already is left alone, and an unknown outcome is looked at.
    """
    token, number_id = _number(connection)
    number = await deps.meta.number(number_id, token)
    if number.is_registered:
        return Move(step="subscribe", goes_on=True, facts=_of(number))
    if not number.is_verified:
        return Move(step="code", facts=_of(number), problem=Problem("register", "not_verified"))
    pin = given.pin
    if pin is None and number.has_pin:
        return Move(step="register", facts=_of(number) | {"needs_pin": True})
    if pin is not None and not (len(pin) == 6 and pin.isascii() and pin.isdigit()):
        raise FaultyFields([Fault("pin", "malformed")])
    if pin is None:
        pin = deps.unseal(connection.pin) if connection.pin else f"{secrets.randbelow(10**6):06}"
    async with deps.whatsapp.db.tenant(connection.business_id) as tx:
        if not await deps.connections.note_pin(tx, connection, deps.seal(pin)):
            raise ConnectionMovedOn
    tries = {"registrations": int(connection.facts.get("registrations", 0)) + 1}
    try:
        await deps.meta.register(number_id, token, pin)
    except MetaProblem as error:
        problem = problem_of("register", error, deps.whatsapp.clock())
        step: Step = "code" if problem.why == "not_verified" else "register"
        is_wrong = problem.why in ("pin_wrong", "pin_wait")
        facts = tries | ({"needs_pin": True} if is_wrong else {})
        return Move(step=step, facts=facts, problem=problem, forgets_pin=is_wrong)
    return Move(step="subscribe", goes_on=True, facts=tries | {"has_our_pin": given.pin is None})


async def subscribe(deps: ConnectingDeps, connection: Connection, given: Given) -> Move:
    """Webhooks come to us from now on; only then is the number ours."""
    token, number_id = _number(connection)
    waba_id = str(connection.waba_id)
    number = await deps.meta.number(number_id, token)
    if not number.is_registered:
        return Move(step=number.next_step(), facts=_of(number), problem=Problem("subscribe", "not_registered"))
    if await _is_taken(deps, connection, (number_id,), (waba_id,)):
        return _stays(connection, "number_taken")
    await deps.meta.subscribe(waba_id, token)
    described = DescribedNumber(number.display_phone_number, number.verified_name, number.per_second)
    try:
        ours = await store_number(
            deps.whatsapp,
            connection.business_id,
            waba_id=waba_id,
            phone_number_id=number_id,
            sealed=token,
            described=described,
        )
    except NumberTaken:
        return _stays(connection, "number_taken")
    on_app = number.is_on_app
    return Move(
        step="sync" if on_app else "test",
        goes_on=on_app,
        number_id=ours,
        facts=_of(number) | {"connected_at": deps.whatsapp.clock().isoformat()},
        at_meta=number,
    )


async def sync_app(deps: ConnectingDeps, connection: Connection, given: Given) -> Move:
    """Coexistence: the address book and the earlier chats, asked for once each within a day. They come as webhooks."""
    token, number_id = _number(connection)
    asked = set(connection.facts.get("synced", ()))
    problem = None
    for sync_type in SYNC_TYPES if not given.skip else ():
        if sync_type in asked:
            continue
        try:
            await deps.meta.sync(number_id, token, sync_type)
        except MetaProblem as error:
            found = problem_of("sync", error, deps.whatsapp.clock())
            if found.why == "sync_too_late":
                problem = found
                break
            if found.why not in ASKED_BEFORE:
                return Move(step="sync", facts={"synced": sorted(asked)}, problem=found)
        asked.add(sync_type)
    # Without its history the number works all the same.
    return Move(step="test", facts={"synced": sorted(asked)}, problem=problem)


STEPS: Final[Mapping[str, Do]] = {
    "access": get_access,
    "account": choose_account,
    "number": choose_number,
    "code": request_code,
    "verify": verify_code,
    "register": register,
    "subscribe": subscribe,
    "sync": sync_app,
}


async def _is_taken(
    deps: ConnectingDeps, connection: Connection, numbers: Sequence[str], accounts: Sequence[str]
) -> bool:
    owners = await deps.whatsapp.numbers.of_webhook(numbers, accounts)
    whose = {number.business_id for number in owners.numbers.values()} | set(owners.accounts.values())
    return bool(whose - {connection.business_id})


def _access(connection: Connection) -> tuple[str, str]:
    if connection.access_token is None or connection.waba_id is None:
        raise ConnectionMovedOn
    return connection.access_token, connection.waba_id


def _number(connection: Connection) -> tuple[str, str]:
    token, _ = _access(connection)
    if connection.phone_number_id is None:
        raise ConnectionMovedOn
    return token, connection.phone_number_id


def _session(connection: Connection) -> Mapping[str, Any]:
    found = connection.facts.get("session")
    return found if isinstance(found, dict) else {}


def _need(given: Given, *names: str) -> None:
    missing = [Fault(name, "missing") for name in names if not str(getattr(given, name) or "").strip()]
    if missing:
        raise FaultyFields(missing)


def _stays(connection: Connection, why: str, facts: Mapping[str, Any] | None = None) -> Move:
    return Move(step=connection.step, problem=Problem(connection.step, why), facts=facts or {})


def _why(deps: ConnectingDeps, step: str, error: MetaProblem) -> str:
    return problem_of(step, error, deps.whatsapp.clock()).why


def _told(number: NumberAtMeta) -> dict[str, Any]:
    return asdict(number)


def _of(number: NumberAtMeta) -> dict[str, Any]:
    """What the pages show of it."""
    return {
        "display_phone_number": number.display_phone_number,
        "verified_name": number.verified_name,
        "is_on_app": number.is_on_app,
        "needs_pin": number.has_pin,
        "is_verified": number.is_verified,
    }
