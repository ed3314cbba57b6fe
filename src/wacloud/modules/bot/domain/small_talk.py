"""
What needs no knowledge: greetings, thanks, goodbyes, a mere "ok", and the wish to talk to a person.

The rules are small on purpose: what they do not surely recognise is left to the model or the knowledge
search.
"""

import re
from collections.abc import Sequence
from typing import Literal

from wacloud.modules.bot.domain.spelling import plain

SmallTalk = Literal["greeting", "thanks", "goodbye", "acknowledgement"]
Language = Literal["es", "en", "pt"]

_PHRASES: dict[tuple[SmallTalk, Language], str] = {
    (
        "greeting",
        "es",
    ): "hola|holaa+|holi|buenas|buenos dias|buen dia|buenas tardes|buenas noches|muy buenas|que tal"
    "|como estas|como estais|como va|saludos|hey|ey",
    ("greeting", "en"): "hi|hello|hey there|good morning|good afternoon|good evening|how are you|hi there",
    ("greeting", "pt"): "ola|oi|bom dia|boa tarde|boa noite|tudo bem|tudo bom",
    (
        "thanks",
        "es",
    ): "gracias|muchas gracias|mil gracias|muchisimas gracias|ok gracias|vale gracias|te lo agradezco"
    "|muy amable|muy amables|graciass+",
    ("thanks", "en"): "thanks|thank you|thank you very much|thanks a lot|many thanks|thx|cheers",
    ("thanks", "pt"): "obrigado|obrigada|muito obrigado|muito obrigada|valeu",
    (
        "goodbye",
        "es",
    ): "adios|hasta luego|hasta manana|hasta pronto|chao|chau|nos vemos|un saludo|que vaya bien|buen finde|feliz dia",
    ("goodbye", "en"): "bye|goodbye|bye bye|see you|see you soon|have a nice day|have a good day",
    ("goodbye", "pt"): "tchau|ate logo|ate amanha|ate mais",
    (
        "acknowledgement",
        "es",
    ): "ok|okey|okay|vale|perfecto|genial|de acuerdo|entendido|estupendo|muy bien|bien|oki|listo|ah vale|fenomenal",
    ("acknowledgement", "en"): "great|perfect|got it|all right|alright|cool|nice",
    ("acknowledgement", "pt"): "beleza|otimo|perfeito|entendi",
}

# Where a burst holds several, what the person wants most wins: "hola, gracias, hasta luego" is a goodbye.
_STRONGEST: tuple[SmallTalk, ...] = ("goodbye", "thanks", "greeting", "acknowledgement")

_ANY = sorted({p for phrases in _PHRASES.values() for p in phrases.split("|")}, key=len, reverse=True)
_NOT_IN_A_WORD = r"(?<![^\W_])(?:{})(?![^\W_])"
_ONE = re.compile(_NOT_IN_A_WORD.format("|".join(_ANY)))
_OF = {key: re.compile(_NOT_IN_A_WORD.format(phrases)) for key, phrases in _PHRASES.items()}
_LEADING = re.compile(
    r"^(?:(?:hola+|holi|buenas tardes|buenas noches|buenas|buenos d[ií]as|buen d[ií]a|hi|hello|good morning"
    r"|ol[aá]|oi|bom dia|boa tarde|muchas gracias|gracias)(?![^\W_])[\s,.!¡:;-]*)+",
    re.IGNORECASE,
)

