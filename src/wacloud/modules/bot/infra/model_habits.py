"""What a provider's model takes, learnt from what it refuses."""

from dataclasses import dataclass
from typing import Any, Final

from openai import BadRequestError

from wacloud.modules.bot.application.model import ModelUnavailable
from wacloud.modules.bot.domain.decision import SCHEMA
from wacloud.modules.bot.domain.models import thinks
from wacloud.modules.bot.domain.picture import Picture
from wacloud.modules.bot.domain.prompt import Prompt
from wacloud.modules.bot.domain.settings import Effort

FORM: Final[dict[str, Any]] = {"name": "decision", "strict": True, "schema": SCHEMA}

# Least thinking first. A model that refuses one is asked with the next, and from then on always.
_EFFORTS: Final[tuple[Effort, ...]] = ("none", "low", "medium", "high")


# It is this picture it cannot take, not pictures.
_OF_ONE_PICTURE: Final = frozenset({"invalid_image", "invalid_image_format", "image_too_large", "image_parse_error"})


def _is_of_pictures(error: BadRequestError) -> bool:
    """Servers that see nothing refuse the list of parts, or name what they do not know."""
    told = f"{error.param or ''} {error.code or ''} {error.message}".lower()
    return any(word in told for word in ("image", "vision", "multimodal", "mmproj", "content"))


@dataclass(slots=True)
class Habits:
    """
    One model's. `least` is the least effort it takes, as a place in the list; past its end it takes none at all.

    `form`: it can be held to a JSON Schema. `newer`: it wants `max_completion_tokens` (Chat Completions).
    `pictures`: it takes them.
    """

    least: int = 0
    form: bool = True
    takes_temperature: bool = True
    newer: bool = True
    pictures: bool = True

    @classmethod
    def of(cls, model: str, *, form: bool = True) -> "Habits":
        """What the name lets expect. OpenAI's own older models know no effort; a stranger is tried with one."""
        return cls(least=len(_EFFORTS) if model.startswith("gpt-") and not thinks(model) else 0, form=form)

    def effort(self, wanted: Effort) -> Effort | None:
        """The effort to ask for, or None to ask for none."""
        place = max(_EFFORTS.index(wanted), self.least)
        return _EFFORTS[place] if place < len(_EFFORTS) else None

    def temperature(self, prompt: Prompt) -> float | None:
        """A model that thinks takes none, unless it is told not to think."""
        if not self.takes_temperature or self.effort(prompt.effort) not in (None, "none"):
            return None
        return prompt.temperature

    def shows(self, prompt: Prompt) -> tuple[Picture, ...]:
        """
        The pictures to hand over.

        :raises ModelUnavailable: it takes none, and the prompt asks nothing without them.
        """
        if not self.pictures and prompt.only_pictures:
            raise ModelUnavailable("no_pictures")
        return prompt.pictures if self.pictures else ()

    def learn(self, error: BadRequestError, prompt: Prompt) -> bool:
        """Whether another try without what was refused makes sense."""
        if prompt.pictures and self.pictures and _is_of_pictures(error):
            self.pictures = error.code in _OF_ONE_PICTURE
            return not self.pictures
        return self._learn(error.param or "", prompt)

    def _learn(self, param: str, prompt: Prompt) -> bool:
        if "reasoning" in param and (refused := self.effort(prompt.effort)) is not None:
            # Who refuses to think little as well does not think at all.
            self.least = 1 if refused == "none" else len(_EFFORTS)
            return True
        if "temperature" in param and self.temperature(prompt) is not None:
            self.takes_temperature = False
            return True
        if ("text" in param or "response_format" in param) and self.form and prompt.decision_rules:
            self.form = False
            return True
        if param == "max_tokens" and not self.newer:
            self.newer = True
            return True
        return False
