"""Members and their roles: who may change whom, and what happens when several do at once."""

import asyncio
from uuid import uuid4

import pytest
from business_people import NEW, ROLES, People, Someone
from hypothesis import given
from hypothesis import strategies as st

from rig import Rig, Shop
from wacloud.modules.business.domain.team import (
    GIVEN_ROLES,
    RANK,
    LastOwner,
    NotYourOwnRole,
    OwnerByTransferOnly,
    RoleAboveYours,
    Team,
)
from wacloud.shared.domain.errors import AppError, NotAllowed
from wacloud.shared.domain.ids import BusinessId, UserId
from wacloud.shared.ui.guard import Member
from wacloud.shared.ui.permissions import ROLES as MAY
from wacloud.shared.ui.permissions import WHILE_CLOSING, Permission


def test_permissions_grow_with_the_rank() -> None:
    assert MAY["analyst"] < MAY["agent"] < MAY["admin"] < MAY["owner"]
    assert MAY["owner"] == frozenset(Permission)
    assert set(MAY) == set(RANK) == set(ROLES)


@given(role=st.sampled_from([*ROLES, "root", ""]), permission=st.sampled_from(Permission), closing=st.booleans())
def test_a_member_may_what_the_matrix_says_and_less_while_the_business_closes(
    role: str, permission: Permission, closing: bool
) -> None:
    member = Member(UserId(uuid4()), BusinessId(uuid4()), role, "A", "a@b", "B", "es", is_closing=closing)
    is_theirs = permission in MAY.get(role, frozenset())
    assert member.may(permission) == (is_theirs and (not closing or permission in WHILE_CLOSING))
    if member.may(permission):
        member.check(permission)
    else:
        with pytest.raises(AppError) as refused:
            member.check(permission)
        assert isinstance(refused.value, NotAllowed) == (not is_theirs)


@st.composite
def teams(draw: st.DrawFn) -> Team:
    roles = draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=5))
    members = {UserId(uuid4()): role for role in ["owner", *roles]}
    return Team(BusinessId(uuid4()), "Velas", "es", None, members)


@given(team=teams(), data=st.data())
def test_d8_whatever_is_allowed_lifts_nobody_above_who_does_it_and_leaves_an_owner(
    team: Team, data: st.DataObject
) -> None:
    actor = data.draw(st.sampled_from(list(team.roles)))
    target = data.draw(st.sampled_from(list(team.roles)))
    role = data.draw(st.sampled_from([*ROLES, "root"]))
    mine, theirs = RANK[team.roles[actor]], RANK[team.roles[target]]
    try:
        before = team.change_role(actor, target, role)
    except NotAllowed:
        assert mine < RANK["admin"] or actor == target or role not in GIVEN_ROLES or theirs > mine or RANK[role] > mine
    else:
        assert before == team.roles[target]
        assert mine >= RANK["admin"]
        assert actor != target
        assert role in GIVEN_ROLES
        assert max(theirs, RANK[role]) <= mine
        assert team.owners - {target}, "somebody of the actor's rank or above stays"
    try:
        team.remove(actor, target)
    except (NotAllowed, LastOwner):
        assert actor == target or mine < RANK["admin"] or theirs > mine
    else:
        assert team.owners - {target}


async def test_everybody_sees_the_team_and_its_owner_stands_first(people: People) -> None:
    team = await people.team()
    for role in ROLES:
        listed = await people.here(team[role], "GET", "/members")
        assert [one["role"] for one in listed.json] == list(ROLES)
        assert set(listed.json[0]) == {"user_id", "name", "email", "role", "joined_at", "second_factor"}


@pytest.mark.parametrize(
    ("actor", "target", "role", "code"),
    [
        ("admin", "agent", "owner", "owner_by_transfer_only"),
        ("owner", "agent", "owner", "owner_by_transfer_only"),
        ("admin", "owner", "agent", "role_above_yours"),
        ("admin", "admin", "agent", "not_your_own_role"),
        ("owner", "owner", "admin", "not_your_own_role"),
        ("agent", "analyst", "agent", "not_allowed"),
        ("agent", "agent", "admin", "not_allowed"),
        ("analyst", "agent", "analyst", "not_allowed"),
    ],
)
async def test_d8_a_role_above_one_s_own_or_one_s_own_is_403(
    people: People, actor: str, target: str, role: str, code: str
) -> None:
    team = await people.team()
    before = await people.roles(team["owner"])
    told = await people.here(team[actor], "PATCH", f"/members/{team[target].user_id}", {"role": role})
    assert (told.status, told.code) == (403, code)
    assert await people.roles(team["owner"]) == before


