"""/profile, as a browser without scripts uses it."""

import pytest
from people import People


async def test_the_page_saves_what_the_form_says_and_speaks_the_language_chosen(people: People):
    ana = await people.add()
    status, _, page = await people.page(ana, "GET", "/profile")
    assert status == 200
    assert "Your profile" in page
    assert "<script>" not in page
    assert ' style="' not in page
    form = {"name": "Ana María", "language": "es", "time_zone": "America/Argentina/Buenos_Aires"}
    status, headers, _ = await people.page(ana, "POST", "/profile", data=form)
    assert (status, headers["location"]) == (303, "/profile?saved=profile")
    assert "lang=es" in headers["set-cookie"]
    status, _, page = await people.page(
        ana, "GET", "/profile?saved=profile", headers={"cookie": f"wacloud_session={ana.session}"}
    )
    assert "Guardado." in page
    assert 'value="Ana María"' in page
    assert '<option value="America/Argentina/Buenos_Aires" selected>' in page


async def test_boxes_that_are_not_ticked_are_no(people: People):
    ana = await people.add()
    status, headers, _ = await people.page(ana, "POST", "/profile/notifications", data={"product_news": "on"})
    assert (status, headers["location"]) == (303, "/profile?saved=notifications")
    [row] = await people.rows("select notifications from app.users where id = %s", ana.id)
    assert {name for name, value in row.notifications.items() if value} == {"product_news"}


async def test_a_refusal_is_said_where_it_belongs_and_markup_stays_text(people: People):
    ana = await people.add()
    form = {"name": '"><script>alert(1)</script>\u202e', "language": "es", "time_zone": "Europe/Madrid"}
    status, _, page = await people.page(ana, "POST", "/profile", data=form)
    assert status == 422
    assert "A name has 1 to 120 characters that can be seen." in page
    assert "<script>alert" not in page


async def test_the_file_is_downloaded(people: People):
    ana = await people.add()
    status, headers, text = await people.page(ana, "GET", "/profile/export")
    assert status == 200
    assert headers["content-disposition"].startswith("attachment")
    assert ana.email in text


async def test_leaving_asks_for_the_address_and_signs_out(people: People):
    ana = await people.add()
    status, _, page = await people.page(ana, "POST", "/profile/leave", data={"email": "other@example.test"})
    assert status == 422
    assert "write your own e-mail address" in page
    status, headers, _ = await people.page(ana, "POST", "/profile/leave", data={"email": f" {ana.email.upper()} "})
    assert (status, headers["location"]) == (303, "/login")
    assert 'wacloud_session=""' in headers["set-cookie"]
    status, headers, _ = await people.page(ana, "GET", "/profile")
    assert (status, headers["location"]) == (303, "/login?next=%2Fprofile")


async def test_the_only_owner_reads_why_they_cannot_go(people: People):
    shop = await people.rig.shop()
    [user] = await people.rows("select email from app.users where id = %s", shop.user_id)
    owner = people.signed_in(shop.user_id, user.email, shop.business_id, shop.session_id)
    status, _, page = await people.page(owner, "POST", "/profile/leave", data={"email": user.email})
    assert status == 422
    assert "only owner of a business" in page


@pytest.mark.parametrize("path", ["/profile", "/profile/notifications", "/profile/leave"])
async def test_a_form_of_another_site_is_refused(people: People, path: str):
    ana = await people.add()
    status, _, _ = await people.page(ana, "POST", path, data={}, headers={"origin": "https://evil.example"})
    assert status == 403
    assert len(await people.rows("select 1 from app.users where id = %s and deleted_at is null", ana.id)) == 1
