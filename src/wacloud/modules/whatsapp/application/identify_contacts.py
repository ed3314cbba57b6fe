"""Find or make the contact of each sender, by whatever ids this payload shows; merge two that prove to be one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import KnownContact
from wacloud.modules.whatsapp.domain.identity import IdentityKey, Sender, is_someone_else
from wacloud.modules.whatsapp.events import MessagesReceived, TalkChanged
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId, new_id

Person = tuple[BusinessId, Sender]
Found = Mapping[tuple[BusinessId, IdentityKey], UUID]


@dataclass(slots=True)
class _Cluster:
    """Senders of one business that are one person by their ids, and the contacts these point to."""

    business_id: BusinessId
    sender: Sender
    people: list[Person]
    place: int  # when they were first met, among the others
    keys: set[IdentityKey] = field(default_factory=set)
    contacts: set[UUID] = field(default_factory=set)

    @property
    def bsuids(self) -> set[str]:
        return {key.value for key in self.keys if key.kind == "bsuid"}

    def own_contacts(self, found: Found) -> set[UUID]:
        """Contacts found by ids that are a person's own."""
        return self._found_by(found, (key for key in self.keys if not key.is_address))

    def all_contacts(self, found: Found) -> set[UUID]:
        """Contacts found by any id."""
        return self._found_by(found, self.keys)

    def take_in(self, older: "_Cluster") -> None:
        """It is the same person; what this one says of them is newer."""
        self.keys |= older.keys
        self.contacts |= older.contacts
        self.people = older.people + self.people
        self.place = min(self.place, older.place)
        self.sender = self.sender.or_else(older.sender)

    def give_up(self, number: str) -> set[IdentityKey]:
        """The number is somebody else's: every way to write it leaves."""
        gone = {key for key in self.keys if key.is_address and key.number == number}
        self.keys -= gone
        if gone.intersection(self.sender.keys()):
            self.sender = self.sender.without_number()
        return gone

    def _found_by(self, found: Found, keys: Iterable[IdentityKey]) -> set[UUID]:
        return {found[self.business_id, key] for key in keys if (self.business_id, key) in found}


async def identify_contacts(
    deps: WhatsappDeps, tx: Tx, people: Iterable[Person], known_as: Mapping[Person, UUID] | None = None
) -> dict[Person, UUID]:
    """
    The contact of every sender. A sender with no id at all gets a contact of their own.

    Where one payload shows ids of two contacts, they are one person, and the older contact takes over the other. But a
    number does not join people of different BSUIDs: it passes to whoever was met with it last. `known_as` says who
    somebody is whatever their ids say, because Meta told so. `people` stand in the order of time.
    """
    clusters = _cluster(list(dict.fromkeys(people)))
    keys = [(cluster.business_id, key) for cluster in clusters for key in cluster.keys]
    found = await deps.contacts.find(tx, keys) if keys else {}
    moved = await _decide(deps, tx, clusters, found, known_as or {})
    clusters = _join_those_of_one_contact(clusters)
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
        for cluster in sorted(clusters, key=lambda cluster: cluster.place)
        for key in sorted(cluster.keys)
        if found.get((cluster.business_id, key)) not in cluster.contacts
    ]
    if missing:
        await deps.contacts.add_identities(tx, missing)
    if moved:
        await deps.contacts.forget_numbers(tx, sorted(moved))
    met_before = [(c.business_id, contact_of[id(c)], c.sender) for c in clusters if c.contacts]
    if met_before:
        await deps.contacts.refresh(tx, met_before)
    return {person: contact_of[id(cluster)] for cluster in clusters for person in cluster.people}


async def merge_contacts(
    deps: WhatsappDeps, tx: Tx, business_id: BusinessId, keep: UUID, gone: UUID, by: UserId | None = None
) -> None:
    """Make one contact of two. What waited in a conversation that joins another is announced in its new place."""
    for conversation_id, joined in await deps.contacts.merge(tx, business_id, keep, gone, by):
        tx.publish(
            MessagesReceived(business_id=business_id, conversation_id=conversation_id, count=0),
            TalkChanged(business_id=business_id, conversation_id=conversation_id),
            TalkChanged(business_id=business_id, conversation_id=joined),
        )
        tx.show(business_id, conversation_id)


