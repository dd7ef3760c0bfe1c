"""headroom: before the first fault the machine was not the bottleneck; where it was, times are those of a queue."""

from bisect import bisect_right
from itertools import pairwise

from harness.history.phases import RunPhase
from harness.history.run_records import Sample
from harness.judging.checks.check import CheckFinding, valid
from harness.judging.evidence import Evidence
from harness.judging.metrics.figure import seconds
from harness.judging.metrics.usage import host_spent
from harness.runfolder.beside import TOLD

# Chosen well below 1: in the simplest queue (M/M/1) times grow as 1/(1 - utilization), so that at 85 % a piece of work
# already takes nearly seven times as long as alone.
MOST_CPU = 0.85
SHORTEST_S = 1.0
FEWEST = 10
"""So many submissions it takes to tell a backlog that grows from chance."""
# Both, as a share alone would call two tickets a backlog in a small load, and a number alone any large load one.
GROWN = 3
GROWN_SHARE = 0.2


def headroom(evidence: Evidence) -> CheckFinding:
    """Look at the host's CPU and at the tickets in flight, from the first submission to the first fault."""
    load = evidence.plan.scenario.load
    if load.arrival.concurrency is not None:
        return valid("not judged: a closed loop queues by intent")
    if load.rate is None:
        return valid("not judged: a burst queues by intent")
    if any(phase.name == RunPhase.START and phase.note == TOLD for phase in evidence.history.phases):
        return valid(f"not judged: {TOLD}")
    sent = list(evidence.first_sent.values())
    if not sent:
        return valid("not judged: no ticket was submitted")
    # What a fault leaves behind is the experiment, and after the last submission every queue shrinks: neither says
    # whether the machine could keep up.
    until = min([_first_fault(evidence), sent[-1]])
    cpu_bound, cpu = _host_cpu(evidence.history.samples, sent[0], until)
    queueing, in_flight = _backlog(evidence, sent, until)
    if cpu_bound or queueing:
        return CheckFinding("overloaded", ", ".join(filter(None, (queueing, cpu_bound))))
    return valid(f"{cpu}, {in_flight}")


def _first_fault(evidence: Evidence) -> float:
    history = evidence.history
    begun = [beginning.t for beginning in history.faults_begun.values()]
    struck = [strike.t for _, strike in history.strikes] + [drop.t for drop in history.answers_dropped]
    return min([*begun, *struck], default=float("inf"))


def _host_cpu(samples: list[Sample], since: int, until: float) -> tuple[str, str]:
    """Return (what is wrong, what was seen) of the host's CPU in that time."""
    within = [sample for sample in samples if since <= sample.t <= until and sample.host_total_s is not None]
    if not within or seconds(within[-1].t - within[0].t) < SHORTEST_S:
        return "", "host CPU: too short to measure"
    spent = host_spent(within[0], within[-1])
    if spent is None:
        return "", "host CPU: not measured"
    busy, total = spent
    measured = f"host CPU {busy / total:.0%}"
    return (measured if busy / total > MOST_CPU else ""), measured


def _backlog(evidence: Evidence, sent: list[int], until: float) -> tuple[str, str]:
    """Return (what is wrong, what was seen) of the tickets in flight, from the first end on."""
    ended = sorted(end.at for ticket, end in evidence.ends.items() if ticket > 0)
    if not ended or ended[0] >= until:
        return "", "backlog: no ticket had ended, too early to tell"
    # Until the first ticket ends every load only piles up, also one that is served with ease.
    since = ended[0]
    offered = bisect_right(sent, until) - bisect_right(sent, since)
    if offered < FEWEST:
        return "", f"backlog: {offered} submissions, too few to tell"
    # A backlog grows from third to third (arrivals exceed departures); a mere burst is worked off in one of them.
    moments = [since + (until - since) * third / 3 for third in range(4)]
    in_flight = [bisect_right(sent, moment) - bisect_right(ended, moment) for moment in moments]
    grown = in_flight[-1] - in_flight[0]
    if all(earlier <= later for earlier, later in pairwise(in_flight)) and grown > max(GROWN, GROWN_SHARE * offered):
        served = bisect_right(ended, until) - bisect_right(ended, since)
        took_s = seconds(until - since)
        rates = f"offered {offered / took_s:.1f}/s, served {served / took_s:.1f}/s"
        return f"{rates}: every time below is a queue", ""
    return "", f"at most {max(in_flight)} tickets in flight"
