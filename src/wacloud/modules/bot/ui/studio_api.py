"""The bot's configuration, its versions, and a try of it, for programs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from wacloud.modules.bot.application.edit_draft import discard_draft, edit_draft
from wacloud.modules.bot.application.publish_bot import VersionUnknown, publish_bot, restore_version, switch_bot
from wacloud.modules.bot.application.read_studio import VERSIONS_A_PAGE, compare_versions, list_versions, read_bench
from wacloud.modules.bot.application.studio_ports import StudioDeps
from wacloud.modules.bot.application.try_answer import try_answer
from wacloud.modules.bot.domain.question import HistoryLine
from wacloud.modules.bot.ui.studio_bodies import (
    BotOut,
    DiffOut,
    DiscardWish,
    DraftPatch,
    PublishedOut,
    PublishWish,
    RestoreWish,
    SwitchWish,
    VersionList,
    VersionOut,
    changes_out,
)
from wacloud.modules.bot.ui.try_bodies import TrialOut, TryWish
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.limits import limited
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_READ))]
Writer = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_WRITE))]
Number = Annotated[str, Path(max_length=40, description="The number of a version.")]
BASE = "/api/bot"


def routes(deps: StudioDeps) -> APIRouter:
    """Under `/api/bot`."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["bot"])
    _add_bench(router, deps)
    _add_versions(router, deps)
    return router


def _add_bench(router: APIRouter, deps: StudioDeps) -> None:
    @router.get(
        BASE,
        operation_id="get_bot",
        summary="Your bot",
        response_model=BotOut,
        response_description="Whether it answers, how it is configured, and what is being prepared.",
    )
    async def look(member: Reader) -> object:
        """`settings` are what an editor sees: the draft where there is one, else what is published."""
        return BotOut.of(await read_bench(deps, member.business_id))

    @router.patch(
        f"{BASE}/draft",
        operation_id="edit_bot_draft",
        summary="Prepare a change",
        response_model=BotOut,
        response_description="As it stands now.",
        responses=problems(422, _409="draft_changed"),
    )
    async def edit(body: DraftPatch, member: Writer) -> object:
        """It answers nobody until it is published. With `revision` nothing is changed where somebody else was first."""
        return BotOut.of(
            await edit_draft(deps, member.user_id, member.business_id, body.changes(), revision=body.revision)
        )

    @router.post(
        f"{BASE}/draft/discard",
        operation_id="discard_bot_draft",
        summary="Discard the draft",
        response_model=BotOut,
        response_description="As it is published.",
        responses=problems(422, _409="draft_changed"),
    )
    async def discard(request: Request, body: DiscardWish, member: Writer) -> object:
        """What answers now stays."""
        caller = caller_of(request)
        return BotOut.of(await discard_draft(deps, member.user_id, member.business_id, caller, body.revision))

    @router.put(
        f"{BASE}/enabled",
        operation_id="switch_bot",
        summary="Turn the bot on or off",
        response_model=BotOut,
        response_description="As it stands now.",
        responses=problems(422, 409),
    )
    async def switch(request: Request, body: SwitchWish, member: Writer) -> object:
        """Within some seconds. While it is off, everything that comes waits for a person."""
        await switch_bot(deps, member.user_id, member.business_id, caller_of(request), enabled=body.enabled)
        return BotOut.of(await read_bench(deps, member.business_id))

    @router.post(
        f"{BASE}/try",
        operation_id="try_bot",
        summary="Try the bot out",
        response_model=TrialOut,
        response_description="What it would have said, and why.",
        responses=problems(422, 429),
    )
    async def attempt(body: TryWish, member: Writer, _: Annotated[None, limited("bot_try")]) -> object:
        """The way to the answer is the one a customer's message takes; nothing is stored of it and nothing is sent."""
        history = [HistoryLine(line.author, line.text) for line in body.history]
        tried = await try_answer(
            deps,
            member.user_id,
            member.business_id,
            body.messages,
            history,
            body.use,
            body.customer,
            body.before.told(),
            body.topic,
        )
        return TrialOut.of(tried)


def _add_versions(router: APIRouter, deps: StudioDeps) -> None:
    @router.post(
        f"{BASE}/publish",
        operation_id="publish_bot",
        summary="Publish the draft",
        response_model=PublishedOut,
        response_description="It answers from now on.",
        responses=problems(422, _409="nothing_to_publish"),
        status_code=201,
    )
    async def publish(request: Request, body: PublishWish, member: Writer, _: Annotated[Once, idempotent()]) -> object:
        """With `revision` only if the draft is what you looked at (`draft_changed`)."""
        number = await publish_bot(
            deps, member.user_id, member.business_id, caller_of(request), note=body.note, revision=body.revision
        )
        return PublishedOut(version=number)

    @router.get(
        f"{BASE}/versions",
        operation_id="list_bot_versions",
        summary="The bot's versions",
        response_model=VersionList,
        response_description="A page of them.",
    )
    async def listed(
        member: Reader,
        before: Annotated[int | None, Query(ge=1, le=2_147_483_647)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = VERSIONS_A_PAGE,
    ) -> object:
        """The newest first."""
        rows, following = await list_versions(deps, member.business_id, before=before, limit=limit)
        return VersionList(versions=[VersionOut.of(row) for row in rows], next_before=following)

    @router.get(
        f"{BASE}/versions/{{version}}/diff/{{other}}",
        operation_id="compare_bot_versions",
        summary="What differs between two versions",
        response_model=DiffOut,
        response_description="Field by field.",
        responses=problems(422, _404="version_unknown"),
    )
    async def compare(version: Number, other: Number, member: Reader) -> object:
        """From the first to the second."""
        changes = await compare_versions(deps, member.business_id, _number(version), _number(other))
        return DiffOut(changes=changes_out(changes))

    @router.post(
        f"{BASE}/versions/{{version}}/restore",
        operation_id="restore_bot_version",
        summary="Go back to a version",
        response_model=PublishedOut,
        response_description="A new version that says what the old one said; it answers from now on.",
        responses=problems(422, _404="version_unknown", _409="nothing_to_publish"),
        status_code=201,
    )
    async def restore(
        request: Request, version: Number, body: RestoreWish, member: Writer, _: Annotated[Once, idempotent()]
    ) -> object:
        """A draft stays as it is."""
        caller = caller_of(request)
        new = await restore_version(deps, member.user_id, member.business_id, caller, _number(version), note=body.note)
        return PublishedOut(version=new)


def _number(written: str) -> int:
    """:raises VersionUnknown: no version goes by what is no number."""
    if not (written.isascii() and written.isdigit() and len(written) <= 9):
        raise VersionUnknown
    return int(written)
