"""People as programs read and write them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.whatsapp.application.people_stored import Person, PersonRow

Value = str | bool | int | Annotated[float, Field(allow_inf_nan=False)]
FieldKey = Annotated[str, Field(max_length=60)]
TagIds = Annotated[list[UUID], Field(max_length=50)]


class RuleBody(BaseModel):
    """A condition. What a field is compared by hangs on its kind: see `domain/segment.py` or docs/contacts.md."""

    model_config = ConfigDict(extra="forbid")

    field: Annotated[str, Field(max_length=70, examples=["last_inbound"])]
    op: Annotated[str, Field(max_length=20, examples=["within_days"])]
    value: Annotated[Value | None, Field(examples=[30])] = None


class GroupBody(BaseModel):
    """Conditions of which all or any must hold, some of them such groups again."""

    model_config = ConfigDict(extra="forbid")

    match: Literal["all", "any"] = "all"
    rules: Annotated["list[RuleBody | GroupBody]", Field(max_length=20)]


class TagBody(BaseModel):
    """A coloured word."""

    id: UUID
    name: str
    colour: str


class ConsentBody(BaseModel):
    """What somebody allows: nothing is sent to who opted out, no promotion to who stopped them."""

    opted_in_at: datetime | None
    opted_out_at: datetime | None
    marketing_stopped_at: datetime | None


class ContactBody(BaseModel):
    """
    A contact. `name` is the business's own for them, `profile_name` theirs.

    `removed_from_app_at`: when they were taken out of the address book of the WhatsApp Business app.
    """

    id: UUID
    name: str | None
    profile_name: str | None
    username: str | None
    phone: str | None
    country: str | None
    tags: list[TagBody]
    fields: dict[str, Value]
    consent: ConsentBody
    blocked_at: datetime | None
    block_state: Literal["asked", "done", "refused"] | None
    block_reason: str | None
    removed_from_app_at: datetime | None
    created_at: datetime
    last_inbound_at: datetime | None


class ContactsBody(BaseModel):
    """A page of contacts, the newest first."""

    contacts: list[ContactBody]
    next_cursor: str | None


class IdentityBody(BaseModel):
    """An id somebody is found by."""

    kind: str
    value: str
    first_seen_at: datetime


class ConsentEventBody(BaseModel):
    """A change of consent and what proves it."""

    at: datetime
    recorded_at: datetime
    change: str
    source: str
    words: str | None
    wamid: str | None
    noted_by: str | None


class MergeBody(BaseModel):
    """Somebody who turned out to be this person; without `merged_by` their ids proved it."""

    at: datetime
    merged_by: str | None
    name: str | None = None
    profile_name: str | None = None
    username: str | None = None
    phone: str | None = None
    ids: list[str] = []


class ContactConversation(BaseModel):
    """A conversation of theirs."""

    id: UUID
    number: str
    handler: str
    last_message_at: datetime | None


class ContactDetail(ContactBody):
    """A contact with where it comes from."""

    identities: list[IdentityBody]
    conversations: list[ContactConversation]
    consent_events: list[ConsentEventBody]
    merges: list[MergeBody]


class NewContactBody(BaseModel):
    """Somebody who has not written yet."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Rosa Pérez", "phone": "+34600000042"}]}
    )

    phone: Annotated[str, Field(min_length=5, max_length=30, examples=["+34600000042"])]
    name: Annotated[str | None, Field(max_length=200)] = None
    fields: Annotated[dict[FieldKey, Value | None] | None, Field(max_length=50)] = None
    tag_ids: TagIds | None = None


class ContactChanges(BaseModel):
    """What is to be changed; what is left out stays. An empty name takes it away, null empties a field."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str | None, Field(max_length=200)] = None
    fields: Annotated[dict[FieldKey, Value | None] | None, Field(max_length=50)] = None
    tag_ids: TagIds | None = None


class MergeWith(BaseModel):
    """Who is the same person; this one goes, what it had is the other's."""

    model_config = ConfigDict(extra="forbid")

    other_id: UUID


class NewConsent(BaseModel):
    """What somebody said, and where: a permission needs its proof."""

    model_config = ConfigDict(extra="forbid")

    change: Literal["opted_out", "opted_in", "marketing_stopped", "marketing_resumed"]
    proof: Annotated[str, Field(max_length=500)] = ""


class NewTag(BaseModel):
    """A tag to make."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=40)]
    colour: Literal["green", "orange", "violet", "blue", "pink", "yellow", "cyan", "olive"] = "green"


class FieldBody(BaseModel):
    """A field of the business's own."""

    id: UUID
    key: str
    label: str
    kind: str
    choices: list[str]


class SegmentBody(BaseModel):
    """A filter with a name."""

    id: UUID
    name: str
    filter: GroupBody


class NewSegment(BaseModel):
    """A filter to keep: `{"match": "all" | "any", "rules": [{"field", "op", "value"}, or such a group]}`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "VIP de este mes",
                    "filter": {"match": "all", "rules": [{"field": "last_inbound", "op": "within_days", "value": 30}]},
                }
            ]
        },
    )

    name: Annotated[str, Field(min_length=1, max_length=80)]
    filter: GroupBody


class SegmentCount(BaseModel):
    """How many a segment holds, counted to 10 000."""

    count: int
    is_more: bool


def contact_values(row: PersonRow) -> dict[str, Any]:
    """The values of a `ContactBody`."""
    return {
        "id": row.id,
        "name": row.name,
        "profile_name": row.profile_name,
        "username": row.username,
        "phone": f"+{row.phone}" if row.phone and row.phone.isdigit() else row.phone,
        "country": row.country,
        "tags": [TagBody(id=tag.id, name=tag.name, colour=tag.colour) for tag in row.tags],
        "fields": dict(row.fields),
        "consent": ConsentBody(
            opted_in_at=row.opted_in_at,
            opted_out_at=row.opted_out_at,
            marketing_stopped_at=row.marketing_stopped_at,
        ),
        "blocked_at": row.blocked_at,
        "block_state": row.block_state,
        "block_reason": row.block_reason,
        "removed_from_app_at": row.removed_from_app_at,
        "created_at": row.created_at,
        "last_inbound_at": row.last_inbound_at,
    }


def detail_of(person: Person) -> ContactDetail:
    """All that is known of somebody."""
    return ContactDetail(
        **contact_values(person.row),
        identities=[
            IdentityBody(kind=one.kind, value=one.value, first_seen_at=one.first_seen_at) for one in person.identities
        ],
        conversations=[
            ContactConversation(id=one.id, number=one.number, handler=one.handler, last_message_at=one.last_message_at)
            for one in person.conversations
        ],
        consent_events=[
            ConsentEventBody(
                at=one.at,
                recorded_at=one.recorded_at,
                change=one.change,
                source=one.source,
                words=one.words,
                wamid=one.wamid,
                noted_by=one.actor_name,
            )
            for one in person.consents
        ],
        merges=[MergeBody(at=one.at, merged_by=one.by_name, **one.snapshot) for one in person.merges],
    )
