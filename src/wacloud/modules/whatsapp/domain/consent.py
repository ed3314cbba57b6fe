"""
What somebody allows: the words that say it, and what they are answered.

Only a message that is nothing but such a word counts: "BAJA" does, "no quiero dar de baja el pedido" does not.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from wacloud.shared.domain.errors import AppError

Change = Literal["opted_out", "opted_in", "marketing_stopped", "marketing_resumed"]
Source = Literal["message", "import", "page", "meta_preference", "api"]

LONGEST_WORD: Final = 40
MOST_WORDS: Final = 50
LONGEST_CONFIRMATION: Final = 1000
LANGUAGES: Final = ("es", "pt", "en")

# Each language's words, as `plain` leaves them. What is the same word in several stands under none: "".
_OUT: Final[Mapping[str, tuple[str, ...]]] = {
    "es": (
        "baja", "dar de baja", "darme de baja", "quiero darme de baja", "dame de baja", "cancelar", "detener", "parar",
        "no mas mensajes", "no quiero mas mensajes", "no quiero recibir mensajes", "no quiero recibir mas mensajes",
        "borrame", "desuscribir", "desuscribirme", "cancelar suscripcion",
    ),
    "pt": (
        "sair", "descadastrar", "descadastre", "remover", "parar mensagens", "cancelar inscricao",
        "nao quero mais mensagens", "nao quero receber mensagens",
    ),
    "en": (
        "stop all", "stopall", "unsubscribe", "unsubscribe me", "opt out", "optout", "remove me", "quit",
        "cancel subscription", "no more messages",
    ),
    "": ("stop",),
}  # fmt: skip
_IN: Final[Mapping[str, tuple[str, ...]]] = {
    "es": ("alta", "darme de alta", "dar de alta", "quiero darme de alta", "suscribir", "suscribirme"),
    "pt": ("cadastrar", "inscrever", "quero receber mensagens"),
    "en": ("start", "unstop", "subscribe", "opt in", "optin"),
}
# The button Meta puts under promotions, and its like: of promotions only, the rest goes on.
_NO_PROMOTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "es": ("detener promociones", "no mas promociones", "no quiero promociones", "no me interesan las promociones"),
    "pt": ("parar promocoes", "interromper promocoes", "nao quero promocoes"),
    "en": ("stop promotions", "no more promotions"),
}
CONFIRMATIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "opted_out": {
        "es": "Hecho: no te escribiremos más. Si cambias de idea, responde ALTA.",
        "pt": "Pronto: não vamos mais escrever para você. Se mudar de ideia, responda CADASTRAR.",
        "en": "Done: we will not write to you any more. If you change your mind, answer START.",
    },
    "opted_in": {
        "es": "Gracias: te volveremos a escribir. Para dejar de recibir mensajes, responde BAJA.",
        "pt": "Obrigado: vamos voltar a escrever para você. Para deixar de receber mensagens, responda SAIR.",
        "en": "Thank you: we will write to you again. To stop receiving messages, answer STOP.",
    },
    "marketing_stopped": {
        "es": "Hecho: no te enviaremos más promociones. Puedes seguir escribiéndonos cuando quieras.",
        "pt": "Pronto: não enviaremos mais promoções. Você pode continuar nos escrevendo quando quiser.",
        "en": "Done: we will send you no more promotions. You can go on writing to us whenever you like.",
    },
}
_CHANGES: Final[tuple[tuple[Change, Mapping[str, tuple[str, ...]]], ...]] = (
    ("opted_out", _OUT),
    ("opted_in", _IN),
    ("marketing_stopped", _NO_PROMOTIONS),
)
_KNOWN: Final[Mapping[str, tuple[Change, str]]] = {
    word: (change, language) for change, words in _CHANGES for language, own in words.items() for word in own
}
_NO_WORD = re.compile(r"[^\w]+")


class WordNotPossible(AppError):
    """A word of your own has 2 to 40 letters, there are 50 at most, and none means both yes and no."""


class ConfirmationTooLong(AppError):
    """An answer has 1000 characters at most."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A change of consent and how it came about."""

    contact_id: UUID
    change: Change
    source: Source
    at: datetime
    message_id: UUID | None = None
    wamid: str | None = None
    words: str | None = None
    actor_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ConsentSettings:
    """The words and answers a business added to those everybody has."""

    opt_out_words: tuple[str, ...] = ()
    opt_in_words: tuple[str, ...] = ()
    confirmations: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def typed(
        cls, opt_out: Iterable[str], opt_in: Iterable[str], confirmations: Mapping[str, str]
    ) -> "ConsentSettings":
        """
        Tidy what was typed; an empty answer is the usual one again.

        :raises WordNotPossible: a word is too short or long, there are too many, or one stands on both sides.
        :raises ConfirmationTooLong: an answer is.
        """
        out, into = (tuple(dict.fromkeys(w for word in words if (w := plain(word)))) for words in (opt_out, opt_in))
        words = (*out, *into)
        if (
            len(words) > MOST_WORDS
            or any(not 2 <= len(word) <= LONGEST_WORD for word in words)
            or set(out) & set(into)
            or any(_KNOWN.get(word, ("opted_out", ""))[0] == "opted_in" for word in out)
            or any(_KNOWN.get(word, ("opted_in", ""))[0] == "opted_out" for word in into)
        ):
            raise WordNotPossible
        told = {
            f"{change}.{language}": text.strip()
            for change, texts in CONFIRMATIONS.items()
            for language in texts
            if (text := confirmations.get(f"{change}.{language}", "")).strip()
        }
        if any(len(text) > LONGEST_CONFIRMATION for text in told.values()):
            raise ConfirmationTooLong
        return cls(out, into, told)

    def confirmation(self, change: Change, language: str) -> str:
        """What somebody is told who chose so."""
        return self.confirmations.get(f"{change}.{language}") or CONFIRMATIONS[change][language]


USUAL: Final = ConsentSettings()


def plain(text: str) -> str:
    """Lower case, without accents, signs and pictures, the words one space apart."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(_NO_WORD.sub(" ", letters).split())


def read_choice(text: str | None, settings: ConsentSettings = USUAL) -> tuple[Change, str] | None:
    """
    What a message that is nothing but a word of consent changes, and that word's language.

    The language is "" where the word does not tell it.
    """
    if not text or len(text) > 2 * LONGEST_WORD:
        return None
    word = plain(text)
    if word in settings.opt_out_words:
        return "opted_out", ""
    if word in settings.opt_in_words:
        return "opted_in", ""
    return _KNOWN.get(word)


def language_for(word_language: str, country: str | None, business_language: str) -> str:
    """In which of our languages to answer: that of the word, else of the person's country, else of the business."""
    if word_language:
        return word_language
    if country in ("BR", "PT", "AO", "MZ"):
        return "pt"
    return business_language if business_language in LANGUAGES else "es"
