"""quiescence: settling ended because nothing was left to happen, not because time was up."""

from harness.history.model import Attempt
from harness.history.phases import RunPhase
from harness.judging.checks.check import CheckFinding, listed, unknown, valid
from harness.judging.evidence import Evidence
from harness.text import counted
from systems.desk.model import ticket_id


def quiescence(evidence: Evidence) -> CheckFinding:
    """Tell quiet from a deadline.

    A deadline is no doubt where more time would have changed nothing: no worker was left, or all attempts failed.
    """
    at_end = evidence.history.at_end
    # Done in the store and open in the engine: something is still to be decided there, however quiet the store looks.
    if at_end is not None and at_end.open:
        done = "was done in the store while its" if len(at_end.open) == 1 else "were done in the store while their"
        many = f"{counted(len(at_end.open), 'ticket')} {done} orchestration was still open"
        return unknown(f"{many}: {listed([ticket_id(ticket) for ticket in at_end.open])}")
    quiet = evidence.phase(RunPhase.QUIET)
    if quiet is not None and (busy := _under_way(evidence, quiet)):
        return unknown(f"settling ended as if all were quiet, while these were under way: {listed(busy)}")
    if quiet is not None:
        return valid(f"nothing was live, open or under way when settling ended{_standing_still(evidence)}")
    return _without_quiet(evidence)


def _standing_still(evidence: Evidence) -> str:
    """Say how many tickets stand still for good under the release that runs."""
    at_end = evidence.history.at_end
    kinds = {} if at_end is None else {"wedged": at_end.wedged, "asking for what no worker knows": at_end.stalled}
    return "".join(f", beside {counted(len(tickets), 'ticket')} {how}" for how, tickets in kinds.items() if tickets)


def _without_quiet(evidence: Evidence) -> CheckFinding:
    at_end = evidence.history.at_end
    if evidence.phase(RunPhase.DEADLINE) is None:
        return unknown("the run ended before it settled")
    workers = [p for p in evidence.history.processes.values() if p.role == "worker"]
    ended_at = evidence.phase(RunPhase.DEADLINE) or 0
    if evidence.landed and all(p.exited is not None and p.exited.t < ended_at for p in workers):
        return valid("a landed fault left no worker to run what is open")
    # A system that retries for ever never becomes quiet; if not one attempt worked since all was healed, more time
    # would show more of the same.
    undone = max((end.t for end in evidence.history.faults_ended.values()), default=0)
    since = [a for a in evidence.history.attempts if a.started > undone and not _was_cut_off(a, evidence, ended_at)]
    if since and all(a.error is not None for a in since):
        return valid("every attempt since the last fault was undone failed")
    live = len(at_end.moving) if at_end is not None else 0
    if not live and at_end is not None and at_end.live:
        return valid(f"time was up, and nothing could change any more{_standing_still(evidence)}")
    were = "was" if live == 1 else "were"
    return unknown(f"time was up while {counted(live, 'ticket')} {were} live: what is called lost may only be late")


def _was_cut_off(attempt: Attempt, evidence: Evidence, moment: int) -> bool:
    """Say whether an attempt is open because its process died; one that was under way then might have worked."""
    return attempt.ended is None and evidence.died.get(attempt.proc, moment) < moment


def _under_way(evidence: Evidence, moment: int) -> list[str]:
    """Name the tickets that were live, or in an attempt of a process that lived, after what was called quiet.

    What began later counts as well: a run that is cut off there may miss what it did.
    """
    history, died = evidence.history, evidence.died
    live = set(history.at_end.moving) if history.at_end is not None else set()
    open_then = {
        attempt.ticket
        for attempt in history.attempts
        if (attempt.ended is None or attempt.ended > moment) and died.get(attempt.proc, moment) >= moment
    }
    return [ticket_id(ticket) for ticket in sorted(live | open_then)]
