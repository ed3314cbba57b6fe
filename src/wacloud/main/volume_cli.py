"""What `wacloud seed --messages` shows of itself while it works."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from wacloud.main.command import stop
from wacloud.main.seed_volume import Progress as Written
from wacloud.main.seed_volume import index_sample, know_what_was_stored, seed_volume
from wacloud.shared.application.db import Database
from wacloud.shared.domain.ids import BusinessId


async def fill(db: Database, business_id: BusinessId, messages: int, conversations: int | None) -> None:
    """Write them with a bar on the error output; interrupted and run again it goes on."""
    most = conversations or max(1, messages // 5)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:,.0f} messages/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("conversations", total=most, rate=0.0)

        def tell(written: Written) -> None:
            bar.update(task, completed=written.conversations)
            seconds = bar.tasks[0].elapsed or 0
            bar.update(task, rate=written.messages / seconds if seconds else 0)

        try:
            await seed_volume(db, business_id, messages=messages, conversations=most, tell=tell)
            await know_what_was_stored(db)
            bar.reset(task, total=messages, description="words")
            while taken := await index_sample(db, business_id):
                bar.advance(task, taken)
            await know_what_was_stored(db)
        except LookupError:
            stop("this business is unknown or has no number: connect one first")
