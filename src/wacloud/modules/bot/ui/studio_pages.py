"""The studio: `/bot`, where a bot is configured and tried out, and `/bot/versions`, what was published when."""

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.bot.application.edit_draft import DraftChanged, discard_draft, edit_draft
from wacloud.modules.bot.application.paying import provider_of
from wacloud.modules.bot.application.publish_bot import publish_bot, restore_version, switch_bot
from wacloud.modules.bot.application.read_studio import compare_versions, list_versions, read_bench
from wacloud.modules.bot.application.studio_ports import StudioDeps, Workbench
from wacloud.modules.bot.domain.settings import CHARACTERS, BotSettings
from wacloud.modules.bot.domain.settings_diff import changes_between
from wacloud.modules.bot.domain.settings_merge import Merged, merge_drafts
from wacloud.modules.bot.ui import studio_words, try_chat
from wacloud.modules.bot.ui.studio_form import NAMES, Given, as_form, read_form, seen_in, sent_in
from wacloud.modules.business.api import business_profile, sector_template
from wacloud.shared.domain.errors import AppError, FaultyFields
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import translator
from wacloud.shared.ui.pages import look_of, render, wants_fragment
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF, rule_in_words

Reader = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_READ))]
Writer = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_WRITE))]
Sector = Literal["retail", "healthcare", "restaurant", "other"]
SECTORS: tuple[Sector, ...] = ("retail", "healthcare", "restaurant", "other")
Note = Annotated[str, Form(max_length=2000)]
Revision = Annotated[int | None, Form(ge=0, le=2_147_483_647)]
Number = Annotated[int, Query(ge=1, le=2_147_483_647)]
LARGEST_FORM = 256 * 1024
IDEAS = 4  # questions the phone proposes to begin with


@dataclass(frozen=True, slots=True)
class Shown:
    """What one page of the studio shows besides the bench itself."""

    given: Given | None = None  # what was typed, where it was not kept
    refused: AppError | None = None
    merged: Merged | None = None
    said: str | None = None


NOTHING_SAID = Shown()


