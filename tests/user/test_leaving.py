"""The export of one's own data, and leaving."""

import asyncio
import json
from typing import Any

import pytest
from people import People, Somebody

from wacloud.modules.notification.api import Mail, queue_mail

ME = "/api/users/me"


async def test_the_export_holds_what_is_kept_about_a_person_and_no_more(people: People):
    shop = await people.rig.shop()
    ana, eva = [await people.add(shop.business_id) for _ in range(2)]
    for one in (ana, eva):
        await people.ask(one, "PATCH", ME, json={"time_zone": "America/Lima"})
        async with people.rig.house.db.system("test: write to them") as tx:
            mail = Mail(to=one.email, template="password_changed", language="es", values={}, user_id=one.id)
            await queue_mail(people.rig.house.notification, tx, mail)
    status, headers, content = await people.ask(ana, "GET", f"{ME}/export")
    assert status == 200
    assert headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert headers["cache-control"] == "no-store"
    assert headers["content-type"] == "application/json"
    assert set(content) == {"exported_at", "profile", "memberships", "sign_in", "mails", "audit_log"}
    assert content["profile"]["email"] == ana.email
    assert content["profile"]["time_zone"] == "America/Lima"
    [membership] = content["memberships"]
    assert (membership["business_id"], membership["role"]) == (str(shop.business_id), "agent")
    assert content["sign_in"]["password_changed_at"]
    assert [mail["template"] for mail in content["mails"]] == ["password_changed"]
    assert [entry["action"] for entry in content["audit_log"]] == ["user.data_exported", "user.profile_changed"]
    text = json.dumps(content)
    assert "a hash" not in text
    assert eva.email not in text
    assert str(eva.id) not in text


async def test_keys_they_made_are_exported_by_name_and_never_by_what_opens(people: People):
    shop = await people.rig.shop()
    ana = await people.add(shop.business_id)
    async with people.rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "insert into app.api_keys (business_id, created_by, name, hint, hash, scopes) "
            "values (%s, %s, 'La caja', 'wck_AbCd', %s, '{inbox.read}')",
            (shop.business_id, ana.id, b"h" * 32),
        )
    _, _, content = await people.ask(ana, "GET", f"{ME}/export")
    [key] = content["sign_in"]["api_keys"]
    assert (key["name"], key["hint"], key["scopes"]) == ("La caja", "wck_AbCd", ["inbox.read"])
    assert "hash" not in key


async def test_second_factors_are_exported_by_name_and_gone_with_the_person(people: People):
    ana = await people.add((await people.rig.shop()).business_id)
    status, _, made = await people.ask(ana, "POST", "/api/auth/2fa/enroll", json={"name": "El de casa"})
    assert status == 201
    async with people.rig.house.db.system("test: a passkey and a code") as tx:
        await tx.execute(
            "insert into app.passkeys (user_id, name, credential_id, public_key) values (%s, 'Portátil', %s, %s)",
            (ana.id, ana.id.bytes, b"the public half"),
        )
        await tx.execute(
            "insert into app.backup_codes (user_id, set_id, hash, saved_at) values (%s, %s, 'a hash', now())",
            (ana.id, ana.id),
        )
        await tx.execute("update app.sessions set aal = 'aal2' where user_id = %s", (ana.id,))
    _, _, content = await people.ask(ana, "GET", f"{ME}/export")
    assert [(one["kind"], one["name"]) for one in content["sign_in"]["second_factors"]] == [
        ("totp", "El de casa"),
        ("passkey", "Portátil"),
    ]
    assert content["sign_in"]["backup_codes_left"] == 1
    text = json.dumps(content)
    for told in (made["manual_key"], "the public half", "a hash"):
        assert told not in text
    assert (await people.ask(ana, "DELETE", ME))[0] == 204
    async with people.rig.house.db.system("test: what is left") as tx:
        for table in ("totp_factors", "passkeys", "backup_codes"):
            assert await tx.rows(f"select 1 from app.{table} where user_id = %s", (ana.id,)) == []


