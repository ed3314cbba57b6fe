"""
Whether somebody is upset: by their words and by how they write them.

Meant for handing over, so one false alarm costs a person a look; what is missed costs a customer. The figures are
measured on the table of tests/bot/test_mood.py.
"""

import re
from collections.abc import Sequence
from typing import Final

from wacloud.modules.bot.domain.spelling import plain

# What nobody says who is not upset: one is enough.
_STRONG: Final = re.compile(
    r"\b(?:"
    # Spanish
    r"estaf(?:a|adores?|ais|ado)|ladrones|sinverguenzas?|verguenza|vergonzoso|indignante|indignad[oa]s?"
    r"|inadmisible|intolerable|impresentables?|incompetentes?|inutiles|timo|timadores?|engan(?:o|ado|ada|ais|ando)"
    r"|me tom(?:ais|an) el pelo|tomadura de pelo|hart[oa]s? de|estoy hart[oa]"
    r"|hasta (?:las narices|los cojones|el mono)|mierda|joder|cabron(?:es|azos)?|gilipollas|imbecil(?:es)?|idiotas?"
    r"|asco|denunciar(?:e|os|les)?|voy a denunciar|os (?:voy a denunciar|denuncio)|hoja de reclamaciones"
    r"|poner una (?:reclamacion|queja|denuncia)|mi abogado|consumo os|pesimo|pesima|lamentable|una porqueria"
    r"|que desastre|vaya desastre|un desastre|cabread[oa]s?|enfadad[oa]s?|furios[oa]s?|muy molest[oa]"
    r"|falta de respeto|nunca mas (?:compro|vuelvo|compraria)|no vuelvo a (?:comprar|pedir)|os vais a enterar"
    r"|pendejos?|chinga"
    # English
    r"|scam(?:mers?)?|rip[- ]?off|ridiculous|unacceptable|disgusting|outrageous|furious|fed up|sick of|pissed"
    r"|bullshit|wtf|worst (?:service|company|experience)|terrible service|awful service|horrible service|useless"
    r"|idiots?|liars?|so angry|very angry|really angry|i am angry|i'?m angry|my lawyer|sue you|report you"
    r"|never (?:again|buying)|what a joke|waste of (?:time|money)|fuck\w*"
    # Portuguese
    r"|(?:e|isso e|e um|um) golpe|golpistas?|vergonha|absurdo|inaceitavel|pessimo|pessima|ladroes|palhacada"
    r"|enganad[oa]s?|enganando"
    r"|procon|(?:estou|fiquei|muito) irritad[oa]|furios[oa]|chatead[oa]|cansad[oa] de"
    r"|(?<!una )(?<!unas )(?<!la )(?<!las )porra|merda|caralho|nunca mais|vou processar"
    r"|meu advogado"
    r")\b"
)
# What people say when it is going wrong; two of them, or one that is shouted.
_MILD: Final = re.compile(
    r"(?:"
    r"\bllevo (?:\w+ ){1,4}esperando\b|\bsigo esperando\b|\botra vez\b|\bde nuevo lo mismo\b"
    r"|\bnadie (?:me )?(?:contesta|responde|atiende|coge)\b|\bno me (?:contest|respond|hac|atend)\w+"
    r"|\bya (?:os|les|te) (?:lo )?(?:he dicho|dije|escribi)\b|\bno funciona\b|\bno ha llegado\b"
    r"|\bno me ha llegado\b|\bmal servicio\b|\bqueja\b|\breclam\w+|\bdecepcion\w*|\bque (?:pasa|narices|cojones)\b"
    r"|\bexijo\b|\bya esta bien\b|\bes la (?:segunda|tercera|cuarta|quinta) vez\b|\btodavia nada\b|\bdevolvedme\b"
    r"|\bstill waiting\b|\bno(?:body| one) (?:answers|replies|responds|is answering)\b|\bcomplain\w*"
    r"|\bdisappoint\w+|\bnot working\b|\bagain and again\b|\bfor the (?:second|third|fourth) time\b"
    r"|\bi already told you\b|\bhow many times\b|\bstill nothing\b|\bninguem responde\b|\bainda esperando\b"
    r"|\bde novo\b|\breclam\w+|\bdecepcionad[oa]\b|\bpela (?:segunda|terceira) vez\b"
    r")"
)
_DENIED: Final = re.compile(r"\b(?:no (?:estoy|es|soy|quiero)|not|sin|nada|i am not|nao (?:estou|e))(?: \w+)?\s*$")
_LOOKED_BACK: Final = 60
_SHOUTS: Final = 12  # letters; shorter texts in capitals are a habit of some keyboards
_ANGRY_SIGNS: Final = re.compile(r"[😠😡🤬😤]|[?!]{4,}")


def is_upset(texts: Sequence[str]) -> bool:
    """Whether these messages sound as if a person should take over, whatever they ask."""
    for text in texts:
        said = plain(text)
        if any(not _is_denied(said, found.start()) for found in _STRONG.finditer(said)):
            return True
    signs = len({found[0] for text in texts for found in _MILD.finditer(plain(text))})
    signs += any(_ANGRY_SIGNS.search(text) for text in texts)
    signs += any(_is_shouted(text) for text in texts)
    return signs >= 2 or any("🤬" in text or "😡" in text for text in texts)


def _is_denied(said: str, at: int) -> bool:
    return bool(_DENIED.search(said[max(0, at - _LOOKED_BACK) : at]))


def _is_shouted(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return len(letters) >= _SHOUTS and sum(map(str.isupper, letters)) > 0.8 * len(letters) and " " in text.strip()
