"""What other modules may call."""

from wacloud.modules.whatsapp.application.mailboxes import (
    Closing,
    close_mailboxes,
    lock_mailboxes,
    read_mailboxes,
)
from wacloud.modules.whatsapp.application.outbox import Draft
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import Mailbox
from wacloud.modules.whatsapp.domain.conversation import ServiceWindow

__all__ = [
    "Closing",
    "Draft",
    "Mailbox",
    "ServiceWindow",
    "WhatsappDeps",
    "close_mailboxes",
    "lock_mailboxes",
    "read_mailboxes",
]
