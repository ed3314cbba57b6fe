"""The labels a business has made for itself."""

from uuid import UUID

from wacloud.modules.whatsapp.application.desk_stores import Label
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.desk import MOST_LABELS, Colour, LabelExists, LabelUnknown
from wacloud.shared.domain.ids import BusinessId, new_id


async def add_label(deps: WhatsappDeps, business_id: BusinessId, name: str, colour: Colour) -> Label:
    """
    A new label.

    :raises LabelExists: the name is taken, in whatever case.
    :raises TooManyLabels: a hundred are enough.
    """
    label = Label(new_id(), name, colour)
    async with deps.db.tenant(business_id) as tx:
        if not await deps.labels.add(tx, business_id, label, MOST_LABELS):
            raise LabelExists
    return label


async def change_label(deps: WhatsappDeps, business_id: BusinessId, label: Label) -> None:
    """
    Another name or colour, on every conversation that has it.

    :raises LabelUnknown: the business has no such label.
    :raises LabelExists: the name is taken.
    """
    async with deps.db.tenant(business_id) as tx:
        changed = await deps.labels.change(tx, business_id, label)
    if changed is None:
        raise LabelUnknown
    if not changed:
        raise LabelExists


async def remove_label(deps: WhatsappDeps, business_id: BusinessId, label_id: UUID) -> None:
    """:raises LabelUnknown: the business has no such label."""
    async with deps.db.tenant(business_id) as tx:
        if not await deps.labels.remove(tx, business_id, label_id):
            raise LabelUnknown