async def test_who_left_is_gone_and_what_they_did_stays_without_them(people: People):
    shop = await people.rig.shop()
    ana = await people.add(shop.business_id)
    async with people.rig.house.db.system("test: write to them") as tx:
        mail = Mail(to=ana.email, template="password_changed", language="es", values={}, user_id=ana.id)
        await queue_mail(people.rig.house.notification, tx, mail)
    await people.ask(ana, "PATCH", ME, json={"name": "Ana la Grande"})
    assert (await people.ask(ana, "DELETE", ME))[0] == 204
    assert (await people.ask(ana, "GET", ME))[0] == 401
    assert (await people.ask(ana, "DELETE", ME))[0] == 401
    [user] = await people.rows("select * from app.users where id = %s", ana.id)
    assert user.deleted_at is not None
    assert await people.rows("select 1 from app.members where user_id = %s", ana.id) == []
    assert await people.rows("select 1 from app.credentials where user_id = %s", ana.id) == []
    assert await people.rows("select 1 from app.sessions where user_id = %s", ana.id) == []
    assert await people.rows("select 1 from app.mails where recipient = %s", ana.email) == []
    entries = await people.rows("select * from app.audit_log where user_id = %s order by at", ana.id)
    assert [entry.action for entry in entries] == ["user.profile_changed", "user.left"]
    left = "".join(str(row) for row in (user, *entries))
    assert ana.email not in left
    assert "Ana" not in left
    # The address is free for somebody new, who is not them.
    [new] = await people.rows("insert into app.users (name, email) values ('Otra', %s) returning id", ana.email)
    assert new.id != ana.id


async def test_the_only_owner_of_a_business_stays_and_keeps_everything(people: People):
    shop = await people.rig.shop()
    owner = await owner_of(people, shop)
    await people.add(shop.business_id, "admin")
    status, _, problem = await people.ask(owner, "DELETE", ME)
    assert (status, problem["code"]) == (409, "still_owner")
    assert (await people.ask(owner, "GET", ME))[0] == 200
    assert len(await people.rows("select 1 from app.members where user_id = %s", owner.id)) == 1


async def test_a_business_with_another_owner_becomes_that_ones(people: People):
    shop = await people.rig.shop()
    owner = await owner_of(people, shop)
    other = await people.add(shop.business_id, "owner")
    assert (await people.ask(owner, "DELETE", ME))[0] == 204
    [business] = await people.rows("select owner_id from app.businesses where id = %s", shop.business_id)
    assert business.owner_id == other.id


@pytest.mark.parametrize("_", range(3))
async def test_of_two_owners_who_leave_at_once_one_stays(people: People, _: int):
    shop = await people.rig.shop()
    owners = [await owner_of(people, shop), await people.add(shop.business_id, "owner")]
    answers = await asyncio.gather(*(people.ask(owner, "DELETE", ME) for owner in owners))
    assert sorted(status for status, _, _ in answers) == [204, 409]
    [left] = await people.rows("select user_id from app.members where business_id = %s", shop.business_id)
    [business] = await people.rows("select owner_id from app.businesses where id = %s", shop.business_id)
    assert business.owner_id == left.user_id


async def test_leaving_twice_at_once_is_leaving_once(people: People):
    ana = await people.add()
    answers = await asyncio.gather(*(people.ask(ana, "DELETE", ME) for _ in range(4)))
    assert sorted(status for status, _, _ in answers)[0] == 204
    assert (
        len(await people.rows("select 1 from app.audit_log where user_id = %s and action = 'user.left'", ana.id)) == 1
    )


async def owner_of(people: People, shop: Any) -> Somebody:
    [user] = await people.rows("select email from app.users where id = %s", shop.user_id)
    return people.signed_in(shop.user_id, user.email, shop.business_id, shop.session_id)