_TEXTS: dict[str, dict[Language, str]] = {
    "greeting": {
        "es": "¡Hola! ¿En qué te puedo ayudar?",
        "en": "Hello! How can I help you?",
        "pt": "Olá! Em que posso ajudar?",
    },
    "thanks": {
        "es": "¡De nada! Aquí estamos para lo que necesites.",
        "en": "You're welcome! We are here for anything you need.",
        "pt": "De nada! Estamos aqui para o que precisar.",
    },
    "goodbye": {
        "es": "¡Hasta pronto! Gracias por escribirnos.",
        "en": "Goodbye, and thank you for writing to us!",
        "pt": "Até logo! Obrigado pela mensagem.",
    },
    "person": {
        "es": "Claro. Aviso a una persona del equipo para que te atienda por aquí en cuanto pueda.",
        "en": "Of course. I am letting someone on the team know; they will answer you here shortly.",
        "pt": "Claro. Vou avisar alguém da equipe, que responderá por aqui assim que puder.",
    },
    "fallback": {
        "es": "No tengo esa información. Aviso a una persona del equipo para que te responda por aquí.",
        "en": "I don't have that information. I am letting someone on the team know.",
        "pt": "Não tenho essa informação. Vou avisar alguém da equipe, que responderá por aqui.",
    },
    "try_again": {
        "es": "No he encontrado la respuesta. ¿Me lo dices con otras palabras?",
        "en": "I have not found the answer. Could you put it in other words?",
        "pt": "Não encontrei a resposta. Pode dizer com outras palavras?",
    },
    "topics": {
        "es": "Quizá te sirva uno de estos temas:",
        "en": "Perhaps one of these topics helps:",
        "pt": "Talvez um destes temas ajude:",
    },
    "topics_button": {"es": "Ver temas", "en": "See topics", "pt": "Ver temas"},
    "refusal": {
        "es": "De eso no puedo hablar por aquí. ¿Te ayudo con otra cosa?",
        "en": "I cannot talk about that here. Can I help you with anything else?",
        "pt": "Sobre isso não posso falar por aqui. Posso ajudar com outra coisa?",
    },
    "upset": {
        "es": "Siento mucho lo que ha pasado. Aviso ahora mismo a una persona del equipo para que lo vea contigo.",
        "en": "I am very sorry about this. I am letting someone on the team know right now, so that they look into it.",
        "pt": "Sinto muito pelo que aconteceu. Vou avisar agora mesmo alguém da equipe para ver isso com você.",
    },
    "received": {
        "es": "¡Recibido! Una persona del equipo lo mira y te contesta por aquí.",
        "en": "Got it! Someone on the team will look at it and answer you here.",
        "pt": "Recebido! Alguém da equipe vai ver e responder por aqui.",
    },
    "noted": {
        "es": "¡Gracias! Lo hemos anotado; una persona del equipo te lo confirma por aquí.",
        "en": "Thank you! We have noted it; someone on the team will confirm it here.",
        "pt": "Obrigado! Anotamos tudo; alguém da equipe vai confirmar por aqui.",
    },
    "closed": {
        "es": "Ahora estamos cerrados{opens}. Tu mensaje nos ha llegado y te contestará una persona del equipo.",
        "en": "We are closed now{opens}. We have your message, and someone on the team will answer you.",
        "pt": "Agora estamos fechados{opens}. Recebemos a sua mensagem e alguém da equipe responderá.",
    },
    "shut": {
        "es": "Ahora estamos cerrados{opens}.",
        "en": "We are closed now{opens}.",
        "pt": "Agora estamos fechados{opens}.",
    },
    "enough": {
        "es": "Ya te he contestado muchas veces hoy; te dejo con una persona del equipo, que seguirá por aquí.",
        "en": "I have answered you many times today; someone on the team will go on from here.",
        "pt": "Já respondi muitas vezes hoje; alguém da equipe vai continuar por aqui.",
    },
    "worried": {
        "es": "Lo que cuentas es importante. Aviso ahora mismo a una persona del equipo. Si estás en peligro,"
        " llama al 112; en España, el 024 escucha a cualquier hora.",
        "en": "What you say matters. I am telling someone on the team right now. If you are in danger, call 112 or your"
        " local emergency number; in Spain, 024 listens at any hour.",
        "pt": "O que você conta é importante. Vou avisar alguém da equipe agora mesmo. Se você está em perigo,"
        " ligue para o 112 ou para o número de emergência do seu país; na Espanha, o 024 escuta a qualquer hora.",
    },
    # Nobody of the team may read it for hours: who listens now comes first.
    "worried_shut": {
        "es": "Lo que cuentas es importante. Si estás en peligro, llama ahora al 112; en España, el 024 escucha a"
        " cualquier hora. Aviso también a una persona del equipo, pero ahora estamos cerrados{opens}.",
        "en": "What you say matters. If you are in danger, call 112 or your local emergency number now; in Spain, 024"
        " listens at any hour. I am telling someone on the team as well, but we are closed now{opens}.",
        "pt": "O que você conta é importante. Se você está em perigo, ligue agora para o 112 ou para o número de"
        " emergência do seu país; na Espanha, o 024 escuta a qualquer hora. Vou avisar também alguém da equipe, mas"
        " agora estamos fechados{opens}.",
    },
}

