"""What every event has in common."""

from dataclasses import dataclass

from wacloud.shared.domain.ids import BusinessId


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    Something that happened, in the past tense: ids and plain JSON values only.

    Each subscriber gets it as one job, inserted in the transaction that published it.
    """

    business_id: BusinessId
