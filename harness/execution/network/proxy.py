"""The proxy: one process with a link for every hop that a scenario cuts; the harness tells it when and how.

It runs apart, as what it costs is not the harness's, and says in a journal of its own what became of bytes and
connections: from that alone it is judged whether a cut landed.
"""

import argparse
import asyncio
from http import HTTPStatus
from pathlib import Path

import msgspec

from harness.execution.network.link import Link
from harness.execution.network.orders import Cut
from harness.execution.serving import Answer, Routes, serve
from harness.history import run_records
from systems.desk.live.channel import Channel
from systems.desk.live.journal import Journal


class LinkOrder(msgspec.Struct, frozen=True):
    """A link to make: its name, and where it leads."""

    name: str
    host: str
    port: int


class CutOrder(msgspec.Struct, frozen=True):
    """Which links to cut, and how."""

    links: tuple[str, ...]
    cut: Cut


class HealOrder(msgspec.Struct, frozen=True):
    """Which links to heal."""

    links: tuple[str, ...]


class _Log:
    """Implements `link.LinkLog`: what happened on the link of that name, in the journal."""

    def __init__(self, name: str, journal: Journal) -> None:
        self._name = name
        self._journal = journal

    def opened(self, number: int) -> None:
        self._journal.write(run_records.LinkOpened, link=self._name, connection=number)

    def closed(self, number: int, up: int, down: int) -> None:
        self._journal.write(run_records.LinkClosed, link=self._name, connection=number, up=up, down=down)

    def forwards(self) -> None:
        self._journal.write(run_records.LinkForwards, link=self._name)


class Proxy:
    """All links of a repetition, by name."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._links: dict[str, Link] = {}

    async def make(self, order: LinkOrder) -> int:
        """Make a link and return its port."""
        link = self._links[order.name] = Link((order.host, order.port), _Log(order.name, self._journal))
        return await link.listen()

    async def cut(self, order: CutOrder) -> None:
        """Cut links; recorded before bytes are concerned."""
        for name in order.links:
            cut = order.cut
            self._journal.write(
                run_records.LinkCut,
                fault=cut.fault,
                link=name,
                mode=cut.mode,
                direction=cut.direction,
                connections=self._links[name].connections,
            )
            await self._links[name].obey(cut)

    async def heal(self, order: HealOrder) -> None:
        """Heal links, and record what the cut did to each; one that is not cut stays as it is."""
        for name in order.links:
            cut = self._links[name].cut
            if cut is None:
                continue
            damage = await self._links[name].heal()
            self._journal.write(run_records.LinkHealed, fault=cut.fault, link=name, **msgspec.structs.asdict(damage))


def routes(proxy: Proxy) -> Routes:
    """Make the HTTP service of the harness's orders: POST /links answers {"port": …}; POST /cut and /heal {}."""

    async def make(body: bytes) -> Answer:
        return HTTPStatus.OK, {"port": await proxy.make(msgspec.json.decode(body, type=LinkOrder))}

    async def cut(body: bytes) -> Answer:
        await proxy.cut(msgspec.json.decode(body, type=CutOrder))
        return HTTPStatus.OK, {}

    async def heal(body: bytes) -> Answer:
        await proxy.heal(msgspec.json.decode(body, type=HealOrder))
        return HTTPStatus.OK, {}

    return {("POST", "/links"): make, ("POST", "/cut"): cut, ("POST", "/heal"): heal}


def main() -> None:
    """Run as a process of its own; says the port for orders on the channel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--label", required=True)
    arguments = parser.parse_args()
    proxy = Proxy(Journal.open(arguments.journal, "proxy", 0, arguments.label))
    asyncio.run(serve(routes(proxy), Channel.from_environment()))
