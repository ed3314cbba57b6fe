"""Where Meta speaks to us: the handshake, and every event of every business."""

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from wacloud.modules.whatsapp.application.accept_webhook import (
    SignatureWrong,
    WebhookKeys,
    accept_webhook,
    answer_handshake,
    check_signature,
)
from wacloud.modules.whatsapp.ui.webhook_body import BodyReader
from wacloud.modules.whatsapp.ui.webhook_glance import glance
from wacloud.shared.application.webhooks import WebhookInbox
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.guard import guarded, signed_by_vendor
from wacloud.shared.ui.limits import check_limit

PATH = "/api/webhooks/whatsapp"
# Where the short way (`webhook_door.py`) leaves why it did not accept, for this route to say it.
REFUSAL = "webhook_refusal"
KEPT_HEADERS = ("x-hub-signature-256", "user-agent", "content-type", "x-fb-trace-id")


def webhook_routes(
    keys: WebhookKeys, inbox: WebhookInbox, count: Callable[[str], None] = lambda outcome: None
) -> list[BaseRoute]:
    """The route of `/api/webhooks/whatsapp`. `count` hears how each POST ended, for the metrics."""

    bodies = BodyReader()

    @guarded(signed_by_vendor())
    async def handshake(request: Request) -> Response:
        query = request.query_params
        challenge = answer_handshake(
            keys, query.get("hub.mode"), query.get("hub.verify_token"), query.get("hub.challenge")
        )
        return PlainTextResponse(challenge)

    @guarded(signed_by_vendor())
    async def receive(request: Request) -> Response:
        try:
            if (refusal := request.scope.get("state", {}).get(REFUSAL)) is not None:
                raise refusal
            body = await bodies.read(request.headers, request.receive)
            if body is None:
                raise ClientDisconnect
            check_signature(keys, body, request.headers.get("x-hub-signature-256"))
        except SignatureWrong:
            count("refused")
            # What Meta signed never gets here: the limit sheds nothing of it.
            await check_limit(request, "unsigned_webhook")
            raise
        except (AppError, HTTPException):
            count("refused")
            raise
        seen = glance(body)
        headers = {name: value for name in KEPT_HEADERS if (value := request.headers.get(name)) is not None}
        await accept_webhook(inbox, body, headers, lane=seen.lane, account=seen.waba_id)
        count("accepted")
        return Response(status_code=200)

    return [
        Route(PATH, handshake, methods=["GET"], name="whatsapp.handshake"),
        Route(PATH, receive, methods=["POST"], name="whatsapp.webhook"),
    ]
