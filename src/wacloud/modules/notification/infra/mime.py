"""A mail as the network carries it."""

from collections.abc import Mapping
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from types import MappingProxyType

from wacloud.modules.notification.domain.mail import Email, is_one_address
from wacloud.shared.application.clock import Clock

# Out-of-office programs leave such mail unanswered.
AUTOMATIC: Mapping[str, str] = MappingProxyType({"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"})


class AddressNotPossible(ValueError):
    """This cannot stand in a header."""


def read_sender(sender: str) -> tuple[str, str]:
    """
    `Name <address>` or an address: the name, which may be empty, and the address.

    :raises ValueError: it is neither, or more than one.
    """
    name, address = parseaddr(sender)
    if not is_one_address(address) or not sender.isprintable() or sender.count("@") != 1:
        raise ValueError("it is one address, or: Name <address>")
    return name, address


def to_mime(email: Email, *, sender: str, reply_to: str, clock: Clock) -> EmailMessage:
    """
    Text and HTML beside each other, one recipient.

    :raises AddressNotPossible: the recipient's address has letters that only few servers take.
    """
    message = EmailMessage(policy.SMTP)
    name, from_address = read_sender(sender)
    message["From"] = Address(name, addr_spec=ascii_address(from_address))
    message["To"] = Address(addr_spec=ascii_address(email.recipient))
    if reply_to:
        message["Reply-To"] = reply_to
    message["Subject"] = email.subject
    message["Date"] = format_datetime(clock())
    # Always the same for the same mail: a reader that gets it twice shows it once.
    message["Message-ID"] = f"<{email.id}@{from_address.rpartition('@')[2]}>"
    for header, value in AUTOMATIC.items():
        message[header] = value
    message.set_content(email.text)
    message.add_alternative(email.html, subtype="html")
    return message


def ascii_address(address: str) -> str:
    """:raises AddressNotPossible: there is no way to write it in ASCII."""
    before, _, after = address.rpartition("@")
    try:
        return f"{before.encode('ascii').decode()}@{after.encode('idna').decode()}"
    except UnicodeError as error:
        raise AddressNotPossible(type(error).__name__) from error
