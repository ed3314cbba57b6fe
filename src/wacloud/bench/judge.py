"""What became of every message of a load: answered once, in order, by one POST, or not."""

from collections.abc import Sequence
from dataclasses import dataclass

from wacloud.bench.bodies import Mail
from wacloud.bench.load import Sent
from wacloud.bench.twin import Reply


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    `latencies` in seconds, from the time a message was due to leave to the arrival of the POST that answers it.

    A turn that read two messages answers both with one POST: each of them counts, with that POST's arrival, and
    `merged` says how many messages shared theirs.
    """

    latencies: list[float]
    refused: int
    lost: int
    doubled: int
    out_of_order: int
    merged: int
    unasked: int
    last_arrival: float


def judge(mail: Mail, sent: Sent, replies: Sequence[Reply]) -> Verdict:
    """Hold the replies that reached the other side against the messages that were accepted."""
    arrived: dict[int, float] = {}
    last_of: dict[str, int] = {}
    doubled = out_of_order = merged = unasked = 0
    for reply in replies:
        known = [mark - mail.first for mark in reply.marks if 0 <= mark - mail.first < sent.sent]
        known = [n for n in known if mail.wa_id(n) == reply.wa_id]
        unasked += not known
        merged += len(known) if len(known) > 1 else 0
        for n in known:
            if n in arrived:
                doubled += 1
                continue
            arrived[n] = reply.at
            out_of_order += n < last_of.get(reply.wa_id, -1)
            last_of[reply.wa_id] = max(n, last_of.get(reply.wa_id, -1))
    latencies = [at - (sent.started_at + n / mail.rate) for n, at in sorted(arrived.items())]
    return Verdict(
        latencies=latencies,
        refused=len(sent.refused),
        lost=sum(n not in arrived for n in range(sent.sent) if n not in sent.refused),
        doubled=doubled,
        out_of_order=out_of_order,
        merged=merged,
        unasked=unasked,
        last_arrival=max(arrived.values(), default=sent.started_at),
    )
