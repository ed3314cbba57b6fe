"""How somebody wants to see the pages: light or dark, Spanish or English. Kept in cookies, so the server draws it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse

from wacloud.shared.ui.guard import public
from wacloud.shared.ui.i18n import LANGUAGES
from wacloud.shared.ui.pages import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, remember
from wacloud.shared.ui.same_site import own_path, refuse_cross_site


def routes() -> APIRouter:
    """`POST /preferences`, for everybody: it changes nothing but two cookies of looks."""
    router = APIRouter(include_in_schema=False)

    @router.post("/preferences", dependencies=[Depends(public())])
    async def choose(
        request: Request,
        next_page: Annotated[str, Form(alias="next")] = "/",
        theme: Annotated[str | None, Form()] = None,
        language: Annotated[str | None, Form()] = None,
    ) -> RedirectResponse:
        refuse_cross_site(request)
        response = RedirectResponse(own_path(next_page), status_code=303)
        if theme in THEMES:
            remember(request, response, THEME_COOKIE, theme)
        elif theme == "system":
            response.delete_cookie(THEME_COOKIE, path="/")
        if language in LANGUAGES:
            remember(request, response, LANGUAGE_COOKIE, language)
        return response

    return router
