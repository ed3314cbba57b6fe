"""
Whether somebody speaks of taking their own life or of hurting themselves.

Told by their words, so that it needs no model and comes before every other rule. What is missed here a moderator may
still find; a false alarm says kind words to somebody and costs a person a look. Measured on tests/bot/test_danger.py.
"""

import re
from collections.abc import Sequence
from typing import Final

from wacloud.modules.bot.domain.spelling import plain

# "Quiero morir de risa", "I want to die for that cake": what is said of anything.
_NOT_OF: Final = (
    r"(?! (?:de|del|por)(?: (?:la|el|los|las|tanta?|tanto|puro|pura))? (?:risa|rir|hambre|fome|sed|amor|calor|frio"
    r"|verguenza"
    r"|vergonha|sueno|sono|asco|pena|ganas|aburrimiento|envidia|gusto|susto|miedo|medo|cansancio|estres|saudades?)\b)"
    r"(?! por (?!favor\b)|(?: to| for)\b)"
)
# "No quiero vivir en Madrid": of a place, not of life.
_NOT_THERE: Final = r"(?! (?:en|con|aqui|alli|sin|lejos|cerca|em|com|la|no|na|in|with|near|here|there)\b)"
_WANTS: Final = (
    r"(?:quiero|kiero|queria|quisiera|voy a|pienso|pensado|intente|intentado|planeo|prefiero|deseo|ganas de)"
)
_SPOKEN: Final = re.compile(
    r"\b(?:"
    # Spanish
    rf"{_WANTS} (?:matarme|suicidarme)|me (?:voy a|quiero) (?:matar|suicidar)|me he intentado (?:matar|suicidar)"
    r"|(?:pienso|pensando|pensado) en (?:el suicidio|suicidarme|matarme|morirme)"
    rf"|{_WANTS} morir(?:me)?{_NOT_OF}|me quiero morir{_NOT_OF}"
    r"|(?:quiero|quisiera|me gustaria|ganas de) desaparecer para siempre(?! (?:las?|los?|el)\b)"
    r"|no puedo mas con (?:mi|la|esta) vida"
    r"|(?:tomado|tragado|tomarme|tragarme|tomo) (?:un|el) (?:bote|frasco|blister)(?: entero)? de (?:las )?pastillas"
    r"|(?:tomado|tragado) (?:todas (?:las|mis)|un monton de) pastillas|(?:tome|trague) (?:un|el) (?:bote|frasco"
    r"|blister)"
    r"|me (?:he|habia) cortado las venas|(?:voy a|quiero) (?:colgarme|ahorcarme)(?! (?:el|la|los|las|una?)\b)"
    r"|ojala (?:estuviera|estuviese) muert[oa]|pensamientos suicidas|quiere (?:suicidarse|matarse)"
    r"|no quiero existir|quiero dejar de (?:vivir|existir)|no quiero vivir (?:en este mundo|con este dolor)"
    r"|quitarme la vida|quitarme de en medio(?! (?:el|la|los|las|una?)\b)|me (?:voy a|quiero) quitar la vida"
    r"|(?:acabar|terminar) con mi vida"
    rf"|no quiero (?:seguir viviendo|vivir(?: mas| asi)?){_NOT_THERE}"
    r"|(?:la vida|vivir) (?:ya )?no (?:tiene sentido|merece la pena|vale la pena)"
    r"|no (?:le )?veo sentido a (?:la|mi) vida|estaria(?:is|n)? mejor sin mi|mejor (?:estar|estaria) muert[oa]"
    rf"|me (?:quiero|voy a) hacer dano|{_WANTS} (?:hacerme dano|autolesionarme)|vuelto a (?:autolesionarme"
    rf"|cortarme{_NOT_THERE}(?! (?:el|las)\b))"
    r"|(?:cortarme|me corto) (?:las venas|las munecas|los brazos)|me autolesion\w+"
    # English
    r"|kill(?:ing)? myself|end(?:ing)? (?:my (?:own )?life|it all)|take my own life|commit suicide|suicidal thoughts"
    rf"|(?:i am|i'?m|feel|feeling) suicidal|(?:want to|wanna) die{_NOT_OF}|want to hang myself|took all my pills"
    rf"|wish i (?:was|were) dead|better off dead"
    r"|(?:want to|wanna|going to|gonna|might|will) (?:hurt|harm|cut) myself|(?:cutting|hurting|harming) myself"
    r"|self[- ]harm(?:ing)?|no reason to live"
    rf"|don'?t want to (?:live|be alive)(?: anymore)?{_NOT_THERE}"
    # Portuguese
    r"|(?:vou|quero|queria|penso em|pensando em|pensei em|vontade de) me (?:matar|suicidar)|pens\w+ em suicidio"
    rf"|(?:quero|queria|vontade de) morrer{_NOT_OF}|(?:tirar|acabar com) (?:a )?minha vida|cometer suicidio"
    rf"|nao quero (?:mais )?viver(?: mais)?{_NOT_THERE}|cortar os pulsos|me machucar de proposito"
    r")\b"
)


def speaks_of_self_harm(texts: Sequence[str]) -> bool:
    """Whether one of these messages does."""
    return any(_SPOKEN.search(plain(text)) for text in texts)