# A person in each language, with what may stand before it.
_SOMEBODY = {
    "es": r"(?:(?:un|una|el|la|algun|alguna|otra|vuestro|vuestra|tu) )?(?:persona|human[oa]|agente"
    r"|operadora?|asesora?|alguien|encargad[oa]|responsable|gerente|dependient[ea]|companer[oa]|comercial)\b",
    "en": r"(?:(?:a|an|the|some|your) )?(?:(?:real|live|actual|human) )?(?:person|human|agent|operator"
    r"|representative|someone|somebody|manager|advisor)\b",
    "pt": r"(?:(?:um|uma|o|a) )?(?:pessoa|human[oa]|atendente|agente|operador|operadora|alguem|gerente)\b",
}
_WISH: dict[Language, re.Pattern[str]] = {
    "es": re.compile(
        rf"(?:hablar|hablo|contactar|comunicar(?:me|nos)?|chatear|tratar|charlar) con {_SOMEBODY['es']}"
        rf"|que me (?:atienda|llame|conteste|responda|ayude) {_SOMEBODY['es']}"
        r"|(?:pasame|paseme|pasadme|pasarme|me pas(?:as|ais|a)|ponme|me pon(?:es|eis)) (?:con|a) "
        rf"{_SOMEBODY['es']}"
        r"|(?<!no )(?:puedo|podria|quiero|queria|quisiera|necesito|me gustaria) hablar con "
        r"(?!(?:el |la |un |una )?(?:bot|robot|maquina|ia|nadie)\b)\w+"
        r"|(?<!no )(?:quiero|necesito|prefiero|dame|deme|ponme|busco) (?:a )?(?:un|una|algun|alguna)"
        # "Busco una persona para limpiar" wants somebody else.
        r" (?:persona|human[oa]|agente|operadora?|asesora?)\b"
        r"(?! (?:para|que sepa|con (?:experiencia|coche)|mayor|joven|de|inmobiliari[oa])\b"
        r"(?! (?:hablar|que me (?:ayude|atienda))))"
        r"|^(?:hola )?(?:hay|queda) alguien(?: ahi)?$|me (?:atiende|contesta|responde|llama) (?:alguien|una persona)"
        r"|(?:me (?:podeis|puedes|puede|pueden|podrian|podria) llamar|(?:podeis|puedes|puede|pueden) llamarme)\b"
        r"|(?:pasar|ponme|pasame|ponedme) con (?:recepcion|(?:un|una|algun|alguna) companer[oa])"
        r"|(?:atencion|asistencia) humana|persona (?:real|de verdad)|agente humano"
        r"|no quiero (?:hablar con )?(?:(?:un|una|este|el) )?(?:robot|bot|contestador|maquina)\b(?! (?:de|para)\b)"
    ),
    "en": re.compile(
        rf"(?:talk|speak|chat) (?:to|with) {_SOMEBODY['en']}"
        rf"|(?:connect|transfer|put) me (?:to|through to|with) {_SOMEBODY['en']}"
        rf"|(?:i )?(?:want|need) {_SOMEBODY['en']}(?! (?:to (?!talk|speak|help|call|contact)|who can fix))"
        r"|can (?:someone|somebody|you) call me|is (?:any|some)(?:one|body) there"
        r"|real (?:person|human)|live agent|human agent|customer service"
    ),
    "pt": re.compile(
        rf"(?:falar|conversar) com {_SOMEBODY['pt']}|atendimento humano|pessoa de verdade",
    ),
}
# "No quiero hablar con nadie": the wish is denied, not made.
_DENIED = re.compile(
    r"(?:no (?:quiero|necesito|hace falta|me hace falta|quisiera)|sin (?:tener que )?|don'?t (?:want|need) to"
    r"|nao (?:quero|preciso))\s*$"
)
# The whole message is one word for a person, as people press a menu: "agente", "operator please".
_ALONE: dict[Language, re.Pattern[str]] = {
    "es": re.compile(
        rf"(?:servicio de )?atencion al cliente(?: por favor)?"
        rf"|(?!alguien|comercial|responsable|la ){_SOMEBODY['es']}(?: real)?(?: por favor| gracias)?"
    ),
    "en": re.compile(rf"(?!some){_SOMEBODY['en']}(?: please)?"),
    "pt": re.compile(rf"(?!alguem){_SOMEBODY['pt']}(?: por favor)?"),
}


def asks_for_person(texts: Sequence[str]) -> Language | None:
    """Say in which language somebody asks to talk to a person, or None."""
    for text in texts:
        said = " ".join(re.sub(r"[^\w\s']", " ", plain(text)).split())
        for language, wish in _WISH.items():
            found = wish.search(said)
            denial = _DENIED.search(said[: found.start()]) if found else None
            if (found and not denial) or _ALONE[language].fullmatch(said):
                return language
    return None


def small_talk_in(texts: Sequence[str]) -> tuple[SmallTalk, Language | None] | None:
    """Say what kind of small talk this is, where it is nothing else; the language where the words tell it."""
    said = plain(" ".join(texts))
    if re.search(r"[^\W_]", _ONE.sub(" ", said)):
        return None
    for kind in _STRONGEST:
        for (of_kind, language), pattern in _OF.items():
            if of_kind == kind and pattern.search(said):
                return kind, language if kind != "acknowledgement" else None
    # Only signs: a thumb, a heart. "???" asks for something, though.
    return None if "?" in said or not said.strip() else ("acknowledgement", None)


def without_small_talk(text: str) -> str:
    """The text without the greeting it starts with."""
    return _LEADING.sub("", text)


def phrase(kind: str, language: str | None) -> str:
    """
    Our words for a greeting, thanks, a goodbye, a hand-over and what else needs no knowledge; Spanish by default.
    """
    spoken: Language = language if language in ("en", "pt") else "es"  # type: ignore[assignment]
    return _TEXTS[kind][spoken]
