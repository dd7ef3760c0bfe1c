"""The catalogue of metrics: all that is said of a metric by name stands in its row. SI base units.

Every list of metrics in the harness is worked out from these rows, so that a row with its function, in the file of
its group under `judging/metrics`, is all that a new metric takes.
"""

import re
from collections.abc import Callable
from typing import Literal, NamedTuple

Group = Literal["durability", "effects", "retries", "recovery", "deploys", "races", "cost", "experiment"]

_AT_THE_END = 99
"""The table's rank of a metric that has none: after the others of its group, in the catalogue's order."""
_SHARE = re.compile(r"(?P<family>\w+)_(?:p\d+|max)")


class Noun(NamedTuple):
    """What follows a count: "1 message sent again", "2 messages sent again"."""

    one: str
    many: str


class Clause(NamedTuple):
    """What a system did, as part of a sentence: `words` with {} for the count and the `thing` (empty: a bare number).

    `rank` is its place among the clauses of the metric's group.
    """

    rank: int
    words: str
    thing: str = ""


class Card(NamedTuple):
    """A card at the top of the page: its place, its words and a line on what they mean."""

    rank: int
    words: str
    hint: str


class Tradeoff(NamedTuple):
    """A figure that is weighed where systems are set against each other: its place, the important first, and words."""

    rank: int
    words: str


class Listing(NamedTuple):
    """The page's list of the tickets that a figure counts: its place, the worst first, and its words."""

    rank: int
    words: str


class Metric(NamedTuple):
    """A metric's name, group, unit, better direction, meaning and kind, then what else reports have to know of it.

    `kind` is what it measures: a count of facts, a time (how long, or how fast), or what the work cost. A machine that
    is overloaded makes times worse, and no count. `is_derived`: it follows from other metrics of the catalogue, so it
    is no further test of anything.

    Of all the rows, in the order of a report that has them all:
    `table_rank` is its place among those of its group in the table; `is_always_shown`: its row says something even
    where it is zero everywhere; `noun` is what follows a count.

    Of the few that a report picks (a rank of 0, or None: it is none of them):
    `headline_rank` is its place among those that decide, which have a `label`, what people call them; `summary_rank`
    the place among what is worth a word of a suite's row, the worst first, which have a `noun`; `safeguard_rank` the
    place among what a safeguard is there to prevent.

    Of its evidence: `is_everything`: nearly every ticket, message or step makes it, so that a command lists its rows
    and the page does not; `is_named_by_ticket`: the numbers of its tickets are worth a look into the record.

    Of what it depends on: `is_open_ended`: on what becomes of every ticket, and does not exist while any is under way;
    `is_of_faults`: without a fault there is none, it is always 0, or tells of something else; `follows_from_settings`:
    on a system's time-outs and intervals. `is_complement`: other metrics say in how many repetitions there was any.
    `harmless_part` names the metric whose tickets are among its own and are no harm.
    """

    name: str
    group: Group
    unit: Literal["count", "s", "ratio", "share", "bytes", "1/s"]
    better: Literal["lower", "higher", "neither"]
    meaning: str
    kind: Literal["count", "time", "cost"]
    is_derived: bool = False
    label: str = ""
    headline_rank: int = 0
    table_rank: int = _AT_THE_END
    is_always_shown: bool = False
    noun: Noun | None = None
    summary_rank: int = 0
    safeguard_rank: int = 0
    clause: Clause | None = None
    card: Card | None = None
    tradeoff: Tradeoff | None = None
    listing: Listing | None = None
    is_everything: bool = False
    is_named_by_ticket: bool = False
    is_open_ended: bool = False
    is_of_faults: bool = False
    follows_from_settings: bool = False
    is_complement: bool = False
    harmless_part: str = ""

    @property
    def family(self) -> str:
        """The name that percentiles and the maximum of the same values share; empty for what is none of them."""
        match = _SHARE.fullmatch(self.name)
        return match["family"] if match else ""

    @property
    def is_of_tickets(self) -> bool:
        """Whether it says what became of submitted tickets: a share of the repetitions has any of those."""
        return self.group == _D and self.unit == "count" and self.better != "neither"

    @property
    def is_of_fates(self) -> bool:
        """Whether it says what became of faults: where one missed, it says nothing of a system."""
        return self.group == _X and self.better != "neither"


_D: Group = "durability"
_E: Group = "effects"
_R: Group = "retries"
_C: Group = "recovery"
_L: Group = "deploys"
_W: Group = "races"
_P: Group = "cost"
_X: Group = "experiment"

