"""Files that Meta keeps for us by a handle: examples of templates, and the photo of a number."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol
from uuid import UUID

from wacloud.modules.whatsapp.application.media_ports import FileGone, StoreOfFilesAway
from wacloud.modules.whatsapp.application.media_stored import MediaFile, Upload
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.file_types import EXTENSIONS, clean_name
from wacloud.modules.whatsapp.domain.message_template import Component, TemplateBreaksRules
from wacloud.modules.whatsapp.domain.template_files import EXAMPLES, file_headers, files_of, with_handles
from wacloud.shared.domain.errors import Fault, Unavailable
from wacloud.shared.domain.ids import BusinessId

# The bytes from a place on, as often as they are asked for.
ReadFrom = Callable[[int], AsyncIterator[bytes]]


class MetaUploads(Protocol):
    """Meta's resumable upload. Network: never with a transaction open."""

    async def upload(self, access_token: str, upload: Upload, read: ReadFrom) -> str:
        """
        The handle of the file; one that breaks off goes on where Meta has it.

        :raises ExamplesNotTaken: we do not know our app.
        :raises TemplateRefused: with Meta's own words.
        :raises MetaRefused: the token is not good for it.
        :raises MetaAway: there was no answer. Uploading again does no harm.
        """
        ...


async def faults_of_examples(
    deps: WhatsappDeps, business_id: BusinessId, components: Sequence[Component]
) -> Sequence[Fault]:
    """Where a file of ours is named that is not here, or that Meta takes for no example by its type or size."""
    _, faults = await _files(deps, business_id, components)
    return faults


async def handed_over(
    deps: WhatsappDeps,
    uploads: MetaUploads,
    business_id: BusinessId,
    access_token: str,
    components: Sequence[Component],
) -> list[Component]:
    """
    The components as Meta takes them: each file of ours is uploaded and named by its handle.

    :raises TemplateBreaksRules: a file is not here, or is no example Meta takes. For the rest see `MetaUploads`.
    """
    handles: dict[str, str] = {}
    by_file: dict[UUID, str] = {}
    files, faults = await _files(deps, business_id, components)
    if faults:
        raise TemplateBreaksRules(faults)
    for place, file in files.items():
        if file.id not in by_file:
            try:
                by_file[file.id] = await uploads.upload(access_token, _upload(file), _reader(deps, file))
            except FileGone:
                raise TemplateBreaksRules([Fault(f"{place}.example", "file_gone")]) from None
            except StoreOfFilesAway as away:
                raise Unavailable from away
        handles[place] = by_file[file.id]
    return with_handles(components, handles)


async def _files(
    deps: WhatsappDeps, business_id: BusinessId, components: Sequence[Component]
) -> tuple[dict[str, MediaFile], list[Fault]]:
    asked = files_of(components)
    if not asked:
        return {}, []
    forms = {place: str(one.get("format", "")).upper() for place, one in file_headers(components)}
    found: dict[str, MediaFile] = {}
    faults: list[Fault] = []
    async with deps.db.tenant(business_id, read_only=True) as tx:
        for place, media_id in asked.items():
            file = await deps.media.rows.find(tx, business_id, media_id)
            if file is None:
                faults.append(Fault(f"{place}.example", "file_gone"))
                continue
            takes = EXAMPLES[forms[place]]
            if (most := takes.get(file.content_type)) is None:
                faults.append(Fault(f"{place}.example", f"example_{forms[place].lower()}"))
            elif file.size > most:
                faults.append(Fault(f"{place}.example", "file_too_large", most // 2**20))
            found[place] = file
    return found, faults


def _reader(deps: WhatsappDeps, file: MediaFile) -> ReadFrom:
    return lambda start: deps.media.files.read(file.key, start, file.size)


def _upload(file: MediaFile) -> Upload:
    name = clean_name(file.file_name, file.content_type) or f"{file.kind}.{EXTENSIONS.get(file.content_type, 'bin')}"
    return Upload(file.content_type, name, file.size)
