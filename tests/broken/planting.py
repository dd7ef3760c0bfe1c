"""The synchronous service with other workers: what a module of this package plants is in its `main`."""

from collections.abc import Callable

import msgspec

from systems import start
from systems.desk.config import WorkerSpec
from systems.process import ProcessSpec
from systems.sync.system import SyncSystem
from systems.system import Place, Spawner


def planted(module: str) -> Callable[[WorkerSpec, Place, Spawner], SyncSystem]:
    """Return the factory of a synchronous service whose workers are started as `module`."""

    class Planted(SyncSystem):
        def _worker(self, index: int) -> ProcessSpec:
            healthy = super()._worker(index)
            return msgspec.structs.replace(healthy, argv=start.command(module, *healthy.argv[-2:]))

    return Planted
