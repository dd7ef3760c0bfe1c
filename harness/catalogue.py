"""The catalogue of metrics: one vocabulary for scenarios, tables and JSON. SI base units."""

from typing import Literal, NamedTuple


class Metric(NamedTuple):
    """A metric's name, group, unit, meaning, and which direction is better.

    `is_derived`: it follows from other metrics of the catalogue, so it is no further test of anything.
    `headline_rank`: its place among the few that decide, from 1 (0: it is none of them), which then have a `label`:
    what people call it. `is_always_shown`: its row says something even where it is zero everywhere.
    """

    name: str
    group: str
    unit: Literal["count", "s", "ratio", "share", "bytes", "1/s"]
    meaning: str
    better: Literal["lower", "higher", "neither"]
    is_derived: bool = False
    label: str = ""
    headline_rank: int = 0
    is_always_shown: bool = False

    @property
    def kind(self) -> Literal["count", "time", "cost"]:
        """What it measures: a count of facts, a time (how long, or how fast), or what the work cost.

        A machine that is overloaded makes times worse, and no count.
        """
        if self.unit == "count":
            return "count"
        is_time = self.group == _C or (self.group == _P and self.name.startswith(_TIMED))
        return "time" if is_time else "cost"


_D, _E, _R, _C, _W, _P, _X = "durability", "effects", "retries", "recovery", "races", "cost", "experiment"

_TIMED = ("latency", "ack", "throughput")

