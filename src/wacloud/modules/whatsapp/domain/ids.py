"""Identifiers of the whatsapp module."""

from typing import NewType
from uuid import UUID

ContactId = NewType("ContactId", UUID)
ConversationId = NewType("ConversationId", UUID)
MessageId = NewType("MessageId", UUID)
NumberId = NewType("NumberId", UUID)
PhoneNumberId = NewType("PhoneNumberId", str)
Wamid = NewType("Wamid", str)
