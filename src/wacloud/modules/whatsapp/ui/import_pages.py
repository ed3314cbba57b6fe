"""Contacts from a file: send it, say what its columns hold, look at what would come of it, watch it come."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, UploadFile
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response, StreamingResponse

from wacloud.modules.business.api import business_profile
from wacloud.modules.whatsapp.application.import_contacts import (
    ImportNotFound,
    Preview,
    drop_import,
    preview_import,
    start_import,
    stop_import,
    upload_contacts,
)
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps
from wacloud.modules.whatsapp.application.people_stored import Import
from wacloud.modules.whatsapp.domain.contact_csv import LARGEST_FILE, MOST_ROWS, TARGETS, csv_lines
from wacloud.modules.whatsapp.ui.people_pages import frame
from wacloud.modules.whatsapp.ui.people_words import PROBLEMS, REGIONS, country_names
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.phone import country_of_phone
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import translate
from wacloud.shared.ui.pages import look_of, render, wants_fragment
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF

Writer = Annotated[Member, Depends(requires(Permission.CONTACTS_WRITE))]
# The file, and what a form puts around it.
LARGEST_FORM = LARGEST_FILE + 64 * 1024
PROBLEMS_SHOWN = 8


def routes(deps: PeopleDeps) -> APIRouter:
    """The pages."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    async def upload_page(request: Request, member: Member, refusal: AppError | None = None) -> Response:
        return render(
            request,
            "whatsapp/import.html",
            200 if refusal is None else STATUS_OF[refusal.kind],
            imports=await deps.reader.imports(member.user_id, member.business_id),
            refusal=refusal.message if refusal else None,
            **frame(member),
        )

    async def import_page(
        request: Request,
        member: Member,
        found: Import,
        *,
        mapping: list[str | None],
        region: str,
        proof: str = "",
        refusal: AppError | None = None,
    ) -> Response:
        who = (member.user_id, member.business_id)
        preview: Preview | None = None
        if found.state == "uploaded":
            try:
                preview = await preview_import(deps, *who, found.id, mapping, region or None)
            except AppError as problem:
                refusal = refusal or problem
        language = look_of(request, member).language
        rows = await deps.reader.import_rows(*who, found.id, refused=found.state != "uploaded", limit=3)
        return render(
            request,
            "whatsapp/_import_run.html" if wants_fragment(request) else "whatsapp/import_run.html",
            200 if refusal is None else STATUS_OF[refusal.kind],
            found=found,
            mapping=mapping,
            region=region,
            proof=proof,
            preview=preview,
            samples=[cells for _, cells, _ in rows],
            problems=[
                (number, _in_words(f"{entry.problem}:{entry.about}", language))
                for number, entry in list(preview.problems.items())[:PROBLEMS_SHOWN]
            ]
            if preview
            else [],
            targets=TARGETS,
            fields=await deps.reader.fields(*who),
            countries=country_names(language),
            refusal=refusal.message if refusal else None,
            **frame(member),
        )

    @router.get("/contacts/import")
    async def begin(request: Request, member: Writer) -> Response:
        return await upload_page(request, member)

    @router.post("/contacts/import")
    async def upload(request: Request, member: Writer, file: UploadFile) -> Response:
        raw = await file.read(LARGEST_FILE + 1)
        try:
            made = await upload_contacts(deps, member.user_id, member.business_id, file.filename or "", raw)
        except AppError as refusal:
            return await upload_page(request, member, refusal)
        return RedirectResponse(f"/contacts/import/{made}", 303)

    @router.get("/contacts/import/{import_id}")
    async def look(request: Request, member: Writer, import_id: UUID) -> Response:
        found = await _find(deps, member, import_id)
        region = str(found.options.get("region") or "") or await _region(deps, member)
        return await import_page(request, member, found, mapping=list(found.mapping), region=region)

    @router.post("/contacts/import/{import_id}")
    async def start(request: Request, member: Writer, import_id: UUID) -> Response:
        form = await request.form()
        found = await _find(deps, member, import_id)
        mapping = [str(form.get(f"c{n}", "")) or None for n in range(len(found.header))]
        region, proof = _region_of(form), str(form.get("proof", ""))[:500]
        if form.get("does") == "preview":
            return await import_page(request, member, found, mapping=mapping, region=region, proof=proof)
        try:
            await start_import(
                deps,
                member.user_id,
                member.business_id,
                import_id,
                mapping,
                region or None,
                proof,
                caller_of(request),
            )
        except AppError as refusal:
            return await import_page(
                request, member, found, mapping=mapping, region=region, proof=proof, refusal=refusal
            )
        return RedirectResponse(f"/contacts/import/{import_id}", 303)

    @router.post("/contacts/import/{import_id}/stop")
    async def stop(member: Writer, import_id: UUID) -> Response:
        await stop_import(deps, member.business_id, import_id)
        return RedirectResponse(f"/contacts/import/{import_id}", 303)

    @router.post("/contacts/import/{import_id}/remove")
    async def remove(member: Writer, import_id: UUID) -> Response:
        await drop_import(deps, member.business_id, import_id)
        return RedirectResponse("/contacts/import", 303)

    @router.get("/contacts/import/{import_id}/problems.csv")
    async def problems(request: Request, member: Writer, import_id: UUID) -> Response:
        """The rows that were not taken, as they were, with the reason: to be mended and sent again."""
        found = await _find(deps, member, import_id)
        who = (member.user_id, member.business_id)
        rows = await deps.reader.import_rows(*who, import_id, refused=True, limit=MOST_ROWS)
        language = look_of(request, member).language
        lines = csv_lines(
            [["#", "!", *found.header]]
            + [[number, _in_words(problem or "", language), *cells] for number, cells, problem in rows],
            for_excel=True,
        )
        headers = {"content-disposition": 'attachment; filename="problems.csv"', "cache-control": "no-store"}
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)

    return router


async def _find(deps: PeopleDeps, member: Member, import_id: UUID) -> Import:
    found = await deps.reader.an_import(member.user_id, member.business_id, import_id)
    if found is None:
        raise ImportNotFound
    return found


async def _region(deps: PeopleDeps, member: Member) -> str:
    """The country of the business's own phone, which its customers most likely share."""
    async with deps.whatsapp.db.tenant(member.business_id, read_only=True) as tx:
        profile = await business_profile(deps.whatsapp.business, tx, member.business_id)
    country = country_of_phone(profile.phone.removeprefix("+")) if profile.phone else None
    return country if country in REGIONS else REGIONS[0]


def _region_of(form: FormData) -> str:
    region = str(form.get("region", ""))
    return region if region in REGIONS else ""


def _in_words(problem: str, language: str) -> str:
    code, _, about = problem.partition(":")
    return translate(language, PROBLEMS.get(code, code), about=about)