def routes(deps: StudioDeps) -> APIRouter:
    """The studio, its forms, and the versions. All of it works without script."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)
    page = partial(_page, deps)

    @router.get("/bot")
    async def studio(request: Request, member: Reader, published: int | None = None) -> Response:
        said = None if published is None else "published"
        return await page(request, member, Shown(said=said))

    @router.post("/bot/draft")
    async def save(request: Request, member: Writer, revision: Revision = None) -> Response:
        form = await request.form()
        given = sent_in(form)
        place = (deps, member.user_id, member.business_id)
        try:
            wanted = read_form(given)
            bench = await read_bench(deps, member.business_id)
            take = str(form.get("take", ""))
            if take in NAMES:
                wanted = replace(wanted, **{take: getattr(bench.settings, take)})
            changes = {name: getattr(wanted, name) for name in NAMES}
            bench = await edit_draft(*place, changes, revision)
        except DraftChanged as refused:
            bench = await read_bench(deps, member.business_id)
            merged = merge_drafts(seen_in(form) or bench.settings, wanted, bench.settings)
            return await page(request, member, Shown(as_form(merged.settings), refused, merged), bench)
        except FaultyFields as refused:
            return await page(request, member, Shown(given, refused))
        if wants_fragment(request):
            return await _state(deps, request, member, bench, whole=take in NAMES)
        return RedirectResponse("/bot", 303)

    @router.post("/bot/draft/discard")
    async def discard(request: Request, member: Writer, revision: Revision = None) -> Response:
        try:
            await discard_draft(deps, member.user_id, member.business_id, caller_of(request), revision)
        except AppError as refused:
            return await page(request, member, Shown(refused=refused))
        return RedirectResponse("/bot", 303)

    @router.post("/bot/publish")
    async def publish(request: Request, member: Writer, note: Note = "", revision: Revision = None) -> Response:
        place = (deps, member.user_id, member.business_id, caller_of(request))
        try:
            number = await publish_bot(*place, note=note, revision=revision)
        except AppError as refused:
            return await page(request, member, Shown(refused=refused))
        return RedirectResponse(f"/bot?published={number}", 303)

    @router.post("/bot/enabled")
    async def switch(request: Request, member: Writer, enabled: Annotated[bool, Form()]) -> Response:
        await switch_bot(deps, member.user_id, member.business_id, caller_of(request), enabled=enabled)
        return RedirectResponse("/bot", 303)

    @router.post("/bot/starter")
    async def start(
        request: Request, member: Writer, sector: Annotated[Sector, Form()], revision: Revision = None
    ) -> Response:
        """How a bot of this sector talks, into the draft; its questions are taken with the template of the business."""
        template = sector_template(sector, await _language(deps, member))
        changes = {"name": template.bot_name, "instructions": template.tone, "fallback_text": template.fallback}
        try:
            await edit_draft(deps, member.user_id, member.business_id, changes, revision)
        except AppError as refused:
            return await page(request, member, Shown(refused=refused))
        return RedirectResponse("/bot", 303)

    try_chat.add_routes(router, deps, page)
    _add_versions(router, deps)
    return router


def _add_versions(router: APIRouter, deps: StudioDeps) -> None:
    async def timeline(
        request: Request, member: Member, before: int | None = None, refused: AppError | None = None
    ) -> Response:
        rows, following = await list_versions(deps, member.business_id, before=before)
        bench = await read_bench(deps, member.business_id)
        return render(
            request,
            "bot/versions.html",
            STATUS_OF[refused.kind] if refused else 200,
            member=member,
            bench=bench,
            rows=rows,
            changed={
                row.number: row.settings.changed_from(older.settings if older else BotSettings())
                for row, older in zip(rows, [*rows[1:], None], strict=True)
                if older or row.number == 1
            },
            before=following,
            refused=refused,
            words=studio_words,
            may_write=member.may(Permission.KNOWLEDGE_WRITE),
        )

    @router.get("/bot/versions")
    async def versions(
        request: Request, member: Reader, before: Annotated[int | None, Query(ge=1, le=2_147_483_647)] = None
    ) -> Response:
        return await timeline(request, member, before)

    @router.get("/bot/versions/diff")
    async def diff(
        request: Request,
        member: Reader,
        from_: Annotated[int, Query(alias="from", ge=1, le=2_147_483_647)],
        to: Annotated[str, Query(max_length=10, pattern=r"^(draft|[1-9]\d{0,8})$")] = "draft",
    ) -> Response:
        """From one version to another, or to the draft."""
        other = None if to == "draft" else int(to)
        return render(
            request,
            "bot/differences.html",
            member=member,
            bench=await read_bench(deps, member.business_id),
            changes=await compare_versions(deps, member.business_id, from_, other),
            before=from_,
            after=other,
            **_telling(request, member),
        )

    @router.post("/bot/versions/{number}/restore")
    async def restore(request: Request, member: Writer, number: int, note: Note = "") -> Response:
        place = (deps, member.user_id, member.business_id, caller_of(request))
        try:
            new = await restore_version(*place, number, note=note)
        except AppError as refused:
            if refused.kind == "not_found":
                raise
            return await timeline(request, member, refused=refused)
        return RedirectResponse(f"/bot/versions?{urlencode({'published': new})}", 303)


async def _page(
    deps: StudioDeps,
    request: Request,
    member: Member,
    shown: Shown = NOTHING_SAID,
    bench: Workbench | None = None,
    **more: Any,
) -> Response:
    """The whole studio; where a page that is open sent its form, the parts of it that changed."""
    bench = bench or await read_bench(deps, member.business_id)
    status = STATUS_OF[shown.refused.kind] if shown.refused else 200
    if wants_fragment(request):
        # An open page swaps in what is refused with 422, and nothing else.
        status = 422 if status == 409 else status
        return await _state(deps, request, member, bench, shown, status=status, whole=bool(shown.merged))
    language = await _language(deps, member)
    return render(
        request,
        "bot/studio.html",
        status,
        member=member,
        starters=[sector_template(sector, language) for sector in SECTORS],
        **await _context(deps, request, member, bench, shown),
        questions=[item.question for item in await deps.bot.answers.knowledge.items(member.business_id)][:IDEAS],
        **{"chat": (), "said_json": "[]", **more},
    )


async def _state(
    deps: StudioDeps,
    request: Request,
    member: Member,
    bench: Workbench,
    shown: Shown | None = None,
    *,
    status: int = 200,
    whole: bool = False,
) -> Response:
    """What stands of the draft, and with `whole` the fields, too."""
    context = await _context(deps, request, member, bench, shown or NOTHING_SAID)
    return render(request, "bot/_saved.html", status, member=member, whole=whole, **context)


async def _context(
    deps: StudioDeps, request: Request, member: Member, bench: Workbench, shown: Shown
) -> dict[str, Any]:
    language = look_of(request, member).language
    faults = shown.refused.faults if isinstance(shown.refused, FaultyFields) else ()
    return {
        "bench": bench,
        "given": shown.given or as_form(bench.settings),
        "base": json.dumps(as_form(bench.settings)),
        "changes": changes_between(bench.published, bench.settings),
        "faults": {fault.field.split(".")[0]: rule_in_words(fault, language) for fault in faults},
        "refused": None if faults or shown.merged else shown.refused,
        "merged": shown.merged,
        "said": shown.said,
        "characters": CHARACTERS,
        "contact_fields": await deps.people.fields(member.user_id, member.business_id),
        "may_write": member.may(Permission.KNOWLEDGE_WRITE),
        "has_model": await provider_of(deps.bot.answers, member.business_id) is not None,
        **_telling(request, member),
    }


def _telling(request: Request, member: Member) -> dict[str, Any]:
    language = look_of(request, member).language
    say = translator(language)
    return {
        "words": studio_words,
        "tell": lambda field, value: studio_words.shown(field, value, language),
        "why": lambda why: studio_words.why_in_words(why, say),
        "trouble": lambda code: studio_words.trouble_in_words(code, say),
        "no_model": lambda why, detail: studio_words.no_model_in_words(why, detail, say),
    }


async def _language(deps: StudioDeps, member: Member) -> str:
    async with deps.db.tenant(member.business_id, read_only=True) as tx:
        return (await business_profile(deps.business, tx, member.business_id)).language
