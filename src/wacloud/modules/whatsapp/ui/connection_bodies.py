"""Connections and numbers as programs send and read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr

from wacloud.modules.whatsapp.application.connecting_ports import NumberRow
from wacloud.modules.whatsapp.domain import number_profile as profiles
from wacloud.modules.whatsapp.domain.connecting import Connection, Given, Problem
from wacloud.modules.whatsapp.domain.number_profile import NumberProfile
from wacloud.modules.whatsapp.ui import connect_words as told
from wacloud.modules.whatsapp.ui.send_parts import Strict, words
from wacloud.shared.ui.i18n import translate

WayName = Literal["token", "embedded", "simulator"]
StepName = Literal["access", "account", "number", "code", "verify", "register", "subscribe", "sync", "test"]
MetaId = Annotated[str, Field(pattern=r"^\d{5,25}$", examples=["900100200300400"])]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=2000)]


class StartConnection(Strict):
    """A number to connect. `number_id` is one of yours that is to be connected again, with a new token."""

    way: WayName
    number_id: UUID | None = None


class ContinueConnection(Strict):
    """
    What the step it stands at needs; the rest is left out.

    access: `access_token` and `account` (its WABA id), or `code` of Embedded Signup, or `name` for the simulator.
    account: `account`. number: `number` (Meta's phone number id), or `country_code`, `phone_number` and
    `verified_name` of a new one, or nothing to read the list again. code: `method`. verify: `verification_code`, or
    `skip` to ask for another. register: `pin`, where the number has one. test: nothing, or `skip`.
    """

    step: StepName
    access_token: Secret | None = None
    code: Secret | None = None
    name: Annotated[str, Field(max_length=75)] | None = None
    account: MetaId | None = None
    number: MetaId | None = None
    country_code: Annotated[str, Field(pattern=r"^\+?\d{1,3}$", examples=["34"])] | None = None
    phone_number: Annotated[str, Field(pattern=r"^[\d ()./-]{4,20}$", examples=["910 000 001"])] | None = None
    verified_name: Annotated[str, Field(min_length=1, max_length=75, examples=["Panadería Sol"])] | None = None
    method: Literal["SMS", "VOICE"] | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$", examples=["es"])] | None = None
    verification_code: Annotated[SecretStr, Field(max_length=20)] | None = None
    pin: Annotated[SecretStr, Field(max_length=6)] | None = None
    skip: bool = False

    def given(self) -> Given:
        """For the use case."""
        return Given(
            code=_open(self.code),
            access_token=_open(self.access_token),
            waba_id=self.account,
            phone_number_id=self.number,
            country_code=self.country_code,
            phone_number=self.phone_number,
            verified_name=self.verified_name,
            method=self.method,
            language=self.language,
            verification_code=_open(self.verification_code),
            pin=_open(self.pin),
            skip=self.skip,
            name=self.name,
        )


class ProblemOut(BaseModel):
    """What stopped a step. `why` is stable; `meta_words` are Meta's own; before `retry_at` it makes no sense."""

    step: str
    why: str
    message: str
    meta_code: int | None
    meta_words: str | None
    retry_at: datetime | None


class AccountOut(BaseModel):
    """A WhatsApp account (WABA) the access is good for."""

    waba_id: str
    name: str | None


class NumberChoice(BaseModel):
    """A number of the account, as Meta has it."""

    phone_number_id: str
    display_phone_number: str
    verified_name: str | None
    name_status: str | None
    status: str | None
    is_on_app: bool


class ConnectionOut(BaseModel):
    """
    A number on its way. `step` is what comes next; `is_busy`: it is being done right now.

    `needs_pin`: the number has one, which has to be given. `registrations`: how often it was tried; Meta counts ten
    in 72 hours.
    """

    id: UUID
    way: str
    state: str
    step: str
    is_busy: bool
    was_interrupted: bool
    problem: ProblemOut | None
    waba_id: str | None
    phone_number_id: str | None
    display_phone_number: str | None
    number_id: UUID | None
    is_coexistence: bool
    needs_pin: bool
    registrations: int
    expires_at: str | None
    accounts: list[AccountOut]
    numbers: list[NumberChoice]
    created_at: datetime
    changed_at: datetime


class ConnectionList(BaseModel):
    """The newest first."""

    connections: list[ConnectionOut]


class NumberOut(BaseModel):
    """
    A number of yours. `state` is connected, held or disconnected; `held_because` says why, `held_until` until when.

    `messaging_limit` is the portfolio's: people who may be written to first in a day.
    """

    id: UUID
    waba_id: str
    waba_name: str | None
    phone_number_id: str
    display_phone_number: str
    verified_name: str | None
    name_status: str | None
    quality: str | None
    per_second: int
    messaging_limit: str | None
    state: str
    held_because: str | None
    held_until: datetime | None
    is_coexistent: bool
    has_pin: bool
    connected_at: datetime | None
    created_at: datetime


class NumberList(BaseModel):
    """The oldest first."""

    numbers: list[NumberOut]


class PinOut(BaseModel):
    """The two-step code the number was registered with here."""

    pin: str


class ProfileBody(Strict):
    """What the number says of the business; all of it. `vertical` is its sector, in Meta's words; empty: unchanged."""

    about: words(profiles.ABOUT) = ""  # type: ignore[valid-type]
    address: words(profiles.ADDRESS) = ""  # type: ignore[valid-type]
    description: words(profiles.DESCRIPTION) = ""  # type: ignore[valid-type]
    email: words(profiles.EMAIL) = ""  # type: ignore[valid-type]
    websites: Annotated[list[words(profiles.WEBSITE)], Field(max_length=10)] = Field(default_factory=list)  # type: ignore[valid-type]
    vertical: Annotated[str, Field(max_length=40, examples=["RESTAURANT"])] = ""

    def profile(self) -> NumberProfile:
        """For the use case."""
        return NumberProfile(
            self.about, self.address, self.description, self.email, tuple(self.websites), self.vertical
        )


class ProfileOut(BaseModel):
    """As Meta has it."""

    about: str
    address: str
    description: str
    email: str
    websites: list[str]
    vertical: str
    has_photo: bool


def connection_out(found: Connection, now: datetime, language: str) -> ConnectionOut:
    """In the language of whoever asks."""
    facts, problem = found.facts, found.problem
    return ConnectionOut(
        id=found.id,
        way=found.way,
        state=found.state,
        step=found.step,
        is_busy=found.is_busy(now),
        was_interrupted=found.was_interrupted(now),
        problem=_problem_out(problem, language) if problem else None,
        waba_id=found.waba_id,
        phone_number_id=found.phone_number_id,
        display_phone_number=found.display_phone_number,
        number_id=found.number_id,
        is_coexistence=found.is_coexistence,
        needs_pin=bool(facts.get("needs_pin")),
        registrations=int(facts.get("registrations", 0)),
        expires_at=facts.get("expires_at"),
        accounts=[AccountOut(**_only(one, AccountOut)) for one in _list(facts.get("accounts"))],
        numbers=[NumberChoice(**_only(one, NumberChoice)) for one in _list(facts.get("numbers"))],
        created_at=found.created_at,
        changed_at=found.changed_at,
    )


def _problem_out(problem: Problem, language: str) -> ProblemOut:
    return ProblemOut(
        step=problem.step,
        why=problem.why,
        message=translate(language, told.why(problem.why)),
        meta_code=problem.code,
        meta_words=problem.words,
        retry_at=problem.retry_at,
    )


def number_out(row: NumberRow) -> NumberOut:
    """All that is not secret."""
    return NumberOut(**{name: getattr(row, name) for name in NumberOut.model_fields})


def _only(told_of: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    return {name: told_of.get(name) for name in model.model_fields}


def _list(value: object) -> Sequence[Mapping[str, Any]]:
    return value if isinstance(value, list) else ()


def _open(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None
