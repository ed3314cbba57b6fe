"""Which of our languages somebody writes, by the small words every sentence has; None where it is not plain."""

from collections.abc import Sequence
from typing import Final, Literal, get_args

from wacloud.modules.bot.domain.settings import LanguagePolicy
from wacloud.modules.bot.domain.small_talk import small_talk_in
from wacloud.modules.bot.domain.spelling import plain

Language = Literal["es", "en", "pt"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words of one language alone; those Spanish and Portuguese share say nothing.
_WORDS: Final[dict[Language, frozenset[str]]] = {
    "es": _set(
        "el los las una y en con del hola gracias buenas quiero quisiera tengo teneis tienen haceis hay "
        "cuanto cuesta cuando donde puedo podeis pero muy usted ustedes vosotros abierto manana hoy ayer "
        "tambien estoy estais soy necesito vuestro vuestra precio cual cuales abris cerrais mi lo le al esta "
        "este ahora hacer hasta buenos dias tardes noches algo"
    ),
    "en": _set(
        "the is are you your we my do does can could would what when where how much many please thanks thank "
        "hello have has want need to for with and of this that there it i am will today tomorrow open closed "
        "price cost at on not any which who"
    ),
    "pt": _set(
        "voce voces nao sim ola oi obrigado obrigada bom dia boa tarde noite quero queria tem fazem quanto "
        "custa onde posso podem mas muito aberto amanha hoje ontem tambem estou sou preciso preco qual quais "
        "abrem fecham uma com do da dos das em na ao meu minha isso agora mais ate gostaria"
    ),
}
# So many more words of one language than of the next make it plain; one is enough where there is nothing else.
_LEAD: Final = 2


def language_in(texts: Sequence[str]) -> Language | None:
    """The language these texts are written in."""
    small = small_talk_in(texts) if texts else None
    if small and small[1]:
        return small[1]
    words = [word.strip("¿?¡!.,;:()\"'") for text in texts for word in plain(text).split()]
    counts = {language: sum(word in known for word in words) for language, known in _WORDS.items()}
    spanish = sum(text.count(sign) for text in texts for sign in "¿¡ñÑ")
    portuguese = sum(text.count(sign) for text in texts for sign in "ãõçÃÕÇ")
    counts["es"] += spanish
    counts["pt"] += portuguese
    best, next_best = sorted(counts, key=lambda language: -counts[language])[:2]
    lead = counts[best] - counts[next_best]
    return best if lead >= _LEAD or (lead and not counts[next_best]) else None


def spoken(
    policy: LanguagePolicy, texts: Sequence[str], remembered: Language | None, business: str
) -> tuple[Language, Language | None]:
    """
    The language to answer in, and the one to remember for this contact.

    Who has written in a language is answered in it until a longer text is plainly in another: "ok" or a name of a
    product changes nothing.
    """
    found = language_in(texts)
    is_long = sum(len(text.split()) for text in texts) >= 4
    keeps = found if found and (remembered is None or is_long) else remembered
    if policy != "as_customer":
        return policy, keeps
    return keeps or usual(business), keeps


def usual(business: str) -> Language:
    """The language of a business, as far as we have words in it."""
    return next((language for language in LANGUAGES if language == business), "es")
