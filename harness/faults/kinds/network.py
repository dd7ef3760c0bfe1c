"""network: bytes between two processes are held, lost or slowed, or connections broken or refused, for a while."""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, ClassVar, Literal

from harness.faults.healing import why_missed
from harness.faults.outage import Outage
from harness.faults.spec import Attestation, FaultInstance, RecoveryWait
from harness.faults.stage import Stage
from harness.faults.triggers import striking
from harness.history.model import History
from harness.history.run_records import LinkCut, LinkHealed
from systems.desk.fault_mode import FaultMode
from systems.desk.limits import STORE_ANSWER_S
from systems.desk.model import MESSAGES
from systems.desk.units import Duration, Rate, meaning
from systems.settings import Capability
from systems.system import Hop

NEEDS: dict[str, Capability] = {
    "worker-engine": Capability.ENGINE,
    "client-engine": Capability.ENGINE,
    "client-service": Capability.SERVICE,
}
"""What a system must have to have the hop at all; every system has the others."""
OF_WORKERS = ("worker-engine", "worker-store", "worker-receiver")
SECOND = 1_000_000_000


class Network(Outage, frozen=True, tag="network"):
    """Keys of a `network` block. Durations in seconds, `rate` in bytes/s.

    What is held arrives later, on the same connection. A connection that lost a byte is dead for ever, and neither side
    is told; new ones work once it is over.
    """

    summary: ClassVar[str] = (
        "Bytes between two processes are held, lost or slowed for a while, or connections broken or refused."
    )
    happened: ClassVar[tuple[str, str]] = ("the network was cut", "the network was cut")

    between: Annotated[Hop, meaning("which hop: from who connects to who listens; worker-store needs postgresql")]
    mode: Annotated[
        Literal["hold", "lose", "reset", "refuse", "slow"],
        meaning(
            "hold: bytes arrive when it is over; lose: they never do, and the connection is dead; reset: connections "
            "are broken once; refuse: they are broken, and new ones as soon as they are made; slow: bytes arrive late, "
            "or at a rate"
        ),
    ]
    direction: Annotated[
        Literal["both", "up", "down"],
        meaning("which bytes are held, lost or slowed: those from who connected (up), those to it (down), or both"),
    ] = "both"
    delay: Annotated[Duration | None, meaning("how late bytes arrive, each way; with slow only")] = None
    rate: Annotated[
        Rate | None, meaning("how many bytes a second a connection carries each way, as in 10000/s; with slow only")
    ] = None
    target: Annotated[
        Literal["one", "all"], meaning("whose connections, where workers connect: of one busy worker, or of all")
    ] = "all"

    def validate_keys(self, given: frozenset[str]) -> list[tuple[str, str]]:
        """Ask for the keys that go with the mode and the hop."""
        mistakes = super().validate_keys(given)
        if self.mode == "slow" and not self.delay and self.rate is None:
            mistakes.append(("mode", "mode: slow requires the key 'delay' or 'rate'; found neither"))
        for key in ("delay", "rate"):
            if self.mode != "slow" and key in given:
                what = f"{key}: goes with mode: slow only: expected none, found it beside mode: {self.mode}"
                mistakes.append((key, what))
        if self.mode in {"reset", "refuse"} and self.direction != "both":
            what = f"direction: a connection has both: expected both beside mode: {self.mode}, found {self.direction}"
            mistakes.append(("direction", what))
        if "target" in given and self.between not in OF_WORKERS:
            hops = ", ".join(OF_WORKERS)
            what = f"target: goes with hops of workers only ({hops}): expected none, found it beside {self.between}"
            mistakes.append(("target", what))
        return mistakes

    def applies_to(self, capabilities: Collection[Capability]) -> bool:
        """Say whether a kind of system that has these has the hop."""
        needed = NEEDS.get(self.between)
        return needed is None or needed in capabilities

    def hop(self) -> Hop:
        """Return the hop that it cuts."""
        return self.between

    def fault_mode(self) -> FaultMode:
        """Name what happens to the work behind it."""
        return FaultMode.CUT_OFF if self.between == "worker-engine" else FaultMode.NETWORK

    def blocked_s(self) -> float:
        """Return how long it lasts, and how long a store whose answer was lost last is still waited for."""
        is_waited_for = self.between == "worker-store" and self.mode == "lose"
        return self.duration + (STORE_ANSWER_S if is_waited_for else 0.0)

    def recovery_wait(self) -> RecoveryWait:
        """Wait until those who hear nothing are taken for dead; what was held or slowed may go on before.

        A worker whose connection to the engine lost a byte waits until it finds that out by itself.
        """
        if self.between == "worker-engine" and self.mode == "lose":
            return "dead connection"
        return "end or detection" if self.mode in {"hold", "slow"} else "detection"

    async def inject(self, instance: FaultInstance, stage: Stage) -> None:
        """Wait for the moment, cut the hop, and let it through again."""
        moment = await striking.moment(instance, stage)
        if moment is None:
            return
        workers: Sequence[str] = ()
        if self.between in OF_WORKERS:
            workers = await striking.busy_victims(instance, stage, self.target)
        if not stage.operator.under_way() or (self.between in OF_WORKERS and not workers):
            stage.ended(instance.id, healed=True, injected=False, note="nothing was under way over that hop")
            return
        stage.begun(instance.id, moment.planned, workers)
        async with self._cut(instance, stage, workers or None):
            await stage.clock.sleep(self.duration)
        stage.ended(instance.id, healed=True, injected=True)

    @asynccontextmanager
    async def _cut(self, instance: FaultInstance, stage: Stage, workers: Sequence[str] | None) -> AsyncIterator[None]:
        try:
            await stage.world.cut(
                instance.id, self.between, workers, self.mode, self.direction, self.delay or 0.0, self.rate
            )
            yield
        finally:
            await stage.world.mend(self.between, workers)

    def attest(self, instance: FaultInstance, history: History) -> Attestation:
        """Landed when the proxy held, lost or slowed bytes, or broke or refused connections, while work was under way.

        Healed when it let every link through again, and bytes have gone over one since, or there were none to go.
        """
        cuts = [cut for cut in history.links_cut if cut.fault == instance.id]
        healed = [heal for heal in history.links_healed if heal.fault == instance.id]
        if not cuts:
            why = why_missed(instance, history, "the proxy cut nothing")
            return Attestation(instance.id, "missed", why, healed=True)
        began = min(cut.t for cut in cuts)
        is_healed = _is_through(cuts, healed, history, self._uses(history))
        ended = max((heal.t for heal in healed), default=began)
        procs = history.faults_begun[instance.id].procs if instance.id in history.faults_begun else ()
        tickets = () if self.between in OF_WORKERS else _submitted_meanwhile(history, began, ended)
        damage, what = self._damage(healed)
        fate: Literal["landed", "missed"] = "landed" if damage and is_healed else "missed"
        return Attestation(instance.id, fate, what, began, procs, tickets, healed=is_healed)

    def _uses(self, history: History) -> Iterator[int]:
        """Yield the moments (ns) at which somebody set out to send something over the hop."""
        if self.between not in OF_WORKERS:
            yield from (sent.t for sent in history.submitted)
            return
        is_of_messages = self.between == "worker-receiver"
        yield from (one.started for one in history.attempts if not is_of_messages or one.step in MESSAGES)

    def _damage(self, healed: Sequence[LinkHealed]) -> tuple[int, str]:
        """Return how much harm was done, and how to say it."""
        total = {
            key: sum(getattr(heal, key) for heal in healed)
            for key in ("held", "lost", "slowed", "dead", "broken", "refused")
        }
        broken = f"{total['broken']} connections broken"
        return {
            "hold": (total["held"], f"{total['held']} bytes waited to the end"),
            "lose": (total["lost"], f"{total['lost']} bytes lost on {total['dead']} connections"),
            "slow": (total["slowed"], f"{total['slowed']} bytes slowed"),
            "reset": (total["broken"], broken),
            "refuse": (total["broken"] + total["refused"], f"{broken}, {total['refused']} turned away"),
        }[self.mode]


def _is_through(cuts: Sequence[LinkCut], healed: Sequence[LinkHealed], history: History, uses: Iterable[int]) -> bool:
    """Say whether every link that was cut lets bytes through again, if somebody used the hop since."""
    ends = {heal.link: heal.t for heal in healed}
    if {cut.link for cut in cuts} != ends.keys():
        return False
    last = max(ends.values())
    has_forwarded = any(record.link in ends and record.t >= ends[record.link] for record in history.links_forward)
    return has_forwarded or not any(use > last for use in uses)


def _submitted_meanwhile(history: History, began: int, ended: int) -> tuple[int, ...]:
    """Return the tickets whose client was sending or waiting while the hop was cut."""
    answers = {(answer.ticket, answer.n): answer.t for answer in history.answered}
    return tuple(
        sorted(
            {
                sent.ticket
                for sent in history.submitted
                if sent.ticket > 0 and sent.t <= ended and answers.get((sent.ticket, sent.n), ended) >= began
            }
        )
    )
