"""Where Resend tells what became of our mails."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from wacloud.modules.notification.application.accept_report import accept_report, check_report
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.webhooks import WebhookInbox
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.guard import guarded, signed_by_vendor

PATH = "/api/webhooks/resend"
LARGEST_REPORT = 1024 * 1024
KEPT_HEADERS = ("svix-id", "svix-timestamp", "svix-signature", "content-type", "user-agent")


class ReportTooLarge(AppError):
    """The body is larger than this address takes."""

    kind = "too_large"


def report_routes(secrets: Sequence[bytes], inbox: WebhookInbox, clock: Clock) -> list[BaseRoute]:
    """The route of `/api/webhooks/resend`."""

    @guarded(signed_by_vendor())
    async def receive(request: Request) -> Response:
        chunks: list[bytes] = []
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > LARGEST_REPORT:
                raise ReportTooLarge(limit=LARGEST_REPORT)
            chunks.append(chunk)
        body = b"".join(chunks)
        headers = {name: value for name in KEPT_HEADERS if (value := request.headers.get(name)) is not None}
        check_report(secrets, headers, body, clock())
        await accept_report(inbox, body, headers)
        return Response(status_code=200)

    return [Route(PATH, receive, methods=["POST"], name="notification.reports")]
