"""Mails about a business: an invitation, and the deletion that was asked for."""

import re
from uuid import UUID

from post_office import Post

from rig import eventually
from wacloud.main.subscriptions import to_jobs
from wacloud.modules.business.application.accept_invitation import look_at_invitation
from wacloud.modules.business.application.delete_business import ask_deletion
from wacloud.modules.business.application.invite_member import Inviter, invite_member
from wacloud.modules.business.events import InvitationMade
from wacloud.modules.notification.application.mail_deletion import mail_deletion
from wacloud.modules.notification.application.mail_invitation import Invited, mail_invitation
from wacloud.modules.user.api import add_user
from wacloud.shared.application.caller import NOBODY
from wacloud.shared.application.jobs import Again
from wacloud.shared.domain.ids import BusinessId, UserId


async def test_an_invitation_is_mailed_once_and_its_link_stays_good(post: Post) -> None:
    shop, to = await post.rig.shop(), post.address()
    deps = post.rig.house.business
    made = await invite_member(deps, Inviter(shop.user_id, "Marta"), shop.business_id, to, "agent", NOBODY)
    await eventually(lambda: post.rows(to), 20)
    await post.becomes(to, "sent", "delivered")
    invited = Invited(
        business_id=shop.business_id,
        invitation_id=made.invitation.id,
        email=to,
        language="es",
        business_name="Tienda",
        inviter_name="Marta",
    )
    await mail_invitation(post.deps, invited)
    [mail] = post.arrived(to)
    [token] = set(re.findall(r"/invitations/([\w-]+)", mail.content["text"]))
    assert token != made.token
    assert (await look_at_invitation(deps, token)).email == to, "the second run left the link as it was"
    again = await invite_member(deps, Inviter(shop.user_id, "Marta"), shop.business_id, to, "agent", NOBODY)
    one_more = Invited(
        business_id=shop.business_id,
        invitation_id=again.invitation.id,
        email=to,
        language="es",
        business_name="Tienda",
        inviter_name="Marta",
    )
    assert isinstance(await mail_invitation(post.deps, one_more), Again), "it waits until a mail may go there again"


async def test_who_has_an_account_is_invited_in_their_own_language(post: Post) -> None:
    shop, to = await post.rig.shop(), post.address()
    async with post.rig.house.db.system("test: somebody who reads English") as tx:
        await add_user(post.rig.house.user, tx, name="Ana", email=to, language="en", verified_at=post.rig.house.clock())
    await invite_member(
        post.rig.house.business, Inviter(shop.user_id, "Marta"), shop.business_id, to.upper(), "agent", NOBODY
    )
    await eventually(lambda: post.rows(to), 20)
    await post.becomes(to, "sent", "delivered")
    [mail] = post.arrived(to)
    assert "invites you to work" in mail.content["text"]


def test_no_job_about_an_invitation_holds_a_token() -> None:
    event = InvitationMade(
        business_id=BusinessId(UUID(int=1)),
        invitation_id=UUID(int=2),
        email="ana@example.test",
        language="es",
        role="agent",
        business_name="Tienda",
        inviter_name="Marta",
    )
    [job] = to_jobs(event)
    assert set(job.payload) == {"invitation_id", "email", "language", "business_name", "inviter_name"}


async def test_the_owner_is_told_once_that_the_business_is_going_to_be_deleted(post: Post) -> None:
    shop = await post.rig.shop()
    await ask_deletion(post.rig.house.business, UserId(shop.user_id), shop.business_id, NOBODY)
    to = f"{shop.user_id}@example.test"
    await eventually(lambda: post.rows(to), 20)
    await post.becomes(to, "sent", "delivered")
    await mail_deletion(post.deps, shop.business_id)
    assert [row.template for row in await post.rows(to)] == ["business_deletion_requested"]