async def test_an_admin_changes_roles_up_to_their_own(people: People) -> None:
    team = await people.team()
    changed = await people.here(team["admin"], "PATCH", f"/members/{team['agent'].user_id}", {"role": "admin"})
    assert changed.status == 200
    roles = await people.roles(team["owner"])
    assert roles[team["agent"].user_id] == "admin"
    assert (await people.log(team["owner"]))[-1] == "business.role_changed"
    assert (
        await people.here(team["admin"], "PATCH", f"/members/{team['agent'].user_id}", {"role": "root"})
    ).status == 422


async def test_d9_two_owners_who_demote_each_other_at_once_leave_one(people: People) -> None:
    for _ in range(5):
        one = await people.business()
        other = await people.join(one, "owner")
        answers = await asyncio.gather(
            people.here(one, "PATCH", f"/members/{other.user_id}", {"role": "agent"}),
            people.here(other, "PATCH", f"/members/{one.user_id}", {"role": "agent"}),
        )
        assert sorted(answer.status for answer in answers) == [200, 403]
        roles = await people.roles(one)
        assert sorted(roles.values()) == ["agent", "owner"]
        async with people.rig.house.db.system("test: whose is it") as tx:
            row = await tx.row("select owner_id from app.businesses where id = %s", (one.business_id,))
        assert row is not None
        assert roles[row.owner_id] == "owner"


async def test_d9_two_owners_who_leave_at_once_leave_one(people: People) -> None:
    one = await people.business()
    other = await people.join(one, "owner")
    answers = await asyncio.gather(people.here(one, "POST", "/leave"), people.here(other, "POST", "/leave"))
    assert sorted(answer.status for answer in answers) == [204, 409]
    assert list((await people.roles(one)).values()) == ["owner"]


async def test_the_last_owner_does_not_leave_and_everybody_else_may(people: People) -> None:
    team = await people.team()
    assert (await people.here(team["owner"], "POST", "/leave")).code == "last_owner"
    for role in ROLES[1:]:
        assert (await people.here(team[role], "POST", "/leave")).status == 204
    assert list((await people.roles(team["owner"])).values()) == ["owner"]
    assert (await people.log(team["owner"])).count("business.member_left") == 3


@pytest.mark.parametrize(
    ("actor", "target", "status"),
    [
        ("owner", "admin", 204),
        ("admin", "agent", 204),
        ("admin", "owner", 403),
        ("agent", "analyst", 403),
        ("analyst", "agent", 403),
    ],
)
async def test_who_may_take_whom_out(people: People, actor: str, target: str, status: int) -> None:
    team = await people.team()
    told = await people.here(team[actor], "DELETE", f"/members/{team[target].user_id}")
    assert told.status == status
    assert (team[target].user_id in await people.roles(team["owner"])) == (status == 403)


async def test_d10_whoever_is_removed_is_out_with_the_next_request_and_lets_go_of_conversations(
    people: People, rig: Rig
) -> None:
    shop = await rig.shop()
    conversation_id = await rig.heard(shop)
    agent = await people.join(_as_someone(shop), "agent")
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.conversations set assigned_to = %s, handler = 'person' where id = %s",
            (agent.user_id, conversation_id),
        )
    assert (await people.here(agent, "GET", "/members")).status == 200
    assert (await people.here(_as_someone(shop), "DELETE", f"/members/{agent.user_id}")).status == 204
    assert (await people.here(agent, "GET", "/members")).status == 404
    assert (await people.ask(agent, "GET", "/api/onboarding")).status == 401
    rows = await rig.rows(shop, "select assigned_to from app.conversations where id = %s", (conversation_id,))
    assert rows[0].assigned_to is None


async def test_a_business_is_handed_over_by_its_owner_who_types_its_name(people: People) -> None:
    team = await people.team()
    told = {"user_id": str(team["agent"].user_id), "business_name": "Otra cosa"}
    assert (await people.here(team["owner"], "POST", "/transfer", told)).code == "name_not_retyped"
    told["business_name"] = NEW["name"]
    assert (await people.here(team["admin"], "POST", "/transfer", told)).status == 403
    themselves = {**told, "user_id": str(team["owner"].user_id)}
    assert (await people.here(team["owner"], "POST", "/transfer", themselves)).code == "not_your_own_role"
    assert (await people.here(team["owner"], "POST", "/transfer", told)).status == 200
    roles = await people.roles(team["owner"])
    assert (roles[team["agent"].user_id], roles[team["owner"].user_id]) == ("owner", "admin")
    assert (await people.here(team["owner"], "POST", "/transfer", told)).status == 403
    assert (await people.log(team["agent"]))[-1] == "business.ownership_transferred"


def test_each_refusal_is_a_kind_of_not_allowed() -> None:
    for refusal in (RoleAboveYours, NotYourOwnRole, OwnerByTransferOnly):
        assert issubclass(refusal, NotAllowed)


def _as_someone(shop: Shop) -> Someone:
    return Someone(shop.user_id, "", shop.business_id, shop.session_id)
