"""Find or make the contact of each sender, by whatever ids this payload shows; merge two that prove to be one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.identity import IdentityKey, Sender
from wacloud.modules.whatsapp.events import MessagesReceived
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, new_id

Person = tuple[BusinessId, Sender]


@dataclass(slots=True)
class _Cluster:
    """Senders of one business that share ids, directly or through one another, and the contacts they point to."""

    business_id: BusinessId
    sender: Sender
    keys: set[IdentityKey] = field(default_factory=set)
    contacts: set[UUID] = field(default_factory=set)

    def take_in(self, other: "_Cluster") -> None:
        """It is the same person."""
        self.keys |= other.keys
        self.contacts |= other.contacts
        self.sender = self.sender.or_else(other.sender)


async def identify_contacts(deps: WhatsappDeps, tx: Tx, people: Iterable[Person]) -> dict[Person, UUID]:
    """
    The contact of every sender. A sender with no id at all gets a contact of their own.

    Where one payload shows ids of two contacts, they are one person, and the older contact takes over the other.
    """
    everyone = list(dict.fromkeys(people))
    clusters = _cluster(everyone)
    keys = [(cluster.business_id, key) for cluster in clusters for key in cluster.keys]
    found = await deps.contacts.find(tx, keys) if keys else {}
    clusters = _join_those_of_one_contact(clusters, found)
    contact_of: dict[int, UUID] = {}
    new: list[tuple[BusinessId, UUID, Sender]] = []
    for cluster in clusters:
        if cluster.contacts:
            # Ids grow with time: the smallest is the contact we have known longest.
            keep, *gone = sorted(cluster.contacts)
            for other in gone:
                await merge_contacts(deps, tx, cluster.business_id, keep, other)
            contact_of[id(cluster)] = keep
        else:
            contact_of[id(cluster)] = new_id()
            new.append((cluster.business_id, contact_of[id(cluster)], cluster.sender))
    if new:
        await deps.contacts.add(tx, new)
    missing = [
        (cluster.business_id, key, contact_of[id(cluster)])
        for cluster in clusters
        for key in sorted(cluster.keys)
        if (cluster.business_id, key) not in found
    ]
    if missing:
        await deps.contacts.add_identities(tx, sorted(missing))
    met_before = [(c.business_id, contact_of[id(c)], c.sender) for c in clusters if c.contacts]
    if met_before:
        await deps.contacts.refresh(tx, met_before)
    by_key = {(c.business_id, key): contact_of[id(c)] for c in clusters for key in c.keys}
    nameless = {(c.business_id, c.sender): contact_of[id(c)] for c in clusters if not c.keys}
    return {
        (business_id, sender): by_key[business_id, sender.keys()[0]] if sender.keys() else nameless[business_id, sender]
        for business_id, sender in everyone
    }


async def merge_contacts(deps: WhatsappDeps, tx: Tx, business_id: BusinessId, keep: UUID, gone: UUID) -> None:
    """Make one contact of two. What waited in a conversation that joins another is announced in its new place."""
    for conversation_id in await deps.contacts.merge(tx, business_id, keep, gone):
        tx.publish(MessagesReceived(business_id=business_id, conversation_id=conversation_id, count=0))
        tx.show(business_id, conversation_id)


def _join_those_of_one_contact(
    clusters: Sequence[_Cluster], found: Mapping[tuple[BusinessId, IdentityKey], UUID]
) -> list[_Cluster]:
    """Senders with no id in common are one person all the same where the database knows their ids as one's."""
    homes: dict[UUID, _Cluster] = {}
    joined: list[_Cluster] = []
    for cluster in clusters:
        cluster.contacts = {
            found[cluster.business_id, key] for key in cluster.keys if (cluster.business_id, key) in found
        }
        for home in {id(h): h for c in cluster.contacts if (h := homes.get(c)) is not None}.values():
            cluster.take_in(home)
            joined = [one for one in joined if one is not home]
        homes.update(dict.fromkeys(cluster.contacts, cluster))
        joined.append(cluster)
    return joined


def _cluster(people: Sequence[Person]) -> list[_Cluster]:
    clusters: list[_Cluster] = []
    by_key: dict[tuple[BusinessId, IdentityKey], _Cluster] = {}
    for business_id, sender in people:
        keys = sender.keys()
        touched = list({id(c): c for key in keys if (c := by_key.get((business_id, key)))}.values())
        if touched:
            # The newest payload comes last and names the person best.
            home, *others = touched
            home.sender = sender.or_else(home.sender)
            for other in others:
                home.take_in(other)
                clusters = [one for one in clusters if one is not other]
        else:
            home = _Cluster(business_id, sender)
            clusters.append(home)
        home.keys |= set(keys)
        for key in home.keys:
            by_key[business_id, key] = home
    return clusters
