"""What configuring and trying out the bot is made of, over a connected house."""

from wacloud.main.evaluation import evaluation_deps
from wacloud.main.wiring import House
from wacloud.modules.bot.application.studio_ports import StudioDeps
from wacloud.modules.bot.infra.assist_calls import PostgresCalls
from wacloud.modules.bot.infra.bot_versions import PostgresBotVersions
from wacloud.modules.bot.infra.workbenches import PostgresWorkbenches


def studio_of(house: House) -> StudioDeps:
    """Its bot is the one that answers customers."""
    return StudioDeps(
        db=house.db,
        clock=house.clock,
        versions=PostgresBotVersions(),
        benches=PostgresWorkbenches(),
        calls=PostgresCalls(),
        business=house.business,
        bot=house.bot,
        evaluation=evaluation_deps(house),
        people=house.people.reader,
    )
