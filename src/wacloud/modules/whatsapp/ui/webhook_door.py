"""The short way for webhooks: straight from the server to the inbox, past what only pages need."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from wacloud.modules.whatsapp.application.accept_webhook import WebhookKeys, accept_webhook, check_signature
from wacloud.modules.whatsapp.ui.webhook import KEPT_HEADERS, LARGEST_BODY, PATH, REFUSAL, BodyTooLarge
from wacloud.modules.whatsapp.ui.webhook_glance import glance
from wacloud.shared.application.webhooks import WebhookInbox

_KEPT = {name.encode(): name for name in KEPT_HEADERS}
_ACCEPTED = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
_NOTHING = {"type": "http.response.body", "body": b""}


def webhook_door(
    app: ASGIApp, keys: WebhookKeys, inbox: WebhookInbox, count: Callable[[str], None] = lambda outcome: None
) -> ASGIApp:
    """
    Answer accepted webhooks before `app` sees them: about half the work of the way through it.

    A refusal goes through `app`, whose route raises it: so it is said, logged and shaped like any other.
    """

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        headers = {_KEPT[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _KEPT}
        try:
            body = await _read(receive)
            if body is None:
                return
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


async def _read(receive: Receive) -> bytes | None:
    """
    None where the caller went away before the end.

    :raises BodyTooLarge: as soon as that is certain.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > LARGEST_BODY:
            raise BodyTooLarge(limit=LARGEST_BODY)
        if not message.get("more_body"):
            return b"".join(chunks)
