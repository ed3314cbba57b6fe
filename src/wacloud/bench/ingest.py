"""
How many webhooks a second are accepted durably, beside the same server storing nothing and storing one by one.

The three are the same application with another inbox behind the same route. They are measured in turns within one
run, because on a shared machine only figures of the same minutes compare.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from wacloud.bench.bodies import FIRST_MARK, Account, Mail
from wacloud.bench.cpu import readings, spent
from wacloud.bench.figures import latency, median, ratio, rounded
from wacloud.bench.inboxes import Storage
from wacloud.bench.load import Load, Sent, send
from wacloud.bench.places import Say, Server
from wacloud.shared.infra.postgres import PostgresDatabase

WARM_UP_S = 0.7


@dataclass(frozen=True, slots=True)
class IngestPlan:
    """How to measure. Half of the time goes to saturation, half to a fixed rate."""

    rounds: int = 3
    seconds: float = 3.0
    rate: float = 500.0
    connections: int = 64


@dataclass(slots=True)
class _Series:
    """What one server did over all rounds."""

    per_second: list[float] = field(default_factory=list)
    at_rate_us: list[int] = field(default_factory=list)
    saturated_us: list[int] = field(default_factory=list)
    accepted: int = 0
    refused: int = 0
    saturated: int = 0
    cpu: dict[str, float | None] = field(default_factory=dict)
    mails: list[tuple[Mail, Sent]] = field(default_factory=list)


class Ingest:
    """One measurement: `stores` are the pids of PostgreSQL and Valkey, `servers` the three to compare."""

    def __init__(
        self,
        db: PostgresDatabase,
        servers: Mapping[Storage, Server],
        stores: Mapping[str, int | None],
        *,
        accounts: Sequence[Account],
        app_secret: str,
        plan: IngestPlan,
        say: Say,
    ) -> None:
        self._db = db
        self._servers = servers
        self._stores = stores
        self._accounts = accounts
        self._secret = app_secret
        self._plan = plan
        self._say = say
        self._next = FIRST_MARK
        self._series = {storage: _Series() for storage in servers}

    async def run(self) -> dict[str, Any]:
        """Measure, count what is stored, and report."""
        for server in self._servers.values():
            await self._send(server, WARM_UP_S, 0)
        for number in range(self._plan.rounds):
            for storage, server in self._servers.items():
                self._say(f"round {number + 1} of {self._plan.rounds}: {storage}")
                await self._saturate(storage, server)
                await self._keep_rate(storage, server)
        self._say("counting what is stored")
        stored = {storage: await self._stored(storage) for storage in self._servers}
        return {
            "plan": asdict(self._plan),
            "body_bytes": len(self._mail(0).body(0)),
            "servers": {storage.value: self._figures(storage) for storage in self._servers},
            "ratios": self._ratios(),
            "stored": {storage.value: counts for storage, counts in stored.items()},
        }

    async def _saturate(self, storage: Storage, server: Server) -> None:
        series = self._series[storage]
        processes = {"serve": server.pid, **self._stores}
        before = readings(processes)
        mail, sent = await self._send(server, self._plan.seconds, 0)
        used = spent(before, readings(processes)) | {"load": sent.cpu_s}
        series.per_second.append(sent.accepted / sent.took_s)
        series.saturated_us += sent.latencies_us
        series.saturated += sent.accepted
        for name, seconds in used.items():
            past = series.cpu.get(name, 0.0)
            series.cpu[name] = None if seconds is None or past is None else past + seconds
        self._note(series, mail, sent)

    async def _keep_rate(self, storage: Storage, server: Server) -> None:
        series = self._series[storage]
        mail, sent = await self._send(server, self._plan.seconds, self._plan.rate)
        series.at_rate_us += sent.latencies_us
        self._note(series, mail, sent)

    def _note(self, series: _Series, mail: Mail, sent: Sent) -> None:
        series.accepted += sent.accepted
        series.refused += len(sent.refused)
        series.mails.append((mail, sent))

    def _mail(self, rate: float) -> Mail:
        return Mail(
            secret=self._secret,
            accounts=self._accounts,
            conversations=5000,
            first_phone=0,
            first=self._next,
            written_at=int(time.time()),
            rate=rate,
        )

    async def _send(self, server: Server, seconds: float, rate: float) -> tuple[Mail, Sent]:
        mail = self._mail(rate)
        sent = await send(Load(mail, server.port, seconds, self._plan.connections))
        self._next += sent.sent
        return mail, sent

    async def _stored(self, storage: Storage) -> dict[str, int | None]:
        """Look for every body that was answered 200, by its digest. Whoever stores nothing loses nothing."""
        accepted = found = 0
        for mail, sent in self._series[storage].mails:
            numbers = [n for n in range(sent.sent) if n not in sent.refused]
            accepted += len(numbers)
            for start in range(0, len(numbers), 5000):
                digests = [hashlib.sha256(mail.body(n)).digest() for n in numbers[start : start + 5000]]
                async with self._db.system("count what was accepted") as tx:
                    row = await tx.row(
                        "select count(*) as n from app.webhook_inbox where provider = 'whatsapp' "
                        "and part_of is null and digest = any(%s)",
                        (digests,),
                    )
                found += row.n if row else 0
        lost = None if storage is Storage.NONE else accepted - found
        return {"accepted": accepted, "stored": found, "lost": lost}

    def _figures(self, storage: Storage) -> dict[str, Any]:
        series = self._series[storage]
        per_accept = {
            f"{name}_us": rounded(None if used is None else used / max(series.saturated, 1) * 1e6)
            for name, used in series.cpu.items()
        }
        return {
            "per_second": round(median(series.per_second)),
            "per_second_rounds": [round(value) for value in series.per_second],
            "at_rate": asdict(latency([us / 1e6 for us in series.at_rate_us])),
            "saturated": asdict(latency([us / 1e6 for us in series.saturated_us])),
            "cpu_per_accept": per_accept,
            "accepted": series.accepted,
            "refused": series.refused,
        }

    def _ratios(self) -> dict[str, float | None]:
        """The middle of the rounds' own ratios: each compares seconds that followed one another."""
        speeds = {storage: series.per_second for storage, series in self._series.items()}

        def middle(part: Storage, whole: Storage) -> float | None:
            pairs = zip(speeds[part], speeds[whole], strict=True)
            known = [value for a, b in pairs if (value := ratio(a, b)) is not None]
            return median(known) if known else None

        return {
            "batched_to_none": middle(Storage.BATCHED, Storage.NONE),
            "batched_to_single": middle(Storage.BATCHED, Storage.SINGLE),
            "single_to_none": middle(Storage.SINGLE, Storage.NONE),
        }
