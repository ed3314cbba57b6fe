"""What a person who takes a conversation over is told: what was asked, what was tried, what to say next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wacloud.modules.bot.domain.answer import Answer
from wacloud.modules.bot.domain.language import Language
from wacloud.modules.bot.domain.question import HistoryLine

_MOST_ASKED: Final = 4
_MOST_EARLIER: Final = 3
_LONGEST: Final = 400
_LONGEST_REPLY: Final = 1500
_OPENING: Final[dict[Language, str]] = {"es": "¡Hola{name}!", "en": "Hello{name}!", "pt": "Olá{name}!"}
_I_LOOK: Final[dict[str, dict[Language, str]]] = {
    "upset": {
        "es": "Siento mucho lo ocurrido. Lo reviso ahora mismo y te digo algo enseguida.",
        "en": "I am very sorry about what happened. I am looking into it now and will get back to you shortly.",
        "pt": "Sinto muito pelo ocorrido. Vou verificar agora mesmo e já te respondo.",
    },
    "person": {
        "es": "Te atiendo yo. ¿En qué te puedo ayudar?",
        "en": "I am here now. How can I help you?",
        "pt": "Eu te atendo. Em que posso ajudar?",
    },
    "danger": {
        "es": "Estoy aquí y te leo. ¿Estás a salvo ahora mismo?",
        "en": "I am here and I am reading you. Are you safe right now?",
        "pt": "Estou aqui e estou te lendo. Você está em segurança agora?",
    },
    "received": {
        "es": "Lo hemos recibido. Lo reviso y te confirmo por aquí.",
        "en": "We have received it. I will check it and confirm here.",
        "pt": "Recebemos. Vou verificar e confirmo por aqui.",
    },
    "unknown": {
        "es": "Gracias por esperar. Lo miro y te respondo enseguida.",
        "en": "Thank you for waiting. I am looking into it and will answer you shortly.",
        "pt": "Obrigado por esperar. Vou verificar e já te respondo.",
    },
    "else": {
        "es": "Gracias por esperar. Sobre lo que preguntas:",
        "en": "Thank you for waiting. About your question:",
        "pt": "Obrigado por esperar. Sobre a sua pergunta:",
    },
}
_OF_WHY: Final = {
    "self_harm": "danger",
    "customer_upset": "upset",
    "asked_for_person": "person",
    "hand_over_word": "person",
    "sent_order": "received",
    "sent_form": "received",
    "form_complete": "received",
}


@dataclass(frozen=True, slots=True)
class HandOver:
    """
    The package that goes with a conversation. Texts of the contact: they are erased with them.

    `asked` waits for an answer, `earlier` is what they had said before, newest last. `tried` are codes: model,
    knowledge, topics. `nearest` is the question of the knowledge that came closest. `summary`
    is of what was said before all that.
    """

    asked: tuple[str, ...]
    earlier: tuple[str, ...]
    tried: tuple[str, ...]
    nearest: str | None
    reply: str
    summary: str | None = None


def hand_over_of(
    answer: Answer,
    why: str,
    asked: Sequence[str],
    history: Sequence[HistoryLine],
    contact_name: str | None,
    language: Language,
    summary: str | None = None,
) -> HandOver:
    """Make it of a turn and what was said."""
    tried = []
    if answer.model:
        tried.append("model")
    if "hits" in answer.detail:
        tried.append("knowledge")
    if answer.topics:
        tried.append("topics")
    earlier = [line.text for line in history if line.author == "contact"]
    return HandOver(
        asked=tuple(_line(text) for text in asked[-_MOST_ASKED:]),
        earlier=tuple(_line(text) for text in earlier[-_MOST_EARLIER:]),
        tried=tuple(tried),
        nearest=answer.nearest.question if answer.nearest else None,
        reply=_reply(answer, why, contact_name, language),
        summary=summary,
    )


def _reply(answer: Answer, why: str, contact_name: str | None, language: Language) -> str:
    first = (contact_name or "").split()
    name = f", {first[0][:40]}" if first and first[0].isalpha() else ""
    opening = _OPENING[language].format(name=name)
    said = _I_LOOK[_OF_WHY.get(why, "else" if answer.nearest else "unknown")][language]
    nearest = f" {answer.nearest.answer}" if answer.nearest and why not in _OF_WHY else ""
    return f"{opening} {said}{nearest}"[:_LONGEST_REPLY]


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
