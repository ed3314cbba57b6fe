"""The reports as tables for a person."""

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

_SERVERS = {
    "batched": "wacloud serve",
    "none": "stores nothing",
    "single": "INSERT each",
}


class _Figures(Table):
    """A table narrow enough for 80 columns: what is too long goes on in the next line, and nothing is cut."""

    def __init__(self, title: str) -> None:
        super().__init__(title=title, box=SIMPLE_HEAD, padding=0, pad_edge=False)

    def add(self, *names: str) -> None:
        for name in names:
            self.add_column(name, justify="right", min_width=max(map(len, name.split()), default=0))


def show_ingest(console: Console, report: Mapping[str, Any]) -> None:
    """Speed, latency and cost of the three servers, then what is in the database."""
    plan = report["plan"]
    table = _Figures(f"webhooks of {report['body_bytes']} bytes, {plan['connections']} connections")
    table.add_column("server")
    table.add("accepts/s", f"p50 at {plan['rate']:g}/s", "p99", "serve CPU", "PostgreSQL CPU", "stored")
    for storage, figures in report["servers"].items():
        cpu, stored = figures["cpu_per_accept"], report["stored"][storage]
        table.add_row(
            _SERVERS[storage],
            str(figures["per_second"]),
            _ms(figures["at_rate"]["p50"]),
            _ms(figures["at_rate"]["p99"]),
            _us(cpu["serve_us"]),
            _us(cpu["postgres_us"]),
            f"{stored['stored']} of {stored['accepted']}",
        )
    console.print(table)
    ratios = report["ratios"]
    console.print("CPU is for one webhook accepted at saturation.")
    console.print(
        f"durable to nothing stored: {_plain(ratios['batched_to_none'])}   "
        f"durable to one by one: {_plain(ratios['batched_to_single'])}"
    )
    for storage, counts in report["stored"].items():
        if counts["lost"] is not None:
            refused = report["servers"][storage]["refused"]
            console.print(f"{storage}: lost {counts['lost']} of {counts['accepted']}, refused {refused}")
    _show_conditions(console, report)


def show_e2e(console: Console, report: Mapping[str, Any]) -> None:
    """One load: latency, cost, zeros."""
    plan = report["plan"]
    title = f"{plan['rate']:g} messages/s for {plan['seconds']:g} s, {plan['conversations']} conversations"
    table = _Figures(title)
    table.add_column("after the webhook was due")
    table.add("n", "p50", "p95", "p99", "max")
    stages = {"webhook answered 200": report["accept"], **report["stages"], "reply at Meta's twin": report["reply"]}
    for name, figures in stages.items():
        times = (_ms(figures[key]) for key in ("p50", "p95", "p99", "max"))
        table.add_row(name, str(figures["n"]), *times)
    console.print(table)
    cpu = report["cpu"]["seconds_per_1000_messages"]
    table = _Figures("CPU")
    table.add_column("")
    table.add(*cpu)
    table.add_row("seconds per 1,000 messages", *(_plain(seconds) for seconds in cpu.values()))
    table.add_row("share of a core", *(_plain(share) for share in report["cpu"]["share_of_a_core"].values()))
    console.print(table)
    zeros = dict(report["zeros"])
    of = zeros.pop("of")
    console.print(f"of {of} messages: " + ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in zeros.items()))
    console.print(
        f"answered {report['per_second']}/s; done {_plain(report['drained_s'])} s after the load; "
        f"{report['merged']} messages shared a reply, counted each with that reply's arrival"
    )


def show_api(console: Console, report: Mapping[str, Any]) -> None:
    """Each route's latency and cost at the rate."""
    plan = report["plan"]
    table = _Figures(f"{plan['rate']:g} reads/s, {plan['messages']:,} messages in {report['businesses']} businesses")
    table.add_column("route")
    table.add("n", "p50", "p95", "p99", "max", "refused", "serve", "PostgreSQL")
    for route, figures in report["routes"].items():
        cores = figures["share_of_a_core"]
        times = (_ms(figures[key]) for key in ("p50", "p95", "p99", "max"))
        table.add_row(
            route,
            str(figures["n"]),
            *times,
            str(figures["refused"]),
            _plain(cores["serve"]),
            _plain(cores["postgres"]),
        )
    console.print(table)
    console.print("serve and PostgreSQL: share of a core. Latency counts from the time a read was due.")
    _show_conditions(console, report)


