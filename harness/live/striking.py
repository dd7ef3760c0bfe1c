"""Faults by hand: whom an order means in each system, and what is said of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from harness.faults.spec import FaultSpec
from harness.live import orders
from harness.live.controls import Controls, NotDone
from harness.live.deeds import Deed
from harness.live.orders import FaultOrder, NextStep
from harness.live.session import Handled, NotThere, Session, alike, besides, now
from systems.desk.model import ticket_id


@dataclass(frozen=True, slots=True)
class Striking:
    """Lets faults strike in a session."""

    session: Session

    async def strike(self, order: FaultOrder) -> Handled:
        """Let a fault strike, as it was ordered."""
        orders.check(order)
        chosen = self.session.chosen(order.systems)
        number = None if order.ticket is None else self.session.number(order.ticket)
        if order.strikes_workers:
            self._check_worker(order.worker, chosen)
            return await self._strike_workers(order, number, chosen)
        if order.strikes_steps:
            assert number is not None  # noqa: S101 - it was checked
            return await self._strike_step(
                chosen,
                number,
                lambda at: orders.block(order, self.session.seconds(), self.session.deeds.base.desk.agent_timeout, at),
                "agent" if order.fault == "silence" else "step",
            )
        return await self._strike_world(order, chosen)

    def _check_worker(self, worker: int | str | None, chosen: Iterable[Controls]) -> None:
        if isinstance(worker, int) and not any(worker in controls.indices for controls in chosen):
            known = {controls.label: ", ".join(map(str, controls.indices)) for controls in chosen}
            listed = "; ".join(f"{label} has {numbers}" for label, numbers in known.items())
            raise NotThere(f"there is no worker {worker}: {listed}")

    async def _strike_workers(self, order: FaultOrder, number: int | None, chosen: Sequence[Controls]) -> Handled:
        victims, refused = await self.session.each(chosen, lambda controls: _victims(order, number, controls))
        if not victims:
            return self.session.nothing(refused, "there is nobody to strike")
        deed = self.session.deeds.add(orders.block(order, self.session.seconds(), 0.0), tuple(victims))
        if order.worker != "all":
            deed.hits = {label: self.session.controls[label].hits(procs, number) for label, procs in victims.items()}
        await self.session.scribe.written()
        for label, procs in victims.items():
            self.session.controls[label].strike(deed.spec, deed.instance, procs)
        word = {"kill": "killed", "freeze": "frozen"}[order.fault]
        places = [f"{self._names(label, procs)} of {label}" for label, procs in victims.items()]
        many = "are" if len(places) > 1 or "workers" in places[0] else "is"
        return self._struck(deed, f"{' and '.join(places)} {many} {word}{besides(refused)}", order.ticket)

    def _names(self, label: str, procs: Sequence[str]) -> str:
        owned = self.session.controls[label].stage.supervisor.owned  # the board knows only those that serve already
        numbers = [str(owned[proc].spec.index) for proc in procs]
        return f"worker {numbers[0]}" if len(numbers) == 1 else f"workers {', '.join(numbers)}"

    async def _strike_step(
        self,
        chosen: Sequence[Controls],
        number: int,
        block: Callable[[NextStep], FaultSpec],
        what: str = "step",
    ) -> Handled:
        """Let a fault strike the ticket's next step that it can, which may be another one in each system."""
        deeds = self.session.deeds
        places, refused = await self.session.each(
            chosen,
            lambda controls: now(lambda: controls.next_step(number, lambda at: deeds.strikes(block(at), at), what)),
        )
        if not places:
            return self.session.nothing(refused, "there is no step to strike")
        groups = alike(places)
        added = {labels: deeds.add(block(at), labels) for labels, at in groups.items()}
        await self.session.scribe.written()
        for labels, deed in added.items():
            self.session.arm(deed, [self.session.controls[label] for label in labels])
        first = next(iter(added.values()))
        steps = " and ".join(f"{at.step} in {', '.join(labels)}" for labels, at in groups.items())
        what = _words(first.spec)
        return self._struck(first, f"{what} {ticket_id(number)}: {steps}{besides(refused)}", ticket_id(number))

    async def note_against(self, name: str, systems: Sequence[str] | None) -> Handled:
        """Write an operator's note against a ticket's next step."""
        number, chosen = self.session.number(name), self.session.chosen(systems)
        return await self._strike_step(chosen, number, orders.note)

    async def _strike_world(self, order: FaultOrder, chosen: Sequence[Controls]) -> Handled:
        spec = orders.block(order, self.session.seconds(), 0.0)
        able = [c for c in chosen if spec.applies_to(c.column.assembly.block.capabilities)]
        if order.fault == "engine":
            able = [controls for controls in able if controls.stage.processes.engines()]
        if not able:
            return self.session.nothing([], f"no system here has {_the(order.fault)} that could be struck now")
        labels = tuple(controls.label for controls in able)
        deed = self.session.deeds.add(spec, labels)
        await self.session.scribe.written()
        for controls in able:
            controls.strike(deed.spec, deed.instance)
        verb = {"engine": "is killed", "receiver": "is out of order", "store": "is locked"}[order.fault]
        lasting = f" for {spec.blocked_s():g} s"
        return self._struck(deed, f"{_the(order.fault)} of {', '.join(labels)} {verb}{lasting}", None)

    async def restart(self, worker: int | str, systems: Sequence[str] | None) -> Handled:
        """Start workers that are dead."""
        chosen = self.session.chosen(systems)
        indices = None if worker == "all" else [int(worker)]
        self._check_worker(None if indices is None else indices[0], chosen)
        started = {controls.label: controls.restart(indices) for controls in chosen}
        places = [f"worker {n} of {label}" for label, numbers in started.items() for n in numbers]
        if not places:
            which = "no worker" if indices is None else f"no worker {indices[0]}"
            return self.session.nothing([], f"{which} of {', '.join(started)} is dead")
        said = f"{', '.join(places)} {'are' if len(places) > 1 else 'is'} started"
        self.session.note("operator", said)
        return Handled(said, done=True)

    def _struck(self, deed: Deed, said: str, ticket: str | None) -> Handled:
        self.session.note("fault", said, ticket)
        return Handled(said, done=True, fault=deed.instance.fault)


async def _victims(order: FaultOrder, number: int | None, controls: Controls) -> list[str]:
    """Return the workers that are meant; raises NotDone where there is none."""
    if number is not None:
        victims = controls.owners_of(number) or await controls.residents_of(number)
        if not victims:
            raise NotDone(f"no worker of {controls.label} has {ticket_id(number)}")
        return victims[:1]
    if order.worker == "all":
        alive = list(controls.stage.supervisor.workers())
        if not alive:
            raise NotDone(f"no worker of {controls.label} is alive")
        return alive
    assert isinstance(order.worker, int)  # noqa: S101 - it was checked
    return controls.worker(order.worker)


def _the(fault: str) -> str:
    return {"engine": "an engine", "receiver": "the receiver", "store": "the store"}[fault]


def _words(spec: FaultSpec) -> str:
    kind = spec.kind()
    if kind == "activity_failure":
        return f"a {getattr(spec, 'error', '')} error will strike"
    return {"long_pause": "an agent will say nothing to", "write_race": "a note will be written against"}[kind]
