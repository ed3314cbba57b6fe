"""What routes say about who may use them, read from the routes: for the description, and for a test."""

from collections.abc import Iterable
from typing import Any

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from wacloud.shared.ui.guard import DECLARED, Access


def undeclared_routes(app: Any) -> list[str]:
    """The routes of an app that do not say who may use them, mounted ones too. It must be empty."""
    return [f"{path} ({name})" for path, name in _undeclared(app.routes, "")]


def access_of(context: Any) -> Access | None:
    """Who may use a FastAPI route (`iter_route_contexts` gives its context); None where it does not say."""
    dependant = getattr(context, "dependant", None)
    return next((call for call in _calls(dependant) if isinstance(call, Access)), None) if dependant else None


def _undeclared(routes: Iterable[BaseRoute], prefix: str) -> Iterable[tuple[str, str]]:
    for context in iter_route_contexts(list(routes)):
        path = prefix + (context.path or "")
        route = context.original_route
        if isinstance(getattr(route, DECLARED, None), Access):
            continue
        dependant = getattr(context, "dependant", None)
        if dependant is not None:
            if not any(isinstance(call, Access) for call in _calls(dependant)):
                yield path, context.name or "?"
            continue
        endpoint = getattr(route, "endpoint", None)
        mounted: ASGIApp | None = getattr(route, "app", None)
        if isinstance(getattr(endpoint, DECLARED, None), Access):
            continue
        # A route's own `app` is its wrapped endpoint; only a mount has another app in it.
        if endpoint is None and mounted is not None:
            if isinstance(getattr(mounted, DECLARED, None), Access):
                continue
            inner = getattr(mounted, "routes", None) or getattr(route, "routes", None)
            if inner:
                yield from _undeclared(inner, path)
                continue
        yield path or repr(route), context.name or "?"


def _calls(dependant: Any) -> Iterable[Any]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)
