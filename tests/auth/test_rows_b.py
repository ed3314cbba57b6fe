"""Second factor: rows B1 to B12 of the security checklist, through the routes."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from factor_people import (
    WithApp,
    audited,
    backup_codes,
    code_of,
    confirm,
    enrol,
    first_step,
    in_again,
    mails,
    second_step,
    with_app,
)
from signing_up import log_in

from wacloud.shared.infra.crypto import CannotDecrypt, SecretBox

SECRET = "a secret of the tests that is long enough"
QUARTER = timedelta(minutes=15, seconds=1)


async def forget_tries(house: Any) -> None:
    """As if the time of every limit were over."""
    async for key in house.redis.scan_iter("tries:*"):
        await house.redis.delete(key)


def forward(house: Any, time: timedelta) -> None:
    house.clock.shift += time


async def fresh_again(house: Any, person: WithApp, token: str) -> None:
    """The session proves itself with the code of the next half minute."""
    forward(house, timedelta(seconds=31))
    answer = await house.post("/api/auth/2fa/step-up", json={"code": person.code(house)}, token=token)
    assert answer.status == 204, answer.text


async def test_b1_a_code_works_once(house) -> None:
    person = await with_app(house)
    code = person.code(house)
    assert (await second_step(house, await first_step(house, person), code)).status == 200
    again = await second_step(house, await first_step(house, person), code)
    assert (again.status, again.json["code"]) == (403, "code_not_good")


async def test_b1_of_ten_at_once_one_gets_in(house) -> None:
    person = await with_app(house)
    tokens = [await first_step(house, person) for _ in range(10)]
    code = person.code(house)
    statuses = [one.status for one in await asyncio.gather(*(second_step(house, token, code) for token in tokens))]
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 403, 429}


async def test_b1_the_second_step_itself_works_once(house) -> None:
    person = await with_app(house)
    token = await first_step(house, person)
    assert (await second_step(house, token, person.code(house))).status == 200
    again = await second_step(house, token, person.code(house, 1))
    assert (again.status, again.json["code"]) == (401, "second_factor_expired")


@pytest.mark.parametrize(("steps", "status"), [(-2, 403), (0, 200), (1, 200), (2, 403)])
async def test_b2_codes_of_the_steps_beside_count_and_no_others(house, steps: int, status: int) -> None:
    person = await with_app(house)
    answer = await second_step(house, await first_step(house, person), person.code(house, steps))
    assert answer.status == status


async def test_b2_time_is_the_servers(house) -> None:
    person = await with_app(house)
    token = await first_step(house, person)
    sent = {"second_factor_token": token, "code": person.code(house, 5), "timestamp": 1}
    answer = await house.post("/api/auth/2fa/verify", json=sent, headers={"Date": "Thu, 01 Jan 2026 00:00:00 GMT"})
    assert answer.status == 422
    assert (await second_step(house, token, person.code(house, 5))).status == 403


async def test_b3_both_kinds_of_codes_over_all_sign_ins_and_addresses_are_counted_together(house) -> None:
    person = await with_app(house)
    await backup_codes(house, person.token)
    await forget_tries(house)
    checks, statuses = house.passwords.checks, []
    for n in range(12):
        token = await first_step(house, person)
        before = house.passwords.checks
        code = "000000" if n % 2 else "aaaaa-aaaaa"
        headers = {"X-Forwarded-For": f"10.77.{n}.1"}
        body = {"second_factor_token": token, "code": code}
        answer = await house.post("/api/auth/2fa/verify", json=body, headers=headers)
        statuses.append(answer.status)
        if answer.status == 429:
            assert house.passwords.checks == before, "it reached the check"
    assert statuses == [403] * 5 + [429] * 7
    assert house.passwords.checks > checks
    # The right one is not looked at either.
    refused = await second_step(house, await first_step(house, person), person.code(house))
    assert refused.status == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 5 * 60


async def test_b3_no_more_than_twenty_in_an_hour(house) -> None:
    person = await with_app(house)
    await forget_tries(house)
    statuses = []
    for _ in range(26):
        statuses.append((await second_step(house, await first_step(house, person), "000000")).status)
        # The five minutes are over, the hour is not.
        async for key in house.redis.scan_iter("tries:*"):
            if b"hour" not in key:
                await house.redis.delete(key)
    assert statuses == [403] * 20 + [429] * 6


async def test_b4_a_backup_code_works_once_however_it_is_typed(house) -> None:
    person = await with_app(house)
    _, codes = await backup_codes(house, person.token)
    assert len(set(codes)) == 10
    typed = codes[0].replace("-", " ").upper()
    assert (await second_step(house, await first_step(house, person), typed)).status == 200
    assert (await second_step(house, await first_step(house, person), codes[0])).status == 403
    assert "backup_code_used" in mails(house, person.account)


async def test_b4_of_parallel_tries_with_one_backup_code_one_gets_in(house) -> None:
    person = await with_app(house)
    _, codes = await backup_codes(house, person.token)
    tokens = [await first_step(house, person) for _ in range(5)]
    answers = await asyncio.gather(*(second_step(house, token, codes[3]) for token in tokens))
    assert sorted(answer.status for answer in answers).count(200) == 1


async def test_b4_backup_codes_are_kept_as_hashes_of_the_password_hasher(house) -> None:
    person = await with_app(house)
    _, codes = await backup_codes(house, person.token)
    rows = await house.rows("select * from app.backup_codes where user_id = %s", person.account.user_id)
    assert len(rows) == 10
    assert all(row.hash.startswith("$argon2id$") for row in rows)
    stored = str(rows)
    assert [code for code in codes if code in stored or code.replace("-", "") in stored] == []


async def test_b4_the_old_set_works_until_the_new_one_is_kept(house) -> None:
    person = await with_app(house)
    _, old = await backup_codes(house, person.token)
    made, new = await backup_codes(house, person.token, kept=False)
    assert (await second_step(house, await first_step(house, person), new[0])).status == 403
    assert (await second_step(house, await first_step(house, person), old[0])).status == 200
    answer = await house.post("/api/auth/2fa/backup-codes/confirm", json={"set_id": made}, token=person.token)
    assert answer.status == 204
    assert (await second_step(house, await first_step(house, person), old[1])).status == 403
    assert (await second_step(house, await first_step(house, person), new[0])).status == 200


async def test_b5_the_token_of_the_first_step_is_good_for_the_second_alone(house) -> None:
    person = await with_app(house)
    token = await first_step(house, person)
    for method, path in (
        ("GET", "/api/users/me"),
        ("GET", "/api/businesses"),
        ("GET", "/api/auth/2fa"),
        ("GET", "/api/auth/sessions"),
        ("POST", "/api/auth/2fa/enroll"),
        ("POST", "/api/auth/logout"),
    ):
        answer = await house.request(method, path, json={} if method == "POST" else None, token=token)
        assert answer.status == 401, path
    refreshed = await house.post("/api/auth/refresh", json={"refresh_token": token})
    assert refreshed.status == 401
    changed = {"current_password": person.account.password, "password": "otra clave larga 7"}
    assert (await house.post("/api/auth/change-password", json=changed, token=token)).status in (401, 404)


async def test_b5_the_token_of_the_first_step_lives_five_minutes(house) -> None:
    person = await with_app(house)
    token = await first_step(house, person)
    forward(house, timedelta(minutes=5, seconds=1))
    answer = await second_step(house, token, person.code(house))
    assert (answer.status, answer.json["code"]) == (401, "second_factor_expired")


async def test_b5_no_cookie_is_set_before_the_second_step(house) -> None:
    person = await with_app(house)
    form = {"email": person.account.email, "password": person.account.password}
    answer = await house.post("/login", data=form, headers={"Origin": house.url})
    assert answer.status == 200
    assert not [one for one in answer.headers.getall("Set-Cookie", []) if "session" in one]
    assert 'autocomplete="one-time-code"' in answer.text


async def test_b6_a_right_code_does_not_help_a_wrong_password(house) -> None:
    person = await with_app(house)
    body = {"email": person.account.email, "password": "no es", "code": person.code(house)}
    assert (await house.post("/api/auth/login", json=body)).status == 422
    answer = await log_in(house, person.account.email, "no es")
    assert (answer.status, "second_factor_required" in answer.text) == (401, False)
    # The code was not used up by that.
    assert (await in_again(house, person))["access_token"]


async def test_b7_the_secret_is_told_once(house) -> None:
    person = await with_app(house)
    told = await house.get("/api/auth/2fa", token=person.token)
    assert person.secret not in told.text
    assert set(told.json["factors"][0]) == {"id", "kind", "name", "created_at", "confirmed_at", "last_used_at"}
    [row] = await house.rows("select secret from app.totp_factors where id = %s", person.factor_id)
    assert person.secret not in row.secret


async def test_b7_an_app_is_not_confirmed_without_its_code(house) -> None:
    account = await house.account("owner")
    token = await house.token(account)
    made = await enrol(house, token)
    for code in ("", "000000", "abcdef", pyotp.TOTP(pyotp.random_base32()).at(house.clock())):
        assert (await confirm(house, token, made["id"], code)).status in (403, 422)
    assert (await log_in(house, account.email, account.password)).json["access_token"]
    stranger = await house.account("owner")
    code = code_of(house, made["manual_key"])
    assert (await confirm(house, await house.token(stranger), made["id"], code)).status == 404


async def test_b7_an_active_app_stays_until_the_new_one_is_confirmed_and_an_unconfirmed_one_goes(house) -> None:
    person = await with_app(house)
    other = await enrol(house, person.token, "Otro")
    assert (await in_again(house, person))["access_token"]
    answer = await second_step(house, await first_step(house, person), code_of(house, other["manual_key"]))
    assert answer.status == 403
    forward(house, timedelta(minutes=5, seconds=1))
    late = await confirm(house, person.token, other["id"], code_of(house, other["manual_key"]))
    assert late.status in (403, 404)


async def test_b7_there_is_room_for_ten(house) -> None:
    person = await with_app(house)
    for n in range(9):
        await enrol(house, person.token, f"App {n}")
    answer = await house.post("/api/auth/2fa/enroll", json={"name": "Once"}, token=person.token)
    assert (answer.status, answer.json["code"]) == (409, "too_many_factors")


SENSITIVE = [
    ("DELETE", "/api/auth/2fa/factors/{factor}"),
    ("POST", "/api/auth/2fa/disable"),
    ("POST", "/api/auth/2fa/backup-codes"),
    ("POST", "/api/auth/2fa/enroll"),
    ("GET", "/api/users/me/export"),
    ("DELETE", "/api/users/me"),
]


@pytest.mark.parametrize(("method", "path"), SENSITIVE)
async def test_b8_what_matters_asks_for_a_fresh_proof(house, method: str, path: str) -> None:
    person = await with_app(house)
    forward(house, QUARTER)
    path = path.format(factor=person.factor_id)
    answer = await house.request(method, path, json={} if method == "POST" else None, token=person.token)
    assert (answer.status, answer.json["code"]) == (403, "step_up_required")
    assert set(answer.json["kinds"]) == {"totp"}
    wrong = await house.post("/api/auth/2fa/step-up", json={"code": "000000"}, token=person.token)
    assert wrong.status == 403
    by_password = {"password": person.account.password}
    assert (await house.post("/api/auth/2fa/step-up", json=by_password, token=person.token)).status in (403, 422)
    await fresh_again(house, person, person.token)
    after = await house.request(method, path, json={} if method == "POST" else None, token=person.token)
    assert after.status != 403, after.text


async def test_b8_whoever_has_no_second_factor_proves_it_with_their_password(house) -> None:
    account = await house.account("owner")
    token = await house.token(account)
    forward(house, QUARTER)
    refused = await house.post("/api/auth/2fa/enroll", json={}, token=token)
    assert (refused.json["code"], refused.json["kinds"]) == ("step_up_required", ["password"])
    assert (await house.post("/api/auth/2fa/step-up", json={"password": "no es"}, token=token)).status == 403
    assert (await house.post("/api/auth/2fa/step-up", json={"password": account.password}, token=token)).status == 204
    assert (await house.post("/api/auth/2fa/enroll", json={}, token=token)).status == 201


async def test_b9_a_new_password_does_not_do_away_with_the_second_factor(house) -> None:
    person = await with_app(house)
    await house.post("/api/auth/forgot-password", json={"email": person.account.email})
    secret = house.mails.secret(person.account.email, "reset_password")
    body = {"token": secret, "password": "una clave nueva 9"}
    assert (await house.post("/api/auth/reset-password", json=body)).status == 204
    answer = await log_in(house, person.account.email, "una clave nueva 9")
    assert (answer.status, answer.json["second_factor_required"]) == (200, True)
    assert "access_token" not in answer.json


async def test_b10_other_sessions_end_when_a_factor_is_added_and_when_it_is_removed(house) -> None:
    account = await house.account("owner")
    other, token = await house.token(account), await house.token(account)
    made = await enrol(house, token)
    code = code_of(house, made["manual_key"], -1)
    assert (await confirm(house, token, made["id"], code)).status == 204
    assert (await house.get("/api/users/me", token=other)).status == 401
    assert (await house.get("/api/users/me", token=token)).status == 200
    person = WithApp(account, made["id"], made["manual_key"], token)
    second = (await in_again(house, person))["access_token"]
    answer = await house.request("DELETE", f"/api/auth/2fa/factors/{made['id']}", token=second)
    assert answer.status == 204, answer.text
    assert (await house.get("/api/users/me", token=token)).status == 401
    assert (await house.get("/api/users/me", token=second)).status == 200


async def test_b11_a_business_that_demands_it_lets_members_without_one_do_nothing_but_set_one_up(house) -> None:
    owner = await with_app(house, "owner")
    business = owner.account.businesses[0]
    agent = await house.account()
    await house.do("insert into app.members values (%s, %s, 'agent', now())", business, agent.user_id)
    token = await house.token(agent)
    assert (await house.get(f"/api/businesses/{business}", token=token)).status == 200
    url = f"/api/businesses/{business}/second-factor"
    assert (await house.request("PUT", url, json={"demanded": True}, token=owner.token)).status == 200
    for path in (f"/api/businesses/{business}", f"/api/businesses/{business}/hours", "/api/inbox"):
        refused = await house.get(path, token=token)
        assert (refused.status, refused.json["code"]) == (403, "second_factor_demanded"), path
    assert (await house.get("/api/users/me", token=token)).status == 200
    made = await enrol(house, token)
    code = code_of(house, made["manual_key"], -1)
    assert (await confirm(house, token, made["id"], code)).status == 204
    assert (await house.get(f"/api/businesses/{business}", token=token)).status == 200


async def test_b11_only_whoever_has_one_may_demand_it(house) -> None:
    account = await house.account("owner")
    url = f"/api/businesses/{account.businesses[0]}/second-factor"
    answer = await house.request("PUT", url, json={"demanded": True}, token=await house.token(account))
    assert (answer.status, answer.json["code"]) == (409, "no_factor_of_your_own")


async def test_b12_each_change_goes_to_the_person_by_mail_and_into_the_log(house) -> None:
    person = await with_app(house)
    await backup_codes(house, person.token)
    await house.request("DELETE", f"/api/auth/2fa/factors/{person.factor_id}", token=person.token)
    assert mails(house, person.account) == ["totp_added", "backup_codes_renewed", "totp_removed"]
    for action in ("auth.factor_enrolled", "auth.factor_confirmed", "auth.backup_codes_renewed", "auth.factor_removed"):
        assert await audited(house, person.account, action) == 1, action
    assert (await log_in(house, person.account.email, person.account.password)).json["access_token"]


async def test_f26_secrets_of_apps_are_read_after_the_key_was_rotated_and_by_nobody_without_it(house) -> None:
    person = await with_app(house)
    [row] = await house.rows("select secret from app.totp_factors where id = %s", person.factor_id)
    assert person.secret not in row.secret
    assert SecretBox(["a new key of thirty-two characters", SECRET]).decrypt(row.secret) == person.secret
    with pytest.raises(CannotDecrypt):
        SecretBox(["another key of thirty-two characters"]).decrypt(row.secret)


async def test_e1_another_ones_factor_is_answered_as_one_that_never_existed(house) -> None:
    person, stranger = await with_app(house), await with_app(house)
    for factor in (person.factor_id, str(uuid4())):
        answer = await house.request("DELETE", f"/api/auth/2fa/factors/{factor}", token=stranger.token)
        assert (answer.status, answer.json["code"]) == (404, "factor_not_found")
        renamed = await house.request(
            "PATCH", f"/api/auth/2fa/factors/{factor}", json={"name": "x"}, token=stranger.token
        )
        assert renamed.status == 404
