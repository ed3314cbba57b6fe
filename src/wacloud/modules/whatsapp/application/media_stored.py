"""Files of messages as plain frozen values."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from wacloud.shared.domain.ids import BusinessId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMedia:
    """A file to fetch from Meta, or (without `meta_id`) one that is being uploaded."""

    business_id: BusinessId
    id: UUID
    kind: str
    key: str
    created_at: datetime
    number_id: UUID | None = None
    meta_id: str | None = None
    url: str | None = None
    sha256: bytes | None = None
    declared_type: str | None = None
    file_name: str | None = None
    voice: bool = False
    fetch_until: datetime | None = None
    message_id: UUID | None = None
    message_created_at: datetime | None = None
    uploaded_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class ToFetch:
    """A file of Meta's with all that fetching needs."""

    id: UUID
    kind: str
    key: str
    meta_id: str
    url: str | None
    sha256: bytes | None
    declared_type: str | None
    file_name: str | None
    voice: bool
    fetch_until: datetime
    attempts: int
    phone_number_id: str
    access_token: str  # encrypted
    conversation_id: UUID | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file as it lies on our disk; `told_sha256` is what Meta says of it."""

    size: int
    sha256: bytes
    told_sha256: bytes | None


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in a file, and what was made of it: files beside it."""

    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    animated: bool = False
    is_refused_picture: bool = False  # neither we nor WhatsApp should draw it
    thumb: Path | None = None
    thumb_type: str | None = None
    play: Path | None = None
    play_type: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored file."""

    content_type: str
    file_name: str | None
    size: int
    sha256: bytes
    looked: Looked


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A stored file, as whoever serves it needs it."""

    id: UUID
    kind: str
    key: str
    content_type: str
    file_name: str | None
    voice: bool
    size: int
    sha256: bytes
    thumb_type: str | None
    play_type: str | None


@dataclass(frozen=True, slots=True)
class MediaRow:
    """What a thread shows of a file."""

    id: UUID
    kind: str
    state: str
    reason: str | None = None
    content_type: str | None = None
    file_name: str | None = None
    voice: bool = False
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    thumb_type: str | None = None
    play_type: str | None = None
    transcript: str | None = None
    fetch_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """A number of ours at Meta."""

    phone_number_id: str
    access_token: str = field(repr=False)  # encrypted


@dataclass(frozen=True, slots=True)
class Upload:
    """A file about to go to Meta."""

    content_type: str
    file_name: str
    size: int


@dataclass(frozen=True, slots=True)
class AtMeta:
    """A file of ours, and where Meta has it; no id where it has it not, or not for long."""

    file: MediaFile
    meta_id: str | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ToTranscribe:
    """A recording to be put into words."""

    id: UUID
    key: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class LeftMedia:
    """A file nobody is fetching; `gave_up`: its job failed at every try and is parked."""

    business_id: BusinessId
    id: UUID
    gave_up: bool