def show_inbox(console: Console, report: Mapping[str, Any]) -> None:
    """Each read of the inbox."""
    plan = report["plan"]
    table = _Figures(f"{plan['messages']:,} messages in {plan['conversations']:,} conversations of one business")
    table.add_column("read")
    table.add("n", "p50", "p95", "p99", "max")
    for name, figures in report["reads"].items():
        table.add_row(name, str(figures["n"]), *(_ms(figures[key]) for key in ("p50", "p95", "p99", "max")))
    console.print(table)
    _show_conditions(console, report)


def show_answers(console: Console, report: Mapping[str, Any]) -> None:
    """What the answers came to, those that were not right, and what the search found."""
    table = _Figures(f"{report['questions']} questions, {report['model'] or 'without a model'}")
    table.add_column("business")
    outcomes = ("right", "invented", "refused", "wrong", "unheard")
    table.add("asked", *outcomes, "share")
    for name, score in (*report["businesses"].items(), ("all", report["all"])):
        counts = [score[one] for one in outcomes]
        table.add_row(name, str(sum(counts)), *map(str, counts), f"{score['share']:.0%}")
    console.print(table)
    for row in report["not_right"]:
        said = " ".join((row["answer"] or "").split())[:100]
        console.print(f"  {row['outcome']}: {row['question']}  ->  {said}", markup=False)
    took = report["answer"]
    console.print(f"recall@1 {report['recall_at_1']:.3f}, recall@3 {report['recall_at_3']:.3f}")
    console.print(f"an answer takes p50 {_ms(took['p50'])}, p95 {_ms(took['p95'])}")
    _show_conditions(console, report)


def show_knowledge(console: Console, report: Mapping[str, Any]) -> None:
    """Each kind of question."""
    plan = report["plan"]
    table = _Figures(f"{plan['pieces']:,} pieces in each of {plan['businesses']} businesses")
    table.add_column("questions")
    table.add("n", "p50", "p95", "p99", "recall@1", "recall@3")
    for name in ("plain", "chat", "three at once"):
        figures = report[name]
        found = (f"{figures[key]:.3f}" if key in figures else "" for key in ("recall@1", "recall@3"))
        table.add_row(name, str(figures["n"]), *(_ms(figures[key]) for key in ("p50", "p95", "p99")), *found)
    console.print(table)
    _show_conditions(console, report)


def show_live(console: Console, report: Mapping[str, Any]) -> None:
    """How soon each open page knew, what it cost, and what must be zero."""
    plan = report["plan"]
    title = f"{plan['rate']:g} messages/s for {plan['seconds']:g} s, {plan['businesses']} businesses"
    table = _Figures(title)
    table.add_column("from commit to page")
    table.add("told", "p50", "p95", "p99", "max", "changes/s", "serve CPU")
    cores = _Figures("share of a core")
    cores.add_column("")
    cores.add(*report["live"]["share_of_a_core"], "serve waits")
    for load in (report["alone"], report["live"]):
        told, name = load["told"], f"{load['viewers']:,} viewer{'s' if load['viewers'] > 1 else ''}"
        times = (_ms(told[key]) for key in ("p50", "p95", "p99", "max"))
        table.add_row(name, f"{told['n']:,}", *times, f"{load['changes_a_second']:g}", _us(load["serve_us_a_change"]))
        shares = (*load["share_of_a_core"].values(), load["serve_waited_for_cpu"])
        cores.add_row(name, *map(_plain, shares))
    console.print(table)
    console.print("serve CPU: of one change told to one page, all that serve does included.")
    console.print(cores)
    console.print("serve waits: the share of the time in which it could have run, but others had the CPU.")
    zeros = dict(report["zeros"])
    of = zeros.pop("of")
    console.print(f"of {of:,}: " + ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in zeros.items()))
    memory, budget = report["memory"], report["budget"]
    console.print(
        f"serve holds {_plain(memory['serve_mb'])} MB, {_plain(memory['kb_a_viewer'])} kB of them for each viewer; "
        f"p99 {'within' if budget['is_held'] else 'above'} {budget['p99_ms']:g} ms, "
        f"{_plain(report['p99_to_alone'])} times that of one viewer"
    )
    _show_browser(console, report["browser"])
    _show_conditions(console, report)


