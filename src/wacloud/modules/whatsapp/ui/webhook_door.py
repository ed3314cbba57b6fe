"""The short way for webhooks: straight from the server to the inbox, past what only pages need."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from wacloud.modules.whatsapp.application.accept_webhook import WebhookKeys, accept_webhook, check_signature
from wacloud.modules.whatsapp.ui.webhook import KEPT_HEADERS, PATH, REFUSAL
from wacloud.modules.whatsapp.ui.webhook_body import BodyReader
from wacloud.modules.whatsapp.ui.webhook_glance import glance
from wacloud.shared.application.webhooks import WebhookInbox

_READ = {name.encode(): name for name in (*KEPT_HEADERS, "content-length")}
_ACCEPTED = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
_NOTHING = {"type": "http.response.body", "body": b""}


def webhook_door(
    app: ASGIApp,
    keys: WebhookKeys,
    inbox: WebhookInbox,
    count: Callable[[str], None] = lambda outcome: None,
    reader: BodyReader | None = None,
) -> ASGIApp:
    """
    Answer accepted webhooks before `app` sees them: about half the work of the way through it.

    A refusal goes through `app`, whose route raises it: so it is said, logged and shaped like any other.
    """

    bodies = reader or BodyReader()

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        headers = {_READ[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _READ}
        try:
            body = await bodies.read(headers, receive)
            if body is None:
                return
            headers.pop("content-length", None)
            check_signature(keys, body, headers.get("x-hub-signature-256"))
            seen = glance(body)
            await accept_webhook(inbox, body, headers, lane=seen.lane, account=seen.waba_id)
        except Exception as refusal:
            scope.setdefault("state", {})[REFUSAL] = refusal
            await app(scope, receive, send)
            return
        count("accepted")
        await send(_ACCEPTED)
        await send(_NOTHING)

    return door
