"""Two people changed a draft at once: what of whom is kept, and where they disagree."""

from dataclasses import dataclass, replace

from wacloud.modules.bot.domain.settings import BotSettings


@dataclass(frozen=True, slots=True)
class Merged:
    """Both together. `both` names what each of them changed, and differently: there `mine` is kept for now."""

    settings: BotSettings
    theirs: BotSettings
    only_theirs: tuple[str, ...]
    both: tuple[str, ...]


def merge_drafts(base: BotSettings, mine: BotSettings, theirs: BotSettings) -> Merged:
    """`base` is what I saw when I began: what differs from it in `mine` I changed, in `theirs` they did."""
    by_me, by_them = set(mine.changed_from(base)), theirs.changed_from(base)
    differing = set(mine.changed_from(theirs))
    only_theirs = tuple(name for name in by_them if name not in by_me)
    return Merged(
        replace(mine, **{name: getattr(theirs, name) for name in only_theirs}),
        theirs,
        only_theirs,
        tuple(name for name in by_them if name in by_me and name in differing),
    )
