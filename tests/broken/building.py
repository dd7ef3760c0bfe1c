"""How a planted system is built on a bundled one: the same system, whose workers run the module with the bug."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from systems.desk.live.outbox import Outbox
from systems.desk.live.steps import LiveDesk
from systems.desk.live.store import Store
from systems.desk.live.workplace import Workplace
from systems.registry import Build
from systems.sync.service import DeskService
from systems.sync.system import SyncSystem
from systems.sync.worker import Worker, serve


def on_sync(module: str) -> Build:
    """Return the `build` of a synchronous service whose workers run `module`."""
    return partial(SyncSystem, worker=module)


def serving(
    service: type[DeskService] = DeskService,
    *,
    desk: type[LiveDesk] = LiveDesk,
    store: type[Store] = Store,
    outbox: type[Outbox] = Outbox,
    process: type[Worker] = Worker,
) -> Callable[[], None]:
    """Return the `main` of a worker of the synchronous service, with these parts in the place of the real ones."""

    def main() -> None:
        serve(Workplace.open(Path(sys.argv[1]), int(sys.argv[2]), desk, store, outbox), service, process)

    return main