def _show_browser(console: Console, seen: Mapping[str, Any]) -> None:
    if "skipped" in seen:
        console.print(f"in a browser: skipped, {seen['skipped']}")
        return
    painted, drawn = seen["first_paint"], seen["on_screen"]
    console.print(
        f"Chromium, nothing cached: first paint of the inbox {_ms(painted['p50'])} (median of {painted['n']}, "
        f"longest {_ms(painted['max'])}), {'within' if painted['is_held'] else 'above'} {painted['budget_ms']:g} ms"
    )
    console.print(
        f"Chromium beside the others, from commit to a drawn frame: p50 {_ms(drawn['p50'])}, p99 {_ms(drawn['p99'])}, "
        f"{drawn['not_drawn']} of {drawn['n'] + drawn['not_drawn']} not drawn"
    )


def show_send(console: Console, report: Mapping[str, Any]) -> None:
    """The rate against the limit, the answers beside it, and what should be zero."""
    plan, zeros = report["plan"], report["zeros"]
    table = _Figures(f"a campaign from {plan['numbers']} numbers for {plan['seconds']:g} s, backlog {zeros['of']:,}")
    table.add("allowed/s", "sent/s", "share", "slowest second", "refused by Meta", *report["cores"])
    table.add_row(
        str(report["allowed_per_second"]),
        _plain(report["per_second"]),
        _plain(report["share"]),
        _plain(report["slowest_second"]),
        ", ".join(f"{code}: {n}" for code, n in report["refused"].items()) or "0",
        *(_plain(share) for share in report["cores"].values()),
    )
    console.print(table)
    console.print("The last columns are shares of a core.")
    alone, beside = report["live_alone"], report["live_beside"]
    console.print(
        f"answers of the other business at {plan['live_rate']:g}/s: p50 {_ms(beside['p50'])}, p99 {_ms(beside['p99'])} "
        f"(alone {_ms(alone['p50'])}, {_ms(alone['p99'])}), {'within' if report['live_is_held'] else 'above'} 500 ms"
    )
    console.print(
        f"the limit is {'used' if report['is_held'] else 'NOT used'} to 95 %; of {zeros['of']:,}: not sent "
        f"{zeros['not_sent']}, doubled {zeros['doubled']}, out of order {zeros['out_of_order']}, "
        f"failed {zeros['failed']}, unconfirmed {zeros['unconfirmed']}"
    )
    _show_conditions(console, report)


def show_search(console: Console, report: Mapping[str, Any]) -> None:
    """Every rate that was tried."""
    table = _Figures("rates tried")
    table.add("messages/s", "sustained", "p50", "p99", "done after", "worker", "serve", "PostgreSQL", "twin")
    for step in report["steps"]:
        cores = step["cpu"]["share_of_a_core"]
        table.add_row(
            f"{step['plan']['rate']:g}",
            "yes" if step["sustained"] else "no",
            _ms(step["reply"]["p50"]),
            _ms(step["reply"]["p99"]),
            f"{_plain(step['drained_s'])} s",
            *(_plain(cores[name]) for name in ("worker", "serve", "postgres", "twin")),
        )
    console.print(table)
    console.print(f"highest sustained: {report['highest_sustained']:g} messages/s, three statuses each")


def show_terms(console: Console, report: Mapping[str, Any]) -> None:
    """Under which terms the end-to-end figures hold."""
    console.print("Model time and the wait for the rest of a burst (quiet_ms, set to 0 for these businesses) excluded.")
    _show_conditions(console, report)


def _show_conditions(console: Console, report: Mapping[str, Any]) -> None:
    conditions = ", ".join(f"{name} {value}" for name, value in report["conditions"].items())
    console.print(f"[dim]{conditions}[/dim]")


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} ms"


def _us(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} us"


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