# A metric is a row, and reads as one.
# fmt: off
_ALL = (
    Metric("submitted", _D, "count", "neither", "tickets that a client sent", "count", table_rank=11,
           is_always_shown=True, is_everything=True),
    Metric("acknowledged", _D, "count", "higher", "tickets whose acceptance the client knows of", "count",
           table_rank=12, is_complement=True, is_everything=True),
    Metric("indeterminate", _D, "count", "lower", "tickets of which the client does not know whether they were taken",
           "count", table_rank=13, is_derived=True, is_open_ended=True,
           noun=Noun("client outcome unknown", "client outcomes unknown"), summary_rank=12),
    Metric("rejected", _D, "count", "lower", "tickets definitely refused, without a trace anywhere", "count",
           table_rank=14, is_open_ended=True, label="tickets turned away", headline_rank=5,
           noun=Noun("turned away", "turned away"), summary_rank=5, clause=Clause(1, "turned {} away"),
           tradeoff=Tradeoff(3, "tickets turned away"), listing=Listing(3, "turned away")),
    Metric("finished", _D, "count", "higher", "tickets that ended as resolved or backlog", "count", table_rank=9,
           is_always_shown=True, is_complement=True, is_everything=True),
    Metric("unserved", _D, "count", "lower", "submitted less finished", "count", table_rank=10, is_always_shown=True,
           is_derived=True, is_open_ended=True, is_complement=True, harmless_part="failed_as_expected",
           label="tickets not served", headline_rank=4),
    Metric("failed", _D, "count", "lower", "tickets handed to people (manual_intervention) or closed with an error",
           "count", table_rank=7, is_always_shown=True, harmless_part="failed_as_expected", label="handed to people",
           headline_rank=3, card=Card(2, "handed to people", "closed as manual intervention, or with an error"),
           tradeoff=Tradeoff(4, "tickets handed to people"), listing=Listing(4, "handed to people")),
    Metric("failed_as_expected", _D, "count", "neither", "failed tickets for which a landed permanent failure called",
           "count", table_rank=8),
    Metric("lost", _D, "count", "lower", "tickets not done when settling ended", "count", table_rank=1,
           is_always_shown=True, is_open_ended=True, is_named_by_ticket=True, label="tickets lost", headline_rank=1,
           noun=Noun("lost", "lost"), summary_rank=1, card=Card(1, "tickets lost", "accepted or sent, and never done"),
           tradeoff=Tradeoff(1, "tickets lost"), listing=Listing(1, "lost, not done when settling ended")),
    Metric("lost_acknowledged", _D, "count", "lower", "lost tickets whose acceptance the client knows of", "count",
           table_rank=2, is_derived=True, is_open_ended=True),
    Metric("lost_unacknowledged", _D, "count", "lower", "the other lost tickets", "count", table_rank=3,
           is_derived=True, is_open_ended=True),
    Metric("abandoned", _D, "count", "lower", "lost tickets that the store or the system still knows", "count",
           table_rank=4, is_derived=True, is_open_ended=True),
    Metric("vanished", _D, "count", "lower", "lost tickets of which there is no trace", "count", table_rank=5,
           is_derived=True, is_open_ended=True),
    Metric("wrong_outcome", _D, "count", "lower", "finished tickets with another end or path than the oracle's",
           "count", table_rank=6, is_named_by_ticket=True, label="ended wrongly", headline_rank=6,
           noun=Noun("ended wrongly", "ended wrongly"), summary_rank=3, clause=Clause(2, "ended {} wrongly"),
           tradeoff=Tradeoff(5, "tickets that ended wrongly"),
           listing=Listing(5, "that ended, or walked, otherwise than they should have")),
    Metric("effects_expected", _E, "count", "neither", "effects that the oracle calls for", "count", table_rank=7,
           is_everything=True),
    Metric("effects_applied", _E, "count", "neither", "effects that the receiver applied", "count", table_rank=6,
           is_everything=True),
    Metric("effects_missing", _E, "count", "lower", "expected effects of finished tickets that were not applied",
           "count", table_rank=2, is_always_shown=True, card=Card(4, "messages missing", "of tickets that finished"),
           tradeoff=Tradeoff(8, "messages missing, of finished tickets"),
           listing=Listing(6, "with messages that were never sent")),
    Metric("effects_unsent", _E, "count", "lower", "expected effects, of all tickets, that were never applied", "count",
           table_rank=3, is_always_shown=True, is_open_ended=True, label="messages never sent", headline_rank=10,
           noun=Noun("message never sent", "messages never sent"), summary_rank=11,
           card=Card(5, "messages never sent", "that were due to any ticket, whatever became of it"),
           tradeoff=Tradeoff(9, "messages due and never sent")),
    Metric("effects_duplicated", _E, "count", "lower", "effects applied more often than called for", "count",
           table_rank=1, is_always_shown=True, label="messages sent again", headline_rank=9,
           noun=Noun("message sent again", "messages sent again"), summary_rank=10,
           clause=Clause(1, "sent {} again", "message"),
           card=Card(3, "messages sent again", "a customer, a manager or an agent got it twice"),
           tradeoff=Tradeoff(7, "messages sent again"), safeguard_rank=1,
           listing=Listing(7, "with messages that were sent again")),
    Metric("effects_unexpected", _E, "count", "lower", "effects applied that nothing called for", "count", table_rank=4,
           label="messages unexpected", headline_rank=11, listing=Listing(8, "with messages that nothing called for")),
    Metric("effects_deduplicated", _E, "count", "neither", "repeats that the receiver dropped", "count", table_rank=5),
    Metric("attempts", _R, "count", "neither", "executions of step instances", "count", table_rank=6,
           is_everything=True),
    Metric("retries", _R, "count", "lower", "attempts beyond the first of each step instance", "count", table_rank=2,
           label="retries", headline_rank=18),
    Metric("retry_amplification", _R, "ratio", "lower", "attempts for each distinct step instance", "cost",
           table_rank=3, is_derived=True),
    Metric("recovered_by_retry", _R, "count", "higher", "tickets that finished right although a step of theirs broke",
           "count", table_rank=1),
    Metric("redone_seconds", _R, "s", "lower", "work of attempts that another one replaced", "cost", table_rank=4),
    Metric("wasted_seconds", _R, "s", "lower", "work on step instances that never succeeded", "cost", table_rank=5,
           is_open_ended=True),
    Metric("interrupted", _C, "count", "neither", "step instances that a landed fault broke open", "count",
           table_rank=4, is_of_faults=True),
    Metric("exposed", _C, "count", "neither", "tickets that a landed fault hit", "count", table_rank=1,
           listing=Listing(9, "hit by a fault")),
    Metric("recovered", _C, "count", "higher", "exposed tickets that finished right", "count", table_rank=2,
           is_open_ended=True),
    Metric("unresumed", _C, "count", "lower", "interrupted step instances that were never attempted again", "count",
           table_rank=5, is_open_ended=True, tradeoff=Tradeoff(15, "broken steps never taken up again")),
    Metric("unrecovered", _C, "count", "lower", "exposed tickets that did not finish right", "count", table_rank=3,
           is_derived=True, is_open_ended=True),
    Metric("resume_p50", _C, "s", "lower", "fault to the next attempt, median", "time", is_open_ended=True,
           is_of_faults=True, follows_from_settings=True, label="until work goes on", headline_rank=19,
           card=Card(6, "until work goes on", "from a fault to the next attempt, median"),
           tradeoff=Tradeoff(16, "until interrupted work goes on, median")),
    Metric("resume_p95", _C, "s", "lower", "fault to the next attempt, 95th percentile", "time", is_open_ended=True,
           is_of_faults=True),
    Metric("resume_max", _C, "s", "lower", "fault to the next attempt, longest", "time", is_open_ended=True,
           is_of_faults=True),
    Metric("recovery_p50", _C, "s", "lower", "fault to the end of a ticket whose step it interrupted, median", "time",
           is_open_ended=True, is_of_faults=True, follows_from_settings=True),
    Metric("recovery_p95", _C, "s", "lower", "fault to the end of a ticket whose step it interrupted, 95th percentile",
           "time", is_open_ended=True, is_of_faults=True, label="until 95 % are done", headline_rank=20,
           card=Card(7, "until 95 % are done", "from the fault that hit a ticket"),
           tradeoff=Tradeoff(17, "from a fault to the ticket's end, 95th percentile")),
    Metric("recovery_max", _C, "s", "lower", "fault to the end of a ticket whose step it interrupted, longest", "time",
           is_open_ended=True, is_of_faults=True),
    Metric("delay_p50", _C, "s", "lower", "fault to the next step of an exposed but uninterrupted ticket, median",
           "time", is_open_ended=True, is_of_faults=True),
    Metric("delay_p95", _C, "s", "lower",
           "fault to the next step of an exposed but uninterrupted ticket, 95th percentile", "time", is_open_ended=True,
           is_of_faults=True),
    Metric("delay_max", _C, "s", "lower", "fault to the next step of an exposed but uninterrupted ticket, longest",
           "time", is_open_ended=True, is_of_faults=True),
    Metric("unavailable", _C, "s", "lower",
           "longest time without a completed step while a ticket waited; never where none followed", "time",
           is_open_ended=True, is_of_faults=True, label="longest standstill", headline_rank=21,
           tradeoff=Tradeoff(18, "longest standstill")),
    Metric("drain", _C, "s", "lower", "last fault undone, or last answer if later, to quiet", "time",
           is_open_ended=True, is_of_faults=True),
    Metric("wedged", _L, "count", "lower", "tickets that stand still as a release cannot go on with their history",
           "count", table_rank=1, is_open_ended=True, is_named_by_ticket=True, label="tickets wedged", headline_rank=2,
           noun=Noun("wedged", "wedged"), summary_rank=2, clause=Clause(1, "left {} wedged", "ticket"),
           tradeoff=Tradeoff(2, "tickets wedged"), listing=Listing(2, "wedged by a release")),
    Metric("wedged_seconds", _L, "s", "lower", "how long tickets were wedged, together; never where one is", "cost",
           table_rank=2, is_open_ended=True),
    Metric("mixed_paths", _L, "count", "lower", "tickets whose path is no release's", "count", table_rank=3,
           label="paths of two releases", headline_rank=7,
           clause=Clause(2, "walked {} by two releases at once", "ticket")),
    Metric("wrong_results", _L, "count", "lower", "calls that were answered with another call's result", "count",
           table_rank=4, label="calls answered wrongly", headline_rank=8,
           noun=Noun("call answered with another's result", "calls answered with another's result"), summary_rank=4,
           clause=Clause(3, "answered {} with another's result", "call"),
           tradeoff=Tradeoff(6, "calls answered with another's result")),
    Metric("mixed_version_seconds", _L, "s", "neither", "how long workers of different releases served side by side",
           "cost", table_rank=5, is_open_ended=True),
    Metric("lost_updates", _W, "count", "lower", "writes that overwrote what their writer had not read", "count",
           table_rank=1, label="updates lost", headline_rank=12, noun=Noun("update lost", "updates lost"),
           summary_rank=9, clause=Clause(2, "lost {}", "update"),
           tradeoff=Tradeoff(10, "updates lost, agents given twice included"), safeguard_rank=3),
    Metric("double_assignments", _W, "count", "lower", "times that one agent was held by two tickets at once", "count",
           table_rank=2, label="agents given twice", headline_rank=13,
           noun=Noun("agent given twice", "agents given twice"), summary_rank=6,
           clause=Clause(1, "gave {} to two tickets at once", "agent"), tradeoff=Tradeoff(11, "agents given twice"),
           safeguard_rank=2),
    Metric("duplicate_tickets", _W, "count", "lower", "tickets that stand in the store more than once", "count",
           table_rank=3, label="tickets stored twice", headline_rank=14,
           noun=Noun("ticket twice in the store", "tickets twice in the store"), summary_rank=7,
           clause=Clause(4, "kept {} twice", "ticket"), tradeoff=Tradeoff(12, "tickets twice in the store"),
           safeguard_rank=4),
    Metric("stale_writes", _W, "count", "lower", "writes by a superseded writer", "count", table_rank=4,
           label="stale writes", headline_rank=15, noun=Noun("stale write", "stale writes"), summary_rank=8,
           clause=Clause(3, "let {} through", "stale write"), tradeoff=Tradeoff(13, "stale writes"), safeguard_rank=5),
    Metric("conflicts", _W, "count", "neither", "writes that a safeguard refused", "count", table_rank=6,
           label="conflicts caught", headline_rank=17, noun=Noun("conflict caught", "conflicts caught"),
           summary_rank=14, clause=Clause(5, "refused {}", "conflicting write")),
    Metric("agents_leaked", _W, "count", "lower", "agents held at the end by a ticket that is not live", "count",
           table_rank=5, is_open_ended=True, label="agents leaked", headline_rank=16,
           noun=Noun("agent leaked", "agents leaked"), summary_rank=13,
           tradeoff=Tradeoff(14, "agents never given back"), safeguard_rank=6),
    Metric("latency_p50", _P, "s", "lower", "planned arrival to the end of every ticket that should finish, median",
           "time", is_open_ended=True, tradeoff=Tradeoff(19, "from arrival to end, median")),
    Metric("latency_p95", _P, "s", "lower",
           "planned arrival to the end of every ticket that should finish, 95th percentile", "time", is_open_ended=True,
           label="arrival to end, 95 %", headline_rank=22,
           tradeoff=Tradeoff(20, "from arrival to end, 95th percentile")),
    Metric("latency_p99", _P, "s", "lower",
           "planned arrival to the end of every ticket that should finish, 99th percentile", "time",
           is_open_ended=True),
    Metric("ack_p95", _P, "s", "lower", "planned arrival to the client's ok, 95th percentile", "time",
           is_open_ended=True),
    Metric("throughput", _P, "1/s", "higher", "finished tickets for each second from first submission to last end",
           "time", is_open_ended=True, label="throughput", headline_rank=23, tradeoff=Tradeoff(21, "throughput")),
    Metric("cpu_seconds", _P, "s", "lower", "CPU of the workers from the first submission to quiet", "cost",
           is_open_ended=True),
    Metric("engine_cpu_seconds", _P, "s", "lower", "CPU of the engine from the first submission to quiet", "cost",
           is_open_ended=True),
    Metric("cpu_per_ticket", _P, "s", "lower", "CPU of workers and engine for each finished ticket", "cost",
           is_derived=True, is_open_ended=True, label="CPU for each ticket", headline_rank=24,
           card=Card(8, "CPU for each ticket", "of workers and engine, for each finished ticket"),
           tradeoff=Tradeoff(22, "CPU for each ticket")),
    Metric("paused_cpu_seconds", _P, "s", "lower", "CPU while every outstanding ticket was paused", "cost",
           label="CPU while paused", headline_rank=25),
    Metric("peak_rss", _P, "bytes", "lower", "largest sampled memory of workers and engine together", "cost",
           label="memory at its peak", headline_rank=26, tradeoff=Tradeoff(23, "memory at its peak")),
    Metric("host_cpu", _P, "share", "neither", "share of all cores busy with anything, first submission to quiet",
           "cost", is_open_ended=True),
    Metric("harness_cpu_seconds", _P, "s", "neither",
           "CPU of the harness and its receiver from the first submission to quiet", "cost", is_open_ended=True),
    Metric("faults_planned", _X, "count", "neither", "fault instances less those not applicable or preempted", "count"),
    Metric("faults_landed", _X, "count", "higher", "fault instances attested by evidence", "count"),
    Metric("faults_missed", _X, "count", "lower", "fault instances that should have landed and did not", "count"),
    Metric("faults_preempted", _X, "count", "neither", "fault instances whose ticket another fault had ended", "count"),
)
# fmt: on


