"""What a model wrote, made into a WhatsApp message, or refused."""

import re
from collections.abc import Collection

from wacloud.modules.bot.domain.masking import EMAIL

LONGEST_TEXT = 4096
UNKNOWN = "NO_LO_SE"

# Nothing beyond this can become part of a message, and patterns need not run over it.
_LONGEST_READ = 12_000

_UNKNOWN = re.compile(r"(?i:\bno_lo_s[eé]\b)|NO LO S[EÉ]\b|(?i:\bno lo sé\b)")
_WORDS = re.compile(r"[^\W_]+")
_RUN = 7
OWNERS_WISHES = "How the business wants you to speak"
_LINK = re.compile(r"(?:https?://|www\.)([^\s/<>()\[\]«»\"'*_,;]+)", re.IGNORECASE)
# Without a scheme: by an ending people know, or with a path behind it. Small letters: "gracias.Me dices" is a slip.
_BARE_HOST = re.compile(
    r"(?<![\w.-])((?:[A-Za-z0-9-]{1,63}\.){1,8}(?:(?:com|net|org|es|eu|io|app|shop|info|me|ly|xyz|top|site|online|store"
    r"|link|click|page|web|dev|ai|co|cat|gal|eus|pt|br|mx|uk|fr|ru|cn|tk|biz|club|cc|gg|ar|cl|vip)\b"
    r"|[a-z]{2,24}/(?=[\w?#]{3})))"
)


def says_unknown(text: str) -> bool:
    """Say whether the model declared not to know, alone or in the middle of other words."""
    return bool(_UNKNOWN.search(text))


def as_message(text: str) -> str:
    """
    Plain WhatsApp text: no thoughts of the model, no HTML, no Markdown that WhatsApp does not show; at most
    4,096.
    """
    text = text[:_LONGEST_READ]
    text = re.sub(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", "", text, flags=re.DOTALL)
    text = re.sub(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", "", text, flags=re.DOTALL | re.IGNORECASE)
    text = re.sub(r"!\[[^\[\]]{0,300}\]\([^()]{0,800}\)", "", text)
    text = re.sub(r"\[([^\[\]]{1,300})\]\((?:mailto:|tel:)?([^()\s]{1,500})[^()]{0,300}\)", _link, text)
    text = re.sub(r"<br\s*/?>|</p>|</li>|</h\d>", "\n", text, flags=re.IGNORECASE)
    text = re.sub(r"</?[a-zA-Z][^<>]*>", "", text)
    text = re.sub(r"^```.*$\n?", "", text, flags=re.MULTILINE)
    text = re.sub(r"^[ \t]{0,3}#{1,6}[ \t]+(.+?)[ \t]*#*$", r"*\1*", text, flags=re.MULTILINE)
    text = re.sub(r"\*\*(\S(?:.*?\S)?)\*\*", r"*\1*", text)
    text = re.sub(r"^([ \t]*)[*+][ \t]+", r"\1- ", text, flags=re.MULTILINE)
    text = "".join(c for c in text if c == "\n" or c.isprintable() or c == "\u200d")
    text = re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip()
    return cut(text)


def cut(text: str, longest: int = LONGEST_TEXT) -> str:
    """
    Cut at the end of a paragraph, a sentence or a word, whichever keeps most of a text that is too long.
    """
    if len(text) <= longest:
        return text
    kept = text[: longest - 2]
    for end, least in (("\n", 0.8), (". ", 0.6), (" ", 0.5)):
        at = kept.rfind(end)
        if at > longest * least:
            return kept[: at + (1 if end == ". " else 0)].rstrip() + " …"
    return kept + " …"


def what_is_wrong(text: str, instructions: str, known: str) -> str | None:
    """
    Name what makes an answer unfit to send, or None.

    A site nobody told the model about comes from a guess or from somebody who wants our customers there.
    Sentences of our instructions mean that it was talked into repeating them.
    """
    told = _hosts_in(known)
    if not all(_is_of(host, told) for host in _hosts_in(text)):
        return "foreign_link"
    said = " ".join(text.split()).lower()
    for line in instructions.splitlines():
        sentence = " ".join(line.split()).lower().removeprefix("- ")
        if len(sentence) >= 40 and sentence[:60] in said:
            return "repeats_instructions"
    # Our own rules in any order; what the owner wishes may well be said.
    rules, words = _WORDS.findall(_plainly(instructions.partition(OWNERS_WISHES)[0])), _WORDS.findall(_plainly(text))
    runs = {tuple(rules[at : at + _RUN]) for at in range(len(rules) - _RUN + 1)}
    if any(tuple(words[at : at + _RUN]) in runs for at in range(len(words) - _RUN + 1)):
        return "repeats_instructions"
    return None


def _plainly(text: str) -> str:
    """As it is left when a message is made of it: without marks."""
    return re.sub(r"<[^<>]{0,40}>", " ", text).lower()


def without_mails_of(customer: str, text: str) -> str:
    """The text without the addresses of mail this customer wrote: they may be said again, and lead nowhere."""
    for mail in set(EMAIL.findall(customer)):
        text = text.replace(mail, " ")
    return text


def _hosts_in(text: str) -> frozenset[str]:
    return frozenset(_host(host) for host in [*_LINK.findall(text), *_BARE_HOST.findall(text)])


def _is_of(host: str, told: Collection[str]) -> bool:
    """Whether it is one of these, or belongs to one: whoever has obrador.es has tienda.obrador.es."""
    return any(host == one or host.endswith(f".{one}") for one in told)


def _host(written: str) -> str:
    return written.lower().removeprefix("www.").rstrip(".:!?/").split(":")[0].split("?")[0]


def _link(match: re.Match[str]) -> str:
    words, address = match[1].strip(), match[2]
    return address if words in (address, address.removeprefix("https://")) else f"{words}: {address}"
