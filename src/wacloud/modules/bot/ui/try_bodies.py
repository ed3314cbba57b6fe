"""What programs send to and get from a try of the bot."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from wacloud.modules.bot.application.try_answer import LONGEST_MESSAGE, MOST_HISTORY, MOST_MESSAGES, Trial
from wacloud.modules.bot.domain.question import Before
from wacloud.modules.bot.domain.topics import MOST as MOST_TOPICS
from wacloud.modules.bot.ui.studio_bodies import Strict

Said = Annotated[str, Field(min_length=1, max_length=LONGEST_MESSAGE)]
TopicId = Annotated[str, Field(max_length=60)]


class LineBody(BaseModel):
    """Something said before."""

    model_config = Strict
    author: Literal["contact", "bot", "member"]
    text: Said


class BeforeBody(BaseModel):
    """What earlier answers of this try came to: questions in a row without one, and the topics of the newest answer."""

    model_config = Strict
    unknown: Annotated[int, Field(ge=0, le=100)] = 0
    topics_shown: Annotated[list[TopicId], Field(max_length=MOST_TOPICS)] = []

    def told(self) -> Before:
        """As a turn knows it."""
        return Before(unknown=self.unknown, topics_shown=frozenset(self.topics_shown))


class TryWish(BaseModel):
    """
    What a customer writes, in one go; what was said before; and what answers: the draft or what is published.

    `customer` is an example of what you note of one, by the names of `contact_fields`: `{"@name": "Eva"}`. `topic` is
    the id of a topic that is pressed: it needs no message.
    """

    model_config = Strict
    messages: Annotated[list[Said], Field(max_length=MOST_MESSAGES)] = []
    topic: TopicId | None = None
    before: BeforeBody = BeforeBody()
    history: Annotated[list[LineBody], Field(max_length=MOST_HISTORY)] = []
    use: Literal["draft", "published"] = "draft"
    customer: Annotated[
        dict[Annotated[str, Field(max_length=60)], Annotated[str, Field(max_length=200)]], Field(max_length=30)
    ] = {}


class FoundOut(BaseModel):
    """A question of the knowledge that was found, how sure that is (0 to 1), and whether that is sure enough."""

    question: str
    score: float
    is_sure: bool


class TopicOut(BaseModel):
    """One row of the menu of topics; its id pressed is `topic` of the next try."""

    id: str
    title: str
    description: str | None


class TrialOut(BaseModel):
    """
    What the bot would have said. `text` is null where it would have stayed silent; `version` is null where a draft (or
    the defaults) answered; `wait_ms` is how long it would have waited for more; `threshold` is how sure it had to be.
    """

    text: str | None
    source: Literal["model", "knowledge", "fallback", "none"]
    why: str
    hand_over: bool
    use: Literal["draft", "published"]
    version: int | None
    model: str | None
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    took_ms: int
    wait_ms: int
    threshold: float | None
    found: list[FoundOut]
    model_error: str | None
    topics: list[TopicOut]

    @classmethod
    def of(cls, trial: Trial) -> Self:
        answer, usage = trial.answer, trial.answer.usage
        return cls(
            text=trial.says,
            topics=[TopicOut(id=one.item_id, title=one.title, description=one.description) for one in answer.topics],
            source=answer.source,
            why=answer.why,
            hand_over=answer.hand_over,
            use=trial.which,
            version=trial.version,
            model=answer.model,
            input_tokens=usage.input_tokens if usage else None,
            cached_tokens=usage.cached_tokens if usage else None,
            output_tokens=usage.output_tokens if usage else None,
            cost_usd=None if answer.cost_usd is None else float(answer.cost_usd),
            took_ms=trial.took_ms,
            wait_ms=round(trial.waits.total_seconds() * 1000),
            threshold=answer.detail.get("threshold"),
            found=[FoundOut(question=one.question, score=one.score, is_sure=one.is_sure) for one in trial.found],
            model_error=answer.detail.get("model_error"),
        )