def picked(rank: Callable[[Metric], int]) -> tuple[Metric, ...]:
    """Return the metrics that have a rank, in its order."""
    return tuple(sorted((metric for metric in _ALL if rank(metric)), key=rank))


def clauses(group: Group) -> tuple[tuple[str, Clause], ...]:
    """Return the names of a group's metrics that a sentence has a clause for, each with it, in their order."""
    known = ((metric.name, metric.clause) for metric in _ALL if metric.group == group and metric.clause)
    return tuple(sorted(known, key=lambda named: named[1].rank))


CATALOGUE: dict[str, Metric] = {metric.name: metric for metric in _ALL}
HEADLINES: tuple[Metric, ...] = picked(lambda metric: metric.headline_rank)
"""What decides, the important first."""
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(metric.group for metric in _ALL))
# What became of tickets and of messages first, what it cost last; a new group is not forgotten, and comes at the end.
_IN_THE_TABLE = tuple(dict.fromkeys((_D, _E, _L, _W, _R, _C, _P, *GROUPS)))
TABLE: dict[str, tuple[str, ...]] = {
    group: tuple(metric.name for metric in sorted(_ALL, key=lambda metric: metric.table_rank) if metric.group == group)
    for group in _IN_THE_TABLE
    if group != _X
}
"""Every metric but the experiment's, the important first; groups in the order of the table."""
LISTINGS: dict[str, Listing] = {
    metric.name: metric.listing
    for metric in picked(lambda metric: metric.listing.rank if metric.listing else 0)
    if metric.listing
}
"""The page's lists of tickets, by the metric that counts them; the worst first."""
