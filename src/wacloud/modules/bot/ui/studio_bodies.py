"""What programs send to and get from the bot's configuration."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.bot.application.assist_agent import LONGEST_TEXT, Suggestion
from wacloud.modules.bot.application.publish_bot import LONGEST_NOTE
from wacloud.modules.bot.application.studio_ports import VersionRow, Workbench
from wacloud.modules.bot.domain.assist_prompt import Style
from wacloud.modules.bot.domain.settings import (
    LONGEST_INSTRUCTIONS,
    LONGEST_SAYING,
    LONGEST_TOPIC,
    MOST_TOPICS,
    AnswerLength,
    BackToBot,
    BotSettings,
    Effort,
    HoursPolicy,
    LanguagePolicy,
    Tone,
)
from wacloud.modules.bot.domain.settings_diff import Change, changes_between

Saying = Annotated[str, Field(max_length=LONGEST_SAYING)]
Topics = Annotated[list[Annotated[str, Field(min_length=1, max_length=LONGEST_TOPIC)]], Field(max_length=MOST_TOPICS)]
Money = Annotated[Decimal, Field(ge=0, max_digits=9, decimal_places=2, allow_inf_nan=False)]
Strict = ConfigDict(extra="forbid")
Revision = Annotated[
    int | None,
    Field(
        ge=0,
        le=2_147_483_647,
        description="The `revision` you looked at: with another nothing is done. Left out, it is done anyway.",
    ),
]


class SettingsOut(BaseModel):
    """One configuration, whole. Money is in US dollars."""

    name: str
    tone: Tone
    language_policy: LanguagePolicy
    instructions: str
    answer_length: AnswerLength
    model: str | None
    effort: Effort
    temperature: float | None
    hours_policy: HoursPolicy
    quiet_ms: int
    max_wait_ms: int
    too_old_hours: int
    replies_per_day: int
    knowledge_threshold: float
    refused_topics: list[str]
    hand_over_words: list[str]
    hand_over_after: int
    hand_over_when_upset: bool
    offer_topics: bool
    back_to_bot: BackToBot
    back_after_hours: int
    budget_day_usd: float | None
    budget_month_usd: float | None
    fallback_text: str
    closed_text: str
    refusal_text: str
    mask_personal_data: bool
    moderate: bool
    contact_fields: list[str]

    @classmethod
    def of(cls, settings: BotSettings) -> Self:
        return cls(**asdict(settings))


class DraftPatch(BaseModel):
    """
    The fields to change; all others stay. Texts that are empty mean our own words. `null` for a model is that of the
    installation, for a temperature that of the model, for a budget none.
    """

    model_config = Strict
    revision: Revision = None
    name: Annotated[str, Field(min_length=1, max_length=60)] = "Asistente"
    tone: Tone = "friendly"
    language_policy: LanguagePolicy = "as_customer"
    instructions: Annotated[str, Field(max_length=LONGEST_INSTRUCTIONS)] = ""
    answer_length: AnswerLength = "medium"
    model: Annotated[str, Field(max_length=100)] | None = None
    effort: Effort = "none"
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    hours_policy: HoursPolicy = "always"
    quiet_ms: Annotated[int, Field(ge=0, le=10_000)] = 800
    max_wait_ms: Annotated[int, Field(ge=0, le=20_000)] = 4000
    too_old_hours: Annotated[int, Field(ge=1, le=24)] = 20
    replies_per_day: Annotated[int, Field(ge=1, le=500)] = 40
    knowledge_threshold: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.43
    refused_topics: Topics = []
    hand_over_words: Topics = []
    hand_over_after: Annotated[int, Field(ge=1, le=5)] = 1
    hand_over_when_upset: bool = True
    offer_topics: bool = True
    back_to_bot: BackToBot = "after_close"
    back_after_hours: Annotated[int, Field(ge=1, le=24 * 14)] = 12
    budget_day_usd: Annotated[Money, Field(le=10_000)] | None = None
    budget_month_usd: Annotated[Money, Field(le=100_000)] | None = None
    fallback_text: Saying = ""
    closed_text: Saying = ""
    refusal_text: Saying = ""
    mask_personal_data: bool = True
    moderate: bool = True
    contact_fields: Annotated[
        Topics,
        Field(
            description="What a model may know of who writes: `@name`, `@tags`, and keys of your contacts' own fields."
        ),
    ] = []

    def changes(self) -> dict[str, object]:
        """What was sent, as the configuration has it."""
        sent = self.model_dump(include=self.model_fields_set - {"revision"})
        return {name: tuple(value) if isinstance(value, list) else value for name, value in sent.items()}


class PartOut(BaseModel):
    """A piece of a text: in both, only before, or only after."""

    kind: Literal["same", "gone", "new"]
    text: str


class ChangeOut(BaseModel):
    """One field that differs; `parts`, for texts and lists, reads from one to the other."""

    field: str
    before: str | float | bool | list[str] | None
    after: str | float | bool | list[str] | None
    parts: list[PartOut]


class DiffOut(BaseModel):
    """What differs, in the order of the configuration."""

    changes: list[ChangeOut]


class BotOut(BaseModel):
    """What answers now, and what is being prepared: `settings` are the draft's where there is one."""

    enabled: bool
    version: int | None
    revision: int
    has_draft: bool
    draft_by: str | None
    draft_at: datetime | None
    settings: SettingsOut
    published: SettingsOut
    changes: list[ChangeOut]

    @classmethod
    def of(cls, bench: Workbench) -> Self:
        return cls(
            enabled=bench.enabled,
            version=bench.number,
            revision=bench.revision,
            has_draft=bench.draft is not None,
            draft_by=bench.draft_by,
            draft_at=bench.draft_at,
            settings=SettingsOut.of(bench.settings),
            published=SettingsOut.of(bench.published),
            changes=changes_out(changes_between(bench.published, bench.settings)),
        )


