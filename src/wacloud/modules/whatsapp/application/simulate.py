"""
The customers' side, played by whoever tries the product: the people and their phones as a page needs them.

Only demo and development have them. What is written on such a phone goes the whole real way: a signed webhook
in, and what the business answers comes back through the Graph API.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from wacloud.shared.domain.errors import AppError, NotFound, Unavailable


@dataclass(frozen=True, slots=True)
class SimulatedNumber:
    """The business's number these people write to."""

    phone_number_id: str
    display_phone_number: str
    verified_name: str


@dataclass(frozen=True, slots=True)
class SimulatedPerson:
    """Somebody with a phone. `phone` is digits; one who hides it is known by the username only."""

    id: str
    name: str
    phone: str
    username: str | None
    hides_phone: bool


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """How our own webhook answered: status 0 where it did not answer at all."""

    status: int
    ms: float
    error: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """A message that left a phone; without an answer where nobody has subscribed to webhooks."""

    wamid: str
    webhook: WebhookAnswer | None


@dataclass(frozen=True, slots=True)
class SimulatedFile:
    """A photo or sound as it lies on the phone."""

    content: bytes
    mime_type: str


class PhonesUnreachable(Unavailable):
    """The simulated phones do not answer: they live in the local Graph twin, and META_GRAPH_URL is not it."""


class NoSuchPhone(NotFound):
    """Nobody has this phone any more. Reload the page."""


class NoNumberToWriteTo(AppError):
    """This business has no WhatsApp number yet, so nobody can write to it."""

    kind = "conflict"


class NotWritable(AppError):
    """A phone could not send this message."""


class SimulatedPhones(Protocol):
    """
    The phones of all simulated people. Network: never call it with a transaction open.

    Every method may raise PhonesUnreachable; those that take a person, NoSuchPhone.
    """

    async def people(self) -> Sequence[SimulatedPerson]:
        """Everybody who has a phone, the newest last; of very many only the newest."""
        ...

    async def add(self, *, name: str, phone: str | None, username: str | None, hides_phone: bool) -> SimulatedPerson:
        """A new person, or the one who has this phone already, changed. Without a phone one is made up."""
        ...

    async def write(self, number: SimulatedNumber, person_id: str, message: Mapping[str, Any]) -> Written:
        """
        Send an element of Meta's `value.messages` from this phone.

        :raises NotWritable: it is not a message a phone could send.
        """
        ...

    async def thread(self, number: SimulatedNumber, person_id: str) -> dict[str, Any]:
        """The chat with this number as the phone shows it; the chats with other businesses are left out."""
        ...

    async def watch(self, number: SimulatedNumber, person_id: str, *, reading: bool) -> AsyncIterator[bytes]:
        """
        The changes of that chat as server-sent events, the first being the whole chat.

        `reading` is a phone that lies open: what arrives is ticked as read. It ends when closed.
        """
        ...

    async def file(self, number: SimulatedNumber, media_id: str) -> SimulatedFile | None:
        """A photo, sound or document sent to or by this number; None where it is gone."""
        ...
