"""Where no answer is looked for at all: a person has it, nobody may be written to, it is late, or enough was said."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from wacloud.modules.bot.application.ports import Briefing
from wacloud.modules.bot.application.without_model import asks_for_words, while_closed, worried
from wacloud.modules.bot.domain.answer import Answer, Why
from wacloud.modules.bot.domain.danger import speaks_of_self_harm
from wacloud.modules.bot.domain.loops import ENOUGH, Line, says_it_is_automatic, signs_of_a_machine
from wacloud.modules.bot.domain.question import Question
from wacloud.modules.bot.domain.small_talk import phrase
from wacloud.modules.whatsapp.api import Mailbox, ServiceWindow, Waiting

# One person may write to several numbers of a business: all together they get this many times the day's replies.
CONVERSATIONS_OF_ONE = 2
_MACHINE: Final = "looks_like_a_bot"


def decide_early(mailbox: Mailbox, briefing: Briefing, question: Question, now: datetime) -> Answer | None:
    """Where no answer may be given, say what happens instead. The first rule that applies is the reason."""
    if mailbox.handler == "person":
        return _nobody("person_has_it")
    if mailbox.opted_out:
        return _nobody("opted_out", to_person=False)
    if not ServiceWindow(mailbox.last_inbound_at).is_open(now):
        return _nobody("window_closed")
    if not briefing.enabled:
        return _nobody("bot_is_off")
    if machine := _is_a_machine(mailbox, question):
        return machine
    # Whoever may be in danger hears first who listens at any hour, and not that it was enough for today.
    if speaks_of_self_harm(question.texts):
        return worried(question)
    return _has_enough(question) or _by_hours(question)


def too_old(mailbox: Mailbox, briefing: Briefing, now: datetime) -> Sequence[Waiting]:
    """The messages that have waited for too long to be answered without a person looking at them."""
    since = now - timedelta(hours=briefing.settings.too_old_hours)
    return [message for message in mailbox.messages if message.sent_at < since]


def _is_a_machine(mailbox: Mailbox, question: Question) -> Answer | None:
    # Once it is known for one, it stays one until somebody gives the conversation back.
    if mailbox.handler == "waiting" and question.before.last_why == _MACHINE:
        return _nobody(_MACHINE)
    since = mailbox.given_back_at
    lines = [Line(said.author, said.at, said.body) for said in mailbox.history if said.body]
    lines += [Line("contact", message.sent_at, message.body) for message in mailbox.messages if message.body]
    lines = [line for line in lines if since is None or line.at >= since]
    signs = signs_of_a_machine(lines)
    if signs < ENOUGH:
        return None
    if says_it_is_automatic(lines):
        return _nobody(_MACHINE, signs=signs)
    # It may be a person who asks the same again and again: they hear once, and last, who goes on.
    return _told(while_closed(question, phrase("enough", question.speaks)), _MACHINE, signs=signs)


def _has_enough(question: Question) -> Answer | None:
    before, most = question.before, question.settings.replies_per_day
    if not asks_for_words(question):
        return None
    if before.replies >= most:
        return _told(
            while_closed(question, phrase("enough", question.speaks)), "too_many_replies", replies=before.replies
        )
    if before.contact_replies >= most * CONVERSATIONS_OF_ONE:
        return _told(
            while_closed(question, phrase("enough", question.speaks)), "contact_floods", replies=before.contact_replies
        )
    return None


def _by_hours(question: Question) -> Answer | None:
    policy, facts = question.settings.hours_policy, question.facts
    if policy == "always" or facts.is_open is None or not asks_for_words(question):
        return None
    if policy == "only_closed":
        return _nobody("people_are_there") if facts.is_open else None
    if facts.is_open:
        return None
    opens, own = facts.opens.get(question.speaks), question.settings.closed_text.strip()
    if own:
        told = f"{own}\n{opens[:1].upper()}{opens[1:]}." if opens else own
    else:
        # "Ahora estamos cerrados; abrimos mañana a las 9:30."
        told = phrase("closed", question.speaks).format(opens=f"; {opens}" if opens else "")
    return _told(told, "closed_now")


def _nobody(because: Why, *, to_person: bool = True, **detail: int) -> Answer:
    return Answer(
        text=None,
        source="none",
        why=because,
        hand_over=to_person,
        hand_over_because=because if to_person else None,
        detail=detail,
    )


def _told(text: str, because: Why, **detail: int) -> Answer:
    return Answer(text=text, source="fallback", why=because, hand_over=True, hand_over_because=because, detail=detail)
