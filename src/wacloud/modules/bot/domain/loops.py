"""
Whether a machine writes to us: another bot, an auto-reply, a menu. Two machines that answer each other never stop.

Signs are added up over the newest messages; a person who repeats a question, or types fast once, stays far below.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Final

from wacloud.modules.bot.domain.spelling import plain

ENOUGH: Final = 3
_LOOKED_AT: Final = 24
# Nobody reads an answer and types a sentence within so little time.
_AT_ONCE: Final = timedelta(seconds=4)
# Their times are told in whole seconds.
_SECOND: Final = timedelta(seconds=1)
_SENTENCE: Final = 24
_SHORTEST_REPEAT: Final = 12
_ALIKE: Final = 0.9
_MENU: Final = re.compile("^\\s*\\*?(?:\\d{1,2}\\*?\\s*[.):\\]·-]|\\d\ufe0f?\u20e3)\\s*\\S", re.MULTILINE)
_MENU_LINES: Final = 3
_AUTO_REPLY: Final = re.compile(
    r"(?:"
    r"respuesta automatica|mensaje automatico|contestador automatico|asistente virtual"
    r"|soy (?:un|el) (?:bot|chatbot|robot)"
    r"|gracias por (?:contactar|comunicarte|comunicarse|ponerte en contacto|escribirnos|tu mensaje|su mensaje"
    r"|escribir a)"
    r"|(?:en breve|lo antes posible|a la mayor brevedad|enseguida) (?:te|le|os|nos)"
    r" (?:atende|contesta|responde|contacta|pondre)\w*"
    r"|(?:te|le) (?:atenderemos|responderemos|contestaremos) (?:en breve|lo antes|a la mayor|en cuanto)"
    r"|fuera de (?:la oficina|nuestro horario|horario)|estamos fuera de horario"
    r"|no (?:puedo|podemos) atender(?:te|le|os)? (?:en este momento|ahora)|ausente de la oficina"
    r"|de vacaciones hasta|este numero no (?:esta atendido|recibe)|no responda a este mensaje"
    r"|(?:elige|elija|escribe|escriba|marca|marque|selecciona|seleccione|responde con|responda con)"
    r" (?:el numero de )?(?:una|la|un)? ?(?:opcion|numero)"
    r"|out of (?:the )?office|automatic reply|auto(?:mated)?[- ]?(?:reply|response|message)"
    r"|i am a (?:virtual )?(?:bot|assistant)|virtual assistant"
    r"|thank you for (?:contacting|reaching out|your message|getting in touch|messaging)"
    r"|we (?:will|'ll) (?:get back to you|reply|respond|be in touch) (?:shortly|soon|as soon as)"
    r"|(?:currently|we are) (?:closed|unavailable|away)|do not reply to this"
    r"|please (?:choose|select|pick) (?:an|one|from)|reply with (?:the|a) number|resposta automatica"
    r"|mensagem automatica|assistente virtual"
    r"|obrigad[oa] (?:por entrar em contato|pelo (?:seu )?contato|pela (?:sua )?mensagem)"
    r"|(?:responderemos|retornaremos|atenderemos) (?:em breve|assim que|o mais)|fora do (?:escritorio|horario)"
    r"|digite (?:o numero|uma opcao)|escolha uma opcao"
    r")"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a conversation: who wrote it (`contact`, `bot` or anybody of the business), when and what."""

    author: str
    at: datetime
    text: str


def says_it_is_automatic(lines: Sequence[Line]) -> bool:
    """Whether the contact's newest messages say so themselves, as auto-replies and menus do."""
    return any(
        _AUTO_REPLY.search(plain(line.text)) or len(_MENU.findall(line.text)) >= _MENU_LINES
        for line in lines[-_LOOKED_AT:]
        if line.author == "contact"
    )


def signs_of_a_machine(lines: Sequence[Line]) -> int:
    """How much of a machine there is in the contact's newest messages; `ENOUGH` is one. Oldest first."""
    signs = 0
    said: list[tuple[int, str]] = []  # how many answers of ours stood before it, and what it said
    answers = 0
    ours: Line | None = None
    for line in lines[-_LOOKED_AT:]:
        if line.author != "contact":
            ours = line if line.author == "bot" else None
            answers += 1
            continue
        words = plain(line.text)
        if _AUTO_REPLY.search(words) or len(_MENU.findall(line.text)) >= _MENU_LINES:
            signs += 2
        is_quick = ours is not None and -_SECOND <= line.at - ours.at <= _AT_ONCE
        if is_quick and len(words) >= _SENTENCE:
            signs += 1
        # An echo of our own words.
        if ours is not None and _are_alike(plain(ours.text), words):
            signs += 1
        # Twice without a word of ours between is a person who presses send twice; and people ask for one size after
        # the other, but not within seconds.
        before = [earlier for answered, earlier in said if answered < answers]
        if any(_are_same(earlier, line.text) or (is_quick and _are_alike(plain(earlier), words)) for earlier in before):
            signs += 1
        said.append((answers, line.text))
        ours = None
    return signs


def _are_same(one: str, other: str) -> bool:
    return len(one) >= _SHORTEST_REPEAT and one.casefold().split() == other.casefold().split()


def _are_alike(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _SHORTEST_REPEAT:
        return False
    if one == other:
        return True
    matcher = SequenceMatcher(None, one[:300], other[:300], autojunk=False)
    return matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE
