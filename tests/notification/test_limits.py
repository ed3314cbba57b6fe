"""How many mails one address gets, and one sender causes: counted where they are queued, in silence."""

import asyncio

from post_office import Post

from wacloud.modules.notification.api import Mail, queue_mail

BASE = "http://127.0.0.1:8000"


async def age(post: Post, to: str, by: str) -> None:
    async with post.deps.db.system("test: time passes") as tx:
        await tx.execute("update app.mails set created_at = created_at - %s::interval where recipient = %s", (by, to))


async def test_of_fifty_at_once_for_one_address_one_is_written(post: Post, link: str):
    to = post.address()
    await asyncio.gather(*(post.queue(to, "reset_password", values={"link": link}) for _ in range(50)))
    assert len(await post.rows(to)) == 1


async def test_capitals_are_the_same_address(post: Post, link: str):
    to = post.address()
    await post.queue(to, "reset_password", values={"link": link})
    await post.queue(to.upper(), "reset_password", values={"link": link})
    assert await post.rows(to.upper()) == []


async def test_ten_an_hour_for_an_address_whatever_the_kind(post: Post, link: str):
    to = post.address()
    for _ in range(12):
        await post.queue(to, "reset_password", values={"link": link})
        await age(post, to, "2 minutes")
    assert len(await post.rows(to)) == 10
    await post.queue(to, "already_registered", values={"link": link})
    assert len(await post.rows(to)) == 10
    await age(post, to, "1 hour")
    await post.queue(to, "already_registered", values={"link": link})
    assert len(await post.rows(to)) == 11


async def test_nobody_silences_the_alarm_of_an_account_by_asking_for_mails(post: Post, link: str):
    to = post.address()
    for _ in range(12):
        await post.queue(to, "reset_password", values={"link": link})
        await age(post, to, "2 minutes")
    await post.queue(to, "password_changed")
    for what in ("totp_removed", "totp_added"):
        await post.queue(to, "factor_changed", values={"what": what})
    assert [row.template for row in await post.rows(to)][-3:] == [
        "password_changed",
        "factor_changed",
        "factor_changed",
    ]


async def test_notices_have_a_limit_of_their_own_kind(post: Post):
    to = post.address()
    for _ in range(22):
        await post.queue(to, "factor_changed", values={"what": "totp_added"})
    assert len(await post.rows(to)) == 20


async def test_a_business_invites_thirty_times_a_day(post: Post):
    shop, other = await post.rig.shop(), await post.rig.shop()

    async def invite(business_id: object, to: str) -> int:
        values = {"business_name": "Tienda", "inviter_name": "Marta", "link": f"{BASE}/invitations/x"}
        async with post.deps.db.tenant(business_id) as tx:  # type: ignore[arg-type]
            await queue_mail(
                post.deps,
                tx,
                Mail(to=to, template="invitation", language="es", values=values, business_id=business_id),  # type: ignore[arg-type]
            )
        return len(await post.rows(to))

    counts = [await invite(shop.business_id, post.address()) for _ in range(32)]
    assert counts == [1] * 30 + [0] * 2
    to = post.address()
    assert await invite(other.business_id, to) == 1
    # Two businesses may invite the same person in the same minute.
    third = await post.rig.shop()
    assert await invite(third.business_id, to) == 2
