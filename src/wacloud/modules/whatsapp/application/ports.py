"""What the whatsapp module needs from the world: its repositories (`stores.py`), Meta, and Meta's limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from wacloud.modules.business.api import BusinessDeps
from wacloud.modules.notification.api import NotificationDeps
from wacloud.modules.whatsapp.application.account_stores import AccountEvents, AccountStates
from wacloud.modules.whatsapp.application.answers_first import AnswersFirst
from wacloud.modules.whatsapp.application.costs import CostsReader
from wacloud.modules.whatsapp.application.desk_stores import (
    CannedReplies,
    Desk,
    Labels,
    Notes,
    SavedViews,
    ScheduledMessages,
)
from wacloud.modules.whatsapp.application.inbox import InboxReader
from wacloud.modules.whatsapp.application.limits import Throttle
from wacloud.modules.whatsapp.application.media_ports import MediaDeps
from wacloud.modules.whatsapp.application.read_marks import ReadMarks
from wacloud.modules.whatsapp.application.stored import (
    DescribedNumber,
    Outgoing,
)
from wacloud.modules.whatsapp.application.stores import (
    Consents,
    Contacts,
    Conversations,
    Deliveries,
    Mailboxes,
    Messages,
    Numbers,
)
from wacloud.modules.whatsapp.application.transcripts import Transcripts
from wacloud.modules.whatsapp.domain.conversation import BackToBot
from wacloud.modules.whatsapp.domain.delivery import SendOutcome
from wacloud.modules.whatsapp.domain.template_fit import KnownTemplate
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.application.webhooks import WebhookInbox
from wacloud.shared.domain.ids import BusinessId


class KnownTemplates(Protocol):
    """What sending looks up of message templates."""

    async def find(
        self, tx: Tx, business_id: BusinessId, number_id: UUID, name: str, language: str
    ) -> KnownTemplate | None:
        """One of this number's account, gone or not; None: nothing was ever told of it."""
        ...

    async def is_list_whole(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> bool:
        """The list of this number's account was read, the last time too."""
        ...


class CloudApi(Protocol):
    """Meta's Graph API. Network: never call it with a transaction open."""

    async def send(self, message: Outgoing, callback_data: str) -> SendOutcome:
        """POST one message. Never raises for what Meta or the network does: the outcome says it."""
        ...

    async def describe_number(self, phone_number_id: str, access_token: str) -> DescribedNumber:
        """:raises MetaRefused: the token is wrong or not for this number, or Meta cannot be reached."""
        ...

    async def subscribe_app(self, waba_id: str, access_token: str) -> None:
        """
        Let this WABA's webhooks come to our app.

        :raises MetaRefused: the token is not for this WABA, or Meta cannot be reached.
        """
        ...

    async def mark_read(self, phone_number_id: str, access_token: str, wamid: str, *, typing: bool) -> None:
        """Two blue ticks for the customer, and the typing indicator until we answer (25 s at most)."""
        ...

    async def set_blocked(
        self, phone_number_id: str, access_token: str, user: Mapping[str, str], *, blocked: bool
    ) -> SendOutcome:
        """Put somebody (by `user` or `user_id`) on the number's block list, or take them off. Never raises."""
        ...


class BackRules(Protocol):
    """When the bot of each business takes conversations back. Opens its own transaction: call it without one."""

    async def back_to_bot(self, business_ids: Sequence[BusinessId]) -> Mapping[BusinessId, BackToBot]:
        """One for each business."""
        ...


@dataclass(frozen=True, slots=True)
class WhatsappDeps:
    """The list of what this module needs, built once in `main/wiring.py`."""

    db: Database
    clock: Clock
    webhooks: WebhookInbox
    numbers: Numbers
    contacts: Contacts
    consents: Consents
    conversations: Conversations
    desk: Desk
    labels: Labels
    notes: Notes
    canned: CannedReplies
    scheduled: ScheduledMessages
    known_templates: KnownTemplates
    saved_views: SavedViews
    messages: Messages
    mailboxes: Mailboxes
    deliveries: Deliveries
    account_events: AccountEvents
    account_states: AccountStates
    inbox: InboxReader
    costs: CostsReader
    transcripts: Transcripts
    cloud_api: CloudApi
    read_marks: ReadMarks
    throttle: Throttle
    media: MediaDeps
    business: BusinessDeps
    notification: NotificationDeps
    back_rules: BackRules
    answers_first: AnswersFirst = field(default_factory=AnswersFirst)
    # How long a reply may be taken back; none: it goes out at once.
    undo_send: timedelta = timedelta()
