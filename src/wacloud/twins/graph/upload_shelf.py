"""What was uploaded for templates and profiles: sessions under way, and whole files by their handle."""

from __future__ import annotations

from dataclasses import dataclass, field

from wacloud.twins.graph.errors import GraphRefusal

KIND_OF = {"image/jpeg": "IMAGE", "image/png": "IMAGE", "video/mp4": "VIDEO", "application/pdf": "DOCUMENT"}


@dataclass(slots=True)
class Session:
    """A file on its way here."""

    mime_type: str
    length: int
    content: bytearray = field(default_factory=bytearray)
    handle: str | None = None


class Uploads:
    """Files that are coming, and those that came, by handle."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.handles: dict[str, Session] = {}

    def check(self, handle: object, kind: str) -> Session:
        """:raises GraphRefusal: no upload gave this handle, or it is of another kind."""
        found = self.handles.get(str(handle))
        if found is None:
            raise GraphRefusal(
                100,
                message="Invalid parameter",
                subcode=2388084,
                user=("Message template upload failed", "The handle is not one of an uploaded file."),
            )
        if KIND_OF[found.mime_type] != kind:
            raise GraphRefusal(
                100,
                message="Invalid parameter",
                subcode=2388084,
                user=("Message template upload failed", f"A file of type {found.mime_type} is no {kind.lower()}."),
            )
        return found