async def _decide(
    deps: WhatsappDeps, tx: Tx, clusters: Sequence[_Cluster], found: Found, known_as: Mapping[Person, UUID]
) -> list[tuple[BusinessId, UUID, str]]:
    """
    Settle which contacts each cluster is. Returns the numbers that pass to it from contacts that are somebody else.

    Only where a number leads to a contact that the person's own ids do not name is there anything to ask.
    """
    doubtful: list[_Cluster] = []
    asked: list[tuple[BusinessId, UUID]] = []
    for cluster in clusters:
        own = cluster.own_contacts(found) | {known_as[person] for person in cluster.people if person in known_as}
        everybody = cluster.all_contacts(found) | own
        cluster.contacts = own
        if everybody == own:
            continue
        if own or cluster.bsuids or len(everybody) > 1:
            doubtful.append(cluster)
            asked += [(cluster.business_id, contact_id) for contact_id in everybody]
        else:
            cluster.contacts = everybody
    if not doubtful:
        return []
    described = await deps.contacts.describe(tx, asked)
    return [number for cluster in doubtful for number in _decide_one(cluster, found, described)]


def _decide_one(
    cluster: _Cluster, found: Found, described: Mapping[UUID, KnownContact]
) -> list[tuple[BusinessId, UUID, str]]:
    moved: list[tuple[BusinessId, UUID, str]] = []
    # The number as it was shown comes before its other ways to be written.
    for key in sorted((key for key in cluster.keys if key.is_address), reverse=True):
        holder_id = found.get((cluster.business_id, key))
        if holder_id is None or holder_id in cluster.contacts or key not in cluster.keys:
            continue
        holder = described[holder_id]
        bsuids = cluster.bsuids.union(*(described[contact_id].bsuids for contact_id in cluster.contacts))
        if not is_someone_else(bsuids, holder.bsuids):
            cluster.contacts.add(holder_id)
        elif _was_met_later(cluster, found, described, holder):
            ways = {one for one in holder.keys if one.is_address and one.number == key.number}
            cluster.keys |= ways
            moved += [(cluster.business_id, holder_id, one.value) for one in ways if one.kind == "wa_id"]
        else:
            # Something of its owner of old that came late: the number stays with the one who has it now.
            cluster.give_up(key.number)
    return moved


def _was_met_later(
    cluster: _Cluster, found: Found, described: Mapping[UUID, KnownContact], holder: KnownContact
) -> bool:
    if any(key.kind == "bsuid" and (cluster.business_id, key) not in found for key in cluster.keys):
        return True
    met: list[datetime] = [at for one in cluster.contacts if (at := described[one].met_at) is not None]
    return bool(met) and (holder.met_at is None or max(met) > holder.met_at)


def _join_those_of_one_contact(clusters: Sequence[_Cluster]) -> list[_Cluster]:
    """Senders with no id in common are one person all the same where the database knows their ids as one's."""
    homes: dict[UUID, _Cluster] = {}
    joined: dict[int, _Cluster] = {}
    for cluster in clusters:
        for home in {id(h): h for c in cluster.contacts if (h := homes.get(c)) is not None}.values():
            cluster.take_in(home)
            del joined[id(home)]
        homes.update(dict.fromkeys(cluster.contacts, cluster))
        joined[id(cluster)] = cluster
    return list(joined.values())


def _cluster(people: Sequence[Person]) -> list[_Cluster]:
    clusters: dict[int, _Cluster] = {}
    by_key: dict[tuple[BusinessId, IdentityKey], _Cluster] = {}
    for place, (business_id, sender) in enumerate(people):
        home = _Cluster(business_id, sender, [(business_id, sender)], place, set(sender.keys()))
        # A person's own ids first: they say who it is, and then whose number it can be.
        for key in sorted(home.keys, key=lambda key: (key.is_address, key)):
            other = by_key.get((business_id, key))
            if other is None or id(other) not in clusters:
                continue
            if key.is_address and is_someone_else(home.bsuids, other.bsuids):
                home.keys |= other.give_up(key.number)
            else:
                home.take_in(clusters.pop(id(other)))
        clusters[id(home)] = home
        by_key.update({(business_id, key): home for key in home.keys})
    return list(clusters.values())
