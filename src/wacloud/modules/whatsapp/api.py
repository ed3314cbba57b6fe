"""What other modules may call."""

from wacloud.modules.whatsapp.application.mailboxes import (
    HISTORY,
    Closing,
    close_mailboxes,
    is_talk_kept,
    lock_mailboxes,
    read_mailboxes,
    read_talk,
)
from wacloud.modules.whatsapp.application.media_ports import FileGone, StoreOfFilesAway
from wacloud.modules.whatsapp.application.outbox import Draft
from wacloud.modules.whatsapp.application.people_stored import PeopleReader
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.read_pictures import read_pictures
from wacloud.modules.whatsapp.application.stored import Mailbox, Said, Talk, Waiting
from wacloud.modules.whatsapp.application.write_reply import write_reply
from wacloud.modules.whatsapp.domain.contact_csv import csv_lines
from wacloud.modules.whatsapp.domain.conversation import BackToBot, ServiceWindow
from wacloud.modules.whatsapp.domain.file_types import clean_name, file_type

__all__ = [
    "HISTORY",
    "BackToBot",
    "Closing",
    "Draft",
    "FileGone",
    "Mailbox",
    "PeopleReader",
    "Said",
    "ServiceWindow",
    "StoreOfFilesAway",
    "Talk",
    "Waiting",
    "WhatsappDeps",
    "clean_name",
    "close_mailboxes",
    "csv_lines",
    "file_type",
    "is_talk_kept",
    "lock_mailboxes",
    "read_mailboxes",
    "read_pictures",
    "read_talk",
    "write_reply",
]
