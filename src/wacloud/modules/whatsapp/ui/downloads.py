"""Files that are written while they are sent."""

from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse


def download(parts: AsyncIterator[bytes], media_type: str, name: str) -> StreamingResponse:
    """A file a browser keeps under this name, and no cache does."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return StreamingResponse(parts, media_type=media_type, headers=headers)
