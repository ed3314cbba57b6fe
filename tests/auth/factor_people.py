"""Words the tests of the second factor share: a person with an app, and what the app shows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyotp


def code_of(house: Any, secret: str, steps: int = 0) -> str:
    """What an app with this secret shows, or showed so many half minutes ago (-1), or will (1)."""
    return pyotp.TOTP(secret).at(house.clock() + steps * timedelta(seconds=30))


@dataclass(slots=True)
class WithApp:
    """Somebody whose sign-in asks for a code."""

    account: Any
    factor_id: str
    secret: str
    token: str  # of the session in which the app was added

    def code(self, house: Any, steps: int = 0) -> str:
        """What the app shows, or showed so many half minutes ago (-1), or will (1)."""
        return code_of(house, self.secret, steps)


async def enrol(house: Any, token: str, name: str = "Mi teléfono") -> Any:
    answer = await house.post("/api/auth/2fa/enroll", json={"name": name}, token=token)
    assert answer.status == 201, answer.text
    return answer.json


async def confirm(house: Any, token: str, factor_id: str, code: str) -> Any:
    return await house.post("/api/auth/2fa/confirm", json={"factor_id": factor_id, "code": code}, token=token)


async def with_app(house: Any, *roles: str) -> WithApp:
    """The step before the current one is the one that confirmed: the code of now is still good."""
    account = await house.account(*(roles or ("owner",)))
    token = await house.token(account)
    made = await enrol(house, token)
    person = WithApp(account, made["id"], made["manual_key"], token)
    answer = await confirm(house, token, person.factor_id, person.code(house, -1))
    assert answer.status == 204, answer.text
    return person


async def first_step(house: Any, person: WithApp) -> str:
    """What a right password is answered with."""
    body = {"email": person.account.email, "password": person.account.password}
    answer = await house.post("/api/auth/login", json=body)
    assert (answer.status, answer.json["second_factor_required"]) == (200, True), answer.text
    return str(answer.json["second_factor_token"])


async def second_step(house: Any, token: str, code: str) -> Any:
    return await house.post("/api/auth/2fa/verify", json={"second_factor_token": token, "code": code})


async def in_again(house: Any, person: WithApp, steps: int = 0) -> dict[str, Any]:
    """Both steps."""
    answer = await second_step(house, await first_step(house, person), person.code(house, steps))
    assert answer.status == 200, answer.text
    return dict(answer.json)


async def backup_codes(house: Any, token: str, *, kept: bool = True) -> tuple[str, list[str]]:
    made = await house.post("/api/auth/2fa/backup-codes", token=token)
    assert made.status == 201, made.text
    if kept:
        body = {"set_id": made.json["set_id"]}
        assert (await house.post("/api/auth/2fa/backup-codes/confirm", json=body, token=token)).status == 204
    return made.json["set_id"], made.json["codes"]


async def audited(house: Any, account: Any, action: str) -> int:
    [row] = await house.rows(
        "select count(*) as n from app.audit_log where user_id = %s and action = %s", account.user_id, action
    )
    return int(row.n)


def mails(house: Any, account: Any) -> list[str]:
    """What the mails about factors said, in order."""
    return [mail.values["what"] for mail in house.mails.to(account.email, "factor_changed")]
