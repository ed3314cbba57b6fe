"""Where a browser's request comes from, and where it may be led: pages of ours only."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from wacloud.shared.domain.errors import AppError

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class CameFromAnotherSite(AppError):
    """This request came from another site and was refused."""

    kind = "forbidden"


def refuse_cross_site(request: HTTPConnection) -> None:
    """
    Let a browser's request pass only where it comes from a page of ours.

    :raises CameFromAnotherSite: it came from elsewhere, or does not say from where.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site in ("same-origin", "none"):
            return
        raise CameFromAnotherSite
    origin = request.headers.get("origin")
    base_url: str = request.app.state.base_url
    if origin is not None and origin in _own_origins(base_url, request.headers.get("host", "")):
        return
    raise CameFromAnotherSite


def own_path(path: str | None, otherwise: str = "/") -> str:
    """Where to go next, if that is a path of ours: browsers read `//x`, `/\\x` and tabs as another host."""
    if not path or not path.startswith("/") or path.startswith("//") or "\\" in path:
        return otherwise
    if any(ord(character) <= 0x20 or ord(character) == 0x7F for character in path) or len(path) > 2000:
        return otherwise
    return path


def _own_origins(base_url: str, host: str) -> set[str]:
    base = urlsplit(base_url)
    origins = {f"{base.scheme}://{base.netloc}"}
    # A demo on one's own machine is opened by whatever name that machine has.
    if base.scheme == "http" and base.hostname in _LOOPBACK and host:
        origins.add(f"http://{host}")
    return origins


def session_cookie(base_url: str) -> str:
    """The cookie's name. The prefix makes browsers insist on Secure, on this host alone and on path /."""
    return "__Host-wacloud_session" if base_url.startswith("https://") else "wacloud_session"