_ALL = (
    Metric("submitted", _D, "count", "tickets that a client sent", "neither", is_always_shown=True),
    Metric("acknowledged", _D, "count", "tickets whose acceptance the client knows of", "higher"),
    Metric(
        "indeterminate",
        _D,
        "count",
        "tickets of which the client does not know whether they were taken",
        "lower",
        is_derived=True,
    ),
    Metric(
        "rejected",
        _D,
        "count",
        "tickets definitely refused, without a trace anywhere",
        "lower",
        label="tickets turned away",
        headline_rank=4,
    ),
    Metric("finished", _D, "count", "tickets that ended as resolved or backlog", "higher", is_always_shown=True),
    Metric(
        "unserved",
        _D,
        "count",
        "submitted less finished",
        "lower",
        is_derived=True,
        label="tickets not served",
        headline_rank=3,
        is_always_shown=True,
    ),
    Metric(
        "failed",
        _D,
        "count",
        "tickets handed to people (manual_intervention) or closed with an error",
        "lower",
        label="handed to people",
        headline_rank=2,
        is_always_shown=True,
    ),
    Metric("failed_as_expected", _D, "count", "failed tickets for which a landed permanent failure called", "neither"),
    Metric(
        "lost",
        _D,
        "count",
        "tickets not done when settling ended",
        "lower",
        label="tickets lost",
        headline_rank=1,
        is_always_shown=True,
    ),
    Metric(
        "lost_acknowledged", _D, "count", "lost tickets whose acceptance the client knows of", "lower", is_derived=True
    ),
    Metric("lost_unacknowledged", _D, "count", "the other lost tickets", "lower", is_derived=True),
    Metric("abandoned", _D, "count", "lost tickets that the store or the system still knows", "lower", is_derived=True),
    Metric("vanished", _D, "count", "lost tickets of which there is no trace", "lower", is_derived=True),
    Metric(
        "wrong_outcome",
        _D,
        "count",
        "finished tickets with another end or path than the oracle's",
        "lower",
        label="ended wrongly",
        headline_rank=5,
    ),
    Metric("effects_expected", _E, "count", "effects that the oracle calls for", "neither"),
    Metric("effects_applied", _E, "count", "effects that the receiver applied", "neither"),
    Metric(
        "effects_missing",
        _E,
        "count",
        "expected effects of finished tickets that were not applied",
        "lower",
        is_always_shown=True,
    ),
    Metric(
        "effects_unsent",
        _E,
        "count",
        "expected effects, of all tickets, that were never applied",
        "lower",
        label="messages never sent",
        headline_rank=7,
        is_always_shown=True,
    ),
    Metric(
        "effects_duplicated",
        _E,
        "count",
        "effects applied more often than called for",
        "lower",
        label="messages sent again",
        headline_rank=6,
        is_always_shown=True,
    ),
    Metric(
        "effects_unexpected",
        _E,
        "count",
        "effects applied that nothing called for",
        "lower",
        label="messages unexpected",
        headline_rank=8,
    ),
    Metric("effects_deduplicated", _E, "count", "repeats that the receiver dropped", "neither"),
    Metric("attempts", _R, "count", "executions of step instances", "neither"),
    Metric(
        "retries",
        _R,
        "count",
        "attempts beyond the first of each step instance",
        "lower",
        label="retries",
        headline_rank=15,
    ),
    Metric("retry_amplification", _R, "ratio", "attempts for each distinct step instance", "lower", is_derived=True),
    Metric(
        "recovered_by_retry",
        _R,
        "count",
        "finished tickets of which a step broke, and later worked",
        "higher",
    ),
    Metric("redone_seconds", _R, "s", "work of attempts that another one replaced", "lower"),
    Metric("wasted_seconds", _R, "s", "work on step instances that never succeeded", "lower"),
    Metric("interrupted", _C, "count", "step instances that a landed fault broke open", "neither"),
    Metric("exposed", _C, "count", "tickets that a landed fault hit", "neither"),
    Metric("recovered", _C, "count", "exposed tickets that finished right", "higher"),
    Metric("unresumed", _C, "count", "interrupted step instances that were never attempted again", "lower"),
    Metric("unrecovered", _C, "count", "exposed tickets that did not finish right", "lower", is_derived=True),
    Metric(
        "resume_p50",
        _C,
        "s",
        "fault to the next attempt, median",
        "lower",
        label="until work goes on",
        headline_rank=16,
    ),
    Metric("resume_p95", _C, "s", "fault to the next attempt, 95th percentile", "lower"),
    Metric("resume_max", _C, "s", "fault to the next attempt, longest", "lower"),
    Metric("recovery_p50", _C, "s", "fault to the end of a ticket whose step it interrupted, median", "lower"),
    Metric(
        "recovery_p95",
        _C,
        "s",
        "fault to the end of a ticket whose step it interrupted, 95th percentile",
        "lower",
        label="until 95 % are done",
        headline_rank=17,
    ),
    Metric("recovery_max", _C, "s", "fault to the end of a ticket whose step it interrupted, longest", "lower"),
    Metric("delay_p50", _C, "s", "fault to the next step of an exposed but uninterrupted ticket, median", "lower"),
    Metric(
        "delay_p95", _C, "s", "fault to the next step of an exposed but uninterrupted ticket, 95th percentile", "lower"
    ),
    Metric("delay_max", _C, "s", "fault to the next step of an exposed but uninterrupted ticket, longest", "lower"),
    Metric(
        "unavailable",
        _C,
        "s",
        "longest time without a completed step while a ticket waited; never where none followed",
        "lower",
        label="longest standstill",
        headline_rank=18,
    ),
    Metric("drain", _C, "s", "last fault undone, or last answer if later, to quiet", "lower"),
    Metric(
        "lost_updates",
        _W,
        "count",
        "writes that overwrote what their writer had not read",
        "lower",
        label="updates lost",
        headline_rank=9,
    ),
    Metric(
        "double_assignments",
        _W,
        "count",
        "times that one agent was held by two tickets at once",
        "lower",
        label="agents given twice",
        headline_rank=10,
    ),
    Metric(
        "duplicate_tickets",
        _W,
        "count",
        "tickets that stand in the store more than once",
        "lower",
        label="tickets stored twice",
        headline_rank=11,
    ),
    Metric(
        "stale_writes", _W, "count", "writes by a superseded writer", "lower", label="stale writes", headline_rank=12
    ),
    Metric(
        "conflicts",
        _W,
        "count",
        "writes that a safeguard refused",
        "neither",
        label="conflicts caught",
        headline_rank=14,
    ),
    Metric(
        "agents_leaked",
        _W,
        "count",
        "agents held at the end by a ticket that is not live",
        "lower",
        label="agents leaked",
        headline_rank=13,
    ),
    Metric("latency_p50", _P, "s", "planned arrival to the end of every ticket that should finish, median", "lower"),
    Metric(
        "latency_p95",
        _P,
        "s",
        "planned arrival to the end of every ticket that should finish, 95th percentile",
        "lower",
        label="arrival to end, 95 %",
        headline_rank=19,
    ),
    Metric(
        "latency_p99",
        _P,
        "s",
        "planned arrival to the end of every ticket that should finish, 99th percentile",
        "lower",
    ),
    Metric("ack_p95", _P, "s", "planned arrival to the client's ok, 95th percentile", "lower"),
    Metric(
        "throughput",
        _P,
        "1/s",
        "finished tickets for each second from first submission to last end",
        "higher",
        label="throughput",
        headline_rank=20,
    ),
    Metric("cpu_seconds", _P, "s", "CPU of the workers from the first submission to quiet", "lower"),
    Metric("engine_cpu_seconds", _P, "s", "CPU of the engine from the first submission to quiet", "lower"),
    Metric(
        "cpu_per_ticket",
        _P,
        "s",
        "CPU of workers and engine for each finished ticket",
        "lower",
        is_derived=True,
        label="CPU for each ticket",
        headline_rank=21,
    ),
    Metric(
        "paused_cpu_seconds",
        _P,
        "s",
        "CPU while every outstanding ticket was paused",
        "lower",
        label="CPU while paused",
        headline_rank=22,
    ),
    Metric(
        "peak_rss",
        _P,
        "bytes",
        "largest sampled memory of workers and engine together",
        "lower",
        label="memory at its peak",
        headline_rank=23,
    ),
    Metric("host_cpu", _P, "share", "share of all cores busy with anything, first submission to quiet", "neither"),
    Metric(
        "harness_cpu_seconds",
        _P,
        "s",
        "CPU of the harness and its receiver from the first submission to quiet",
        "neither",
    ),
    Metric("faults_planned", _X, "count", "fault instances less those not applicable or preempted", "neither"),
    Metric("faults_landed", _X, "count", "fault instances attested by evidence", "higher"),
    Metric("faults_missed", _X, "count", "fault instances that should have landed and did not", "lower"),
    Metric("faults_preempted", _X, "count", "fault instances whose ticket another fault had ended", "neither"),
)

CATALOGUE: dict[str, Metric] = {metric.name: metric for metric in _ALL}
HEADLINES: tuple[Metric, ...] = tuple(
    sorted((metric for metric in _ALL if metric.headline_rank), key=lambda metric: metric.headline_rank)
)
"""What decides, the important first."""
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(metric.group for metric in _ALL))
