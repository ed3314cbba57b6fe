"""A business's message templates: Meta reviews each, and only an approved one may be sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from wacloud.shared.domain.errors import AppError, FaultyFields, NotFound, Unavailable

Component: TypeAlias = Mapping[str, Any]
Category: TypeAlias = Literal["MARKETING", "UTILITY", "AUTHENTICATION"]
ParameterFormat: TypeAlias = Literal["POSITIONAL", "NAMED"]
# In these states Meta takes changes; one that is being reviewed has to wait for its decision.
EDITABLE: Final = frozenset({"APPROVED", "REJECTED", "PAUSED"})


class TemplateUnknown(NotFound):
    """There is no such message template."""


class TemplateExists(AppError):
    """There is a template of this name in this language."""

    kind = "conflict"


class TemplateNotEditable(AppError):
    """A template can be changed once Meta has decided about it."""

    kind = "conflict"


class TemplateBreaksRules(FaultyFields):
    """Meta would not accept this template as it is."""


class TemplateRefused(AppError):
    """Meta does not accept this template."""


class AccountUnknown(NotFound):
    """You have no such WhatsApp account, or its number is not connected."""


class AccountNotNamed(AppError):
    """You have several WhatsApp accounts: say with waba_id for which one it is."""


class ExamplesNotTaken(Unavailable):
    """Files for templates and profiles cannot be given to Meta here: whoever runs this service sets META_APP_ID."""


class MetaAway(Unavailable):
    """Meta cannot be reached right now; try again in a moment."""


@dataclass(frozen=True, slots=True)
class Draft:
    """
    A template as somebody wants it. `components` are Meta's own objects: header, body, footer, buttons, carousel.

    An example file of a header is one of ours: `example.media_id`.
    """

    name: str
    language: str
    category: str
    components: Sequence[Component]
    parameter_format: str = "POSITIONAL"


@dataclass(frozen=True, slots=True)
class ListedTemplate:
    """A template as Meta has it."""

    meta_id: str
    name: str
    language: str
    status: str
    category: str | None = None
    quality: str | None = None
    reason: str | None = None
    parameter_format: str = "POSITIONAL"
    components: Sequence[Component] = ()


@dataclass(frozen=True, slots=True)
class TemplateChange:
    """One step of a template's history."""

    at: datetime
    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class KeptTemplate:
    """A template as we keep it. Without components it is known by Meta's news only."""

    id: UUID
    waba_id: str
    meta_id: str | None
    name: str
    language: str
    category: str | None
    next_category: str | None
    next_category_at: datetime | None
    status: str | None
    quality: str | None
    reason: str | None
    advice: str | None
    parameter_format: str | None
    components: Sequence[Component] | None
    created_at: datetime
    changed_at: datetime
    deleted_at: datetime | None
    history: Sequence[TemplateChange] = field(default=())

    def check_editable(self) -> None:
        """:raises TemplateNotEditable: Meta is still looking at it, or it is gone."""
        if self.deleted_at is not None or self.meta_id is None or self.status not in EDITABLE:
            raise TemplateNotEditable


def part(components: Sequence[Component] | None, kind: str) -> Component:
    """The component of this type; empty where there is none."""
    return next((one for one in components or () if str(one.get("type", "")).upper() == kind), {})
