"""Invitations: whom they let in, as what, how often, and for how long."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from business_people import People, Someone

from rig import Rig, eventually
from wacloud.modules.business.api import fresh_invitation_token
from wacloud.modules.business.domain.invitation import MOST_A_DAY, MOST_A_DAY_TO_ONE

ACCEPT = "/api/invitations/accept"


def address() -> str:
    return f"i{uuid4().hex[:12]}@example.test"


async def accept(people: People, who: Someone, token: str) -> tuple[int, str]:
    told = await people.ask(who, "POST", ACCEPT, {"token": token})
    return told.status, told.json.get("code", "")


async def test_d7_an_invitation_lets_in_the_invited_address_once_with_its_role(people: People) -> None:
    owner = await people.business()
    guest = await people.someone()
    told, token = await people.invite(owner, f" {guest.email.upper()} ", "analyst")
    assert (told.status, told.json["email"], told.json["state"]) == (201, guest.email, "open")
    joined = await people.ask(guest, "POST", ACCEPT, {"token": token})
    assert (joined.status, joined.json) == (200, {"business_id": str(owner.business_id)})
    assert (await people.roles(owner))[guest.user_id] == "analyst"
    assert await accept(people, guest, token) == (404, "invitation_not_good")
    listed = await people.here(owner, "GET", "/invitations")
    assert [one["state"] for one in listed.json] == ["accepted"]
    assert (await people.log(owner))[-2:] == ["business.invitation_made", "business.invitation_accepted"]


async def test_d7_another_account_with_the_link_is_refused(people: People) -> None:
    owner = await people.business()
    _, token = await people.invite(owner, address())
    assert await accept(people, await people.someone(), token) == (403, "invitation_for_another")


@pytest.mark.parametrize("field", ["role", "business_id", "email", "tenant_id"])
async def test_d7_role_and_business_in_the_body_are_refused(people: People, field: str) -> None:
    owner = await people.business()
    guest = await people.someone()
    _, token = await people.invite(owner, guest.email)
    told = await people.ask(guest, "POST", ACCEPT, {"token": token, field: "owner"})
    assert told.status == 422
    assert guest.user_id not in await people.roles(owner)


async def test_d7_an_invitation_taken_back_is_good_for_nothing(people: People) -> None:
    owner = await people.business()
    guest = await people.someone()
    told, token = await people.invite(owner, guest.email)
    for _ in range(2):
        assert (await people.here(owner, "DELETE", f"/invitations/{told.json['id']}")).status == 204
    assert await accept(people, guest, token) == (404, "invitation_not_good")


async def test_d7_an_invitation_is_good_for_a_week(people: People, rig: Rig) -> None:
    owner = await people.business()
    guest = await people.someone()
    told, token = await people.invite(owner, guest.email)
    async with rig.house.db.tenant(owner.business_id) as tx:
        row = await tx.row(
            "update app.invitations set expires_at = expires_at - interval '7 days' where id = %s"
            " returning expires_at - created_at as left_over",
            (told.json["id"],),
        )
    assert row is not None
    assert abs(row.left_over) < timedelta(minutes=1)
    assert await accept(people, guest, token) == (404, "invitation_not_good")
    assert (await people.here(owner, "GET", "/invitations")).json[0]["state"] == "expired"


@pytest.mark.parametrize("how", ["removed", "left", "demoted"])
async def test_d7_an_invitation_falls_with_whoever_made_it(people: People, how: str) -> None:
    team = await people.team()
    guest = await people.someone()
    _, token = await people.invite(team["admin"], guest.email, "admin")
    if how == "removed":
        await people.here(team["owner"], "DELETE", f"/members/{team['admin'].user_id}")
    elif how == "left":
        await people.here(team["admin"], "POST", "/leave")
    else:
        await people.here(team["owner"], "PATCH", f"/members/{team['admin'].user_id}", {"role": "agent"})
    assert await accept(people, guest, token) == (404, "invitation_not_good")
    assert guest.user_id not in await people.roles(team["owner"])


async def test_d8_nobody_invites_an_owner_nor_above_themselves(people: People) -> None:
    team = await people.team()
    for role in ("owner", "admin"):
        told, _ = await people.invite(team[role], address(), "owner")
        assert (told.status, told.code) == (403, "owner_by_transfer_only")
    for role in ("agent", "analyst"):
        told, _ = await people.invite(team[role], address(), "analyst")
        assert told.status == 403
        assert (await people.here(team[role], "GET", "/invitations")).status == 403


async def test_d9_of_twenty_who_accept_at_the_same_time_one_joins(people: People) -> None:
    owner = await people.business()
    guest = await people.someone()
    _, token = await people.invite(owner, guest.email)
    answers = await asyncio.gather(*(accept(people, guest, token) for _ in range(20)))
    assert sorted(status for status, _ in answers) == [200] + [404] * 19
    assert len(await people.roles(owner)) == 2


async def test_a_second_invitation_of_the_same_address_ends_the_first(people: People) -> None:
    owner = await people.business()
    guest = await people.someone()
    first, old = await people.invite(owner, guest.email, "agent")
    again = await people.here(owner, "POST", f"/invitations/{first.json['id']}/resend")
    assert again.status == 201
    second = again.json["accept_url"].rpartition("/")[2]
    assert await accept(people, guest, old) == (404, "invitation_not_good")
    assert (await accept(people, guest, second))[0] == 200
    assert (await people.here(owner, "POST", f"/invitations/{again.json['id']}/resend")).status == 404


async def test_a_member_is_not_invited_and_nonsense_is_no_address(people: People) -> None:
    team = await people.team()
    told, _ = await people.invite(team["owner"], team["agent"].email)
    assert (told.status, told.code) == (409, "already_member")
    for nonsense in ("nobody", "a b@example.test", "a@example.test\r\nBcc: b@example.test", "@example.test"):
        told, _ = await people.invite(team["owner"], nonsense)
        assert (told.status, told.code) == (422, "email_not_possible"), nonsense


async def test_d3_one_address_gets_few_invitations_a_day_and_a_business_makes_some(people: People) -> None:
    owner = await people.business()
    guest = address()
    for _ in range(MOST_A_DAY_TO_ONE):
        assert (await people.invite(owner, guest))[0].status == 201
    told, _ = await people.invite(owner, guest)
    assert (told.status, told.code) == (429, "invitation_limit")
    assert "retry-after" in told.headers
    for _ in range(MOST_A_DAY - MOST_A_DAY_TO_ONE):
        assert (await people.invite(owner, address()))[0].status == 201
    assert (await people.invite(owner, address()))[0].status == 429
    # Another business is another sender.
    assert (await people.invite(await people.business(), guest))[0].status == 201


async def test_only_the_hash_of_a_token_is_stored_and_no_job_holds_it(people: People, rig: Rig) -> None:
    owner = await people.business()
    _, token = await people.invite(owner, address())
    async with rig.house.db.tenant(owner.business_id) as tx:
        rows = await tx.rows("select i::text as told from app.invitations i")
        rows += await tx.rows("select j::text as told from app.jobs j")
        rows += await tx.rows("select a::text as told from app.audit_log a")
    assert len(rows) >= 2
    assert not any(token in row.told for row in rows)


async def fresh(deps: Any, business_id: Any, invitation_id: UUID) -> str | None:
    async with deps.db.tenant(business_id) as tx:
        return await fresh_invitation_token(deps, tx, business_id, invitation_id)


async def test_the_mail_s_own_token_opens_it_too_and_the_newest_mail_counts(people: People, rig: Rig) -> None:
    owner = await people.business()
    guest = await people.someone()
    told, link = await people.invite(owner, guest.email)
    deps, place = rig.house.business, UUID(told.json["id"])

    async def mailed() -> bool:
        async with rig.house.db.system("test: is it mailed") as tx:
            return await tx.row("select 1 from app.mails where recipient = %s", (guest.email,)) is not None

    await eventually(mailed)  # the worker's own mail has a token too, and counts while it is the newest
    first = await fresh(deps, owner.business_id, place)
    first = await fresh(deps, owner.business_id, place)
    second = await fresh(deps, owner.business_id, place)
    assert first
    assert second
    assert len({link, first, second}) == 3
    assert await accept(people, guest, first) == (404, "invitation_not_good")
    assert (await accept(people, guest, second))[0] == 200
    assert await accept(people, guest, link) == (404, "invitation_not_good")
    assert await fresh(deps, owner.business_id, place) is None
    assert await fresh(deps, owner.business_id, uuid4()) is None


async def test_d5_looking_at_the_page_uses_nothing_up_and_tells_nobody_the_address(people: People) -> None:
    owner = await people.business(name="Velas <b>del</b> Sur")
    guest = await people.someone()
    _, token = await people.invite(owner, guest.email)
    for who in (None, guest, None):
        page = await people.ask(who, "GET", f"/invitations/{token}", page=True)
        assert page.status == 200
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "Velas &lt;b&gt;del&lt;/b&gt; Sur" in page.text
        assert guest.email in page.text
    stranger = await people.ask(await people.someone(), "POST", "/invitations/accept", page=True, token=token)
    assert stranger.status == 403
    joined = await people.ask(guest, "POST", "/invitations/accept", page=True, token=token)
    assert joined.status == 200
    assert (await people.ask(None, "GET", f"/invitations/{token}", page=True)).status == 404
    assert guest.user_id in await people.roles(owner)


async def test_a_token_nobody_made_is_told_as_one_that_is_used_up(people: People) -> None:
    guest = await people.someone()
    for token in ("x" * 43, "ñ" * 30, "%00" * 10):
        assert await accept(people, guest, token) == (404, "invitation_not_good")
        # A NUL is refused in every address, before anybody looks for an invitation.
        told = 422 if "%00" in token else 404
        assert (await people.ask(None, "GET", f"/invitations/{token}", page=True)).status == told
