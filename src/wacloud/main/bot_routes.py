"""The routes of the module bot, with what each needs."""

from collections.abc import Sequence

from fastapi import APIRouter

from wacloud.main.evaluation import evaluation_deps
from wacloud.main.studio import studio_of
from wacloud.main.wiring import House
from wacloud.modules.bot.application.try_question import TryDeps
from wacloud.modules.bot.ui import (
    assist_api,
    assist_pages,
    evaluation_api,
    evaluation_pages,
    forms_api,
    forms_pages,
    knowledge_api,
    knowledge_files,
    knowledge_pages,
    models_api,
    models_pages,
    questions_api,
    questions_pages,
    sector_template,
    site_pages,
    studio_api,
    studio_pages,
    tools_api,
    tools_pages,
)


def bot_routes(house: House) -> Sequence[APIRouter]:
    """All of them, in the order in which they are looked through."""
    evaluation = evaluation_deps(house)
    studio = studio_of(house)
    knowing = TryDeps(house.sources, house.bot.answers.knowledge, house.bot.briefings)
    actions = house.bot.answers.actions
    forms = house.bot.answers.forms
    assert actions is not None
    assert forms is not None
    return (
        sector_template.routes(house.templates),
        evaluation_api.routes(evaluation),
        evaluation_pages.routes(evaluation),
        models_api.routes(house.own_key),
        models_pages.routes(house.own_key),
        *(each.routes(forms) for each in (forms_api, forms_pages)),
        *(each.routes(actions) for each in (tools_api, tools_pages)),
        *(each.routes(studio) for each in (studio_api, studio_pages, assist_api, assist_pages)),
        *(each.routes(knowing) for each in (knowledge_api, knowledge_files, site_pages, knowledge_pages)),
        *(each.routes(house.board) for each in (questions_api, questions_pages)),
    )
