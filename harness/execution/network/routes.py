"""The hops of one repetition that a fault is to cut: a proxy with a link for each, and orders to it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec

from harness.execution.network.orders import Cut
from harness.execution.network.proxy import CutOrder, HealOrder, LinkOrder
from harness.processes.supervisor_client import SupervisorClient
from systems.process import ProcessSpec
from systems.system import Hop

READY_DEADLINE_S = 15.0


@dataclass(slots=True)
class Routes:
    """Implements `Spawner` on the supervisor; over each of `hops` the way leads through the proxy.

    Where none is to be cut there is no proxy, and it costs nothing.
    """

    supervisor: SupervisorClient
    hops: Collection[Hop] = ()
    proxy: ProcessSpec | None = None
    _url: str = ""
    _links: dict[tuple[str, int], str] = field(default_factory=dict)

    async def start(self) -> None:
        """Start the proxy, if a hop is to be cut."""
        if self.proxy is None or not self.hops:
            return
        proc = await self.supervisor.spawn(self.proxy)
        await self.supervisor.ready([proc], READY_DEADLINE_S)
        ready = self.supervisor.owned[proc].ready
        assert ready is not None  # noqa: S101 - it was waited for
        self._url = f"http://127.0.0.1:{ready.port}"

    # -- what a system is offered

    async def route(self, hop: Hop, address: str, index: int = 0) -> str:
        """Return where to connect for an address over a hop: a link's port where it is to be cut."""
        if hop not in self.hops:
            return address
        host, _, port = address.rpartition(":")
        name = f"{hop}/{index}"
        answer = await self._order("links", LinkOrder(name, host, int(port)))
        self._links[hop, index] = name
        return f"127.0.0.1:{answer['port']}"

    async def routes(self, hop: Hop, address: str, workers: int) -> dict[str, str]:
        """Return the ways of all workers over a hop, by "hop/index"; none where it is not to be cut."""
        if hop not in self.hops:
            return {}
        return {f"{hop}/{index}": await self.route(hop, address, index) for index in range(workers)}

    async def listen(self) -> int:
        """Open the shared listening socket."""
        return await self.supervisor.listen()

    async def spawn(self, spec: ProcessSpec) -> str:
        """Start a process."""
        return await self.supervisor.spawn(spec)

    async def ready(self, procs: Collection[str], deadline_s: float) -> None:
        """Wait until each is ready."""
        await self.supervisor.ready(procs, deadline_s)

    def alive(self, proc: str) -> bool:
        """Say whether a child is un-reaped."""
        return self.supervisor.alive(proc)

    def rely_on(self, proc: str) -> None:
        """Take a process as serving."""
        self.supervisor.rely_on(proc)

    # -- what faults do

    async def cut(self, hop: Hop, workers: Sequence[str] | None, cut: Cut) -> None:
        """Cut a hop, of these workers alone where they are named."""
        await self._order("cut", CutOrder(self._named(hop, workers), cut))

    async def heal(self, hop: Hop, workers: Sequence[str] | None) -> None:
        """Let the hop through again."""
        await self._order("heal", HealOrder(self._named(hop, workers)))

    def _named(self, hop: Hop, workers: Sequence[str] | None) -> tuple[str, ...]:
        indices = None if workers is None else {self.supervisor.owned[proc].spec.index for proc in workers}
        return tuple(
            name for (of, index), name in self._links.items() if of == hop and (indices is None or index in indices)
        )

    async def _order(self, path: str, order: msgspec.Struct) -> Mapping[str, Any]:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self._url}/{path}", data=msgspec.json.encode(order)) as answer,
        ):
            answer.raise_for_status()
            body: dict[str, Any] = await answer.json()
            return body
