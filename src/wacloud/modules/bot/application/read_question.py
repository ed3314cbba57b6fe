"""The waiting messages of a conversation as a question: what is asked, what it means, in which language."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from wacloud.modules.bot.application.ports import Briefing
from wacloud.modules.bot.domain.language import Language, spoken
from wacloud.modules.bot.domain.meaning import Came, Meant, meaning_of
from wacloud.modules.bot.domain.picture import MOST
from wacloud.modules.bot.domain.question import Before, HistoryLine, Question
from wacloud.modules.bot.domain.settings import NAME, TAGS, LanguagePolicy
from wacloud.modules.whatsapp.api import Mailbox, Said, Waiting


def read_question(
    mailbox: Mailbox, briefing: Briefing, before: Before, earlier: str | None = None
) -> tuple[Question, Language | None]:
    """What these messages ask, and the language to remember for whoever wrote them."""
    texts = [message.body for message in mailbox.messages if message.body]
    language, keeps = spoken(briefing.settings.language_policy, texts, before.language, briefing.facts.language)
    meant = [meaning_of(_came(message), language) for message in mailbox.messages]
    question = Question(
        business_id=mailbox.business_id,
        contact_key=str(mailbox.contact_id),
        texts=tuple(one.said for one in meant if one.said),
        kinds=tuple(one.kind for one in meant),
        history=tuple(lines_of(mailbox.history)),
        facts=briefing.facts,
        settings=briefing.settings,
        version=briefing.version,
        meanings=tuple(one.tells for one in meant if one.tells),
        topic=_chosen(meant),
        language=language,
        before=before,
        conversation_id=mailbox.conversation_id,
        message_id=mailbox.messages[0].id if mailbox.messages else None,
        earlier=earlier,
        picture_ids=_pictures(mailbox.messages),
        customer=customer_of(mailbox, briefing.settings.contact_fields),
        has_actions=briefing.has_actions,
        has_forms=briefing.has_forms,
    )
    return question, keeps


def language_so_far(
    policy: LanguagePolicy, texts: Sequence[str], history: Sequence[HistoryLine], business: str
) -> Language:
    """The language to answer in, where what the contact said before is all that is remembered of them."""
    remembered: Language | None = None
    for line in history:
        if line.author == "contact":
            _, remembered = spoken(policy, [line.text], remembered, business)
    return spoken(policy, texts, remembered, business)[0]


def _pictures(messages: Sequence[Waiting]) -> tuple[UUID, ...]:
    found = []
    for message in messages:
        media = message.content.get("media")
        if message.kind == "image" and isinstance(media, Mapping) and media.get("id"):
            found.append(UUID(str(media["id"])))
    return tuple(found[-MOST:])


def customer_of(mailbox: Mailbox, may_know: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """What a model may know of who writes, as the business ticked it; a field that is empty or gone is left out."""
    return known_of({NAME: mailbox.contact_name, TAGS: ", ".join(mailbox.tags), **mailbox.fields}, may_know)


def known_of(noted: Mapping[str, object], may_know: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Of what is noted what a model may know."""
    told = [(key.removeprefix("@"), noted.get(key)) for key in may_know]
    return tuple((name, _in_words(value)) for name, value in told if value not in (None, ""))


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _chosen(meant: Sequence[Meant]) -> str | None:
    """The topic that was pressed, where nothing else was asked with it."""
    asked = [one for one in meant if one.said or one.topic]
    return asked[0].topic if len(asked) == 1 else None


def lines_of(said: Sequence[Said]) -> list[HistoryLine]:
    """What was said, as a model reads it; what has no words is left out."""
    lines = [(one.author, meaning_of(_said(one)).tells or one.body, one.place) for one in said]
    return [HistoryLine(author, text, place) for author, text, place in lines if text]


def _came(message: Waiting) -> Came:
    about = _said(message.refers_to) if message.refers_to else None
    return Came(message.kind, message.body, message.content, about=about)


def _said(said: Said) -> Came:
    # What a person said into a microphone is there as text.
    kind = "text" if said.kind == "audio" and said.body else said.kind
    return Came(kind, said.body, said.content, said.author)
