"""`/dev/mails`: the mails of a demo or a development machine, for whoever sits at it."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from wacloud.modules.notification.application.ports import MailShelf, ShelfMail
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.ui.guard import public
from wacloud.shared.ui.pages import render

# The mail's own document: its looks are inline as in every mail, nothing in it runs or is fetched, links open beside.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


def routes(shelf: MailShelf) -> APIRouter:
    """
    The pages; `main/web.py` leaves them out in production.

    For everybody: who signs up reads the link before they can sign in.
    """
    router = APIRouter(include_in_schema=False)

    async def found(mail_id: str) -> ShelfMail:
        mail = await shelf.find(mail_id) if mail_id.replace("-", "").isalnum() and len(mail_id) <= 64 else None
        if mail is None:
            raise NotFound
        return mail

    @router.get("/dev/mails", dependencies=[public()])
    async def mails(request: Request) -> Response:
        return render(request, "notification/dev_mails.html", mails=await shelf.newest(), mail=None)

    @router.get("/dev/mails/{mail_id}", dependencies=[public()])
    async def mail(request: Request, mail_id: str) -> Response:
        return render(request, "notification/dev_mails.html", mails=await shelf.newest(), mail=await found(mail_id))

    @router.get("/dev/mails/{mail_id}/html", dependencies=[public()])
    async def html(mail_id: str) -> Response:
        headers = {
            "content-security-policy": MAIL_POLICY,
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
        }
        return HTMLResponse((await found(mail_id)).html, headers=headers)

    return router
