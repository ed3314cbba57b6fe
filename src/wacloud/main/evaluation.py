"""What evaluating bots is made of: the parts that answer customers, and where the results go."""

from wacloud.main.wiring import House
from wacloud.modules.bot.application.evaluation_ports import EvaluationDeps
from wacloud.modules.bot.infra.bot_versions import PostgresBotVersions
from wacloud.modules.bot.infra.evaluations import PostgresEvaluations


def evaluation_deps(house: House) -> EvaluationDeps:
    """The same model, knowledge and facts as in a turn."""
    return EvaluationDeps(
        db=house.db,
        clock=house.clock,
        briefings=house.bot.briefings,
        versions=PostgresBotVersions(),
        answers=house.bot.answers,
        evaluations=PostgresEvaluations(),
        notification=house.notification,
        business=house.business,
    )