class PublishWish(BaseModel):
    """A note for whoever looks at the versions later."""

    model_config = Strict
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""
    revision: Revision = None


class RestoreWish(BaseModel):
    """A note for whoever looks at the versions later."""

    model_config = Strict
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""


class DiscardWish(BaseModel):
    """Which draft goes."""

    model_config = Strict
    revision: Revision = None


class SwitchWish(BaseModel):
    """Whether it answers."""

    model_config = Strict
    enabled: bool


class PublishedOut(BaseModel):
    """The new version."""

    version: int


class VersionOut(BaseModel):
    """One version; `answers` counts those given with it."""

    number: int
    note: str
    restored_from: int | None
    published_by: str | None
    published_at: datetime
    answers: int
    is_current: bool
    settings: SettingsOut

    @classmethod
    def of(cls, row: VersionRow) -> Self:
        return cls(
            number=row.number,
            note=row.note,
            restored_from=row.restored_from,
            published_by=row.published_by,
            published_at=row.published_at,
            answers=row.answers,
            is_current=row.is_current,
            settings=SettingsOut.of(row.settings),
        )


class VersionList(BaseModel):
    """The newest first; `next_before` is `before` of the next page."""

    versions: list[VersionOut]
    next_before: int | None


class AssistWish(BaseModel):
    """Which conversation it is about."""

    model_config = Strict
    conversation_id: UUID


class RewriteWish(AssistWish):
    """The text to write anew, and how."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    style: Style


class TranslateWish(AssistWish):
    """A text for the customer; without one, what the customer wrote last is translated for you."""

    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""


class SuggestionOut(BaseModel):
    """A proposal, for somebody to read and send or not; null where nothing is known, and `why`."""

    text: str | None
    source: Literal["model", "knowledge", "none"]
    why: str | None

    @classmethod
    def of(cls, suggestion: Suggestion) -> Self:
        return cls(text=suggestion.text, source=suggestion.source, why=suggestion.why)


def changes_out(changes: Iterable[Change]) -> list[ChangeOut]:
    """As programs read them."""
    return [
        ChangeOut(
            field=one.field,
            before=_plain(one.before),
            after=_plain(one.after),
            parts=[PartOut(kind=part.kind, text=part.text) for part in one.parts],
        )
        for one in changes
    ]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else float(value) if isinstance(value, Decimal) else value
