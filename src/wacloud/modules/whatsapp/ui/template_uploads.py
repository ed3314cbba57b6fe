"""Files in the form of a message template: kept as any upload is, and named by the form from then on."""

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from starlette.datastructures import FormData, UploadFile

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.upload_media import NewUpload, upload_media
from wacloud.modules.whatsapp.domain.media import LARGEST_UPLOAD, FileTypeRefused
from wacloud.modules.whatsapp.domain.template_files import EXAMPLES
from wacloud.modules.whatsapp.ui.template_form import Filled, filled_in
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.guard import Member

LARGEST_FORM: Final = LARGEST_UPLOAD + 512 * 1024
# What a browser offers to choose from.
ACCEPTS: Final[Mapping[str, str]] = {kind.lower(): ",".join(types) for kind, types in EXAMPLES.items()}


async def read_filled(deps: WhatsappDeps, member: Member, form: FormData) -> Filled:
    """The form with the files that were chosen for it; one that is none for a template stays out, and why is told."""
    filled = filled_in(form)
    troubles: dict[str, str] = {}
    cards = list(filled.cards)
    for place, card in enumerate(cards):
        field = f"card_{place}_file"
        new = form.get(f"{field}_new") if filled.card_file in ACCEPTS else None
        kept = await _kept(deps, member, new, filled.card_file, field, troubles)
        cards[place] = replace(card, file=kept or card.file)
    header = filled.header_file
    if filled.header_kind in ACCEPTS:
        new = form.get("header_file_new")
        header = await _kept(deps, member, new, filled.header_kind, "header_file", troubles) or header
    return replace(filled, header_file=header, cards=tuple(cards), troubles=troubles)


async def keep_chosen(deps: WhatsappDeps, member: Member, chosen: object, kind: str) -> str | None:
    """
    Our id of the file that was chosen for this kind of header; None where none was.

    :raises AppError: it is none for a template, too large, or there is no room.
    """
    if not isinstance(chosen, UploadFile) or not chosen.filename:
        return None
    with tempfile.TemporaryDirectory(prefix="wacloud-example-") as folder:
        file = Path(folder) / "file"
        await asyncio.to_thread(_copy, chosen, file)
        row = await upload_media(
            deps, member.user_id, member.business_id, NewUpload(file, chosen.filename, chosen.content_type, kind)
        )
    if row.content_type not in EXAMPLES[kind.upper()]:
        raise FileTypeRefused(field="file", found=row.content_type)
    return str(row.id)


async def _kept(
    deps: WhatsappDeps, member: Member, chosen: object, kind: str, field: str, troubles: dict[str, str]
) -> str | None:
    try:
        return await keep_chosen(deps, member, chosen, kind)
    except AppError as refused:
        troubles[field] = refused.message
        return None


def _copy(chosen: UploadFile, into: Path) -> None:
    with into.open("wb") as opened:
        shutil.copyfileobj(chosen.file, opened)
