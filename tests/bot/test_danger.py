"""Who speaks of hurting themselves hears of the help line, whatever rule would have come first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from bot_builders import deps, question

from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.application.decide_early import decide_early
from wacloud.modules.bot.application.guards import Guards, Moderated, ModerationAway, Provider
from wacloud.modules.bot.application.model import AnswerDeps, ModelPort
from wacloud.modules.bot.application.ports import Briefing
from wacloud.modules.bot.domain.danger import speaks_of_self_harm
from wacloud.modules.bot.domain.question import Before, BusinessFacts
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.whatsapp.api import Mailbox

NOW = datetime(2026, 11, 27, 22, tzinfo=UTC)
OPENS = {"es": "abrimos mañana a las 9:30", "en": "we open tomorrow at 9:30", "pt": "abrimos amanhã às 9:30"}
IN_DANGER = """
quiero matarme
Me quiero morir
no quiero vivir más
No quiero seguir viviendo
estoy pensando en suicidarme
voy a quitarme la vida esta noche
he pensado en acabar con mi vida
mejor estaría muerta
Todos estaríais mejor sin mí
tengo ganas de morirme
me voy a matar y es culpa vuestra
quiero cortarme las venas
he vuelto a autolesionarme
la vida ya no tiene sentido
I want to kill myself
I want to die
I'm feeling suicidal
I have been thinking about ending it all
I keep cutting myself
there is no reason to live
wish I was dead
quero morrer
penso em me matar
não quero mais viver
quiero morir de verdad
me quiero morir de una vez
quiero morirme por favor
kiero morirme
no quiero vivir en este mundo
quiero dejar de existir
me he tomado todas las pastillas
voy a ahorcarme
ojalá estuviera muerta
mi hijo quiere suicidarse
I wanna die
I’m suicidal
I took all my pills
queria morrer
penso em suicídio
""".strip().splitlines()
OF_OTHER_THINGS = """
Me muero de hambre, ¿a qué hora abrís?
quiero morir de risa con ese vídeo
I'm dying to try the cheesecake
¿Tenéis el libro sobre el suicidio de Durkheim?
Me vais a matar, pero tengo que cambiar la cita otra vez
quiero cortarme el pelo el jueves
quiero cortarme las puntas
¿Vendéis la película Escuadrón Suicida?
Este calor me mata
No quiero vivir sin vuestra tarta
No quiero vivir en Madrid, ¿enviáis a Toledo?
mi marido me mata si llego sin pan
I cut myself on the lid of your jar
Vale la pena, gracias
¿Matáis las plagas de cucarachas?
I don't want to live in a flat without heating, do you sell stoves?
Esta oferta es para morirse
Sois unos estafadores
matamoscas y trampas
I hurt myself playing football, do you have an appointment with the physio?
Una crema que haga desaparecer para siempre las manchas
meu marido vai me matar se eu chegar sem pão
¿Podéis ayudarme a quitarme de en medio el sofá viejo?
quero morrer de rir
quiero morir del susto
voy a colgarme la mochila nueva
""".strip().splitlines()


def test_who_is_in_danger_is_heard():
    assert [text for text in IN_DANGER if not speaks_of_self_harm([text])] == []


def test_what_is_said_of_anything_is_no_danger():
    assert [text for text in OF_OTHER_THINGS if speaks_of_self_harm([text])] == []


def test_a_long_text_is_read_in_a_moment():
    assert not speaks_of_self_harm(["quiero morir de risa " * 3000, "no quiero " * 3000])


@pytest.mark.parametrize(
    "said",
    [
        "Sois unos estafadores, me quiero morir",
        "quiero hablar con una persona, no quiero vivir más",
        "RECLAMACIÓN: voy a quitarme la vida",
        "¿Cuál es vuestro horario? Es que quiero matarme",
    ],
)
async def test_the_help_line_comes_before_every_other_rule_and_without_a_model(said: str) -> None:
    settings = BotSettings(hand_over_words=("reclamación",), refused_topics=("horario",))
    answer = await compose_answer(deps(), question(said, settings=settings))
    assert (answer.why, answer.hand_over, answer.hand_over_because) == ("self_harm", True, "self_harm")
    assert answer.text
    assert "024" in answer.text
    assert "112" in answer.text


class Judge:
    """Finds self-harm in words that the rule does not know; `away`: it cannot be asked."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away

    async def judge(self, text: str) -> Moderated:
        if self.away:
            raise ModerationAway
        return Moderated(frozenset({"self-harm/intent"} if "despedida" in text else ()))


def judged(*, away: bool = False) -> AnswerDeps:
    provider = Provider(cast(ModelPort, None), Judge(away=away))
    return replace(deps(), guards=Guards(provider=provider))


UPSET = "Estoy harta de todo, esto es mi despedida"


async def test_whoever_is_upset_is_judged_before_the_rule_for_the_upset_speaks() -> None:
    answer = await compose_answer(judged(), question(UPSET))
    assert answer.why == "self_harm"
    assert answer.text
    assert "024" in answer.text


async def test_where_nobody_can_judge_the_rule_for_the_upset_speaks() -> None:
    answer = await compose_answer(judged(away=True), question(UPSET))
    assert (answer.why, answer.detail) == ("customer_upset", {"moderation_in": "away"})


async def test_where_moderation_is_off_nobody_is_asked_to_judge() -> None:
    answer = await compose_answer(judged(), question(UPSET, settings=BotSettings(moderate=False)))
    assert answer.why == "customer_upset"


def _mailbox(**given: object) -> Mailbox:
    usual: dict[str, object] = {
        "handler": "bot",
        "opted_out": False,
        "last_inbound_at": NOW - timedelta(minutes=1),
        "history": (),
        "messages": (),
        "given_back_at": None,
    }
    return cast(Mailbox, type("Box", (), usual | given)())


def _closed() -> Briefing:
    facts = BusinessFacts("Casa Olmo", "retail", "es", "Europe/Madrid", {}, is_open=False, opens=OPENS)
    return Briefing(BotSettings(hours_policy="only_open"), facts)


def test_at_night_they_hear_of_the_help_line_before_they_hear_when_the_shop_opens() -> None:
    briefing = _closed()
    asked = question("no quiero vivir más", facts=briefing.facts, settings=briefing.settings)
    early = decide_early(_mailbox(), briefing, asked, NOW)
    assert early
    assert (early.why, early.hand_over) == ("self_harm", True)
    assert early.text
    assert (
        early.text.index("112") < early.text.index("024") < early.text.index("ahora estamos cerrados; abrimos mañana")
    )
    assert "ahora mismo" not in early.text


def test_who_had_all_the_replies_of_a_day_still_hears_it() -> None:
    briefing = Briefing(BotSettings(replies_per_day=3), question("x").facts)
    asked = replace(question("me quiero morir", settings=briefing.settings), before=Before(replies=3))
    early = decide_early(_mailbox(), briefing, asked, NOW)
    assert early
    assert early.why == "self_harm"


def test_a_person_who_has_the_conversation_is_not_spoken_over() -> None:
    early = decide_early(_mailbox(handler="person"), _closed(), question("me quiero morir"), NOW)
    assert early
    assert (early.why, early.text) == ("person_has_it", None)
