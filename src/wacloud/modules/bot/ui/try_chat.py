"""The phone beside the studio: somebody writes as a customer, the bot answers, and tells how it came to it."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from wacloud.modules.bot.application.studio_ports import StudioDeps
from wacloud.modules.bot.application.try_answer import LONGEST_MESSAGE, MOST_HISTORY, Which, try_answer
from wacloud.modules.bot.domain.answer import unanswered_in_a_row
from wacloud.modules.bot.domain.question import Before, HistoryLine
from wacloud.modules.bot.domain.topics import MOST as MOST_TOPICS
from wacloud.modules.bot.ui import studio_words
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import translate, translator
from wacloud.shared.ui.limits import limited
from wacloud.shared.ui.pages import look_of, render, wants_fragment
from wacloud.shared.ui.permissions import Permission

Writer = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_WRITE))]


_LONGEST_ID = 60


@dataclass(frozen=True, slots=True)
class _Said:
    """A line of this try; of one of the bot's why it was said, and the topics that could be pressed."""

    line: HistoryLine
    why: str = ""
    topics: tuple[str, ...] = ()


def add_routes(router: APIRouter, deps: StudioDeps, page: Callable[..., Awaitable[Response]]) -> None:
    """`page` draws the whole studio, for browsers without script."""

    @router.post("/bot/try")
    async def attempt(request: Request, member: Writer, _: Annotated[None, limited("bot_try")]) -> Response:
        form = await request.form()
        texts = [str(text) for text in form.getlist("text")]
        said = _said(str(form.get("said", "")))
        lines = [one.line for one in said]
        topic = str(form.get("topic", ""))[:_LONGEST_ID] or None
        which: Which = "published" if form.get("use") == "published" else "draft"
        context: dict[str, Any] = {"texts": texts, "trial": None, "trial_error": None}
        try:
            trial = await try_answer(
                deps, member.user_id, member.business_id, texts, lines, which, before=_before(said), topic=topic
            )
        except AppError as refused:
            context["trial_error"] = translate(look_of(request, member).language, refused.message)
        else:
            context["trial"] = trial
            said += [_Said(HistoryLine("contact", text)) for text in trial.asked]
            if trial.says:
                shown = tuple(one.item_id for one in trial.answer.topics)
                said.append(_Said(HistoryLine("bot", trial.says[:LONGEST_MESSAGE]), trial.answer.why, shown))
        told = [[one.line.author, one.line.text, one.why, one.topics] for one in said[-MOST_HISTORY:]]
        context["said_json"] = json.dumps(told)
        if wants_fragment(request):
            say = translator(look_of(request, member).language)
            return render(
                request,
                "bot/_trial.html",
                member=member,
                why=lambda why: studio_words.why_in_words(why, say),
                no_model=lambda why, detail: studio_words.no_model_in_words(why, detail, say),
                trouble=lambda code: studio_words.trouble_in_words(code, say),
                words=studio_words,
                **context,
            )
        return await page(request, member, chat=[one.line for one in said], **context)


def _said(text: str) -> list[_Said]:
    """What was said in this try so far, as the page keeps it; only the one who tries reads what they put there."""
    try:
        told = cast(list[list[Any]], json.loads(text or "[]"))
        lines = [_line(*one) for one in told]
    except (ValueError, TypeError, RecursionError):
        return []
    return [one for one in lines if 0 < len(one.line.text) <= LONGEST_MESSAGE][-MOST_HISTORY:]


def _line(author: object, text: object, why: object = "", topics: Sequence[object] = ()) -> _Said:
    line = HistoryLine("contact" if author == "contact" else "bot", str(text))
    return _Said(line, str(why), tuple(str(one) for one in topics[:MOST_TOPICS]))


def _before(said: Sequence[_Said]) -> Before:
    """What the answers so far came to, as the records of turns tell it of a customer."""
    answers = [one for one in reversed(said) if one.line.author == "bot"]
    unknown = unanswered_in_a_row(one.why for one in answers)
    return Before(unknown=unknown, topics_shown=frozenset(answers[0].topics if answers else ()))
